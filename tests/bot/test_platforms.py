"""The platforms that the settings name, with the local Discord: one that is away harms no other."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace
from typing import cast

import aiohttp
import pytest
from pydantic import SecretStr

from bot import shell_texts, texts
from bot.adapters.port import Listener
from bot.chat_role import ChatRole, Status
from bot.platforms import Platforms, adapters_of
from bot.settings import DiscordSection, Settings, TelegramSection, WebSection
from tests.bot.house import eventually
from tests.discord.server import TOKEN, DiscordServer
from tests.telegram.server import TelegramServer

LIMIT_S = 30.0
NOBODY = cast(Listener, object())  # nobody writes here


async def no_file(key: str, *, max_bytes: int | None = None) -> bytes | None:
    """Keep no pictures."""


@asynccontextmanager
async def opened(token: str, api_base: str) -> AsyncIterator[Platforms]:
    """Open what settings with this Discord name."""
    section = DiscordSection(token=SecretStr(token), api_base=api_base)
    settings = Settings(web=WebSection(port=0), discord=section)
    async with AsyncExitStack() as stack:
        platforms = Platforms([make(NOBODY, no_file) for make in adapters_of(settings)])
        async with asyncio.timeout(LIMIT_S):
            await platforms.open(stack)
        yield platforms


async def page(platforms: Platforms) -> int:
    """Give the status of the web chat's page."""
    async with aiohttp.ClientSession() as session, session.get(platforms.web_url) as response:
        return response.status


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    """A Discord on this machine."""
    async with DiscordServer() as server:
        yield server


async def test_discord_is_opened_beside_the_web_chat(discord: DiscordServer) -> None:
    """Both are told of, and Discord is there when the session is."""
    async with opened(TOKEN, discord.url) as platforms:
        await discord.ready()
        await eventually(lambda: not platforms.is_discord_away)  # the bot's side of the greeting
        said = platforms.announcement().splitlines()

        assert ["web", "discord"] == list(platforms.open_ports)
        assert shell_texts.SERVING.format(url=platforms.web_url) == said[0]
        assert shell_texts.SERVING_DISCORD == said[1]
    assert [] == discord.problems


async def test_without_a_token_nobody_asks_discord(discord: DiscordServer) -> None:
    """The web chat is everything, and nothing is missing."""
    async with opened("", discord.url) as platforms:
        assert ["web"] == list(platforms.ports)
        assert not platforms.is_discord_away
        assert [shell_texts.SERVING.format(url=platforms.web_url)] == [platforms.announcement()]
    assert [] == discord.log.requests


async def test_a_refused_token_leaves_the_web_chat_alone(discord: DiscordServer) -> None:
    """The operator reads which variable to change; nothing is sent to Discord any more."""
    async with opened("MTIz.s3cr3t.token", discord.url) as platforms:
        said = platforms.announcement().splitlines()

        assert 200 == await page(platforms)
        assert "GEURYEOJWO_DISCORD__TOKEN" in said[1]
        assert "s3cr3t" not in said[1]
        assert ["web"] == list(platforms.open_ports)
        assert ["web", "discord"] == list(platforms.ports)
        assert platforms.is_discord_away
    assert 1 == len(discord.log.requests)


async def test_a_discord_that_is_not_there_keeps_nobody_waiting() -> None:
    """The web chat works, and Discord is tried again beside it."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/api/v10"
        async with opened(TOKEN, url) as platforms:
            assert 200 == await page(platforms)
            assert ["web", "discord"] == list(platforms.open_ports)
            assert platforms.is_discord_away


@pytest.mark.parametrize("is_away", [True, False])
async def test_the_status_tells_of_a_discord_that_is_away(is_away: bool) -> None:
    """Whoever asks elsewhere reads it below the rest."""
    role = SimpleNamespace(
        num_live=0,
        is_ready=True,
        preparer=SimpleNamespace(health=lambda: ()),
        is_discord_away=is_away,
        is_telegram_away=False,
        is_telegram_deaf=False,
    )

    sentence = await Status(cast(ChatRole, role), model="demo").sentence()

    assert is_away is sentence.endswith(f"\n{texts.DISCORD_AWAY}")
    assert "demo" in sentence


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """A Telegram on this machine."""
    async with TelegramServer() as server:
        yield server


@asynccontextmanager
async def opened_telegram(token: str, base_url: str) -> AsyncIterator[Platforms]:
    """Open what settings with this Telegram name."""
    section = TelegramSection(token=SecretStr(token), base_url=base_url)
    settings = Settings(web=WebSection(port=0), telegram=section)
    async with AsyncExitStack() as stack:
        platforms = Platforms([make(NOBODY, no_file) for make in adapters_of(settings)])
        async with asyncio.timeout(LIMIT_S):
            await platforms.open(stack)
        yield platforms


async def test_telegram_is_opened_beside_the_web_chat(telegram: TelegramServer) -> None:
    """Both are told of, and that groups are not heard in full is known."""
    async with opened_telegram(telegram.token, telegram.base_url) as platforms:
        await eventually(lambda: not platforms.is_telegram_away)
        said = platforms.announcement().splitlines()

        assert ["web", "telegram"] == list(platforms.open_ports)
        assert shell_texts.SERVING_TELEGRAM == said[1]
        assert platforms.is_telegram_deaf
    assert [] == telegram.problems


async def test_a_telegram_token_that_is_refused_leaves_the_web_chat_alone(
    telegram: TelegramServer,
) -> None:
    """The operator reads which variable to change."""
    async with opened_telegram("123:wrong-token", telegram.base_url) as platforms:
        said = platforms.announcement().splitlines()

        assert 200 == await page(platforms)
        assert shell_texts.TELEGRAM_REFUSED == said[1]
        assert ["web"] == list(platforms.open_ports)
        assert platforms.is_telegram_away


async def test_a_telegram_that_is_not_there_keeps_nobody_waiting() -> None:
    """The web chat works, and Telegram is tried again beside it."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/bot"
        async with opened_telegram("123:token", url) as platforms:
            assert 200 == await page(platforms)
            assert ["web", "telegram"] == list(platforms.open_ports)
            assert platforms.is_telegram_away


@pytest.mark.parametrize("reason", ["token", "intents", "other"])
def test_every_reason_has_its_sentence(reason: str) -> None:
    """It says what to do, and that the other platforms go on."""
    assert "다시 켜 주세요. 다른 곳은 그대로" in shell_texts.discord_refused(reason)
