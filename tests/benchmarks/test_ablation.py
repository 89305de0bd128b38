"""The ablation runs, knows what its pictures must show, and says no more than its pairs do."""

import json
from typing import Any

import pytest

from benchmarks import ablation
from benchmarks.paired import compare, verdict
from benchmarks.requests_ko import Request
from tools.demo_model.recogniser import Seen, Sight
from tools.demo_model.scenes import Background

REQUEST = Request(
    korean="바다 위의 파란 고양이",
    english="a blue cat above the sea",
    variants=(),
    concept="cat",
    colour="blue",
    background=Background(ground="sea", time="day"),
)


def sight(*concepts: tuple[str, float], colour: str = "blue") -> Sight:
    """A picture with these things before the sea."""
    return Sight(
        concepts=concepts,
        is_pair=False,
        left=(),
        right=(),
        colour=colour,
        right_colour="own",
        background=Seen(plain=None, ground="sea", time="day"),
    )


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    """All constructions of two requests, barely drawn."""
    return ablation.measure(num_requests=2, num_steps=2)


def test_every_construction_is_drawn_and_compared(figures: dict[str, Any]) -> None:
    """All have their shares, all but the bare translation a comparison with it; all of it is JSON."""
    names = {*ablation.CONSTRUCTIONS, ablation.ORIGIN}

    assert names == set(figures["shares"])
    assert names - {ablation.BASE} == set(figures["against_translation"])
    assert figures == json.loads(json.dumps(figures))
    assert all(
        0 <= share <= 1 for shares in figures["shares"].values() for share in shares.values()
    )


def test_a_picture_is_judged_by_what_was_asked_for() -> None:
    """Thing, colour and background count each by itself."""
    scored = ablation.score(REQUEST, sight(("dog", 0.6), ("cat", 0.4), colour="red"))

    assert {
        "concept_top1": 0.0,
        "concept_top5": 1.0,
        "concept_probability": 0.4,
        "colour": 0.0,
        "background": 1.0,
    } == scored


@pytest.mark.parametrize(
    ("base", "other", "expected"),
    [
        ([0.0] * 20, [1.0] * 15 + [0.0] * 5, "helps"),
        ([1.0] * 20, [0.0] * 15 + [1.0] * 5, "harms"),
        ([0.0, 1.0] * 10, [1.0, 0.0] * 10, "no difference seen"),
        ([1.0] * 20, [1.0] * 20, "no difference seen"),
    ],
    ids=["won", "lost", "even", "equal"],
)
def test_only_a_clear_difference_is_one(
    base: list[float], other: list[float], expected: str
) -> None:
    """An interval that holds nothing says nothing."""
    assert expected == verdict(compare(base, other))
