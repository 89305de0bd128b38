"""The state of the local Telegram, and which messages reach the bot."""

import itertools
import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from tests.telegram import payloads
from tests.telegram.entities import found, part
from tests.telegram.files import Files
from tests.telegram.refusal import bad
from tests.telegram.things import (
    CallbackQuery,
    Chat,
    ChatKind,
    Clock,
    Content,
    InlineQuery,
    Message,
    Status,
    User,
)

DAY_S = 86_400.0
QUEUE_LIFE_S = {"callback_query": 150.0, "inline_query": 30.0, "chosen_inline_result": 600.0}
_FIRST_SUPERGROUP = -1_001_000_000_000


class Reading(StrEnum):
    """How privacy mode is taken: its documents do not agree."""

    LETTER = "letter"  # the FAQ to the letter
    BOTFATHER = "botfather"  # what BotFather says when it is switched on


class World:
    """Accounts, chats and messages."""

    def __init__(self, clock: Clock, files: Files) -> None:
        self.clock, self.files = clock, files
        self.reading = Reading.LETTER
        self.reads_all = False  # privacy mode off; taken by a chat when the bot joins
        self.allows_groups, self.allows_inline = True, True
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.callbacks: dict[str, CallbackQuery] = {}
        self.inlines: dict[str, InlineQuery] = {}
        self.inline_messages: dict[str, Message] = {}
        self.emit: Callable[[str, dict[str, Any], float], None] = lambda *_: None
        self.on_change: Callable[[], None] = lambda: None
        self._user_ids = itertools.count(7_000_000_001)
        self._group_ids = itertools.count(-4_000_000_001, -1)
        self._supergroup_ids = itertools.count(_FIRST_SUPERGROUP, -1)
        self._message_ids: dict[int | None, itertools.count[int]] = {}
        self.bot = self.add_user("그려줘", username="geuryeojwo_bot", is_bot=True)
        # Who seems to write where an administrator hides, or a channel's post is passed on.
        self.anonymous = User(
            id=1087968824, name="Group", username="GroupAnonymousBot", is_bot=True
        )
        self.telegram = User(id=777000, name="Telegram")

    def changed(self) -> None:
        """Say that something is different now."""
        self.on_change()

    def add_user(self, name: str, *, username: str = "", is_bot: bool = False) -> User:
        """Make an account; its private chat with the bot has not begun."""
        user = User(id=next(self._user_ids), name=name, username=username, is_bot=is_bot)
        self.users[user.id] = user
        if not is_bot:
            self.chats[user.id] = Chat(id=user.id, kind=ChatKind.PRIVATE, user=user)
        return user

    def add_group(
        self, title: str, *, kind: ChatKind = ChatKind.SUPERGROUP, is_forum: bool = False
    ) -> Chat:
        """Make a group without anybody in it."""
        ids = self._supergroup_ids if kind is ChatKind.SUPERGROUP else self._group_ids
        chat = Chat(id=next(ids), kind=kind, title=title, is_forum=is_forum)
        self.chats[chat.id] = chat
        return chat

    def set_status(self, chat: Chat, user: User, status: Status, by: User) -> None:
        """Let somebody join, rise, leave or be put out."""
        before = chat.members.get(user.id, Status.LEFT)
        chat.members[user.id] = status
        if user is not self.bot:
            return
        if status.is_in and not before.is_in:
            chat.reads_all = self.reads_all
        self.tell_member(chat, by, before, status)

    def tell_member(self, chat: Chat, by: User, before: Status, after: Status) -> None:
        """Tell the bot what it is now in a chat."""
        told = {
            "chat": payloads.chat(chat),
            "from": payloads.user(by),
            "date": int(self.clock.now_s()),
            "old_chat_member": payloads.member(self.bot, before),
            "new_chat_member": payloads.member(self.bot, after),
        }
        self.emit("my_chat_member", told, DAY_S)

    def status(self, chat: Chat, user: User) -> Status:
        """Say what somebody is in a chat."""
        return chat.members.get(user.id, Status.LEFT)

    def new_message_id(self, chat: Chat) -> int:
        """Number a message: supergroups count by themselves, all other chats together."""
        key = chat.id if chat.kind is ChatKind.SUPERGROUP else None
        return next(self._message_ids.setdefault(key, itertools.count(1)))

    def post(self, chat: Chat, author: User, content: Content, **facts: Any) -> Message:
        """Show a new message, and tell the bot of it where it is told."""
        now_s = self.clock.now_s()
        message = Message(
            id=self.new_message_id(chat),
            chat=chat,
            author=author,
            date_s=now_s,
            versions=[(now_s, content)],
            **facts,
        )
        chat.messages.append(message)
        message.is_delivered = self._reaches_bot(message)
        if author.is_bot and message.sender_chat is None:
            chat.last_bot = author
        if message.is_delivered:
            self.emit("message", payloads.message(message), DAY_S)
        self.changed()
        return message

    def announce(self, chat: Chat, author: User, service: dict[str, Any]) -> Message:
        """Show what happened to a chat; the bot is told of all of it."""
        return self.post(chat, author, Content(), service=service)

    def revise(self, message: Message, content: Content) -> None:
        """Let a message show something else."""
        message.versions.append((self.clock.now_s(), content))
        if message.author is not self.bot and self._reaches_bot(message):
            self.emit("edited_message", payloads.message(message), DAY_S)
        self.changed()

    def remove(self, message: Message) -> None:
        """Delete a message; the bot is never told."""
        message.is_deleted, message.deleted_at_s = True, self.clock.now_s()
        self.changed()

    def find(self, chat: Chat, message_id: int) -> Message | None:
        """Find a message that is still there."""
        return next((one for one in chat.shown if one.id == message_id), None)

    def chat_of(self, chat_id: Any) -> Chat:
        """Find a chat. Raises Refused."""
        chat = self.chats.get(chat_id) if isinstance(chat_id, int) else None
        if chat is None:
            raise bad("chat not found")
        if chat.migrated_to is not None:
            raise bad(
                "group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.migrated_to.id,
            )
        return chat

    def new_key(self) -> str:
        """Make an id for a query."""
        return str(secrets.randbits(60))

    # Who is told what.

    def _reaches_bot(self, message: Message) -> bool:
        chat, author = message.chat, message.author
        if author is self.bot:
            return False
        if chat.is_private:
            return True
        status = self.status(chat, self.bot)
        if not status.is_in or (author.is_bot and message.sender_chat is None):
            return False
        return (
            chat.reads_all
            or status.is_manager
            or bool(message.service)
            or message.via_bot is self.bot
            or self._answers_bot(message)
            or self._calls_bot(message)
        )

    def _answers_bot(self, message: Message) -> bool:
        answered = message.reply_to
        return answered is not None and (
            answered.author is self.bot or (answered.is_delivered and self._calls_bot(answered))
        )

    def _calls_bot(self, message: Message) -> bool:
        text, name = message.text, f"@{self.bot.username}"
        commands = [part(text, one) for one in found(text) if one["type"] == "bot_command"]
        mentions = [part(text, one) for one in found(text) if one["type"] == "mention"]
        if any(one.lower().endswith(name) for one in commands):
            return True
        if any("@" in one for one in commands):
            return False
        if self.reading is Reading.BOTFATHER:
            return text.startswith("/") or name in (one.lower() for one in mentions)
        return bool(commands) and message.chat.last_bot is self.bot
