"""Where the web chat listens: a bounded number of connections, whoever opens them.

Each costs memory before it has asked for anything. One too many is closed unread, and the page tries again.
"""

import asyncio
import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

MAX_CONNECTIONS = 128  # half of them may be sockets of tabs


def server_log() -> logging.Logger:
    """Give the server's log without the requests that are no HTTP.

    Each would stand there with a traceback: whoever sends them writes the log full, in words of their own.
    """
    log = logging.getLogger("aiohttp.server")
    log.addFilter(_is_ours_to_mend)
    return log


def _is_ours_to_mend(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


class _Newcomer(asyncio.Protocol):
    """A connection that was just made: it is handed to the server, or closed."""

    def __init__(self, server: web.Server) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count now: many may have been accepted since the last one was counted."""
        assert isinstance(transport, asyncio.Transport)
        if len(self._server.connections) >= MAX_CONNECTIONS:
            transport.abort()
            return
        handler = self._server()
        transport.set_protocol(handler)
        handler.connection_made(transport)


class Listening(web.BaseSite):
    """One address of a runner, as `web.TCPSite` is, with a limit."""

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        super().__init__(runner)
        self._host, self._asked_port = host, port

    @property
    def name(self) -> str:
        """Where it listens, for the runner's lists."""
        return f"http://{self._host}:{self._asked_port}"

    async def start(self) -> None:
        """Listen. Raises OSError."""
        await super().start()
        server = self._runner.server
        assert server is not None
        self._server = await asyncio.get_running_loop().create_server(
            lambda: _Newcomer(server), self._host, self._asked_port, reuse_address=True
        )
