"""People in the local Discord: what they can do is what their client lets them do."""

import asyncio
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.discord.answers import Answers
from tests.discord.asked import Asked, Modal, Waiting
from tests.discord.command_forms import CHAT, MESSAGE
from tests.discord.component_forms import BUTTON, LINK_STYLE, SELECTS
from tests.discord.forms import Upload
from tests.discord.options import (
    CommandInput,
    FileLike,
    ModalInput,
    NotPossible,
    chosen,
    find_by_name,
)
from tests.discord.payloads import Payloads
from tests.discord.posting import Posting
from tests.discord.things import (
    Channel,
    Guild,
    Interaction,
    InteractionType,
    Message,
    Permission,
    StoredFile,
    User,
    Version,
)
from tests.discord.world import World

_MENTION = re.compile(r"<@!?(\d+)>")


class People:
    """What everybody's client has in common: it makes interactions and waits for answers."""

    def __init__(
        self,
        world: World,
        payloads: Payloads,
        posting: Posting,
        answers: Answers,
        wait: Waiting,
    ) -> None:
        self.world, self.payloads, self.posting, self.wait = world, payloads, posting, wait
        self._answers = answers
        self.event_age_s = 0.0  # how old the ids of interactions are when they are told

    def ask(
        self,
        kind: InteractionType,
        user: User,
        channel: Channel,
        data: dict[str, Any],
        *,
        source: Message | None = None,
        is_user_install: bool = False,
    ) -> Asked:
        """Tell the bot of something that a person did, and watch whether it answers in time."""
        world = self.world
        asked = Interaction(
            id=world.new_id(age_s=self.event_age_s),
            token=secrets.token_urlsafe(60),
            type=kind,
            user=user,
            channel=channel,
            data=data,
            created_s=world.clock.now_s() - self.event_age_s,
            began_s=time.monotonic(),
            source=source,
            is_user_install=is_user_install,
            is_forced_ephemeral=is_user_install and not self._may_use_external(user, channel),
        )
        world.interactions[asked.id] = asked
        left_s = max(0.0, self._answers.ack_deadline_s - self.event_age_s)
        asyncio.get_running_loop().call_later(left_s, self._give_up, asked)
        world.emit("INTERACTION_CREATE", asked)
        return Asked(asked, self.wait)

    def _give_up(self, asked: Interaction) -> None:
        if asked.callback_type is None:
            asked.has_failed = True
            self.world.changed()

    @staticmethod
    def _may_use_external(user: User, channel: Channel) -> bool:
        if channel.guild is None:
            return True
        return Permission.USE_EXTERNAL_APPS in channel.guild.permissions_of(user)


class Person:
    """Somebody with a client. Every method raises NotPossible where the client would not let them."""

    def __init__(self, user: User, people: People) -> None:
        self.user, self._people, self._world = user, people, people.world

    @property
    def id(self) -> int:
        """The account's id."""
        return self.user.id

    @property
    def dm(self) -> Channel:
        """The private conversation with the bot."""
        return self._world.conversation(self.user, self._world.bot)

    # Commands.

    def slash(self, channel: Channel, name: str, /, **options: Any) -> Asked:
        """Use a chat command; subcommands follow its name after a blank.

        A file is (name, bytes); somebody, a channel or a role is the object itself.
        """
        command, path = self._command(channel, name, CHAT)
        typed = self._input(channel)
        data = self._data(command, typed, typed.fill(command, path, options), channel)
        return self._use(InteractionType.COMMAND, channel, command, data)

    def autocomplete(
        self, channel: Channel, name: str, option: str, typed: str = "", /, **others: Any
    ) -> Asked:
        """Type into an option that offers choices."""
        command, path = self._command(channel, name, CHAT)
        values = self._input(channel)
        filled = values.fill(command, path, {**others, option: typed}, focused=option)
        self._check_offers(command, path, option)
        data = self._data(command, values, filled, channel)
        return self._use(InteractionType.AUTOCOMPLETE, channel, command, data)

    def context(self, message: Message, name: str) -> Asked:
        """Use a command of a message's menu."""
        self._check_sees(message)
        command, _ = self._command(message.channel, name, MESSAGE)
        data = {
            **_named(command),
            "target_id": str(message.id),
            "resolved": {"messages": {str(message.id): self._people.payloads.message(message)}},
        }
        return self._use(InteractionType.COMMAND, message.channel, command, data)

    def _check_offers(self, command: Mapping[str, Any], path: Sequence[str], option: str) -> None:
        owner: Mapping[str, Any] = command
        for name in path:
            owner = find_by_name(owner["options"], name, self.user.locale) or {}
        found = find_by_name(owner.get("options", ()), option, self.user.locale)
        if found is None or not found.get("autocomplete"):
            raise NotPossible(f"{option} offers nothing while one types")

    def commands(self, channel: Channel) -> tuple[dict[str, Any], ...]:
        """Give the commands that can be used in a channel."""
        scopes = [None] if channel.guild is None else [channel.guild.id, None]
        every = [one for scope in scopes for one in self._world.commands.get(scope, ())]
        return tuple(one for one in every if self._may_use(one, channel))

    def _command(self, channel: Channel, name: str, kind: int) -> tuple[dict[str, Any], list[str]]:
        """Find a command that can be used here. Raises NotPossible."""
        if not self._world.is_seen_by(channel, self.user):
            raise NotPossible("the channel is not seen")
        usable = [one for one in self.commands(channel) if one["type"] == kind]
        first, *path = name.removeprefix("/").split() if kind == CHAT else [name]
        command = find_by_name(usable, first, self.user.locale)
        if command is None:
            raise NotPossible(f"no command {first!r} here, but {[one['name'] for one in usable]}")
        return command, path

    def _may_use(self, command: Mapping[str, Any], channel: Channel) -> bool:
        context = self._people.payloads.context(channel)
        contexts = command.get("contexts")
        if contexts is not None and context not in contexts:
            return False
        if command.get("nsfw") and channel.guild is not None and not channel.is_adult:
            return False
        if self._install(command, channel) is None:
            return False
        needed, guild = command.get("default_member_permissions"), channel.guild
        if needed is None or guild is None:
            return True
        allowed = guild.permissions_of(self.user)
        wanted = Permission(int(needed)) or Permission.ADMINISTRATOR
        return wanted in allowed

    def _install(self, command: Mapping[str, Any], channel: Channel) -> int | None:
        """Say by which install a command is there: 0 the guild's, 1 the user's, None neither."""
        kinds = command.get("integration_types") or [0]
        context = self._people.payloads.context(channel)
        is_in_guild = channel.guild is not None and channel.guild.bot_permissions is not None
        if 0 in kinds and (is_in_guild or context == 1):
            return 0
        return 1 if 1 in kinds and self.user.has_installed_app else None

    def _input(self, channel: Channel) -> CommandInput:
        return CommandInput(self.user.locale, self._store)

    def _store(self, upload: Upload) -> StoredFile:
        if len(upload.data) > self.user.upload_limit_bytes:
            raise NotPossible("the file is too large")
        return self._people.posting.store(upload, is_ephemeral=True)

    def _data(
        self,
        command: Mapping[str, Any],
        typed: CommandInput,
        options: list[dict[str, Any]],
        channel: Channel,
    ) -> dict[str, Any]:
        resolved = {key: value for key, value in typed.resolved.items() if value}
        if typed.files:
            resolved["attachments"] = self._told_files(typed.files, channel)
        data = {**_named(command), "options": options}
        return {**data, "resolved": resolved} if resolved else data

    def _told_files(self, files: Sequence[StoredFile], channel: Channel) -> dict[str, Any]:
        return {str(file.id): self._people.payloads.attachment(file, channel) for file in files}

    def _use(
        self,
        kind: InteractionType,
        channel: Channel,
        command: Mapping[str, Any],
        data: dict[str, Any],
    ) -> Asked:
        is_user_install = self._install(command, channel) == 1
        return self._people.ask(kind, self.user, channel, data, is_user_install=is_user_install)

    # Components and modals.

    def press(self, message: Message, name: str) -> Asked:
        """Press a button, by its label or its custom id."""
        self._check_sees(message)
        found = [one for one in message.buttons if name in (one.get("label"), one.get("custom_id"))]
        if not found:
            raise NotPossible(f"no button {name!r}, but {message.labels}")
        button = found[0]
        if button.get("disabled") or button["style"] == LINK_STYLE:
            raise NotPossible(f"{name!r} cannot be pressed")
        data = {"custom_id": button["custom_id"], "component_type": BUTTON}
        return self._touch(message, data)

    def select(self, message: Message, *names: str, menu: str | None = None) -> Asked:
        """Choose from a menu, by labels or values; `menu` is its custom id where there are several."""
        self._check_sees(message)
        menus = [one for one in message.parts if one["type"] in SELECTS and not one.get("disabled")]
        found = [one for one in menus if menu in (None, one["custom_id"])]
        if not found:
            raise NotPossible("no such menu")
        part = found[0]
        values = chosen(part.get("options", ()), names, part["custom_id"])
        if not part.get("min_values", 1) <= len(values) <= part.get("max_values", 1):
            raise NotPossible(f"{len(values)} cannot be chosen")
        data = {"custom_id": part["custom_id"], "component_type": part["type"], "values": values}
        return self._touch(message, data)

    def _touch(self, message: Message, data: dict[str, Any]) -> Asked:
        is_user_install = message.interaction is not None and message.interaction.is_user_install
        return self._people.ask(
            InteractionType.COMPONENT,
            self.user,
            message.channel,
            data,
            source=message,
            is_user_install=is_user_install,
        )

    def submit(
        self, modal: Modal, values: Mapping[str, Any] | None = None, /, **more: Any
    ) -> Asked:
        """Fill in a modal and submit it: by labels or custom ids; files are lists of (name, bytes)."""
        opened_by = modal.opened_by
        if opened_by.user is not self.user:
            raise NotPossible("somebody else sees the modal")
        typed = ModalInput(opened_by, self._store)
        components = typed.fill(modal.data, {**(values or {}), **more})
        data: dict[str, Any] = {"custom_id": modal.data["custom_id"], "components": components}
        if typed.files:
            files = self._told_files(typed.files, opened_by.channel)
            data["resolved"] = {"attachments": files}
        return self._people.ask(
            InteractionType.MODAL,
            self.user,
            opened_by.channel,
            data,
            source=opened_by.source,
            is_user_install=opened_by.is_user_install,
        )

    # Messages.

    def say(
        self,
        channel: Channel,
        text: str = "",
        *,
        files: Sequence[FileLike] = (),
        reply_to: Message | None = None,
        is_pinging: bool = True,
    ) -> Message:
        """Write a message; a reply calls whom it answers, unless that is switched off."""
        if not self._world.is_seen_by(channel, self.user):
            raise NotPossible("the channel is not seen")
        if reply_to is not None:
            self._check_sees(reply_to)
        stored = [
            self._people.posting.store(Upload(filename=name, data=data)) for name, data in files
        ]
        called = [self._world.users.get(int(number)) for number in _MENTION.findall(text)]
        if reply_to is not None and is_pinging:
            called.append(reply_to.author)
        return self._world.post(
            Message(
                id=self._world.new_id(),
                channel=channel,
                author=self.user,
                type=19 if reply_to else 0,
                versions=[Version(at_s=time.monotonic(), content=text, files=tuple(stored))],
                created_s=self._world.clock.now_s(),
                reference=reply_to,
                mentions=tuple(dict.fromkeys(user for user in called if user is not None)),
            )
        )

    def rewrite(self, message: Message, text: str) -> None:
        """Edit a message of one's own."""
        if message.author is not self.user:
            raise NotPossible("somebody else wrote it")
        self._check_sees(message)
        self._world.revise(message, replace(message.last, at_s=time.monotonic(), content=text))

    def delete(self, message: Message) -> None:
        """Delete a message: one's own, any as a moderator, or an answer that only oneself sees."""
        self._check_sees(message)
        guild: Guild | None = message.channel.guild
        is_moderator = guild is not None and Permission.MANAGE_MESSAGES in guild.permissions_of(
            self.user
        )
        if not (message.author is self.user or is_moderator or message.is_ephemeral):
            raise NotPossible("it is not theirs")
        self._world.remove(message)

    def _check_sees(self, message: Message) -> None:
        if not self._world.is_shown_to(message, self.user):
            raise NotPossible("the message is not seen")
        if message.is_loading:
            raise NotPossible("the message is loading")


def _named(command: Mapping[str, Any]) -> dict[str, Any]:
    named = {"id": command["id"], "name": command["name"], "type": command["type"]}
    return {**named, "guild_id": command["guild_id"]} if "guild_id" in command else named
