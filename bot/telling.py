"""What a worker says of the jobs that it draws: now and then, all of them in one commit.

On the same occasion it learns which of them nobody wants any more, because they are settled or
erased, and stops them. Lives in the event loop. Nothing here must happen: what cannot be told now is
told the next time.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.job import Progress
from bot.store import Store
from pipeline import Pixels, RenderProgress, SourceType, enlarged, preview_png

log = structlog.get_logger()

_INTERVAL_S = 0.3
_LOOK_PX = 256  # chat platforms show a small picture as small as it is


class Drawn(Protocol):
    """What is told of: `Drawing`, or a double."""

    @property
    def source_type(self) -> SourceType:
        """Say what the pictures are made from, and so their previews."""
        ...

    def progress(self) -> AsyncGenerator[RenderProgress]:
        """Give the news until there is an outcome."""
        ...

    async def may_be_looked_at(self, preview: Pixels) -> bool:
        """Whether a preview may be shown."""
        ...

    def cancel(self) -> None:
        """Stop soon."""
        ...


@dataclass(slots=True)
class Running:
    """A job that the engine has, and the newest of what it said."""

    drawing: Drawn
    news: RenderProgress | None = None
    told: RenderProgress | None = None
    preview: Pixels | None = None  # as the engine gave it
    look: Pixels | None = None  # as people see it
    num_previews: int = 0
    is_hidden: bool = False  # a preview was not to be shown, so none is any more


class Telling:
    """Tells of what runs, from `start` to `close`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: dict[str, Running] = {}
        self._telling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to tell."""
        self._telling = asyncio.create_task(self._tell_on())

    async def close(self) -> None:
        """Stop telling."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)

    @contextmanager
    def of(self, job_id: str, drawing: Drawn) -> Iterator[Running]:
        """Tell of a job inside; whoever follows it sets the news."""
        running = self._running[job_id] = Running(drawing)
        try:
            yield running
        finally:
            if self._running.get(job_id) is running:
                del self._running[job_id]

    async def tell(self) -> None:
        """Write down what is new of all running jobs, and stop those that nobody wants any more."""
        news: dict[str, tuple[Progress, bytes | None]] = {}
        for job_id, running in tuple(self._running.items()):
            if running.news is not None and running.news is not running.told:
                running.told = running.news
                news[job_id] = await _progress(running, running.news)
        if news:
            await self._store.tell(news)
        asked = dict(self._running)
        if not asked:
            return
        for job_id in asked.keys() - await self._store.wanted(tuple(asked)):
            asked[job_id].drawing.cancel()

    async def _tell_on(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_S)
            try:
                await self.tell()
            except Exception:  # the store is asked again soon
                log.exception("progress cannot be told")


async def _may_be_looked_at(running: Running, preview: Pixels) -> bool:
    """Whether a preview may be shown; after one that may not, no later one of its job is."""
    if not running.is_hidden:
        running.is_hidden = not await running.drawing.may_be_looked_at(preview)
    return not running.is_hidden


async def _progress(running: Running, news: RenderProgress) -> tuple[Progress, bytes | None]:
    """Give what is told of a job, with its newest look as marked PNG where it has a new one."""
    png = None
    if news.preview is not None and news.preview is not running.preview:
        running.preview = news.preview
        if await _may_be_looked_at(running, news.preview):
            running.num_previews += 1
            running.look = await asyncio.to_thread(enlarged, news.preview, least_px=_LOOK_PX)
            source_type = running.drawing.source_type
            png = await asyncio.to_thread(preview_png, running.look, source_type=source_type)
    look = running.look
    progress = Progress(
        phase=news.phase,
        place=news.place,
        step=news.step,
        num_steps=news.num_steps,
        eta_s=news.eta_s,
        preview=running.num_previews,
        preview_width_px=look.width_px if look else 0,
        preview_height_px=look.height_px if look else 0,
    )
    return progress, png
