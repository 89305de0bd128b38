"""Pictures come from where Telegram keeps files, and from nowhere else."""

import asyncio
from pathlib import Path

import pytest

from bot.adapters.telegram.photos import UNREADABLE, Photos
from bot.adapters.telegram.reading import Photo
from tests.telegram.bot import library, png
from tests.telegram.files import Files
from tests.telegram.server import TelegramServer
from tests.telegram.things import StoredFile


async def fetched(server: TelegramServer) -> bytes:
    """Fetch a picture that somebody sent."""
    said = server.person().document(png(), media_type="image/png")
    assert said.last.document is not None
    async with library(server) as bot:
        photos = Photos(bot, file_base=server.base_file_url)
        return await photos.fetch(Photo(file_id=said.last.document.id))


async def test_a_picture_is_fetched(server: TelegramServer) -> None:
    """What somebody sent comes as it is."""
    assert png() == await fetched(server)


@pytest.mark.fault(45)
@pytest.mark.parametrize("is_here", [True, False], ids=["a file of this machine", "an address"])
async def test_an_answer_that_points_elsewhere_is_not_followed(
    is_here: bool, server: TelegramServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Were Telegram made to name a file of this machine or another server, nothing of it is read."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(note="secret"))
    callers = []

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        callers.append(writer)
        writer.close()

    trap = await asyncio.start_server(take, "127.0.0.1", 0)
    port = trap.sockets[0].getsockname()[1]
    path = str(secret) if is_here else f"http://127.0.0.1:{port}/x.png"
    original = Files.link

    def elsewhere(self: Files, file_id: str) -> tuple[StoredFile, str]:
        return original(self, file_id)[0], path

    monkeypatch.setattr(Files, "link", elsewhere)
    async with trap:
        found = await fetched(server)

    assert UNREADABLE == found
    assert [] == callers
