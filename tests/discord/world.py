"""What a local Discord knows: people, servers, channels, commands, messages and interactions.

State and the questions about it; nothing of the wire. Whoever changes something says so by
`changed`, and what a gateway would tell is handed to whoever listens.
"""

import itertools
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any

EPOCH_MS = 1_420_070_400_000
DEFAULT_UPLOAD_LIMIT = 10 * 2**20


class Permission(IntFlag):
    """The permissions that matter here."""

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
            return ~Permission(0)
        member = self.members.get(user.id)
        if member is None:
            return Permission(0)
        granted = self.everyone.permissions
        for role in member.roles:
            granted |= role.permissions
        return ~Permission(0) if Permission.ADMINISTRATOR in granted else granted


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
    deny: Permission = Permission(0)  # taken from the bot here
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
    flags: Flag = Flag(0)
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


class Clock:
    """Time as Discord sees it: real, plus what a test has let pass."""

    def __init__(self) -> None:
        self.offset_s = 0.0

    def now_s(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.offset_s

    def pass_by(self, seconds: float) -> None:
        """Let tokens, links and nonces grow older at once."""
        self.offset_s += seconds


class World:
    """Everything there is; ids are snowflakes of real time."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        self.uploads: dict[int, StoredFile] = {}  # by attachment id, for downloads
        self.commands: dict[int | None, list[dict[str, Any]]] = {None: []}  # by guild; None: global
        self.listeners: list[Callable[[str, Any], None]] = []  # event name, subject
        self.on_change: Callable[[], None] = lambda: None
        self._counter = itertools.count()
        self._last_ms = 0
        self.bot = self.add_user("그려줘", is_bot=True)
        self.application_id = self.new_id()

    def new_id(self, *, age_s: float = 0.0) -> int:
        """Make a snowflake; later ones are greater, unless they are said to be older."""
        now_ms = int((time.time() - age_s) * 1000)
        if not age_s:
            now_ms = self._last_ms = max(now_ms, self._last_ms)
        return (now_ms - EPOCH_MS) << 22 | next(self._counter) % (1 << 22)

    def changed(self) -> None:
        """Say that something is different now."""
        self.on_change()

    def emit(self, name: str, subject: Any) -> None:
        """Let a gateway know."""
        for listener in self.listeners:
            listener(name, subject)
        self.changed()

    def add_user(self, name: str, *, is_bot: bool = False, locale: str = "ko") -> User:
        """Make an account."""
        user = User(id=self.new_id(), name=name, is_bot=is_bot, locale=locale)
        self.users[user.id] = user
        return user

    def add_guild(self, name: str, *, has_bot: bool = True) -> Guild:
        """Make a server of people, owned by somebody of its own."""
        owner = self.add_user(f"{name} 주인")
        guild_id = self.new_id()
        everyone = Role(id=guild_id, name="@everyone", permissions=ORDINARY)
        guild = Guild(
            id=guild_id,
            name=name,
            owner=owner,
            everyone=everyone,
            bot_permissions=LEAST if has_bot else None,
        )
        guild.members[owner.id] = Member(user=owner)
        self.guilds[guild.id] = guild
        self.emit("GUILD_CREATE", guild)
        return guild

    def add_role(
        self, guild: Guild, name: str, permissions: Permission = Permission(0)
    ) -> Role:
        """Make a role."""
        role = Role(id=self.new_id(), name=name, permissions=permissions)
        guild.roles.append(role)
        self.emit("GUILD_ROLE_CREATE", (guild, role))
        return role

    def add_channel(
        self,
        guild: Guild,
        name: str,
        *,
        is_nsfw: bool = False,
        deny: Permission = Permission(0),
        parent: Channel | None = None,
    ) -> Channel:
        """Make a text channel, or a thread below `parent`."""
        channel = Channel(
            id=self.new_id(),
            type=ChannelType.THREAD if parent else ChannelType.TEXT,
            name=name,
            guild=guild,
            parent=parent,
            is_nsfw=is_nsfw,
            deny=deny,
        )
        self.channels[channel.id] = channel
        self.emit("THREAD_CREATE" if parent else "CHANNEL_CREATE", channel)
        return channel

    def conversation(self, *people: User) -> Channel:
        """Find or make the private conversation of two people, or of a group."""
        for channel in self.channels.values():
            if channel.guild is None and set(channel.people) == set(people):
                return channel
        kind = ChannelType.DM if len(people) == 2 else ChannelType.GROUP
        channel = Channel(id=self.new_id(), type=kind, people=people)
        self.channels[channel.id] = channel
        return channel

    def remove_channel(self, channel: Channel) -> None:
        """Delete a channel with everything in it."""
        channel.is_gone = True
        is_thread = channel.type is ChannelType.THREAD
        self.emit("THREAD_DELETE" if is_thread else "CHANNEL_DELETE", channel)

    def remove_bot(self, guild: Guild) -> None:
        """Let a server put the bot out."""
        guild.bot_permissions = None
        self.emit("GUILD_DELETE", guild)

    def bot_permissions(self, channel: Channel) -> Permission:
        """Say what the bot may do in a channel; denied sending implies denied files and embeds."""
        if channel.guild is None:
            return LEAST if self.bot in channel.people else Permission(0)
        granted = (channel.guild.bot_permissions or Permission(0)) & ~channel.deny
        if channel.parent is not None:
            granted &= self.bot_permissions(channel.parent) | ~LEAST
        if Permission.VIEW_CHANNEL not in granted:
            return Permission(0)
        if self.sending(channel) not in granted:
            granted &= ~(Permission.ATTACH_FILES | Permission.EMBED_LINKS)
        return granted

    @staticmethod
    def sending(channel: Channel) -> Permission:
        """Name the permission that sending needs."""
        is_thread = channel.type is ChannelType.THREAD
        return Permission.SEND_MESSAGES_IN_THREADS if is_thread else Permission.SEND_MESSAGES

    def is_seen_by(self, channel: Channel, user: User) -> bool:
        """Whether somebody can look into a channel."""
        if channel.is_gone or user.id in channel.hidden_from:
            return False
        if channel.guild is None:
            return user in channel.people
        return Permission.VIEW_CHANNEL in channel.guild.permissions_of(user)

    def is_shown_to(self, message: Message, user: User) -> bool:
        """Whether somebody sees a message."""
        if message.is_deleted or not self.is_seen_by(message.channel, user):
            return False
        asked = message.interaction
        return not message.is_ephemeral or (asked is not None and asked.user is user)

    def messages_in(self, channel: Channel, *, is_all: bool = False) -> tuple[Message, ...]:
        """Give what a channel shows, oldest first; `is_all` with what only one person sees."""
        return tuple(
            message
            for message in self.messages.values()
            if message.channel is channel
            if not message.is_deleted and (is_all or not message.is_ephemeral)
        )

    def post(self, message: Message) -> Message:
        """Show a new message."""
        self.messages[message.id] = message
        self.emit("MESSAGE_CREATE", message)
        return message

    def revise(self, message: Message, version: Version) -> None:
        """Let a message show something else."""
        message.versions.append(version)
        self.emit("MESSAGE_UPDATE", message)

    def remove(self, message: Message) -> None:
        """Delete a message."""
        message.deleted_at_s = time.monotonic()
        self.emit("MESSAGE_DELETE", message)
