"""A card on its way into a chat: laid out, and once more in another form where Telegram does not take it.

An edit is repeatable, whatever it makes of a message. Several pictures are an album, which no edit can
make: the card is stripped of its buttons, the album is sent as an answer to it, and the buttons come
back. A second try sees by them how far the first one came, so that no picture comes twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from cachetools import LRUCache
from telegram import Bot, LinkPreviewOptions, Message, ReplyParameters

from bot.adapters.port import Card, CardState, FileReader, MessageGone, PortError, Unclear
from bot.adapters.telegram import media
from bot.adapters.telegram.calls import PATIENCE_S, Calls
from bot.adapters.telegram.handle import Where
from bot.adapters.telegram.layout import MAX_CAPTION, MAX_TEXT, Written, markup_of, written
from bot.adapters.telegram.limits import Urgency
from bot.adapters.telegram.media import Form, Picture
from bot.adapters.telegram.refusal import (
    NO_TEXT,
    NOT_DELETABLE,
    NOT_MODIFIED,
    NOTHING_TO_DELETE,
    NotTaken,
    says,
)

log = structlog.get_logger()

T = TypeVar("T")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)
_MAX_REMEMBERED = 10_000
_TEXT_TRIES = 3  # below an album, which must not be sent again for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where something is sent, what it answers, and how long it may have to wait."""

    where: Where
    reply_to: int = 0
    urgency: Urgency = Urgency.ANSWER
    patience_s: float = PATIENCE_S


class Showing:
    """Shows cards in chats; lives as long as the adapter."""

    def __init__(self, bot: Bot, calls: Calls, files: FileReader, *, no_photos: str) -> None:
        self._bot, self._calls, self._files, self._no_photos = bot, calls, files, no_photos
        self._albums: LRUCache[tuple[int, int], tuple[int, ...]] = LRUCache(_MAX_REMEMBERED)
        self._unsent: set[tuple[int, int]] = set()  # whose albums were surely not taken
        self._fresh: LRUCache[tuple[int, int], bool] = LRUCache(_MAX_REMEMBERED)  # without albums

    def know_album(self, chat_id: int, message_id: int, album: tuple[int, ...]) -> None:
        """Remember which messages hold the pictures of a card."""
        if album:
            self._albums[chat_id, message_id] = album

    async def send(self, way: Way, card: Card) -> Message:
        """Show a new card. Raises what the port raises, or OSError."""

        async def ask(form: Form) -> Message:
            pictures = await media.pictures_of(card, form, self._files)
            if len(pictures) > 1:
                return await self._send_album_and_card(way, card, pictures, form)
            return await self._send_one(way, card, pictures[0] if pictures else None, form)

        message = await _in_a_form(card, ask)
        if card.state is CardState.WAITING:
            self._fresh[message.chat.id, message.message_id] = True
        return message

    async def edit(self, where: Where, message_id: int, card: Card, *, urgency: Urgency) -> None:
        """Replace what a message shows. Raises what the port raises, or OSError."""

        async def ask(form: Form) -> None:
            pictures = await media.pictures_of(card, form, self._files)
            if len(pictures) > 1:
                await self._edit_beside_album(where, message_id, card, pictures, form)
            elif pictures:
                said = written(card, max_units=MAX_CAPTION)
                await self._edit_media(
                    where, message_id, card, media.media_of(pictures[0], form, said)
                )
            else:
                said = written(card, note=self._note(form))
                await self._edit_text(where, message_id, card, said, urgency=urgency)

        await _in_a_form(card, ask)

    async def remove(self, where: Where, message_id: int) -> None:
        """Delete a message and the pictures that belong to it. Raises like the port's `remove`."""
        is_left = False
        for one in (*self._albums.get((where.chat_id, message_id), ()), message_id):
            try:
                await self._calls.ask(
                    where, self._deletion(one), urgency=Urgency.ENDING, is_edit=True
                )
            except (PortError, NotTaken) as error:
                reason = error.__cause__ or error
                if says(reason, NOT_DELETABLE):
                    is_left = True
                    if one != message_id:
                        await self._edit_media(where, one, None, media.cover(Written(MAX_CAPTION)))
                elif not says(reason, NOTHING_TO_DELETE):
                    raise
        if is_left:
            raise MessageGone

    def _deletion(self, message_id: int) -> Callable[[Where], Awaitable[bool]]:
        return lambda at: self._bot.delete_message(at.chat_id, message_id)

    def _note(self, form: Form) -> str:
        return "" if form.has_pictures else self._no_photos

    async def _send_one(
        self,
        way: Way,
        card: Card,
        picture: Picture | None,
        form: Form,
        album: Sequence[int] = (),
    ) -> Message:
        """Send one message, with a picture, a file or neither."""
        files = [] if picture else await media.files_of(card, self._files)
        if len(files) > 1:
            return await self._send_files(way, card, files)
        name, data = ("", None)
        if picture is not None:
            name, data = picture.name, picture.data
        elif files:
            name, data = files[0]
        is_text = data is None
        said = written(card, max_units=MAX_TEXT if is_text else MAX_CAPTION, note=self._note(form))
        common: dict[str, Any] = {
            "reply_markup": markup_of(card, album=album),
            "reply_parameters": _reply(way),
        }

        async def ask(at: Where) -> Message:
            common["message_thread_id"] = at.thread_id
            if data is None:
                return await self._bot.send_message(
                    at.chat_id,
                    said.text,
                    entities=said.entities,
                    link_preview_options=_NO_PREVIEW,
                    **common,
                )
            told: dict[str, Any] = {
                "caption": said.text,
                "caption_entities": said.entities,
                "filename": name,
            }
            if picture is None or form.is_document:
                return await self._bot.send_document(at.chat_id, data, **told, **common)
            spoiler = picture.file.is_spoiler
            return await self._bot.send_photo(
                at.chat_id, data, has_spoiler=spoiler, **told, **common
            )

        return await self._calls.ask(way.where, ask, urgency=way.urgency, patience_s=way.patience_s)

    async def _send_files(
        self, way: Way, card: Card, files: Sequence[tuple[str, bytes]]
    ) -> Message:
        """Send several files to be saved, with what the card says at the last of them."""
        said = written(card, max_units=MAX_CAPTION)
        sent = await self._send_group(way, media.file_album(files, said))
        return sent[-1]

    async def _send_album_and_card(
        self, way: Way, card: Card, pictures: Sequence[Picture], form: Form
    ) -> Message:
        """Send the pictures, and the card below them; nothing makes the pictures come twice."""
        sent = await self._send_album(way, pictures, form)
        album = tuple(message.message_id for message in sent)
        for _ in range(_TEXT_TRIES):
            try:
                message = await self._send_one(way, card, None, Form(), album)
            except (PortError, NotTaken) as error:
                log.warning("card below an album not shown", kind=type(error).__name__)
            else:
                self.know_album(message.chat_id, message.message_id, album)
                return message
        return sent[0]

    async def _send_album(
        self, way: Way, pictures: Sequence[Picture], form: Form
    ) -> tuple[Message, ...]:
        return await self._send_group(way, media.album_of(pictures, form))

    async def _send_group(self, way: Way, group: Sequence[media.Media]) -> tuple[Message, ...]:
        return await self._calls.ask(
            way.where,
            lambda at: self._bot.send_media_group(
                at.chat_id,
                group,
                message_thread_id=at.thread_id,
                reply_parameters=_reply(way),
            ),
            urgency=way.urgency,
            weight=len(group),
            patience_s=way.patience_s,
        )

    async def _edit_text(
        self,
        where: Where,
        message_id: int,
        card: Card,
        said: Written,
        *,
        urgency: Urgency = Urgency.ENDING,
        has_buttons: bool = True,
        album: Sequence[int] = (),
    ) -> bool:
        """Edit a text; False where it was there already. A picture in its place is covered."""
        markup: Any = markup_of(card, album=album) if has_buttons else None
        try:
            await self._calls.ask(
                where,
                lambda at: self._bot.edit_message_text(
                    said.text,
                    at.chat_id,
                    message_id,
                    entities=said.entities,
                    link_preview_options=_NO_PREVIEW,
                    reply_markup=markup,
                ),
                urgency=urgency,
                is_edit=True,
            )
        except NotTaken as error:
            if says(error, NOT_MODIFIED):
                return False
            if not says(error, NO_TEXT):
                raise
            caption = written(card, max_units=MAX_CAPTION)
            await self._edit_media(where, message_id, card, media.cover(caption))
        return True

    async def _edit_media(
        self, where: Where, message_id: int, card: Card | None, shown: media.Media
    ) -> None:
        markup: Any = markup_of(card) if card else None
        try:
            await self._calls.ask(
                where,
                lambda at: self._bot.edit_message_media(
                    shown, at.chat_id, message_id, reply_markup=markup
                ),
                urgency=Urgency.ENDING,
                is_edit=True,
            )
        except NotTaken as error:
            if not says(error, NOT_MODIFIED):
                raise

    async def _edit_beside_album(
        self,
        where: Where,
        message_id: int,
        card: Card,
        pictures: Sequence[Picture],
        form: Form,
    ) -> None:
        """Complete a card whose album stands beside it, and send that unless it is there."""
        key, said = (where.chat_id, message_id), written(card)
        if key not in self._albums:
            is_fresh = self._fresh.pop(key, False)
            is_whole = not is_fresh and await self._is_whole(where, message_id, said)
            is_new = not is_whole and await self._edit_text(
                where, message_id, card, said, has_buttons=False
            )
            if is_new or key in self._unsent:
                self._unsent.add(key)
                way = Way(where=where, reply_to=message_id, urgency=Urgency.ENDING)
                self.know_album(*key, await self._album_once(way, pictures, form))
                self._unsent.discard(key)
        album = self._albums.get(key, ())
        await self._edit_text(where, message_id, card, said, album=album)

    async def _album_once(
        self, way: Way, pictures: Sequence[Picture], form: Form
    ) -> tuple[int, ...]:
        """Send an album that surely is not there; one that may have arrived counts as sent."""
        try:
            sent = await self._send_album(way, pictures, form)
        except Unclear:
            log.warning("album may have arrived")
            return ()
        return tuple(message.message_id for message in sent)

    async def _is_whole(self, where: Where, message_id: int, said: Written) -> bool:
        """Take the buttons of a card away, and say whether it was complete with them.

        The answer to an edit is the only way to read a message of one's own.
        """
        try:
            message = await self._calls.ask(
                where,
                lambda at: self._bot.edit_message_reply_markup(at.chat_id, message_id),
                urgency=Urgency.ENDING,
                is_edit=True,
            )
        except NotTaken as error:
            if not says(error, NOT_MODIFIED):
                raise
            return False  # it had none: its text tells how far it is
        return isinstance(message, Message) and message.text == said.text


def _reply(way: Way) -> ReplyParameters | None:
    """Say what is answered; that it may be gone by then keeps nothing from being sent."""
    if not way.reply_to:
        return None
    return ReplyParameters(way.reply_to, allow_sending_without_reply=True)


async def _in_a_form(card: Card, ask: Callable[[Form], Awaitable[T]]) -> T:
    """Ask with a card's pictures in one form after the other. Raises what the last one raised."""
    form = media.form_of(card)
    while True:
        try:
            return await ask(form)
        except (PortError, NotTaken) as error:
            other = form.after(error.__cause__ or error) if card.pictures else None
            if other is None:
                raise
            log.info("card not taken", job_id=card.job_id, reason=str(error.__cause__ or error))
            form = other
