"""One bot at the gateway: its session, which outlives connections, and one connection of it."""

import asyncio
import json
import secrets
import zlib
from collections import deque
from typing import Any

from aiohttp import web

from tests.servers.serving import tear_down

DISPATCH = 0


class Closed(Exception):
    """A connection is to be closed with a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Session:
    """What a bot was told, so that it can be told again; outlives its connections."""

    def __init__(self, intents: int) -> None:
        self.id, self.intents = secrets.token_hex(16), intents
        self.events: list[dict[str, Any]] = []  # all of them; `s` is the place in the list
        self.connection: Connection | None = None

    def tell(self, name: str, data: Any) -> None:
        """Add an event, and send it where somebody listens."""
        event = {"op": DISPATCH, "d": data, "s": len(self.events) + 1, "t": name}
        self.events.append(event)
        if self.connection is not None:
            self.connection.send(event)


class Connection:
    """One socket; what is sent leaves in order, from one task."""

    def __init__(self, request: web.Request, socket_: web.WebSocketResponse) -> None:
        self.request, self.socket = request, socket_
        self.session: Session | None = None
        self.is_ended_here = False
        self.sends: deque[float] = deque()  # when the client sent something
        self.beats: asyncio.Queue[None] = asyncio.Queue()
        is_packed = request.query.get("compress") == "zlib-stream"
        self._packer = zlib.compressobj() if is_packed else None
        self._queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    def send(self, frame: dict[str, Any]) -> None:
        """Send a frame soon."""
        self._queue.put_nowait(frame)

    async def pump(self) -> None:
        """Send what waits, until the connection is over."""
        while True:
            frame = await self._queue.get()
            text = json.dumps({"s": None, "t": None, "d": None, **frame})
            try:
                if self._packer is None:
                    await self.socket.send_str(text)
                else:
                    packed = self._packer.compress(text.encode())
                    await self.socket.send_bytes(packed + self._packer.flush(zlib.Z_SYNC_FLUSH))
            except ConnectionError:
                return

    async def close(self, code: int) -> None:
        """End the connection from this side, whatever the client answers to that."""
        self.is_ended_here = True
        await self.socket.close(code=code)

    def abort(self) -> None:
        """Lose the connection without a word."""
        tear_down(self.request)
