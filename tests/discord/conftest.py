"""A local Discord for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.discord.caller import Caller
from tests.discord.server import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """A local Discord with one server, one channel and nobody but the bot."""
    async with DiscordServer() as server:
        yield server


@pytest.fixture
async def caller(server: DiscordServer) -> AsyncIterator[Caller]:
    """A bot that has no library: it sends what a test says."""
    async with Caller(server) as caller:
        yield caller
