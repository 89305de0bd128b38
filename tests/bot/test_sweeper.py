"""What hangs between two databases is set going again, and what broke is told to its person."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.durable import Durable, State
from bot.fairness import Lane
from bot.job import Closing, Ending, Phase
from bot.jobs import Jobs, Turn
from bot.sealing import KEY_BYTES, Sealer
from bot.store import Store
from bot.sweeper import Sweeper, turn_of
from tests.bot.store.samples import CANCELLED, PREPARATION, accept


class Queues(Durable):
    """How the parts of jobs are, as a test says; a part that it does not name is in no queue."""

    def __init__(self) -> None:
        self.parts: dict[str, State] = {}

    async def states(self, workflow_ids: Sequence[str]) -> dict[str, State]:
        """Say how they are."""
        return {one: self.parts.get(one, State.MISSING) for one in workflow_ids}


class Queued(Jobs):
    """Remembers what was put into the queues."""

    def __init__(self) -> None:
        self.queued: list[tuple[str, str]] = []
        self.turns: list[Turn] = []

    async def enqueue_prepare(self, job_id: str, priority: int = 1) -> None:
        """Remember it."""
        self.queued.append(("prepare", job_id))

    async def enqueue_render(self, job_id: str, turn: Turn) -> None:
        """Remember it."""
        self.queued.append(("render", job_id))
        self.turns.append(turn)

    async def enqueue_deliver(self, job_id: str) -> None:
        """Remember it."""
        self.queued.append(("deliver", job_id))


@dataclass(slots=True, kw_only=True)
class Floor:
    """A sweeper over a real store."""

    store: Store
    queues: Queues = field(default_factory=Queues)
    jobs: Queued = field(default_factory=Queued)
    sweeper: Sweeper = field(init=False)

    def __post_init__(self) -> None:
        self.sweeper = Sweeper(store=self.store, durable=self.queues, jobs=self.jobs)

    async def put(self, phase: Phase, job_id: str = "job") -> None:
        """Bring a job into a phase."""
        await accept(self.store, job_id)
        if phase is not Phase.ACCEPTED:
            await self.store.keep_preparation(job_id, PREPARATION)
        if phase is Phase.DRAWING:
            await self.store.claim(job_id, "worker-0")
        if phase is Phase.CONCLUDED:
            await self.store.conclude(job_id, CANCELLED)


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    """A store without jobs."""
    sealer = Sealer(b"k" * KEY_BYTES)
    store = await Store.open(f"sqlite:///{tmp_path}/app.db", sealer=sealer)
    yield Floor(store=store)
    await store.close()


PARTS = {
    Phase.ACCEPTED: ("prepare", "job"),
    Phase.QUEUED: ("render", "job:r1"),
    Phase.DRAWING: ("render", "job:r1"),
    Phase.CONCLUDED: ("deliver", "job:d1"),
}


@pytest.mark.parametrize("phase", PARTS)
async def test_a_job_in_no_queue_is_queued_again(floor: Floor, phase: Phase) -> None:
    """The process died after the row and before the queue's entry (faults 1 and 65)."""
    await floor.put(phase)
    await floor.sweeper.sweep()

    assert [(PARTS[phase][0], "job")] == floor.jobs.queued


@pytest.mark.parametrize("phase", PARTS)
async def test_what_is_under_way_is_left_alone(floor: Floor, phase: Phase) -> None:
    """A job whose part waits in a queue, or runs, needs nobody."""
    await floor.put(phase)
    floor.queues.parts[PARTS[phase][1]] = State.ALIVE
    for _ in range(3):
        await floor.sweeper.sweep()

    assert [] == floor.jobs.queued


@pytest.mark.parametrize("phase", [Phase.ACCEPTED, Phase.QUEUED, Phase.DRAWING])
async def test_a_part_that_broke_is_told_to_its_person(floor: Floor, phase: Phase) -> None:
    """The job fails with an apology, costs nothing, and its answer is brought (fault 63)."""
    await floor.put(phase)
    floor.queues.parts[PARTS[phase][1]] = State.BROKEN
    await floor.sweeper.sweep()

    record = await floor.store.find("job")
    assert record is not None
    assert record.outcome is not None
    assert (Ending.FAILED, Phase.CONCLUDED) == (record.outcome.ending, record.phase)
    assert [("deliver", "job")] == floor.jobs.queued
    assert () == await floor.store.mourn("worker-0")


async def test_an_answer_that_cannot_be_brought_is_held(floor: Floor) -> None:
    """A part that brings answers and broke is not begun again and again."""
    await floor.put(Phase.CONCLUDED)
    floor.queues.parts["job:d1"] = State.BROKEN
    await floor.sweeper.sweep()

    record = await floor.store.find("job")
    assert record is not None
    assert (Phase.CLOSED, Closing.HELD) == (record.phase, record.closing)


async def test_a_part_that_is_done_is_believed_when_it_is_seen_again(floor: Floor) -> None:
    """Between two looks at two databases a job may go on; one that stays behind its part is ended."""
    await floor.put(Phase.QUEUED)
    floor.queues.parts["job:r1"] = State.DONE
    await floor.sweeper.sweep()
    num_queued_at_first = len(floor.jobs.queued)
    await floor.sweeper.sweep()

    assert 0 == num_queued_at_first
    assert [("deliver", "job")] == floor.jobs.queued


async def test_a_part_that_is_done_and_then_goes_on_is_left_alone(floor: Floor) -> None:
    """What was seen once is forgotten when the job is in its next phase."""
    await floor.put(Phase.ACCEPTED)
    floor.queues.parts |= {"job": State.DONE, "job:r1": State.ALIVE}
    await floor.sweeper.sweep()
    await floor.store.keep_preparation("job", PREPARATION)
    await floor.sweeper.sweep()

    assert [] == floor.jobs.queued


async def test_what_is_closed_is_nobody_s_business(floor: Floor) -> None:
    """The answer was brought: the queue may forget its parts."""
    await floor.put(Phase.CONCLUDED)
    await floor.store.close_job("job", Closing.DELIVERED)
    await floor.sweeper.sweep()

    assert [] == floor.jobs.queued


async def test_a_job_is_queued_again_where_it_was(floor: Floor) -> None:
    """Its lane follows from its cost and its turn from its tag, which the row keeps."""
    await floor.put(Phase.QUEUED)
    record = await floor.store.find("job")
    assert record is not None
    await floor.sweeper.sweep()

    assert [turn_of(record)] == floor.jobs.turns
    assert Lane.NORMAL is turn_of(record).lane
