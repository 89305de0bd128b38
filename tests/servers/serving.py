"""What the local stand-ins of services on the network share: a real aiohttp server on a real socket.

It starts and stops, keeps every call, waits as long as it is told, and gives the answers that a test
has laid out, the faults of a network among them. Knows no service's contract: each stand-in does.
"""

import asyncio
import json
import socket
import struct
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self, TypeAlias

from aiohttp import web

JSON_TYPE = "application/json;charset=UTF-8"
_MAX_CALL_BYTES = 64 * 2**20  # above what any service takes, so that each refuses by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    headers: Mapping[str, str]  # names in any case
    raw: bytes

    @property
    def body(self) -> Any:
        """The JSON that was sent; None where it is none."""
        try:
            return json.loads(self.raw)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response; a `body` that is neither text nor bytes is sent as JSON."""

    status: int = 200
    body: Any = ""
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def raw(self) -> bytes:
        """The body as it is sent."""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False).encode()


class Fault(StrEnum):
    """What a network and the machines in it do to anybody's answers."""

    STALL = "stall"  # nothing comes until the client goes away
    TRUNCATED = "truncated"  # the first half of the right answer
    HTML_502 = "html_502"  # a gateway's page
    RESET = "reset"  # the connection is torn down


Scripted: TypeAlias = Answer | Fault | Callable[[Call], Answer] | None
"""One line of the script; None is the ordinary answer."""

_BAD_GATEWAY = Answer(
    status=502,
    body="<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
    content_type="text/html",
)


class LocalServer(ABC):
    """A stand-in of one service: an async context manager that serves from enter to exit.

    A call that breaks the contract is refused as the service would, whatever the script says.
    """

    def __init__(self, *, port: int = 0, delay_s: float = 0.0) -> None:
        self.delay_s = delay_s  # before every answer
        self.calls: list[Call] = []
        self.max_at_once = 0  # the most calls that waited for their answers together
        self.script: deque[Scripted] = deque()  # the next answers, one for each call
        self.always: Scripted = None  # the answer when the script is over
        self.gate = asyncio.Event()  # calls wait while it is cleared
        self.gate.set()
        self._num_waiting = 0
        self._wanted_port = port
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None

    @abstractmethod
    def refusal(self, call: Call) -> Answer | None:
        """Say what the contract does not allow about a call; None when it is well-formed."""

    @abstractmethod
    async def answer(self, call: Call) -> Answer:
        """Answer a well-formed call sensibly."""

    @property
    def url(self) -> str:
        """The address of the running server, without a path."""
        assert self._runner is not None, "the server has not started"
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def wait_for_calls(self, num: int) -> None:
        """Wait until so many calls have arrived."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.calls) >= num)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MAX_CALL_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # With its handlers cancelled, a call whose client has gone no longer counts as waiting.
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._wanted_port).start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()
        self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        call = Call(
            method=request.method,
            path=request.path,
            headers=request.headers,
            raw=await request.read(),
        )
        self._num_waiting += 1
        self.max_at_once = max(self.max_at_once, self._num_waiting)
        async with self._arrived:
            self.calls.append(call)
            self._arrived.notify_all()
        try:
            await self.gate.wait()
            await asyncio.sleep(self.delay_s)
            answer = self.refusal(call) or await self._next(call, request)
        finally:
            self._num_waiting -= 1
        return web.Response(
            status=answer.status,
            body=answer.raw,
            headers={"Content-Type": answer.content_type, **answer.headers},
        )

    async def _next(self, call: Call, request: web.Request) -> Answer:
        """Give what the script says, or else the ordinary answer."""
        scripted = self.script.popleft() if self.script else self.always
        if scripted is None:
            return await self.answer(call)
        if isinstance(scripted, Answer):
            return scripted
        if not isinstance(scripted, Fault):
            return scripted(call)
        if scripted is Fault.HTML_502:
            return _BAD_GATEWAY
        if scripted is Fault.STALL:
            await asyncio.Event().wait()
        if scripted is Fault.RESET:
            tear_down(request)
        whole = await self.answer(call)
        return Answer(status=whole.status, body=whole.raw[: len(whole.raw) // 2])


def tear_down(request: web.Request) -> None:
    """Close a connection so that the client reads a reset and not an end."""
    if request.transport is not None:
        connection: socket.socket = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        request.transport.abort()
