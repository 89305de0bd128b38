"""What comes in from Telegram: each update reaches the conversation, and is confirmed when nothing is lost by it.

An update is handled once the conversation begins to answer it, for by then what was asked is written
down, or once it is through with it. Until then Telegram keeps it and brings it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog
from cachetools import LRUCache, TTLCache
from telegram import Bot, InlineQueryResultArticle, InputTextMessageContent, Update
from telegram.error import TelegramError

from bot.adapters.port import (
    Card,
    CardState,
    ChatPort,
    Listener,
    Message,
    PortError,
    Press,
)
from bot.adapters.telegram.calls import Calls
from bot.adapters.telegram.handle import Where
from bot.adapters.telegram.photos import Photos, TooLarge
from bot.adapters.telegram.reading import INLINE_COMMAND, Reading, Us, read
from bot.adapters.telegram.showing import Showing
from bot.adapters.telegram.standing import Standing
from bot.adapters.telegram.words import Words

log = structlog.get_logger()

_MAX_SEEN = 20_000
_ALBUM_S = 10 * 60.0
_MAX_INLINE_CHARS = 200

Handled = asyncio.Future[None]


class Inbox:
    """Hands updates to the conversation; lives as long as the adapter."""

    def __init__(
        self,
        listener: Listener,
        port: ChatPort,
        *,
        bot: Bot,
        calls: Calls,
        showing: Showing,
        photos: Photos,
        standing: Standing,
        words: Words,
        us: Callable[[], Us],
        greet: Callable[[Where], Awaitable[None]],
    ) -> None:
        self._listener, self._port, self._bot = listener, port, bot
        self._calls, self._showing, self._photos = calls, showing, photos
        self._standing, self._words, self._us, self._greet = standing, words, us, greet
        self._seen: LRUCache[int, Handled] = LRUCache(_MAX_SEEN)
        self._events: dict[str, Handled] = {}  # that are under way
        self._albums: TTLCache[str, bool] = TTLCache(10_000, _ALBUM_S)
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, raw: Mapping[str, Any]) -> Handled:
        """Begin with an update; what is given is done when Telegram may forget it.

        The same update again gives the same.
        """
        update_id = int(raw["update_id"])
        if update_id in self._seen:
            return self._seen[update_id]
        handled: Handled = asyncio.get_running_loop().create_future()
        self._seen[update_id] = handled
        self._begin(self._handle(raw, handled))
        return handled

    def answering(self, event_id: str) -> None:
        """Note that the conversation begins to answer."""
        if handled := self._events.get(event_id):
            _done(handled)

    async def close(self) -> None:
        """Cancel what is being answered; what was not handled is brought again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _handle(self, raw: Mapping[str, Any], handled: Handled) -> None:
        try:
            update = Update.de_json(dict(raw), self._bot)
            reading = read(update, self._us())
            await self._beside(reading)
            if reading.event is not None:
                await self._answer(reading, reading.event, handled)
        except Exception:  # of this update alone, which would come again and again
            log.exception("update not answered", kinds=[key for key in raw if key != "update_id"])
        _done(handled)

    async def _beside(self, reading: Reading) -> None:
        """Do what nobody else is needed for."""
        if reading.callback_id:
            self._begin(self._answer_callback(reading.callback_id))
        if reading.moved is not None:
            self._calls.moved(*reading.moved)
        if reading.card is not None:
            self._showing.know_album(*reading.card, reading.card_album)
        if reading.joined is not None:
            await self._greet(reading.joined)
        if reading.inline is not None:
            await self._offer(*reading.inline)

    async def _answer(self, reading: Reading, event: Message | Press, handled: Handled) -> None:
        self._events[event.event_id] = handled
        try:
            if reading.album_id:
                await self._refuse_album(reading.album_id, event)
                return
            if reading.member is not None and await self._standing.manages(*reading.member):
                person = replace(event.person, may_moderate=True, may_manage=True)
                event = replace(event, person=person)
            if isinstance(event, Press):
                await self._listener.on_press(event, self._port)
                return
            if reading.photo is not None:
                event = replace(event, photo=await self._photos.fetch(reading.photo))
            await self._listener.on_message(event, self._port)
        except TooLarge:
            await self._say(self._words.photo_too_large, event)
        finally:
            self._events.pop(event.event_id, None)

    async def _refuse_album(self, album_id: str, event: Message | Press) -> None:
        """Say once that one picture can be drawn over."""
        if album_id not in self._albums:
            self._albums[album_id] = True
            await self._say(self._words.one_photo, event)

    async def _say(self, text: str, event: Message | Press) -> None:
        card = Card(job_id=None, state=CardState.NOTE, text=text)
        try:
            await self._port.send(event.place, card, reply_to=event.event_id)
        except PortError as error:
            log.info("answer not shown", kind=type(error).__name__)

    async def _answer_callback(self, callback_id: str) -> None:
        """Take the waiting sign from a button; one that is too old has none any more."""
        with suppress(TelegramError):
            await self._bot.answer_callback_query(callback_id)

    async def _offer(self, query_id: str, text: str) -> None:
        """Offer to ask for a drawing in whatever chat somebody is: they send it themselves."""
        text = text[:_MAX_INLINE_CHARS]
        results = [
            InlineQueryResultArticle(
                id="draw",
                title=self._words.inline_title.format(text=text),
                description=self._words.inline_about,
                input_message_content=InputTextMessageContent(f"{INLINE_COMMAND} {text}"),
            )
        ]
        with suppress(TelegramError):
            await self._bot.answer_inline_query(
                query_id, results if text else [], cache_time=300, is_personal=False
            )

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _done(handled: Handled) -> None:
    if not handled.done():
        handled.set_result(None)
