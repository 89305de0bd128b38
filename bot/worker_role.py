"""The worker role: the engine, and what draws jobs on it; how it starts and how it ends.

What it knows of the chat lies in the store and in the queues, also where both are one process.
"""

import asyncio
from functools import partial

from bot.breaker import cool_down
from bot.files import Files
from bot.fleet import Heart, Pace, WorkerInfo
from bot.marking import Marking
from bot.metrics import Metrics
from bot.parts import make_engine, make_picture_gate
from bot.scrutiny import scrutiny_of
from bot.settings import Settings
from bot.store import Store
from bot.worker import Worker
from pipeline import RuleGate

_ENGINE_ENDS_S = 3.0


class WorkerRole:
    """The engine, and what draws jobs on it."""

    def __init__(
        self,
        settings: Settings,
        *,
        name: str,
        store: Store,
        files: Files,
        metrics: Metrics,
        marking: Marking,
    ) -> None:
        self._store, self._pace, self._metrics = store, Pace(), metrics
        self._max_deaths = settings.queue.max_worker_deaths
        self.engine = make_engine(settings)
        self._gate = make_picture_gate(settings)
        self._is_ready = asyncio.Event()
        self.worker = Worker(
            name=name,
            store=store,
            files=files,
            engine=self.engine,
            ready=self._ready,
            scrutiny_of=partial(
                scrutiny_of,
                gate=self._gate,
                words=RuleGate(),
                has_adults=settings.safety.adults,
            ),
            marking=marking,
            draw=settings.draw,
            max_deaths=self._max_deaths,
            pace=self._pace,
            metrics=metrics,
        )
        self._heart = Heart(store, name=name, info=self._info)

    async def start(self) -> None:
        """Count what an earlier process of this name left."""
        await self.worker.start()
        await self._heart.start()

    async def load(self) -> None:
        """Load the model; from then on jobs are drawn. Raises ModelNotLoaded or ClassifierNotLoaded.

        Waits before, where workers died too often: one death more than a job may cost.
        """
        await cool_down(self._store, max_deaths=self._max_deaths + 1)
        await self._gate.start()
        await self.engine.start()
        self._metrics.watch_engine(self.engine.stats)
        self._is_ready.set()
        await self._heart.beat()

    async def stop(self, *, limit_s: float) -> None:
        """Begin nothing new and finish what can be in time; the rest is taken up by whoever comes next."""
        await self.worker.stop(limit_s=limit_s)
        await self.engine.close(limit_s=_ENGINE_ENDS_S)

    async def close(self) -> None:
        """Say goodbye."""
        await self.worker.close()
        self._gate.close()
        await self._heart.close()

    async def _ready(self) -> None:
        await self._is_ready.wait()

    def _info(self) -> WorkerInfo | None:
        if not self._is_ready.is_set():
            return None
        return WorkerInfo(facts=self.engine.facts, seconds_per_unit=self._pace.seconds_per_unit)
