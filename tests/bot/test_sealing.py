"""What is sealed can be read with its key only, and a key is never lost in silence."""

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.sealing import KEY_BYTES, KeyMissing, KeyUnreadable, SealBroken, Sealer, load_or_create

SEALER = Sealer(bytes(range(KEY_BYTES)))
OTHER = Sealer(bytes(KEY_BYTES))


@given(data=st.binary())
def test_what_was_sealed_opens(data: bytes) -> None:
    """Opening gives back exactly what was sealed."""
    assert data == SEALER.open(SEALER.seal(data))


def test_nothing_of_the_content_shows() -> None:
    """Neither the content nor that two contents are equal can be seen."""
    data = "비밀 고양이".encode()

    assert data not in SEALER.seal(data)
    assert SEALER.seal(data) != SEALER.seal(data)


@given(data=st.binary(), position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_a_changed_bit_is_noticed(data: bytes, position: int, bit: int) -> None:
    """Whatever is changed in what was sealed, nothing is opened."""
    sealed = bytearray(SEALER.seal(data))
    sealed[position % len(sealed)] ^= 1 << bit

    with pytest.raises(SealBroken):
        SEALER.open(bytes(sealed))


@given(data=st.binary(max_size=40), length=st.integers(min_value=0))
def test_what_was_cut_short_is_noticed(data: bytes, length: int) -> None:
    """A part of what was sealed opens to nothing, not to a part of the content."""
    sealed = SEALER.seal(data)

    with pytest.raises(SealBroken):
        SEALER.open(sealed[: length % len(sealed)])


def test_another_key_opens_nothing() -> None:
    """A database without its key is worth nothing."""
    with pytest.raises(SealBroken):
        OTHER.open(SEALER.seal(b"data"))


def test_a_name_stands_for_its_text_under_one_key() -> None:
    """The same text has the same name, another text or key another one; any text has one."""
    name = SEALER.name_of("discord:7")

    assert name == SEALER.name_of("discord:7")
    assert 3 == len({name, SEALER.name_of("discord:8"), OTHER.name_of("discord:7")})
    assert 32 == len(SEALER.name_of("\ud800"))


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """A new key lies in a folder of its own, unreadable to others, and nothing is left beside it."""
    path = tmp_path / "secret" / "key"
    sealed = load_or_create(path, may_create=True).seal(b"data")

    assert b"data" == load_or_create(path, may_create=True).open(sealed)
    assert 0o600 == path.stat().st_mode & 0o777
    assert 0o700 == path.parent.stat().st_mode & 0o777
    assert [path] == list(path.parent.iterdir())


def test_two_starts_at_once_have_one_key(tmp_path: Path) -> None:
    """Of processes that start together one makes the key, and all use it."""
    path, barrier = tmp_path / "key", threading.Barrier(8)
    names: list[str] = []

    def start() -> None:
        barrier.wait()
        names.append(load_or_create(path, may_create=True).name_of("a"))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [load_or_create(path, may_create=False).name_of("a")] * 8 == names


def test_a_lost_key_is_not_replaced(tmp_path: Path) -> None:
    """Where data exist, a missing key stops the start and makes no new one."""
    path = tmp_path / "key"

    with pytest.raises(KeyMissing) as caught:
        load_or_create(path, may_create=False)
    assert path == caught.value.path
    assert not path.exists()


@pytest.mark.parametrize("content", [b"", bytes(KEY_BYTES - 1), bytes(KEY_BYTES + 1)])
def test_a_file_that_is_no_key_is_left_alone(tmp_path: Path, content: bytes) -> None:
    """A file of another size is refused and kept: an operator may have mixed up two files."""
    path = tmp_path / "key"
    path.write_bytes(content)

    with pytest.raises(KeyUnreadable):
        load_or_create(path, may_create=True)
    assert content == path.read_bytes()


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    """What cannot be read as a file is refused."""
    with pytest.raises(KeyUnreadable):
        load_or_create(tmp_path, may_create=True)


def test_loose_permissions_are_tightened(tmp_path: Path) -> None:
    """A key that others could read is taken from them, and the operator is told."""
    path = tmp_path / "key"
    load_or_create(path, may_create=True)
    path.chmod(0o644)

    with capture_logs() as logs:
        load_or_create(path, may_create=False)

    assert 0o600 == path.stat().st_mode & 0o777
    assert ["key readable by others"] == [entry["event"] for entry in logs]
