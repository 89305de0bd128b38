"""The engine: the thread that owns the device, and its async face.

The thread turns the loop (`loop.py`) while there is work. The scheduler is also the queue between
both sides: one lock guards it, held for microseconds. Results cross back by
`call_soon_threadsafe` only.

Does not know torch or prompts (`sdxl.py` does), nor users, files or languages.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import structlog

from pipeline.engine.loop import Loop, Outcome, report
from pipeline.engine.options import EngineOptions, ModelOptions
from pipeline.engine.profile import load_or_measure
from pipeline.engine.request import Group, Request, settle
from pipeline.engine.scheduler import Scheduler
from pipeline.engine.ticket import Ticket as Ticket
from pipeline.engine.watch import Watch
from pipeline.errors import Cancelled, EngineFailed, PipelineError, ShuttingDown
from pipeline.types import EngineStats, ModelFacts, RenderProgress, RenderRequest

if TYPE_CHECKING:
    from pipeline.engine.sdxl import Sdxl

log = structlog.get_logger(__name__)


def _open_model(options: ModelOptions) -> "AbstractContextManager[Sdxl]":
    from pipeline.engine.sdxl import (
        open_model,
    )  # torch takes seconds to import: not in the event loop

    return open_model(options)


class Engine:
    """Draws what is submitted. Lives from `start` to `close`, in one event loop."""

    def __init__(
        self,
        options: EngineOptions,
        *,
        open_model: "Callable[[ModelOptions], AbstractContextManager[Sdxl]]" = _open_model,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options, self._open_model, self._clock = options, open_model, clock
        self._watch = Watch(clock=clock)
        self._scheduler = Scheduler(
            max_requests=options.max_requests,
            max_rows_per_tick=options.max_rows_per_tick,
            rows_per_tick=options.rows_per_tick,
            ageing=options.ageing,
            quantum_s=options.quantum_s,
            max_ticks_waiting=options.max_ticks_waiting,
        )
        self._changed = threading.Condition()  # guards the scheduler and is_closing
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        # Event loop only.
        self._tickets: dict[Request, Ticket] = {}
        self._facts: ModelFacts | None = None

    # ---- the async face: everything here runs in the event loop

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Load the model on the engine's thread. Raises ModelNotLoaded, or ShuttingDown after `close`."""
        if self._is_closing:
            raise ShuttingDown
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[ModelFacts] = self._loop.create_future()
        self._started.add_done_callback(lambda started: started.exception())  # may go unread
        self._thread.start()
        self._facts = await asyncio.shield(self._started)

    @property
    def facts(self) -> ModelFacts:
        """Return what is true of the model; known once `start` is through."""
        assert self._facts is not None
        return self._facts

    def submit(self, asked: RenderRequest) -> Ticket:
        """Queue a picture. Raises a RequestRejected, QueueFull or ShuttingDown; never waits."""
        now_s = self._clock()
        request = Request(
            prompt=asked.prompt,
            settings=settle(asked, facts=self.facts),
            submitted_s=now_s,
            person=asked.person,
            priority=asked.priority,
            job_id=asked.job_id,
        )
        with self._changed:
            if self._is_closing:
                raise ShuttingDown
            self._scheduler.add(request)
            forecast = self._scheduler.forecast()[request]
            self._changed.notify()
        ticket = Ticket(report(request, forecast), on_cancel=lambda: self._cancel(request))
        self._tickets[request] = ticket
        return ticket

    def stats(self) -> EngineStats:
        """Say how the engine does; from any thread, at any time."""
        with self._changed:
            return self._scheduler.stats()

    async def close(self, *, limit_s: float = 10.0) -> None:
        """Fail whoever waits with ShuttingDown and end the thread; a second call does nothing."""
        self._end(ShuttingDown())
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join, limit_s)
        if self._thread.is_alive():
            log.error("engine thread does not end", limit_s=limit_s)

    def _cancel(self, request: Request) -> None:
        with self._changed:
            self._scheduler.remove(request)
        self._settle(request, Cancelled())

    def _settle(self, request: Request, outcome: Outcome) -> None:
        if ticket := self._tickets.pop(request, None):
            ticket.settle(outcome)

    def _tell(self, news: Mapping[Request, RenderProgress]) -> None:
        for request, progress in news.items():
            if ticket := self._tickets.get(request):
                ticket.tell(progress)

    def _on_thread_end(self, reason: PipelineError) -> None:
        if not self._started.done():
            self._started.set_exception(reason)
        self._end(reason)

    def _end(self, reason: PipelineError) -> None:
        """Take nothing more, and settle everybody who waits."""
        with self._changed:
            self._is_closing = True
            self._scheduler.remove_all()
            self._changed.notify()
        for request in tuple(self._tickets):
            self._settle(request, reason)

    # ---- the engine's thread

    def _run(self) -> None:
        reason: PipelineError = EngineFailed("the engine's thread broke off")
        try:
            with self._open_model(self._options.model) as model, self._watch as watch:
                if model.max_rows is not None:
                    self._scheduler.cap_rows(model.max_rows)
                loop = Loop(
                    model,
                    self._scheduler,
                    options=self._options,
                    lock=self._changed,
                    clock=self._clock,
                    settle=partial(self._post, self._settle),
                    tell=partial(self._post, self._tell),
                    watch=watch,
                )
                self._measure(model)
                self._post(self._started.set_result, model.facts)
                while self._wait_for_work():
                    loop.tick()
            reason = ShuttingDown()
        except PipelineError as error:  # the model could not be loaded
            reason = error
        finally:
            self._post(self._on_thread_end, reason)

    def _measure(self, model: "Sdxl") -> None:
        """Find out what ticks cost, before anybody waits for one."""
        options, facts = self._options, model.facts
        if not options.is_profiled:
            return
        sizes = {(facts.width_px, facts.height_px), *options.profiled_sizes}
        for width_px, height_px in sorted(sizes):
            group = Group(width_px=width_px, height_px=height_px)
            profile = load_or_measure(
                model,
                group,
                max_rows=self._scheduler.max_rows,
                clock=self._clock,
                folder=Path(options.profile_dir) if options.profile_dir else None,
            )
            self._scheduler.pace.learn(group, tick_s=profile.tick_s, decode_s=profile.decode_s)

    def _wait_for_work(self) -> bool:
        """Sleep while there is nothing to draw; False when the engine closes."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_closing or len(self._scheduler))
            return not self._is_closing

    def _post(self, callback: Callable[..., None], *arguments: Any) -> None:
        """Have the event loop call something; a closed loop awaits nothing any more."""
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            log.info("event loop closed before the engine")
