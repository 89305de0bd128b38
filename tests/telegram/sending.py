"""Sending: text, photos, documents and albums, by the rules of the chat that they go to."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from tests.telegram import entities, payloads
from tests.telegram.log import Call
from tests.telegram.refusal import bad, forbidden
from tests.telegram.things import Chat, ChatKind, Content, Message
from tests.telegram.world import World

MAX_TEXT, MAX_CAPTION = 4096, 1024
_MAX_DATA_BYTES, _MAX_BUTTONS, _MAX_IN_ROW = 64, 100, 8
_ACTIONS = frozenset(
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document "
    "choose_sticker find_location record_video_note upload_video_note".split()
)


@dataclass(frozen=True, slots=True)
class Sending:
    """The methods that show something new."""

    world: World

    def text(self, call: Call) -> dict[str, Any]:
        """Answer sendMessage."""
        chat = self.target(call.params, "text messages")
        content = Content(**self.words(call.params, "text", "entities", most=MAX_TEXT))
        if not content.text:
            raise bad("message text is empty")
        return payloads.message(self._post(call.params, chat, content))

    def photo(self, call: Call) -> dict[str, Any]:
        """Answer sendPhoto."""
        return self._media(call, "photo", {"type": "photo", "media": call.params.get("photo")})

    def document(self, call: Call) -> dict[str, Any]:
        """Answer sendDocument."""
        media = {"type": "document", "media": call.params.get("document")}
        return self._media(call, "document", media)

    def _media(self, call: Call, kind: str, media: dict[str, Any]) -> dict[str, Any]:
        chat = self.target(call.params, f"{kind}s")
        content = self.media(call, {**call.params, **media})
        return payloads.message(self._post(call.params, chat, content))

    def album(self, call: Call) -> list[dict[str, Any]]:
        """Answer sendMediaGroup."""
        items = call.params.get("media") or []
        if not 2 <= len(items) <= 10:
            raise bad("there must be from 2 to 10 media in an album")
        kinds = {one.get("type") for one in items}
        if len(kinds) > 1:
            raise bad("can't use the media of the specified type in the album")
        chat = self.target(call.params, f"{kinds.pop()}s")
        contents = [self.media(call, one) for one in items]
        album = str(secrets.randbits(62))
        return [
            payloads.message(self._post(call.params, chat, one, album=album)) for one in contents
        ]

    def action(self, call: Call) -> bool:
        """Answer sendChatAction."""
        chat = self.target(call.params, "")
        if call.params.get("action") not in _ACTIONS:
            raise bad("wrong parameter action in request")
        self._thread(call.params, chat)
        chat.actions.append((self.world.clock.now_s(), call.params["action"]))
        return True

    def _post(
        self, params: dict[str, Any], chat: Chat, content: Content, *, album: str = ""
    ) -> Message:
        markup, forced = params.get("reply_markup"), None
        if markup is not None and "inline_keyboard" not in markup:
            markup, forced = None, markup
        answered = self._answered(params, chat)
        thread_id = self._thread(params, chat)
        if thread_id is None and answered is not None:
            thread_id = answered.thread_id
        shown = Content(
            text=content.text,
            entities=content.entities,
            photo=content.photo,
            document=content.document,
            is_spoiler=content.is_spoiler,
            markup=checked_markup(markup),
        )
        return self.world.post(
            chat,
            self.world.bot,
            shown,
            reply_to=answered,
            thread_id=thread_id,
            album=album,
            forced_markup=forced,
        )

    # What all of them ask.

    def target(self, params: dict[str, Any], right: str) -> Chat:
        """Find the chat, in which the bot must be allowed to write. Raises Refused."""
        chat, world = self.world.chat_of(params.get("chat_id")), self.world
        if chat.user is not None:
            if chat.user.is_deactivated:
                raise forbidden("user is deactivated")
            if chat.is_blocked:
                raise forbidden("bot was blocked by the user")
            if not chat.has_started:
                raise forbidden("bot can't initiate conversation with a user")
            return chat
        name = "supergroup chat" if chat.kind is ChatKind.SUPERGROUP else "group chat"
        status = world.status(chat, world.bot)
        if status == "kicked":
            raise forbidden(f"bot was kicked from the {name}")
        if not status.is_in:
            raise forbidden(f"bot is not a member of the {name}")
        if right in chat.forbidden and not status.is_manager:
            raise bad(f"not enough rights to send {right} to the chat")
        return chat

    def _thread(self, params: dict[str, Any], chat: Chat) -> int | None:
        thread_id: int | None = params.get("message_thread_id")
        if thread_id is not None and thread_id not in chat.topics:
            raise bad("message thread not found")
        return thread_id

    def _answered(self, params: dict[str, Any], chat: Chat) -> Message | None:
        wanted = params.get("reply_parameters")
        if not wanted:
            return None
        message = self.world.find(chat, wanted.get("message_id", 0))
        if message is None and not wanted.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        return message

    def words(
        self, params: dict[str, Any], key: str, entities_key: str, *, most: int
    ) -> dict[str, Any]:
        """Read a text or a caption. Raises Refused."""
        mode, given = params.get("parse_mode"), params.get(entities_key)
        text, found = entities.read(params.get(key) or "", mode, given)
        if entities.utf16_len(text) > most:
            what = "message is too long" if key == "text" else "message caption is too long"
            raise bad(what)
        return {"text": text, "entities": found}

    def media(self, call: Call, media: dict[str, Any]) -> Content:
        """Take a file with its caption. Raises Refused."""
        words = self.words(media, "caption", "caption_entities", most=MAX_CAPTION)
        name, data = self._file(call, media.get("media"))
        files = self.world.files
        if media.get("type") == "photo":
            sizes = files.photo(data) if data is not None else files.sizes_of(name)
            return Content(**words, photo=sizes, is_spoiler=bool(media.get("has_spoiler")))
        kept = files.document(data, name) if data is not None else files.document_of(name)
        return Content(**words, document=kept)

    @staticmethod
    def _file(call: Call, named: Any) -> tuple[str, bytes | None]:
        """Give the name and the bytes of a part, or a file id and nothing."""
        if not isinstance(named, str) or not named:
            raise bad("there is no media in the request")
        if not named.startswith("attach://"):
            return named, None
        part = call.files.get(named.removeprefix("attach://"))
        if part is None:
            raise bad("there is no file in the request")
        return part


def checked_markup(markup: dict[str, Any] | None) -> dict[str, Any] | None:
    """Take an inline keyboard; None where it has no buttons. Raises Refused."""
    rows = [row for row in (markup or {}).get("inline_keyboard", ()) if row]
    if not rows:
        return None
    if sum(map(len, rows)) > _MAX_BUTTONS or max(map(len, rows)) > _MAX_IN_ROW:
        raise bad("REPLY_MARKUP_TOO_LONG")
    for button in (one for row in rows for one in row):
        _check_button(button)
    kept: dict[str, Any] = json.loads(json.dumps({"inline_keyboard": rows}))
    return kept


def _check_button(button: dict[str, Any]) -> None:
    if not button.get("text", "").strip():
        raise bad("BUTTON_TEXT_INVALID")
    actions = button.keys() - {"text", "style"}
    if len(actions) != 1:
        raise bad("BUTTON_TYPE_INVALID")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= _MAX_DATA_BYTES:
        raise bad("BUTTON_DATA_INVALID")


def weight_of(method: str, params: dict[str, Any]) -> int:
    """Say as how many messages a call counts; edits count like messages."""
    if method == "sendMediaGroup":
        return len(params.get("media") or ())
    return int(method.startswith(("sendM", "sendP", "sendD", "editM")))
