"""The key that signs pictures is made once, kept apart, and never lost without a word."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot import certificates
from bot.certificates import Keys
from bot.signing import (
    FILE,
    SigningKeyMissing,
    SigningKeyUnreadable,
    load,
    load_or_create,
    roots_of,
    rotate,
)
from pipeline import Credentials, Pixels, SigningKey, SourceType, mark, marks_in, sign
from tests.bot.test_receipt import RECEIPT


class Home:
    """The two folders of a program."""

    def __init__(self, folder: Path) -> None:
        self.keys, self.data = folder / "keys" / "marks", folder / "var"

    def start(self, now: datetime | None = None) -> SigningKey:
        """Load the key as a start of the program does."""
        return load_or_create(self.keys, data_dir=self.data, now=now)

    def worth(self, picture: bytes) -> Credentials:
        """Check a picture with the roots that are known here."""
        roots = roots_of(self.keys, data_dir=self.data)
        return marks_in(picture, roots_pem=roots).credentials


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two folders that nothing lies in."""
    return Home(tmp_path)


def picture(key: SigningKey) -> bytes:
    """A small picture, signed."""
    png = mark(Pixels(width_px=2, height_px=2, rgb=bytes(12)), RECEIPT, display_px=8).png
    return sign(png, key, source_type=SourceType.DRAWN, version="0.1.0")


def test_a_first_start_makes_a_key_that_the_next_one_finds(home: Home) -> None:
    """What one signs is known after the other."""
    first, second = home.start(), home.start()

    assert first == second
    assert Credentials.OURS is home.worth(picture(first))


def test_nobody_but_the_owner_may_read_the_key(home: Home) -> None:
    """Neither the file nor its folder, and a file that was opened to others is closed again."""
    home.start()
    file = home.keys / FILE
    modes = [file.stat().st_mode & 0o777, home.keys.stat().st_mode & 0o777]
    file.chmod(0o644)
    home.start()

    assert [0o600, 0o700] == modes
    assert 0o600 == file.stat().st_mode & 0o777


def test_nothing_but_the_key_is_left_behind(home: Home) -> None:
    """No part of a file that was being written lies in the folder."""
    home.start()

    assert [FILE] == [path.name for path in home.keys.iterdir()]


def test_a_lost_key_is_not_replaced_in_silence(home: Home) -> None:
    """Where pictures were signed before, a start without the key says so and makes none."""
    home.start()
    (home.keys / FILE).unlink()

    with pytest.raises(SigningKeyMissing):
        home.start()
    with pytest.raises(SigningKeyMissing):
        load(home.keys, data_dir=home.data)
    assert [] == list(home.keys.iterdir())


def test_looking_makes_nothing(home: Home) -> None:
    """Before the first start there is no key, and no mistake."""
    assert load(home.keys, data_dir=home.data) is None
    assert not home.keys.exists()
    assert b"" == roots_of(home.keys, data_dir=home.data)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, b"-----BEGIN PRIVATE KEY-----\nAAAA"])
def test_a_damaged_key_is_said_so(home: Home, content: bytes) -> None:
    """It is neither used nor written over."""
    home.start()
    (home.keys / FILE).write_bytes(content)

    with pytest.raises(SigningKeyUnreadable):
        home.start()
    assert content == (home.keys / FILE).read_bytes()


def test_keys_of_two_files_do_not_belong_together(home: Home, tmp_path: Path) -> None:
    """A certificate of another key is noticed before anything is signed with it."""
    other = Home(tmp_path / "other")
    home.start()
    other.start()
    ours, theirs = (one.keys / FILE for one in (home, other))
    key, rest = ours.read_bytes().split(b"-----BEGIN CERTIFICATE-----", 1)
    other_key = theirs.read_bytes().split(b"-----BEGIN CERTIFICATE-----", 1)[0]
    assert key != other_key
    ours.write_bytes(other_key + b"-----BEGIN CERTIFICATE-----" + rest)

    with pytest.raises(SigningKeyUnreadable):
        home.start()


def test_a_folder_that_cannot_be_written_is_said_so(home: Home) -> None:
    """A file in the place of the folder is the operator's to mend."""
    home.keys.parent.mkdir(parents=True)
    home.keys.write_text("no folder")

    with pytest.raises(SigningKeyUnreadable):
        home.start()


def test_a_new_key_keeps_the_old_pictures_ours(home: Home) -> None:
    """After a rotation, and after another, everything that was signed is still known."""
    keys = [home.start()]
    for _ in range(2):
        rotate(home.keys, data_dir=home.data)
        keys.append(home.start())

    assert 3 == len({key.chain_pem for key in keys})
    assert {Credentials.OURS} == {home.worth(picture(key)) for key in keys}


def test_a_lost_key_can_be_replaced_and_its_pictures_are_still_ours(home: Home) -> None:
    """The operator asks for a new one; the roots in the data know the pictures of the old one."""
    before = picture(home.start())
    (home.keys / FILE).unlink()
    rotate(home.keys, data_dir=home.data)

    assert Credentials.OURS is home.worth(picture(home.start()))
    assert Credentials.OURS is home.worth(before)


def test_a_certificate_is_issued_anew_before_it_ends(home: Home) -> None:
    """29 and a half years later the program signs with a new one, by the same root."""
    now = datetime.now(UTC)
    old = home.start(now - timedelta(days=29.5 * 365))
    before = picture(old)
    new = home.start(now)

    assert old.expires_s < (now + timedelta(days=366)).timestamp()
    assert new.expires_s > (now + timedelta(days=3650)).timestamp()
    assert {Credentials.OURS} == {home.worth(before), home.worth(picture(new))}
    assert new == home.start(now)


def test_a_root_that_ends_is_followed_by_another(home: Home) -> None:
    """A key that is issued in its last years comes from a new root, and the old one is still known."""
    now = datetime.now(UTC)
    home.start(now - timedelta(days=39 * 365))
    new = home.start(now)

    assert Credentials.OURS is home.worth(picture(new))
    assert new.expires_s > (now + timedelta(days=29 * 365)).timestamp()
    assert 2 == roots_of(home.keys, data_dir=home.data).count(b"BEGIN CERTIFICATE")


def test_processes_that_start_at_once_have_one_key(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that made a key while another wrote one takes that, and both sign with the same."""
    made, others = certificates.made, []

    def overlapping(now: datetime) -> Keys:
        monkeypatch.setattr(certificates, "made", made)
        others.append(home.start())  # another process comes and goes meanwhile
        return made(now)

    monkeypatch.setattr(certificates, "made", overlapping)
    mine = home.start()

    assert [mine] == others
    assert [FILE] == [path.name for path in home.keys.iterdir()]
