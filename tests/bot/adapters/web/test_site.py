"""What is served, to whom, and what is not there."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from urllib.parse import quote

import pytest
from aiohttp import ClientSession, CookieJar, WSMsgType
from yarl import URL

from bot.adapters.port import MessageRef, Place, PlaceGone
from bot.adapters.web.listening import MAX_CONNECTIONS
from bot.adapters.web.login import MAX_TRIES
from bot.adapters.web.server import WebChat
from tests.bot.adapters.web.script import (
    LIMIT_S,
    ScriptedListener,
    done,
    manners_of,
    note,
    past,
    png,
    port_of,
    serving,
    tab_of,
)
from tests.clock import ManualClock

PASSWORD = "열려라 참깨야!"


@pytest.fixture
def listener() -> ScriptedListener:
    """The conversation's double."""
    return ScriptedListener()


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    """One browser's cookies."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        yield client


@pytest.fixture
async def locked(listener: ScriptedListener) -> AsyncIterator[WebChat]:
    """A web chat with a password, whose minutes do not pass."""
    async with serving(listener, clock=ManualClock(), password=PASSWORD) as chat:
        yield chat


async def log_in(client: ClientSession, chat: WebChat, password: object = PASSWORD) -> int:
    """Type a password; gives the status of the answer."""
    await (await client.get(chat.url)).release()
    headers = await manners_of(client, chat.url) | {"Content-Type": "application/json"}
    data = json.dumps({"password": password})
    async with client.post(chat.url + "login", data=data, headers=headers) as response:
        return response.status


async def log_out(client: ClientSession, chat: WebChat) -> int:
    """Press 로그아웃; gives the status of the answer."""
    headers = await manners_of(client, chat.url) | {"Content-Type": "application/json"}
    async with client.post(chat.url + "logout", data="{}", headers=headers) as response:
        return response.status


BEHIND_THE_DOOR = (
    ("GET", "socket"),
    ("GET", "pictures/0123456789abcdefghijkl.png"),
    ("GET", "files/0123456789abcdefghijkl"),
    ("GET", "nowhere"),
    ("POST", "photo"),
    ("POST", "inspect"),
    ("POST", "logout"),
)


@pytest.mark.fault(56)
async def test_strangers_get_the_question_and_nothing_else(
    locked: WebChat, client: ClientSession
) -> None:
    """Every page asks for the password, and every other way is closed, whatever is sent."""
    for page in ("", "verify"):
        async with client.get(locked.url + page) as response:
            assert 401 == response.status
            assert "no-store" == response.headers["Cache-Control"]
            assert "비밀번호" in await response.text()
    headers = await manners_of(client, locked.url)
    for method, path in BEHIND_THE_DOOR:
        async with client.request(
            method, locked.url + path, data=png(8) if method == "POST" else None, headers=headers
        ) as response:
            assert 401 == response.status, path


@pytest.mark.fault(56)
async def test_a_login_opens_until_it_is_left(
    locked: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """Its tabs are closed with it, and its cookie opens nothing afterwards."""
    assert 401 == await log_in(client, locked, "열려라 들깨!")
    assert 204 == await log_in(client, locked)
    async with tab_of(client, locked) as tab:
        assert True is (await tab.next_of("hello"))["has_login"]
        await tab.say("고양이")
        assert "고양이" == (await listener.next_message()).text
        login = client.cookie_jar.filter_cookies(URL(locked.url))["geuryeojwo-login"].value
        assert 204 == await log_out(client, locked)
        async with asyncio.timeout(LIMIT_S):
            while (await tab.socket.receive()).type is not WSMsgType.CLOSE:
                pass

    client.cookie_jar.update_cookies({"geuryeojwo-login": login}, URL(locked.url))
    async with client.get(locked.url) as response:
        assert 401 == response.status


async def test_the_login_is_out_of_reach_of_scripts(locked: WebChat, client: ClientSession) -> None:
    """Its cookie is HttpOnly and SameSite=Strict, as the session's is, and behind https Secure."""
    await (await client.get(locked.url)).release()
    headers = await manners_of(client, locked.url) | {"Content-Type": "application/json"}
    headers |= {
        "X-Forwarded-Proto": "https",
        "Origin": locked.url.replace("http", "https").rstrip("/"),
    }
    data = json.dumps({"password": PASSWORD})
    async with client.post(locked.url + "login", data=data, headers=headers) as response:
        cookie = response.headers["Set-Cookie"]

    assert all(word in cookie for word in ("HttpOnly", "SameSite=Strict", "Secure"))


@pytest.mark.fault(56)
async def test_the_password_is_not_guessed(locked: WebChat, client: ClientSession) -> None:
    """After a few tries the server says when to come again, also to whoever knows it by then."""
    tries = [await log_in(client, locked, f"열려라 {number}") for number in range(MAX_TRIES)]
    headers = await manners_of(client, locked.url) | {"Content-Type": "application/json"}
    data = json.dumps({"password": PASSWORD})
    async with client.post(locked.url + "login", data=data, headers=headers) as response:
        assert (429, "60") == (response.status, response.headers["Retry-After"])

    assert [401] * MAX_TRIES == tries


@pytest.mark.parametrize("password", [None, 1, [PASSWORD], {"": PASSWORD}])
async def test_what_is_no_password_is_refused(
    locked: WebChat, client: ClientSession, password: object
) -> None:
    """It is not even a try."""
    for _ in range(MAX_TRIES + 1):
        assert 400 == await log_in(client, locked, password)


async def test_a_login_is_small(locked: WebChat, client: ClientSession) -> None:
    """Nobody's megabytes are hashed."""
    assert 413 == await log_in(client, locked, "가" * 10_000)


async def test_without_a_password_there_is_no_login(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """There is nothing to try, and the page has no button to leave."""
    async with serving(listener) as chat:
        assert 404 == await log_in(client, chat)
        async with tab_of(client, chat) as tab:
            assert False is (await tab.next_of("hello"))["has_login"]


async def test_a_file_is_inspected_and_not_kept(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """The conversation is given its bytes, and its card comes back; no message has it."""
    async with serving(listener) as chat, tab_of(client, chat) as tab:
        headers = await manners_of(client, chat.url)
        async with client.post(chat.url + "inspect", data=png(8), headers=headers) as response:
            assert "no-store" == response.headers["Cache-Control"]
            card = await response.json()
        await tab.say("고양이")
        message = await listener.next_message()

    assert [png(8)] == listener.inspected
    assert listener.inspection.text == card["text"]
    assert None is message.photo


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        pytest.param(b"GIF89a" + bytes(100), 415, "photo_kind", id="wrong kind"),
        pytest.param(png(8) + bytes(1000), 413, "photo_too_large", id="too large"),
    ],
)
async def test_what_is_no_picture_is_not_inspected(
    client: ClientSession, listener: ScriptedListener, data: bytes, status: int, reason: str
) -> None:
    """The conversation never sees it."""
    async with serving(listener, max_photo_bytes=1000) as chat, tab_of(client, chat):
        headers = await manners_of(client, chat.url)
        async with client.post(chat.url + "inspect", data=data, headers=headers) as response:
            assert (status, {"reason": reason}) == (response.status, await response.json())

    assert [] == listener.inspected


ROUTES = {"", "verify", "token", "socket", "photo", "inspect", "login", "logout"}
PARTS = (
    "pictures", "files", "static", "..", ".", "%2e%2e", "%2f", "%00", "etc", "passwd", ".git", "var",
    "config.yaml", "0123456789abcdefghijkl", "0123456789abcdefghijkl.png", "server.py", "index.html",
    "login.html", "chat.js", "verify", "socket", "가", "<script>", "a" * 300, "CON", "~root", "",
)  # fmt: skip
NUM_ADDRESSES = 400


@pytest.mark.fault(56)
async def test_no_other_address_leads_anywhere(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """Whatever is asked for that is no route of ours is not there, and no folder is listed."""
    choice = random.Random(7)
    async with serving(listener) as chat, tab_of(client, chat):
        for _ in range(NUM_ADDRESSES):
            parts = [quote(one, safe="%") for one in choice.choices(PARTS, k=choice.randint(1, 4))]
            path = "/".join(parts)
            if path in ROUTES or path == "static/chat.js":
                continue
            async with client.get(URL(chat.url + path, encoded=True)) as response:
                assert 404 == response.status, path


@pytest.mark.parametrize("path", ["static/", "static", "static/index.html", "pictures/", "files/"])
async def test_no_folder_is_listed(
    client: ClientSession, listener: ScriptedListener, path: str
) -> None:
    """Names have to be known."""
    async with serving(listener) as chat, client.get(chat.url + path) as response:
        assert 404 == response.status


async def test_whoever_opens_a_wrong_address_is_told_so_in_korean(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """A browser gets a page: where there is nothing, and where the name is another."""
    as_browser = {"Accept": "text/html,*/*"}
    async with serving(listener) as chat:
        async with client.get(chat.url + "nowhere", headers=as_browser) as response:
            assert 404 == response.status
            assert "아무것도 없어요" in await response.text()
        foreign = as_browser | {"Host": "evil.example"}
        async with client.get(chat.url, headers=foreign) as response:
            assert 421 == response.status
            assert "web.hosts" in await response.text()


async def test_connections_are_bounded(client: ClientSession, listener: ScriptedListener) -> None:
    """One too many is closed at once, and there is room when another goes."""
    async with serving(listener) as chat, AsyncExitStack() as stack:
        port = port_of(chat)
        held = [await _connect(port, stack) for _ in range(MAX_CONNECTIONS)]
        assert b"421" in await _answer(*held[-1])
        one_too_many = await _connect(port, stack)
        assert b"" == await _answer(*one_too_many)

        for _, writer in held:
            writer.close()
        async with asyncio.timeout(LIMIT_S):
            while True:
                try:
                    async with client.get(chat.url) as response:
                        assert 200 == response.status
                        return
                except OSError:
                    await asyncio.sleep(0)


async def _connect(
    port: int, stack: AsyncExitStack
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    stack.callback(writer.close)
    return reader, writer


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """Ask for something; gives the first line, which is empty where the connection is closed."""
    with suppress(ConnectionError):
        writer.write(b"GET /token HTTP/1.1\r\nHost: nobody\r\n\r\n")
        return await asyncio.wait_for(reader.readline(), LIMIT_S)
    return b""


async def test_what_is_for_adults_is_not_shown(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """Nobody's age is known here: not when it comes, not when it changes, and not from the past."""
    place, adult = Place(platform="web", id="one"), replace(done(), is_adult=True)
    listener.past = (past("c1", adult, event_id="m1", words="고양이"),)
    async with serving(listener) as chat:
        with pytest.raises(PlaceGone):
            await chat.send(place, adult)
        ref = await chat.send(place, note("네"))
        with pytest.raises(PlaceGone):
            await chat.edit(MessageRef(place=place, id=ref.id), adult)
        async with tab_of(client, chat) as tab:
            assert ["m1"] == (await tab.next_of("hello"))["ids"]
