"""Photos on their way from the page to the message that names them.

Each session has one at most, in memory, for some minutes; it is never written to disk. What a file
is, is seen by its first bytes; whether it can be read is the pipeline's to say. Knows no socket.
"""

import secrets
import time
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from cachetools import TTLCache

from bot.adapters.port import Place

KEPT_S = 300.0
MAX_RECEIVING = 4  # at once, of all sessions
_NUM_KEPT = 16  # of the largest size; of smaller ones there may be more
_PNG, _JPEG, _RIFF, _WEBP = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF", b"WEBP"
_HEAD_BYTES = 12


class PhotoRefused(Exception):
    """A photo that is not taken; `reason` is what the page looks its sentence up by."""

    reason: str
    status: HTTPStatus


class TooManyBytes(PhotoRefused):
    """The file is larger than a photo may be."""

    reason, status = "photo_too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class WrongKind(PhotoRefused):
    """The file does not begin as a PNG, a JPEG or a WebP does."""

    reason, status = "photo_kind", HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class TooManyPhotos(PhotoRefused):
    """Others are being received, as many as there may be."""

    reason, status = "photo_busy", HTTPStatus.SERVICE_UNAVAILABLE


@dataclass(frozen=True, slots=True, kw_only=True)
class _Photo:
    id: str
    data: bytes = field(repr=False)


class Photos:
    """What was received and not yet sent; lives as long as the server."""

    def __init__(self, *, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.max_bytes = max_bytes
        self._num_receiving = 0
        self._kept: TTLCache[Place, _Photo] = TTLCache(
            maxsize=_NUM_KEPT * max_bytes,
            ttl=KEPT_S,
            timer=clock,
            getsizeof=lambda photo: len(photo.data),
        )

    async def receive(
        self, place: Place, chunks: AsyncIterable[bytes], *, told_bytes: int | None
    ) -> str:
        """Take a photo of a session, in place of the one before; gives its id. Raises PhotoRefused."""
        async with self.received(chunks, told_bytes=told_bytes) as data:
            photo = _Photo(id=secrets.token_urlsafe(16), data=data)
        self._kept[place] = photo
        return photo.id

    @asynccontextmanager
    async def received(
        self, chunks: AsyncIterable[bytes], *, told_bytes: int | None
    ) -> AsyncIterator[bytes]:
        """Give a file that is not kept; it counts as being received while it is used. Raises PhotoRefused."""
        if told_bytes is not None and told_bytes > self.max_bytes:
            raise TooManyBytes
        if self._num_receiving >= MAX_RECEIVING:
            raise TooManyPhotos
        self._num_receiving += 1
        try:
            yield await self._read(chunks)
        finally:
            self._num_receiving -= 1

    def take(self, place: Place, photo_id: str) -> bytes | None:
        """Give a session's photo away; None where it is another's, another one or too old."""
        photo = self._kept.get(place)
        if photo is None or photo.id != photo_id:
            return None
        del self._kept[place]
        return photo.data

    def forget(self, place: Place) -> None:
        """Drop a session's photo, if there is one."""
        self._kept.pop(place, None)

    def forget_old(self) -> None:
        """Let go of the memory of what nobody named in time."""
        self._kept.expire()

    async def _read(self, chunks: AsyncIterable[bytes]) -> bytes:
        data = bytearray()
        async for chunk in chunks:
            data += chunk
            if len(data) > self.max_bytes:
                raise TooManyBytes
            if len(data) >= _HEAD_BYTES and not _is_photo(data):
                raise WrongKind
        if not _is_photo(data):
            raise WrongKind
        return bytes(data)


def _is_photo(data: bytearray) -> bool:
    is_webp = data.startswith(_RIFF) and data[8:_HEAD_BYTES] == _WEBP
    return is_webp or data.startswith((_PNG, _JPEG))
