"""The chat platforms of a program: which the settings name, how they are opened, and where people find them.

The web chat is always there. Discord is where its token is set; a Discord that refuses the bot, or that
is not reached, takes nothing from the others.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Protocol, TypeAlias

import structlog

from bot import shell_texts
from bot.adapters.discord.adapter import DiscordChat, DiscordOptions
from bot.adapters.discord.client import DiscordRefused
from bot.adapters.port import ChatPort, FileReader, Listener
from bot.adapters.web.server import WebChat, WebOptions
from bot.settings import Settings, revealed
from pipeline import MAX_PHOTO_BYTES

log = structlog.get_logger()


class Adapter(ChatPort, Protocol):
    """A chat platform that runs."""

    async def start(self) -> None:
        """Begin to hand over what people write."""
        ...

    async def close(self) -> None:
        """Stop."""
        ...


MakeAdapter: TypeAlias = Callable[[Listener, FileReader], Adapter]


class Platforms:
    """The adapters of a program; each lives from `open` until the stack is closed."""

    def __init__(self, adapters: Sequence[Adapter] = ()) -> None:
        self._adapters = adapters
        self._open: dict[str, ChatPort] = {}
        self._refusal: DiscordRefused | None = None

    async def open(self, stack: AsyncExitStack) -> None:
        """Start one after the other, the web chat first. Raises CannotListen or OSError."""
        for adapter in self._adapters:
            try:
                await adapter.start()
            except DiscordRefused as refusal:
                log.critical("Discord refuses the bot", reason=str(refusal.reason))
                self._refusal = refusal
                continue
            stack.push_async_callback(adapter.close)
            self._open[adapter.platform] = adapter

    @property
    def open_ports(self) -> Mapping[str, ChatPort]:
        """The platforms that something can be sent to, by their names."""
        return self._open

    @property
    def ports(self) -> Mapping[str, ChatPort]:
        """All platforms, by their names."""
        return {adapter.platform: adapter for adapter in self._adapters}

    @property
    def web_url(self) -> str:
        """Where the web chat is."""
        return next(one.url for one in self._adapters if isinstance(one, WebChat))

    @property
    def is_discord_away(self) -> bool:
        """Whether people's commands should come from Discord, and do not."""
        return any(not one.is_connected for one in self._adapters if isinstance(one, DiscordChat))

    def announcement(self) -> str:
        """Tell the operator where people can write now, a line for each platform."""
        lines = [shell_texts.SERVING.format(url=self.web_url)]
        if self._refusal is not None:
            lines.append(shell_texts.discord_refused(self._refusal.reason))
        elif any(isinstance(one, DiscordChat) for one in self._adapters):
            lines.append(shell_texts.SERVING_DISCORD)
        return "\n".join(lines)


def adapters_of(settings: Settings) -> tuple[MakeAdapter, ...]:
    """Name the platforms of the settings, the web chat first."""
    discord = discord_adapter(settings)
    return (web_adapter(settings), *((discord,) if discord else ()))


def web_adapter(settings: Settings) -> MakeAdapter:
    """Make the local web chat."""
    options = WebOptions(
        host=settings.web.host, port=settings.web.port, max_photo_bytes=MAX_PHOTO_BYTES
    )
    return lambda listener, files: WebChat(options, listener, files=files)


def discord_adapter(settings: Settings) -> MakeAdapter | None:
    """Make Discord, where it has a token."""
    token = revealed(settings.discord.token)
    if not token:
        return None
    options = DiscordOptions(token=token, api_base=settings.discord.api_base)
    return lambda listener, files: DiscordChat(options, listener, files=files)
