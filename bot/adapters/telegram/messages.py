"""Single messages of ours: sent, edited and taken away. Knows no card.

An edit that changes nothing is done, whatever Telegram calls it.
"""

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from telegram import Bot, LinkPreviewOptions, Message, ReplyParameters

from bot.adapters.telegram.calls import PATIENCE_S, Calls
from bot.adapters.telegram.handle import Where
from bot.adapters.telegram.layout import Markup, Written
from bot.adapters.telegram.limits import Urgency
from bot.adapters.telegram.media import Media
from bot.adapters.telegram.refusal import NOT_MODIFIED, NotTaken, says

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where something is sent, what it answers, and how long it may have to wait."""

    where: Where
    reply_to: int = 0
    urgency: Urgency = Urgency.ANSWER
    patience_s: float = PATIENCE_S

    @property
    def reply(self) -> ReplyParameters | None:
        """Say what is answered; that it may be gone by then keeps nothing from being sent."""
        if not self.reply_to:
            return None
        return ReplyParameters(self.reply_to, allow_sending_without_reply=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """What goes with a message: a photo to look at, or a document to be saved."""

    name: str
    data: bytes = field(repr=False)
    is_photo: bool = False
    is_spoiler: bool = False  # of a photo


class Messages:
    """Asks for messages; lives as long as the adapter. Everything raises what `Calls.ask` raises."""

    def __init__(self, bot: Bot, calls: Calls) -> None:
        self._bot, self._calls = bot, calls

    async def send(
        self, way: Way, said: Written, markup: Markup, attached: Attached | None = None
    ) -> Message:
        """Send one message."""
        common: dict[str, Any] = {"reply_markup": markup, "reply_parameters": way.reply}
        if attached is not None:
            common["caption"], common["caption_entities"] = said.text, said.entities
            common["filename"] = attached.name

        async def ask(at: Where) -> Message:
            common["message_thread_id"] = at.thread_id
            if attached is None:
                return await self._bot.send_message(
                    at.chat_id,
                    said.text,
                    entities=said.entities,
                    link_preview_options=_NO_PREVIEW,
                    **common,
                )
            if not attached.is_photo:
                return await self._bot.send_document(at.chat_id, attached.data, **common)
            return await self._bot.send_photo(
                at.chat_id, attached.data, has_spoiler=attached.is_spoiler, **common
            )

        return await self._calls.ask(way.where, ask, urgency=way.urgency, patience_s=way.patience_s)

    async def send_group(self, way: Way, group: Sequence[Media]) -> tuple[Message, ...]:
        """Send an album."""
        return await self._calls.ask(
            way.where,
            lambda at: self._bot.send_media_group(
                at.chat_id, group, message_thread_id=at.thread_id, reply_parameters=way.reply
            ),
            urgency=way.urgency,
            weight=len(group),
            patience_s=way.patience_s,
        )

    async def edit_text(
        self,
        where: Where,
        message_id: int,
        said: Written,
        markup: Markup,
        *,
        urgency: Urgency = Urgency.ENDING,
    ) -> bool:
        """Let a message say something else; False where it did so already."""
        buttons: Any = markup  # an edit can ask for no answer, and no card that is edited does
        return await self._is_changed(
            self._calls.ask(
                where,
                lambda at: self._bot.edit_message_text(
                    said.text,
                    at.chat_id,
                    message_id,
                    entities=said.entities,
                    link_preview_options=_NO_PREVIEW,
                    reply_markup=buttons,
                ),
                urgency=urgency,
                is_edit=True,
            )
        )

    async def edit_media(
        self, where: Where, message_id: int, shown: Media, markup: Markup = None
    ) -> bool:
        """Let a message show something else; False where it did so already."""
        buttons: Any = markup
        return await self._is_changed(
            self._calls.ask(
                where,
                lambda at: self._bot.edit_message_media(
                    shown, at.chat_id, message_id, reply_markup=buttons
                ),
                urgency=Urgency.ENDING,
                is_edit=True,
            )
        )

    async def strip(self, where: Where, message_id: int) -> str | None:
        """Take the buttons of a message away, and give what it says; None where it had none.

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
            return None
        return message.text if isinstance(message, Message) else None

    async def delete(self, where: Where, message_id: int) -> None:
        """Take a message away."""
        await self._calls.ask(
            where,
            lambda at: self._bot.delete_message(at.chat_id, message_id),
            urgency=Urgency.ENDING,
            is_edit=True,
        )

    @staticmethod
    async def _is_changed(edit: Coroutine[Any, Any, object]) -> bool:
        try:
            await edit
        except NotTaken as error:
            if not says(error, NOT_MODIFIED):
                raise
            return False
        return True
