"""One command in, a card out; every error becomes words.

These faults are tested here, at the conversation; what a real platform calls them comes with its adapter:
2 and 3. the same event twice → one job, one answer (1, before the commit: `test_intake.py`).
8. a burst of requests → all accepted or refused in words.
"""

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot import error_texts, texts
from bot.adapters.port import (
    Action,
    Card,
    CardState,
    Person,
    Place,
    PlaceGone,
    PlatformDown,
    PortClosed,
    PortError,
    Unclear,
)
from bot.command import DrawCommand
from bot.job import Closing, Ending, NotYours, Phase
from bot.wish import PhotoMissing, Wish
from pipeline import Cancelled, Failure, QueueFull, StageFailed, Verdict, read_marks
from pipeline.errors import PictureNotFinite
from tests.bot.stage import Stage, open_stage
from tests.doubles import Fault, progress

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


async def seeds_in(stage: Stage, card: Card, folder: Path) -> list[int]:
    """Read the seeds in the receipts of a card's pictures."""
    seeds = []
    for picture in card.pictures:
        file = folder / picture.file_name
        file.write_bytes(await stage.files.read(picture.key) or b"")
        receipt = read_marks(file).receipt
        assert receipt is not None
        seeds.append(receipt.seed)
    return seeds


async def test_a_request_ends_as_a_marked_picture(stage: Stage, tmp_path: Path) -> None:
    """The last version of the card names a file that says it was made by AI."""
    card = await stage.draw("노을 지는 바다의 고래 그려줘")

    assert CardState.DONE is card.state
    (picture,) = card.pictures
    file = tmp_path / "shown.png"
    file.write_bytes(await stage.files.read(picture.key) or b"")
    assert read_marks(file).says_ai
    assert texts.MADE_BY_AI in card.notes
    assert "고래" in picture.alt
    expected = ["again", "vary", "enlarge", "edit", "info", "delete"]
    assert expected == [button.action for button in card.buttons]


async def test_an_answer_comes_before_the_work(stage: Stage) -> None:
    """Whoever asks is answered once the request is written down, whatever the queues do."""
    stage.runner.is_held = True
    await stage.say("고래")

    record = await stage.record()
    assert Phase.ACCEPTED is record.phase
    assert CardState.WAITING is stage.port.last.state
    assert record.message is not None
    assert [("prepare", record.job.id)] == stage.runner.queued


async def test_everything_is_shown_on_one_card(stage: Stage) -> None:
    """Acknowledgement, steps and picture are versions of the same message."""
    await stage.begin()
    stage.engine.tickets[0].tell(progress(1))
    await stage.show_progress()
    await stage.finish()

    assert 1 == len(stage.port.versions)
    states = [card.state for card in stage.port.versions[0]]
    assert CardState.WAITING is states[0]
    assert CardState.DONE is states[-1]


async def test_four_pictures_come_on_one_card(stage: Stage, tmp_path: Path) -> None:
    """Each is a request with the next seed and a file of its own; the card waits for all."""
    await stage.begin("고래 장수:4 시드:4294967294")
    for number in range(3):
        stage.engine.finish(number)
    card = await stage.finish()

    expected = [2**32 - 2, 2**32 - 1, 0, 1]
    assert expected == [asked.seed for asked in stage.engine.requests]
    assert 1 == len(stage.port.versions)
    assert 4 == len({picture.key for picture in card.pictures})
    assert 4 == len({picture.file_name for picture in card.pictures})
    assert expected == await seeds_in(stage, card, tmp_path)


async def test_the_progress_of_several_pictures_is_that_of_all(stage: Stage) -> None:
    """Steps are added up, and the bar is full when the last picture is drawn."""
    await stage.begin("고래 장수:2")
    stage.engine.tickets[0].tell(progress(2))
    stage.engine.tickets[1].tell(progress(1))
    card = await stage.show_progress()
    stage.engine.finish(0)
    await stage.finish()

    assert card.progress is not None
    assert (3, 4) == (card.progress.step, card.progress.num_steps)


async def test_a_picture_that_fails_does_not_take_the_others_along(stage: Stage) -> None:
    """Those that came are shown, and the card says how many did not."""
    await stage.begin("고래 장수:3")
    stage.engine.finish(0)
    stage.engine.tickets[1].settle(PictureNotFinite())
    card = await stage.finish()

    assert CardState.DONE is card.state
    assert 2 == len(card.pictures)
    assert texts.missing_pictures(1) in card.notes


async def test_cancelling_withdraws_every_picture(stage: Stage) -> None:
    """One press ends all, also where one of them was finished."""
    await stage.begin("고래 장수:3")
    stage.engine.finish(0)
    await stage.press(Action.CANCEL, stage.port.last.job_id)
    await stage.tell()  # on this occasion it learns of it
    await stage.runner.idle()

    assert CardState.CANCELLED is stage.port.last.state
    for ticket in stage.engine.tickets[1:]:
        with pytest.raises(Cancelled):
            await ticket.result()
    assert [] == await stage.files.keys("pictures/")


async def test_several_pictures_are_queued_together_or_not_at_all(stage: Stage) -> None:
    """Where there is no room for the last one, those that were taken are given up."""
    stage.engine.room = 2
    await stage.say("고래 장수:3")
    await stage.runner.idle()

    assert CardState.FAILED is stage.port.last.state
    assert 2 == len(stage.engine.tickets)
    for ticket in stage.engine.tickets:
        with pytest.raises(Cancelled):
            await ticket.result()


async def test_a_drawing_card_shows_step_and_preview(stage: Stage) -> None:
    """While a picture is drawn its step, the number of steps and a preview are there."""
    await stage.begin()
    stage.engine.tickets[0].tell(progress(1))
    card = await stage.show_progress()
    await stage.finish()

    assert card.progress is not None
    assert (1, 2) == (card.progress.step, card.progress.num_steps)
    assert card.preview is not None
    assert card.preview.data.startswith(b"\x89PNG")


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_the_same_event_makes_one_job(stage: Stage, is_restarted: bool) -> None:
    """Faults 2 and 3: an event that comes again is neither drawn nor answered again."""
    await stage.draw(event_id="e1")
    if is_restarted:
        await stage.reopen()
    await stage.say("고래", "e1")
    await stage.runner.idle()

    assert 1 == len(stage.engine.requests)
    assert 1 == len(stage.port.versions)


async def test_the_same_event_twice_at_once_makes_one_job(stage: Stage) -> None:
    """Fault 3: an event that is handed out twice at the same time is answered once."""
    stage.engine.submitted.clear()
    await asyncio.gather(*(stage.say("고래", "e1") for _ in range(3)))
    await asyncio.wait_for(stage.engine.submitted.wait(), 10.0)
    await stage.finish()

    assert 1 == len(stage.engine.requests)
    assert 1 == len(stage.port.versions)


async def test_a_burst_is_accepted_or_refused_in_words(stage: Stage) -> None:
    """Fault 8: of hundreds at once each gets an answer, and nobody more than they may have."""
    stage.runner.is_held = True
    await asyncio.gather(*(stage.say("고래", f"e{number}") for number in range(100)))

    states = [versions[0].state for versions in stage.port.versions]
    assert 100 == len(states)
    assert 2 == states.count(CardState.WAITING)
    assert 98 == states.count(CardState.NOTE)
    assert 2 == len(await stage.store.live())


async def test_cancel_ends_the_card_and_offers_to_draw_again(stage: Stage) -> None:
    """A cancelled job leaves no picture, and its card can be started again."""
    await stage.begin()
    await stage.press(Action.CANCEL, stage.port.last.job_id)
    await stage.tell()
    await stage.runner.idle()

    card = stage.port.last
    assert CardState.CANCELLED is card.state
    assert () == card.pictures
    assert [Action.AGAIN] == [button.action for button in card.buttons]
    assert Ending.CANCELLED is (await stage.record()).outcome.ending  # type: ignore[union-attr]


async def test_what_waits_in_a_queue_is_cancelled_at_once(stage: Stage) -> None:
    """A job that nobody has begun is answered without waiting for its turn, and never drawn."""
    stage.runner.is_held = True
    await stage.say("고래")
    stage.runner.is_held = False
    await stage.press(Action.CANCEL, stage.port.last.job_id)
    await stage.runner.idle()
    card = stage.port.last
    job_id = (await stage.record()).job.id
    assert await stage.chat.prepare(job_id) is None
    await stage.worker.draw(job_id)

    assert CardState.CANCELLED is card.state
    assert [] == stage.engine.requests


async def test_cancelling_again_says_nothing_new(stage: Stage) -> None:
    """The card says already that it is cancelled; of a finished one it is said that it is over."""
    await stage.begin()
    job_id = stage.port.last.job_id
    await stage.press(Action.CANCEL, job_id, "e2")
    await stage.press(Action.CANCEL, job_id, "e3")
    await stage.tell()
    await stage.runner.idle()
    assert 1 == len(stage.port.versions)
    done = await stage.draw(event_id="e4")
    await stage.press(Action.CANCEL, done.job_id, "e5")

    assert texts.ALREADY_OVER == stage.port.last.text


async def test_nobody_cancels_what_others_asked_for(stage: Stage) -> None:
    """Whoever sees a card may draw its like, but not end it."""
    await stage.begin()
    await stage.press(Action.CANCEL, stage.port.last.job_id, person=STRANGER)
    refused = stage.port.last
    await stage.finish()

    assert error_texts.of_error(NotYours(), job_id="") == refused.text
    assert Ending.DRAWN is (await stage.record()).outcome.ending  # type: ignore[union-attr]


async def test_who_looks_after_the_place_may_cancel(stage: Stage) -> None:
    """A moderator ends what is drawn where they moderate, whoever asked for it."""
    await stage.begin()
    moderator = replace(STRANGER, may_moderate=True)
    await stage.press(Action.CANCEL, stage.port.last.job_id, person=moderator)
    await stage.tell()
    await stage.runner.idle()

    assert CardState.CANCELLED is stage.port.last.state


async def test_options_beside_the_text_are_followed(stage: Stage) -> None:
    """A platform with a form for its commands hands over each field apart."""
    await stage.draw("/그려줘 고래", options=(("시드", "7"), ("제외", "빨간 배")))

    assert 7 == stage.engine.requests[0].seed
    assert ["빨간 배"] == stage.text.negatives


async def test_a_photo_is_drawn_over(stage: Stage) -> None:
    """The engine starts from the photo, as strongly as was said or as is usual."""
    card = await stage.draw("고래", photo=png("red"))
    await stage.draw("고래 강도:0.3", "e2", photo=png("red"))

    usual, said = (asked.start for asked in stage.engine.requests)
    assert usual is not None
    assert said is not None
    assert usual.pixels.rgb.startswith(b"\xff\x00\x00")
    assert 0.3 == said.strength < usual.strength
    assert "강도 0.6" in str(card.details)
    assert [True, True] == stage.text.are_over_photos


@pytest.mark.parametrize("verdict", [Verdict.EMPTY, Verdict.NOT_A_REQUEST])
async def test_a_photo_without_words_is_asked_about(stage: Stage, verdict: Verdict) -> None:
    """What is to be drawn over it cannot be guessed."""
    stage.text.verdict = verdict
    await stage.say("", photo=png("red"))
    await stage.runner.idle()

    assert texts.WHAT_OVER_PHOTO == stage.port.last.text
    assert [] == stage.engine.requests


async def test_a_strength_without_a_photo_is_refused(stage: Stage) -> None:
    """What was meant to be drawn over is missing, and nothing is drawn instead."""
    await stage.say("고래 강도:0.5")

    assert error_texts.of_error(PhotoMissing(), job_id="") == stage.port.last.text
    assert [] == stage.engine.requests


async def test_a_photo_that_cannot_be_read_is_said_plainly(stage: Stage) -> None:
    """What a file really is, the pipeline finds out; the person reads one sentence."""
    photo = png("red")[:40]
    await stage.say("고래", photo=photo)
    await stage.runner.idle()

    assert CardState.FAILED is stage.port.last.state
    assert "사진을 읽을 수 없어요" in stage.port.last.text
    assert [] == stage.engine.requests


def test_a_photo_stays_out_of_what_is_printed(stage: Stage) -> None:
    """Neither a message nor a job shows the bytes of a photo."""
    message = stage.message("고래", photo=b"secret")
    wish = Wish(command=DrawCommand(text="고래"), photo=b"secret")

    assert "secret" not in repr(message) + repr(wish)


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.OK])
async def test_a_text_without_a_prompt_is_answered(stage: Stage, verdict: Verdict) -> None:
    """Such a text never reaches the engine, and its card offers to put it right."""
    stage.text.verdict = verdict
    await stage.say("?")
    await stage.runner.idle()

    assert [] == stage.engine.requests
    assert CardState.NOTE is stage.port.last.state
    assert texts.refusal(verdict, ()) == stage.port.last.text
    assert [Action.EDIT] == [button.action for button in stage.port.last.buttons]
    assert "?" == stage.port.last.draft


async def test_one_over_the_limit_is_refused_and_the_others_go_on(stage: Stage) -> None:
    """A third request of somebody who may have two is answered at once."""
    await stage.begin(event_id="e1")
    await stage.begin(event_id="e2")
    await stage.say("고래", "e3")
    refused = stage.port.last
    stage.engine.finish(0)
    await stage.finish()

    assert "2건까지" in refused.text
    assert 2 == len(stage.engine.requests)


async def test_a_full_queue_is_said_on_the_card(stage: Stage) -> None:
    """What the engine refuses is told where the request was acknowledged."""
    stage.engine.error = QueueFull(num_waiting=20)
    await stage.say("고래")
    await stage.runner.idle()

    assert CardState.FAILED is stage.port.last.state
    assert "20건" in stage.port.last.text


async def test_an_unexpected_error_is_an_apology_without_details(stage: Stage) -> None:
    """Whatever breaks, the person reads a sentence and the number of the job."""
    stage.text.error = RuntimeError("secret")
    await stage.say("고래")
    await stage.runner.idle()

    card = stage.port.last
    assert CardState.FAILED is card.state
    assert "secret" not in card.text
    assert (card.job_id or "-") in card.text


async def test_what_cannot_be_read_is_answered_without_a_job(stage: Stage) -> None:
    """A wrong option gets its sentence and draws nothing."""
    await stage.say("고래 스텝:9999")

    assert CardState.NOTE is stage.port.last.state
    assert "스텝은 1~150" in stage.port.last.text
    assert [] == stage.engine.requests


async def test_help_and_status_answer_at_once(stage: Stage) -> None:
    """Both are answered without a job, whatever the engine does."""
    await stage.say("/도움말", "e1")
    await stage.say("/상태", "e2")

    assert [texts.HELP, "준비됐어요"] == [versions[0].text for versions in stage.port.versions]


async def test_a_place_is_given_back_when_a_job_ends(stage: Stage) -> None:
    """Nobody is locked out by requests that are over, however they ended."""
    for number in range(5):
        stage.text.error = RuntimeError() if number % 2 else None
        if number % 2:
            await stage.say("고래", f"e{number}")
            await stage.runner.idle()
        else:
            await stage.draw("고래", f"e{number}")

    assert 3 == len(stage.engine.requests)


async def test_a_place_has_words_of_its_own(stage: Stage) -> None:
    """The glossary of the place where a message was written wins over that of everywhere."""
    await stage.draw()

    assert [{"모모": "a dog"}] == stage.text.terms


async def test_whoever_translated_is_credited_where_they_ask_for_it(stage: Stage) -> None:
    """Papago's name leads to Papago, on the card that shows what it translated, and only there."""
    await stage.draw()
    without = stage.port.last
    stage.text.translator = "papago"
    await stage.draw(event_id="e2")

    assert () == without.credits
    assert ["Translated by Papago"] == [link.text for link in stage.port.last.credits]


async def test_nobody_who_can_translate_is_said_plainly(stage: Stage) -> None:
    """The card says what to do next, and the person may ask again at once."""
    stage.text.error = StageFailed(stage="translate", provider="none", failure=Failure.BUSY)
    for number in range(3):  # more than may be in flight: what was taken was given back
        await stage.say("고래", f"e{number}")
        await stage.runner.idle()

    assert CardState.FAILED is stage.port.last.state
    assert "영어로 옮기지 못해요" in stage.port.last.text


@pytest.mark.parametrize(
    "error", [PlaceGone(), PlatformDown(), PortClosed(), Unclear()], ids=lambda e: type(e).__name__
)
async def test_a_request_that_cannot_be_acknowledged_is_drawn(
    stage: Stage, error: PortError
) -> None:
    """What is written down goes on, whatever the platform says; the next try may show it."""
    stage.port.faults = [Fault(error=error)]
    stage.engine.submitted.clear()
    await stage.say("고래")
    await asyncio.wait_for(stage.engine.submitted.wait(), 10.0)
    await stage.finish()

    assert Closing.DELIVERED is (await stage.record()).closing
    assert [CardState.DONE] == [card.state for card in stage.port.shown]


@pytest.mark.parametrize("text", ["/도움말", "고래 스텝:9999"], ids=["an answer", "a refusal"])
async def test_an_answer_that_cannot_be_shown_is_left_out(stage: Stage, text: str) -> None:
    """Where nothing was promised, a platform that is down is no reason to apologise later."""
    stage.port.fault_of = lambda: Fault(error=PlatformDown())
    await stage.say(text)

    assert ["send"] == [call.kind for call in stage.port.calls]
    assert [] == stage.port.versions


async def test_a_program_that_ends_answers_nobody(stage: Stage) -> None:
    """An event that comes then is neither accepted nor refused, so that it is brought again."""
    stage.conversation.close()
    for event in (stage.say("고래"), stage.press(Action.AGAIN, "job")):
        waiting = asyncio.ensure_future(event)
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    assert [] == stage.port.versions
    assert () == await stage.store.live()
