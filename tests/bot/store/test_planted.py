"""A row that would run code is found before anything reads it, in a file and on a server."""

import asyncio
import base64
import os
import pickle
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, Table, create_engine, text

from bot.durable import Durable, database_url
from bot.jobs import CHAT_QUEUES
from bot.sealing import KEY_BYTES, Sealer
from bot.shell import why_not_started
from bot.store import StorePlanted, prepare_file, refuse_planted
from bot.store.connection import with_driver

# Used by the tests here.
from tests.own_logging import own_logging as own_logging
from tests.postgres import postgres_database as postgres_database
from tests.postgres import postgres_url as postgres_url

TABLES = (
    "workflow_status",
    "operation_outputs",
    "workflow_events",
    "workflow_events_history",
    "streams",
    "notifications",
)


class Payload:
    """Makes a folder when it is read back."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Say what is called."""
        return os.mkdir, (str(self._path),)


@asynccontextmanager
async def launched(url: str) -> AsyncIterator[None]:
    """Launch the queues over a database, and end them."""
    durable = Durable(url, executor="all-0", sealer=Sealer(b"k" * KEY_BYTES), queues=[*CHAT_QUEUES])
    try:
        await durable.launch(num_held=1)
        yield
    finally:
        await durable.close()


def plant(url: str, name: str, *, writer: str | None, value: str = "") -> None:
    """Write a row into a table of the queues, as whoever can write to the database may."""
    engine = create_engine(with_driver(url))
    try:
        if name != "workflow_status":
            _insert(engine, "workflow_status", {"serialization": "sealed_json"})
        _insert(engine, name, {"serialization": writer, "inputs": value, "value": value,
                               "message": value, "output": value})  # fmt: skip
    finally:
        engine.dispose()


def _insert(engine: Engine, name: str, values: dict[str, str | None]) -> None:
    schema = None if engine.dialect.name == "sqlite" else "dbos"
    found = Table(name, MetaData(), autoload_with=engine, schema=schema)
    row: dict[str, object] = {
        one.name: 1 if "INT" in str(one.type).upper() else "x"
        for one in found.columns
        if not one.nullable and one.server_default is None
    }
    row |= {key: value for key, value in values.items() if key in found.columns}
    if name == "workflow_status":
        row |= {"status": "PENDING", "name": "prepare", "executor_id": "all-0",
                "application_version": "jobs-1"}  # fmt: skip
    with engine.begin() as connection:
        connection.execute(found.insert().values(**row))


@pytest.fixture
async def file_url(tmp_path: Path) -> str:
    """The queues of a program that has run once, in a file."""
    url = database_url("", tmp_path)
    async with launched(url):
        pass
    return url


@pytest.mark.parametrize("name", TABLES)
async def test_a_planted_row_is_found_in_every_table(name: str, file_url: str) -> None:
    """Of whatever kind a row is that names Python's pickles, nothing is started over it."""
    plant(file_url, name, writer="py_pickle")

    with pytest.raises(StorePlanted) as raised:
        refuse_planted(file_url, known=["sealed_json"])

    assert name == raised.value.table
    assert name in why_not_started(raised.value)


async def test_a_planted_payload_does_not_run(tmp_path: Path, file_url: str) -> None:
    """The launch stops before the queues look into what was left, which would run it."""
    hit = tmp_path / "hit"
    value = base64.b64encode(pickle.dumps(Payload(hit))).decode()
    plant(file_url, "workflow_status", writer="py_pickle", value=value)

    with pytest.raises(StorePlanted):
        async with launched(file_url):
            pass

    assert not hit.exists()


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TRIGGER later AFTER INSERT ON workflow_input BEGIN "
        "UPDATE workflow_status SET serialization = 'py_pickle'; END",
        "CREATE VIEW later AS SELECT * FROM workflow_status",
    ],
)
async def test_what_would_plant_rows_later_is_found(statement: str, file_url: str) -> None:
    """A trigger would write its rows when everything has been looked through; a file of ours has none."""
    engine = create_engine(with_driver(file_url))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()

    with pytest.raises(StorePlanted):
        async with launched(file_url):
            pass


async def test_a_server_is_looked_through_too(postgres_database: str) -> None:
    """On PostgreSQL the tables lie in a schema of their own, and a launch over a planted row stops."""
    async with launched(postgres_database):
        pass
    plant(postgres_database, "operation_outputs", writer="py_pickle")

    with pytest.raises(StorePlanted):
        async with launched(postgres_database):
            pass


@pytest.mark.parametrize("writer", ["sealed_json", "portable_json", None])
async def test_our_own_rows_hold_up_nothing(writer: str | None, file_url: str) -> None:
    """What we write, what DBOS writes as JSON, and rows without a name are no reason to stop."""
    plant(file_url, "workflow_events", writer=writer)

    await asyncio.to_thread(refuse_planted, file_url, known=["sealed_json", "portable_json"])


def test_a_database_without_queues_holds_nothing_planted(tmp_path: Path) -> None:
    """The first start finds no tables."""
    prepare_file(tmp_path / "jobs.db")

    refuse_planted(database_url("", tmp_path), known=["sealed_json"])
