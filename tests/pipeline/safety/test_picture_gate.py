"""The gate in front of every picture: three answers, and none where it cannot answer."""

import asyncio
import math
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import (
    ClassifierGate,
    ClassifierNotLoaded,
    GateOptions,
    NotJudged,
    Origin,
    PictureVerdict,
    Pixels,
)
from tests.classifiers import BRIGHT, DARK, GREY, plain, write_timm

LIMIT_S = 30.0
ANY = GateOptions(classifier=Origin(place="a/classifier"))


class Judge:
    """A classifier that answers what a test says, on whatever thread it is asked."""

    def __init__(self, answer: Callable[[Pixels], float]) -> None:
        self.answer = answer
        self.threads: list[threading.Thread] = []

    def unsafe(self, pixels: Pixels) -> float:
        """Answer, and remember where."""
        self.threads.append(threading.current_thread())
        return self.answer(pixels)


async def gate_of(
    answer: Callable[[Pixels], float], options: GateOptions = ANY
) -> tuple[ClassifierGate, Judge]:
    """Start a gate whose classifier is a double."""
    judge = Judge(answer)
    gate = ClassifierGate(options, load=lambda _: judge)
    await gate.start()
    return gate, judge


@pytest.fixture
async def gate(tmp_path: Path) -> AsyncIterator[ClassifierGate]:
    """A gate with a small classifier of the real kind."""
    gate = ClassifierGate(GateOptions(classifier=Origin(place=str(write_timm(tmp_path)))))
    await gate.start()
    yield gate
    gate.close()


@pytest.mark.parametrize(
    ("level", "verdict"),
    [
        (DARK, PictureVerdict.PASS),
        (GREY, PictureVerdict.SPOILER),
        (BRIGHT, PictureVerdict.BLOCK),
    ],
    ids=str,
)
async def test_a_picture_passes_is_hidden_or_blocked(
    gate: ClassifierGate, level: int, verdict: PictureVerdict
) -> None:
    """What a real classifier says decides between the three."""
    assert verdict is await gate.judge(plain(level))


@pytest.mark.parametrize(
    ("share", "verdict"),
    [
        (0.0, PictureVerdict.PASS),
        (0.399, PictureVerdict.PASS),
        (0.4, PictureVerdict.SPOILER),
        (0.799, PictureVerdict.SPOILER),
        (0.8, PictureVerdict.BLOCK),
        (1.0, PictureVerdict.BLOCK),
    ],
    ids=str,
)
async def test_the_limits_belong_to_what_is_stricter(share: float, verdict: PictureVerdict) -> None:
    """A picture right on a limit is judged as one above it."""
    gate, _ = await gate_of(lambda _: share)

    assert verdict is await gate.judge(plain(DARK))


def raising(_: Pixels) -> float:
    """Fail as libraries do."""
    raise RuntimeError("a tensor of the wrong shape")


@pytest.mark.fault(58)
@pytest.mark.parametrize(
    "answer",
    [raising, lambda _: math.nan, lambda _: 1.5, lambda _: -0.1],
    ids=["raises", "no number", "too much", "too little"],
)
async def test_a_classifier_that_fails_lets_nothing_through(
    answer: Callable[[Pixels], float],
) -> None:
    """No answer is no permission, and the next picture is judged again."""
    gate, judge = await gate_of(answer)
    with pytest.raises(NotJudged):
        await gate.judge(plain(DARK))
    judge.answer = lambda _: 0.0

    assert PictureVerdict.PASS is await gate.judge(plain(DARK))


@pytest.mark.fault(58)
async def test_a_classifier_that_is_too_slow_lets_nothing_through() -> None:
    """Whoever waits is told in time though the classifier never answers."""
    stuck = threading.Event()
    gate, _ = await gate_of(lambda _: float(not stuck.wait(LIMIT_S)), replace(ANY, judge_s=0.1))
    try:
        async with asyncio.timeout(LIMIT_S / 2):
            for _ in range(2):  # nor may the next one pass by
                with pytest.raises(NotJudged):
                    await gate.judge(plain(DARK))
    finally:
        stuck.set()
        gate.close()


@pytest.mark.fault(58)
async def test_nothing_passes_before_the_classifier_is_there() -> None:
    """A gate that was not started, or was closed, judges nothing."""
    with pytest.raises(NotJudged):
        await ClassifierGate(ANY).judge(plain(DARK))
    gate, _ = await gate_of(lambda _: 0.0)
    gate.close()
    with pytest.raises(NotJudged):
        await gate.judge(plain(DARK))


@pytest.mark.fault(58)
async def test_who_still_waits_when_the_gate_closes_gets_no_permission() -> None:
    """They are told like everybody whose picture is not judged, and are not cancelled themselves."""
    loop, begun, may_go = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def answer(_: Pixels) -> float:
        loop.call_soon_threadsafe(begun.set)
        return float(not may_go.wait(LIMIT_S))

    gate, _ = await gate_of(answer)
    try:
        gone = asyncio.create_task(gate.judge(plain(DARK)))
        await asyncio.wait_for(begun.wait(), LIMIT_S)
        gone.cancel()  # the thread goes on with its picture
        await asyncio.gather(gone, return_exceptions=True)
        waiting = asyncio.create_task(gate.judge(plain(DARK)))
        await asyncio.sleep(0)
        gate.close()
        with pytest.raises(NotJudged):
            await waiting
    finally:
        may_go.set()


async def test_a_classifier_that_cannot_be_loaded_is_said_at_the_start(tmp_path: Path) -> None:
    """Whoever starts the program learns it then, and not with the first picture."""
    gate = ClassifierGate(GateOptions(classifier=Origin(place=str(tmp_path / "none"))))

    with pytest.raises(ClassifierNotLoaded):
        await gate.start()


async def test_one_picture_is_judged_at_a_time_beside_the_event_loop() -> None:
    """However many ask together, one thread, which is not the caller's, looks at one after another."""
    inside, most = 0, 0

    def answer(_: Pixels) -> float:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        inside -= 1
        return 0.0

    gate, judge = await gate_of(answer)
    await asyncio.gather(*(gate.judge(plain(DARK)) for _ in range(20)))

    assert 1 == most == len(set(judge.threads))
    assert threading.current_thread() not in judge.threads


async def test_whoever_waits_for_others_is_not_late() -> None:
    """The time of a picture begins with its turn, so that a crowd does not refuse itself."""
    may_go = threading.Event()
    gate, judge = await gate_of(lambda _: float(not may_go.wait(LIMIT_S)), replace(ANY, judge_s=5))
    first = asyncio.create_task(gate.judge(plain(DARK)))
    others = [asyncio.create_task(gate.judge(plain(DARK))) for _ in range(3)]
    with pytest.raises(NotJudged):
        await first
    may_go.set()

    assert [PictureVerdict.PASS] * 3 == await asyncio.gather(*others)
    assert 4 == len(judge.threads)


async def test_without_a_classifier_everything_passes() -> None:
    """The demonstration model has none: it cannot draw what one would stop."""
    gate = ClassifierGate(GateOptions(classifier=None))
    await gate.start()

    assert PictureVerdict.PASS is await gate.judge(plain(BRIGHT))
