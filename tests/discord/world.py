"""What a local Discord knows, and the questions about it; nothing of the wire.

Whoever changes something says so by `changed`, and what a gateway would tell is handed to whoever
listens.
"""

import itertools
import time
from collections.abc import Callable
from typing import Any

from tests.discord.things import (
    EPOCH_MS,
    LEAST,
    ORDINARY,
    Channel,
    ChannelType,
    Guild,
    Interaction,
    Member,
    Message,
    Permission,
    Role,
    StoredFile,
    User,
    Version,
)


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
        self.application_facts: dict[str, Any] = {}  # instead of the usual ones

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

    def add_role(self, guild: Guild, name: str, permissions: Permission = Permission.NONE) -> Role:
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
        deny: Permission = Permission.NONE,
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
            return LEAST if self.bot in channel.people else Permission.NONE
        granted = (channel.guild.bot_permissions or Permission.NONE) & ~channel.deny
        if channel.parent is not None:
            granted &= self.bot_permissions(channel.parent) | ~LEAST
        if Permission.VIEW_CHANNEL not in granted:
            return Permission.NONE
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
