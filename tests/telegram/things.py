"""What there is in the local Telegram: accounts, chats, messages and everything that they showed."""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class NotPossible(Exception):
    """A person's app does not let them do this."""


class Clock:
    """The time of the local Telegram, which tests may put forward."""

    def __init__(self) -> None:
        self._began_s, self._began_monotonic_s, self._shift_s = time.time(), time.monotonic(), 0.0

    def now_s(self) -> float:
        """Give seconds since 1970 that never go back."""
        return self._began_s + time.monotonic() - self._began_monotonic_s + self._shift_s

    def shift(self, seconds: float) -> None:
        """Let time pass."""
        self._shift_s += seconds


class ChatKind(StrEnum):
    """The kinds of chats that a bot meets here."""

    PRIVATE = "private"
    GROUP = "group"
    SUPERGROUP = "supergroup"
    CHANNEL = "channel"


class Status(StrEnum):
    """What somebody is in a chat."""

    CREATOR = "creator"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    LEFT = "left"
    KICKED = "kicked"

    @property
    def is_in(self) -> bool:
        """Whether they are there."""
        return self not in (Status.LEFT, Status.KICKED)

    @property
    def is_manager(self) -> bool:
        """Whether they look after the chat."""
        return self in (Status.CREATOR, Status.ADMINISTRATOR)


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """An account."""

    id: int
    name: str
    username: str = ""
    is_bot: bool = False
    language: str = "ko"
    is_deactivated: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Chat:
    """A private conversation or a group."""

    id: int
    kind: ChatKind
    title: str = ""
    user: User | None = None  # of a private chat
    members: dict[int, Status] = field(default_factory=dict)
    is_forum: bool = False
    topics: dict[int, str] = field(default_factory=dict)
    reads_all: bool = False  # whether the bot joined with privacy mode off
    last_bot: User | None = None  # that wrote here
    has_started: bool = False  # whether the person of a private chat ever wrote
    is_blocked: bool = False
    forbidden: set[str] = field(default_factory=set)  # "photos", "documents", "text messages"
    migrated_to: "Chat | None" = None
    actions: list[tuple[float, str]] = field(default_factory=list)  # when, which
    messages: list["Message"] = field(default_factory=list)

    @property
    def is_private(self) -> bool:
        """Whether only one person reads along."""
        return self.kind is ChatKind.PRIVATE

    @property
    def shown(self) -> tuple["Message", ...]:
        """What is to be seen, oldest first."""
        return tuple(one for one in self.messages if not one.is_deleted)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """Bytes that Telegram keeps."""

    id: str
    unique_id: str
    data: bytes = field(repr=False)
    name: str = ""
    media_type: str = ""
    width_px: int = 0
    height_px: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message shows."""

    text: str = ""  # or the caption, where there is a file
    entities: tuple[dict[str, Any], ...] = ()
    photo: tuple[StoredFile, ...] = ()  # its sizes, smallest first
    document: StoredFile | None = None
    is_spoiler: bool = False
    markup: dict[str, Any] | None = None

    @property
    def is_media(self) -> bool:
        """Whether there is a file."""
        return bool(self.photo) or self.document is not None


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message with everything it ever showed."""

    id: int
    chat: Chat
    author: User
    date_s: float
    versions: list[tuple[float, Content]]  # since when, what
    sender_chat: Chat | None = None
    thread_id: int | None = None
    reply_to: "Message | None" = None
    album: str = ""
    via_bot: User | None = None
    forced_markup: dict[str, Any] | None = None  # a keyboard or a forced reply, which stays apart
    service: dict[str, Any] = field(default_factory=dict)
    is_automatic_forward: bool = False
    is_delivered: bool = False  # to the bot
    is_deleted: bool = False
    deleted_at_s: float | None = None
    reactions: dict[int, str] = field(default_factory=dict)  # by account

    @property
    def last(self) -> Content:
        """What it shows now."""
        return self.versions[-1][1]

    @property
    def text(self) -> str:
        """The text or the caption."""
        return self.last.text

    @property
    def photo(self) -> StoredFile | None:
        """The picture in its largest size."""
        return self.last.photo[-1] if self.last.photo else None

    @property
    def document(self) -> StoredFile | None:
        """The file."""
        return self.last.document

    @property
    def buttons(self) -> tuple[dict[str, Any], ...]:
        """The buttons below it."""
        rows = (self.last.markup or {}).get("inline_keyboard", ())
        return tuple(button for row in rows for button in row)

    @property
    def labels(self) -> tuple[str, ...]:
        """What the buttons say."""
        return tuple(button["text"] for button in self.buttons)


@dataclass(slots=True, kw_only=True, eq=False)
class CallbackQuery:
    """A press, and what the bot said to it."""

    id: str
    user: User
    data: str
    asked_s: float
    message: Message | None = None
    inline_message_id: str = ""
    answer: dict[str, Any] | None = None

    @property
    def is_answered(self) -> bool:
        """Whether the button stopped turning."""
        return self.answer is not None


@dataclass(slots=True, kw_only=True, eq=False)
class InlineQuery:
    """What somebody typed behind the bot's name, and what it offers."""

    id: str
    user: User
    query: str
    asked_s: float
    results: tuple[dict[str, Any], ...] | None = None
