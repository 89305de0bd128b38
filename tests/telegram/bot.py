"""A bot in the local Telegram for tests of it: python-telegram-bot, and plain requests."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from PIL import Image, PngImagePlugin
from telegram import Bot

from tests.telegram.server import TelegramServer


@asynccontextmanager
async def library(server: TelegramServer) -> AsyncIterator[Bot]:
    """Start the library's bot."""
    bot = Bot(server.token, base_url=server.base_url, base_file_url=server.base_file_url)
    async with bot:
        yield bot


async def call(server: TelegramServer, method: str, **params: Any) -> tuple[int, dict[str, Any]]:
    """Call a method with JSON; gives the status and the answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{server.base_url}{server.token}/{method}", json=params) as answer,
    ):
        return answer.status, await answer.json()


def png(width_px: int = 64, height_px: int = 48, *, note: str = "") -> bytes:
    """Draw a picture with a note in its metadata."""
    raw, facts = io.BytesIO(), PngImagePlugin.PngInfo()
    facts.add_text("note", note)
    Image.new("RGBA", (width_px, height_px), (200, 40, 90, 255)).save(raw, "PNG", pnginfo=facts)
    return raw.getvalue()
