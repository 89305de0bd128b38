"""The whole program in this process: what is accepted ends, whatever ends the program.

Deaths are the kill tests' (`tests/kill`), a device that fails or hangs is the engine's
(`tests/pipeline/engine/test_faults.py`, `test_watch.py`, `test_memory.py`: faults 33 to 36 and 38).
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bot import shell_texts
from bot.adapters.port import Action, CardState
from bot.app import App
from bot.breaker import cool_down
from bot.job import Phase, job_id_of
from bot.jobs import render_id
from bot.locks import AlreadyRunning, Lock
from bot.sealing import KEY_BYTES, KeyForeign
from bot.shell import why_not_started
from bot.store import Store, StoreDamaged
from tests.bot.house import FOR_EVER_S, LIMIT_S, House, eventually, row
from tests.bot.store.samples import DAY
from tests.doubles import preparation
from tests.own_logging import own_logging as own_logging
from tests.platform.log import PLATFORM
from tests.platform.server import Platform


@pytest.fixture
async def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A folder in which no program ever ran; programs here do not wait long for what is drawn."""
    monkeypatch.setattr("bot.app._FINISH_S", 0.2)
    monkeypatch.setattr("bot.sweeper._INTERVAL_S", 0.3)
    async with Platform() as platform:
        yield House(tmp_path, platform, monkeypatch)


async def test_what_is_asked_is_drawn(house: House) -> None:
    """What was written before the start is answered too; the operator is told what happens."""
    house.platform.say("고래 그려줘")
    async with house.running() as process:
        await house.until_shown(CardState.DONE)

    assert [shell_texts.READY, shell_texts.STOPPING] == process.said[1:]
    assert house.judged().is_good


async def test_an_end_under_load_hands_everything_to_the_next_start(house: House) -> None:
    """Nothing is lost or doubled, and no job is held to have killed anybody (fault 16)."""
    house.work_s = FOR_EVER_S
    for number in range(5):
        house.platform.say("고래 그려줘", person=f"p{number}")
    async with house.running():
        await house.until_shown(CardState.DRAWING, num=2)
    async with house.store() as store:
        deaths = await store.deaths_since(0.0)
        num_left = len(await store.live())
    house.work_s = 0.05
    async with house.running():
        await house.until_shown(CardState.DONE, num=5)

    verdict = house.judged()
    assert (0, 5) == (deaths, num_left)
    assert verdict.is_good, verdict.table()
    assert 5 == verdict.counts["drawn"]


async def test_an_end_waits_for_pictures_that_are_nearly_done(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are finished, and shown, before the program ends."""
    monkeypatch.setattr("bot.app._FINISH_S", 30.0)
    house.work_s = 1.0
    house.platform.say("고래 그려줘")
    async with house.running():
        await house.until_shown(CardState.DRAWING)

    assert 1 == len(house.platform.log.newest(CardState.DONE))


async def test_what_is_written_during_the_end_is_the_next_start_s(house: House) -> None:
    """It is not answered, and so the platform brings it again."""
    house.work_s = FOR_EVER_S
    house.platform.say("고래 그려줘")
    async with house.running() as process:
        await house.until_shown(CardState.DRAWING)
        await house.until(lambda: not house.platform.num_unconfirmed)
        process.stop.set()
        await eventually(lambda: shell_texts.STOPPING in process.said)
        house.platform.say("바다 그려줘", person="ben")
        await process.running
        num_left = house.platform.num_unconfirmed
    house.work_s = 0.05
    async with house.running():
        await house.until_shown(CardState.DONE, num=2)

    assert 1 == num_left
    assert house.judged().is_good


@pytest.mark.parametrize("phase", ["accepted", "queued", "drawing"])
async def test_a_job_can_be_cancelled_in_every_phase(house: House, phase: str) -> None:
    """Its card says so, the engine's place is free, and no picture follows (fault 64)."""
    match phase:
        case "accepted":
            house.text_s = FOR_EVER_S
        case _:
            house.work_s = FOR_EVER_S
    house.patch.setattr("bot.app.NUM_HELD", 1)
    if phase == "queued":  # behind another one
        house.platform.say("고래 그려줘", person="ben")
    event = house.platform.say("고래 그려줘")
    job_id = job_id_of(PLATFORM, event.id)
    async with house.running() as process, house.store() as store:
        await until_phase(store, job_id, Phase(phase))
        house.platform.press(Action.CANCEL, job_id)
        await house.until_shown(CardState.CANCELLED)
        num_others = 1 if phase == "queued" else 0
        await eventually(lambda: len(process.engine._work) == num_others)
    house.work_s, house.text_s = 0.05, 0.01
    async with house.running():
        await house.until_shown(CardState.CANCELLED)
        if phase == "queued":
            await house.until_shown(CardState.DONE)

    verdict = house.judged()
    assert verdict.is_good, verdict.table()
    assert num_others == len(list((house.data / "pictures").glob("*.png")))


async def test_a_job_that_killed_workers_is_put_aside(house: House) -> None:
    """Once it is tried again; twice, and its person is told while others are drawn (fault 13)."""
    house.work_s = FOR_EVER_S
    event = house.platform.say("고래 그려줘")
    job_id = job_id_of(PLATFORM, event.id)
    async with house.running():
        await house.until_shown(CardState.DRAWING)
    async with house.store() as store:
        await store.claim(job_id, "all-0")  # as if it had died
    async with house.running() as process:
        await eventually(lambda: bool(process.engine._work))
    async with house.store() as store:
        tried = await store.find(job_id)
        await store.claim(job_id, "all-0")
    house.work_s = 0.05
    house.platform.say("바다 그려줘", person="ben")
    async with house.running():
        await house.until_shown(CardState.FAILED)
        await house.until_shown(CardState.DONE)

    assert tried is not None
    assert 1 == tried.num_deaths
    assert 1 == house.judged().counts["failed"]


async def test_a_name_is_had_by_one_program(house: House) -> None:
    """A second one is refused before it touches anything, and so is a second one that talks (fault 6)."""
    async with house.running():
        await eventually(lambda: (house.data / "jobs.db").exists())
        for role, name in (("run", "all-0"), ("chat", "people")):
            app, _, _ = house.app(role)
            with pytest.raises(AlreadyRunning) as caught:
                await app.run(asyncio.Event(), lambda _: None)
            assert name == caught.value.name


async def test_roles_can_be_put_apart_and_together(house: House) -> None:
    """What a program of one form left is finished by those of the other, without a death."""
    house.work_s = FOR_EVER_S
    for number in range(2):
        house.platform.say("고래 그려줘", person=f"p{number}")
    async with house.running("run"):
        await house.until_shown(CardState.DRAWING, num=2)
    house.work_s = 0.05
    async with house.running("chat"), house.store() as store:
        event = house.platform.say("바다 그려줘", person="ben")
        job_id = job_id_of(PLATFORM, event.id)
        await until_phase(store, job_id, Phase.QUEUED)
        # The row says that the text was read before the picture is queued for a worker.
        queued = render_id(job_id)
        await eventually(lambda: queued in workflows(house.data))
    async with house.running("worker"):
        await eventually(lambda: len(list((house.data / "pictures").glob("*.png"))) == 3)
    async with house.running("run"):
        await house.until_shown(CardState.DONE, num=3)
    async with house.store() as store:
        deaths = await store.deaths_since(0.0)

    verdict = house.judged()
    assert verdict.is_good, verdict.table()
    assert 0 == deaths


async def test_a_silent_worker_is_taken_over_when_its_lock_is_free(house: House) -> None:
    """While it holds its lock it keeps its work, however silent it is (fault 12)."""
    house.patch.setattr("bot.fleet._LOOK_S", 0.05)
    event = house.platform.say("고래 그려줘")
    job_id = job_id_of(PLATFORM, event.id)
    async with house.running("chat"), house.store() as store:
        await until_phase(store, job_id, Phase.QUEUED)
    async with house.store(ago_s=100.0) as store:
        await store.beat("worker-9", info="", is_ready=False)
        await store.claim(job_id, "worker-9")
    looked: list[str] = []
    lock_of = App._lock

    def lock(app: App, name: str) -> Lock:
        looked.append(name)
        return lock_of(app, name)

    house.patch.setattr(App, "_lock", lock)
    with house.lock("worker-9") as alive:
        async with house.running("chat"), house.store() as store:
            await eventually(lambda: looked.count("worker-9") > 2)
            held = await store.find(job_id)
            alive.release()
            await until_phase(store, job_id, Phase.QUEUED)
            freed = await store.find(job_id)

    assert held is not None
    assert freed is not None
    assert (0, 1) == (held.num_deaths, freed.num_deaths)


async def test_a_step_that_raises_is_told_to_its_person(house: House) -> None:
    """A mistake of ours ends the job with an apology and costs nothing (fault 63)."""
    house.error = ValueError("bug")
    house.platform.say("고래 그려줘")
    async with house.running():
        await house.until_shown(CardState.FAILED)
    async with house.store() as store:
        live = await store.live()

    assert house.judged().is_good
    assert () == live


async def test_a_row_in_no_queue_is_drawn_and_shown_once(house: House) -> None:
    """The process died between the commit and everything else (fault 65)."""
    event = house.platform.say("고래 그려줘")
    job_id = job_id_of(PLATFORM, event.id)
    async with house.store() as store:
        await store.accept(
            row(job_id, event_id=event.id), cost=1.0, start=0.0, finish=1.0, units=1, day=DAY
        )
    async with house.running():
        await house.until_shown(CardState.DONE)

    assert 1 == len(house.platform.log.messages)


async def test_events_may_have_any_ids(house: House) -> None:
    """Nothing is dropped for being older or lower than what came before (fault 66)."""
    house.platform.say("고래 그려줘")
    async with house.running():
        await house.until_shown(CardState.DONE)
    house.platform._num_queued = 0  # the platform counts anew
    house.platform._queue.clear()
    house.platform.say("바다 그려줘")
    async with house.running():
        await house.until_shown(CardState.DONE, num=2)

    assert house.judged().is_good


async def test_people_can_be_read_nowhere(house: House) -> None:
    """Neither what they wrote nor who they are lies open in any file."""
    house.platform.say("기린카나리아 그려줘", person="person-canary")
    async with house.running():
        await house.until_shown(CardState.DONE)

    files = [path for path in house.data.rglob("*") if path.is_file()]
    said = b"".join(path.read_bytes() for path in files)
    assert len(files) > 3
    assert "기린카나리아".encode() not in said
    assert b"person-canary" not in said


@pytest.mark.parametrize("name", ["app.db", "jobs.db"])
async def test_a_damaged_database_is_never_replaced(house: House, name: str) -> None:
    """The program says so and does not run; the file is left for whoever can save it (fault 19)."""
    house.platform.say("고래 그려줘")
    async with house.running():
        await house.until_shown(CardState.DONE)
    damaged = b"SQLite format 3\0" + b"\x5a" * 8000
    for rest in ("-wal", "-shm"):
        (house.data / f"{name}{rest}").unlink(missing_ok=True)
    (house.data / name).write_bytes(damaged)
    app, _, _ = house.app()
    with pytest.raises(StoreDamaged):
        await app.run(asyncio.Event(), lambda _: None)

    assert damaged == (house.data / name).read_bytes()


async def test_records_are_not_continued_with_another_key(house: House) -> None:
    """The program says so and does not run; with its own key everything is there again."""
    house.platform.say("고래 그려줘")
    async with house.running():
        await house.until_shown(CardState.DONE)
    path = house.settings().key_file
    own = path.read_bytes()
    path.write_bytes(b"f" * KEY_BYTES)
    app, _, _ = house.app()
    with pytest.raises(KeyForeign) as raised:
        await app.run(asyncio.Event(), lambda _: None)
    assert str(path) in why_not_started(raised.value)

    path.write_bytes(own)
    async with house.running():
        pass


async def test_after_many_deaths_the_worker_waits_and_people_are_told(house: House) -> None:
    """Jobs are accepted meanwhile, and drawn when the time is over (fault 39)."""
    waiting, is_over = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await is_over.wait()

    async def cool_down_as_told(store: Store, *, max_deaths: int) -> None:
        await cool_down(store, max_deaths=max_deaths, sleep=sleep)

    house.patch.setattr("bot.worker_role.cool_down", cool_down_as_told)
    async with house.store() as store:
        for number in range(4):
            job = row(f"killer-{number}", event_id=f"e{number}")
            await store.accept(job, cost=1.0, start=0.0, finish=1.0, units=1, day=DAY)
            await store.keep_preparation(job.id, preparation("고래"))
            await store.claim(job.id, "all-0")
            await store.mourn("all-0")
            await store.delete([job.id])
    house.platform.say("/상태")
    house.platform.say("고래 그려줘")
    async with house.running():
        await asyncio.wait_for(waiting.wait(), LIMIT_S)
        await house.until(lambda: not house.platform.num_unconfirmed)
        cards = [shown.last for shown in house.platform.log.messages.values()]
        is_over.set()
        await house.until_shown(CardState.DONE)

    assert 2 == len(cards)
    assert CardState.DONE not in {card.state for card in cards}


def workflows(data: Path) -> set[str]:
    """Name everything that the queues know."""
    with closing(sqlite3.connect(data / "jobs.db")) as queues:
        return {one for (one,) in queues.execute("SELECT workflow_uuid FROM workflow_status")}


async def until_phase(store: Store, job_id: str, phase: Phase) -> None:
    """Wait until a job is in a phase."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            record = await store.find(job_id)
            if record is not None and record.phase is phase:
                return
            await asyncio.sleep(0.05)
