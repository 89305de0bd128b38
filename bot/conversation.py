"""One command in, a card out; the only place where errors become words.

Policy for errors, in this order:
1. A person's mistake, or something that cannot be taken now: one sentence from `texts.py`.
2. Anything else: logged with its traceback first, then a short apology with the event's job id.

Answers as soon as a request is accepted: what follows is told by `follower.py` and `delivery.py`.
Knows cards and ports, not platforms: what a card looks like is the adapter's.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import structlog

from bot import cards, error_texts, texts
from bot.adapters.port import Action, Card, ChatPort, Message, Past, Place, PortError, Press
from bot.aftercare import Aftercare, is_at_hand, may_end
from bot.appeals import Appeals
from bot.chat import Chat
from bot.command import (
    AppealCommand,
    DrawCommand,
    HelpCommand,
    InfoCommand,
    RecallCommand,
    SanctionsCommand,
    SettingsCommand,
    StatusCommand,
)
from bot.commands import parse
from bot.desk import Desk
from bot.failpoints import pass_
from bot.forms import asked_over
from bot.intake import Event, Intake
from bot.job import Ending, NotYours, Outcome, Record, job_id_of, job_of
from bot.jobs import Jobs
from bot.metrics import Metrics
from bot.operators import Operators
from bot.past import past_of
from bot.personal import Personal
from bot.places import Places
from bot.recall import Recall
from bot.redraw import RecordGone, UnderReview, is_removed
from bot.reports import Reports
from bot.review import Review
from bot.store import Deed, Store, StoreError
from bot.wish import Wish, over
from bot.wishes import Wishes
from pipeline import PipelineError

log = structlog.get_logger()

# What may be done about a picture while it is reported.
_IN_REVIEW = frozenset({Action.INFO, Action.DELETE, Action.REPORT, Action.SETTLE})


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
        jobs: Jobs,
        intake: Intake,
        chat: Chat,
        wishes: Wishes,
        aftercare: Aftercare,
        card_of: Callable[[Record], Card],
        status: Status,
        personal: Personal,
        places: Places,
        recall: Recall,
        reports: Reports,
        review: Review,
        desk: Desk,
        operators: Operators,
        appeals: Appeals,
        suggest: Callable[[str, str], tuple[str, ...]],
        metrics: Metrics,
    ) -> None:
        self._store, self._jobs, self._status = store, jobs, status
        self._intake, self._chat = intake, chat
        self._wishes, self._aftercare = wishes, aftercare
        self._card_of, self._personal, self._metrics = card_of, personal, metrics
        self._places, self._suggest = places, suggest
        self._reports, self._review, self._desk = reports, review, desk
        self._recall, self._operators, self._appeals = recall, operators, appeals
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

    async def inspect(self, data: bytes) -> Card:
        """Say which marks a file carries that somebody shows."""
        try:
            return await self._recall.inspect(data)
        except PipelineError as error:
            return cards.note(error_texts.of_error(error, job_id=""))
        except Exception as error:  # the top of a conversation: apologise, keep serving
            number = secrets.token_hex(8)
            log.exception("file cannot be inspected", job_id=number)
            return cards.note(error_texts.of_error(error, job_id=number))

    async def is_hidden(self, key: str) -> bool:
        """Whether a picture is reported, and nobody has decided yet; also where that is not known."""
        try:
            return bool(await self._store.under_review([job_of(key)]))
        except StoreError:
            log.exception("reports cannot be read")
            return True

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
        if message.form is not None:
            await self._draw(await self._filled(message), message, port)
            return
        command = parse(message.text, message.options)
        if isinstance(command, DrawCommand):
            await self._draw(await self._wish(command, message), message, port)
        elif isinstance(command, HelpCommand):
            await port.send(message.place, cards.help_(), reply_to=message.event_id)
        elif isinstance(command, StatusCommand):
            card = cards.note(await self._status.sentence())
            await port.send(message.place, card, reply_to=message.event_id)
        elif isinstance(command, RecallCommand):
            await self._draw(await self._recall.wish(command, message), message, port)
        elif isinstance(command, InfoCommand):
            await self._recall.inform(message, port)
        elif isinstance(command, SettingsCommand):
            await self._note_settings(command, message)
            await self._places.answer(command, message, port)
        elif isinstance(command, AppealCommand):
            await self._appeals.answer(command, message, port)
        elif isinstance(command, SanctionsCommand):
            await self._operators.answer(command, message, port)
        else:
            await self._personal.answer(command, message, port)

    async def _filled(self, message: Message) -> Wish:
        """Say what a filled form asks for. Raises RequestRejected."""
        if message.form is Action.OVER:
            return await self._new(asked_over(message.text, message.options), message)
        record = await self._at_hand(message.about, message)
        if message.form is not Action.EDIT:
            raise RecordGone
        return await self._wishes.of_form(record, message)

    async def _wish(self, command: DrawCommand, message: Message) -> Wish:
        """Say what words ask for; those that answer a card are about what that shows."""
        if message.about and message.photo is None and not message.text.lstrip().startswith("/"):
            record = await self._at_hand(message.about, message)
            return await self._wishes.of_reply(record, message)
        return await self._new(command, message)

    async def _new(self, command: DrawCommand, message: Message) -> Wish:
        """Say what is asked for anew, as it is done in a place. Raises PhotoMissing."""
        command = await self._places.completed(command, message)
        command = over(command, has_photo=message.photo is not None)
        return Wish(command=command, photo=message.photo)

    async def _react(self, press: Press, port: ChatPort) -> None:
        match press.action:  # what needs no job
            case Action.ERASE:
                await self._personal.erase(press, port)
                return
            case Action.PAGE:
                await self._personal.turn_page(press, port)
                return
            case Action.OVER:
                await port.send(press.place, cards.over(press.value), reply_to=press.event_id)
                return
        record = await self._at_hand(press.job_id, press)
        if await self._desk.decides(record, press):  # an operator, too, or from another group
            press = replace(press, person=replace(press.person, may_moderate=True))
        match press.action:
            case Action.CANCEL:
                await self._note_of_another(Deed.CANCEL, record, press)
                await self._cancel(record, press, port)
            case Action.EDIT:
                await port.send(press.place, cards.edit(record), reply_to=press.event_id)
            case Action.FETCH:
                await self._aftercare.fetch(record, press, port)
            case Action.ORIGINAL:
                await self._aftercare.original(record, press, port)
            case Action.INFO:
                await self._aftercare.inform(record, press, port)
            case Action.DELETE:
                await self._note_of_another(Deed.REMOVE, record, press)
                await self._aftercare.remove(record, press)
                await self._review.removed(record)
            case Action.REPORT:
                await self._reports.report(record, press, port)
            case Action.SETTLE:
                await self._review.settle(record, press)
            case Action.AGAIN | Action.VARY | Action.ENLARGE:
                await self._draw(await self._wishes.of_button(record, press), press, port)
            case _:
                raise RecordGone

    async def _at_hand(self, job_id: str, event: Message | Press) -> Record:
        """Find the job of a card. Raises UnderReview, and RecordGone also where it is not theirs to see."""
        record = await self._store.find(job_id)
        if record is None:
            raise RecordGone
        is_here = is_at_hand(record, event, store=self._store)
        if not is_here and not await self._desk.sees(record, event):
            raise RecordGone
        is_deleting = isinstance(event, Press) and event.action is Action.DELETE
        if is_removed(record) and not is_deleting:
            raise RecordGone
        may_pass = isinstance(event, Press) and event.action in _IN_REVIEW
        if not may_pass and await self._store.under_review([job_id]):
            raise UnderReview
        return record

    async def _note_of_another(self, deed: Deed, record: Record, press: Press) -> None:
        """Write down that somebody ends what another one asked for, or tries to. Raises StoreError."""
        if not self._store.is_same(record.job.person, press.person):
            is_allowed = may_end(record, press.person, store=self._store)
            await self._store.note_deed(
                press.person, deed, about=record.job.id, is_allowed=is_allowed
            )

    async def _note_settings(self, command: SettingsCommand, message: Message) -> None:
        """Write down that somebody changes the rules of a place, or may not see them. Raises StoreError."""
        place, is_allowed = message.place, message.person.may_manage
        if place.home and (command.rule or not is_allowed):
            await self._store.note_deed(
                message.person,
                Deed.SETTINGS,
                about=self._store.place_name(place),
                is_allowed=is_allowed,
            )

    async def _cancel(self, record: Record, press: Press, port: ChatPort) -> None:
        """Settle that a job ends without a picture, unless it is settled already."""
        job = record.job
        if not may_end(record, press.person, store=self._store):
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
