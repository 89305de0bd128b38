"""Remembers what a text became: in memory, and in files up to a size; shares what is in flight.

Keys are digests, values are JSON. Keys that begin alike belong together: they are forgotten as one.
What lies in files is sealed by whoever owns the key. Does not know what is kept. Event loop only;
files are read and written on a thread of asyncio's pool, one at a time.
"""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import structlog
from cachetools import TLRUCache

log = structlog.get_logger(__name__)

T = TypeVar("T")
Value = dict[str, Any]

_MAX_IN_MEMORY = 1_000
_FOR_EVER_S = 86_400.0  # in memory; files keep it for longer


class Seal(Protocol):
    """What makes bytes unreadable to everybody else, and readable again."""

    def seal(self, data: bytes) -> bytes:
        """Give what may lie in a file."""
        ...

    def open(self, sealed: bytes) -> bytes:
        """Give it back. Raises ValueError where it was sealed by somebody else, or is damaged."""
        ...


class Cache:
    """Memory over files; memory alone without a seal. Lives as long as the text pipeline."""

    def __init__(
        self,
        *,
        folder: Path | None,
        max_bytes: int,
        seal: Seal | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory: TLRUCache[str, tuple[Value, float]] = TLRUCache(
            _MAX_IN_MEMORY, ttu=lambda _, entry, now_s: now_s + entry[1], timer=clock
        )
        self._files = (
            FileCache(folder, max_bytes=max_bytes, seal=seal)
            if folder and max_bytes and seal
            else None
        )
        self._turn = asyncio.Lock()  # of the files

    async def get(self, key: str) -> Value | None:
        """Give what is kept, or None."""
        if (entry := self._memory.get(key)) is not None:
            return entry[0]
        if self._files is None:
            return None
        async with self._turn:
            value = await asyncio.to_thread(self._files.get, key)
        if value is not None:
            self._memory[key] = (value, _FOR_EVER_S)
        return value

    async def put(self, key: str, value: Value, *, only_for_s: float | None = None) -> None:
        """Keep a value; what is good for a while only never reaches a file."""
        self._memory[key] = (value, _FOR_EVER_S if only_for_s is None else only_for_s)
        if self._files is not None and only_for_s is None:
            async with self._turn:
                await asyncio.to_thread(self._files.put, key, value)

    async def forget(self, prefix: str) -> None:
        """Drop every value whose key begins so; at least two characters."""
        for key in [key for key in self._memory if key.startswith(prefix)]:
            self._memory.pop(key, None)
        if self._files is not None:
            async with self._turn:
                await asyncio.to_thread(self._files.forget, prefix)

    async def forget_unused(self, *, for_s: float) -> None:
        """Drop what no request has asked for so long; in memory nothing is kept longer than a day."""
        if self._files is not None:
            async with self._turn:
                await asyncio.to_thread(self._files.forget_unused, for_s=for_s)


class FileCache:
    """A file for each value; the ones that were used longest ago go when there are too many bytes.

    Blocking. A file that cannot be read is gone, and a disk that is full keeps nothing.
    """

    def __init__(self, folder: Path, *, max_bytes: int, seal: Seal) -> None:
        self._folder, self._max_bytes, self._seal = folder, max_bytes, seal
        self._size_bytes: int | None = None  # known after the first look

    def get(self, key: str) -> Value | None:
        """Read a value and note that it was used."""
        path = self._path(key)
        try:
            value = json.loads(self._seal.open(path.read_bytes()))
            os.utime(path)
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def put(self, key: str, value: Value) -> None:
        """Write a value in one move, then make room."""
        path = self._path(key)
        content = self._seal.seal(json.dumps(value, ensure_ascii=False).encode())
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(f".{os.getpid()}.part")
            partial.write_bytes(content)
            partial.replace(path)
        except OSError as error:
            log.warning("prompt not cached", reason=error.strerror)
            return
        self._size_bytes = self._size() + len(content)
        if self._size_bytes > self._max_bytes:
            self._make_room()

    def forget(self, prefix: str) -> None:
        """Remove every value whose key begins so. Raises OSError: what is to go must not stay unseen."""
        for path in (self._folder / prefix[:2]).glob(f"{prefix}*"):
            path.unlink(missing_ok=True)
        self._size_bytes = None

    def forget_unused(self, *, for_s: float) -> None:
        """Remove what was not read or written for so long. Raises OSError."""
        oldest_s = time.time() - for_s
        for path in self._folder.glob("*/*.sealed"):
            if path.stat().st_mtime < oldest_s:
                path.unlink(missing_ok=True)
        self._size_bytes = None

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.sealed"

    def _size(self) -> int:
        if self._size_bytes is not None:
            return self._size_bytes
        return sum(path.stat().st_size for path in self._folder.glob("*/*.sealed"))

    def _make_room(self) -> None:
        """Drop the oldest until a tenth of the room is free."""
        stats = sorted(
            (path.stat().st_mtime, path.stat().st_size, path)
            for path in self._folder.glob("*/*.sealed")
        )
        left = sum(size for _, size, _ in stats)
        for _, size, path in stats:
            if left <= 0.9 * self._max_bytes:
                break
            path.unlink(missing_ok=True)
            left -= size
        self._size_bytes = left


@dataclass(slots=True)
class _Flight(Generic[T]):
    """One piece of work, and how many wait for it."""

    task: asyncio.Future[T]
    num_waiting: int = 0


class Flights(Generic[T]):
    """Work that is under way, by key: whoever asks for the same waits for the same."""

    def __init__(self) -> None:
        self._under_way: dict[str, _Flight[T]] = {}

    async def share(self, key: str, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work, or wait for who does it already; it ends when nobody waits any more."""
        flight = self._under_way.get(key)
        if flight is None:
            flight = self._under_way[key] = _Flight(asyncio.ensure_future(work()))
        flight.num_waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.num_waiting -= 1
            if flight.num_waiting == 0:
                del self._under_way[key]
                flight.task.cancel()  # nothing where it is done
