"""What nobody else sees: jobs that hang between their row and their queue, and parts that broke.

Looks at every job that is not closed. One whose part is not in the queue is queued again (the process
died between the two commits); one whose part broke is settled, so that its person hears of it; an
answer that cannot even be brought is held. Queueing a part again is harmless, for its id is the same:
the one that accepts a job may be about to do it.
A part that is done although its job does not look so is believed only when it is seen again.
"""

import asyncio
from contextlib import suppress

import structlog

from bot.durable import Durable, State
from bot.failures import record_of
from bot.fairness import Tags, lane_of, priority_of
from bot.job import Closing, Ending, Outcome, Phase, Record
from bot.jobs import Jobs, Turn, deliver_id, render_id
from bot.store import Store
from pipeline import EngineFailed

log = structlog.get_logger()

_INTERVAL_S = 20.0


class Sweeper:
    """Sweeps now and then; lives as long as the chat role."""

    def __init__(self, *, store: Store, durable: Durable, jobs: Jobs) -> None:
        self._store, self._durable, self._jobs = store, durable, jobs
        self._done: frozenset[str] = frozenset()
        self._sweeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Sweep at once, and from then on."""
        await self.sweep()
        self._sweeping = asyncio.create_task(self._sweep_on())

    async def close(self) -> None:
        """Stop sweeping."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            await asyncio.gather(self._sweeping, return_exceptions=True)

    async def sweep(self) -> None:
        """Look at every job that is not closed."""
        parts = {
            _part_of(job_id, phase): (job_id, phase)
            for job_id, phase, _ in await self._store.unclosed()
        }
        states = await self._durable.states(tuple(parts))
        done: set[str] = set()
        for part, (job_id, phase) in parts.items():
            if states[part] is State.MISSING:
                await self._queue_again(job_id, phase)
            elif states[part] is State.BROKEN or part in self._done:
                await self._settle(job_id, phase)
            elif states[part] is State.DONE:
                done.add(part)
        self._done = frozenset(done)

    async def _settle(self, job_id: str, phase: Phase) -> None:
        """End a job whose part broke; the log says why already."""
        log.error("part of a job broke", job_id=job_id, phase=str(phase))
        if phase is Phase.CONCLUDED:
            await self._store.close_job(job_id, Closing.HELD)
            return
        failure = record_of(EngineFailed("a part of the job broke"))
        with suppress(KeyError):  # erased meanwhile
            await self._store.conclude(job_id, Outcome(ending=Ending.FAILED, failure=failure))
        await self._store.let_go(job_id)
        await self._jobs.enqueue_deliver(job_id)

    async def _queue_again(self, job_id: str, phase: Phase) -> None:
        log.info("job was in no queue", job_id=job_id, phase=str(phase))
        if phase is Phase.ACCEPTED:
            await self._jobs.enqueue_prepare(job_id)
        elif phase is Phase.CONCLUDED:
            await self._jobs.enqueue_deliver(job_id)
        elif (record := await self._store.find(job_id)) is not None:
            await self._jobs.enqueue_render(job_id, turn_of(record))

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_S)
            try:
                await self.sweep()
            except Exception:  # the databases are asked again soon
                log.exception("sweeping failed")


def turn_of(record: Record) -> Turn:
    """Say where a job waits for a worker."""
    tags = Tags(start=record.start, finish=record.start + record.cost)
    return Turn(lane=lane_of(record.cost), priority=priority_of(tags))


def _part_of(job_id: str, phase: Phase) -> str:
    """Name the workflow that a job in this phase is in."""
    if phase is Phase.ACCEPTED:
        return job_id
    return deliver_id(job_id) if phase is Phase.CONCLUDED else render_id(job_id)
