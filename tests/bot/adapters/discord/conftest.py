"""A local Discord for every test of the adapter."""

from collections.abc import AsyncIterator

import pytest

from tests.discord.server import DiscordServer


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """A local Discord that lets a slow machine take its time; a bot that never waits is still seen."""
    async with DiscordServer() as server:
        server.answers.ack_deadline_s = 60.0
        server.log.edit_tolerance_s = server.limits.grace_s = 1.0
        yield server
