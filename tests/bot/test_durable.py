"""Jobs in the real queues, on SQLite: begun once, taken up by the next process, ended when they break."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from dbos._dbos import _get_dbos_instance

from bot.durable import Durable, State, database_url
from bot.fairness import Lane
from bot.jobs import CHAT_QUEUES, RENDER_QUEUES, Jobs, Turn, deliver_id, render_id
from bot.sealing import KEY_BYTES, Sealer
from bot.store import Overwriting, StoreUnavailable
from tests.own_logging import own_logging as own_logging

LIMIT_S = 30.0
TURN = Turn(lane=Lane.SHORT, priority=1)


@dataclass(slots=True)
class Steps:
    """The steps of both roles: done at once, held, or failing, as a test says."""

    turn: Turn | None = TURN
    done: list[tuple[str, str]] = field(default_factory=list)  # which step for which job
    held: set[str] = field(default_factory=set)  # steps that never end
    errors: dict[str, list[Exception]] = field(default_factory=dict)  # to come, by step
    begun: list[tuple[str, str]] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def acknowledge(self, job_id: str) -> None:
        """Do a step."""
        await self._do("acknowledge", job_id)

    async def prepare(self, job_id: str) -> Turn | None:
        """Do a step."""
        await self._do("prepare", job_id)
        return self.turn

    async def draw(self, job_id: str) -> None:
        """Do a step."""
        await self._do("draw", job_id)

    async def deliver(self, job_id: str) -> None:
        """Do a step."""
        await self._do("deliver", job_id)

    def release(self, *steps: str) -> None:
        """Let held steps, or those for some jobs, go on."""
        self.held -= set(steps)
        self._tell()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is true of what was begun and done."""
        async with asyncio.timeout(LIMIT_S):
            while not is_so():
                await self._changed.wait()

    async def until_delivered(self, *job_ids: str) -> None:
        """Wait until these jobs' answers were brought."""
        await self.until(lambda: {("deliver", one) for one in job_ids} <= set(self.done))

    async def _do(self, step: str, job_id: str) -> None:
        self.begun.append((step, job_id))
        self._tell()
        if self.errors.get(step):
            raise self.errors[step].pop(0)
        while self.held & {step, f"{step} {job_id}"}:
            await self._changed.wait()
        self.done.append((step, job_id))
        self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


@dataclass(slots=True)
class Process:
    """One launch, until it is closed."""

    durable: Durable
    jobs: Jobs


@asynccontextmanager
async def launched(
    folder: Path,
    steps: Steps,
    *,
    executor: str = "all-0",
    queues: Sequence[str] = (*CHAT_QUEUES, *RENDER_QUEUES),
    num_held: int = 8,
    make: type[Jobs] = Jobs,
) -> AsyncIterator[Process]:
    """Launch over a folder that earlier processes used; at the end, break off what is under way."""
    sealer = Sealer(b"k" * KEY_BYTES)
    durable = Durable(database_url("", folder), executor=executor, sealer=sealer, queues=queues)
    jobs = make(chat=steps, worker=steps)
    try:
        await durable.launch(num_held=num_held)
        jobs.open()
        yield Process(durable, jobs)
    finally:
        await jobs.close()
        await durable.close()
        await jobs.let_go()


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for something of which nobody tells."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.02)


async def until_part(process: Process, part: str, state: State) -> None:
    """Wait until a part is in a state."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            if (await process.durable.states([part]))[part] is state:
                return
            await asyncio.sleep(0.02)


WAY = ["acknowledge", "prepare", "draw", "deliver"]


async def test_a_job_walks_through_all_parts_in_order(tmp_path: Path) -> None:
    """Each step is done once, however often a part is put into its queue (faults 2 and 3)."""
    steps = Steps()
    async with launched(tmp_path, steps) as process:
        for _ in range(3):
            await process.jobs.enqueue_prepare("job")
        await steps.until_delivered("job")
        for enqueue in (process.jobs.enqueue_prepare, process.jobs.enqueue_deliver):
            await enqueue("job")
        await process.jobs.enqueue_render("job", TURN)
        await process.jobs.enqueue_prepare("other")
        await steps.until_delivered("other")

    assert WAY == [step for step, job_id in steps.done if job_id == "job"]


async def test_a_text_that_gives_no_prompt_is_not_drawn(tmp_path: Path) -> None:
    """Where the end is settled by the text, its answer comes next."""
    steps = Steps(turn=None)
    async with launched(tmp_path, steps) as process:
        await process.jobs.enqueue_prepare("job")
        await steps.until_delivered("job")

    assert ["acknowledge", "prepare", "deliver"] == [step for step, _ in steps.done]


@pytest.mark.parametrize("held", WAY)
async def test_the_next_process_goes_on_where_one_ended(held: str, tmp_path: Path) -> None:
    """A step that was written down is not done again; the one that was cut off is (faults 9 and 11)."""
    steps = Steps(held={held})
    async with launched(tmp_path, steps) as process:
        await process.jobs.enqueue_prepare("job")
        await steps.until(lambda: (held, "job") in steps.begun)
    before = [step for step, _ in steps.done]
    steps.held.clear()
    async with launched(tmp_path, steps):
        await steps.until_delivered("job")

    assert WAY[: WAY.index(held)] == before
    assert WAY == [step for step, _ in steps.done]


async def test_a_process_that_ends_says_nothing_of_what_it_breaks_off(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An end in good order leaves no warning and no traceback in the log (fault 16)."""
    logging.getLogger("dbos").addHandler(caplog.handler)
    steps = Steps(held={"acknowledge", "draw one", "deliver two"})
    async with launched(tmp_path, steps) as process:
        steps.held.discard("acknowledge")
        await process.jobs.enqueue_prepare("one")
        await process.jobs.enqueue_prepare("two")
        await steps.until(lambda: {("draw", "one"), ("deliver", "two")} <= set(steps.begun))
        steps.held.add("acknowledge")
        await process.jobs.enqueue_prepare("three")

    logging.getLogger("dbos").removeHandler(caplog.handler)
    assert [] == [record.getMessage() for record in caplog.records]


async def test_the_event_loop_keeps_its_threads(tmp_path: Path) -> None:
    """The queues lend their threads to the loop; when they are gone it has others."""
    async with launched(tmp_path, Steps()):
        assert 1 == await asyncio.to_thread(lambda: 1)

    assert 2 == await asyncio.to_thread(lambda: 2)


async def test_nothing_begins_before_its_role_is_there(tmp_path: Path) -> None:
    """What an earlier process left waits until whoever does the steps can do them."""
    steps = Steps(held={"draw"})
    async with launched(tmp_path, steps) as process:
        await process.jobs.enqueue_prepare("job")
        await steps.until(lambda: ("draw", "job") in steps.begun)
    steps.begun.clear()
    async with launched(tmp_path, steps) as process:
        process.jobs._is_open.clear()
        await process.jobs.enqueue_prepare("new")
        await eventually(lambda: bool(process.jobs._begun))
        begun = list(steps.begun)
        steps.held.clear()
        process.jobs.open()
        await steps.until_delivered("job", "new")

    assert [] == begun


async def test_a_worker_that_starts_first_draws_and_does_nothing_else(tmp_path: Path) -> None:
    """It listens to the queues of drawing only, whatever else was left (fault 62)."""
    chat, worker = Steps(held={"acknowledge second"}), Steps()
    async with launched(tmp_path, chat, executor="chat-0", queues=CHAT_QUEUES) as process:
        await process.jobs.enqueue_prepare("first")
        await process.jobs.enqueue_prepare("second")
        await chat.until(lambda: ("prepare", "first") in chat.done)
        await chat.until(lambda: ("acknowledge", "second") in chat.begun)
        await until_part(process, render_id("first"), State.ALIVE)
    async with launched(tmp_path, worker, executor="worker-0", queues=RENDER_QUEUES) as process:
        await until_part(process, deliver_id("first"), State.ALIVE)
    chat.held.clear()
    async with launched(tmp_path, chat, executor="chat-0", queues=CHAT_QUEUES):
        await chat.until_delivered("first")

    assert [("draw", "first")] == worker.done


async def test_a_name_that_is_gone_is_taken_over_by_another(tmp_path: Path) -> None:
    """Its parts wait for its next start until somebody says that it will not come (fault 12)."""
    gone, heir = Steps(held={"draw"}), Steps()
    async with launched(tmp_path, gone, executor="worker-0") as process:
        await process.jobs.enqueue_prepare("job")
        await gone.until(lambda: ("draw", "job") in gone.begun)
    async with launched(tmp_path, heir, executor="worker-1") as process:
        await process.jobs.enqueue_prepare("other")
        await heir.until_delivered("other")
        drawn_before = [job_id for step, job_id in heir.done if step == "draw"]
        await process.durable.take_over("worker-0")
        await heir.until_delivered("job")

    assert ["other"] == drawn_before


class Edited(Jobs):
    """The workflows of a program that was changed meanwhile, with the same steps in them."""

    def _rendered(self) -> Callable[[str], Coroutine[Any, Any, None]]:
        rendered = super()._rendered()

        async def render(job_id: str) -> None:
            names = [str(number) for number in range(3)]
            assert names
            await rendered(job_id)

        return render


async def test_an_update_of_the_program_finishes_what_the_last_one_began(tmp_path: Path) -> None:
    """Jobs do not belong to the source that accepted them (faults 22 and 61)."""
    steps = Steps(held={"draw one", "prepare two"})
    async with launched(tmp_path, steps) as process:
        await process.jobs.enqueue_prepare("one")
        await process.jobs.enqueue_prepare("two")
        await steps.until(lambda: {("draw", "one"), ("prepare", "two")} <= set(steps.begun))
    steps.held.clear()
    async with launched(tmp_path, steps, make=Edited):
        await steps.until_delivered("one", "two")

    assert ["draw"] * 2 == [step for step, _ in steps.done if step == "draw"]


async def test_a_step_that_raises_breaks_its_part(tmp_path: Path) -> None:
    """What it said is not written down, for it may quote somebody (fault 63)."""
    steps = Steps(errors={"draw": [ValueError("a canary sings")]})
    async with launched(tmp_path, steps) as process:
        await process.jobs.enqueue_prepare("job")
        parts = ("job", render_id("job"), deliver_id("job"))
        await until_part(process, parts[1], State.BROKEN)
        states = await process.durable.states(parts)

    assert [State.DONE, State.BROKEN, State.MISSING] == [states[part] for part in parts]
    assert not _is_said(tmp_path, b"canary")


async def test_a_database_that_is_away_breaks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every step is tried again until our tables answer."""
    monkeypatch.setattr("bot.jobs._AGAIN_S", 0.01)
    away = [StoreUnavailable(reason="SQLITE_BUSY")] * 2
    steps = Steps(errors={step: list(away) for step in WAY})
    async with launched(tmp_path, steps) as process:
        await process.jobs.enqueue_prepare("job")
        await steps.until_delivered("job")

    assert WAY == [step for step, _ in steps.done]
    assert 3 * len(WAY) == len(steps.begun)


async def test_what_the_queues_keep_is_sealed(tmp_path: Path) -> None:
    """Neither arguments nor results can be read without the key; ids and names of steps can."""
    steps = Steps(turn=Turn(lane=Lane.LONG, priority=77_777))
    async with launched(tmp_path, steps) as process:
        await process.jobs.enqueue_prepare("job")
        await steps.until_delivered("job")

    assert not _is_said(tmp_path, b'"args"')
    assert not _is_said(tmp_path, b'["long')
    assert _is_said(tmp_path, b"acknowledge")


def draws(steps: list[tuple[str, str]]) -> list[str]:
    """Name the jobs whose drawing is among these steps."""
    return [job_id for step, job_id in steps if step == "draw"]


async def test_what_the_queues_forget_is_overwritten(tmp_path: Path) -> None:
    """Whatever SQLite does by itself: DBOS's own connections are told to."""
    async with launched(tmp_path, Steps()):
        engine = _get_dbos_instance()._sys_db.engine
        with closing(await asyncio.to_thread(engine.raw_connection)) as connection:
            found = connection.driver_connection
            assert isinstance(found, Overwriting)
            assert (1,) == found.execute("PRAGMA secure_delete").fetchone()


async def test_a_worker_holds_so_many_of_a_lane_and_takes_the_first_of_the_rest(
    tmp_path: Path,
) -> None:
    """Lanes do not hold each other up, and in a lane the lower number goes first (fault 18)."""
    steps = Steps(held={"draw"})
    async with launched(tmp_path, steps, num_held=2) as process:
        for number, priority in enumerate((5, 5, 9, 1, 7)):
            turn = Turn(lane=Lane.SHORT, priority=priority)
            await process.jobs.enqueue_render(f"short-{number}", turn)
            if number == 1:
                await steps.until(lambda: len(steps.begun) == 2)
        await process.jobs.enqueue_render("long", Turn(lane=Lane.LONG, priority=9))
        await steps.until(lambda: ("draw", "long") in steps.begun)
        num_begun = len(draws(steps.begun))
        steps.held |= {f"draw short-{number}" for number in range(1, 5)}
        steps.release("draw")
        await steps.until(lambda: len(draws(steps.begun)) > num_begun)
        first = draws(steps.begun)[num_begun]
        steps.release(*(f"draw short-{number}" for number in range(5)))
        await steps.until(lambda: len(draws(steps.done)) == 6)

    assert 3 == num_begun
    assert "short-3" == first


def _is_said(folder: Path, words: bytes) -> bool:
    return any(words in path.read_bytes() for path in folder.rglob("*") if path.is_file())
