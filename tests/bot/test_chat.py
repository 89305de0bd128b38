"""The chat role's part of a job, each step of which may be done again after a death."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import chat, texts
from bot.adapters.port import CardState, PlatformDown
from bot.job import Ending, Outcome, Phase, job_id_of
from bot.jobs import Turn
from bot.rules import Manner
from bot.store import StoreUnavailable
from pipeline import Audience, Failure, StageFailed, Verdict
from tests.bot.stage import LIMIT_S, Stage, open_stage
from tests.doubles import Fault

JOB_ID = job_id_of("test", "e1")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage with one accepted job that nobody has seen yet."""
    async with open_stage(tmp_path) as stage:
        stage.runner.is_held = True
        stage.port.faults = [Fault(error=PlatformDown())]
        await stage.say("고래")
        yield stage


async def test_a_job_that_nobody_saw_is_acknowledged(stage: Stage) -> None:
    """Where the first card was not shown, the workflow shows it, once."""
    await stage.chat.acknowledge(JOB_ID)
    await stage.chat.acknowledge(JOB_ID)

    assert [CardState.WAITING] == [card.state for card in stage.port.shown]
    assert (await stage.record()).message is not None


async def test_a_card_is_not_doubled_by_a_death_before_it_was_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform knows the nonce of a card that was shown, and gives it back."""

    def die(name: str) -> None:
        raise RuntimeError(name)

    with monkeypatch.context() as patch:
        patch.setattr(chat, "pass_", die)
        with pytest.raises(RuntimeError, match="after_ack_before_kept"):
            await stage.chat.acknowledge(JOB_ID)
    await stage.reopen()
    await stage.chat.acknowledge(JOB_ID)

    assert 1 == len(stage.port.versions)
    assert (await stage.record()).message is not None


async def test_an_answer_finds_the_card_of_which_nobody_knows(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that ended before its card could be kept leaves no card behind that waits for ever."""

    def die(name: str) -> None:
        raise RuntimeError(name)

    with monkeypatch.context() as patch:
        patch.setattr(chat, "pass_", die)
        with pytest.raises(RuntimeError, match="after_ack_before_kept"):
            await stage.chat.acknowledge(JOB_ID)
    await stage.store.conclude(JOB_ID, Outcome(ending=Ending.CANCELLED))
    await stage.chat.deliver(JOB_ID)

    assert [CardState.CANCELLED] == [card.state for card in stage.port.shown]


async def test_a_step_waits_for_whoever_is_acknowledging(stage: Stage) -> None:
    """Of two that want to show the first card, the second finds it shown."""
    async with stage.chat.acknowledging(JOB_ID):
        step = asyncio.ensure_future(stage.chat.acknowledge(JOB_ID))
        await stage.chat.show_first(await stage.record(), stage.port)
        assert not step.done()
    await asyncio.wait_for(step, LIMIT_S)

    assert 1 == len(stage.port.versions)


async def test_a_text_waits_for_whoever_is_acknowledged(stage: Stage) -> None:
    """In a crowd everybody is answered first; reading takes the processor from that."""
    async with stage.chat.acknowledging("another"):
        reading = asyncio.ensure_future(stage.chat.prepare(JOB_ID))
        await stage.chat.acknowledge(JOB_ID)  # several turns of the loop
        assert [] == stage.text.terms
    assert await asyncio.wait_for(reading, LIMIT_S) is not None


async def test_a_text_does_not_wait_for_ever(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A first card that hangs does not keep texts from being read."""
    monkeypatch.setattr(chat, "_MAKE_WAY_S", 0.01)
    async with stage.chat.acknowledging("another"):
        assert await stage.chat.prepare(JOB_ID) is not None


async def test_a_step_does_not_wait_for_ever(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An acknowledgement that hangs does not keep the text from being read."""
    monkeypatch.setattr(chat, "_ACKNOWLEDGED_S", 0.01)
    async with stage.chat.acknowledging(JOB_ID):
        await asyncio.wait_for(stage.chat.acknowledge(JOB_ID), LIMIT_S)

    assert [] == stage.port.versions


async def test_what_is_settled_is_not_acknowledged(stage: Stage) -> None:
    """Where the ending is known already, it is the first thing that is shown."""
    await stage.store.conclude(JOB_ID, Outcome(ending=Ending.CANCELLED))
    await stage.chat.acknowledge(JOB_ID)
    await stage.chat.acknowledge("unknown")

    assert [] == stage.port.versions


async def test_a_card_says_that_the_model_still_loads(stage: Stage) -> None:
    """Whoever asks while nothing can be drawn yet is told so."""
    stage.is_ready = False
    await stage.chat.acknowledge(JOB_ID)

    assert texts.LOADING == stage.port.last.text


async def test_a_text_is_read_once(stage: Stage) -> None:
    """A step that is done again goes on with what was understood, and says the same turn."""
    first = await stage.chat.prepare(JOB_ID)
    await stage.reopen()
    again = await stage.chat.prepare(JOB_ID)

    assert isinstance(first, Turn)
    assert first == again
    assert 1 == len(stage.text.terms)
    assert Phase.QUEUED is (await stage.record()).phase


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.OK])
async def test_a_text_without_a_prompt_settles_the_job(stage: Stage, verdict: Verdict) -> None:
    """It ends with a question, and costs nothing; done again it ends the same."""
    stage.text.verdict = verdict

    assert await stage.chat.prepare(JOB_ID) is None
    assert await stage.chat.prepare(JOB_ID) is None
    assert Outcome(ending=Ending.QUESTION) == (await stage.record()).outcome


@pytest.mark.parametrize(
    "error",
    [
        StageFailed(stage="translate", provider="none", failure=Failure.BUSY),
        RuntimeError("a bug, with secrets"),
    ],
    ids=["said", "a bug"],
)
async def test_a_text_that_cannot_be_read_settles_the_job(stage: Stage, error: Exception) -> None:
    """Whatever went wrong, the person is told; what may be a secret is not written down."""
    stage.text.error = error

    assert await stage.chat.prepare(JOB_ID) is None
    outcome = (await stage.record()).outcome
    assert outcome is not None
    assert Ending.FAILED is outcome.ending
    assert "secrets" not in repr(outcome)


async def test_a_store_that_fails_settles_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step can be done again: the text was fine."""

    async def fail(*arguments: object) -> None:
        raise StoreUnavailable(reason="SQLITE_BUSY")

    with monkeypatch.context() as patch:
        patch.setattr(stage.store, "keep_preparation", fail)
        with pytest.raises(StoreUnavailable):
            await stage.chat.prepare(JOB_ID)
    assert (await stage.record()).outcome is None
    assert await stage.chat.prepare(JOB_ID) is not None


async def test_what_was_cancelled_or_erased_is_not_read(stage: Stage) -> None:
    """Nobody's text is sent to a service for a job that has ended."""
    await stage.store.conclude(JOB_ID, Outcome(ending=Ending.CANCELLED))

    assert await stage.chat.prepare(JOB_ID) is None
    assert await stage.chat.prepare("unknown") is None
    assert [] == stage.text.terms


@pytest.mark.parametrize(
    ("is_adult", "has_photo", "audience"),
    [
        (False, False, Audience.EVERYBODY),
        (True, False, Audience.ADULTS),
        (True, True, Audience.EVERYBODY),
        (False, True, Audience.EVERYBODY),
    ],
)
async def test_a_text_is_judged_for_who_will_see_the_picture(
    stage: Stage, *, is_adult: bool, has_photo: bool, audience: Audience
) -> None:
    """Only among adults a text is judged as theirs, and never over a photo."""
    job = replace((await stage.record()).job, manner=Manner(is_adult=is_adult), has_photo=has_photo)

    assert audience is chat.audience_of(job)
