"""What the program keeps is open to the user that it runs as, and to nobody else."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import pytest

from bot.access import keep_to_owner, mask_new_files
from bot.app import App
from bot.settings import Settings, SettingsInvalid, WebSection, load_settings


def mode(path: Path) -> int:
    """Who may do what with a file."""
    return path.stat().st_mode & 0o777


def test_a_new_folder_is_the_owners(tmp_path: Path) -> None:
    """Nobody else may even list it."""
    keep_to_owner(tmp_path / "a" / "var")

    assert 0o700 == mode(tmp_path / "a" / "var")


def test_what_was_open_to_others_is_closed(tmp_path: Path) -> None:
    """A folder that was made by hand, or copied from a backup, is taken from everybody else."""
    folder = tmp_path / "var"
    folder.mkdir()
    (folder / "app.db").touch()
    (folder / "app.db").chmod(0o644)
    folder.chmod(0o755)

    keep_to_owner(folder)

    assert (0o700, 0o600) == (mode(folder), mode(folder / "app.db"))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """What lies elsewhere is somebody else's matter."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.touch(0o644)
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "link").symlink_to(elsewhere)

    keep_to_owner(tmp_path / "var")

    assert 0o644 == mode(elsewhere) | 0o044


def test_new_files_are_the_owners(tmp_path: Path) -> None:
    """Whatever writes a file, a library too, writes it for the owner alone."""
    before = mask_new_files()
    try:
        (tmp_path / "file").touch()
    finally:
        os.umask(before)

    assert 0o600 == mode(tmp_path / "file")


async def test_everything_that_a_running_program_wrote_is_the_owners(tmp_path: Path) -> None:
    """Databases, their logs, locks and the key: none of them can be read by another user."""
    settings = Settings(
        data_dir=tmp_path / "var",
        key_file=tmp_path / "data.key",
        web=WebSection(port=0),
        log_level="error",
    )
    stop, said = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(App(settings).run(stop, lambda _: said.set()))
    async with asyncio.timeout(120):
        await asyncio.wait(
            (running, asyncio.create_task(said.wait())), return_when=asyncio.FIRST_COMPLETED
        )
        modes = {path: mode(path) for path in (tmp_path / "data.key", tmp_path / "var")}
        for path in (tmp_path / "var").rglob("*"):
            with suppress(FileNotFoundError):  # half-written ones come and go meanwhile
                modes[path] = mode(path)
        stop.set()
        await running

    assert {"app.db", "jobs.db"} <= {path.name for path in modes}
    assert not [path for path, of in modes.items() if of & 0o077]


@pytest.mark.parametrize("name", ["DBOS__CLOUD", "DBOS__CONDUCTOR_KEY", "DBOS__OTLP_LOGS_ENDPOINT"])
def test_nobody_steers_the_jobs_from_elsewhere(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that would let DBOS be steered, or report, elsewhere is a mistake of the settings."""
    monkeypatch.setenv(name, "https://conductor.example/")

    with pytest.raises(SettingsInvalid) as raised:
        load_settings()

    assert (name, "env_remote_control") in {(one.key, one.kind) for one in raised.value.problems}
