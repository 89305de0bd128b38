"""Pictures that people sent: fetched at once, for their addresses expire, and bounded while they come.

Only from where Discord keeps files, or from the address that the settings name; no token goes along.
What cannot be had is empty bytes: the pipeline says that the picture cannot be read. Which message a
person chose to draw over is remembered for a while; after that, or after a restart, it is asked for.
"""

import asyncio
from http import HTTPStatus

import aiohttp
import structlog
import yarl
from cachetools import TTLCache

log = structlog.get_logger()

MAX_BYTES = 20 * 2**20
UNREADABLE = b""
_HOSTS = frozenset({"cdn.discordapp.com", "media.discordapp.net"})
_LIMIT_S = 10.0
_REMEMBERED_S = 15 * 60.0
_CHUNK_BYTES = 64 * 1024


class Attachments:
    """Fetches what people attached; lives from `open` to `close`."""

    def __init__(self, *, api_base: str, max_bytes: int = MAX_BYTES) -> None:
        self._own, self._max_bytes = yarl.URL(api_base).origin(), max_bytes
        self._session: aiohttp.ClientSession | None = None
        self._chosen: TTLCache[tuple[int, int], tuple[str, str]] = TTLCache(
            maxsize=1_000, ttl=_REMEMBERED_S
        )

    def open(self) -> None:
        """Get ready to fetch."""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        """Stop fetching."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def fetch(self, url: str) -> bytes:
        """Give the bytes of a file, `UNREADABLE` where it cannot be had or is too large."""
        if self._session is None or not self._may_fetch(url):
            log.warning("attachment not fetched", reason="address")
            return UNREADABLE
        try:
            async with (
                asyncio.timeout(_LIMIT_S),
                self._session.get(url, allow_redirects=False) as response,
            ):
                if response.status != HTTPStatus.OK:
                    log.info("attachment not fetched", reason=response.status)
                    return UNREADABLE
                data = bytearray()
                async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                    data += chunk
                    if len(data) > self._max_bytes:
                        log.info("attachment not fetched", reason="too large")
                        return UNREADABLE
                return bytes(data)
        except (aiohttp.ClientError, OSError) as error:  # TimeoutError is one
            log.info("attachment not fetched", reason=type(error).__name__)
            return UNREADABLE

    def choose(self, channel_id: int, message_id: int, *, person_id: str, url: str) -> None:
        """Remember the picture of a message that a person wants to draw over."""
        self._chosen[channel_id, message_id] = person_id, url

    def chosen(self, channel_id: int, message_id: int) -> str | None:
        """Give the address of a picture that was chosen a while ago, whoever chose it."""
        found = self._chosen.get((channel_id, message_id))
        return found and found[1]

    def forget(self, person_id: str) -> None:
        """Drop what a person chose."""
        for key, (chooser, _) in tuple(self._chosen.items()):
            if chooser == person_id:
                self._chosen.pop(key, None)

    def _may_fetch(self, url: str) -> bool:
        try:
            address = yarl.URL(url)
            origin = address.origin()
        except ValueError:
            return False
        return origin == self._own or (address.scheme == "https" and address.host in _HOSTS)
