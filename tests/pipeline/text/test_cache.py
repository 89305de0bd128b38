"""What is remembered, for how long, on how much disk, and how equal work is shared."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from pipeline.text.cache import Cache, FileCache, Flights
from tests.clock import ManualClock
from tests.pipeline.text.seal import WeakSeal

VALUE: dict[str, Any] = {"english": "a whale", "variants": ["a big whale"]}


def key(number: int) -> str:
    """A key as a digest is."""
    return f"{number:064x}"


def make(
    folder: Path | None, *, clock: ManualClock | None = None, max_bytes: int = 10_000
) -> Cache:
    """A cache with a clock of ours."""
    return Cache(folder=folder, max_bytes=max_bytes, seal=WeakSeal(), clock=clock or ManualClock())


def files_in(folder: Path) -> list[Path]:
    """Everything that was written."""
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_was_put_is_there(tmp_path: Path) -> None:
    """In memory, and after a restart from the file."""
    cache = make(tmp_path)
    await cache.put(key(1), VALUE)

    assert VALUE == await cache.get(key(1))
    assert VALUE == await make(tmp_path).get(key(1))
    assert None is await cache.get(key(2))


async def test_what_is_good_for_a_while_is_forgotten_then(tmp_path: Path) -> None:
    """It never reaches a file, and its time ends."""
    clock = ManualClock()
    cache = make(tmp_path, clock=clock)
    await cache.put(key(1), VALUE, only_for_s=60.0)

    assert VALUE == await cache.get(key(1))
    assert [] == files_in(tmp_path)
    clock.pass_(60.0)
    assert None is await cache.get(key(1))


async def test_what_begins_alike_is_forgotten_as_one(tmp_path: Path) -> None:
    """Values of one prefix go, from memory and from the files; the others stay."""
    cache = make(tmp_path)
    for one in ("aa1", "aa2", "ab1"):
        await cache.put(one, VALUE)
    await cache.put("aa3", VALUE, only_for_s=60.0)

    await cache.forget("aa")

    left = {one: await cache.get(one) for one in ("aa1", "aa2", "aa3", "ab1")}
    assert {"aa1": None, "aa2": None, "aa3": None, "ab1": VALUE} == left
    assert [tmp_path / "ab" / "ab1.sealed"] == files_in(tmp_path)


@pytest.mark.parametrize("folder", [None, "zero bytes"])
async def test_without_room_on_disk_memory_is_left(folder: str | None, tmp_path: Path) -> None:
    """No folder, or no bytes, and nothing is written."""
    cache = make(tmp_path if folder else None, max_bytes=0)
    await cache.put(key(1), VALUE)

    assert VALUE == await cache.get(key(1))
    assert [] == files_in(tmp_path)


def test_files_stay_within_their_room(tmp_path: Path) -> None:
    """The ones that were used longest ago go, one that was just read stays."""
    cache = FileCache(tmp_path, max_bytes=1_000, seal=WeakSeal())
    for number in range(40):
        cache.put(key(number), VALUE)
        for age, path in enumerate(sorted(tmp_path.glob("*/*.sealed"))):
            os.utime(path, (age, age))  # in the order of their keys
        assert VALUE == cache.get(key(0))

    sizes = [path.stat().st_size for path in tmp_path.glob("*/*.sealed")]
    assert 0 < sum(sizes) <= 1_000
    assert VALUE == cache.get(key(0))
    assert None is cache.get(key(1))


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_broken_file_is_no_value(tmp_path: Path, content: bytes) -> None:
    """A half-written or foreign file is as good as none, and can be written over."""
    cache = FileCache(tmp_path, max_bytes=1_000, seal=WeakSeal())
    cache.put(key(1), VALUE)
    next(tmp_path.glob("*/*.sealed")).write_bytes(content)

    assert None is cache.get(key(1))
    cache.put(key(1), VALUE)
    assert VALUE == cache.get(key(1))


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path) -> None:
    """A full or read-only disk is no reason to fail a request."""
    (tmp_path / "file").write_text("in the way")
    cache = FileCache(tmp_path / "file", max_bytes=1_000, seal=WeakSeal())

    cache.put(key(1), VALUE)

    assert None is cache.get(key(1))


class Work:
    """Work that ends when the test says so."""

    def __init__(self) -> None:
        self.num_started = self.num_cancelled = 0
        self.result: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def __call__(self) -> str:
        """Do it once."""
        self.num_started += 1
        try:
            return await asyncio.shield(self.result)
        except asyncio.CancelledError:
            self.num_cancelled += 1
            raise


async def waiting(flights: Flights[str], work: Work, num: int) -> list[asyncio.Task[str]]:
    """Have so many wait for the same work."""
    tasks = [asyncio.create_task(flights.share("whale", work)) for _ in range(num)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


async def test_equal_work_is_done_once() -> None:
    """Two hundred who ask for the same get the same; afterwards it is done anew."""
    flights, work = Flights[str](), Work()
    tasks = await waiting(flights, work, 200)
    work.result.set_result("a whale")

    assert ["a whale"] * 200 == await asyncio.gather(*tasks)
    assert 1 == work.num_started
    assert "a whale" == await flights.share("whale", work)
    assert 2 == work.num_started


async def test_an_error_reaches_everybody() -> None:
    """Who shares the work shares its failure, and the next one may try again."""
    flights, work = Flights[str](), Work()
    tasks = await waiting(flights, work, 3)
    work.result.set_exception(ValueError("no key"))

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert ["no key"] * 3 == [str(outcome) for outcome in outcomes]


async def test_one_who_leaves_does_not_take_it_from_the_others() -> None:
    """Even the one who began it; when the last one leaves the work ends."""
    flights, work = Flights[str](), Work()
    first, second = await waiting(flights, work, 2)
    first.cancel()
    await asyncio.sleep(0)
    assert 0 == work.num_cancelled

    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    await asyncio.sleep(0)
    assert 1 == work.num_cancelled


async def test_who_comes_after_the_last_one_left_begins_anew() -> None:
    """A cancelled work is nobody's answer."""
    flights, work = Flights[str](), Work()
    (only,) = await waiting(flights, work, 1)
    only.cancel()
    (again,) = await waiting(flights, work, 1)
    work.result.set_result("a whale")

    assert "a whale" == await again


def test_files_are_sealed(tmp_path: Path) -> None:
    """What people wrote cannot be read without the key; a file of another key is as good as none."""
    cache = FileCache(tmp_path, max_bytes=1_000, seal=WeakSeal())

    cache.put(key(1), {"text": "canary"})

    (file,) = files_in(tmp_path)
    assert b"canary" not in file.read_bytes()
    assert {"text": "canary"} == cache.get(key(1))


async def test_without_a_seal_nothing_reaches_a_file(tmp_path: Path) -> None:
    """A command of the shell remembers for as long as it runs."""
    cache = Cache(folder=tmp_path, max_bytes=1_000, seal=None)

    await cache.put(key(1), VALUE)

    assert VALUE == await cache.get(key(1))
    assert [] == files_in(tmp_path)


async def test_what_nobody_needs_is_forgotten(tmp_path: Path) -> None:
    """Reading is needing; what was neither read nor written for so long goes."""
    cache = make(tmp_path)
    for number in range(2):
        await cache.put(key(number), VALUE)
    for file in files_in(tmp_path):
        os.utime(file, (0, 0))
    assert VALUE == await make(tmp_path).get(key(1))

    await cache.forget_unused(for_s=60)

    assert [f"{key(1)}.sealed"] == [file.name for file in files_in(tmp_path)]
