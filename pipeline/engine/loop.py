"""One pass of the engine's loop: plan, run, book, deliver.

The scheduler says who takes part, one UNet call makes their next step, at most one finished
picture is decoded, the news go out. A tick that fails is taken back, and whoever was in it takes
it again alone: the guilty one fails there, and the others never notice. Where the memory ran out,
fewer share the next ticks, or whoever was alone tries once more with all that can be freed.

Does not know threads or event loops beyond the lock that guards the scheduler, nor prompts
(`sdxl.py` does). Runs on the engine's thread only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import structlog

from pipeline.engine.options import EngineOptions
from pipeline.engine.request import Group, Request
from pipeline.engine.scheduler import Forecast, Scheduler
from pipeline.engine.watch import Watch, die
from pipeline.errors import DeviceLost, EngineFailed, OutOfGpuMemory, PipelineError
from pipeline.types import ModelFacts, Pixels, Rendered, RenderProgress

if TYPE_CHECKING:
    from pipeline.engine.sdxl import Sdxl

log = structlog.get_logger(__name__)

Outcome = Rendered | PipelineError
_NOTHING: Mapping[Request, Callable[[], None]] = {}


class Loop:
    """The work of the engine's thread, one pass at a time."""

    def __init__(
        self,
        model: "Sdxl",
        scheduler: Scheduler,
        *,
        options: EngineOptions,
        lock: AbstractContextManager[object],  # held whenever the scheduler is asked
        clock: Callable[[], float],
        settle: Callable[[Request, Outcome], None],  # hears the one outcome of every request
        tell: Callable[[Mapping[Request, RenderProgress]], None],
        watch: Watch,
    ) -> None:
        self._model, self._scheduler, self._options = model, scheduler, options
        self._lock, self._clock = lock, clock
        self._settle, self._tell = settle, tell
        self._watch = watch
        self._short: tuple[Request, ...] = ()  # whose memory ran out just now
        self._was_short: set[Request] = set()  # who had its second chance
        self._tell_s = 0.0  # when the next news are due

    def tick(self) -> None:
        """Plan, run, book, deliver."""
        began_s = self._clock()
        with self._lock:
            picked = self._scheduler.pick()
        self._draw(self._enter(picked))
        self._relieve()
        with self._lock:
            drawn = self._scheduler.pick_decode()
        if drawn is not None:
            self._decode(drawn)
            self._relieve()
        self._send_news()
        with self._lock:
            self._scheduler.pace.book_pass(seconds=self._clock() - began_s)

    def _enter(self, picked: Sequence[Request]) -> list[Request]:
        """Prepare those that are picked for the first time; return those that are ready."""
        for request in picked:
            if request.drawing is None:
                began_s = self._clock()
                with self._blame(request), self._watch.over("enter", like=request.group):
                    self._model.enter(request)
                    request.started_s = self._clock()
                    with self._lock:
                        self._scheduler.pace.book_enter(seconds=request.started_s - began_s)
        return [request for request in picked if request.drawing is not None]

    def _draw(self, requests: Sequence[Request]) -> None:
        """Take every request one step further, by one UNet call for all."""
        if not requests:
            return
        group, rows = requests[0].group, {one: one.num_rows for one in requests}
        undo = {one: self._model.keep(one) for one in requests} if len(requests) > 1 else {}
        watched = self._watch.over("tick", like=(group, sum(rows.values())))
        with self._blame(*requests, undo=undo), watched:
            self._switch(group)
            began_s = self._clock()
            predictions = self._model.predict(requests)
            for request, prediction in zip(requests, predictions, strict=True):
                with self._blame(request, undo=undo):
                    self._model.step(request, prediction)
                    request.is_suspect = False
            self._model.wait()
            with self._lock:
                self._scheduler.book_tick(rows, seconds=self._clock() - began_s)
        for request in requests:
            if self._wants_preview(request):
                with self._blame(request):
                    request.shot = self._model.preview(request)
                    request.preview_index, request.preview_s = request.index, self._clock()

    def _switch(self, group: Group) -> None:
        """Bring in a group's weights, where others are in."""
        began_s = self._clock()
        if self._model.use(group.weights):
            self._model.wait()
            with self._lock:
                self._scheduler.book_switch(group, seconds=self._clock() - began_s)

    def _decode(self, request: Request) -> None:
        """Turn a drawn request into its picture and hand it over."""
        began_s = self._clock()
        with self._blame(request):
            with self._watch.over("decode", like=request.group):
                pixels = self._model.decode(request)
            now_s = self._clock()
            with self._lock:
                self._scheduler.book_decode(request, seconds=now_s - began_s)
            self._finish(request, _rendered(request, pixels, model=self._model.facts, now_s=now_s))

    def _send_news(self) -> None:
        """Send the news of all requests together, but not after every short tick."""
        now_s = self._clock()
        if now_s < self._tell_s:
            return
        with self._lock:
            forecasts = self._scheduler.forecast()
        for one in forecasts:
            one.develop()
        self._tell({one: report(one, forecasts[one]) for one in forecasts})
        cost_s = self._clock() - now_s
        self._tell_s = now_s + max(
            self._options.progress_interval_s, cost_s / self._options.news_share
        )

    def _wants_preview(self, request: Request) -> bool:
        """Say whether a request that goes on has had no preview for long enough."""
        return (
            request.drawing is not None
            and request.steps_left > 0
            and request.index - request.preview_index >= self._options.preview_steps
            and self._clock() - request.preview_s >= self._options.preview_interval_s
        )

    @contextmanager
    def _blame(
        self, *requests: Request, undo: Mapping[Request, Callable[[], None]] = _NOTHING
    ) -> Iterator[None]:
        """Keep the thread alive: what goes wrong inside fails the request, and nobody else.

        `undo` is given where several share a tick, for then nobody knows whose fault it is: they
        go back to before it and take it again, each alone, and the guilty one fails there.
        """
        try:
            yield
        except Exception as error:
            log.exception("tick failed", job_ids=[request.job_id for request in requests])
            if isinstance(error, DeviceLost):
                die(str(error))  # it does not come back in this process
            is_short = isinstance(error, OutOfGpuMemory) and requests[0] not in self._was_short
            if is_short:
                self._short = requests
            if undo:
                for request in requests:
                    undo[request]()
                    request.is_suspect = not is_short
            elif not is_short:
                if not isinstance(error, PipelineError):
                    error = EngineFailed(type(error).__name__)
                self._finish(requests[0], error)

    def _relieve(self) -> None:
        """Make room for whoever ran out of it, now that no exception holds tensors any more."""
        short, self._short = self._short, ()
        if not short:
            return
        if is_alone := len(short) == 1:
            self._was_short.add(short[0])
        else:
            num_rows = sum(request.num_rows for request in short) // 2
            with self._lock:
                self._scheduler.limit_rows(short[0].group, num_rows=num_rows)
            log.warning("fewer rows share a tick from now on", num_rows=num_rows)
        self._model.relieve(tile=is_alone)

    def _finish(self, request: Request, outcome: Rendered | PipelineError) -> None:
        """Let a request go; whoever was cancelled meanwhile has had its outcome."""
        with self._lock:
            is_awaited = self._scheduler.remove(request)
            request.drawing = None
        self._was_short.discard(request)
        if is_awaited:
            self._settle(request, outcome)


def report(request: Request, forecast: Forecast) -> RenderProgress:
    """Say how far a request is and what it may expect."""
    return RenderProgress(
        phase=request.phase,
        place=forecast.place,
        step=request.index,
        num_steps=request.num_steps,
        eta_s=forecast.eta_s,
        preview=request.preview,
    )


def _rendered(request: Request, pixels: Pixels, *, model: ModelFacts, now_s: float) -> Rendered:
    assert request.started_s is not None
    return Rendered(
        pixels=pixels,
        seed=request.settings.seed,
        num_steps=request.settings.num_steps,
        guidance_scale=request.settings.guidance_scale,
        sampler=request.settings.sampler,
        model=model.name,
        wait_s=request.started_s - request.submitted_s,
        render_s=now_s - request.started_s,
    )
