"""Only our own page, under a name of this machine, is answered."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import product

import pytest
from aiohttp import ClientSession, CookieJar, DummyCookieJar, WSServerHandshakeError

from bot.adapters.web.server import WebChat
from tests.bot.adapters.web.script import ScriptedListener, png, serving, token_of

PNG = png(8)
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


HOST, ORIGIN = "127.0.0.1:{port}", "http://127.0.0.1:{port}"
HOSTS = (HOST, "evil.example:{port}")
ORIGINS = (
    ORIGIN,
    None,
    "null",
    "http://evil.example",
    "http://localhost:{port}",  # allowed as a host, but not the origin of this page
    "http://127.0.0.1:1",
    "http://evil.example:{port}",
)
TOKENS = ("own", "another's", None)
COOKIES = (True, False)
METHODS = ("POST", "GET", "PUT", "DELETE")
BYTES = "application/octet-stream"
TYPES = (BYTES, "application/json", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One way to ask; every value may be the right one or not."""

    host: str = HOST
    origin: str | None = ORIGIN
    token: str | None = "own"
    has_cookie: bool = True

    def headers(self, *, port: str, own: str) -> dict[str, str]:
        """Give what a client sends of it."""
        tokens = {"own": own, "another's": "0" * 64, None: None}
        sent = {"Host": self.host, "Origin": self.origin, "X-CSRF-Token": tokens[self.token]}
        return {name: value.format(port=port) for name, value in sent.items() if value is not None}


@pytest.mark.fault(56)
async def test_only_the_valid_cell_takes_a_file(chat: WebChat, client: ClientSession) -> None:
    """Host, origin, token, cookie, method and kind of body must all be right: one way of thousands is."""
    own = await token_of_new(client, chat)
    taken: list[tuple[Cell, str, str]] = []
    async with ClientSession(cookie_jar=DummyCookieJar()) as nobody:
        for values in product(HOSTS, ORIGINS, TOKENS, COOKIES, METHODS, TYPES):
            host, origin, token, has_cookie, method, kind = values
            cell = Cell(host=host, origin=origin, token=token, has_cookie=has_cookie)
            headers = cell.headers(port=port_of(chat), own=own) | {"Content-Type": kind}
            who = client if has_cookie else nobody
            async with who.request(
                method, chat.url + "photo", data=PNG, headers=headers
            ) as response:
                assert 400 <= response.status < 500 or 201 == response.status, values
                if response.status == 201:
                    taken.append((cell, method, kind))

    assert [(Cell(), "POST", BYTES)] == taken


@pytest.mark.fault(56)
async def test_only_the_valid_cell_opens_a_socket(chat: WebChat, client: ClientSession) -> None:
    """Host, origin, token and cookie must all be right, before the upgrade."""
    own = await token_of_new(client, chat)
    opened: list[Cell] = []
    async with ClientSession(cookie_jar=DummyCookieJar()) as nobody:
        for host, origin, token, has_cookie in product(HOSTS, ORIGINS, TOKENS, COOKIES):
            cell = Cell(host=host, origin=origin, token=token, has_cookie=has_cookie)
            headers = cell.headers(port=port_of(chat), own=own)
            offered = headers.pop("X-CSRF-Token", None)
            status = await handshake(
                client if has_cookie else nobody, chat.url + "socket", headers, token=offered
            )
            assert (101 if cell == Cell() else 421 if host != HOST else 403) == status, cell
            if status == 101:
                opened.append(cell)

    assert [Cell()] == opened


async def token_of_new(client: ClientSession, chat: WebChat) -> str:
    """Open the page as a new visitor, who is given a cookie; gives the token for it."""
    await (await client.get(chat.url)).release()
    return await token_of(client, chat.url)


async def handshake(
    client: ClientSession, url: str, headers: dict[str, str], *, token: str | None
) -> int:
    """Try to open a socket; gives the status of the answer."""
    protocols = ("geuryeojwo",) if token is None else ("geuryeojwo", token)
    try:
        async with client.ws_connect(url, headers=headers, protocols=protocols):
            return 101
    except WSServerHandshakeError as exc:
        return exc.status


@pytest.mark.fault(56)
async def test_the_token_is_of_the_session_and_of_the_run(
    chat: WebChat, client: ClientSession
) -> None:
    """Another visitor's token opens nothing, and neither does that of an earlier server."""
    await token_of_new(client, chat)
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as other:
        foreign = await token_of_new(other, chat)
    async with serving(ScriptedListener()) as earlier:
        old = await token_of_new(client, earlier)

    for token in (foreign, old):
        headers = Cell().headers(port=port_of(chat), own=token) | {"Content-Type": BYTES}
        async with client.post(chat.url + "photo", data=PNG, headers=headers) as response:
            assert 403 == response.status


async def test_https_asks_for_https(chat: WebChat, client: ClientSession) -> None:
    """Behind a proxy that says so cookies are for https alone, and so is the origin."""
    own = await token_of_new(client, chat)
    proxied = {"Host": "draw.example:8443", "X-Forwarded-Proto": "https"}
    statuses = []
    for scheme in ("http", "https"):
        cell = Cell(host=proxied["Host"], origin=f"{scheme}://{proxied['Host']}")
        headers = proxied | cell.headers(port=port_of(chat), own=own) | {"Content-Type": BYTES}
        async with client.post(chat.url + "photo", data=PNG, headers=headers) as response:
            statuses.append(response.status)
    client.cookie_jar.clear()
    async with client.get(chat.url, headers=proxied) as response:
        cookie = response.headers["Set-Cookie"]

    assert [403, 201] == statuses
    assert "Secure" in cookie


@pytest.mark.parametrize("host", ["draw.example", "192.168.0.7", "[fd00::7]"])
async def test_a_name_without_a_port_has_ours(client: ClientSession, host: str) -> None:
    """Whoever names a host need not know on which port it is reached."""
    async with serving(ScriptedListener(), allowed_hosts=(host,)) as chat:
        for sent, status in (
            (host, 200),
            (f"{host}:{port_of(chat)}", 200),
            (f"{host}:1", 421),
        ):
            async with client.get(chat.url, headers={"Host": sent}) as response:
                assert status == response.status


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
