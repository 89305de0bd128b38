"""The store on both databases: every test that takes it runs once for each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.sealing import KEY_BYTES, Sealer
from bot.store import Store
from tests.clock import ManualClock
from tests.postgres import postgres_database as postgres_database
from tests.postgres import postgres_url as postgres_url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/app.db"
    return str(request.getfixturevalue("postgres_database"))


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    """Where a database in a file is to be."""
    return tmp_path / "app.db"


@pytest.fixture
def sealer() -> Sealer:
    """A seal whose key everybody knows."""
    return Sealer(b"k" * KEY_BYTES)


@pytest.fixture
def clock() -> ManualClock:
    """A clock that a test moves."""
    return ManualClock()


@pytest.fixture
async def store(url: str, sealer: Sealer, clock: ManualClock) -> AsyncIterator[Store]:
    """An empty store."""
    store = await Store.open(url, sealer=sealer, clock=clock)
    yield store
    await store.close()


@pytest.fixture
async def other(url: str, store: Store, sealer: Sealer, clock: ManualClock) -> AsyncIterator[Store]:
    """The same database, as another process has it open."""
    other = await Store.open(url, sealer=sealer, clock=clock)
    yield other
    await other.close()
