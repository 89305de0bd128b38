"""What Discord tells about its state, in JSON: what discord.py reads without a default is all there."""

import copy
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.discord.things import (
    ALL,
    EPOCH_MS,
    Channel,
    ChannelType,
    Guild,
    Interaction,
    InteractionType,
    Member,
    Message,
    Permission,
    Role,
    StoredFile,
    User,
    parts_of,
)
from tests.discord.world import World

VERIFY_KEY = "0" * 64
_SPOILER = 1 << 3
_SECRET = b"local"


def stamp(snowflake: int) -> str:
    """Say when an id was made."""
    return datetime.fromtimestamp(((snowflake >> 22) + EPOCH_MS) / 1000, UTC).isoformat()


class Links:
    """Addresses of files that expire."""

    def __init__(self, world: World, *, life_s: float = 86_400.0) -> None:
        self.life_s, self.base = life_s, ""
        self._world = world

    def of(self, file: StoredFile, channel: Channel) -> str:
        """Make a fresh address."""
        folder = "ephemeral-attachments" if file.is_ephemeral else "attachments"
        path = f"/{folder}/{channel.id}/{file.id}/{file.filename}"
        now_s = int(self._world.clock.now_s())
        begin, end = f"{now_s:x}", f"{int(now_s + self.life_s):x}"
        return f"{self.base}{path}?ex={end}&is={begin}&hm={self._sign(path, end, begin)}&"

    def is_good(self, path: str, query: Mapping[str, str]) -> bool:
        """Whether an address was made here and still lives."""
        end, begin = query.get("ex", "0"), query.get("is", "0")
        is_ours = hmac.compare_digest(query.get("hm", ""), self._sign(path, end, begin))
        return is_ours and int(end, 16) > self._world.clock.now_s()

    @staticmethod
    def _sign(path: str, end: str, begin: str) -> str:
        return hmac.new(_SECRET, f"{path} {end} {begin}".encode(), hashlib.sha256).hexdigest()


class Payloads:
    """Turns state into JSON."""

    def __init__(self, world: World, links: Links) -> None:
        self._world, self._links = world, links

    def user(self, user: User) -> dict[str, Any]:
        """An account."""
        return {
            "id": str(user.id),
            "username": user.name,
            "discriminator": "0",
            "global_name": None if user.is_bot else user.name,
            "avatar": None,
            "bot": user.is_bot,
            "public_flags": 0,
            "flags": 0,
            "primary_guild": None,
        }

    def me(self) -> dict[str, Any]:
        """The bot as it sees itself."""
        own = {"verified": True, "mfa_enabled": False, "locale": "ko", "email": None}
        return {**self.user(self._world.bot), **own}

    def application(self) -> dict[str, Any]:
        """The application."""
        return {
            "id": str(self._world.application_id),
            "name": self._world.bot.name,
            "description": "AI가 그림을 그려요",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "owner": self.user(next(iter(self._world.users.values()))),
            "verify_key": VERIFY_KEY,
            "flags": 0,
            "flags_new": "0",
            "explicit_content_filter": 0,
            "approximate_guild_count": len(self._world.guilds),
            "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0,
            "type": None,
            "redirect_uris": [],
            "role_connections_verification_url": None,
            "interactions_endpoint_url": None,
            "team": None,
            "integration_types_config": {"0": {}, "1": {}},
            **self._world.application_facts,
        }

    def role(self, role: Role) -> dict[str, Any]:
        """A role."""
        return {
            "id": str(role.id), "name": role.name, "permissions": str(int(role.permissions)),
            "position": 0, "color": 0, "hoist": False, "managed": False, "mentionable": False,
            "icon": None, "unicode_emoji": None, "flags": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        }  # fmt: skip

    def member(self, member: Member, guild: Guild, *, is_asking: bool = False) -> dict[str, Any]:
        """A member; whoever asks carries the permissions, too."""
        payload: dict[str, Any] = {
            "user": self.user(member.user),
            "roles": [str(role.id) for role in member.roles],
            "joined_at": stamp(member.user.id),
            "nick": None, "avatar": None, "premium_since": None, "deaf": False, "mute": False,
            "pending": False, "flags": 0, "communication_disabled_until": None,
        }  # fmt: skip
        if is_asking:
            payload["permissions"] = str(_bits(guild.permissions_of(member.user)))
        return payload

    def guild(self, guild: Guild) -> dict[str, Any]:
        """A guild as the gateway tells it."""
        bot = Member(user=self._world.bot)
        channels = [one for one in self._world.channels.values() if one.guild is guild]
        seen = [one for one in channels if not one.is_gone and self._sees(one)]
        return {
            "id": str(guild.id), "name": guild.name, "owner_id": str(guild.owner.id),
            "preferred_locale": guild.locale, "member_count": len(guild.members) + 1,
            "roles": [self.role(role) for role in (guild.everyone, *guild.roles)],
            "members": [self.member(bot, guild)],
            "channels": [self.channel(one) for one in seen if one.parent is None],
            "threads": [self.channel(one) for one in seen if one.parent is not None],
            "emojis": [], "stickers": [], "features": [], "voice_states": [], "presences": [],
            "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [],
            "joined_at": stamp(guild.id), "large": False, "unavailable": False, "icon": None,
            "verification_level": 0, "default_message_notifications": 0, "nsfw_level": 0,
            "explicit_content_filter": 0, "mfa_level": 0, "premium_tier": 0, "afk_timeout": 300,
            "system_channel_flags": 0, "premium_progress_bar_enabled": False,
        }  # fmt: skip

    def _sees(self, channel: Channel) -> bool:
        return Permission.VIEW_CHANNEL in self._world.bot_permissions(channel)

    def channel(self, channel: Channel) -> dict[str, Any]:
        """A channel of any kind."""
        payload: dict[str, Any] = {
            "id": str(channel.id), "type": int(channel.type), "last_message_id": None, "flags": 0,
        }  # fmt: skip
        if channel.guild is None:
            others = [user for user in channel.people if user is not self._world.bot]
            return {**payload, "recipients": [self.user(user) for user in others]}
        payload |= {"guild_id": str(channel.guild.id), "name": channel.name}
        if channel.parent is None:
            return {
                **payload,
                "position": 0, "nsfw": channel.is_nsfw, "topic": None, "parent_id": None,
                "rate_limit_per_user": 0, "permission_overwrites": self._overwrites(channel),
            }  # fmt: skip
        return {
            **payload,
            "parent_id": str(channel.parent.id),
            "owner_id": str(channel.guild.owner.id),
            "message_count": 0, "member_count": 1, "rate_limit_per_user": 0,
            "thread_metadata": {
                "archived": channel.is_archived, "auto_archive_duration": 1440, "locked": False,
                "archive_timestamp": stamp(channel.id), "create_timestamp": stamp(channel.id),
            },
        }  # fmt: skip

    def _overwrites(self, channel: Channel) -> list[dict[str, Any]]:
        if not channel.deny:
            return []
        deny = str(_bits(channel.deny))
        return [{"id": str(self._world.bot.id), "type": 1, "allow": "0", "deny": deny}]

    def attachment(self, file: StoredFile, channel: Channel) -> dict[str, Any]:
        """A file, with an address that expires."""
        url = self._links.of(file, channel)
        payload: dict[str, Any] = {
            "id": str(file.id),
            "filename": file.filename,
            "size": len(file.data),
            "url": url,
            "proxy_url": url,
            "content_type": file.content_type,
        }
        facts = {
            "title": file.title,
            "description": file.description,
            "width": file.width_px,
            "height": file.height_px,
            "flags": _SPOILER if file.is_spoiler else None,
            "ephemeral": file.is_ephemeral or None,
        }
        return payload | {key: value for key, value in facts.items() if value is not None}

    def message(self, message: Message, *, is_blank: bool = False) -> dict[str, Any]:
        """A message; `is_blank` where the bot may not read what it says."""
        last, channel = message.last, message.channel
        shown = _shown_inside(last.embeds, last.components)
        payload: dict[str, Any] = {
            "id": str(message.id),
            "type": message.type,
            "channel_id": str(channel.id),
            "author": self.user(message.author),
            "content": "" if is_blank else last.content,
            "timestamp": stamp(message.id),
            "edited_timestamp": stamp(self._world.new_id()) if len(message.versions) > 1 else None,
            "tts": False, "mention_everyone": False, "mention_roles": [], "pinned": False,
            "mentions": [self.user(user) for user in message.mentions],
            "attachments": [] if is_blank else [
                self.attachment(file, channel) for file in last.files if file.filename not in shown
            ],
            "embeds": [] if is_blank else self._with_links(list(last.embeds), message),
            "components": [] if is_blank else self._with_links(_numbered(last.components), message),
            "flags": int(last.flags),
        }  # fmt: skip
        if channel.guild is not None:
            payload["guild_id"] = str(channel.guild.id)
        if message.nonce is not None:
            payload["nonce"] = message.nonce
        if message.interaction is not None:
            payload |= self._origin(message.interaction)
        if message.reference is not None:
            payload |= self._reference(message.reference)
        return payload

    def _origin(self, asked: Interaction) -> dict[str, Any]:
        application_id = str(self._world.application_id)
        told: dict[str, Any] = {
            "id": str(asked.id),
            "type": int(asked.type),
            "user": self.user(asked.user),
            "authorizing_integration_owners": self._owners(asked),
        }
        if asked.type is InteractionType.COMPONENT and asked.source is not None:
            told["interacted_message_id"] = str(asked.source.id)
        names = {"application_id": application_id, "webhook_id": application_id}
        return {**names, "interaction_metadata": told}

    def _reference(self, other: Message) -> dict[str, Any]:
        place = {"message_id": str(other.id), "channel_id": str(other.channel.id)}
        if other.channel.guild is not None:
            place["guild_id"] = str(other.channel.guild.id)
        told = None if other.is_deleted else self.message(other)
        return {"message_reference": {"type": 0, **place}, "referenced_message": told}

    def _with_links(self, tree: Any, message: Message) -> Any:
        """Replace every `attachment://` by an address."""
        if isinstance(tree, list):
            return [self._with_links(item, message) for item in tree]
        if not isinstance(tree, dict):
            return tree
        url = tree.get("url")
        if not isinstance(url, str) or not url.startswith("attachment://"):
            return {key: self._with_links(value, message) for key, value in tree.items()}
        name = url.removeprefix("attachment://")
        file = next(one for one in message.last.files if one.filename == name)
        link = self._links.of(file, message.channel)
        facts = {"url": link, "proxy_url": link, "attachment_id": str(file.id)}
        return {**tree, **facts, "width": file.width_px, "height": file.height_px}

    def interaction(self, asked: Interaction) -> dict[str, Any]:
        """What INTERACTION_CREATE carries."""
        channel, guild = asked.channel, asked.channel.guild
        allowed = self._world.bot_permissions(channel)
        if guild is None or asked.is_user_install:
            allowed |= Permission.ATTACH_FILES | Permission.EMBED_LINKS
        payload: dict[str, Any] = {
            "id": str(asked.id),
            "application_id": str(self._world.application_id),
            "type": int(asked.type),
            "token": asked.token,
            "version": 1,
            "data": asked.data,
            "channel": self.channel(channel),
            "channel_id": str(channel.id),
            "locale": asked.user.locale,
            "context": self.context(channel),
            "app_permissions": str(_bits(allowed)),
            "authorizing_integration_owners": self._owners(asked),
            "attachment_size_limit": asked.user.upload_limit_bytes,
            "entitlements": [],
        }
        if guild is None:
            payload["user"] = self.user(asked.user)
        else:
            member = guild.members[asked.user.id]
            payload |= {
                "guild_id": str(guild.id),
                "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
                "guild_locale": guild.locale,
                "member": self.member(member, guild, is_asking=True),
            }
            payload["channel"]["nsfw"] = channel.is_nsfw
        if asked.source is not None and asked.type is not InteractionType.COMMAND:
            payload["message"] = self.message(asked.source)
        return payload

    def context(self, channel: Channel) -> int:
        """Say where something was asked: 0 guild, 1 with the bot, 2 between others."""
        if channel.guild is not None:
            return 0
        return 1 if channel.type is ChannelType.DM and self._world.bot in channel.people else 2

    def _owners(self, asked: Interaction) -> dict[str, str]:
        guild = asked.channel.guild
        owners = {"1": str(asked.user.id)} if asked.is_user_install else {}
        if not asked.is_user_install:
            owners["0"] = str(guild.id) if guild else "0"
        return owners


def _bits(permissions: Permission) -> int:
    return int(permissions & ALL)


def _numbered(components: Any) -> list[dict[str, Any]]:
    """Give every component an id that is unique in its message, as Discord does."""
    copies: list[dict[str, Any]] = copy.deepcopy(list(components))
    for number, part in enumerate(parts_of(copies), start=1):
        part.setdefault("id", number)
    return copies


def _shown_inside(embeds: Any, components: Any) -> set[str]:
    """Name the files that an embed or a component shows, or offers."""
    media: list[Any] = [embed.get(key) for embed in embeds for key in ("image", "thumbnail")]
    for part in parts_of(components):
        media += [part.get("media"), part.get("file")]
        media += [item.get("media") for item in part.get("items", ())]
    urls = [str(one.get("url")) for one in media if one]
    prefix = "attachment://"
    return {url.removeprefix(prefix) for url in urls if url.startswith(prefix)}
