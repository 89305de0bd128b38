"""The store as a whole: its copies."""

import asyncio
from pathlib import Path

import pytest

from bot.sealing import Sealer
from bot.store import BackUpUnsupported, Store, StoreUnavailable, holds_nothing
from tests.bot.store.samples import accept


def names_in(folder: Path) -> set[str]:
    """Name the files of a folder."""
    return {file.name for file in folder.iterdir()}


async def test_a_copy_holds_what_was_there(
    sqlite_file: Path, tmp_path: Path, sealer: Sealer
) -> None:
    """It is made while others write, replaces the one before it, and is a store of its own."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer)
    await accept(store, "one")
    await store.back_up(tmp_path / "copy.db")
    await accept(store, "two")
    await asyncio.gather(store.back_up(tmp_path / "copy.db"), accept(store, "three"))
    await store.close()

    copy = await Store.open(f"sqlite:///{tmp_path}/copy.db", sealer=sealer)
    ids = {job_id for job_id, _, _ in await copy.unclosed()}
    await copy.close()
    assert {"one", "two"} <= ids
    assert {"app.db", "copy.db"} == names_in(tmp_path)


async def test_a_copy_that_cannot_be_made_leaves_the_last(
    sqlite_file: Path, tmp_path: Path, sealer: Sealer
) -> None:
    """Where it cannot be written, nothing is there."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer)

    with pytest.raises(StoreUnavailable):
        await store.back_up(tmp_path / "nowhere" / "copy.db")

    await store.close()


async def test_a_server_is_copied_with_its_own_tool(
    postgres_database: str, tmp_path: Path, sealer: Sealer
) -> None:
    """The refusal names it."""
    store = await Store.open(postgres_database, sealer=sealer)

    with pytest.raises(BackUpUnsupported) as refusal:
        await store.back_up(tmp_path / "copy.db")

    await store.close()
    assert "pg_dump" == refusal.value.tool


async def test_a_server_holds_nothing_until_a_store_was_opened(
    postgres_database: str, sealer: Sealer
) -> None:
    """A new key may be made before, and never after: it could open nothing."""
    assert await asyncio.to_thread(holds_nothing, postgres_database)
    await (await Store.open(postgres_database, sealer=sealer)).close()

    assert not await asyncio.to_thread(holds_nothing, postgres_database)
