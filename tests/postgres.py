"""A PostgreSQL of our own: a private cluster on a Unix socket, gone when the tests are done.

PostgreSQL refuses to run as root; there it runs as the user `postgres`, which Debian's package makes.
A test file imports the fixtures that it wants, as it does with `tests/browser.py`.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

# Durable against nothing, and so fast: what is tested is ours, not PostgreSQL's.
OPTIONS = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c max_connections=200"


@contextmanager
def postgres() -> Iterator[str]:
    """Run a cluster and give the URL of its database `postgres`.

    Raises FileNotFoundError where PostgreSQL is not installed.
    """
    programs = _programs()
    user = "postgres" if os.geteuid() == 0 else None
    # Short, for a socket's path has at most 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if user is not None:
            shutil.chown(folder, user, user)
        _run(
            [programs / "initdb", "-D", folder / "data", "-U", "postgres", "--auth=trust",
             "--encoding=UTF8", "--locale=C", "--no-sync"],
            user,
        )  # fmt: skip
        control: list[str | Path] = [programs / "pg_ctl", "-D", folder / "data", "-w"]
        _run([*control, "-l", folder / "log", "-o", f"-k {folder} {OPTIONS}", "start"], user)
        try:
            yield f"postgresql://postgres@/postgres?host={folder}"
        finally:
            _run([*control, "-m", "immediate", "stop"], user)
    finally:
        shutil.rmtree(folder)


@contextmanager
def database(cluster_url: str) -> Iterator[str]:
    """Make a new, empty database in a cluster and give its URL."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(cluster_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    try:
        yield cluster_url.replace("/postgres?", f"/{name}?")
    finally:
        with psycopg.connect(cluster_url, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a cluster that runs for the whole session."""
    with postgres() as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database that only one test has."""
    with database(postgres_url) as url:
        yield url


def _programs() -> Path:
    """Find the folder of PostgreSQL's programs; Debian keeps them off the PATH. Raises FileNotFoundError."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    raise FileNotFoundError("initdb")


def _run(command: list[str | Path], user: str | None) -> None:
    # Output goes nowhere: a pipe would be held open by the server that outlives its starter.
    subprocess.run(
        command, check=True, cwd="/", user=user, group=user,
        extra_groups=[] if user else None,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
