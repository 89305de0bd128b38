"""How an answer reaches a person: once, whatever dies or fails on the way, oldest first.

A card that is there is edited, which may be repeated. Where there is none, a new one is sent: its
row says `sending` before and `sent` after, and its nonce is the same every time. A send that may or
may not have arrived is repeated only while the platform knows the nonce; after that the platform is
searched, and where it cannot be, the person is asked to fetch the answer rather than shown it twice.

A platform that is down is waited for (`outbox.py`). The waiting is in memory and needs no timer in
the queue: after a restart everything that is not closed is brought here again.
"""

import asyncio
import base64
import hashlib
import random
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, TypeAlias

import structlog

from bot import cards
from bot.adapters.port import (
    Card,
    ChatPort,
    MessageGone,
    NotForEverybody,
    PlaceGone,
    PlatformDown,
    PortClosed,
    Unclear,
)
from bot.failpoints import pass_
from bot.files import Files
from bot.job import Closing, Phase, Record
from bot.metrics import Metrics
from bot.outbox import Outbox, Waiting
from bot.store import Delivery as Attempted
from bot.store import DeliveryState, Store, StoreError

log = structlog.get_logger()

_GIVE_UP_S = 24 * 3600.0
_SENDERS = 4  # at once, of one platform
FIRST, _ENDING, _NOTE = "first", "ending", "note"  # parts of an answer


WaitFor: TypeAlias = Callable[[Coroutine[Any, Any, object], float | None], Awaitable[object]]
"""Waits for something, but only so long; raises TimeoutError."""


def nonce_of(job_id: str, part: str) -> str:
    """Name a message so that sending it again can be known for what it is; at most 25 characters."""
    digest = hashlib.sha256(f"{job_id}|{part}".encode()).digest()
    return base64.b32encode(digest).decode("ascii")[:25].lower()


class Delivery:
    """Brings answers to their platforms; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        files: Files,
        card_of: Callable[[Record], Card],
        hold: Callable[[str], AbstractAsyncContextManager[None]],
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
        jitter: Callable[[float], float] = lambda most_s: random.uniform(0, most_s),
        wait_for: WaitFor = asyncio.wait_for,
    ) -> None:
        self._store, self._files, self._card_of, self._hold = store, files, card_of, hold
        self._metrics, self._clock, self._wall_clock = metrics, clock, wall_clock
        self._jitter, self._wait_for = jitter, wait_for
        self._ports: dict[str, ChatPort] = {}
        self._outboxes: dict[str, Outbox] = {}
        self._senders: list[asyncio.Task[None]] = []

    def start(self, ports: Mapping[str, ChatPort]) -> None:
        """Begin to send to these platforms."""
        for platform, port in ports.items():
            self._ports[platform] = port
            outbox = self._outboxes[platform] = Outbox(clock=self._clock, jitter=self._jitter)
            self._senders += [
                asyncio.create_task(self._send_all(port, outbox)) for _ in range(_SENDERS)
            ]

    async def close(self) -> None:
        """Stop sending; what waits is brought again after the next start."""
        for sender in self._senders:
            sender.cancel()
        await asyncio.gather(*self._senders, return_exceptions=True)

    def port_of(self, platform: str) -> ChatPort | None:
        """Give the port of a platform that runs."""
        return self._ports.get(platform)

    async def deliver(self, job_id: str) -> None:
        """Bring the answer of a settled job to whoever asked; returns when the job is closed.

        An answer to a platform that is not configured any more is held.
        """
        record = await self._store.find(job_id)
        if record is None or record.phase is Phase.CLOSED:
            return
        assert record.outcome is not None
        platform = record.job.place.platform
        if platform not in self._ports:
            await self._close(job_id, record.accepted_s, Closing.HELD)
            return
        outbox = self._outboxes[platform]
        waiting = Waiting(
            job_id=job_id,
            accepted_s=record.accepted_s,
            since_s=self._clock(),
            done=asyncio.get_running_loop().create_future(),
        )
        outbox.put(waiting)
        try:
            await waiting.done
        finally:
            outbox.drop(waiting)

    async def _send_all(self, port: ChatPort, outbox: Outbox) -> None:
        while True:
            outbox.changed.clear()
            waiting = outbox.take()
            if waiting is None:
                with suppress(TimeoutError):
                    await self._wait_for(outbox.changed.wait(), outbox.wait_s())
                continue
            try:
                is_closed = await self._try(port, outbox, waiting)
            except Exception as error:  # a bug: this answer fails, the others go on
                log.exception("answer cannot be delivered", job_id=waiting.job_id)
                outbox.undecided()
                if not waiting.done.done():
                    waiting.done.set_exception(error)
                continue
            if waiting.done.done():  # nobody waits for it any more
                continue
            if is_closed:
                waiting.done.set_result(None)
            else:
                outbox.put(waiting)

    async def _try(self, port: ChatPort, outbox: Outbox, waiting: Waiting) -> bool:
        """Try one answer once; False where it is to be tried again."""
        with structlog.contextvars.bound_contextvars(job_id=waiting.job_id):
            try:
                closing = await self._bring(port, waiting.job_id)
            except (PlatformDown, PortClosed, Unclear) as error:
                asked_s = error.retry_after_s if isinstance(error, PlatformDown) else None
                outbox.failed(waiting, asked_s=asked_s)
                log.warning("answer not delivered", kind=type(error).__name__, asked_s=asked_s)
            except (StoreError, OSError):  # of this machine, or where the pictures are
                outbox.undecided()
                outbox.put_off(waiting)
                log.exception("answer not delivered")
            else:
                outbox.answered() if closing else outbox.undecided()
                return True
            if self._clock() - waiting.since_s < _GIVE_UP_S:
                return False
            await self._close(waiting.job_id, waiting.accepted_s, Closing.HELD)
        return True

    async def _bring(self, port: ChatPort, job_id: str) -> Closing | None:
        """Show an answer and close its job; None where there is nothing to show any more.

        Raises PlatformDown, PortClosed, Unclear, StoreError or OSError.
        """
        async with self._hold(job_id):
            # Read inside: whoever erases a job holds it too, and nothing is shown after that.
            record = await self._store.find(job_id)
            if record is None or record.phase is Phase.CLOSED:
                return None
            try:
                closing = await self._show(port, record, self._card_of(record))
            except NotForEverybody:
                closing = await self._withdraw(port, record)
            except PlaceGone:
                closing = Closing.HELD
        pass_("after_edit_before_close")
        await self._close(job_id, record.accepted_s, closing)
        return closing

    async def _withdraw(self, port: ChatPort, record: Record) -> Closing:
        """Take pictures for adults away that came where everybody looks by now, and say so there.

        They are not brought anywhere else: nobody's age is known there. Raises like `_show`.
        """
        job_id = record.job.id
        assert record.outcome is not None
        await self._files.remove([picture.key for picture in record.outcome.pictures])
        log.info("picture for adults withdrawn", job_id=job_id)
        try:
            closing = await self._show(port, record, cards.withdrawn())
        except PlaceGone:
            closing = Closing.HELD
        await self._store.remove_pictures(job_id)
        return closing

    async def _show(self, port: ChatPort, record: Record, card: Card) -> Closing:
        """Edit the card that is there, or send one; raises what the port raises."""
        job, message = record.job, record.message
        if message is not None:
            pass_("before_edit")
            try:
                await port.edit(message, card)
            except MessageGone:
                log.info("card is gone")
            else:
                return Closing.DELIVERED
        nonce = nonce_of(job.id, _ENDING)
        before = await self._store.begin_send(job.id, _ENDING, nonce)
        pass_("after_sending_before_send")
        if before.state is DeliveryState.SENT:
            return Closing.DELIVERED
        if before.state is DeliveryState.UNCLEAR:
            return await self._ask_to_fetch(port, record)
        if self._may_be_shown(port, before):
            try:
                found = await port.find(job.place, nonce)
            except Unclear:
                await self._store.mark_unclear(job.id, _ENDING)
                return await self._ask_to_fetch(port, record)
            if found is not None:
                await self._store.mark_sent(job.id, _ENDING, found)
                return Closing.DELIVERED
        try:
            ref = await port.send(job.place, card, reply_to=job.event_id, nonce=nonce)
        except (PlatformDown, PlaceGone, PortClosed):  # surely not sent
            await self._store.mark_unsent(job.id, _ENDING)
            raise
        pass_("after_send_before_sent")
        await self._store.mark_sent(job.id, _ENDING, ref)
        pass_("after_sent_before_close")
        return Closing.DELIVERED

    def _may_be_shown(self, port: ChatPort, before: Attempted) -> bool:
        """Whether an earlier try may have arrived and the platform forgot its nonce by now."""
        if before.state is not DeliveryState.SENDING or before.first_s is None:
            return False
        since_s = self._wall_clock() - before.first_s
        return not 0 <= since_s < port.repeat_s  # before 0: somebody set the clock back

    async def _ask_to_fetch(self, port: ChatPort, record: Record) -> Closing:
        """Say in words that a picture may be there already, with a button that shows it again."""
        job = record.job
        await port.send(
            job.place,
            cards.unclear(job.id),
            reply_to=job.event_id,
            nonce=nonce_of(job.id, _NOTE),
        )
        return Closing.UNCLEAR

    async def _close(self, job_id: str, accepted_s: float, closing: Closing) -> None:
        await self._store.close_job(job_id, closing)
        self._metrics.delivered(closing, seconds=max(0.0, self._wall_clock() - accepted_s))
        log.info("job closed", job_id=job_id, closing=str(closing))
