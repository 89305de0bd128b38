"""The chat role's part of a job: it is acknowledged, its text is read, its answer is brought.

Each may be called again after a crash, by a durable workflow (`jobs.py`).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from types import MappingProxyType
from typing import Protocol

import structlog

from bot import cards
from bot.adapters.port import Card, ChatPort, PortError
from bot.delivery import FIRST, Delivery, nonce_of
from bot.failpoints import pass_
from bot.failures import error_of, record_of
from bot.job import Ending, Job, Outcome, Record
from bot.jobs import Turn
from bot.metrics import Metrics
from bot.receipt import preparation_of
from bot.store import Store
from bot.sweeper import turn_of
from pipeline import (
    Audience,
    PictureUnsafe,
    PipelineError,
    Preparation,
    ProviderHealth,
    Rule,
    Verdict,
)

log = structlog.get_logger()

_MAKE_WAY_S = 1.0  # for first cards, at most
_ACKNOWLEDGED_S = 5.0  # after which nobody else will do it


class TextPipeline(Protocol):
    """What the chat role needs of the text pipeline: `Preparer`, or a double."""

    async def prepare(
        self,
        text: str,
        *,
        negative: str = "",
        terms: Mapping[str, str] = MappingProxyType({}),
        english: str = "",
        words: Sequence[tuple[str, float]] = (),
        is_over_photo: bool = False,
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
    ) -> Preparation:
        """Prepare a text; its verdict says whether there is a prompt."""
        ...

    async def judged(
        self,
        prepared: Preparation,
        *,
        negative: str = "",
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
    ) -> Preparation:
        """Judge what was prepared elsewhere; gives it back, or that it is unsafe."""
        ...

    async def forget(self, text: str) -> None:
        """Drop what is remembered of a text."""
        ...

    def health(self) -> tuple[ProviderHealth, ...]:
        """Say how its providers do."""
        ...


class Chat:
    """Does the chat role's steps; lives as long as it."""

    def __init__(
        self,
        *,
        store: Store,
        preparer: TextPipeline,
        ready: Callable[[], Awaitable[None]],
        is_ready: Callable[[], bool],
        delivery: Delivery,
        told: Callable[[str], Awaitable[None]],
        strike: Callable[[Job, Rule], Awaitable[None]],
        metrics: Metrics,
    ) -> None:
        self._metrics, self._told, self._strike = metrics, told, strike
        self._store, self._preparer, self._delivery = store, preparer, delivery
        self._ready, self._is_ready = ready, is_ready
        self._acknowledging: dict[str, asyncio.Event] = {}
        self._is_quiet = asyncio.Event()  # nobody waits for a first card
        self._is_quiet.set()

    @asynccontextmanager
    async def acknowledging(self, job_id: str) -> AsyncIterator[None]:
        """Say that the first card of a job is being shown inside."""
        done = asyncio.Event()
        self._acknowledging.setdefault(job_id, done)  # the same event twice: the first shows it
        self._is_quiet.clear()
        try:
            yield
        finally:
            done.set()
            if self._acknowledging.get(job_id) is done:
                del self._acknowledging[job_id]
            if not self._acknowledging:
                self._is_quiet.set()

    async def show_first(self, record: Record, port: ChatPort) -> None:
        """Show the card that acknowledges a job, and keep where it is."""
        job = record.job
        card: Card = cards.accepted(
            job.id, is_ready=self._is_ready(), request=job.command.text, notice=job.notice
        )
        ref = await port.send(job.place, card, reply_to=job.event_id, nonce=nonce_of(job.id, FIRST))
        pass_("after_ack_before_kept")
        try:
            await self._store.keep_message(job.id, ref)
        except KeyError:  # its person had it erased meanwhile
            await port.edit(ref, cards.erased())
            return
        if job.notice:
            await self._told(job.id)

    async def acknowledge(self, job_id: str) -> None:
        """See to it that the person sees a card; without one, the ending will be the first."""
        if done := self._acknowledging.get(job_id):
            try:
                await asyncio.wait_for(done.wait(), _ACKNOWLEDGED_S)
            except TimeoutError:
                return
        record = await self._store.find(job_id)
        if record is None or record.message is not None or record.outcome is not None:
            return
        port = self._delivery.port_of(record.job.place.platform)
        if port is None:
            return
        try:
            await self.show_first(record, port)
        except PortError as error:
            log.info("job not acknowledged", kind=type(error).__name__)

    async def prepare(self, job_id: str) -> Turn | None:
        """Read the text; None where the job's end is settled. A text that was read is not read again."""
        # Reading texts takes the processor from those who are to be answered first.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_quiet.wait(), _MAKE_WAY_S)
        record = await self._store.find(job_id)
        if record is None or record.outcome is not None:
            return None
        preparation = record.preparation
        if preparation is None:
            await self._ready()
            text = record.job.command.text
            try:
                preparation = await self._read(record.job)
            except PipelineError as error:
                log.warning("text cannot be read", kind=type(error).__name__)
                await self._fail(job_id, error)
                return None
            except Exception as error:  # one text's trouble must not be the queue's
                log.exception("text cannot be read")
                await self._fail(job_id, error)
                return None
            self._metrics.prepared(preparation)
            self._metrics.providers(self._preparer.health())
            pass_("after_prepare_before_record")
            await self._store.keep_preparation(job_id, preparation)
            record = await self._store.find(job_id)
            if record is None or record.outcome is not None:
                # Whoever erases a job settles it, and only then has its text forgotten: perhaps too early.
                await self._preparer.forget(text)
                return None
        if preparation.verdict is not Verdict.OK or preparation.prompt is None:
            log.info("text gave no prompt", verdict=str(preparation.verdict))
            if preparation.rule is not None:
                await self._strike(record.job, preparation.rule)
            await self._conclude(job_id, Outcome(ending=Ending.QUESTION))
            return None
        return turn_of(record)

    async def _read(self, job: Job) -> Preparation:
        """Read a job's text, unless a receipt says how it was read before. Raises PipelineError."""
        command, audience = job.command, audience_of(job)
        if command.receipt is not None:  # it came with a picture: anybody may have written it
            return await self._preparer.judged(
                preparation_of(command.receipt),
                negative=command.receipt.negative,
                audience=audience,
                forbidden=job.forbidden,
            )
        return await self._preparer.prepare(
            command.text,
            negative=command.negative,
            terms=job.terms,
            english=command.english,
            words=command.words,
            is_over_photo=job.has_photo,
            audience=audience,
            forbidden=job.forbidden,
        )

    async def _fail(self, job_id: str, error: Exception) -> None:
        await self._conclude(job_id, Outcome(ending=Ending.FAILED, failure=record_of(error)))

    async def _conclude(self, job_id: str, outcome: Outcome) -> None:
        with suppress(KeyError):  # its person had it erased meanwhile
            self._metrics.concluded(await self._store.conclude(job_id, outcome))

    async def deliver(self, job_id: str) -> None:
        """Bring the answer to whoever asked; returns when the job is closed."""
        pass_("after_conclude_before_deliver")
        record = await self._store.find(job_id)
        if record is not None:
            await self._strike_for_picture(record)
            await self._look_for_first_card(record)
        await self._delivery.deliver(job_id)

    async def _strike_for_picture(self, record: Record) -> None:
        """Strike for what a picture shows only where minors are: a model draws much that nobody asked for."""
        outcome = record.outcome
        if outcome is None:
            return
        error = error_of(outcome.failure) if outcome.failure else None
        is_unsafe = isinstance(error, PictureUnsafe) and error.rule is Rule.MINOR
        if is_unsafe or outcome.has_blocked_minors:
            await self._strike(record.job, Rule.MINOR)

    async def _look_for_first_card(self, record: Record) -> None:
        """Find a card that was shown when a crash came before anybody could keep where it is."""
        job_id = record.job.id
        if record.message is not None:
            return
        port = self._delivery.port_of(record.job.place.platform)
        with suppress(PortError):  # then the answer is a message of its own
            found = port and await port.find(record.job.place, nonce_of(job_id, FIRST))
            if found:
                await self._store.keep_message(job_id, found)


def audience_of(job: Job) -> Audience:
    """Say who will see a job's pictures; over a photo, which may show somebody who exists, everybody."""
    return Audience.ADULTS if job.manner.is_adult and not job.has_photo else Audience.EVERYBODY
