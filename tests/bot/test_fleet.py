"""What the chat role knows of the workers, and whose work it gives to others."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import codec
from bot.fleet import SILENT_S, Fleet, Heart, Pace, WorkerInfo
from bot.job import Phase
from bot.metrics import Metrics
from bot.sealing import KEY_BYTES, Sealer
from bot.store import Store
from tests.bot.store.samples import CANCELLED, accept
from tests.clock import ManualClock
from tests.doubles import FACTS


@dataclass(slots=True, kw_only=True)
class Yard:
    """A fleet over a store; locks and queues are lists."""

    store: Store
    clock: ManualClock
    alive: set[str] = field(default_factory=set)  # whose lock is held
    taken_over: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    error: Exception | None = None
    fleet: Fleet = field(init=False)

    def __post_init__(self) -> None:
        self.fleet = Fleet(
            self.store,
            gone=self._gone,
            take_over=self._take_over,
            metrics=Metrics(),
            clock=self.clock,
        )

    @asynccontextmanager
    async def _gone(self, name: str) -> AsyncIterator[bool]:
        self.held.append(name)
        yield name not in self.alive
        self.held.remove(name)

    async def _take_over(self, name: str) -> None:
        assert name in self.held  # so that no process of this name starts meanwhile
        if self.error is not None:
            raise self.error
        self.taken_over.append(name)

    async def beat(self, name: str, *, pace_s: float | None = None, is_ready: bool = True) -> None:
        """Let a worker speak."""
        info = WorkerInfo(facts=FACTS, seconds_per_unit=pace_s)
        await Heart(self.store, name=name, info=lambda: info if is_ready else None).beat()

    async def claim(self, job_id: str, name: str) -> None:
        """Let a worker take a job."""
        await accept(self.store, job_id)
        await self.store.claim(job_id, name)

    async def phase(self, job_id: str) -> tuple[Phase, int]:
        """Say how far a job is, and how many workers died of it."""
        record = await self.store.find(job_id)
        assert record is not None
        return record.phase, record.num_deaths


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    """A fleet without workers."""
    clock = ManualClock()
    sealer = Sealer(b"k" * KEY_BYTES)
    store = await Store.open(f"sqlite:///{tmp_path}/app.db", sealer=sealer, clock=clock)
    yield Yard(store=store, clock=clock)
    await store.close()


async def test_a_fleet_without_workers_draws_nothing(yard: Yard) -> None:
    """Before anybody spoke nothing is known, and nobody is waited for by pace."""
    await yard.fleet.look()

    assert (False, None) == (yard.fleet.is_ready, yard.fleet.facts)
    assert (None, 1) == (
        yard.fleet.capacity().seconds_per_unit,
        yard.fleet.capacity().num_workers,
    )


async def test_workers_are_as_fast_together_as_their_paces_say(yard: Yard) -> None:
    """A slow one counts by what it gets done, one without a pace only by being there."""
    await yard.beat("worker-0", pace_s=1.0)
    await yard.beat("worker-1", pace_s=3.0)
    await yard.beat("worker-2")
    await yard.fleet.look()

    assert pytest.approx(1.5) == yard.fleet.capacity().seconds_per_unit
    assert 3 == yard.fleet.capacity().num_workers


async def test_a_worker_that_loads_is_there_but_draws_nothing(yard: Yard) -> None:
    """Its model is unknown too, until it was ready once; after that it stays known."""
    await yard.beat("worker-0", is_ready=False)
    await yard.fleet.look()
    assert (False, None) == (yard.fleet.is_ready, yard.fleet.facts)

    await yard.beat("worker-0")
    await yard.fleet.look()
    await yard.beat("worker-0", is_ready=False)
    await yard.fleet.look()
    assert (False, FACTS) == (yard.fleet.is_ready, yard.fleet.facts)


async def test_another_version_s_worker_hides_no_other(yard: Yard) -> None:
    """What cannot be understood is passed over, while machines are updated one by one."""
    await yard.store.beat("worker-0", info='{"wheels": 4}', is_ready=True)
    await yard.beat("worker-1")
    await yard.fleet.look()

    assert yard.fleet.is_ready
    assert 1 == yard.fleet.capacity().num_workers


async def test_silence_alone_takes_no_work_away(yard: Yard) -> None:
    """A worker whose lock is held is slow or paused, not gone (fault 12: paused while others look)."""
    await yard.beat("worker-0")
    await yard.claim("job", "worker-0")
    yard.alive.add("worker-0")
    yard.clock.pass_(SILENT_S + 1)
    await yard.fleet.look()

    assert not yard.fleet.is_ready
    assert ([], (Phase.DRAWING, 0)) == (yard.taken_over, await yard.phase("job"))


async def test_a_worker_that_is_gone_is_taken_over_once(yard: Yard) -> None:
    """Its job waits again and has seen a death; the next look does nothing more."""
    await yard.beat("worker-0")
    await yard.claim("job", "worker-0")
    yard.clock.pass_(SILENT_S + 1)
    await yard.fleet.look()
    await yard.fleet.look()

    assert (["worker-0"], (Phase.QUEUED, 1)) == (yard.taken_over, await yard.phase("job"))


async def test_a_worker_that_comes_back_can_go_again(yard: Yard) -> None:
    """Every time that it was seen since counts anew."""
    for _ in range(2):
        await yard.beat("worker-0")
        yard.clock.pass_(SILENT_S + 1)
        await yard.fleet.look()

    assert ["worker-0"] * 2 == yard.taken_over


async def test_one_that_left_in_good_order_is_not_waited_for(yard: Yard) -> None:
    """Whatever is still in its queues goes to others at once, and nobody died."""
    await yard.beat("worker-0")
    await accept(yard.store, "job")
    heart = Heart(yard.store, name="worker-0", info=lambda: None)
    await heart.start()
    await heart.close()
    await yard.fleet.look()

    assert ["worker-0"] == yard.taken_over
    assert 0 == await yard.store.deaths_since(0.0)


async def test_a_take_over_that_failed_is_tried_again(yard: Yard) -> None:
    """A database that was away for a moment does not leave jobs with a worker that is gone."""
    await yard.beat("worker-0")
    yard.clock.pass_(SILENT_S + 1)
    yard.error = OSError("away")
    with pytest.raises(OSError, match="away"):
        await yard.fleet.look()
    yard.error = None
    await yard.fleet.look()

    assert ["worker-0"] == yard.taken_over


async def test_what_is_settled_stays_settled(yard: Yard) -> None:
    """A job that was cancelled while a worker died of it is not queued again."""
    await yard.beat("worker-0")
    await yard.claim("job", "worker-0")
    await yard.store.conclude("job", CANCELLED)
    yard.clock.pass_(SILENT_S + 1)
    await yard.fleet.look()

    assert Phase.CONCLUDED == (await yard.phase("job"))[0]


async def test_a_worker_speaks_as_long_as_it_lives(yard: Yard) -> None:
    """It speaks when it starts; at its end it says that it leaves."""
    info = WorkerInfo(facts=FACTS, seconds_per_unit=2.0)
    heart = Heart(yard.store, name="worker-0", info=lambda: info)
    await heart.start()
    (alive,) = await yard.store.workers()
    await heart.close()
    (left,) = await yard.store.workers()

    assert info == codec.loads(WorkerInfo, alive.info)
    assert (True, False) == (alive.is_ready, alive.has_left)
    assert (False, True) == (left.is_ready, left.has_left)


def test_a_pace_counts_busy_time_only() -> None:
    """Two jobs that overlap take the time from the first's beginning to the second's end."""
    clock = ManualClock()
    pace = Pace(clock)
    assert pace.seconds_per_unit is None
    pace.begin()
    clock.pass_(2.0)
    pace.begin()
    clock.pass_(2.0)
    pace.end(1.0)
    clock.pass_(2.0)
    pace.end(1.0)
    clock.pass_(100.0)

    assert pytest.approx(3.0) == pace.seconds_per_unit


def test_a_pace_says_nothing_of_work_that_is_not_done() -> None:
    """With many jobs in flight, the first to end does not make all look as slow as all together."""
    clock = ManualClock()
    pace = Pace(clock)
    for _ in range(10):
        pace.begin()
    clock.pass_(4.0)
    pace.end(1.0)
    clock.pass_(36.0)

    assert pytest.approx(4.0) == pace.seconds_per_unit
    for _ in range(9):
        pace.end(1.0)
    assert pytest.approx(4.0) == pace.seconds_per_unit


@given(first_s=st.floats(0.1, 100.0), then_s=st.floats(0.1, 100.0), num_jobs=st.integers(200, 400))
def test_an_old_pace_is_forgotten(first_s: float, then_s: float, num_jobs: int) -> None:
    """After enough work at another pace, that one is told."""
    clock = ManualClock()
    pace = Pace(clock)
    for number in range(60 + num_jobs):
        pace.begin()
        clock.pass_(first_s if number < 60 else then_s)
        pace.end(1.0)

    assert pytest.approx(then_s, rel=1.0, abs=0.2 * max(first_s, then_s)) == pace.seconds_per_unit


@pytest.mark.parametrize("jump_s", [-3600.0, 3600.0], ids=["back", "ahead"])
async def test_a_clock_that_jumps_takes_no_work_away(yard: Yard, jump_s: float) -> None:
    """Whoever lives keeps its jobs and is ready again when it speaks next (fault 17)."""
    yard.clock.pass_(7200.0)
    await yard.beat("worker-0")
    await yard.claim("job", "worker-0")
    yard.alive.add("worker-0")
    yard.clock.pass_(jump_s)
    await yard.fleet.look()
    await yard.beat("worker-0")
    await yard.fleet.look()

    assert yard.fleet.is_ready
    assert ([], (Phase.DRAWING, 0)) == (yard.taken_over, await yard.phase("job"))
