"""Who may use the web chat where it has a password: the password, how often it may be tried, logins.

A login is a long random cookie that is remembered, as a hash and in memory only: it ends when it is left,
after a month, and with the program. Tries that fail are counted by address; behind a proxy everybody has
the proxy's, because what a request says of itself is not believed. Knows no request.
"""

import asyncio
import hashlib
import hmac
import secrets
import time
import unicodedata
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address

from cachetools import TTLCache

LOGIN_AGE_S = 30 * 24 * 3600
MAX_TRIES = 5  # that fail, of one address in a minute
MAX_TRIES_TOGETHER = 60  # of all addresses
_WINDOW_S = 60.0
_MAX_LOGINS = 1_000
# 16 MB and some 50 ms for each try. Source: RFC 7914.
_COST, _BLOCK_SIZE, _PARALLEL = 2**14, 8, 1


class WrongPassword(Exception):
    """It is another password."""


class TooManyTries(Exception):
    """So many failed that nobody at this address is listened to for a while."""

    def __init__(self, *, retry_after_s: float) -> None:
        super().__init__(f"retry after {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


class Logins:
    """Everybody who is logged in; lives as long as the server. Without a password everybody is."""

    def __init__(self, password: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._salt = secrets.token_bytes(16)
        self._hash = self._hashed(password) if password else None
        self._failed: deque[tuple[float, str]] = deque()  # oldest first
        self._open: TTLCache[bytes, None] = TTLCache(
            maxsize=_MAX_LOGINS, ttl=LOGIN_AGE_S, timer=clock
        )

    @property
    def is_needed(self) -> bool:
        """Whether there is a password."""
        return self._hash is not None

    def admits(self, cookie: str) -> bool:
        """Whether somebody with this cookie is logged in."""
        return not self.is_needed or _digest(cookie) in self._open

    async def enter(self, password: str, *, address: str | None) -> str:
        """Give the cookie of a new login. Raises WrongPassword or TooManyTries."""
        started = (self._clock(), _network(address))
        self._check_tries(started[1])
        self._failed.append(started)  # before the answer is known: those that come together count
        if not await asyncio.to_thread(self._is_right, password):
            raise WrongPassword
        with suppress(ValueError):  # forgotten meanwhile
            self._failed.remove(started)
        cookie = secrets.token_urlsafe(32)
        self._open[_digest(cookie)] = None
        return cookie

    def leave(self, cookie: str) -> None:
        """End a login; its cookie opens nothing any more."""
        self._open.pop(_digest(cookie), None)

    def _check_tries(self, network: str) -> None:
        now = self._clock()
        while self._failed and self._failed[0][0] <= now - _WINDOW_S:
            self._failed.popleft()
        own = [at for at, where in self._failed if where == network]
        if len(own) >= MAX_TRIES or len(self._failed) >= MAX_TRIES_TOGETHER:
            oldest = own[0] if len(own) >= MAX_TRIES else self._failed[0][0]
            raise TooManyTries(retry_after_s=oldest + _WINDOW_S - now)

    def _is_right(self, password: str) -> bool:
        return self._hash is not None and hmac.compare_digest(self._hashed(password), self._hash)

    def _hashed(self, password: str) -> bytes:
        """Hash a password as it is typed on any keyboard: Korean comes composed, or in parts."""
        return hashlib.scrypt(
            unicodedata.normalize("NFC", password).encode("utf-8", "replace"),
            salt=self._salt,
            n=_COST,
            r=_BLOCK_SIZE,
            p=_PARALLEL,
        )


def _digest(cookie: str) -> bytes:
    return hashlib.sha256(cookie.encode("utf-8", "replace")).digest()


def _network(address: str | None) -> str:
    """Give what counts as one address: of IPv6 the half that a provider gives to one customer."""
    try:
        parsed = ip_address((address or "").partition("%")[0])
    except ValueError:
        return ""
    return parsed.packed[:8].hex() if isinstance(parsed, IPv6Address) else str(parsed)
