"""What the Bot API takes: the parameters of each method that is served, and the objects in them.

Written down from the manual, and only for what this bot has a use for: anything else is a problem.
A type is `int`, `str`, `bool`, `id` (a number or @name), `file` (a part, attach:// or a file id), the
name of an object, or one of these in brackets for a list. `!` marks what has to be there.
"""

import json
from collections.abc import Mapping
from typing import Any

_SEND = (
    "chat_id!:id message_thread_id:int disable_notification:bool protect_content:bool "
    "message_effect_id:str reply_parameters:ReplyParameters"
)
_CAPTION = "caption:str parse_mode:str caption_entities:[MessageEntity]"
_EDIT = "chat_id:id message_id:int inline_message_id:str reply_markup:InlineKeyboardMarkup"
_COMMANDS = "scope:BotCommandScope language_code:str"
_FIELDS = {
    "getMe": "",
    "getUpdates": "offset:int limit:int timeout:int allowed_updates:[str]",
    "setWebhook": "url!:str ip_address:str max_connections:int allowed_updates:[str] "
    "drop_pending_updates:bool secret_token:str",
    "deleteWebhook": "drop_pending_updates:bool",
    "getWebhookInfo": "",
    "sendMessage": f"{_SEND} text!:str parse_mode:str entities:[MessageEntity] "
    "link_preview_options:LinkPreviewOptions reply_markup:Markup",
    "sendPhoto": f"{_SEND} {_CAPTION} photo!:file show_caption_above_media:bool has_spoiler:bool "
    "reply_markup:Markup",
    "sendDocument": f"{_SEND} {_CAPTION} document!:file thumbnail:file "
    "disable_content_type_detection:bool reply_markup:Markup",
    "sendMediaGroup": f"{_SEND} media!:[InputMedia]",
    "sendChatAction": "chat_id!:id message_thread_id:int action!:str",
    "editMessageText": f"{_EDIT} text!:str parse_mode:str entities:[MessageEntity] "
    "link_preview_options:LinkPreviewOptions",
    "editMessageCaption": f"{_EDIT} {_CAPTION} show_caption_above_media:bool",
    "editMessageMedia": f"{_EDIT} media!:InputMedia",
    "editMessageReplyMarkup": _EDIT,
    "deleteMessage": "chat_id!:id message_id!:int",
    "deleteMessages": "chat_id!:id message_ids!:[int]",
    "answerCallbackQuery": "callback_query_id!:str text:str show_alert:bool url:str cache_time:int",
    "setMessageReaction": "chat_id!:id message_id!:int reaction:[ReactionType] is_big:bool",
    "getFile": "file_id!:str",
    "setMyCommands": f"commands!:[BotCommand] {_COMMANDS}",
    "getMyCommands": _COMMANDS,
    "deleteMyCommands": _COMMANDS,
    "setMyDescription": "description:str language_code:str",
    "setMyShortDescription": "short_description:str language_code:str",
    "getMyDescription": "language_code:str",
    "getMyShortDescription": "language_code:str",
    "getChat": "chat_id!:id",
    "getChatMember": "chat_id!:id user_id!:int",
    "getChatAdministrators": "chat_id!:id return_bots:bool",
    "leaveChat": "chat_id!:id",
    "answerInlineQuery": "inline_query_id!:str results!:[InlineQueryResult] cache_time:int "
    "is_personal:bool next_offset:str button:InlineQueryResultsButton",
    # Objects.
    "ReplyParameters": "message_id!:int chat_id:id allow_sending_without_reply:bool quote:str "
    "quote_parse_mode:str quote_entities:[MessageEntity] quote_position:int",
    "LinkPreviewOptions": "is_disabled:bool url:str prefer_small_media:bool "
    "prefer_large_media:bool show_above_text:bool",
    "MessageEntity": "type!:str offset!:int length!:int url:str user:User language:str "
    "custom_emoji_id:str",
    "InlineKeyboardMarkup": "inline_keyboard!:[[InlineKeyboardButton]]",
    "InlineKeyboardButton": "text!:str style:str url:str callback_data:str "
    "switch_inline_query:str switch_inline_query_current_chat:str",
    "ReplyKeyboardRemove": "remove_keyboard!:bool selective:bool",
    "ForceReply": "force_reply!:bool input_field_placeholder:str selective:bool",
    "InputMediaPhoto": f"type!:str media!:file {_CAPTION} show_caption_above_media:bool "
    "has_spoiler:bool",
    "InputMediaDocument": f"type!:str media!:file thumbnail:file {_CAPTION} "
    "disable_content_type_detection:bool",
    "BotCommand": "command!:str description!:str",
    "BotCommandScope": "type!:str chat_id:id user_id:int",
    "ReactionType": "type!:str emoji!:str",
    "User": "id!:int is_bot!:bool first_name!:str last_name:str username:str",
    "InlineQueryResultArticle": "type!:str id!:str title!:str "
    "input_message_content!:InputTextMessageContent reply_markup:InlineKeyboardMarkup url:str "
    "description:str thumbnail_url:str thumbnail_width:int thumbnail_height:int",
    "InlineQueryResultCachedPhoto": f"type!:str id!:str photo_file_id!:str title:str "
    f"description:str {_CAPTION} reply_markup:InlineKeyboardMarkup",
    "InputTextMessageContent": "message_text!:str parse_mode:str entities:[MessageEntity] "
    "link_preview_options:LinkPreviewOptions",
    "InlineQueryResultsButton": "text!:str start_parameter:str",
}
_BY_TYPE = {
    "InputMedia": {"photo": "InputMediaPhoto", "document": "InputMediaDocument"},
    "InlineQueryResult": {
        "article": "InlineQueryResultArticle",
        "photo": "InlineQueryResultCachedPhoto",
    },
}
_MARKUPS = {
    "inline_keyboard": "InlineKeyboardMarkup",
    "remove_keyboard": "ReplyKeyboardRemove",
    "force_reply": "ForceReply",
}
_PLAIN = frozenset({"int", "str", "bool", "id", "file"})


def _parsed(text: str) -> dict[str, tuple[str, bool]]:
    """Read a line of the table: the type of each field, and whether it has to be there."""
    pairs = (word.split(":") for word in text.split())
    return {name.removesuffix("!"): (kind, name.endswith("!")) for name, kind in pairs}


_TABLE = {name: _parsed(text) for name, text in _FIELDS.items()}
METHODS = {name.lower(): name for name in _FIELDS if name[0].islower()}


class Contract:
    """Reads one call: `params` as values, and everything about it that the manual does not allow."""

    def __init__(self, method: str, sent: Mapping[str, Any], parts: frozenset[str]) -> None:
        """method: as METHODS spells it; parts: the names of the file parts."""
        self.problems: list[str] = []
        self.is_usable = True  # nothing is missing or of another type
        self._parts, self._named = parts, set[str]()
        whole = {**sent, **{name: f"attach://{name}" for name in parts if name in _TABLE[method]}}
        self.params: dict[str, Any] = self._object(method, whole, method)
        self.problems += [f"the part {name!r} is named nowhere" for name in parts - self._named]

    def _object(self, name: str, value: Any, path: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._spoil(f"{path} is no {name}")
            return {}
        fields = _TABLE[name]
        self.problems += [f"{path} has no {key!r}" for key in value.keys() - fields.keys()]
        for key, (_, is_needed) in fields.items():
            if is_needed and value.get(key) is None:
                self._spoil(f"{path} lacks {key!r}")
        return {
            key: self._value(fields[key][0], one, f"{path}.{key}")
            for key, one in value.items()
            if key in fields and one is not None
        }

    def _value(self, kind: str, value: Any, path: str) -> Any:
        if kind in _PLAIN:
            return self._plain(kind, value, path)
        if isinstance(value, str):
            value = self._json(value, path)
        if kind.startswith("["):
            if not isinstance(value, list):
                self._spoil(f"{path} is no list")
                return []
            return [self._value(kind[1:-1], one, f"{path}[{i}]") for i, one in enumerate(value)]
        name = self._name(kind, value)
        if name is None:
            self._spoil(f"{path} is no {kind} that is known here")
            return {}
        return self._object(name, value, path)

    def _spoil(self, problem: str) -> None:
        self.problems.append(problem)
        self.is_usable = False

    @staticmethod
    def _name(kind: str, value: Any) -> str | None:
        """Say which of several objects it is."""
        if not isinstance(value, dict):
            return None if kind in _BY_TYPE or kind == "Markup" else kind
        if kind == "Markup":
            return next((name for key, name in _MARKUPS.items() if key in value), None)
        return _BY_TYPE[kind].get(value.get("type", "")) if kind in _BY_TYPE else kind

    def _json(self, text: str, path: str) -> Any:
        try:
            return json.loads(text)
        except ValueError:
            self._spoil(f"{path} is no JSON")
            return None

    def _plain(self, kind: str, value: Any, path: str) -> Any:
        if kind in ("int", "id") and isinstance(value, str) and value.lstrip("-").isdigit():
            return int(value)
        if kind == "bool" and value in ("true", "false", "True", "False"):
            return value in ("true", "True")
        if kind == "file":
            self._note_part(value, path)
        is_number = isinstance(value, int) and not isinstance(value, bool)
        is_right = {
            "int": is_number,
            "id": is_number or isinstance(value, str),
            "bool": isinstance(value, bool),
        }.get(kind, isinstance(value, str))
        if not is_right:
            self._spoil(f"{path} is no {kind}")
        return value

    def _note_part(self, value: Any, path: str) -> None:
        if isinstance(value, str) and value.startswith("attach://"):
            name = value.removeprefix("attach://")
            self._named.add(name)
            if name not in self._parts:
                self._spoil(f"{path} names a part that was not sent")
