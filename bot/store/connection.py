"""The database behind the store: one engine, one thread that reads and one that writes.

The event loop never waits for a disk or a lock. Every piece of work sees one moment of the database,
and is durable as a whole or not at all. What the database says is translated into `errors.py` here
and nowhere else. Does not know what is stored.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, exc, inspect, make_url
from sqlalchemy.engine import URL
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.pool import ConnectionPoolEntry

from bot.store.errors import StoreClosed, StoreDamaged, StoreError, StoreUnavailable
from bot.store.migrate import migrate
from bot.store.writer import Writer

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

LOCK_LIMIT_S = 5
_LOCK_RETRY_S = 0.02
_WRITES = "writes"  # the execution option of a connection that may write

_OVERWRITE = "PRAGMA secure_delete = ON"  # what a person deletes
_PRAGMAS = (
    f"PRAGMA busy_timeout = {LOCK_LIMIT_S * 1000}",  # first: the others may have to wait
    "PRAGMA synchronous = FULL",  # what is committed outlives a power cut
    _OVERWRITE,
    "PRAGMA foreign_keys = ON",
)
_POSTGRES_SETTINGS = (f"SET lock_timeout = '{LOCK_LIMIT_S}s'",)
_POSTGRES_LIMITS = {"connect_timeout": LOCK_LIMIT_S, "tcp_user_timeout": LOCK_LIMIT_S * 1000}
_SQLITE_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_POSTGRES_DAMAGE = "XX"  # the class of SQLSTATE: internal error, data or index corrupted


class Database:
    """An opened, checked and migrated database; lives until `close`."""

    def __init__(self, url: str) -> None:
        self._engine = _engine(with_driver(url))
        self._writing = self._engine.execution_options(**{_WRITES: True})
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="store reads")
        self._writer = Writer[Connection](
            lambda work: _in_transaction(self._writing, work), thread_name="store writes"
        )
        self._is_closed = False

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of ours rather than a server."""
        return self._engine.dialect.name == "sqlite"

    async def open(self) -> None:
        """Check the database and bring its tables up to date.

        Raises StoreUnavailable, StoreDamaged or StoreTooNew, and is closed then.
        """
        try:
            if self.is_sqlite:
                await self.read(_check)
            await self.write(migrate)
        except BaseException:
            await self.close()
            raise

    async def read(self, work: Work[Result]) -> Result:
        """Do work that sees one moment of the database. Raises StoreError."""
        return await self._reading(lambda: _in_transaction(self._engine, work))

    async def write(self, work: Work[Result]) -> Result:
        """Do work that is durable when this returns, as a whole or not at all. Raises StoreError.

        It may be done twice, with the first time undone.
        """
        if self._is_closed:
            raise StoreClosed
        return await asyncio.wrap_future(self._writer.submit(work))

    async def command(self, command: str) -> None:
        """Run one of SQLite's commands that no transaction may hold. Raises StoreError."""
        await self._reading(lambda: _outside_transaction(self._engine, command))

    async def copy(self, path: Path) -> None:
        """Write SQLite's file as it is at one moment to another. Raises StoreError.

        On a thread of its own: it may take long, and what is accepted meanwhile must not wait.
        """
        if self._is_closed:
            raise StoreClosed
        await asyncio.to_thread(_copy, self._engine, path)

    async def close(self) -> None:
        """Finish what was begun and let go of the database; may be called again."""
        if self._is_closed:
            return
        self._is_closed = True
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._reader.shutdown)
        self._engine.dispose()

    async def _reading(self, work: Callable[[], Result]) -> Result:
        if self._is_closed:
            raise StoreClosed
        return await asyncio.get_running_loop().run_in_executor(self._reader, work)


def _in_transaction(engine: Engine, work: Work[Result]) -> Result:
    with _translated(), engine.begin() as connection:
        return work(connection)


def _outside_transaction(engine: Engine, command: str) -> None:
    with _translated(), closing(engine.raw_connection()) as connection:
        connection.cursor().execute(command)


def _copy(engine: Engine, path: Path) -> None:
    """Write a copy that is complete when it has its name, and then outlives a power cut."""
    partial = path.with_name(f"{path.name}.part")
    partial.unlink(missing_ok=True)
    try:
        with _translated(), closing(engine.raw_connection()) as connection:
            connection.detach()  # it may outlive the engine
            connection.cursor().execute("VACUUM INTO ?", (str(partial),))
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def with_driver(url: str) -> URL:
    """Read a URL; a PostgreSQL server is spoken to with the one driver that is installed."""
    parsed = make_url(url)
    if parsed.get_backend_name() in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    return parsed


def _engine(url: URL) -> Engine:
    is_sqlite = url.get_backend_name() == "sqlite"
    engine = create_engine(
        url,
        connect_args={} if is_sqlite else _POSTGRES_LIMITS,
        hide_parameters=True,  # they quote people, and errors reach the log
        pool_pre_ping=not is_sqlite,  # a server may have been restarted meanwhile
    )
    event.listen(engine, "connect", _set_up_sqlite if is_sqlite else _set_up_postgres)
    if is_sqlite:
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    # The driver would begin late and for reading: two that go on to write would block each other.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(pragma)
    _log_ahead(cursor)
    cursor.close()


def holds_nothing(url: str) -> bool:
    """Say whether a server's database has none of our tables yet. Blocks. Raises StoreUnavailable."""
    with reading(url) as connection:
        return not inspect(connection).has_table("jobs")


@contextmanager
def reading(url: str) -> Iterator[Connection]:
    """Look into a database that no store has opened. Blocks. Raises StoreUnavailable or StoreDamaged."""
    engine = _engine(with_driver(url))
    try:
        with _translated(), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


class Overwriting(sqlite3.Connection):
    """A connection that overwrites what it deletes, however SQLite was built; for whoever opens such a file."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.execute(_OVERWRITE)


def prepare_file(path: Path) -> None:
    """Make a SQLite file for other tables than ours, in which readers hold up no writer.

    Raises StoreUnavailable or StoreDamaged.
    """
    with _translated(), closing(sqlite3.connect(path, timeout=LOCK_LIMIT_S)) as connection:
        _log_ahead(connection.cursor())


def scrub_file(path: Path) -> None:
    """Have what was deleted from such a file gone from the log beside it, too.

    Waits for who reads; where somebody reads for too long, it is left to the next time.
    Raises StoreUnavailable or StoreDamaged.
    """
    with _translated(), closing(sqlite3.connect(path, timeout=LOCK_LIMIT_S)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _log_ahead(cursor: DBAPICursor | sqlite3.Cursor) -> None:
    """Let readers and the one writer not hold each other up; the file stays that way.

    Two that do it first, at the same moment, are not made to wait by SQLite: one is refused.
    """
    give_up_s = time.monotonic() + LOCK_LIMIT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > give_up_s:
                raise
            time.sleep(_LOCK_RETRY_S)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _set_up_postgres(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for setting in _POSTGRES_SETTINGS:
        cursor.execute(setting)
    cursor.close()
    connection.commit()


def _check(connection: Connection) -> None:
    """Look for contradictions in the file. Raises StoreDamaged."""
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    if found != "ok":
        raise StoreDamaged(reason=found)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        if (known := _translate(error.orig)) is None:
            raise
        raise known from error
    except sqlite3.Error as error:
        if (known := _translate(error)) is None:
            raise
        raise known from error


def _translate(error: BaseException | None) -> StoreError | None:
    """Say what a driver's error means; None where it is a mistake of ours."""
    if isinstance(error, sqlite3.Error):
        # Only errors of the database have a code; the driver's own, and wrong SQL, are mistakes.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        reason = getattr(error, "sqlite_errorname", "")
        if code in _SQLITE_DAMAGE:
            return StoreDamaged(reason=reason)
        if code == sqlite3.SQLITE_ERROR or not _is_operational(error):
            return None
        return StoreUnavailable(reason=reason)
    state = getattr(error, "sqlstate", None) or "unreachable"
    if state.startswith(_POSTGRES_DAMAGE):
        return StoreDamaged(reason=state)
    return StoreUnavailable(reason=state) if _is_operational(error) else None


def _is_operational(error: BaseException | None) -> bool:
    # By name, as every driver has classes of its own (PEP 249) and this file imports only one.
    names = {cls.__name__ for cls in type(error).__mro__}
    return bool(names & {"OperationalError", "InterfaceError"})
