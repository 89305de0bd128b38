"""The tables of every version are brought to those that this program knows."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from bot.sealing import Sealer
from bot.store import Store, StoreTooNew
from bot.store.connection import Database
from bot.store.migrate import migrate, revisions
from bot.store.tables import metadata
from tests.bot.store.samples import accept


def differences(connection: Connection) -> list[object]:
    """Say what the tables have that the program does not know, and the other way round."""
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, metadata))


@pytest.mark.parametrize("revision", [None, *revisions()])
async def test_every_earlier_database_is_brought_up_to_date(url: str, revision: str | None) -> None:
    """From nothing and from each revision, the tables become those of `tables.py`."""
    database = Database(url)
    if revision is not None:
        await database.write(lambda connection: migrate(connection, revision=revision))

    await database.open()

    found = await database.read(differences)
    await database.close()
    assert [] == found


async def test_a_database_that_is_up_to_date_is_left_alone(url: str, sealer: Sealer) -> None:
    """What was written before a restart is there afterwards."""
    for round_ in range(2):
        store = await Store.open(url, sealer=sealer)
        await accept(store, f"job-{round_}")
        await store.close()

    store = await Store.open(url, sealer=sealer)
    ids = [job_id for job_id, _, _ in await store.unclosed()]
    await store.close()
    assert ["job-0", "job-1"] == ids


async def test_a_newer_database_is_refused_untouched(url: str, sealer: Sealer) -> None:
    """A program that was rolled back says which revision it does not know."""
    await (await Store.open(url, sealer=sealer)).close()
    database = Database(url)
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    await database.write(lambda connection: connection.execute(newer).close())

    with pytest.raises(StoreTooNew) as refusal:
        await Store.open(url, sealer=sealer)

    present = await database.read(
        lambda connection: MigrationContext.configure(connection).get_current_revision()
    )
    await database.close()
    assert "9999" == refusal.value.revision == present


async def test_processes_that_start_together_migrate_once(url: str, sealer: Sealer) -> None:
    """Each waits for the one before it and finds the tables made."""
    stores = await asyncio.gather(*(Store.open(url, sealer=sealer) for _ in range(4)))

    await accept(stores[0], "one")
    found = [await store.find("one") for store in stores]
    for store in stores:
        await store.close()
    assert [True] * 4 == [record is not None for record in found]
