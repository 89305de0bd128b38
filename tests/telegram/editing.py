"""Changing and deleting what the bot has sent."""

from dataclasses import dataclass, replace
from typing import Any

from tests.telegram import payloads
from tests.telegram.log import Call
from tests.telegram.refusal import bad
from tests.telegram.sending import MAX_CAPTION, MAX_TEXT, Sending, checked_markup
from tests.telegram.things import Content, Message
from tests.telegram.world import DAY_S, World

_MAX_DELETE_AGE_S = 2 * DAY_S
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


@dataclass(frozen=True, slots=True)
class Editing:
    """The methods that change a message; a keyboard that is left out is taken away."""

    world: World
    sending: Sending

    def text(self, call: Call) -> Any:
        """Answer editMessageText."""
        message = self._message(call, "text messages")
        words = self.sending.words(call.params, "text", "entities", most=MAX_TEXT)
        if not words["text"]:
            raise bad("message text is empty")
        if message.last.is_media:
            raise bad("there is no text in the message to edit")
        return self._show(call, message, Content(**words))

    def caption(self, call: Call) -> Any:
        """Answer editMessageCaption."""
        message = self._message(call, "photos")
        words = self.sending.words(call.params, "caption", "caption_entities", most=MAX_CAPTION)
        if not message.last.is_media:
            raise bad("there is no caption in the message to edit")
        return self._show(call, message, replace(message.last, **words))

    def media(self, call: Call) -> Any:
        """Answer editMessageMedia; a text may become a photo or a document."""
        media = call.params.get("media") or {}
        message = self._message(call, f"{media.get('type')}s")
        if message.album and (media.get("type") == "document") != bool(message.document):
            raise bad("can't use the media of the specified type in the album")
        if "inline_message_id" in call.params and str(media.get("media")).startswith("attach://"):
            raise bad("can't upload a new file to an inline message")
        return self._show(call, message, self.sending.media(call, media))

    def keyboard(self, call: Call) -> Any:
        """Answer editMessageReplyMarkup."""
        message = self._message(call, "text messages")
        return self._show(call, message, message.last)

    def _show(self, call: Call, message: Message, content: Content) -> Any:
        markup = call.params.get("reply_markup")
        shown = replace(content, markup=checked_markup(markup))
        if shown == message.last:
            raise bad(_NOT_MODIFIED)
        self.world.revise(message, shown)
        return True if "inline_message_id" in call.params else payloads.message(message)

    def _message(self, call: Call, right: str) -> Message:
        params = call.params
        if "inline_message_id" in params:
            found = self.world.inline_messages.get(params["inline_message_id"])
            if found is None or found.is_deleted:
                raise bad("MESSAGE_ID_INVALID")
            return found
        chat = self.sending.target(params, right)
        message = self.world.find(chat, params.get("message_id", 0))
        if message is None:
            raise bad("message to edit not found")
        if message.author is not self.world.bot or message.service or message.forced_markup:
            raise bad("message can't be edited")
        return message

    def delete(self, call: Call) -> bool:
        """Answer deleteMessage."""
        chat = self.sending.target(call.params, "")
        message = self.world.find(chat, call.params.get("message_id", 0))
        if message is None:
            raise bad("message to delete not found")
        self._check_deletable(message)
        self.world.remove(message)
        return True

    def delete_all(self, call: Call) -> bool:
        """Answer deleteMessages; what cannot be found is skipped."""
        chat = self.sending.target(call.params, "")
        found = [self.world.find(chat, one) for one in call.params.get("message_ids") or ()]
        for message in found:
            if message is not None:
                self._check_deletable(message)
                self.world.remove(message)
        return True

    def _check_deletable(self, message: Message) -> None:
        world, chat = self.world, message.chat
        is_old = world.clock.now_s() - message.date_s >= _MAX_DELETE_AGE_S
        is_manager = world.status(chat, world.bot).is_manager
        may_delete = message.author is world.bot or chat.is_private or is_manager
        if not may_delete or (is_old and not is_manager):
            raise bad("message can't be deleted for everyone")
