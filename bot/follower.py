"""What a person sees of a job before it ends: its place, its steps, a preview that sharpens.

One look at the store now and then for all jobs; a card is edited when it would show something else and
its platform may be asked again. Nothing here must happen: an edit that fails is left out, and the
answer itself (`delivery.py`) waits for no edit but the one that is on its way.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from bot import cards
from bot.adapters.port import (
    Card,
    ChatPort,
    MessageGone,
    MessageRef,
    PlaceGone,
    PlatformDown,
    PortClosed,
    PortError,
)
from bot.fairness import Capacity, Standing, standings
from bot.job import Phase, Progress, Record
from bot.metrics import Metrics
from bot.store import Live, Store, StoreError

log = structlog.get_logger()

_LOOK_INTERVAL_S = 0.25
_PAUSE_S = 30.0  # of a platform that is down: what its answers need is not spent on progress


@dataclass(slots=True)
class _Followed:
    """One job whose card is kept up to date."""

    is_resumed: bool
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)  # one edit of a card at a time
    record: Record | None = None  # as it was in the phase below
    phase: Phase | None = None
    shown: Card | None = None
    preview: tuple[int, bytes] | None = None
    edited_s: float | None = None
    is_over: bool = False


class Follower:
    """Keeps the cards of live jobs up to date; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        port_of: Callable[[str], ChatPort | None],
        unlearned: Callable[[Record], tuple[str, ...]],
        is_ready: Callable[[], bool],
        capacity: Callable[[], Capacity],
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._port_of, self._unlearned = store, port_of, unlearned
        self._is_ready, self._capacity, self._clock = is_ready, capacity, clock
        self._metrics = metrics
        self._followed: dict[str, _Followed] = {}
        self._edits: set[asyncio.Task[None]] = set()
        self._paused_until_s: dict[str, float] = {}  # by platform
        self._looking: asyncio.Task[None] | None = None
        self.num_live = 0  # jobs without an ending, at the last look

    async def start(self) -> None:
        """Take up the jobs that an earlier process left; their cards say so."""
        for row in await self._store.live():
            self._followed[row.id] = _Followed(is_resumed=True)
        self._looking = asyncio.create_task(self._look_now_and_then())

    async def close(self) -> None:
        """Stop looking."""
        tasks = [*self._edits, *([self._looking] if self._looking else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @asynccontextmanager
    async def hold(self, job_id: str) -> AsyncIterator[None]:
        """Keep edits of progress from a card for good: what is shown inside is the ending."""
        followed = self._followed.setdefault(job_id, _Followed(is_resumed=False))
        followed.is_over = True
        async with followed.lock:
            yield

    async def _look_now_and_then(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # the store is asked again soon
                log.exception("progress cannot be read")
            await asyncio.sleep(_LOOK_INTERVAL_S)

    async def look(self) -> None:
        """See how far all live jobs are, and edit what changed."""
        rows = {row.id: row for row in await self._store.live()}
        self.num_live = len(rows)
        self._metrics.jobs(Counter(row.phase for row in rows.values()))
        for job_id in self._followed.keys() - rows.keys():
            if not self._followed[job_id].lock.locked():
                del self._followed[job_id]
        drawing = [row.id for row in rows.values() if row.phase is Phase.DRAWING]
        news = await self._store.progress(drawing) if drawing else {}
        places = standings(tuple(rows.values()), self._capacity())
        for row in rows.values():
            followed = self._followed.setdefault(row.id, _Followed(is_resumed=False))
            if followed.is_over or followed.lock.locked():
                continue
            try:
                await self._update(row, followed, places.get(row.id), news.get(row.id))
            except StoreError:
                raise
            except Exception:  # of this job alone: the others' cards go on
                log.exception("progress cannot be read", job_id=row.id)
                followed.is_over = True

    async def _update(
        self, row: Live, followed: _Followed, standing: Standing | None, news: Progress | None
    ) -> None:
        if (
            followed.record is None
            or followed.phase is not row.phase
            or not followed.record.message
        ):
            followed.record, followed.phase = await self._store.find(row.id), row.phase
        record = followed.record
        if record is None or record.message is None:
            return
        port = self._port_of(record.job.place.platform)
        if port is None or not self._may_edit(port, followed):
            return
        card = await self._card(record, followed, standing, news)
        if followed.shown is None and not followed.is_resumed and record.preparation is None:
            followed.shown = card  # the card that acknowledged it
        if card == followed.shown:
            return
        followed.shown, followed.edited_s = card, self._clock()
        edit = asyncio.create_task(self._edit(port, record.message, card, followed))
        self._edits.add(edit)
        edit.add_done_callback(self._edits.discard)

    def _may_edit(self, port: ChatPort, followed: _Followed) -> bool:
        now_s = self._clock()
        if self._paused_until_s.get(port.platform, now_s) > now_s:
            return False
        return followed.edited_s is None or now_s - followed.edited_s >= port.edit_interval_s

    async def _card(
        self, record: Record, followed: _Followed, standing: Standing | None, news: Progress | None
    ) -> Card:
        if record.preparation is None:
            return cards.accepted(
                record.job.id,
                is_ready=self._is_ready(),
                request=record.job.command.text,
                is_resumed=followed.is_resumed,
                notice=record.job.notice,
            )
        card = cards.waiting(
            record, self._unlearned(record), standing, is_resumed=followed.is_resumed
        )
        if news is None:
            return card
        is_shown = news.preview and not record.job.manner.is_spoiler  # a preview hides nothing
        if is_shown and (followed.preview is None or followed.preview[0] != news.preview):
            png = await self._store.preview(record.job.id)
            followed.preview = (news.preview, png) if png else None
        return cards.drawing(card, news, followed.preview[1] if followed.preview else None)

    async def _edit(
        self, port: ChatPort, message: MessageRef, card: Card, followed: _Followed
    ) -> None:
        async with followed.lock:
            if followed.is_over:
                return
            try:
                await port.edit(message, card)
            except PortError as error:
                if isinstance(error, PlatformDown | PortClosed):
                    asked_s = error.retry_after_s if isinstance(error, PlatformDown) else None
                    pause_s = _PAUSE_S if asked_s is None else asked_s
                    self._paused_until_s[port.platform] = self._clock() + pause_s
                if isinstance(error, MessageGone | PlaceGone):
                    followed.is_over = True
                log.info("progress not shown", job_id=card.job_id, kind=type(error).__name__)
            except Exception:
                log.exception("progress not shown", job_id=card.job_id)
