"""Erasures are remembered apart from the data."""

from pathlib import Path

import pytest

from bot.tombstones import Tombstones


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where they are to be, in a folder that is not there yet."""
    return tmp_path / "keys" / "data.erased"


def test_without_a_file_nobody_was_erased(path: Path) -> None:
    """A new program remembers nobody."""
    assert {} == Tombstones(path).all()


def test_the_latest_erasure_of_everybody_is_remembered(path: Path) -> None:
    """Also by the next process, and whatever the clock said in between."""
    tombstones = Tombstones(path)
    for name, buried_s in (("a", 1.0), ("b", 2.0), ("a", 3.0), ("a", 2.5)):
        tombstones.add(name, buried_s)

    assert {"a": 3.0, "b": 2.0} == Tombstones(path).all()


def test_the_file_is_its_owners(path: Path) -> None:
    """It is as private as the key that it lies beside."""
    Tombstones(path).add("a", 1.0)

    assert 0o600 == path.stat().st_mode & 0o777


@pytest.mark.parametrize("torn", ['{"person": "a", "bur', "7", '{"person": "b"}', "\xff"])
def test_a_torn_line_hides_no_other(torn: str, path: Path) -> None:
    """What a crash cut short is left out; what comes before and after it counts."""
    tombstones = Tombstones(path)
    tombstones.add("a", 1.0)
    with path.open("a", encoding="latin-1") as file:
        file.write(torn)
    tombstones.add("b", 2.0)

    assert {"a": 1.0, "b": 2.0} == tombstones.all()


def test_a_folder_that_cannot_be_written_stops_no_erasure(tmp_path: Path) -> None:
    """A key that was mounted read-only is no reason to keep what somebody wants erased."""
    (tmp_path / "file").write_text("in the way")

    Tombstones(tmp_path / "file" / "data.erased").add("a", 1.0)
