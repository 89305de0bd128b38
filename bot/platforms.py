"""The chat platforms of a program: which the settings name, how they are opened, and where people find them.

The web chat is always there. Discord and Telegram are where their tokens are set; one that refuses the
bot, or that is not reached, takes nothing from the others.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Protocol, TypeAlias

import structlog

from bot import shell_texts, texts
from bot.adapters.discord.adapter import DiscordChat, DiscordOptions
from bot.adapters.discord.client import DiscordRefused
from bot.adapters.port import ChatPort, FileReader, Listener
from bot.adapters.telegram.adapter import TelegramChat, TelegramOptions, TelegramRefused
from bot.adapters.telegram.webhook import WebhookOptions
from bot.adapters.telegram.words import Words
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
        self._is_telegram_refused = False

    async def open(self, stack: AsyncExitStack) -> None:
        """Start one after the other, the web chat first. Raises CannotListen or OSError."""
        for adapter in self._adapters:
            try:
                await adapter.start()
            except DiscordRefused as refusal:
                log.critical("Discord refuses the bot", reason=str(refusal.reason))
                self._refusal = refusal
                continue
            except TelegramRefused:
                log.critical("Telegram refuses the bot", reason="token")
                self._is_telegram_refused = True
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

    @property
    def is_telegram_away(self) -> bool:
        """Whether people's messages should come from Telegram, and do not."""
        return any(not one.is_connected for one in self._telegram)

    @property
    def is_telegram_deaf(self) -> bool:
        """Whether Telegram passes on from groups only what is addressed to the bot."""
        return any(not one.hears_all for one in self._telegram)

    @property
    def _telegram(self) -> list[TelegramChat]:
        return [one for one in self._adapters if isinstance(one, TelegramChat)]

    def announcement(self) -> str:
        """Tell the operator where people can write now, a line for each platform."""
        lines = [shell_texts.SERVING.format(url=self.web_url)]
        if self._refusal is not None:
            lines.append(shell_texts.discord_refused(self._refusal.reason))
        elif any(isinstance(one, DiscordChat) for one in self._adapters):
            lines.append(shell_texts.SERVING_DISCORD)
        if self._is_telegram_refused:
            lines.append(shell_texts.TELEGRAM_REFUSED)
        elif self._telegram:
            lines.append(shell_texts.SERVING_TELEGRAM)
        return "\n".join(lines)


def adapters_of(settings: Settings) -> tuple[MakeAdapter, ...]:
    """Name the platforms of the settings, the web chat first."""
    others = (discord_adapter(settings), telegram_adapter(settings))
    return (web_adapter(settings), *(one for one in others if one is not None))


def web_adapter(settings: Settings) -> MakeAdapter:
    """Make the local web chat."""
    options = WebOptions(
        host=settings.web.host,
        port=settings.web.port,
        allowed_hosts=settings.web.hosts,
        password=revealed(settings.web.password),
        max_photo_bytes=MAX_PHOTO_BYTES,
    )
    return lambda listener, files: WebChat(options, listener, files=files)


def discord_adapter(settings: Settings) -> MakeAdapter | None:
    """Make Discord, where it has a token."""
    token = revealed(settings.discord.token)
    if not token:
        return None
    options = DiscordOptions(token=token, api_base=settings.discord.api_base)
    return lambda listener, files: DiscordChat(options, listener, files=files)


def telegram_adapter(settings: Settings) -> MakeAdapter | None:
    """Make Telegram, where it has a token."""
    section, token = settings.telegram, revealed(settings.telegram.token)
    if not token:
        return None
    hook = section.webhook
    options = TelegramOptions(
        token=token,
        words=words(),
        base_url=section.base_url,
        base_file_url=section.base_file_url,
        webhook=WebhookOptions(url=hook.url, host=hook.host, port=hook.port) if hook.url else None,
    )
    return lambda listener, files: TelegramChat(options, listener, files=files)


def words() -> Words:
    """Give the sentences that only Telegram has the occasion for."""
    return Words(
        in_private=texts.IN_PRIVATE,
        one_photo=texts.ONE_PHOTO,
        photo_too_large=texts.PHOTO_FOR_TELEGRAM,
        no_photos=texts.NO_PHOTOS_HERE,
        greeting=texts.GREETING,
        greeting_deaf=texts.GREETING_DEAF,
        inline_title=texts.INLINE_TITLE,
        inline_about=texts.INLINE_ABOUT,
        description=texts.BOT_DESCRIPTION,
        short_description=texts.BOT_SHORT_DESCRIPTION,
    )
