"""Telegram: messages and buttons in, cards out.

Offers `ChatPort` to the conversation and hands what people do to a `Listener`. Knows no job, no
sentence of a card and no model. A Telegram that cannot be reached keeps nobody from starting: it is
tried again, and until then what is to be sent waits.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from telegram import Bot, User
from telegram.constants import ChatAction
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.adapters.port import (
    Card,
    CardState,
    ChatPort,
    FileReader,
    Link,
    Listener,
    MessageRef,
    NotForEverybody,
    Person,
    Place,
    PlaceGone,
    PlatformDown,
    PortError,
    Unclear,
)
from bot.adapters.telegram import menu
from bot.adapters.telegram.calls import PATIENCE_S, Calls, LeftOut
from bot.adapters.telegram.handle import PLATFORM, Event, Where, read_event, where
from bot.adapters.telegram.inbox import Inbox
from bot.adapters.telegram.limits import Urgency
from bot.adapters.telegram.messages import Messages, Way
from bot.adapters.telegram.photos import Photos
from bot.adapters.telegram.polling import ALLOWED, Polling
from bot.adapters.telegram.reading import Us
from bot.adapters.telegram.refusal import NotTaken
from bot.adapters.telegram.showing import Showing
from bot.adapters.telegram.sparing import Sparing
from bot.adapters.telegram.standing import Standing
from bot.adapters.telegram.webhook import Webhook, WebhookOptions
from bot.adapters.telegram.words import Words

log = structlog.get_logger()

EDIT_INTERVAL_S = 3.0
_FIRST_PATIENCE_S = 8.0  # of an acknowledgement: the answer comes anyway
_PROGRESS_S, _START_S, _CLOSE_S = 5.0, 10.0, 5.0
_CONNECT_S, _SEND_S, _MAX_CONNECTIONS = 5.0, 60.0, 64
_MOST_PAUSE_S = 60.0
_PROGRESS = frozenset({CardState.WAITING, CardState.DRAWING})


class TelegramRefused(Exception):
    """Telegram does not know the token, until its operator did something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramOptions:
    """Which bot, where Telegram is, and how updates come: brought to a webhook, or asked for."""

    token: str = field(repr=False)
    words: Words
    base_url: str = "https://api.telegram.org/bot"
    base_file_url: str = "https://api.telegram.org/file/bot"
    webhook: WebhookOptions | None = None


class TelegramChat(ChatPort):
    """The adapter of Telegram; lives from `start` to `close`."""

    def __init__(self, options: TelegramOptions, listener: Listener, *, files: FileReader) -> None:
        self._words = options.words
        self._request = HTTPXRequest(
            connection_pool_size=_MAX_CONNECTIONS,
            connect_timeout=_CONNECT_S,
            pool_timeout=_CONNECT_S,
            read_timeout=_SEND_S,
            write_timeout=_SEND_S,
            media_write_timeout=_SEND_S,
        )
        self._bot = Bot(
            options.token,
            base_url=options.base_url,
            base_file_url=options.base_file_url,
            request=self._request,
            get_updates_request=self._request,
        )
        self._calls = Calls()
        messages = Messages(self._bot, self._calls)
        self._showing = Showing(messages, files, no_photos=options.words.no_photos)
        self._standing = Standing(self._bot)
        self._inbox = Inbox(
            listener,
            self,
            bot=self._bot,
            calls=self._calls,
            showing=self._showing,
            photos=Photos(self._bot, file_base=options.base_file_url),
            standing=self._standing,
            words=options.words,
            us=lambda: self._us,
            greet=self._greet,
        )
        self._polling = Polling(self._bot, self._inbox.take)
        self._webhook = Webhook(options.webhook, self._inbox.take) if options.webhook else None
        self._sparing = Sparing()
        self._user: User | None = None
        self._is_set = False  # the webhook
        self._listening: asyncio.Task[None] | None = None

    @property
    def platform(self) -> str:
        """The name in every person and place of Telegram."""
        return PLATFORM

    @property
    def repeat_s(self) -> float:
        """Telegram knows no nonce."""
        return 0.0

    @property
    def edit_interval_s(self) -> float:
        """Edits draw on the same limit as the finished picture."""
        return EDIT_INTERVAL_S

    @property
    def recompresses_pictures(self) -> bool:
        """A photo comes smaller and without its marks."""
        return True

    @property
    def is_connected(self) -> bool:
        """Whether people's messages come in."""
        return self._is_set or self._polling.is_connected

    @property
    def hears_all(self) -> bool:
        """Whether everything that is written in groups comes in; also while that is not known."""
        return self._user is None or self._user.can_read_all_group_messages is not False

    async def start(self) -> None:
        """Begin to listen. Raises TelegramRefused or OSError; a Telegram that is away is tried again."""
        try:
            if self._webhook is not None:
                await self._webhook.open()
            async with asyncio.timeout(_START_S):
                await self._identify()
        except InvalidToken as error:
            await self.close()
            raise TelegramRefused from error
        except OSError as error:
            if not isinstance(error, TimeoutError):
                await self.close()
                raise
            log.warning("Telegram is not reached", kind="TimeoutError")
        except TelegramError as error:
            log.warning("Telegram is not reached", kind=type(error).__name__)
        self._listening = asyncio.create_task(self._listen())

    async def close(self) -> None:
        """Stop listening and sending; answers that are still being given are cancelled."""
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await asyncio.gather(listening, return_exceptions=True)
        if self._webhook is not None:
            await self._webhook.close()
        await self._inbox.close()
        await self._request.shutdown()
        log.info("Telegram is closed")

    async def send(
        self, place: Place, card: Card, *, reply_to: str | None = None, nonce: str | None = None
    ) -> MessageRef:
        """Show a new card; what is for one person's eyes goes to their own chat with the bot."""
        if card.is_adult:  # nobody's age is known here
            raise NotForEverybody
        event = read_event(reply_to) if reply_to else None
        if reply_to:
            self._inbox.answering(reply_to)
        at = where(place)
        if at.is_group and card.is_private and card.form is None:
            return await self._send_privately(at, card, event)
        is_first = card.state is CardState.WAITING
        way = Way(
            where=at,
            reply_to=event.message_id if event else 0,
            urgency=Urgency.ENDING if card.pictures else Urgency.ANSWER,
            patience_s=_FIRST_PATIENCE_S if is_first else PATIENCE_S,
        )
        return await self._send(way, card)

    async def edit(self, ref: MessageRef, card: Card) -> None:
        """Replace what a message shows; of mere progress only as much as there is room for."""
        if card.is_adult:  # nobody's age is known here
            raise NotForEverybody
        at, message_id = where(ref.place), int(ref.id)
        if card.state not in _PROGRESS:
            await self._showing.edit(at, message_id, card, urgency=Urgency.ENDING)
            self._sparing.forget(at, message_id)
            return
        is_seen = self._sparing.may_edit(at, message_id, card)
        try:
            async with asyncio.timeout(_PROGRESS_S):  # the picture may be waiting for its end
                if is_seen:
                    await self._showing.edit(at, message_id, card, urgency=Urgency.PROGRESS)
                if self._is_coming(at, card, is_seen=is_seen):
                    await self._act(at)
        except LeftOut:
            log.debug("progress left out")
        except TimeoutError as error:
            raise PlatformDown from error

    def _is_coming(self, at: Where, card: Card, *, is_seen: bool) -> bool:
        """Whether the sign of a coming picture is due; a group sees it with an edit alone."""
        is_due = card.state is CardState.DRAWING and (is_seen or not at.is_group)
        return is_due and self._sparing.may_act(at)

    async def find(self, place: Place, nonce: str) -> MessageRef | None:
        """Raise Unclear: Telegram cannot be searched."""
        raise Unclear

    async def remove(self, ref: MessageRef) -> None:
        """Delete a message of ours, with its pictures."""
        await self._showing.remove(where(ref.place), int(ref.id))

    async def forget(self, person: Person) -> None:
        """Drop which groups a person manages."""
        self._standing.forget(int(person.id))

    async def _send(self, way: Way, card: Card) -> MessageRef:
        message = await self._showing.send(way, card)
        at = Where(chat_id=message.chat.id, thread_id=way.where.thread_id)
        return MessageRef(place=at.place(), id=str(message.message_id))

    async def _send_privately(self, at: Where, card: Card, event: Event | None) -> MessageRef:
        """Show a card to whoever asked; where their chat is closed, say so without what it says."""
        if event is not None and event.person_id > 0:
            with suppress(PlaceGone):
                return await self._send(Way(where=Where(chat_id=event.person_id)), card)
        neutral = Card(
            job_id=None,
            state=CardState.NOTE,
            text=self._words.in_private,
            credits=(Link(text=f"@{self._us.username}", url=f"https://t.me/{self._us.username}"),),
        )
        return await self._send(Way(where=at, reply_to=event.message_id if event else 0), neutral)

    async def _greet(self, at: Where) -> None:
        """Say in a group how to call the bot there."""
        words = self._words.greeting if self.hears_all else self._words.greeting_deaf
        text = words.format(bot=self._us.username)
        with suppress(PortError, NotTaken):
            await self._send(Way(where=at), Card(job_id=None, state=CardState.NOTE, text=text))

    async def _act(self, at: Where) -> None:
        """Show that a picture is coming, above the box where people write."""
        with suppress(PortError, NotTaken):
            await self._calls.ask(
                at,
                lambda there: self._bot.send_chat_action(
                    there.chat_id, ChatAction.UPLOAD_PHOTO, message_thread_id=there.thread_id
                ),
                urgency=Urgency.PROGRESS,
                weight=0,  # no message: it only keeps away where Telegram wants to be left alone
            )

    async def _listen(self) -> None:
        """Take updates, with everything settled that must be before; returns where none may come."""
        num_failures = 0
        while True:
            try:
                await self._identify()
                await menu.sync_if_possible(self._bot, self._words)
                await self._choose_way()
                break
            except InvalidToken:
                log.critical("Telegram refuses the bot", reason="token")
                return
            except TelegramError as error:
                log.warning("Telegram is not reached", kind=type(error).__name__)
                num_failures += 1
                await asyncio.sleep(random.uniform(0.5, 1) * min(_MOST_PAUSE_S, 2**num_failures))
        if self._webhook is None:
            await self._polling.run()

    async def _choose_way(self) -> None:
        """Tell Telegram where updates go. What waits there is never dropped."""
        if self._webhook is None:
            await self._bot.delete_webhook(drop_pending_updates=False)
            return
        await self._bot.set_webhook(
            self._webhook.url,
            secret_token=self._webhook.secret,
            allowed_updates=list(ALLOWED),
            drop_pending_updates=False,
        )
        self._is_set = True
        log.info("Telegram is connected")

    async def _identify(self) -> None:
        """Ask who we are, once. Raises TelegramError."""
        if self._user is not None:
            return
        self._user = await self._bot.get_me()
        if not self.hears_all:
            log.warning("in groups the bot hears only what is addressed to it", why="privacy mode")

    @property
    def _us(self) -> Us:
        """Raises PlatformDown while Telegram was not reached."""
        if self._user is None:
            raise PlatformDown
        return Us(id=self._user.id, username=self._user.username or "")
