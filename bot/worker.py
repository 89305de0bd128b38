"""The worker's part of a job: it is drawn, marked, kept in the files, and settled.

A job that is in flight here is committed as such before the engine sees it. A worker that dies
leaves it so, and its next start (or whoever takes over) counts a death: a job that saw one is drawn
alone, so that it cannot take others along, and one that saw too many is put aside.

Knows no queue: a durable workflow calls `draw`, which may be called again at any time.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress

import structlog

from bot.drawing import DrawingResult, Renderer, begin
from bot.failpoints import pass_
from bot.failures import record_of
from bot.files import Files
from bot.fleet import Pace
from bot.job import (
    Ending,
    Job,
    NoRoomForPicture,
    Outcome,
    Picture,
    PutAside,
    Record,
    photo_key,
    picture_key,
)
from bot.marking import Marking
from bot.metrics import Metrics
from bot.redraw import PhotoForgotten
from bot.scrutiny import Scrutiny
from bot.settings import DrawSection
from bot.store import Store, StoreError, StoreUnavailable
from bot.telling import Telling
from bot.turn import Turn
from bot.wish import can_enlarge
from pipeline import (
    Cancelled,
    EngineFailed,
    PipelineError,
    Preparation,
    ShuttingDown,
    errors,
)

log = structlog.get_logger()

_ENGINE_GONE = 70  # as the engine itself ends a process
_AGAIN_S = 1.0  # after the database was away
_PHOTO_USELESS = {
    kind.__name__ for kind in (errors.PhotoTooLarge, errors.PhotoUnreadable, errors.PictureUnsafe)
}


class Worker:
    """Draws jobs on one engine; lives from `start` to `close`, in the engine's event loop."""

    def __init__(
        self,
        *,
        name: str,
        store: Store,
        files: Files,
        engine: Renderer,
        ready: Callable[[], Awaitable[None]],
        scrutiny_of: Callable[[Job, Preparation], Scrutiny],
        marking: Marking,
        draw: DrawSection,
        max_deaths: int,
        pace: Pace,
        metrics: Metrics,
        leave: Callable[[int], object] = os._exit,
    ) -> None:
        self.name, self._leave = name, leave
        self._store, self._files, self._engine = store, files, engine
        self._ready, self._draw, self._max_deaths = ready, draw, max_deaths
        self._scrutiny_of, self._marking = scrutiny_of, marking
        self._pace, self._metrics = pace, metrics
        self._in_hand: set[str] = set()  # jobs that the store may have as in flight here
        self._let_one_go = asyncio.Event()
        self._turn = Turn()
        self._telling = Telling(store)

    async def start(self) -> None:
        """Count the deaths that an earlier process of this name left, and begin to tell."""
        for job_id in await self._store.mourn(self.name):
            log.warning("worker died while drawing", job_id=job_id, worker=self.name)
        self._telling.start()

    async def stop(self, *, limit_s: float) -> None:
        """Begin nothing any more, and give what runs so long to come to its end."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._turn.close()
                while self._in_hand:  # what is drawn is being settled
                    self._let_one_go.clear()
                    await self._let_one_go.wait()

    async def close(self) -> None:
        """Stop telling, and say that nobody has what still is in hand: it did not kill anybody.

        Nothing may draw any more.
        """
        await self._telling.close()
        for job_id in tuple(self._in_hand):
            try:
                await self._let_go(job_id)
            except StoreError:
                log.exception("job not let go", job_id=job_id)

    async def draw(self, job_id: str) -> None:
        """Draw a job and settle how it ends; one that is settled or erased is left alone.

        Never returns while the program is ending: the next start takes the job up again. Ends the
        process where the engine is gone, though nobody asked it to end.
        """
        await self._ready()
        record = await self._store.find(job_id)
        if record is None or record.preparation is None or record.outcome is not None:
            return
        try:
            outcome = await self._outcome(record)
        except ShuttingDown:
            await self._let_go(job_id)
            if not self._turn.is_closed:
                log.critical("engine ended by itself", exit_code=_ENGINE_GONE)
                self._leave(_ENGINE_GONE)
            await asyncio.Event().wait()  # the queue keeps the job for whoever comes next
            raise
        if outcome.failure is not None and outcome.failure.kind in _PHOTO_USELESS:
            await self._forget_photo(job_id)
        pass_("after_file_before_conclude")
        settled = await self._conclude(job_id, outcome)
        await self._let_go(job_id)
        if settled is not None:
            self._metrics.concluded(settled)
        # Cancelled in the last moment, or erased. Another worker's pictures have the same names.
        kept = {picture.key for picture in settled.pictures} if settled else set()
        surplus = [one.key for one in outcome.pictures if one.key not in kept]
        if surplus:
            await self._files.remove(surplus)

    async def _forget_photo(self, job_id: str) -> None:
        """Remove the photo of a job: it cannot be read, or may be what was not to be shown.

        Before it is settled how the job ends: whenever the program dies, the photo lies nowhere or the
        job is taken up again. One that cannot be removed keeps nobody from their answer.
        """
        try:
            await self._files.remove([photo_key(job_id)])
        except OSError:
            log.exception("useless photo not removed", job_id=job_id)

    async def _conclude(self, job_id: str, outcome: Outcome) -> Outcome | None:
        """Settle how a job ends; None of one that its person had erased meanwhile.

        A database that is away is waited for: what was drawn is not drawn again.
        """
        while True:
            try:
                return await self._store.conclude(job_id, outcome)
            except KeyError:
                return None
            except StoreUnavailable as error:
                log.warning("outcome cannot be written down", reason=error.reason)
                await asyncio.sleep(_AGAIN_S)

    async def _let_go(self, job_id: str) -> None:
        if job_id in self._in_hand:
            await self._store.let_go(job_id)
            self._in_hand.discard(job_id)
            self._let_one_go.set()

    async def _outcome(self, record: Record) -> Outcome:
        if record.num_deaths >= self._max_deaths:
            log.error("job put aside", num_deaths=record.num_deaths)
            return _failed(PutAside())
        try:
            async with self._turn.take(is_alone=record.num_deaths > 0):
                self._in_hand.add(record.job.id)
                if await self._store.claim(record.job.id, self.name) is None:
                    return Outcome(ending=Ending.CANCELLED)  # settled while it waited for its turn
                pass_("after_claim_before_draw")
                drawn = await self._at_pace(record)
                pass_("after_draw_before_file")
                return await self._keep(record.job, drawn)
        except (ShuttingDown, StoreUnavailable):
            raise
        except Cancelled:
            return Outcome(ending=Ending.CANCELLED)
        except PipelineError as error:
            if isinstance(error, EngineFailed):
                log.exception("job failed")
            return _failed(error)
        except OSError:
            log.exception("picture cannot be written")
            return _failed(NoRoomForPicture())
        except Exception as error:  # one job's trouble must not be the queue's
            log.exception("job failed")
            return _failed(error)

    async def _at_pace(self, record: Record) -> DrawingResult:
        """Draw a job, and learn how long such work takes."""
        self._pace.begin()
        units = 0.0
        try:
            drawn = await self._drawn(record)
            units = record.cost
        finally:
            self._pace.end(units)
        return drawn

    async def _drawn(self, record: Record) -> DrawingResult:
        job = record.job
        assert record.preparation is not None
        photo = await self._files.read(photo_key(job.id)) if job.has_photo else None
        if job.has_photo and photo is None:
            raise PhotoForgotten  # over nothing it would be another picture
        drawing = await begin(
            self._engine,
            job.command,
            record.preparation,
            photo=photo,
            seed=job.seed,
            draw=self._draw,
            scrutiny=self._scrutiny_of(job, record.preparation),
            marking=self._marking,
            job_id=job.id,
            person=f"{job.person.platform}:{job.person.id}",
        )
        try:
            with self._telling.of(job.id, drawing) as running:
                async with aclosing(drawing.progress()) as told:
                    async for running.news in told:
                        pass
            return await drawing.finished()
        finally:
            drawing.cancel()

    async def _keep(self, job: Job, drawn: DrawingResult) -> Outcome:
        """Write the pictures under names of their own, so that a second run overwrites them.

        Writes all or leaves none. Raises OSError.
        """
        try:
            return await self._written(job, drawn)
        except OSError:
            numbers = range(1, len(drawn.pictures) + 1)
            await self._files.remove([picture_key(job.id, number) for number in numbers])
            raise

    async def _written(self, job: Job, drawn: DrawingResult) -> Outcome:
        pictures: list[Picture] = []
        for number, one in enumerate(drawn.pictures, start=1):
            key = picture_key(job.id, number)
            pictures.append(
                Picture(
                    key=key,
                    sha256=await self._files.write(key, one.png),
                    receipt=one.receipt,
                    width_px=one.width_px,
                    height_px=one.height_px,
                    timings_ms=one.timings_ms,
                    is_spoiler=one.is_spoiler,
                )
            )
        return Outcome(
            ending=Ending.DRAWN,
            pictures=tuple(pictures),
            num_missing=job.command.num_pictures - len(pictures),
            can_enlarge=can_enlarge(pictures[0].receipt, self._engine.facts),
            has_blocked_minors=drawn.has_blocked_minors,
        )


def _failed(error: Exception) -> Outcome:
    return Outcome(ending=Ending.FAILED, failure=record_of(error))
