"""A local Telegram for every test that asks for one."""

from collections.abc import AsyncIterator

import pytest

from tests.telegram.server import TelegramServer


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    """A local Telegram with nobody but the bot."""
    async with TelegramServer() as server:
        yield server
