"""The database's own troubles: each becomes one error with facts, and nothing is half written.

Faults 19 (a damaged database is refused, and never silently replaced) and 21 (a log that a kill left
beside the file, or somebody who reads for long: it opens, and goes on) are tested here.
"""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import exc, text

from bot.sealing import Sealer
from bot.store import Store, StoreClosed, StoreDamaged, StoreError, StoreUnavailable
from bot.store.connection import Database, prepare_file
from bot.store.tables import workers
from tests.bot.store.samples import accept

SECRET = "아무도 보면 안 되는 말"


def damage(file: Path) -> None:
    """Overwrite two pages in the middle of a database."""
    content = bytearray(file.read_bytes())
    content[4096 * 2 : 4096 * 4] = b"\xa5" * 4096 * 2
    file.write_bytes(content)


def write_nonsense(file: Path) -> None:
    """Make a file that never was a database."""
    file.write_bytes(b"not a database at all" * 100)


def copy_of(folder: Path) -> Path:
    """Give the files of a database as they lie there at one moment of its process."""
    copy = folder / "copy"
    copy.mkdir()
    for file in folder.glob("app.db*"):
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


async def refusal_of(url: str, sealer: Sealer) -> StoreError:
    """Give the error that a database is refused with."""
    with pytest.raises(StoreError) as refusal:
        await Store.open(url, sealer=sealer)
    return refusal.value


async def test_a_file_that_is_no_database_is_damaged(sqlite_file: Path, sealer: Sealer) -> None:
    """It is left as it is, for somebody to look at."""
    write_nonsense(sqlite_file)

    refusal = await refusal_of(f"sqlite:///{sqlite_file}", sealer)

    assert isinstance(refusal, StoreDamaged)
    assert "SQLITE_NOTADB" == refusal.reason


async def test_a_page_that_was_overwritten_is_found_at_the_start(
    sqlite_file: Path, sealer: Sealer
) -> None:
    """The check reads all pages, before a person's request meets the broken one."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer)
    await accept(store, *(f"job-{number}" for number in range(20)))
    await store.close()
    damage(sqlite_file)

    assert isinstance(await refusal_of(f"sqlite:///{sqlite_file}", sealer), StoreDamaged)


async def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path, sealer: Sealer) -> None:
    """A folder that is not there may be mounted later."""
    refusal = await refusal_of(f"sqlite:///{tmp_path}/nowhere/app.db", sealer)

    assert isinstance(refusal, StoreUnavailable)
    assert "SQLITE_CANTOPEN" == refusal.reason


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path, sealer: Sealer) -> None:
    """It may be starting."""
    url = f"postgresql://postgres@/postgres?host={tmp_path}"

    assert isinstance(await refusal_of(url, sealer), StoreUnavailable)


async def test_a_lock_that_is_not_released_is_unavailable(
    sqlite_file: Path, sealer: Sealer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Waiting for another process ends, and nothing was written."""
    monkeypatch.setattr("bot.store.connection._PRAGMAS", ("PRAGMA busy_timeout = 1",))
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer)
    other = sqlite3.connect(sqlite_file)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable) as refusal:
        await accept(store, "one")

    other.close()
    found = await store.find("one")
    await store.close()
    assert ("SQLITE_BUSY", None) == (refusal.value.reason, found)


async def test_a_full_disk_is_unavailable_and_writes_nothing(
    sqlite_file: Path, sealer: Sealer
) -> None:
    """A job that does not fit is not there by half, and the store goes on when there is room."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer)
    await store._database.command("PRAGMA max_page_count = 1")  # as small as it is now

    with pytest.raises(StoreUnavailable) as refusal:
        await accept(store, *(f"job-{number}" for number in range(100)))
    assert "SQLITE_FULL" == refusal.value.reason

    num_before = len(await store.live())
    await store._database.command("PRAGMA max_page_count = 100000")
    await accept(store, "late")
    num_after = len(await store.live())
    await store.close()
    assert num_before + 1 == num_after


async def test_a_restarted_server_is_found_again(postgres_database: str, sealer: Sealer) -> None:
    """A connection that broke while nobody used it is replaced unseen."""
    store = await Store.open(postgres_database, sealer=sealer)
    other = Database(postgres_database)
    end_the_others = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await other.write(lambda connection: connection.execute(end_the_others).close())
    await other.close()

    await accept(store, "one")

    await store.close()


async def test_a_connection_that_breaks_at_work_is_unavailable(
    postgres_database: str, sealer: Sealer
) -> None:
    """What was under way is not written, and the next try succeeds."""
    database = Database(postgres_database)
    await database.open()
    end_myself = text("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StoreUnavailable):
        await database.write(lambda connection: connection.execute(end_myself).close())

    one = await database.read(lambda connection: connection.scalar(text("SELECT 1")))
    await database.close()
    assert 1 == one


async def test_an_error_quotes_no_parameter(url: str) -> None:
    """Even a mistake of ours, which nobody translates, keeps people's words out of the log."""
    database = Database(url)
    wrong = text("SELECT 1 FROM nowhere WHERE name = :secret").bindparams(secret=SECRET)

    with pytest.raises(exc.DBAPIError, match="nowhere") as failure:
        await database.read(lambda connection: connection.execute(wrong).close())

    await database.close()
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize("writes", [False, True], ids=["read", "write"])
async def test_a_failure_leaves_nothing_behind(store: Store, writes: bool) -> None:
    """Work that fails in the middle is undone, and the thread goes on."""
    row = {"name": "half", "seen_s": 0.0, "info": "", "is_ready": True, "has_left": False}

    def fail(connection: object) -> None:
        connection.execute(workers.insert().values(row))  # type: ignore[attr-defined]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await (store._database.write if writes else store._database.read)(fail)

    assert () == await store.workers()


async def test_nobody_uses_a_closed_store(store: Store) -> None:
    """Closing it twice is closing it once, and its thread is gone."""
    await store.close()
    await store.close()

    with pytest.raises(StoreClosed):
        await store.live()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("store")]


async def test_two_processes_write_one_database(store: Store, other: Store) -> None:
    """Whoever comes second waits for a moment, and both have written all."""

    def accept_all(one: Store, name: str) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(accept(one, f"{name}-{number}")) for number in range(25)]

    await asyncio.gather(*accept_all(store, "chat"), *accept_all(other, "worker"))

    assert 50 == len(await store.live()) == len(await other.live())


@pytest.mark.parametrize(
    ("pragma", "expected"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("secure_delete", 1),
        ("foreign_keys", 1),
        ("busy_timeout", 5000),
    ],
)
async def test_a_file_is_durable_and_forgets(
    sqlite_file: Path, sealer: Sealer, pragma: str, expected: object
) -> None:
    """What is committed outlives a power cut; what is deleted is overwritten."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer)

    found = await store._database.read(
        lambda connection: connection.exec_driver_sql(f"PRAGMA {pragma}").scalar()
    )

    await store.close()
    assert expected == found


def test_a_file_for_others_is_prepared_once_and_for_all(tmp_path: Path) -> None:
    """Whoever opens it later writes ahead, without asking for it."""
    for _ in range(2):
        prepare_file(tmp_path / "jobs.db")

    with closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        assert ("wal",) == connection.execute("PRAGMA journal_mode").fetchone()


def test_a_file_that_is_none_of_sqlite_is_not_prepared(tmp_path: Path) -> None:
    """What lies there is left as it is."""
    write_nonsense(tmp_path / "jobs.db")

    with pytest.raises(StoreDamaged):
        prepare_file(tmp_path / "jobs.db")


async def test_what_a_kill_left_beside_the_file_is_taken_in(
    sqlite_file: Path, tmp_path: Path, sealer: Sealer
) -> None:
    """Fault 21: what was accepted lies in the log only, and is there after the next start."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer)
    await accept(store, "one")
    killed = copy_of(tmp_path)
    await store.close()

    assert (killed / "app.db-wal").stat().st_size > 0
    store = await Store.open(f"sqlite:///{killed}/app.db", sealer=sealer)
    assert ["one"] == [job_id for job_id, _, _ in await store.unclosed()]
    await store.close()


async def test_whoever_reads_for_long_holds_nobody_up(sqlite_file: Path, sealer: Sealer) -> None:
    """Fault 21: a reader sees its moment, and jobs are accepted meanwhile."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer)
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert (0,) == reader.execute("SELECT count(*) FROM jobs").fetchone()
        await accept(store, "one")
        assert (0,) == reader.execute("SELECT count(*) FROM jobs").fetchone()

    assert ["one"] == [job_id for job_id, _, _ in await store.unclosed()]
    await store.close()
