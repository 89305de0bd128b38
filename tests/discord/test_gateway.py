"""The gateway of the local Discord, frame by frame."""

import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.discord.server import DiscordServer

HEARTBEAT, IDENTIFY, RESUME, HELLO, ACK = 1, 2, 6, 10, 11


class Socket:
    """A client that sends what it is told."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._unpacker = zlib.decompressobj()

    async def send(self, op: int, data: Any = None) -> None:
        """Send a frame."""
        await self._socket.send_str(json.dumps({"op": op, "d": data}))

    async def send_text(self, text: str) -> None:
        """Send something that may be no frame."""
        await self._socket.send_str(text)

    async def next(self) -> dict[str, Any]:
        """Read a frame."""
        raw = await self._socket.receive_bytes()
        assert raw.endswith(b"\x00\x00\xff\xff"), "every event is flushed"
        frame: dict[str, Any] = json.loads(self._unpacker.decompress(raw))
        return frame

    async def until(self, name: str) -> dict[str, Any]:
        """Read frames until an event of a name."""
        while (frame := await self.next())["t"] != name:
            pass
        return frame

    async def end(self) -> int | None:
        """Read until the other side closes; gives its code."""
        while True:
            message = await self._socket.receive()
            if message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                return self._socket.close_code


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client."""
    async with aiohttp.ClientSession() as session:
        yield session


async def connect(server: DiscordServer, session: aiohttp.ClientSession) -> Socket:
    """Open a connection and take the greeting."""
    url = f"{server.gateway_url}?v=10&encoding=json&compress=zlib-stream"
    socket = Socket(await session.ws_connect(url))
    assert HELLO == (await socket.next())["op"]
    return socket


def identity(server: DiscordServer, **other: Any) -> dict[str, Any]:
    """What an IDENTIFY carries."""
    return {"token": server.token, "intents": 1, "properties": {"os": "linux"}, **other}


async def test_a_session_begins(server: DiscordServer, session: aiohttp.ClientSession) -> None:
    """READY names the session and its servers, and each is told after it."""
    socket = await connect(server, session)
    await socket.send(HEARTBEAT)
    ack = await socket.next()
    await socket.send(IDENTIFY, identity(server))
    ready, guild = await socket.next(), await socket.next()

    assert (ACK, "READY", "GUILD_CREATE") == (ack["op"], ready["t"], guild["t"])
    assert [{"id": str(server.guild.id), "unavailable": True}] == ready["d"]["guilds"]
    assert server.gateway_url == ready["d"]["resume_gateway_url"]
    assert (1, 2) == (ready["s"], guild["s"])


@pytest.mark.parametrize(
    ("op", "data", "code"),
    [
        pytest.param(IDENTIFY, {"token": "wrong"}, 4004, id="wrong token"),
        pytest.param(IDENTIFY, {"intents": 1 << 40}, 4013, id="unknown intent"),
        pytest.param(IDENTIFY, {"intents": 1 << 15}, 4014, id="privileged intent"),
        pytest.param(3, {}, 4003, id="before identify"),
        pytest.param(RESUME, {"session_id": "known", "seq": 99}, 4007, id="from the future"),
    ],
)
async def test_a_bad_frame_closes(
    op: int, data: dict, code: int, server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    """A frame that is not allowed ends the connection with its code."""
    first = await connect(server, session)
    await first.send(IDENTIFY, identity(server))
    known = (await first.until("READY"))["d"]["session_id"]
    if data.get("session_id") == "known":
        data = {**data, "session_id": known}
    socket = await connect(server, session)
    await socket.send(op, identity(server, **data))

    assert code == await socket.end()


async def test_nobody_identifies_twice(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    """A second IDENTIFY on a connection is 4005, and it is noted."""
    socket = await connect(server, session)
    await socket.send(IDENTIFY, identity(server))
    await socket.send(IDENTIFY, identity(server))

    assert 4005 == await socket.end()
    assert ["gateway: identified twice"] == server.problems


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        pytest.param(["가" * 1400], 4002, id="too long"),
        pytest.param(["{"], 4002, id="no JSON"),
        pytest.param(['{"op": 1, "d": null}'] * 121, 4008, id="too many"),
    ],
)
async def test_a_client_keeps_within_limits(
    texts: list[str], code: int, server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    """A frame has 4096 bytes at most, and a minute 120 frames."""
    socket = await connect(server, session)
    for text in texts:
        await socket.send_text(text)

    assert code == await socket.end()
    assert 1 == len(server.problems)


async def test_a_silent_client_is_closed(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    """Without heartbeats a connection ends."""
    server.gateway.heartbeat_interval_ms = 20
    socket = await connect(server, session)

    assert 4009 == await socket.end()


async def test_an_unknown_session_is_invalid(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    """Who resumes what is not there has to begin anew."""
    socket = await connect(server, session)
    await socket.send(RESUME, {"token": server.token, "session_id": "none", "seq": 1})
    frame = await socket.next()

    assert (9, False) == (frame["op"], frame["d"])


async def test_two_programs_hear_the_same(
    server: DiscordServer, session: aiohttp.ClientSession
) -> None:
    """Every session of a token is told everything."""
    first, second = await connect(server, session), await connect(server, session)
    for socket in (first, second):
        await socket.send(IDENTIFY, identity(server))
        await socket.until("GUILD_CREATE")
    server.add_channel("잡담")

    told = [await socket.until("CHANNEL_CREATE") for socket in (first, second)]
    assert ["잡담", "잡담"] == [frame["d"]["name"] for frame in told]
