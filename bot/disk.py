"""Room on the disk: nothing new is accepted on one that is nearly full, what was accepted goes on.

A ballast file lies beside the data. Where even its room is needed it is deleted, so that what was
accepted can be delivered and cleaning up can write; it comes back when there is room again.
Knows sizes only, not what is written. Any thread; a call takes microseconds, `tend` milliseconds.
"""

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from pipeline import Unavailable

log = structlog.get_logger()

GIB, MIB = 2**30, 2**20
_FRESH_S = 1.0  # how long an answer holds


class DiskFull(Unavailable):
    """There is no room for more; the operator can make some."""

    def __init__(self, *, free_bytes: int, least_free_bytes: int) -> None:
        super().__init__(f"{free_bytes} bytes are free, at least {least_free_bytes} must be")
        self.free_bytes, self.least_free_bytes = free_bytes, least_free_bytes


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Disk:
    """The disk that a folder lies on; the folder must be there."""

    def __init__(
        self,
        folder: Path,
        *,
        least_free_bytes: int = GIB,  # below it nothing new is accepted
        ballast_bytes: int = 64 * MIB,
        clock: Callable[[], float] = time.monotonic,
        free_bytes_of: Callable[[Path], int] = _free_bytes,
    ) -> None:
        self._folder, self._ballast = folder, folder / "ballast"
        self._least_free_bytes, self._ballast_bytes = least_free_bytes, ballast_bytes
        self._clock, self._free_bytes_of = clock, free_bytes_of
        self._free_bytes, self._asked_s = 0, -_FRESH_S

    def is_full(self) -> bool:
        """Say whether too little is free, as of at most a second ago. Raises OSError."""
        if (now_s := self._clock()) - self._asked_s >= _FRESH_S:
            self._free_bytes, self._asked_s = self._free_bytes_of(self._folder), now_s
        return self._free_bytes < self._least_free_bytes

    def check(self) -> None:
        """Raise DiskFull where nothing new can be accepted, or OSError."""
        if self.is_full():
            raise DiskFull(free_bytes=self._free_bytes, least_free_bytes=self._least_free_bytes)

    def tend(self) -> None:
        """Give up the ballast where hardly more is free, or bring it back. Raises OSError."""
        if self._free_bytes_of(self._folder) < self._ballast_bytes:
            self.release()
        else:
            self.restore()

    def release(self) -> None:
        """Delete the ballast, for whoever finds no room for what has to be written."""
        if self._ballast.exists():
            self._ballast.unlink(missing_ok=True)
            log.error("disk full, ballast given up", ballast_bytes=self._ballast_bytes)

    def restore(self) -> None:
        """Lay the ballast down where it is missing and new work would still be accepted after it."""
        free_bytes = self._free_bytes_of(self._folder)
        if self._ballast.exists() or free_bytes < self._least_free_bytes + self._ballast_bytes:
            return
        partial = self._ballast.with_suffix(".part")
        try:
            with partial.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._ballast_bytes)  # a hole takes no room
            partial.replace(self._ballast)
        except OSError as error:
            partial.unlink(missing_ok=True)
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
