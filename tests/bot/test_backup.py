"""Copies of the databases can be made at any time, and are whole."""

import argparse
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import shell, shell_texts
from bot.backup import back_up
from bot.sealing import KeyMissing, load_or_create
from bot.settings import DatabaseSection, Settings
from bot.store import BackUpUnsupported, Store
from tests.bot.store.samples import accept


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A program's data, with its key apart."""
    (tmp_path / "var").mkdir()
    return Settings(data_dir=tmp_path / "var", key_file=tmp_path / "keys" / "data.key")


async def fill(settings: Settings) -> None:
    """Leave something in both databases, as a program that is killed does."""
    sealer = load_or_create(settings.key_file, may_create=True)
    store = await Store.open(f"sqlite:///{settings.data_dir}/app.db", sealer=sealer)
    await accept(store, "kept")
    await store.close()
    with closing(sqlite3.connect(settings.data_dir / "jobs.db")) as queues:
        queues.execute("CREATE TABLE parts (id)")
        queues.execute("INSERT INTO parts VALUES ('kept:r1')")
        queues.commit()


async def ids_in(path: Path, settings: Settings) -> list[str]:
    """Name the jobs of a database."""
    sealer = load_or_create(settings.key_file, may_create=False)
    store = await Store.open(f"sqlite:///{path}", sealer=sealer)
    try:
        return [job_id for job_id, _, _ in await store.unclosed()]
    finally:
        await store.close()


async def test_a_copy_has_everything_but_the_key(settings: Settings, tmp_path: Path) -> None:
    """Both databases are there, and nothing else; a second copy replaces the first."""
    await fill(settings)
    folder = tmp_path / "copies" / "today"
    for _ in range(2):
        await back_up(settings, folder)

    names = sorted(path.name for path in folder.glob("*"))
    assert ["app.db", "jobs.db"] == names
    assert ["kept"] == await ids_in(folder / "app.db", settings)
    with closing(sqlite3.connect(folder / "jobs.db")) as queues:
        assert [("kept:r1",)] == queues.execute("SELECT id FROM parts").fetchall()


async def test_a_copy_can_be_made_while_somebody_writes(settings: Settings, tmp_path: Path) -> None:
    """What is committed before it is there, what is not committed is not."""
    await fill(settings)
    folder = tmp_path / "copies"
    with closing(sqlite3.connect(settings.data_dir / "jobs.db")) as writer:
        writer.execute("DELETE FROM parts")
        await back_up(settings, folder)
        writer.commit()

    with closing(sqlite3.connect(folder / "jobs.db")) as queues:
        assert [("kept:r1",)] == queues.execute("SELECT id FROM parts").fetchall()


async def test_without_its_key_nothing_is_copied(settings: Settings, tmp_path: Path) -> None:
    """A copy that nobody could open is none."""
    await fill(settings)
    settings.key_file.unlink()

    with pytest.raises(KeyMissing):
        await back_up(settings, tmp_path / "copies")


async def test_a_server_has_a_tool_of_its_own(settings: Settings, tmp_path: Path) -> None:
    """Whoever uses PostgreSQL is told so."""
    database = DatabaseSection(url=SecretStr("postgresql://somewhere/bot"))

    with pytest.raises(BackUpUnsupported):
        await back_up(settings.model_copy(update={"database": database}), tmp_path / "copies")


async def test_the_operator_reads_what_was_copied_and_what_was_not(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command says where the key is, or why there is no copy."""
    options = argparse.Namespace(folder=tmp_path / "copies")
    load_or_create(settings.key_file, may_create=True)
    assert shell.FAILED == await shell.backup(settings, options)
    assert "jobs.db" in capsys.readouterr().err

    await fill(settings)
    assert shell.OK == await shell.backup(settings, options)
    said = shell_texts.backed_up(options.folder, key_file=settings.key_file)
    assert said in capsys.readouterr().err
