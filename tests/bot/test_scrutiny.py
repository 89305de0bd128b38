"""How a verdict on a picture is taken: by who sees it, and by what was asked for."""

from dataclasses import replace

import pytest

from bot.rules import Manner
from bot.scrutiny import Scrutiny, scrutiny_of
from pipeline import NotJudged, PictureUnsafe, PictureVerdict, Preparation, Rule
from pipeline.types import Fragment
from tests.bot.store.samples import a_job
from tests.doubles import PIXELS, preparation
from tests.judging import FakePictureGate, rules

PASS, SPOILER, BLOCK = PictureVerdict.PASS, PictureVerdict.SPOILER, PictureVerdict.BLOCK
CHILD = replace(preparation("바닷가의 아이"), subject="바닷가의 아이", english="a child on a beach")


def gate(verdict: PictureVerdict) -> FakePictureGate:
    """A gate that always says the same."""
    judge = FakePictureGate()
    judge.verdict_of = lambda _: verdict
    return judge


@pytest.mark.parametrize(
    ("verdict", "has_minors", "is_among_adults", "outcome"),
    [
        (PASS, False, False, False),
        (PASS, True, False, False),
        (PASS, False, True, False),
        (SPOILER, False, False, True),
        (SPOILER, False, True, True),
        (SPOILER, True, False, Rule.MINOR),
        (SPOILER, True, True, Rule.MINOR),
        (BLOCK, False, False, Rule.SEXUAL),
        (BLOCK, False, True, True),
        (BLOCK, True, False, Rule.MINOR),
        (BLOCK, True, True, Rule.MINOR),
    ],
)
async def test_a_finished_picture_is_shown_hidden_or_refused(
    verdict: PictureVerdict, outcome: bool | Rule, *, has_minors: bool, is_among_adults: bool
) -> None:
    """Only adults get what is blocked, hidden; near somebody young nothing but the harmless is kept."""
    scrutiny = Scrutiny(gate=gate(verdict), has_minors=has_minors, is_among_adults=is_among_adults)

    if isinstance(outcome, Rule):
        with pytest.raises(PictureUnsafe) as refused:
            await scrutiny.is_spoiler(PIXELS)
        assert outcome is refused.value.rule
    else:
        assert outcome is await scrutiny.is_spoiler(PIXELS)


@pytest.mark.parametrize(
    ("verdict", "has_minors", "rule"),
    [
        (PASS, False, None),
        (SPOILER, False, None),
        (SPOILER, True, Rule.MINOR),
        (BLOCK, False, Rule.SEXUAL),
        (BLOCK, True, Rule.MINOR),
    ],
)
async def test_a_photo_that_may_not_be_shown_is_not_drawn_over(
    verdict: PictureVerdict, rule: Rule | None, *, has_minors: bool
) -> None:
    """Being among adults does not help: the photo may show somebody who exists."""
    scrutiny = Scrutiny(gate=gate(verdict), has_minors=has_minors, is_among_adults=True)

    if rule is None:
        await scrutiny.check_photo(PIXELS)
    else:
        with pytest.raises(PictureUnsafe) as refused:
            await scrutiny.check_photo(PIXELS)
        assert rule is refused.value.rule


@pytest.mark.parametrize(
    ("verdict", "is_shown"), [(PASS, True), (SPOILER, False), (BLOCK, False)], ids=str
)
async def test_a_preview_is_shown_only_where_it_is_harmless(
    verdict: PictureVerdict, *, is_shown: bool
) -> None:
    """Nothing hides a preview, not even where the picture itself may be kept."""
    assert is_shown is await Scrutiny(gate=gate(verdict), is_among_adults=True).may_be_looked_at(
        PIXELS
    )


@pytest.mark.fault(58)
async def test_a_preview_that_cannot_be_judged_is_not_shown() -> None:
    """A gate that fails lets no preview through, and the drawing goes on."""
    judge = FakePictureGate()
    judge.error = NotJudged()

    assert not await Scrutiny(gate=judge).may_be_looked_at(PIXELS)


@pytest.mark.parametrize(
    ("has_adults", "is_adult", "has_photo", "expected"),
    [
        (True, True, False, True),
        (False, True, False, False),
        (True, False, False, False),
        (True, True, True, False),
    ],
    ids=["among adults", "the operator wants none", "everybody sees it", "over a photo"],
)
def test_adults_are_among_themselves_only_where_all_agree(
    *, has_adults: bool, is_adult: bool, has_photo: bool, expected: bool
) -> None:
    """The operator, the place and the job itself must all allow it."""
    job = replace(a_job("one"), manner=Manner(is_adult=is_adult), has_photo=has_photo)
    scrutiny = scrutiny_of(
        job, preparation("고래"), gate=gate(PASS), words=rules(), has_adults=has_adults
    )

    assert expected is scrutiny.is_among_adults


def in_prompt(words: str) -> Preparation:
    """A text whose prompt, and nothing else, has these words."""
    whale = preparation("고래")
    assert whale.prompt is not None
    return replace(whale, prompt=replace(whale.prompt, prompt_2=(Fragment(text=words),)))


@pytest.mark.parametrize(
    ("prepared", "expected"),
    [
        (preparation("고래"), False),
        (CHILD, True),
        (replace(preparation("고래"), english="a whale and a schoolgirl"), True),
        (replace(preparation("고래"), variants=("a little girl",)), True),
        (in_prompt("a little girl"), True),
    ],
    ids=["nobody", "in Korean", "in English", "in a similar sentence", "in the prompt"],
)
def test_somebody_young_is_found_in_whatever_is_drawn(
    prepared: Preparation, *, expected: bool
) -> None:
    """The job is judged more strictly by any of its texts."""
    scrutiny = scrutiny_of(a_job("one"), prepared, gate=gate(PASS), words=rules(), has_adults=False)

    assert expected is scrutiny.has_minors
