"""The things of a local Discord: people, servers, channels, messages, files and interactions.

Values, and what follows from each alone; nothing of the wire.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

EPOCH_MS = 1_420_070_400_000
DEFAULT_UPLOAD_LIMIT = 10 * 2**20


class Permission(IntFlag):
    """The permissions that matter here."""

    NONE = 0
    ADMINISTRATOR = 1 << 3
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    USE_APPLICATION_COMMANDS = 1 << 31
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


ALL = Permission((1 << 53) - 1)
LEAST = Permission(274_878_024_704)  # what the bot is invited with
ORDINARY = LEAST | Permission.USE_APPLICATION_COMMANDS | Permission.USE_EXTERNAL_APPS


class ChannelType(IntEnum):
    """The kinds of channels that are served."""

    TEXT = 0
    DM = 1
    GROUP = 3
    THREAD = 11


class InteractionType(IntEnum):
    """What a person did."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class CallbackType(IntEnum):
    """How a bot answers first."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


class Flag(IntFlag):
    """Message flags."""

    NONE = 0
    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    QUIET = 1 << 12
    COMPONENTS_V2 = 1 << 15


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """An account."""

    id: int
    name: str
    is_bot: bool = False
    locale: str = "ko"
    upload_limit_bytes: int = DEFAULT_UPLOAD_LIMIT
    refuses_dms: bool = False
    has_installed_app: bool = False  # for themselves, to use it everywhere


@dataclass(slots=True, kw_only=True, eq=False)
class Role:
    """A role of a guild."""

    id: int
    name: str
    permissions: Permission


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """A user in a guild."""

    user: User
    roles: list[Role] = field(default_factory=list)


@dataclass(slots=True, kw_only=True, eq=False)
class Guild:
    """A server of people; the role with its own id is everybody's."""

    id: int
    name: str
    owner: User
    everyone: Role
    locale: str = "ko"
    roles: list[Role] = field(default_factory=list)
    members: dict[int, Member] = field(default_factory=dict)
    bot_permissions: Permission | None = LEAST  # None where the bot is no member

    def permissions_of(self, user: User) -> Permission:
        """Say what somebody may do, channels aside."""
        if user is self.owner:
            return ALL
        member = self.members.get(user.id)
        if member is None:
            return Permission.NONE
        granted = self.everyone.permissions
        for role in member.roles:
            granted |= role.permissions
        return ALL if Permission.ADMINISTRATOR in granted else granted


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A text channel, a thread, or a private conversation."""

    id: int
    type: ChannelType
    name: str = ""
    guild: Guild | None = None
    parent: "Channel | None" = None
    people: tuple[User, ...] = ()  # of a private conversation
    is_nsfw: bool = False
    is_archived: bool = False
    is_gone: bool = False
    deny: Permission = Permission.NONE  # taken from the bot here
    hidden_from: set[int] = field(default_factory=set)  # people who do not see it

    @property
    def is_adult(self) -> bool:
        """Whether it is age-restricted; a thread is as its parent is."""
        return self.parent.is_adult if self.parent else self.is_nsfw


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An attachment."""

    id: int
    filename: str
    data: bytes = field(repr=False)
    content_type: str
    title: str | None = None
    description: str | None = None
    is_spoiler: bool = False
    width_px: int | None = None
    height_px: int | None = None
    is_ephemeral: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a message showed from some moment on."""

    at_s: float  # monotonic
    content: str = ""
    embeds: tuple[Mapping[str, Any], ...] = ()
    components: tuple[Mapping[str, Any], ...] = ()
    flags: Flag = Flag.NONE
    files: tuple[StoredFile, ...] = ()


def parts_of(components: Any) -> Iterator[dict[str, Any]]:
    """Walk through all components with those inside them."""
    for part in components:
        yield part
        yield from parts_of(part.get("components", ()))
        yield from parts_of([part[key] for key in ("component", "accessory") if key in part])


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """A message with everything that it ever showed; the last version is what people see."""

    id: int
    channel: Channel
    author: User
    type: int = 0
    versions: list[Version] = field(default_factory=list)
    nonce: str | int | None = None
    created_s: float  # of the world's clock
    interaction: "Interaction | None" = None  # that it answers
    reference: "Message | None" = None
    mentions: tuple[User, ...] = ()
    deleted_at_s: float | None = None  # monotonic

    @property
    def last(self) -> Version:
        """What it shows now."""
        return self.versions[-1]

    @property
    def content(self) -> str:
        """Its plain text."""
        return self.last.content

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """Its files, those that are shown inside other parts too."""
        return self.last.files

    @property
    def is_deleted(self) -> bool:
        """Whether it is gone."""
        return self.deleted_at_s is not None

    @property
    def is_loading(self) -> bool:
        """Whether it only says that the bot is thinking."""
        return Flag.LOADING in self.last.flags

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return Flag.EPHEMERAL in self.last.flags

    @property
    def parts(self) -> tuple[dict[str, Any], ...]:
        """All components, those inside others too."""
        return tuple(parts_of(self.last.components))

    @property
    def buttons(self) -> tuple[dict[str, Any], ...]:
        """The buttons as they were sent."""
        return tuple(part for part in self.parts if part["type"] == 2)

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands on its buttons."""
        return tuple(button.get("label", "") for button in self.buttons)

    @property
    def text(self) -> str:
        """Everything that can be read: the content, embeds, and texts among the components."""
        lines = [self.content]
        for embed in self.last.embeds:
            lines += [embed.get("title") or "", embed.get("description") or ""]
            for one in embed.get("fields", ()):
                lines += [one["name"], one["value"]]
            lines.append((embed.get("footer") or {}).get("text") or "")
        lines += [part["content"] for part in self.parts if part["type"] == 10]
        return "\n".join(line for line in lines if line)


@dataclass(slots=True, kw_only=True, eq=False)
class Interaction:
    """Something that a person did with the bot, and what came of it."""

    id: int
    token: str
    type: InteractionType
    user: User
    channel: Channel
    data: dict[str, Any]
    created_s: float  # of the world's clock
    began_s: float  # monotonic
    source: Message | None = None  # that was pressed, or whose press opened the modal
    is_user_install: bool = False
    is_forced_ephemeral: bool = False

    ack_ms: float | None = None
    callback_type: CallbackType | None = None
    original: Message | None = None
    follow_ups: list[Message] = field(default_factory=list)
    modal: dict[str, Any] | None = None
    choices: tuple[dict[str, Any], ...] | None = None
    has_failed: bool = False  # the person read that the application did not respond
