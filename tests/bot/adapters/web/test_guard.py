"""Only our own page, under a name of this machine, is answered."""

from collections.abc import AsyncIterator
from itertools import product

import pytest
from aiohttp import ClientSession, CookieJar, WSServerHandshakeError

from bot.adapters.web.server import WebChat
from tests.bot.adapters.web.script import ScriptedListener, png, serving

HEADERS = (
    "Content-Security-Policy",
    "Cross-Origin-Resource-Policy",
    "Referrer-Policy",
    "X-Content-Type-Options",
    "X-Frame-Options",
)


@pytest.fixture
async def chat() -> AsyncIterator[WebChat]:
    """A web chat that also answers to one name of the operator's."""
    async with serving(ScriptedListener(), allowed_hosts=("draw.example:8443",)) as chat:
        yield chat


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    """A client without a browser's manners."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        yield client


def port_of(chat: WebChat) -> str:
    """The port that the chat got."""
    return chat.url.rstrip("/").rpartition(":")[2]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:{port}", 200),
        ("localhost:{port}", 200),
        ("LOCALHOST:{port}", 200),
        ("[::1]:{port}", 200),
        ("draw.example:8443", 200),
        ("127.0.0.1", 421),
        ("localhost:1", 421),
        ("evil.example:{port}", 421),
        ("127.0.0.1.evil.example:{port}", 421),
        ("draw.example", 421),
    ],
)
async def test_a_foreign_host_is_refused(
    chat: WebChat, client: ClientSession, host: str, status: int
) -> None:
    """A name that somebody pointed at this machine (DNS rebinding) gets nothing."""
    headers = {"Host": host.format(port=port_of(chat))}

    for path in ("", "static/chat.js"):
        async with client.get(chat.url + path, headers=headers) as response:
            assert status == response.status


GOOD_HOST, BAD_HOST = "127.0.0.1:{port}", "evil.example:{port}"
GOOD_ORIGIN = "http://127.0.0.1:{port}"
ORIGINS = (
    GOOD_ORIGIN,
    None,
    "null",
    "http://evil.example",
    "http://localhost:{port}",  # allowed as a host, but not the origin of this page
    "http://127.0.0.1:1",
    "http://evil.example:{port}",
)


@pytest.mark.parametrize(
    ("host", "origin", "has_cookie"), tuple(product((GOOD_HOST, BAD_HOST), ORIGINS, (True, False)))
)
async def test_only_the_valid_cell_opens_a_socket(
    chat: WebChat, client: ClientSession, host: str, origin: str | None, has_cookie: bool
) -> None:
    """Host, origin and cookie must all be right, before the upgrade."""
    if has_cookie:
        await (await client.get(chat.url)).release()
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    headers = {name: value.format(port=port_of(chat)) for name, value in headers.items()}
    expected = (
        421 if host != GOOD_HOST else 101 if (origin, has_cookie) == (GOOD_ORIGIN, True) else 403
    )

    assert expected == await handshake(client, chat.url + "socket", headers)


@pytest.mark.parametrize(
    ("host", "origin", "has_cookie"), tuple(product((GOOD_HOST, BAD_HOST), ORIGINS, (True, False)))
)
async def test_only_the_valid_cell_takes_a_photo(
    chat: WebChat, client: ClientSession, host: str, origin: str | None, has_cookie: bool
) -> None:
    """A photo needs what a socket needs."""
    if has_cookie:
        await (await client.get(chat.url)).release()
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    headers = {name: value.format(port=port_of(chat)) for name, value in headers.items()}
    expected = (
        421 if host != GOOD_HOST else 201 if (origin, has_cookie) == (GOOD_ORIGIN, True) else 403
    )

    async with client.post(chat.url + "photo", data=png(8), headers=headers) as response:
        assert expected == response.status


async def handshake(client: ClientSession, url: str, headers: dict[str, str]) -> int:
    """Try to open a socket; gives the status of the answer."""
    try:
        async with client.ws_connect(url, headers=headers):
            return 101
    except WSServerHandshakeError as exc:
        return exc.status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_foreign_origin_may_not_change_anything(
    chat: WebChat, client: ClientSession, method: str
) -> None:
    """The check stands before the routes, so routes that come later have it too."""
    async with client.request(
        method, chat.url, headers={"Origin": "http://evil.example"}
    ) as response:
        assert response.status == 403


@pytest.mark.parametrize(
    "path", ["", "static/chat.css", "static/icon.svg", "nowhere", "static/../server.py"]
)
async def test_every_answer_has_the_protecting_headers(
    chat: WebChat, client: ClientSession, path: str
) -> None:
    """Errors and files are protected as the page is."""
    async with client.get(chat.url + path) as response:
        assert set(HEADERS) <= set(response.headers)
        assert "Access-Control-Allow-Origin" not in response.headers
        policy = response.headers["Content-Security-Policy"]

    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'none'" in policy
