"""The workers as the chat role knows them: who is there, what they draw with, how fast they are.

A worker writes a line about itself every few seconds. One that has been silent for half a minute and
whose lock can be taken is gone: its jobs go back into the queue. One that left in good order is not
waited for. Nothing is decided by silence alone, so a machine that is merely slow keeps its work.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import structlog

from bot import codec
from bot.fairness import Capacity
from bot.metrics import Metrics
from bot.store import Store, Worker
from pipeline import ModelFacts

log = structlog.get_logger()

BEAT_S = 3.0
SILENT_S = 30.0
_LOOK_S = 2.0
_MEMORY_UNITS = 30.0  # of work, after which an older pace counts half


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerInfo:
    """What a worker says about itself."""

    facts: ModelFacts
    seconds_per_unit: (
        float | None
    )  # of an ordinary picture, while it is busy; None before the first


class Pace:
    """How long a worker takes for an ordinary picture, whatever it draws at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._busy_s, self._units = 0.0, 0.0
        self._told_s = 0.0  # the busy time up to the last end: what comes of the rest is not known
        self._num_running, self._since_s = 0, 0.0

    @property
    def seconds_per_unit(self) -> float | None:
        """Return the busy time over the work that was done in it; None before the first job."""
        return self._told_s / self._units if self._units else None

    def begin(self) -> None:
        """Count one more job that is drawn."""
        self._book()
        self._num_running += 1

    def end(self, units: float) -> None:
        """Count one less, and its work; 0 where it was not finished."""
        self._book()
        self._num_running -= 1
        self._units += units
        if self._units > 2 * _MEMORY_UNITS:
            self._units, self._busy_s = self._units / 2, self._busy_s / 2
        self._told_s = self._busy_s

    def _book(self) -> None:
        now_s = self._clock()
        if self._num_running:
            self._busy_s += now_s - self._since_s
        self._since_s = now_s


class Heart:
    """Says now and then that a worker is there; lives as long as the worker."""

    def __init__(self, store: Store, *, name: str, info: Callable[[], WorkerInfo | None]) -> None:
        self._store, self._name, self._info = store, name, info
        self._beating: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Say it at once, and from then on."""
        await self.beat()
        self._beating = asyncio.create_task(self._beat_on())

    async def close(self) -> None:
        """Say that the worker leaves in good order."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
        await self._store.leave(self._name)

    async def beat(self) -> None:
        """Write the line; a worker without a model is there, but not ready."""
        info = self._info()
        text = codec.dumps(info) if info else ""
        await self._store.beat(self._name, info=text, is_ready=info is not None)

    async def _beat_on(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            try:
                await self.beat()
            except Exception:  # the next one may get through
                log.exception("worker cannot say that it is there", worker=self._name)


class Fleet:
    """What the chat role knows of all workers; lives as long as it."""

    def __init__(
        self,
        store: Store,
        *,
        gone: Callable[[str], AbstractAsyncContextManager[bool]],
        take_over: Callable[[str], Awaitable[None]],
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._gone, self._take_over, self._clock = store, gone, take_over, clock
        self._metrics = metrics
        self._ready: tuple[WorkerInfo, ...] = ()
        self._last_facts: ModelFacts | None = None
        self._taken_over: dict[str, float] = {}  # name → when it was last seen
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look at once, and from then on."""
        await self.look()
        self._looking = asyncio.create_task(self._look_on())

    async def close(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    @property
    def is_ready(self) -> bool:
        """Whether somebody draws now."""
        return bool(self._ready)

    @property
    def facts(self) -> ModelFacts | None:
        """Return what is true of the workers' model, once one was ready."""
        return self._last_facts

    def capacity(self) -> Capacity:
        """Say how fast the workers are together."""
        paces = [one.seconds_per_unit for one in self._ready if one.seconds_per_unit is not None]
        seconds_per_unit = len(paces) / sum(1 / pace for pace in paces) if paces else None
        return Capacity(seconds_per_unit=seconds_per_unit, num_workers=max(1, len(self._ready)))

    async def look(self) -> None:
        """Read what the workers wrote, and take over for those that are gone."""
        ready: list[WorkerInfo] = []
        for worker in await self._store.workers():
            is_silent = self._clock() - worker.seen_s > SILENT_S
            if (info := _info_of(worker)) is not None:
                self._last_facts = info.facts
                if worker.is_ready and not worker.has_left and not is_silent:
                    ready.append(info)
            if worker.has_left or is_silent:
                await self._consider(worker)
        self._ready = tuple(ready)
        self._metrics.workers(len(ready))

    async def take_over(self, name: str) -> bool:
        """Give the jobs of a process back to the queue if it is surely gone; False where it is not."""
        async with self._gone(name) as is_gone:
            if is_gone:
                for job_id in await self._store.mourn(name):
                    log.warning("worker is gone, its job goes back", job_id=job_id, worker=name)
                await self._take_over(name)
            return is_gone

    async def _consider(self, worker: Worker) -> None:
        """Take over for a worker that is gone, and only once."""
        if self._taken_over.get(worker.name) != worker.seen_s and await self.take_over(worker.name):
            self._taken_over[worker.name] = worker.seen_s

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                await self.look()
            except Exception:  # the store is asked again soon
                log.exception("workers cannot be read")


def _info_of(worker: Worker) -> WorkerInfo | None:
    """Read what a worker says; None before it can draw, or where another version says it."""
    try:
        return codec.loads(WorkerInfo, worker.info) if worker.info else None
    except codec.CodecError:
        log.debug("worker not understood", worker=worker.name)
        return None
