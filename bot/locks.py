"""One process per name: whoever starts under a name that is taken ends again, and harms nothing.

What a process was doing is taken up by the next one of its name, so two at once would do the same
work twice. A lock is taken before the database is opened, and the system gives it back when the
process ends, however it ends: a lock that can be taken means that its process is surely gone.

The lock is a file beside SQLite's, or a session of PostgreSQL where there are several machines.
Does not know who does what under a name. Blocks: a file for no time, PostgreSQL for a round trip.
"""

import fcntl
import hashlib
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

import psycopg
from psycopg.conninfo import make_conninfo

_CONNECT_S = 10
# A machine that lost its power says nothing: after 10 + 3 * 5 s both ends take it for gone.
_KEEPALIVES = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
_SESSION = {f"tcp_{name}": value for name, value in _KEEPALIVES.items()} | {
    "idle_session_timeout": 0  # it idles as long as the process lives
}


class AlreadyRunning(Exception):  # the operator's mistake: outside the pipeline's tree
    """Another process has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class LocksUnreachable(Exception):  # the operator's, too
    """PostgreSQL, which keeps the locks, does not answer; `detail` says why in its own words."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Lock(ABC):
    """The exclusive right to a name; a context manager that holds it inside."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self) -> None:
        """Take the lock. Raises AlreadyRunning, LocksUnreachable, or OSError from a folder."""
        if not self.try_take():
            raise AlreadyRunning(self.name)

    @abstractmethod
    def try_take(self) -> bool:
        """Take the lock if its holder is surely gone. Raises LocksUnreachable, or OSError."""

    @abstractmethod
    def is_lost(self) -> bool:
        """Say whether another process has the name by now, although this one took it and kept it.

        While the database is away nobody can take it there, nor write anything: then it is not lost.
        """

    @abstractmethod
    def release(self) -> None:
        """Let go; a second call does nothing."""


def lock_for(name: str, *, folder: Path, url: str = "") -> Lock:
    """Choose a lock: in PostgreSQL where `url` names one, else a file in `folder` on a local disk."""
    return PostgresLock(name, url=url) if url else FileLock(name, folder=folder)


class FileLock(Lock):
    """A locked file, for processes of one machine."""

    def __init__(self, name: str, *, folder: Path) -> None:
        super().__init__(name)
        self._path = folder / f"{name}.lock"
        self._file: int | None = None

    def try_take(self) -> bool:
        """Lock the file, which stays there: a new one under its name would be another lock."""
        assert self._file is None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            if isinstance(error, BlockingIOError):
                return False
            raise
        self._file = file
        return True

    def is_lost(self) -> bool:
        """Never: the system keeps it as long as the process lives."""
        return False

    def release(self) -> None:
        """Close the file, which unlocks it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class PostgresLock(Lock):
    """An advisory lock of a session that stays open; not through a pooler that shares sessions."""

    def __init__(self, name: str, *, url: str) -> None:
        super().__init__(name)
        self._url = url
        digest = hashlib.sha256(f"geuryeojwo:{name}".encode()).digest()
        self._key = int.from_bytes(digest[:8], "big", signed=True)
        self._session: psycopg.Connection | None = None

    def try_take(self) -> bool:
        """Open a session and lock in it."""
        assert self._session is None
        try:
            session = psycopg.connect(
                make_conninfo(self._url, **_KEEPALIVES),
                autocommit=True,
                connect_timeout=_CONNECT_S,
            )
            try:
                is_ours = self._lock_in(session)
            except BaseException:
                session.close()
                raise
        except psycopg.Error as error:
            raise LocksUnreachable(str(error)) from error
        if not is_ours:
            session.close()
            return False
        self._session = session
        return True

    def is_lost(self) -> bool:
        """Ask in the session; where it broke off, lock in a new one."""
        if self._session is not None:
            try:
                self._session.execute("SELECT 1")
            except psycopg.Error:
                self.release()
            else:
                return False
        try:
            return not self.try_take()
        except LocksUnreachable:
            return False

    def release(self) -> None:
        """Close the session, which unlocks it."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _lock_in(self, session: psycopg.Connection) -> bool:
        for name, value in _SESSION.items():
            session.execute("SELECT set_config(%s, %s, false)", (name, str(value)))
        row = session.execute("SELECT pg_try_advisory_lock(%s)", (self._key,)).fetchone()
        return row is not None and bool(row[0])
