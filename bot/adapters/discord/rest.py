"""Calls of Discord's REST interface: each is tried once, within a time limit, and its outcome is clear.

The library's own client sleeps and repeats inside a call, for minutes, and cannot say whether a call
that failed was carried out; here the port's errors say so. What Discord answers with a code of its own
is `Refused`, which `refusal.py` reads. No call is made while Discord asked to be left alone: a short
wait is waited for within the call's limit, a longer one is `PlatformDown`. Logs no address: tokens
stand in them.
"""

import asyncio
import io
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import aiohttp
import structlog

from bot.adapters.discord.layout import Upload
from bot.adapters.port import PlatformDown, PortClosed, PortError, Unclear

log = structlog.get_logger()

USER_AGENT = "DiscordBot (https://github.com/geuryeojwo/geuryeojwo, 0.1.0)"
OVERLOADED = 130000
_UNTOLD_PAUSE_S = 60.0  # where a limit does not say for how long
_CLOSED_S = 300.0  # after which a refused token is tried again: Discord errs, too
_MAX_BUCKETS = 1_000


class Refused(Exception):
    """Discord answered with an error code of its own; nothing was done."""

    def __init__(self, *, status: int, code: int, fields: tuple[str, ...] = ()) -> None:
        super().__init__(f"status {status}, code {code}, {', '.join(fields) or 'no fields'}")
        self.status, self.code = status, code
        self.fields = fields  # of the request that were wrong, by their paths


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call. Its `bucket` names what is limited together; calls without one never wait."""

    method: str
    path: str = field(repr=False)  # below the base address
    body: Mapping[str, Any] | list[Any] | None = None
    files: tuple[Upload, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    bucket: str = ""
    limit_s: float = 20.0
    is_authorized: bool = True  # by the bot's token
    is_repeatable: bool = False  # doing it twice is doing it once


@dataclass(slots=True)
class _Bucket:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at_s: float = 0.0


class Rest:
    """Calls Discord; lives from `open` to `close`."""

    def __init__(
        self,
        *,
        api_base: str,
        token: str,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._api_base, self._token = api_base.rstrip("/"), token
        self._clock, self._wall_clock = clock, wall_clock
        self._session: aiohttp.ClientSession | None = None
        self._buckets: dict[str, _Bucket] = {}
        self._free_at_s = 0.0  # for everything
        self._closed_until_s = 0.0
        self.skew_s = 0.0  # by which our clock is ahead of Discord's

    def open(self) -> None:
        """Get ready to call."""
        self._session = aiohttp.ClientSession(
            headers={"User-Agent": USER_AGENT}, cookie_jar=aiohttp.DummyCookieJar()
        )

    async def close(self) -> None:
        """Stop calling; a call that is on its way ends with an error."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def call(self, request: Request) -> Any:
        """Give what Discord answers, None where that is nothing.

        Raises Refused, PortClosed, PlatformDown, or Unclear where it may have been done.
        """
        if request.is_authorized and self._clock() < self._closed_until_s:
            raise PortClosed
        is_sent = False
        bucket = self._bucket(request.bucket)
        try:
            async with asyncio.timeout(request.limit_s), bucket.lock:
                await self._wait(bucket, request)
                is_sent = True
                return await self._ask(request, bucket)
        except aiohttp.ClientConnectorError as exc:  # not even a connection
            raise PlatformDown from exc
        except (TimeoutError, aiohttp.ClientError, OSError) as exc:
            if is_sent and not request.is_repeatable:
                raise Unclear from exc
            raise PlatformDown from exc

    def _bucket(self, name: str) -> _Bucket:
        if not name:
            return _Bucket()
        if len(self._buckets) > _MAX_BUCKETS:
            now_s = self._clock()
            self._buckets = {
                name: one
                for name, one in self._buckets.items()
                if one.lock.locked() or one.free_at_s > now_s
            }
        return self._buckets.setdefault(name, _Bucket())

    async def _wait(self, bucket: _Bucket, request: Request) -> None:
        """Wait until the call may be made. Raises PlatformDown where that takes too long."""
        while (wait_s := max(bucket.free_at_s, self._free_at_s) - self._clock()) > 0:
            if not request.bucket or wait_s > request.limit_s / 2:
                raise PlatformDown(retry_after_s=wait_s)
            await asyncio.sleep(wait_s)

    async def _ask(self, request: Request, bucket: _Bucket) -> Any:
        if self._session is None:
            raise PlatformDown
        began_s = self._wall_clock()
        headers = {"Authorization": f"Bot {self._token}"} if request.is_authorized else {}
        async with self._session.request(
            request.method,
            self._api_base + request.path,
            params=request.query,
            headers=headers,
            allow_redirects=False,
            **_body_of(request),
        ) as response:
            text = await response.text(errors="replace")
            self._note(response, bucket, began_s=began_s)
            if response.status < HTTPStatus.BAD_REQUEST:
                return json.loads(text) if text else None
            raise self._refusal(request, response, text, bucket)

    def _note(self, response: aiohttp.ClientResponse, bucket: _Bucket, *, began_s: float) -> None:
        """Note what an answer says of the limits and of the time."""
        headers = response.headers
        if headers.get("X-RateLimit-Remaining") == "0":
            with suppress(ValueError):
                reset_s = float(headers.get("X-RateLimit-Reset-After", ""))
                bucket.free_at_s = max(bucket.free_at_s, self._clock() + reset_s)
        with suppress(ValueError, TypeError):
            said_s = parsedate_to_datetime(headers.get("Date", "")).timestamp()
            # It was said during the call, and is cut to whole seconds.
            least_s, most_s = began_s - said_s - 1, self._wall_clock() - said_s
            self.skew_s = max(least_s, 0.0) + min(most_s, 0.0)

    def _refusal(
        self, request: Request, response: aiohttp.ClientResponse, text: str, bucket: _Bucket
    ) -> Refused | PortError:
        """Say what an answer means that is an error."""
        status, body = response.status, _error_body(text)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return self._limited(response, body, bucket)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            is_undone = request.is_repeatable or (body or {}).get("code") == OVERLOADED
            return PlatformDown() if is_undone else Unclear()
        if body is None:  # not from Discord itself, but from what stands before it
            self._free_at_s = self._clock() + _UNTOLD_PAUSE_S
            log.error("calls refused before Discord", status=status)
            return PlatformDown(retry_after_s=_UNTOLD_PAUSE_S)
        code = body.get("code", 0)
        if status == HTTPStatus.UNAUTHORIZED and code == 0 and request.is_authorized:
            self._closed_until_s = self._clock() + _CLOSED_S
            log.error("Discord refuses the token")
            return PortClosed()
        return Refused(status=status, code=code, fields=tuple(_paths(body.get("errors", {}))))

    def _limited(
        self, response: aiohttp.ClientResponse, body: dict[str, Any] | None, bucket: _Bucket
    ) -> PlatformDown:
        told = response.headers.get("Retry-After") if body is None else body.get("retry_after")
        try:
            pause_s = float(told) if told is not None else _UNTOLD_PAUSE_S
        except ValueError:
            pause_s = _UNTOLD_PAUSE_S
        until_s = self._clock() + pause_s
        is_everything = body is None or "Via" not in response.headers or body.get("global", False)
        log.warning("calls limited", pause_s=pause_s, is_everything=is_everything)
        if is_everything:
            self._free_at_s = max(self._free_at_s, until_s)
        else:
            bucket.free_at_s = max(bucket.free_at_s, until_s)
        return PlatformDown(retry_after_s=pause_s)


def _body_of(request: Request) -> dict[str, Any]:
    """Give what the HTTP library needs to send a request's body."""
    if not request.files:
        return {} if request.body is None else {"json": request.body}
    form = aiohttp.FormData(quote_fields=False)  # Discord does not read "files%5B0%5D"
    form.add_field("payload_json", json.dumps(request.body), content_type="application/json")
    for number, file in enumerate(request.files):
        form.add_field(
            f"files[{number}]",
            io.BytesIO(file.data),
            filename=file.file_name,
            content_type="application/octet-stream",
        )
    return {"data": form}


def _error_body(text: str) -> dict[str, Any] | None:
    with suppress(ValueError):
        body = json.loads(text)
        if isinstance(body, dict):
            return body
    return None


def _paths(errors: object, at: str = "") -> list[str]:
    """Name the fields that an error tree complains about."""
    if not isinstance(errors, dict):
        return []
    if "_errors" in errors:
        return [at or "."]
    return [
        path for key, below in errors.items() for path in _paths(below, f"{at}.{key}".lstrip("."))
    ]
