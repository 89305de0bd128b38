"""A card on its way into a chat: laid out, and once more in another form where Telegram does not take it.

An edit is repeatable, whatever it makes of a message. Several pictures are an album, which no edit can
make: the card is stripped of its buttons, the album is sent as an answer to it, and the buttons come
back. A second try sees by them how far the first one came, so that no picture comes twice.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
from cachetools import LRUCache
from telegram import Message

from bot.adapters.port import Card, CardState, FileReader, MessageGone, PortError, Unclear
from bot.adapters.telegram import media
from bot.adapters.telegram.handle import Where
from bot.adapters.telegram.layout import MAX_CAPTION, MAX_TEXT, Written, markup_of, written
from bot.adapters.telegram.limits import Urgency
from bot.adapters.telegram.media import Form, Picture
from bot.adapters.telegram.messages import Attached, Messages, Way
from bot.adapters.telegram.refusal import (
    NO_TEXT,
    NOT_DELETABLE,
    NOTHING_TO_DELETE,
    NotTaken,
    says,
)

log = structlog.get_logger()

T = TypeVar("T")
_MAX_REMEMBERED = 10_000
_TEXT_TRIES = 3  # below an album, which must not be sent again for it


class Showing:
    """Shows cards in chats; lives as long as the adapter."""

    def __init__(self, messages: Messages, files: FileReader, *, no_photos: str) -> None:
        self._messages, self._files, self._no_photos = messages, files, no_photos
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
                return await self._send_with_album(way, card, pictures, form)
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
                shown = media.media_of(pictures[0], form, written(card, max_units=MAX_CAPTION))
                await self._messages.edit_media(where, message_id, shown, markup_of(card))
            else:
                await self._edit_text(where, message_id, card, form, urgency=urgency)

        await _in_a_form(card, ask)

    async def remove(self, where: Where, message_id: int) -> None:
        """Delete a message and the pictures that belong to it. Raises like the port's `remove`."""
        is_left = False
        for one in (*self._albums.get((where.chat_id, message_id), ()), message_id):
            try:
                await self._messages.delete(where, one)
            except (PortError, NotTaken) as error:
                reason = error.__cause__ or error
                if says(reason, NOT_DELETABLE):
                    is_left = True
                    if one != message_id:
                        cover = media.cover(Written(MAX_CAPTION))
                        await self._messages.edit_media(where, one, cover)
                elif not says(reason, NOTHING_TO_DELETE):
                    raise
        if is_left:
            raise MessageGone

    async def _send_one(
        self,
        way: Way,
        card: Card,
        picture: Picture | None,
        form: Form,
        album: Sequence[int] = (),
    ) -> Message:
        """Send one message with a picture, with files or with neither."""
        files = [] if picture else await media.files_of(card, self._files)
        if len(files) > 1:
            said = written(card, max_units=MAX_CAPTION)
            return (await self._messages.send_group(way, media.file_album(files, said)))[-1]
        attached = None
        if picture is not None:
            attached = Attached(
                name=picture.name,
                data=picture.data,
                is_photo=not form.is_document,
                is_spoiler=picture.file.is_spoiler,
            )
        elif files:
            attached = Attached(name=files[0][0], data=files[0][1])
        max_units = MAX_TEXT if attached is None else MAX_CAPTION
        said = written(card, max_units=max_units, note=self._note(form))
        return await self._messages.send(way, said, markup_of(card, album=album), attached)

    async def _send_with_album(
        self, way: Way, card: Card, pictures: Sequence[Picture], form: Form
    ) -> Message:
        """Send the pictures, and the card below them; nothing makes the pictures come twice."""
        sent = await self._messages.send_group(way, media.album_of(pictures, form))
        album = tuple(message.message_id for message in sent)
        for _ in range(_TEXT_TRIES):
            try:
                message = await self._send_one(way, card, None, Form(), album)
            except (PortError, NotTaken) as error:
                log.warning("card below an album not shown", kind=type(error).__name__)
            else:
                self.know_album(message.chat.id, message.message_id, album)
                return message
        return sent[0]

    async def _edit_text(
        self, where: Where, message_id: int, card: Card, form: Form, *, urgency: Urgency
    ) -> None:
        """Let a message be a text; a picture in its place is covered."""
        said = written(card, note=self._note(form))
        try:
            await self._messages.edit_text(
                where, message_id, said, markup_of(card), urgency=urgency
            )
        except NotTaken as error:
            if not says(error, NO_TEXT):
                raise
            cover = media.cover(written(card, max_units=MAX_CAPTION))
            await self._messages.edit_media(where, message_id, cover, markup_of(card))

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
        if key not in self._albums and await self._lacks_album(where, message_id, said):
            self._unsent.add(key)
            way = Way(where=where, reply_to=message_id, urgency=Urgency.ENDING)
            self.know_album(*key, await self._album_once(way, pictures, form))
            self._unsent.discard(key)
        markup = markup_of(card, album=self._albums.get(key, ()))
        await self._messages.edit_text(where, message_id, said, markup)

    async def _lacks_album(self, where: Where, message_id: int, said: Written) -> bool:
        """Bring a card to where it stands without buttons, and say whether its album is still to come."""
        key = (where.chat_id, message_id)
        is_fresh = self._fresh.pop(key, False)
        if not is_fresh and await self._messages.strip(where, message_id) == said.text:
            return key in self._unsent  # it was complete
        is_new = await self._messages.edit_text(where, message_id, said, None)
        return is_new or key in self._unsent

    async def _album_once(
        self, way: Way, pictures: Sequence[Picture], form: Form
    ) -> tuple[int, ...]:
        """Send an album that surely is not there; one that may have arrived counts as sent."""
        try:
            sent = await self._messages.send_group(way, media.album_of(pictures, form))
        except Unclear:
            log.warning("album may have arrived")
            return ()
        return tuple(message.message_id for message in sent)

    def _note(self, form: Form) -> str:
        return "" if form.has_pictures else self._no_photos


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
