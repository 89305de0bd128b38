"""Pictures and photos by their keys: sealed files in a folder, or objects in a store.

A file is there completely or not at all, even after a crash. In a folder that takes a temporary
file, a rename and two syncs; an object store promises it for one put. Everything runs beside the
event loop. Does not know jobs, nor how long anything is kept.

A key is at least one folder and a name, such as `pictures/<job>-1.png`; no part of it begins with
a dot. Every failure, of a key or of a store, is an OSError.
"""

import asyncio
import errno
import hashlib
import os
import re
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import fsspec
from fsspec.implementations.local import LocalFileSystem

from bot.sealing import SealBroken, Sealer, sync_folder

Result = TypeVar("Result")

_KEY = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)+", re.ASCII)
_TEMPORARY = ".writing"  # no key has such a file: it begins with a dot
_OLDEST_WRITE_S = 3600.0  # far longer than any write takes: others may be writing now


class StorageUnusable(Exception):  # the operator's mistake: outside the pipeline's tree
    """Nothing can be kept at the address."""


class StorageLinked(StorageUnusable):
    """A folder of files is a link to somewhere else, where nothing is ours to remove."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self.folder = folder


def check_folders(url: str, folders: Iterable[str]) -> None:
    """Look whether files can be kept at an address, in these folders.

    Raises StorageLinked where a link leads out of it, and StorageUnusable as `Files` does.
    """
    _, _, root = _opened(url)
    if root is not None:
        for folder in (root / name for name in folders):
            if _leads_out(folder, root):
                raise StorageLinked(folder)


class Files:
    """Where pictures and photos are kept; any number of tasks and processes may use it at once."""

    def __init__(self, url: str, sealer: Sealer) -> None:
        """Choose the place: a folder's path, or a URL that fsspec knows, such as `s3://bucket/x`.

        Raises StorageUnusable for a URL of no known kind, or where its library is missing.
        """
        self._store, self._root, self._folder = _opened(url)
        self._sealer = sealer

    async def write(self, key: str, data: bytes) -> str:
        """Keep a file, in place of an earlier one, and give the SHA-256 of its content in hex.

        It is durable when this returns. Raises OSError, and the earlier file is untouched then.
        """

        def work() -> str:
            path, sealed = self._path_of(key), self._sealer.seal(data)
            if self._folder is None:
                self._store.pipe_file(path, sealed)
            else:
                write_whole(Path(path), sealed)
            return hashlib.sha256(data).hexdigest()

        return await _beside(work)

    async def read(self, key: str) -> bytes | None:
        """Give a file's content; None where there is none. Raises OSError, also for a damaged one."""

        def work() -> bytes | None:
            try:
                return self._sealer.open(self._store.cat_file(self._path_of(key)))
            except FileNotFoundError:
                return None
            except SealBroken as error:
                raise OSError(errno.EIO, "changed or sealed with another key", key) from error

        return await _beside(work)

    async def remove(self, keys: Iterable[str]) -> None:
        """Forget files; those that are not there are no mistake. Raises OSError."""

        def work() -> None:
            for path in [self._path_of(key) for key in keys]:
                self._check_inside(path.rpartition("/")[0])
                try:
                    self._store.rm_file(path)
                except FileNotFoundError:
                    continue

        await _beside(work)

    async def keys(self, prefix: str) -> list[str]:
        """List the keys that begin with a folder, or with a folder and the first part of a name.

        Raises OSError.
        """

        def work() -> list[str]:
            folder = self._path_of(f"{prefix}-").rpartition("/")[0]
            self._check_inside(folder)
            self._store.invalidate_cache()  # another process may have written since
            names = [path.removeprefix(f"{self._root}/") for path in self._store.find(folder)]
            return sorted(n for n in names if n.startswith(prefix) and _KEY.fullmatch(n))

        return await _beside(work)

    async def sweep(self, *, older_than_s: float = _OLDEST_WRITE_S) -> int:
        """Remove what writes left behind that a crash ended, and count it. Raises OSError."""
        folder, newest_s = self._folder, time.time() - older_than_s

        def work() -> int:
            if folder is None:
                return 0
            found = [p for p in folder.rglob(f".*{_TEMPORARY}") if _is_older(p, newest_s)]
            for path in found:
                path.unlink(missing_ok=True)
            return len(found)

        return await _beside(work)

    def _check_inside(self, folder: str) -> None:
        """Raise OSError for a folder that a link leads elsewhere: what lies there is not ours to remove."""
        if self._folder is not None and _leads_out(Path(folder), self._folder):
            raise OSError(errno.ELOOP, "a link leads out of the folder", folder)

    def _path_of(self, key: str) -> str:
        if not _KEY.fullmatch(key):
            raise OSError(errno.EINVAL, "no key", key)
        return f"{self._root}/{key}"


def _opened(url: str) -> tuple[fsspec.AbstractFileSystem, str, Path | None]:
    """Give the store at an address, its root there, and the folder where it is one."""
    try:
        store, root = fsspec.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise StorageUnusable from error
    return store, root.rstrip("/"), Path(root) if isinstance(store, LocalFileSystem) else None


def _leads_out(folder: Path, root: Path) -> bool:
    return not folder.resolve().is_relative_to(root.resolve())


async def _beside(work: Callable[[], Result]) -> Result:
    """Work in a thread; what a store's library raises becomes an OSError."""

    def translated() -> Result:
        try:
            return work()
        except OSError:
            raise
        except Exception as error:  # every store has errors of its own
            raise OSError(errno.EIO, type(error).__name__) from error

    return await asyncio.to_thread(translated)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there completely or not at all, even after a power cut. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own: two tasks may write the same key, and the later rename wins whole.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}{_TEMPORARY}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):  # the folder may be as new as the file
        sync_folder(folder)


def _is_older(path: Path, newest_s: float) -> bool:
    try:
        return path.stat().st_mtime <= newest_s
    except FileNotFoundError:  # whoever wrote it is done
        return False
