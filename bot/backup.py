"""Copies of the databases, also while the bot runs; nothing of the key, and no picture.

The queues are copied first: what they have yet to do and the rows say is done is left alone when they
come back, and what the rows say is to be done and no queue has is queued again.
"""

import asyncio
import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.sealing import load_or_create, sync_folder
from bot.settings import Settings
from bot.store import BackUpUnsupported, Store, StoreUnavailable

APP_FILE, JOBS_FILE = "app.db", "jobs.db"


async def back_up(settings: Settings, folder: Path) -> None:
    """Copy the databases into a folder, each as it is at one moment; an earlier copy is replaced.

    Raises StoreError, SealingError or OSError. The key is opened, for without it a copy is worth nothing.
    """
    if settings.database.url is not None:
        raise BackUpUnsupported(tool="pg_dump")
    sealer = load_or_create(settings.key_file, may_create=False)
    await asyncio.to_thread(_copy, settings.data_dir / JOBS_FILE, folder / JOBS_FILE)
    store = await Store.open(f"sqlite:///{(settings.data_dir / APP_FILE).resolve()}", sealer=sealer)
    try:
        await store.back_up(folder / APP_FILE)
    finally:
        await store.close()
    await asyncio.to_thread(sync_folder, folder)


def _copy(source: Path, target: Path) -> None:
    """Copy a database while others write to it; the copy is complete when it has its name."""
    if not source.exists():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(source))
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.part")
    partial.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(partial)) as here:
            there.backup(here)
        with partial.open("rb+") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    except sqlite3.Error as error:
        raise StoreUnavailable(reason=error.sqlite_errorname) from error
    finally:
        partial.unlink(missing_ok=True)
