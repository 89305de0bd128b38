"""Updates that Telegram brings by itself: it hears that one arrived when that is handled, and not before.

Whoever knows the address could bring anything, so every call carries a secret that is new with every
start. An answer that is late or bad makes Telegram bring the update again.
"""

import asyncio
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.adapters.telegram.inbox import Handled

log = structlog.get_logger()

_HEADER = "X-Telegram-Bot-Api-Secret-Token"
_HANDLED_S = 25.0  # after which Telegram is asked to bring it again
_MAX_BYTES = 2 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOptions:
    """Where Telegram brings updates, and where this program takes them: a proxy may stand between."""

    url: str
    host: str = "127.0.0.1"
    port: int = 8443


class Webhook:
    """Listens for updates; lives from `open` to `close`."""

    def __init__(
        self, options: WebhookOptions, take: Callable[[Mapping[str, Any]], Handled]
    ) -> None:
        self._options, self._take = options, take
        self.secret = secrets.token_urlsafe(32)
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """What Telegram is told."""
        return self._options.url

    async def open(self) -> None:
        """Begin to listen. Raises OSError."""
        app = web.Application(client_max_size=_MAX_BYTES)
        app.router.add_post(urlsplit(self._options.url).path or "/", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, self._options.host, self._options.port).start()

    async def close(self) -> None:
        """Stop listening."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        given = request.headers.get(_HEADER, "").encode()
        if not hmac.compare_digest(given, self.secret.encode()):
            log.warning("update without the secret")
            return web.Response(status=HTTPStatus.FORBIDDEN)
        try:
            raw = json.loads(await request.read())
            handled = self._take(raw)
        except (ValueError, TypeError, KeyError):  # no update: bringing it again would not help
            log.warning("update cannot be read")
            return web.Response()
        done, _ = await asyncio.wait([handled], timeout=_HANDLED_S)
        return web.Response(status=HTTPStatus.OK if done else HTTPStatus.SERVICE_UNAVAILABLE)
