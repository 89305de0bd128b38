"""How a request is accepted, and what becomes of it where that fails.

These faults are tested here, at the neutral port; what a real platform does comes with its adapter:
1. a death before the commit → the event comes again and makes one job.
2. a death after the commit → no second job.
4. the database is locked → no acknowledgement without a row; what lands later ends by itself.
5. the disk is full at the commit → refused in words, nothing acknowledged, the process goes on.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot import error_texts, intake
from bot.adapters.port import CardState
from bot.disk import DiskFull
from bot.fairness import korean_day
from bot.job import NotAccepted, Phase, job_id_of, photo_key
from bot.store import StoreUnavailable
from tests.bot.stage import LIMIT_S, PERSON, PLACE, Stage, open_stage

JOB_ID = job_id_of("test", "e1")
REFUSAL = error_texts.of_error(NotAccepted(), job_id="")


class Died(asyncio.CancelledError):
    """The process ended here: nobody is answered."""


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage on which nothing that is queued begins."""
    async with open_stage(tmp_path) as stage:
        stage.runner.is_held = True
        yield stage


async def used(stage: Stage) -> tuple[int, int]:
    """Count what the person here, and the place, used today."""
    person, place = stage.store.person_name(PERSON), stage.store.place_name(PLACE)
    return await stage.store.used(person, place, korean_day((await stage.record()).accepted_s))


async def test_a_request_is_written_down_before_it_is_acknowledged(stage: Stage) -> None:
    """What the person sees first is a promise that is kept: the row and the queue were there."""
    seen: list[tuple[Phase | None, list[tuple[str, str]]]] = []
    send = stage.port.send

    async def look_and_send(*arguments: object, **options: object) -> object:
        seen.append(((await stage.record()).phase, list(stage.runner.queued)))
        return await send(*arguments, **options)  # type: ignore[arg-type]

    stage.port.send = look_and_send  # type: ignore[method-assign, assignment]
    await stage.say("고래 장수:2")

    assert [(Phase.ACCEPTED, [("prepare", JOB_ID)])] == seen
    assert (2, 2) == await used(stage)


@pytest.mark.parametrize(
    ("boundary", "num_left"),
    [("before the commit", 0), ("after_accept_before_enqueue", 1), ("after_enqueue_before_ack", 1)],
)
async def test_an_event_that_comes_again_after_a_death_makes_one_job(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, boundary: str, num_left: int
) -> None:
    """Faults 1 and 2: wherever the process dies, the next one ends with one job and one charge."""

    async def die(candidates: object) -> None:
        raise Died

    def pass_(name: str) -> None:
        if name == boundary:
            raise Died

    with monkeypatch.context() as patch:
        if boundary == "before the commit":
            patch.setattr(stage.store, "accept_all", die)
        patch.setattr(intake, "pass_", pass_)
        with pytest.raises(Died):
            await stage.conversation.on_message(stage.message("고래"), stage.port)
    assert num_left == len(await stage.store.live())
    assert [] == stage.port.versions
    await stage.reopen()
    stage.runner.is_held = True
    await stage.say("고래")
    await stage.say("고래")

    assert [JOB_ID] == [row.id for row in await stage.store.live()]
    assert (1, 1) == await used(stage)


async def test_a_locked_database_is_waited_for(stage: Stage, tmp_path: Path) -> None:
    """Fault 4: nothing is acknowledged before the row is there."""
    with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asking = asyncio.ensure_future(stage.say("고래"))
        await asyncio.wait((asking,), timeout=0.2)
        assert [] == stage.port.versions
        other.execute("ROLLBACK")
    await asyncio.wait_for(asking, LIMIT_S)

    assert CardState.WAITING is stage.port.last.state
    assert [JOB_ID] == [row.id for row in await stage.store.live()]


@pytest.mark.parametrize("reason", ["SQLITE_BUSY", "SQLITE_FULL"])
async def test_what_cannot_be_written_down_is_refused(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """Faults 4 and 5: one sentence, no job, no charge; the next one is accepted."""

    async def fail(*arguments: object, **options: object) -> bool:
        raise StoreUnavailable(reason=reason)

    with monkeypatch.context() as patch:
        patch.setattr(stage.store, "accept_all", fail)
        await stage.say("고래")
    assert [(CardState.NOTE, REFUSAL)] == [(card.state, card.text) for card in stage.port.shown]
    assert () == await stage.store.live()
    await stage.say("고래", "e2")

    assert CardState.WAITING is stage.port.last.state


async def test_what_is_written_down_too_late_is_taken_back(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 4: a platform waits for three seconds; whoever was refused by then is charged nothing."""
    monkeypatch.setattr(intake, "_WRITE_S", 0.05)
    with closing(sqlite3.connect(tmp_path / "app.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        await stage.say("고래")
        assert [(CardState.NOTE, REFUSAL)] == [(card.state, card.text) for card in stage.port.shown]
        other.execute("ROLLBACK")
    (late,) = stage.intake._late
    await asyncio.wait_for(late, LIMIT_S)

    assert await stage.store.find(JOB_ID) is None
    assert [] == stage.runner.queued


async def test_what_cannot_be_queued_is_taken_back(stage: Stage) -> None:
    """A row without a place in the queue would be a promise without an acknowledgement."""
    stage.runner.error = OSError("no database of the queue")
    await stage.say("고래")

    assert REFUSAL == stage.port.last.text
    assert await stage.store.find(JOB_ID) is None


async def test_what_is_queued_too_late_ends_by_itself(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 4: after a refusal nothing is drawn, though the queue got its entry in the end."""
    begun = asyncio.Event()

    async def hang(job_id: str, priority: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(intake, "_ENQUEUE_S", 0.01)
    monkeypatch.setattr(stage.intake, "_enqueue", hang)
    await stage.say("고래")
    assert begun.is_set()
    assert REFUSAL == stage.port.last.text
    stage.runner.is_held = False
    await stage.runner.enqueue_prepare(JOB_ID)  # it lands
    await stage.runner.idle()

    assert 1 == len(stage.port.versions)
    assert [] == stage.engine.requests


async def test_a_full_disk_takes_nothing_new(stage: Stage) -> None:
    """Fault 5: with too little room left, requests are refused before anything is written."""
    full = DiskFull(free_bytes=1, least_free_bytes=2)

    def check() -> None:
        raise full

    stage.check_room = check
    await stage.say("고래")

    assert error_texts.of_error(full, job_id="") == stage.port.last.text
    assert await stage.store.find(JOB_ID) is None


async def test_a_photo_that_cannot_be_kept_refuses_the_request(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 5: without its photo a request would be another one."""

    async def fail(key: str, data: bytes) -> str:
        raise OSError(28, "no space left")

    monkeypatch.setattr(stage.files, "write", fail)
    await stage.say("고래", photo=b"a photo")

    assert REFUSAL == stage.port.last.text
    assert () == await stage.store.live()


async def test_a_photo_is_there_before_its_job(stage: Stage) -> None:
    """Whoever finds the row finds the photo."""
    await stage.say("고래", photo=b"a photo")

    assert (await stage.record()).job.has_photo
    assert b"a photo" == await stage.files.read(photo_key(JOB_ID))


async def test_an_event_that_comes_again_keeps_its_photo(stage: Stage) -> None:
    """Also when its person may ask for nothing more now: it is no new request."""
    await stage.say("고래", "e0")
    await stage.say("고래", "e1", photo=b"a photo")
    await stage.say("고래", "e1", photo=b"a photo")

    assert 2 == len(stage.port.versions)
    assert b"a photo" == await stage.files.read(photo_key(JOB_ID))


async def test_what_is_refused_leaves_no_photo(stage: Stage) -> None:
    """A photo is kept for what was accepted, and for nothing else."""
    stage.intake._limits = replace(stage.limits, max_per_person=0)
    await stage.say("고래", photo=b"a photo")

    assert await stage.files.read(photo_key(JOB_ID)) is None


async def test_everybody_is_judged_by_what_was_accepted_before(stage: Stage) -> None:
    """Requests at the same moment cannot pass the limit together."""
    await asyncio.gather(*(stage.say("고래", f"e{number}") for number in range(9)))

    assert 2 == len(await stage.store.live())
    assert 2 == len(stage.runner.queued)


async def test_a_refused_event_may_be_accepted_later(stage: Stage) -> None:
    """What was refused left nothing, so the same event is judged anew."""
    stage.intake._limits = replace(stage.limits, max_per_person=0)
    await stage.say("고래")
    stage.intake._limits = stage.limits
    await stage.say("고래")

    assert [CardState.NOTE, CardState.WAITING] == [card.state for card in stage.port.shown]
