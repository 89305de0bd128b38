"""A disk that fills, and has room again."""

from pathlib import Path

import pytest
import structlog

from bot.disk import Disk, DiskFull
from tests.clock import ManualClock


class SmallDisk:
    """So many bytes are free, less what the ballast takes."""

    def __init__(self, free_bytes: int) -> None:
        self.free_bytes = free_bytes
        self.num_asked = 0

    def __call__(self, folder: Path) -> int:
        """Tell what is free now."""
        self.num_asked += 1
        ballast = folder / "ballast"
        return self.free_bytes - (ballast.stat().st_size if ballast.exists() else 0)


def make(folder: Path, small: SmallDisk, clock: ManualClock | None = None) -> Disk:
    """Make a disk that takes new work from 1000 free bytes on and has a ballast of 100."""
    return Disk(
        folder,
        least_free_bytes=1000,
        ballast_bytes=100,
        clock=clock or ManualClock(),
        free_bytes_of=small,
    )


@pytest.mark.parametrize(("free_bytes", "is_full"), [(999, True), (1000, False)])
def test_a_disk_is_full_before_nothing_is_free(
    tmp_path: Path, free_bytes: int, is_full: bool
) -> None:
    """New work is refused while there is still room for what was accepted."""
    assert is_full == make(tmp_path, SmallDisk(free_bytes)).is_full()


def test_a_full_disk_is_an_error_with_facts(tmp_path: Path) -> None:
    """Whoever asks is refused with what is free and what must be."""
    with pytest.raises(DiskFull) as caught:
        make(tmp_path, SmallDisk(12)).check()

    assert (12, 1000) == (caught.value.free_bytes, caught.value.least_free_bytes)


def test_an_answer_holds_for_a_second(tmp_path: Path) -> None:
    """A burst of requests asks the system once, and later ones hear what has changed."""
    small, clock = SmallDisk(5000), ManualClock()
    disk = make(tmp_path, small, clock)
    for _ in range(100):
        disk.check()
    num_asked = small.num_asked
    small.free_bytes = 10
    clock.pass_(1.0)

    assert 1 == num_asked
    assert disk.is_full()


def test_the_ballast_takes_room_until_it_is_needed(tmp_path: Path) -> None:
    """It is laid down on a disk with room, given up on a full one, and comes back after it."""
    small = SmallDisk(5000)
    disk = make(tmp_path, small)

    def ballast_bytes() -> int:
        disk.tend()
        ballast = tmp_path / "ballast"
        return ballast.stat().st_blocks * 512 if ballast.exists() else 0

    with structlog.testing.capture_logs() as lines:
        sizes = []
        for small.free_bytes in (5000, 900, 150, 199, 1099, 1100):
            sizes.append(ballast_bytes() >= 100)

    assert [True, True, False, False, False, True] == sizes
    assert ["disk full, ballast given up"] == [line["event"] for line in lines]
    assert ["ballast"] == [path.name for path in tmp_path.iterdir()]


def test_giving_up_what_is_not_there_does_nothing(tmp_path: Path) -> None:
    """Several who find no room may all give up the ballast."""
    disk = make(tmp_path, SmallDisk(10))
    disk.release()
    disk.release()

    assert [] == list(tmp_path.iterdir())


def test_a_ballast_that_finds_no_room_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who was faster in using the room has it, and no part of a ballast takes any."""

    def no_room(*_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.posix_fallocate", no_room)
    make(tmp_path, SmallDisk(5000)).restore()

    assert [] == list(tmp_path.iterdir())


def test_the_real_disk_is_asked(tmp_path: Path) -> None:
    """What counts is what an ordinary program may still write."""
    assert not Disk(tmp_path, least_free_bytes=1).is_full()
    assert Disk(tmp_path, least_free_bytes=2**62).is_full()
