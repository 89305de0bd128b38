"""JSON over HTTP for the providers that are services: the one home of aiohttp's client.

Names what goes wrong on the wire in our words. Does not know what a status or a body means: each
provider's contract does. Neither headers nor bodies ever reach a log. Event loop only.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from pipeline.errors import Failure, StageFailed

_MAX_REPLY_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a server answered, whatever its status."""

    status: int
    body: object = field(repr=False)  # parsed JSON; None where it is none
    retry_after_s: float | None = None


class Http:
    """One session for all services, opened at the first call; lives as long as the text pipeline."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str,
        *,
        headers: Mapping[str, str],
        body: object,
        limit_s: float,
        connect_s: float = 2.0,
        stage: str,
        provider: str,
    ) -> Reply:
        """Send JSON and read the answer. Raises StageFailed: TIMED_OUT, UNREACHABLE or UNREADABLE.

        Follows no redirect: a key must not travel to another host.
        """

        def failed(failure: Failure, detail: str) -> StageFailed:
            return StageFailed(stage=stage, provider=provider, failure=failure, detail=detail)

        timeout = aiohttp.ClientTimeout(total=limit_s, sock_connect=connect_s)
        try:
            async with self._opened().post(
                url, headers=headers, json=body, timeout=timeout, allow_redirects=False
            ) as answer:
                raw = await _read(answer.content)
                if len(raw) > _MAX_REPLY_BYTES:
                    raise failed(Failure.UNREADABLE, "the answer is too long")
                return Reply(
                    status=answer.status,
                    body=_parsed(raw),
                    retry_after_s=_seconds(answer.headers.get("Retry-After")),
                )
        except TimeoutError as error:
            raise failed(Failure.TIMED_OUT, f"over {limit_s:g} s") from error
        except (aiohttp.InvalidURL, ValueError):  # a key with a line break in it, too
            raise failed(Failure.DENIED, "the address or the key cannot be sent") from None
        except aiohttp.ClientError as error:
            raise failed(Failure.UNREACHABLE, type(error).__name__) from error

    async def close(self) -> None:
        """Close the session; idempotent."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session


async def _read(content: aiohttp.StreamReader) -> bytes:
    """Read a body to its end, or until it is too long."""
    raw = bytearray()
    async for chunk in content.iter_any():
        raw += chunk
        if len(raw) > _MAX_REPLY_BYTES:
            break
    return bytes(raw)


def _parsed(raw: bytes) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _seconds(header: str | None) -> float | None:
    """Read `Retry-After`: seconds, or a date. Source: RFC 9110, section 10.2.3."""
    if header is None:
        return None
    if header.strip().isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None
