"""One process per name, by a file and by PostgreSQL."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from bot.locks import AlreadyRunning, FileLock, Lock, LocksUnreachable, PostgresLock, lock_for

# Fixtures that are used by their name.
from tests.postgres import postgres_database as postgres_database
from tests.postgres import postgres_url as postgres_url

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from pathlib import Path
from bot.locks import lock_for
with lock_for("worker-0", folder=Path(sys.argv[1]), url=sys.argv[2]):
    print("held", flush=True)
    sys.stdin.read()
"""

Make = Callable[[str], Lock]


@pytest.fixture(params=["file", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """Where locks lie: a folder and the URL of a database, empty for none."""
    is_file = request.param == "file"
    return tmp_path / "locks", "" if is_file else request.getfixturevalue("postgres_database")


@pytest.fixture
def make(place: tuple[Path, str]) -> Make:
    """Give what makes locks of both kinds."""
    folder, url = place
    return lambda name: lock_for(name, folder=folder, url=url)


def test_a_name_is_had_by_one(make: Make) -> None:
    """The second is refused with the name, until the first lets go."""
    with make("worker-0"):
        with pytest.raises(AlreadyRunning) as caught, make("worker-0"):
            pass
        is_free = make("worker-0").try_take()

    assert "worker-0" == caught.value.name
    assert not is_free
    with make("worker-0"):
        pass


def test_other_names_are_free(make: Make) -> None:
    """A lock concerns its name only."""
    with make("worker-0"), make("worker-1"), make("chat-0") as lock:
        assert not lock.is_lost()


def test_letting_go_twice_does_nothing(make: Make) -> None:
    """A lock can be released again, and one that never was taken."""
    lock = make("worker-0")
    lock.release()
    assert lock.try_take()
    lock.release()
    lock.release()

    assert lock.try_take()
    lock.release()


def test_whoever_is_killed_has_let_go(make: Make, place: tuple[Path, str]) -> None:
    """The name of a process that lives cannot be taken, and that of a killed one can."""
    folder, url = place
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert b"held\n" == holder.stdout.readline()
        other = make("worker-0")
        is_free_meanwhile = other.try_take()
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    assert not is_free_meanwhile
    taken = _eventually(other.try_take)  # PostgreSQL has to notice that its client is gone
    other.release()
    assert taken


def test_the_file_stays(tmp_path: Path) -> None:
    """A file that were removed could be locked by one while another locks its successor."""
    with FileLock("chat-0", folder=tmp_path):
        pass

    assert (tmp_path / "chat-0.lock").exists()


def test_a_session_that_broke_off_is_replaced(postgres_database: str) -> None:
    """After PostgreSQL was started again, the lock is taken once more, unless another was faster."""
    lock, rival = (PostgresLock("chat-0", url=postgres_database) for _ in range(2))
    with lock:
        _break_off(postgres_database)
        is_lost_alone = lock.is_lost()
        is_free = rival.try_take()
        _break_off(postgres_database)
        with rival:
            is_lost_to_rival = lock.is_lost()

    assert (False, False, True) == (is_lost_alone, is_free, is_lost_to_rival)


def test_a_database_that_is_away_takes_no_lock_from_anybody(postgres_database: str) -> None:
    """Nobody else can have it either; whoever starts then is told that it is away."""
    away = postgres_database.replace("host=", "host=/nowhere")
    lock = PostgresLock("chat-0", url=postgres_database)
    with lock:
        lock._url = away
        _break_off(postgres_database)
        is_lost = lock.is_lost()

    assert not is_lost
    with pytest.raises(LocksUnreachable, match="nowhere"):
        PostgresLock("chat-0", url=away).take()


def _break_off(url: str) -> None:
    """End all other sessions, as a restart does."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _eventually(is_so: Callable[[], bool], *, num_tries: int = 1000) -> bool:
    return any(is_so() for _ in range(num_tries))
