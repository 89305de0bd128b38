"""The routes that ask for the bot's token: itself, its commands, channels and their messages."""

from typing import Any

from tests.discord.command_forms import check_commands
from tests.discord.forms import read_message
from tests.discord.log import Log
from tests.discord.payloads import Payloads
from tests.discord.posting import Posting
from tests.discord.refusal import Refused
from tests.discord.things import (
    DEFAULT_UPLOAD_LIMIT,
    Channel,
    ChannelType,
    Guild,
    Message,
    Permission,
)
from tests.discord.wire import Call, Reply, Route
from tests.discord.world import World

_MAX_NONCE = 25


class Channels:
    """What the bot may do with its token."""

    def __init__(self, world: World, payloads: Payloads, posting: Posting, log: Log) -> None:
        self._world, self._payloads = world, payloads
        self._posting, self._log = posting, log
        self.nonce_window_s = 180.0
        self.gateway_url = ""
        self.reads_content = False  # whether the privileged intent is granted

    @property
    def routes(self) -> tuple[Route, ...]:
        """What is served."""
        app, one = "/applications/{app}", "/channels/{channel}/messages/{message}"
        in_guild, messages = app + "/guilds/{guild}/commands", "/channels/{channel}/messages"
        table = (
            ("GET", "/users/@me", self._me, "read", None),
            ("GET", "/users/@me/guilds", self._my_guilds, "read", None),
            ("POST", "/users/@me/channels", self._open_conversation, "create", None),
            ("GET", "/oauth2/applications/@me", self._application, "read", None),
            ("GET", "/applications/@me", self._application, "read", None),
            ("GET", "/gateway", self._gateway, "read", None),
            ("GET", "/gateway/bot", self._gateway, "read", None),
            ("GET", "/guilds/{guild}", self._guild, "read", "guild"),
            ("GET", "/guilds/{guild}/channels", self._guild_channels, "read", "guild"),
            ("GET", "/guilds/{guild}/members/{user}", self._member, "read", "guild"),
            ("GET", app + "/commands", self._commands, "commands", None),
            ("PUT", app + "/commands", self._register, "commands", None),
            ("GET", in_guild, self._commands, "commands", "guild"),
            ("PUT", in_guild, self._register, "commands", "guild"),
            ("GET", "/channels/{channel}", self._channel, "read", "channel"),
            ("GET", messages, self._list, "read", "channel"),
            ("POST", messages, self._create, "create", "channel"),
            ("GET", one, self._read, "read", "channel"),
            ("PATCH", one, self._edit, "edit", "channel"),
            ("DELETE", one, self._delete, "delete", "channel"),
        )
        return tuple(
            Route(method=method, path=path, handler=handler, bucket=bucket, owner=owner)
            for method, path, handler, bucket, owner in table
        )

    # The bot itself.

    def _me(self, _call: Call) -> Reply:
        return Reply(body=self._payloads.me())

    def _application(self, _call: Call) -> Reply:
        return Reply(body=self._payloads.application())

    def _gateway(self, _call: Call) -> Reply:
        limit = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
        return Reply(body={"url": self.gateway_url, "shards": 1, "session_start_limit": limit})

    def _my_guilds(self, call: Call) -> Reply:
        mine = [one for one in self._world.guilds.values() if one.bot_permissions is not None]
        after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 200))
        page = sorted((one for one in mine if one.id > after), key=lambda one: one.id)[:limit]
        return Reply(
            body=[
                {
                    "id": str(guild.id), "name": guild.name, "icon": None, "banner": None,
                    "owner": False,
                    "permissions": str(int(guild.bot_permissions or 0)), "features": [],
                }
                for guild in page
            ]
        )  # fmt: skip

    def _open_conversation(self, call: Call) -> Reply:
        user = self._world.users.get(int(call.fields.get("recipient_id") or 0))
        if user is None or user.is_bot:
            raise Refused(50033, message="Invalid Recipient(s)")
        return Reply(body=self._payloads.channel(self._world.conversation(user, self._world.bot)))

    def _find_guild(self, call: Call) -> Guild:
        guild = self._world.guilds.get(call.id("guild"))
        if guild is None:
            raise Refused(10004)
        if guild.bot_permissions is None:
            raise Refused(50001)
        return guild

    def _guild(self, call: Call) -> Reply:
        return Reply(body=self._payloads.guild(self._find_guild(call)))

    def _guild_channels(self, call: Call) -> Reply:
        return Reply(body=self._payloads.guild(self._find_guild(call))["channels"])

    def _member(self, call: Call) -> Reply:
        guild = self._find_guild(call)
        member = guild.members.get(call.id("user"))
        if member is None:
            raise Refused(10007)
        return Reply(body=self._payloads.member(member, guild))

    def _commands(self, call: Call) -> Reply:
        commands = self._world.commands.get(self._scope(call), [])
        is_localized = call.query.get("with_localizations", "").lower() in ("true", "1")
        tell = _with_localizations if is_localized else _without_localizations
        return Reply(body=[tell(command) for command in commands])

    def _register(self, call: Call) -> Reply:
        scope = self._scope(call)
        commands = check_commands(call.payload, call.form)
        known = {
            (one["type"], one["name"]): one["id"] for one in self._world.commands.get(scope, [])
        }
        self._world.commands[scope] = [self._registered(one, known, scope) for one in commands]
        self._world.changed()
        return Reply(body=self._world.commands[scope])

    def _scope(self, call: Call) -> int | None:
        if call.id("app") != self._world.application_id:
            raise Refused(50001)
        return self._find_guild(call).id if "guild" in call.params else None

    def _registered(
        self, command: dict[str, Any], known: dict[tuple[int, str], str], scope: int | None
    ) -> dict[str, Any]:
        kind = command.get("type", 1)
        new_id = str(self._world.new_id())
        told = {
            "description": "", "default_member_permissions": None, "nsfw": False,
            **command,
            "type": kind,
            "id": known.get((kind, command["name"]), new_id),
            "application_id": str(self._world.application_id),
            "version": new_id,
        }  # fmt: skip
        return told if scope is None else {**told, "guild_id": str(scope)}

    # Channels.

    def _find(self, call: Call) -> Channel:
        """Find a channel that the bot sees. Raises Refused."""
        channel = self._world.channels.get(call.id("channel"))
        if channel is None or channel.is_gone:
            raise Refused(10003)
        if Permission.VIEW_CHANNEL not in self._world.bot_permissions(channel):
            raise Refused(50001)
        return channel

    def _channel(self, call: Call) -> Reply:
        return Reply(body=self._payloads.channel(self._find(call)))

    def _message(self, call: Call, channel: Channel) -> Message:
        message = self._world.messages.get(call.id("message"))
        is_there = message is not None and message.channel is channel
        if not is_there or message is None or message.is_deleted or message.is_ephemeral:
            raise Refused(10008)
        return message

    def _list(self, call: Call) -> Reply:
        channel = self._find(call)
        if Permission.READ_MESSAGE_HISTORY not in self._world.bot_permissions(channel):
            return Reply(body=[])
        found = list(reversed(self._world.messages_in(channel)))
        if "before" in call.query:
            found = [one for one in found if one.id < int(call.query["before"])]
        if "after" in call.query:
            # The oldest of them, newest first, as Discord pages forward.
            found = [one for one in found if one.id > int(call.query["after"])]
            found = found[-int(call.query.get("limit", 50)) :]
        if "around" in call.query:
            found.sort(key=lambda one: abs(one.id - int(call.query["around"])))
        page = found[: int(call.query.get("limit", 50))]
        return Reply(body=[self._told(one) for one in page])

    def _read(self, call: Call) -> Reply:
        channel = self._find(call)
        if Permission.READ_MESSAGE_HISTORY not in self._world.bot_permissions(channel):
            raise Refused(50001)
        return Reply(body=self._told(self._message(call, channel)))

    def _told(self, message: Message) -> dict[str, Any]:
        is_blank = not self.reads_content and is_hidden_from_bot(message, self._world)
        return self._payloads.message(message, is_blank=is_blank)

    def _create(self, call: Call) -> Reply:
        channel, fields = self._find(call), call.fields
        self._check_permissions(call, channel)
        self._check_nonce(call)
        if (before := self._sent_before(channel, fields)) is not None:
            if before.is_deleted:
                raise Refused(10008)
            return Reply(body=self._payloads.message(before))
        draft = read_message(fields, call.uploads, before=None, form=call.form)
        version = self._posting.version(draft, limit_bytes=DEFAULT_UPLOAD_LIMIT)
        reference = self._reference(call, channel)
        message = Message(
            id=self._world.new_id(),
            channel=channel,
            author=self._world.bot,
            type=19 if reference else 0,
            versions=[version],
            nonce=fields.get("nonce"),
            created_s=self._world.clock.now_s(),
            reference=reference,
        )
        channel.is_archived = False
        return Reply(body=self._payloads.message(self._world.post(message)))

    def _check_permissions(self, call: Call, channel: Channel) -> None:
        granted, needed = self._world.bot_permissions(channel), self._world.sending(channel)
        if call.uploads:
            needed |= Permission.ATTACH_FILES
        if call.fields.get("embeds"):
            needed |= Permission.EMBED_LINKS
        if needed not in granted:
            raise Refused(50013)
        if channel.guild is None:
            self._check_conversation(channel)

    def _check_conversation(self, channel: Channel) -> None:
        other = next(user for user in channel.people if user is not self._world.bot)
        if other.refuses_dms:
            raise Refused(50007)
        is_met = other.has_installed_app or any(
            other.id in guild.members and guild.bot_permissions is not None
            for guild in self._world.guilds.values()
        )
        if not is_met:
            raise Refused(50278)

    def _check_nonce(self, call: Call) -> None:
        nonce = call.fields.get("nonce")
        if nonce is not None and len(str(nonce)) > _MAX_NONCE:
            with call.form.at("nonce"):
                call.form.wrong(f"Must be {_MAX_NONCE} or fewer in length.", "BASE_TYPE_MAX_LENGTH")
            call.form.refuse()
        if nonce is None or not call.fields.get("enforce_nonce"):
            call.form.remark("sent without an enforced nonce")

    def _sent_before(self, channel: Channel, fields: dict[str, Any]) -> Message | None:
        nonce, now_s = fields.get("nonce"), self._world.clock.now_s()
        if nonce is None or not fields.get("enforce_nonce"):
            return None
        for message in self._world.messages.values():
            is_same = message.channel is channel and str(message.nonce) == str(nonce)
            if is_same and now_s - message.created_s < self.nonce_window_s:
                return message
        return None

    def _reference(self, call: Call, channel: Channel) -> Message | None:
        wanted = call.fields.get("message_reference")
        if not wanted:
            return None
        if Permission.READ_MESSAGE_HISTORY not in self._world.bot_permissions(channel):
            raise Refused(160002)
        found = self._world.messages.get(int(wanted["message_id"]))
        if found is not None and not found.is_deleted and found.channel is channel:
            return found
        if wanted.get("fail_if_not_exists", True):
            with call.form.at("message_reference"):
                call.form.wrong("Unknown message", "REPLIES_UNKNOWN_MESSAGE")
            call.form.refuse()
        return None

    def _edit(self, call: Call) -> Reply:
        channel = self._find(call)
        message = self._message(call, channel)
        if message.author is not self._world.bot:
            raise Refused(50005)
        if channel.is_archived:
            raise Refused(50083)
        draft = read_message(call.fields, call.uploads, before=message, form=call.form)
        version = self._posting.version(draft, limit_bytes=DEFAULT_UPLOAD_LIMIT)
        self._world.revise(message, version)
        self._log.note_edit(message.id, call.request)
        return Reply(body=self._payloads.message(message))

    def _delete(self, call: Call) -> Reply:
        channel = self._find(call)
        message = self._message(call, channel)
        is_allowed = Permission.MANAGE_MESSAGES in self._world.bot_permissions(channel)
        if message.author is not self._world.bot and not is_allowed:
            raise Refused(50013)
        self._world.remove(message)
        return Reply()


def _with_localizations(part: dict[str, Any]) -> dict[str, Any]:
    """Tell what was registered; what has no localizations says so, which clients must expect."""
    inside = [_with_localizations(one) for one in part.get("options") or ()]
    none = {"name_localizations": None, "description_localizations": None}
    return {**none, **part, **({"options": inside} if inside else {})}


def _without_localizations(part: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Discord tells only when it is asked for."""
    inside = [_without_localizations(one) for one in part.get("options") or ()]
    told = {key: value for key, value in part.items() if not key.endswith("_localizations")}
    return {**told, **({"options": inside} if inside else {})}


def is_hidden_from_bot(message: Message, world: World) -> bool:
    """Whether the bot may not read a message without the privileged intent."""
    is_between_us = message.channel.type is ChannelType.DM and world.bot in message.channel.people
    return not (is_between_us or message.author is world.bot or world.bot in message.mentions)
