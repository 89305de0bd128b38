"""Files are sealed, whole or absent, and found by their keys; in a folder and in a store alike."""

import asyncio
import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from bot.files import Files, StorageLinked, check_folders
from bot.sealing import KEY_BYTES, Sealer

SEALER = Sealer(bytes(KEY_BYTES))
KEY = "pictures/abc-1.png"


@pytest.fixture(params=["folder", "file", "memory", "nested memory"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Files]:
    """Give an empty place of each kind; memory stands for every object store."""
    urls = {
        "folder": str(tmp_path / "data"),
        "file": f"file://{tmp_path}/data",
        "memory": "memory://",
        "nested memory": "memory://bucket/x",
    }
    yield Files(urls[request.param], SEALER)
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    memory.pseudo_dirs[:] = [""]


def names_in(folder: Path) -> list[str]:
    """List all files below a folder, also hidden ones."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


async def test_what_is_written_is_read(files: Files) -> None:
    """A file comes back as it was, and its hash is that of the plain content."""
    assert hashlib.sha256(b"png").hexdigest() == await files.write(KEY, b"png")
    assert b"png" == await files.read(KEY)


async def test_a_second_write_replaces_the_first(files: Files) -> None:
    """A job that runs again overwrites its picture and adds none."""
    await files.write(KEY, b"first")
    await files.write(KEY, b"second")

    assert b"second" == await files.read(KEY)
    assert [KEY] == await files.keys("pictures/")


async def test_what_is_not_there_is_none(files: Files) -> None:
    """A file that was never written, or was removed, reads as None; removing it again is fine."""
    assert await files.read(KEY) is None
    assert [] == await files.keys("pictures/")
    await files.write(KEY, b"png")
    await files.remove([KEY, "photos/none"])
    await files.remove([KEY])

    assert await files.read(KEY) is None
    assert [] == await files.keys("pictures/")


async def test_keys_are_listed_by_their_beginning(files: Files) -> None:
    """A prefix is a folder, or a folder and how a name begins."""
    for key in ("pictures/a-1.png", "pictures/a-2.png", "pictures/b-1.png", "photos/a"):
        await files.write(key, b"")

    assert ["pictures/a-1.png", "pictures/a-2.png", "pictures/b-1.png"] == await files.keys(
        "pictures/"
    )
    assert ["pictures/a-1.png", "pictures/a-2.png"] == await files.keys("pictures/a-")
    assert ["photos/a"] == await files.keys("photos/a")


@pytest.mark.parametrize(
    "key",
    ["../a", "photos/../../a", "/etc/passwd", "a", "", "photos/", "photos/.a", "a//b", "a/\0"],
)
async def test_a_key_leads_nowhere_else(files: Files, key: str) -> None:
    """What is no key of ours is refused, whatever is done with it."""
    for attempt in (files.write(key, b""), files.read(key), files.remove([key])):
        with pytest.raises(OSError, match="no key"):
            await attempt


async def test_a_listing_leads_nowhere_else(files: Files) -> None:
    """No folder above is listed."""
    with pytest.raises(OSError, match="no key"):
        await files.keys("../")


async def test_nothing_plain_lies_on_the_disk(tmp_path: Path) -> None:
    """The content of a file cannot be found in the folder."""
    await Files(str(tmp_path), SEALER).write(KEY, b"plain content")

    assert [KEY] == names_in(tmp_path)
    assert b"plain content" not in (tmp_path / KEY).read_bytes()


async def test_a_damaged_file_is_an_error(tmp_path: Path) -> None:
    """A file that was changed is neither read nor taken for one that is gone."""
    files = Files(str(tmp_path), SEALER)
    await files.write(KEY, b"png")
    (tmp_path / KEY).write_bytes(b"png")

    with pytest.raises(OSError, match="another key") as caught:
        await files.read(KEY)
    assert errno.EIO == caught.value.errno


async def test_a_write_that_fails_leaves_the_earlier_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a failed write is kept: neither half a file nor a temporary one."""
    files = Files(str(tmp_path), SEALER)
    await files.write(KEY, b"first")

    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space") as caught:
        await files.write(KEY, b"second")
    assert errno.ENOSPC == caught.value.errno
    assert b"first" == await files.read(KEY)
    assert [KEY] == names_in(tmp_path)


# The process's own limit on the size of files stands for a disk that fills up during a write.
_FILL_UP = """
import asyncio, resource, signal, sys
from bot.files import Files
from bot.sealing import Sealer
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    asyncio.run(Files(sys.argv[1], Sealer(bytes(32))).write(sys.argv[2], bytes(100_000)))
except OSError as error:
    sys.exit(7)
"""

# Ends as a kill would, without any clean-up, when the content is on disk and not yet in its place.
_DIE = """
import asyncio, os, sys
from bot.files import Files
from bot.sealing import Sealer
os.replace = lambda *_: os._exit(7)
asyncio.run(Files(sys.argv[1], Sealer(bytes(32))).write(sys.argv[2], b"second"))
"""


def run(script: str, folder: Path) -> int:
    """Run a script that writes `KEY` in a process of its own; give its exit status."""
    command = [sys.executable, "-c", script, str(folder), KEY]
    return subprocess.run(command, check=False, timeout=60).returncode


async def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A write that the disk cuts short is an OSError, and the disk is as it was."""
    assert 7 == run(_FILL_UP, tmp_path)
    assert [] == names_in(tmp_path)


async def test_a_kill_leaves_the_earlier_file_and_a_leftover_that_is_swept(tmp_path: Path) -> None:
    """After a kill the earlier file is whole; what was half written is no key and is swept."""
    files = Files(str(tmp_path), SEALER)
    await files.write(KEY, b"first")

    assert 7 == run(_DIE, tmp_path)
    assert b"first" == await files.read(KEY)
    assert [KEY] == await files.keys("pictures/")
    assert 2 == len(names_in(tmp_path))
    assert 0 == await files.sweep(), "it may be in the making"
    assert 1 == await files.sweep(older_than_s=0)
    assert [KEY] == names_in(tmp_path)


async def test_writes_of_one_key_at_once_end_whole(files: Files) -> None:
    """Of several writers one wins, and no reader ever sees a mixture."""
    contents = [bytes([n]) * 100_000 for n in range(6)]
    await files.write(KEY, contents[0])
    _, *seen = await asyncio.gather(
        asyncio.gather(*(files.write(KEY, content) for content in contents)),
        *(files.read(KEY) for _ in range(6)),
    )

    assert await files.read(KEY) in contents
    assert set(seen) <= set(contents)
    assert [KEY] == await files.keys("pictures/")


async def test_a_store_without_a_folder_has_nothing_to_sweep() -> None:
    """Half an object does not exist."""
    assert 0 == await Files("memory://", SEALER).sweep()


async def test_whatever_a_store_raises_is_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever writes has one kind of error to expect; the store's own text stays in the cause."""
    files = Files("memory://", SEALER)

    def fail(*_: object) -> None:
        raise RuntimeError("secret bucket")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", fail)
    with pytest.raises(OSError, match="RuntimeError") as caught:
        await files.write(KEY, b"png")
    assert "secret" not in str(caught.value)


async def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """What lies elsewhere is not listed, and so nobody takes it for a file without a job and removes it."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a-1.png").write_bytes(b"somebody's")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pictures").symlink_to(elsewhere)
    files = Files(str(tmp_path / "data"), Sealer(bytes(KEY_BYTES)))

    with pytest.raises(OSError, match="link"):
        await files.keys("pictures/")
    with pytest.raises(OSError, match="link"):
        await files.remove(["pictures/a-1.png"])

    assert (elsewhere / "a-1.png").exists()
    with pytest.raises(StorageLinked, match="pictures"):
        check_folders(str(tmp_path / "data"), ("photos/", "pictures/"))


def test_the_folder_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    """Whoever keeps everything on another disk links to it as a whole."""
    (tmp_path / "disk" / "pictures").mkdir(parents=True)
    (tmp_path / "data").symlink_to(tmp_path / "disk")

    check_folders(str(tmp_path / "data"), ("pictures/",))
