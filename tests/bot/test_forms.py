"""Forms: what they show, and what is drawn when somebody filled one in."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from bot import error_texts, texts
from bot.adapters.port import Action, Card, Person, Place
from bot.command import DrawCommand
from bot.job import photo_key
from bot.redraw import PhotoForgotten
from bot.wish import PhotoMissing
from pipeline import Verdict
from tests.bot.archive import photo
from tests.bot.stage import Stage, open_stage

STRANGER = Person(platform="test", id="stranger")
ELSEWHERE = Place(platform="test", id="elsewhere")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A conversation with everything around it in the test's hands."""
    async with open_stage(tmp_path) as stage:
        yield stage


async def form_of(stage: Stage, card: Card) -> dict[str, str]:
    """Press 고치기; gives the fields as they are shown."""
    await stage.press(Action.EDIT, card.job_id, "pressed")
    form = stage.port.last.form
    assert form is not None
    assert len(form.fields) <= 5
    return {field.name: field.value for field in form.fields}


async def fill(
    stage: Stage, card: Card, fields: Mapping[str, str], event_id: str = "filled"
) -> DrawCommand:
    """Send a form, as a platform does: without what is empty; gives the command of its job."""
    options = tuple((name, value) for name, value in fields.items() if name and value)
    await stage.draw(
        fields[""], event_id, options=options, about=str(card.job_id), form=Action.EDIT
    )
    return (await stage.record(event_id)).job.command


async def test_the_form_shows_how_a_job_was_understood(stage: Stage) -> None:
    """For whoever pressed: the text, the English, the words with their weights, what is not wanted."""
    card = await stage.draw("고래 제외:사람 시드:7")
    fields = await form_of(stage, card)

    assert {"": "고래", "영어": "a whale", "낱말": "whale 1.2", "제외": "사람"} == fields
    assert stage.port.last.is_private
    assert "고래 시드:7 제외:사람" == stage.port.last.draft


async def test_a_form_that_is_sent_as_it_is_draws_the_same(stage: Stage) -> None:
    """Nothing that was shown becomes the person's own by being sent back."""
    card = await stage.draw("고래 제외:사람 스텝:9")
    command = await fill(stage, card, await form_of(stage, card))

    one, other = (replace(asked, job_id=None) for asked in stage.engine.requests)
    assert one == other
    assert ("", ()) == (command.english, command.words)


async def test_another_text_is_read_anew(stage: Stage) -> None:
    """The English and the words that stood there belong to the old text; the noise stays."""
    card = await stage.draw("고래 스텝:9")
    command = await fill(stage, card, await form_of(stage, card) | {"": "바다 스텝:5"})

    assert ("바다", "", (), 5) == (
        command.text, command.english, command.words, command.num_steps,
    )  # fmt: skip
    assert stage.engine.requests[0].seed == stage.engine.requests[1].seed


async def test_other_english_takes_the_place_of_the_translation(stage: Stage) -> None:
    """Its words are chosen anew."""
    card = await stage.draw("고래")
    command = await fill(stage, card, await form_of(stage, card) | {"영어": "an orca"})

    assert ("고래", "an orca", ()) == (command.text, command.english, command.words)
    assert ["", "an orca"] == stage.text.englishes


async def test_other_words_are_taken_with_their_weights(stage: Stage) -> None:
    """A word without one has none of its own; the translation is left to the pipeline."""
    card = await stage.draw("고래")
    fields = await form_of(stage, card)
    command = await fill(stage, card, fields | {"낱말": "blue whale 1.3, sea,  sky 0.75 "})

    expected = (("blue whale", 1.3), ("sea", 1.0), ("sky", 0.75))
    assert ("", expected) == (command.english, command.words)
    assert [(), expected] == stage.text.words


async def test_what_was_put_right_once_stays(stage: Stage) -> None:
    """Who mends the words after the English keeps both."""
    card = await stage.draw("고래")
    await fill(stage, card, await form_of(stage, card) | {"영어": "an orca"}, "first")
    card = stage.port.last
    fields = await form_of(stage, card)
    command = await fill(stage, card, fields | {"낱말": "orca 1.4"}, "second")

    assert ("an orca", (("orca", 1.4),)) == (command.english, command.words)


async def test_what_is_not_wanted_is_what_the_form_says(stage: Stage) -> None:
    """The field replaces what was there; an empty one takes it back."""
    card = await stage.draw("고래 제외:사람")
    fields = await form_of(stage, card)
    other = await fill(stage, card, fields | {"제외": "빨간 배"}, "other")
    none = await fill(stage, card, fields | {"제외": ""}, "none")

    assert ("빨간 배", "") == (other.negative, none.negative)


@pytest.mark.parametrize(
    "words", ["고래 1.3", "whale 1.3.3 고래", ", ".join(["whale"] * 21), "whale 바다"]
)
async def test_words_that_cannot_be_read_are_refused(stage: Stage, words: str) -> None:
    """In one sentence that says how they are written."""
    card = await stage.draw("고래")
    fields = await form_of(stage, card) | {"낱말": words}
    options = tuple((name, value) for name, value in fields.items() if name)
    await stage.say("고래", "e9", options=options, about=str(card.job_id), form=Action.EDIT)

    assert texts.ALLOWED_WORDS in stage.port.last.text
    assert 1 == len(stage.engine.requests)


async def test_a_question_is_answered_with_the_form(stage: Stage) -> None:
    """A text that was not understood is mended, or said in English."""
    stage.text.verdict = Verdict.UNTRANSLATABLE
    await stage.say("뷁")
    await stage.runner.idle()
    question = stage.port.last
    fields = await form_of(stage, question)
    stage.text.verdict = Verdict.OK
    command = await fill(stage, question, fields | {"영어": "a whale"})

    assert {"": "뷁", "영어": "", "낱말": "", "제외": ""} == fields
    assert ("뷁", "a whale") == (command.text, command.english)


async def test_what_was_drawn_over_a_photo_is_drawn_over_it_again(stage: Stage) -> None:
    """While the photo is there."""
    card = await stage.draw("고래", photo=photo())
    fields = await form_of(stage, card)
    await fill(stage, card, fields | {"": "바다"})
    await stage.files.remove([photo_key(str(card.job_id))])
    await stage.say("배", "e9", about=str(card.job_id), form=Action.EDIT)

    one, other = (asked.start for asked in stage.engine.requests)
    assert one == other
    assert error_texts.of_error(PhotoForgotten(), job_id="") == stage.port.last.text


async def test_an_enlarged_picture_is_put_right_as_it_was_before(stage: Stage) -> None:
    """The text is about the picture, not about the larger one that was drawn over it."""
    first = await stage.draw("고래 시드:7")
    larger = await stage.redraw(Action.ENLARGE, first.job_id)
    await fill(stage, larger, await form_of(stage, larger) | {"": "바다"})

    assert (7, None) == (stage.engine.requests[2].seed, stage.engine.requests[2].start)


async def test_a_form_of_others_elsewhere_does_nothing(stage: Stage) -> None:
    """What a form says it is about can be forged."""
    card = await stage.draw()
    await stage.say(
        "바다", "e9", about=str(card.job_id), form=Action.EDIT, person=STRANGER, place=ELSEWHERE
    )

    assert texts.GONE == stage.port.last.text
    assert 1 == len(stage.engine.requests)


async def test_a_picture_of_somebody_is_drawn_over(stage: Stage) -> None:
    """A form asks what and how strongly, and knows which picture; the adapter brings that along."""
    await stage.press(Action.OVER, "", value="channel-message")
    form = stage.port.last.form
    assert form is not None
    await stage.draw("바다", "e3", photo=photo(), form=Action.OVER, options=(("강도", " 0.4"),))

    assert ("channel-message", ["", "강도"]) == (form.value, [one.name for one in form.fields])
    start = stage.engine.requests[0].start
    assert start is not None
    assert 0.4 == start.strength


async def test_drawing_over_nothing_is_refused(stage: Stage) -> None:
    """Where the picture is gone, nothing else is drawn in its place."""
    await stage.say("바다", "e3", form=Action.OVER)

    assert error_texts.of_error(PhotoMissing(), job_id="") == stage.port.last.text
    assert [] == stage.engine.requests


async def test_a_form_of_a_kind_that_nobody_shows_is_refused(stage: Stage) -> None:
    """A forged action is no way around the others."""
    card = await stage.draw()
    await stage.say("바다", "e3", form=Action.DELETE, about=str(card.job_id))

    assert texts.GONE == stage.port.last.text
    assert 1 == len(stage.engine.requests)
