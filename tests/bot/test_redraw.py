"""What a button under a card does, through a whole conversation."""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot import error_texts, texts
from bot.adapters.port import Action, CardState, Person, Place
from bot.job import photo_key
from bot.redraw import PhotoForgotten
from pipeline import Verdict
from tests.bot.stage import Stage, open_stage
from tests.doubles import FACTS

STRANGER = Person(platform="test", id="stranger")
ELSEWHERE = Place(platform="test", id="elsewhere")


def png(colour: str) -> bytes:
    """A photo of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (20, 20), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A conversation with everything around it in the test's hands."""
    async with open_stage(tmp_path) as stage:
        yield stage


WITHOUT_JOB = (Action.ERASE, Action.PAGE, Action.OVER)


@pytest.mark.parametrize("action", [a for a in Action if a not in WITHOUT_JOB])
async def test_a_button_that_nobody_showed_does_nothing(stage: Stage, action: Action) -> None:
    """Somebody else, somewhere else, who guessed the id of a job, learns nothing of it."""
    card = await stage.draw()
    await stage.press(action, card.job_id, person=STRANGER, place=ELSEWHERE)

    assert texts.GONE == stage.port.last.text
    assert 1 == len(stage.engine.requests)


async def test_others_draw_the_like_of_what_they_see(stage: Stage) -> None:
    """A press of somebody else in the same place makes a job of theirs."""
    card = await stage.draw()
    stage.engine.submitted.clear()
    await stage.press(Action.AGAIN, card.job_id, "e2", person=STRANGER)
    await asyncio.wait_for(stage.engine.submitted.wait(), 10.0)
    await stage.finish()

    assert STRANGER == (await stage.record("e2")).job.person


async def test_an_answer_is_fetched_again(stage: Stage) -> None:
    """Whoever is not sure that a picture arrived is shown it once more."""
    card = await stage.draw()
    await stage.press(Action.FETCH, card.job_id)

    assert 2 == len(stage.port.versions)
    assert card == stage.port.last


async def test_again_draws_the_same_words_with_another_seed(stage: Stage) -> None:
    """A press starts a job of its own, with the same text."""
    first = await stage.draw("고래 시드:7")
    await stage.redraw(Action.AGAIN, first.job_id)

    assert 7 == stage.engine.requests[0].seed
    assert 7 != stage.engine.requests[1].seed
    assert 2 == len(stage.port.versions)


async def test_a_variation_is_drawn_from_noise_nearby(stage: Stage) -> None:
    """The same words and the same seed, one picture, and a little of another noise each time."""
    first = await stage.draw("고래 시드:7")
    await stage.redraw(Action.VARY, first.job_id, "e2")
    varied = await stage.redraw(Action.VARY, first.job_id, "e3")

    one, other = stage.engine.requests[1].variation, stage.engine.requests[2].variation
    assert one is not None
    assert other is not None
    assert [7, 7] == [asked.seed for asked in stage.engine.requests[1:]]
    assert one.amount == other.amount
    assert 0 < one.amount < 1
    assert one.seed != other.seed
    assert "변형" in str(varied.details)


async def test_enlarging_draws_over_the_picture_itself(stage: Stage) -> None:
    """The picture is drawn over at twice its size and with little change; then it is the largest."""
    first = await stage.draw("고래 시드:7")
    larger = await stage.redraw(Action.ENLARGE, first.job_id)

    start = stage.engine.requests[1].start
    assert start is not None
    assert (8, 8) == (start.pixels.width_px, start.pixels.height_px)
    assert start.strength < 0.5
    assert Action.ENLARGE not in [button.action for button in larger.buttons]


async def test_what_the_model_cannot_enlarge_is_refused(stage: Stage) -> None:
    """The button is not offered, and one that is pressed all the same is answered in a sentence."""
    stage.engine.facts = replace(FACTS, can_enlarge=False)
    first = await stage.draw()
    await stage.press(Action.ENLARGE, first.job_id)
    await stage.runner.idle()

    assert Action.ENLARGE not in [button.action for button in first.buttons]
    assert CardState.FAILED is stage.port.last.state
    assert "더 크게 그리지 못해요" in stage.port.last.text


@pytest.mark.parametrize(("value", "seed"), [("", 7), ("1", 7), ("3", 9)])
async def test_a_button_means_the_picture_that_it_names(
    stage: Stage, value: str, seed: int
) -> None:
    """One without a number, of an older card, means the first."""
    card = await stage.draw_several(3, "고래 시드:7")
    await stage.redraw(Action.VARY, card.job_id, "e2", value=value)
    await stage.redraw(Action.ENLARGE, card.job_id, "e3", value=value)

    varied, enlarged = stage.engine.requests[3:]
    assert (seed, seed) == (varied.seed, enlarged.seed)


@pytest.mark.parametrize("action", [Action.VARY, Action.ENLARGE])
@pytest.mark.parametrize("value", ["0", "4", "-1", "둘", "9" * 40])
async def test_a_picture_that_is_not_there_is_not_drawn(
    stage: Stage, action: Action, value: str
) -> None:
    """A number that nobody showed is answered in a sentence."""
    card = await stage.draw_several(3)
    await stage.press(action, card.job_id, value=value)

    assert texts.GONE == stage.port.last.text
    assert 3 == len(stage.engine.requests)


async def test_a_draft_draws_with_the_same_seed(stage: Stage) -> None:
    """A finished card holds the request as text; sent as it is, it asks for the same picture."""
    first = await stage.draw("고래 스텝:9 제외:사람")
    await stage.draw(first.draft, event_id="e2")

    assert first.draft.startswith("고래 ")
    same, again = (replace(asked, job_id=None) for asked in stage.engine.requests)
    assert same == again


async def test_a_platform_without_the_card_is_given_the_draft(stage: Stage) -> None:
    """Whoever presses 고치기 where nothing can be put into the text box gets the text to copy."""
    first = await stage.draw("고래 시드:7")
    await stage.press(Action.EDIT, first.job_id)

    assert "고래 시드:7" == stage.port.last.draft
    assert "고래 시드:7" in stage.port.last.text


async def test_buttons_work_for_ever(stage: Stage) -> None:
    """What is kept of a job is enough for all of them, whichever process drew it."""
    first = await stage.draw("고래 시드:7 스텝:9 제외:사람 구간:0.2~0.8")
    asked = stage.engine.requests[0]
    for number, action in enumerate((Action.AGAIN, Action.VARY, Action.ENLARGE)):
        await stage.reopen()
        await stage.redraw(action, first.job_id, f"restarted-{number}")
    await stage.reopen()
    await stage.press(Action.EDIT, first.job_id)

    again, varied, enlarged = stage.engine.requests[1:]
    for one in (again, varied, enlarged):
        assert (asked.num_steps, asked.guidance_interval) == (one.num_steps, one.guidance_interval)
    assert 7 != again.seed
    assert (7, 7) == (varied.seed, enlarged.seed)
    assert varied.variation is not None
    assert enlarged.start is not None
    assert stage.port.last.draft.startswith("고래 시드:7")
    assert stage.port.last.draft.endswith("제외:사람")
    assert ["사람"] * 4 == stage.text.negatives


async def test_a_photo_is_drawn_over_again_while_it_is_kept(stage: Stage) -> None:
    """Again and variation take the same photo, also after a restart; once it is gone, that is said."""
    first = await stage.draw("고래", photo=png("red"))
    await stage.redraw(Action.AGAIN, first.job_id, "e2")
    await stage.reopen()
    await stage.redraw(Action.VARY, first.job_id, "e3")
    await stage.files.remove([photo_key(str(first.job_id))])
    await stage.press(Action.VARY, first.job_id, "e4")

    assert 1 == len({asked.start.pixels.rgb for asked in stage.engine.requests if asked.start})
    assert 3 == len(stage.engine.requests)
    assert error_texts.of_error(PhotoForgotten(), job_id="") == stage.port.last.text


async def test_a_reply_changes_the_words_and_keeps_the_noise(stage: Stage) -> None:
    """Who answers a picture with words gets it drawn again as the words say."""
    first = await stage.draw("바다 고래 스텝:9")
    await stage.draw("더 밝게", "e2", about=str(first.job_id))

    one, other = stage.engine.requests
    assert (one.seed, one.num_steps) == (other.seed, other.num_steps)
    assert "바다 고래, 더 밝게" == (await stage.record("e2")).job.command.text


async def test_what_a_reply_takes_away_is_not_wanted_any_more(stage: Stage) -> None:
    """It leaves the text, and joins what was not wanted before."""
    first = await stage.draw("바다 고래 제외:사람")
    await stage.draw("바다 빼고", "e2", about=str(first.job_id))

    command = (await stage.record("e2")).job.command
    assert ("고래", "사람, 바다") == (command.text, command.negative)


async def test_a_reply_may_have_options(stage: Stage) -> None:
    """They stand behind the words as everywhere, and the later one holds."""
    first = await stage.draw("고래 스텝:9")
    await stage.draw("스텝:5 더 밝게", "e2", about=str(first.job_id))

    command = (await stage.record("e2")).job.command
    assert ("고래, 더 밝게", 5) == (command.text, command.num_steps)


async def test_a_reply_may_be_nothing_but_options(stage: Stage) -> None:
    """The words stay as they were."""
    first = await stage.draw("고래 스텝:9")
    await stage.draw("스텝:5", "e2", about=str(first.job_id))

    command = (await stage.record("e2")).job.command
    assert ("고래", 5) == (command.text, command.num_steps)


async def test_the_answer_to_a_question_is_a_whole_request(stage: Stage) -> None:
    """Where nothing was understood there is nothing to change, only something to say anew."""
    stage.text.verdict = Verdict.NOT_A_REQUEST
    await stage.say("안녕 스텝:9")
    await stage.runner.idle()
    stage.text.verdict = Verdict.OK
    await stage.draw("고래", "e2", about=str(stage.port.last.job_id))

    assert "고래" == (await stage.record("e2")).job.command.text
    assert 9 == stage.engine.requests[0].num_steps


async def test_a_command_is_a_command_wherever_it_is_written(stage: Stage) -> None:
    """A reply that begins with a slash is not about what it answers."""
    first = await stage.draw("고래 스텝:9")
    await stage.draw("/그려줘 강아지", "e2", about=str(first.job_id))
    await stage.say("/도움말", "e3", about=str(first.job_id))

    assert "강아지" == (await stage.record("e2")).job.command.text
    assert None is stage.engine.requests[1].num_steps
    assert texts.HELP == stage.port.last.text


async def test_a_reply_to_what_is_not_kept_says_so(stage: Stage) -> None:
    """Also where it is kept, and is none of theirs."""
    first = await stage.draw()
    await stage.say("더 밝게", "e2", about="unknown")
    await stage.say("더 밝게", "e3", about=str(first.job_id), person=STRANGER, place=ELSEWHERE)

    assert [texts.GONE] * 2 == [versions[0].text for versions in stage.port.versions[1:]]
    assert 1 == len(stage.engine.requests)


async def test_a_button_of_a_job_that_left_nothing_says_so(stage: Stage) -> None:
    """A press that cannot be followed is answered, not ignored."""
    await stage.press(Action.AGAIN, "unknown")
    await stage.press(Action.CANCEL, "unknown")

    assert [texts.GONE] * 2 == [versions[0].text for versions in stage.port.versions]
