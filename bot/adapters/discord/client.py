"""The session with Discord's gateway: what comes in, and the list of servers and their channels.

The library keeps a session and takes it up again; here it is begun, and begun anew with growing pauses
where that does not help: Discord gives a thousand beginnings a day, and then takes the token away. A
session that Discord ends for good is told once, loudly; whoever sends by REST goes on.
"""

import asyncio
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum

import discord
import structlog
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from discord.voice_client import VoiceClient

from bot.adapters.discord.reading import Interaction
from bot.adapters.port import PortError

log = structlog.get_logger()

_LEAST_PAUSE_S, _MOST_PAUSE_S = 5.0, 300.0
_IDENTIFY_PAUSE_S = 5.0  # Discord's least between two
_MANY_IN_AN_HOUR, _LONG_IDENTIFY_PAUSE_S = 20, 120.0
_TOKEN_CLOSED = 4004
_INTENTS_CLOSED = frozenset({4013, 4014})


class Reason(StrEnum):
    """Why Discord does not want us."""

    TOKEN = "token"
    INTENTS = "intents"
    OTHER = "other"


class DiscordRefused(Exception):
    """Discord does not take this bot until its operator did something."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(str(reason))
        self.reason = reason


class _Client(discord.Client):
    """The library's client with our ears."""

    def __init__(self, gateway: "Gateway") -> None:
        intents = discord.Intents.none()
        intents.guilds = intents.guild_messages = intents.dm_messages = True
        super().__init__(
            intents=intents,
            max_messages=None,
            chunk_guilds_at_startup=False,
            member_cache_flags=discord.MemberCacheFlags.none(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_ratelimit_timeout=30.0,
        )
        self._gateway = gateway

    async def on_interaction(self, interaction: Interaction) -> None:
        self._gateway.on_interaction(interaction)

    async def on_message(self, message: discord.Message) -> None:
        self._gateway.on_message(message)

    async def on_connect(self) -> None:  # `on_ready` waits for servers, and we do not need them
        self._gateway.connected(is_new=True)

    async def on_resumed(self) -> None:
        self._gateway.connected(is_new=False)

    async def on_disconnect(self) -> None:
        self._gateway.disconnected()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        await self._gateway.before_identify()


class Gateway:
    """Listens to Discord, from `run` until it is cancelled or refused."""

    def __init__(
        self,
        *,
        token: str,
        api_base: str,
        ask_address: Callable[[], Awaitable[str]],
        on_interaction: Callable[[Interaction], None],
        on_message: Callable[[discord.Message], None],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._token, self._api_base, self._ask_address = token, api_base, ask_address
        self.on_interaction, self.on_message = on_interaction, on_message
        self._clock, self._sleep = clock, sleep
        self._client: _Client | None = None
        self._identifies: deque[float] = deque(maxlen=_MANY_IN_AN_HOUR)
        self._num_failures = 0
        self.is_connected = False
        self.refused: DiscordRefused | None = None

    async def run(self) -> None:
        """Listen, again and again; returns when Discord wants no more of it."""
        VoiceClient.warn_nacl = VoiceClient.warn_dave = False  # nothing is spoken here
        while self.refused is None:
            try:
                await self._listen()
            except discord.LoginFailure:
                self._refuse(Reason.TOKEN)
            except discord.PrivilegedIntentsRequired:
                self._refuse(Reason.INTENTS)
            except discord.ConnectionClosed as closed:
                self._refuse(_reason_of(closed.code), code=closed.code)
            except Exception as error:  # of the network or the library: another try
                trace = None if isinstance(error, PortError | OSError) else error
                kind = type(error).__name__
                log.warning("Discord's gateway is not reached", kind=kind, exc_info=trace)
            self.disconnected()
            if self.refused is None:
                self._num_failures += 1
                await self._sleep(self._pause_s())

    def connected(self, *, is_new: bool) -> None:
        """Note that events come in."""
        self.is_connected, self._num_failures = True, 0
        log.info("Discord is connected", is_new=is_new)

    def disconnected(self) -> None:
        """Note that no events come in."""
        if self.is_connected:
            self.is_connected = False
            log.warning("Discord is disconnected")

    async def before_identify(self) -> None:
        """Space the beginnings of sessions, the more the more there were of late."""
        if self._identifies:
            is_often = (
                len(self._identifies) == _MANY_IN_AN_HOUR
                and self._clock() - self._identifies[0] < 3600
            )
            await self._sleep(_LONG_IDENTIFY_PAUSE_S if is_often else _IDENTIFY_PAUSE_S)
        self._identifies.append(self._clock())

    def is_for_adults(self, channel_id: int) -> bool | None:
        """Whether a channel is age-restricted; None where that is not known for sure now."""
        channel = self._channel(channel_id)
        if channel is None or not self.is_connected:
            return None
        if isinstance(channel, discord.Thread):
            return None if channel.parent is None else channel.parent.is_nsfw()
        return bool(getattr(channel, "nsfw", False))

    def may_read(self, channel_id: int) -> bool:
        """Whether the bot surely sees the history of a channel."""
        channel = self._channel(channel_id)
        if channel is None:
            return False
        try:
            return channel.permissions_for(channel.guild.me).read_message_history
        except (AttributeError, discord.ClientException):  # half of it is not cached
            return False

    def _channel(self, channel_id: int) -> discord.abc.GuildChannel | discord.Thread | None:
        channel = self._client.get_channel(channel_id) if self._client else None
        known = (discord.abc.GuildChannel, discord.Thread)
        return channel if isinstance(channel, known) else None

    async def _listen(self) -> None:
        address = await self._ask_address()
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = self._api_base, yarl.URL(address)
        async with _Client(self) as self._client:
            await self._client.start(self._token)

    def _refuse(self, reason: Reason, *, code: int | None = None) -> None:
        self.refused = DiscordRefused(reason)
        log.critical("Discord refuses the bot", reason=str(reason), code=code)

    def _pause_s(self) -> float:
        most_s = min(_MOST_PAUSE_S, _LEAST_PAUSE_S * 2 ** min(self._num_failures - 1, 10))
        return random.uniform(most_s / 2, most_s)


def _reason_of(code: int) -> Reason:
    if code == _TOKEN_CLOSED:
        return Reason.TOKEN
    return Reason.INTENTS if code in _INTENTS_CLOSED else Reason.OTHER
