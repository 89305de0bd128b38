"""The other methods: who the bot is, what it offers, queries that it answers, and where files are."""

import re
from dataclasses import dataclass, field
from typing import Any

from tests.telegram import payloads
from tests.telegram.entities import utf16_len
from tests.telegram.log import Call, Log
from tests.telegram.refusal import OLD_QUERY, bad
from tests.telegram.sending import Sending, checked_markup
from tests.telegram.things import Status
from tests.telegram.updates import Updates
from tests.telegram.world import World

INLINE_LIFE_S = 30.0
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_REACTIONS = frozenset(
    "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 "
    "🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡".split()
)


@dataclass(slots=True, eq=False)
class Settings:
    """What a bot tells and asks apart from messages."""

    world: World
    updates: Updates
    sending: Sending
    log: Log
    callback_life_s: float = 60.0
    commands: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by scope, language
    descriptions: dict[str, str] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)

    def me(self, call: Call) -> dict[str, Any]:
        """Answer getMe."""
        return {
            **payloads.user(self.world.bot),
            "can_join_groups": self.world.allows_groups,
            "can_read_all_group_messages": self.world.reads_all,
            "supports_inline_queries": self.world.allows_inline,
            "can_connect_to_business": False,
            "has_main_web_app": False,
        }

    # Updates.

    def set_webhook(self, call: Call) -> bool:
        """Answer setWebhook."""
        self._note_drop(call)
        self.updates.set_webhook(call.params)
        return True

    def delete_webhook(self, call: Call) -> bool:
        """Answer deleteWebhook."""
        self._note_drop(call)
        dropped = call.params.get("drop_pending_updates", False)
        self.updates.set_webhook({"url": "", "drop_pending_updates": dropped})
        return True

    def _note_drop(self, call: Call) -> None:
        if call.params.get("drop_pending_updates"):
            self.log.add_problem("forgets what people wrote", call)

    def webhook_info(self, call: Call) -> dict[str, Any]:
        """Answer getWebhookInfo."""
        return self.updates.info()

    # Queries.

    def answer_callback(self, call: Call) -> bool:
        """Answer answerCallbackQuery."""
        query = self.world.callbacks.get(call.params.get("callback_query_id", ""))
        now_s = self.world.clock.now_s()
        if query is None or query.is_answered or now_s - query.asked_s > self.callback_life_s:
            if query is not None and query.is_answered:
                self.log.add_problem("answers a press twice", call)
            raise bad(OLD_QUERY)
        if utf16_len(call.params.get("text", "")) > 200:
            raise bad("MESSAGE_TOO_LONG")
        query.answer = {
            key: value for key, value in call.params.items() if key != "callback_query_id"
        }
        return True

    def answer_inline(self, call: Call) -> bool:
        """Answer answerInlineQuery."""
        query = self.world.inlines.get(call.params.get("inline_query_id", ""))
        results = call.params.get("results") or []
        now_s = self.world.clock.now_s()
        if query is None or query.results is not None or now_s - query.asked_s > INLINE_LIFE_S:
            raise bad(OLD_QUERY)
        ids = [one.get("id", "") for one in results]
        if len(results) > 50:
            raise bad("RESULTS_TOO_MUCH")
        if len(set(ids)) < len(ids):
            raise bad("RESULT_ID_DUPLICATE")
        if any(not 1 <= len(one.encode()) <= 64 for one in ids):
            raise bad("RESULT_ID_INVALID")
        for one in results:
            checked_markup(one.get("reply_markup"))
        query.results = tuple(results)
        return True

    # The profile.

    def set_commands(self, call: Call) -> bool:
        """Answer setMyCommands."""
        commands = call.params.get("commands") or []
        if len(commands) > 100:
            raise bad("BOT_COMMANDS_TOO_MUCH")
        for one in commands:
            if not _COMMAND.fullmatch(one.get("command", "").removeprefix("/")):
                raise bad("BOT_COMMAND_INVALID")
            if not 1 <= utf16_len(one.get("description", "")) <= 256:
                raise bad("BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_scope(call)] = commands
        return True

    def get_commands(self, call: Call) -> list[dict[str, Any]]:
        """Answer getMyCommands."""
        return self.commands.get(_scope(call), [])

    def delete_commands(self, call: Call) -> bool:
        """Answer deleteMyCommands."""
        self.commands.pop(_scope(call), None)
        return True

    def describe(self, call: Call) -> bool:
        """Answer setMyDescription."""
        return self._describe(call, "description", 512)

    def describe_shortly(self, call: Call) -> bool:
        """Answer setMyShortDescription."""
        return self._describe(call, "short_description", 120)

    def description(self, call: Call) -> dict[str, str]:
        """Answer getMyDescription."""
        return self._described(call, "description")

    def short_description(self, call: Call) -> dict[str, str]:
        """Answer getMyShortDescription."""
        return self._described(call, "short_description")

    def _described(self, call: Call, key: str) -> dict[str, str]:
        name = f"{key} {call.params.get('language_code', '')}".strip()
        return {key: self.descriptions.get(name, "")}

    def _describe(self, call: Call, key: str, most: int) -> bool:
        text = call.params.get(key, "")
        if utf16_len(text) > most:
            raise bad(f"{key} is too long")
        self.descriptions[f"{key} {call.params.get('language_code', '')}".strip()] = text
        return True

    # Chats and files.

    def chat(self, call: Call) -> dict[str, Any]:
        """Answer getChat."""
        return payloads.full_chat(self.world.chat_of(call.params.get("chat_id")))

    def member(self, call: Call) -> dict[str, Any]:
        """Answer getChatMember."""
        chat = self.world.chat_of(call.params.get("chat_id"))
        user = self.world.users.get(call.params.get("user_id", 0))
        if user is None or (user.id not in chat.members and not chat.is_private):
            raise bad("member not found")
        status = Status.MEMBER if chat.is_private else self.world.status(chat, user)
        return payloads.member(user, status)

    def managers(self, call: Call) -> list[dict[str, Any]]:
        """Answer getChatAdministrators."""
        chat = self.sending.target(call.params, "")
        every = [(self.world.users[key], status) for key, status in chat.members.items()]
        return [
            payloads.member(user, status)
            for user, status in every
            if status.is_manager and (not user.is_bot or user is self.world.bot)
        ]

    def leave(self, call: Call) -> bool:
        """Answer leaveChat."""
        chat = self.sending.target(call.params, "")
        self.left.append(chat.id)
        self.world.set_status(chat, self.world.bot, Status.LEFT, self.world.bot)
        return True

    def react(self, call: Call) -> bool:
        """Answer setMessageReaction."""
        chat = self.sending.target(call.params, "")
        message = self.world.find(chat, call.params.get("message_id", 0))
        if message is None:
            raise bad("message to react not found")
        wanted = call.params.get("reaction") or []
        emojis = [one.get("emoji", "").replace("\ufe0f", "") for one in wanted]
        if len(emojis) > 1 or any(one not in _REACTIONS for one in emojis):
            raise bad("REACTION_INVALID")
        message.reactions.pop(self.world.bot.id, None)
        if emojis:
            message.reactions[self.world.bot.id] = emojis[0]
        return True

    def file(self, call: Call) -> dict[str, Any]:
        """Answer getFile."""
        file, path = self.world.files.link(call.params.get("file_id", ""))
        return {
            "file_id": file.id,
            "file_unique_id": file.unique_id,
            "file_size": len(file.data),
            "file_path": path,
        }


def _scope(call: Call) -> str:
    scope = call.params.get("scope") or {"type": "default"}
    parts = (scope.get("type"), scope.get("chat_id"), scope.get("user_id"))
    return " ".join(str(one) for one in (*parts, call.params.get("language_code")) if one)
