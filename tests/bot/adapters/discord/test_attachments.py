"""Pictures that people attached are fetched, within bounds."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.adapters.discord.attachments import UNREADABLE, Attachments

DATA = bytes(range(256)) * 400


@pytest.fixture
async def origin() -> AsyncIterator[str]:
    """An address that has a file, a redirection to it and a hole."""

    async def file(_request: web.Request) -> web.Response:
        return web.Response(body=DATA)

    async def elsewhere(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/file")

    app = web.Application()
    app.router.add_get("/file", file)
    app.router.add_get("/elsewhere", elsewhere)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}"
    await runner.cleanup()


async def fetched(origin: str, url: str, *, max_bytes: int = len(DATA)) -> bytes:
    """What is fetched from an address."""
    attachments = Attachments(api_base=f"{origin}/api/v10", max_bytes=max_bytes)
    attachments.open()
    try:
        return await attachments.fetch(url)
    finally:
        await attachments.close()


async def test_a_file_is_fetched(origin: str) -> None:
    """All bytes of it."""
    assert DATA == await fetched(origin, f"{origin}/file")


async def test_a_file_that_is_too_large_is_left(origin: str) -> None:
    """One byte more than may be is no picture."""
    assert UNREADABLE == await fetched(origin, f"{origin}/file", max_bytes=len(DATA) - 1)


@pytest.mark.parametrize(
    "path", ["/missing", "/elsewhere"], ids=["a file that is gone", "a redirection"]
)
async def test_what_cannot_be_had_is_unreadable(origin: str, path: str) -> None:
    """Neither an error nor an address that nobody named gives a picture."""
    assert UNREADABLE == await fetched(origin, origin + path)


@pytest.mark.fault(45)
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/file",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/a.png",
        "http://0x7f.1/a.png",
        "https://2130706433/a.png",
        "ftp://cdn.discordapp.com/a.png",
        "https://cdn.discordapp.com:8443@127.0.0.1/a.png",
        "https://cdn.discordapp.com\\@127.0.0.1/a.png",
        "http://cdn.discordapp.com/attachments/1/2/a.png",
        "https://cdn.discordapp.com.evil.example/a.png",
        "https://user@evil.example/cdn.discordapp.com",
        "file:///etc/passwd",
        "not an address",
        "",
    ],
)
def test_only_discords_files_are_fetched(url: str) -> None:
    """Nobody makes the bot look elsewhere."""
    assert not Attachments(api_base="https://discord.com/api/v10")._may_fetch(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.discordapp.com/attachments/1/2/a.png?ex=1",
        "https://media.discordapp.net/attachments/1/2/a.png",
        "https://discord.com/a.png",
    ],
)
def test_discords_files_may_be_fetched(url: str) -> None:
    """From its own addresses and the one that the settings name."""
    assert Attachments(api_base="https://discord.com/api/v10")._may_fetch(url)


def test_a_choice_is_forgotten_with_its_person() -> None:
    """Only what that person chose."""
    attachments = Attachments(api_base="https://discord.com/api/v10")
    attachments.choose(1, 2, person_id="7", url="https://cdn.discordapp.com/a")
    attachments.choose(1, 3, person_id="8", url="https://cdn.discordapp.com/b")

    attachments.forget("7")

    assert attachments.chosen(1, 2) is None
    assert "https://cdn.discordapp.com/b" == attachments.chosen(1, 3)
