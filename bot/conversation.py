"""One command in, a card out; the only place where errors become words.

Policy for errors, in this order:
1. A person's mistake, or something that cannot be taken now: one sentence from `texts.py`.
2. Anything else: logged with its traceback first, then a short apology with the event's job id.

Answers as soon as a request is accepted: what follows is told by `follower.py` and `delivery.py`.
Knows cards and ports, not platforms: what a card looks like is the adapter's.
"""

import asyncio
import time
from collections.abc import Callable
from secrets import randbits
from typing import Protocol

import structlog

from bot import cards, error_texts, texts
from bot.adapters.port import Action, Card, ChatPort, Message, Past, Person, Place, PortError, Press
from bot.chat import Chat
from bot.commands import DrawCommand, HelpCommand, StatusCommand, parse
from bot.delivery import nonce_of
from bot.failpoints import pass_
from bot.files import Files
from bot.intake import Event, Intake
from bot.job import Ending, Job, NotYours, Outcome, Record, job_id_of, photo_key, picture_key
from bot.jobs import Jobs
from bot.metrics import Metrics
from bot.past import past_of
from bot.personal import Personal
from bot.redraw import RecordGone, again, draft, enlarge, vary
from bot.store import Store
from bot.wish import Wish, over
from pipeline import PipelineError

log = structlog.get_logger()


class Status(Protocol):
    """What the program says of itself."""

    async def sentence(self) -> str:
        """Answer `/상태`."""
        ...


class Conversation:
    """Answers messages and buttons of every platform; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        files: Files,
        jobs: Jobs,
        intake: Intake,
        chat: Chat,
        card_of: Callable[[Record], Card],
        status: Status,
        personal: Personal,
        suggest: Callable[[str, str], tuple[str, ...]],
        metrics: Metrics,
    ) -> None:
        self._store, self._files, self._jobs = store, files, jobs
        self._intake, self._chat, self._status = intake, chat, status
        self._card_of, self._personal, self._metrics = card_of, personal, metrics
        self._suggest = suggest
        self._is_closing = False

    def close(self) -> None:
        """Answer nobody any more: an event without an answer is brought again to the next process."""
        self._is_closing = True

    async def on_message(self, message: Message, port: ChatPort) -> None:
        """Answer a text; returns when it is accepted or answered."""
        await self._unless_closing()
        try:
            await self._answer(message, port)
        except PipelineError as error:
            await self._refuse(error, message, port)
        except PortError as error:  # nothing was promised, and asking again is easy
            log.info("answer not shown", kind=type(error).__name__)
        except Exception as error:  # the top of a conversation: apologise, keep serving
            log.exception("conversation failed")
            await self._refuse(error, message, port)

    async def on_press(self, press: Press, port: ChatPort) -> None:
        """Answer a button; returns when it is accepted or answered."""
        await self._unless_closing()
        try:
            await self._react(press, port)
        except PipelineError as error:
            await self._refuse(error, press, port)
        except PortError as error:  # nothing was promised, and asking again is easy
            log.info("answer not shown", kind=type(error).__name__)
        except Exception as error:  # the top of a conversation: apologise, keep serving
            log.exception("conversation failed")
            await self._refuse(error, press, port)

    def suggest(self, option: str, typed: str) -> tuple[str, ...]:
        """Give values for an option that fit what was typed."""
        return self._suggest(option, typed)

    async def history(self, place: Place) -> tuple[Past, ...]:
        """Say what a place showed, oldest first; cards of live jobs are soon shown as they are."""
        try:
            return await past_of(place, store=self._store, card_of=self._card_of)
        except Exception:  # the person can go on without it
            log.exception("history cannot be read")
            return ()

    async def _unless_closing(self) -> None:
        if self._is_closing:
            await asyncio.Event().wait()

    async def _answer(self, message: Message, port: ChatPort) -> None:
        command = parse(message.text)
        if isinstance(command, DrawCommand):
            command = over(command, has_photo=message.photo is not None)
            await self._draw(Wish(command=command, photo=message.photo), message, port)
        elif isinstance(command, HelpCommand):
            await port.send(message.place, cards.help_(), reply_to=message.event_id)
        elif isinstance(command, StatusCommand):
            card = cards.note(await self._status.sentence())
            await port.send(message.place, card, reply_to=message.event_id)
        else:
            await self._personal.answer(command, message, port)

    async def _react(self, press: Press, port: ChatPort) -> None:
        if press.action is Action.ERASE:
            await self._personal.erase(press, port)
            return
        record = await self._store.find(press.job_id)
        if record is None or not _is_at_hand(record, press):
            raise RecordGone
        if press.action is Action.CANCEL:
            await self._cancel(record, press, port)
        elif press.action is Action.EDIT:
            pictures = record.outcome.pictures if record.outcome else ()
            receipt = pictures[0].receipt if pictures else None
            card = cards.draft_of(press.job_id, draft(record.job.command, receipt))
            await port.send(press.place, card, reply_to=press.event_id)
        elif press.action is Action.FETCH:
            if record.outcome is None:
                raise RecordGone
            await port.send(
                press.place,
                self._card_of(record),
                reply_to=press.event_id,
                nonce=nonce_of(record.job.id, press.event_id),
            )
        else:
            await self._draw(await self._wish(record, press.action), press, port)

    async def _cancel(self, record: Record, press: Press, port: ChatPort) -> None:
        """Settle that a job ends without a picture, unless it is settled already."""
        job = record.job
        if not _is_theirs(job, press.person):
            raise NotYours
        cancelled = Outcome(ending=Ending.CANCELLED)
        if record.outcome is None and await self._settle(job.id, cancelled) == cancelled:
            self._metrics.concluded(cancelled)
            pass_("after_cancel_before_deliver")
            await self._jobs.enqueue_deliver(job.id)
        elif record.outcome != cancelled:
            await port.send(press.place, cards.note(texts.ALREADY_OVER), reply_to=press.event_id)

    async def _settle(self, job_id: str, outcome: Outcome) -> Outcome:
        """Settle how a job ends, unless it is settled. Raises RecordGone."""
        try:
            return await self._store.conclude(job_id, outcome)
        except KeyError as error:  # erased meanwhile
            raise RecordGone from error

    async def _wish(self, record: Record, action: Action) -> Wish:
        """Say what a button asks for. Raises RecordGone or PhotoForgotten."""
        if action is Action.ENLARGE:
            return enlarge(record, await self._files.read(picture_key(record.job.id, 1)))
        photo = await self._files.read(photo_key(record.job.id)) if record.job.has_photo else None
        if action is Action.VARY:
            return vary(record, photo, towards=randbits(32))
        return again(record, photo)

    async def _draw(self, wish: Wish, event: Message | Press, port: ChatPort) -> None:
        """Accept a request and show its first card."""
        came_with = Event(
            id=event.event_id,
            person=event.person,
            place=event.place,
            words=event.text if isinstance(event, Message) else "",
        )
        began_s = time.monotonic()
        async with self._chat.acknowledging(job_id_of(event.person.platform, event.event_id)):
            record = await self._intake.accept(wish, came_with)
            if record is None:  # the same event again
                return
            try:
                await self._chat.show_first(record, port)
            except PortError as error:  # the workflow tries again; the ending comes anyway
                log.info("job not acknowledged", job_id=record.job.id, kind=type(error).__name__)
        self._metrics.acknowledged(seconds=time.monotonic() - began_s)

    async def _refuse(self, error: Exception, event: Message | Press, port: ChatPort) -> None:
        """Say why nothing is drawn."""
        job_id = job_id_of(event.person.platform, event.event_id)
        log.info("request refused", job_id=job_id, kind=type(error).__name__)
        card = cards.note(error_texts.of_error(error, job_id=job_id))
        try:
            await port.send(event.place, card, reply_to=event.event_id)
        except PortError as gone:
            log.info("refusal not shown", kind=type(gone).__name__)


def _is_at_hand(record: Record, press: Press) -> bool:
    """Whether a job's card lies where somebody pressed, or is theirs: a button can be forged."""
    return _is_theirs(record.job, press.person) or record.job.place == press.place


def _is_theirs(job: Job, person: Person) -> bool:
    return (job.person.platform, job.person.id) == (person.platform, person.id)
