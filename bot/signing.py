"""The key that signs pictures, where it lies: outside the data, made at the first start.

One PEM file holds it with its certificates, so that it is there completely or not at all. The roots are
remembered in the data, too: so a lost key is told from a first start, and what it signed is still known
as ours. Does not know pictures.

Errors: SigningKeyError
  SigningKeyMissing     pictures were signed here, and the key is gone
  SigningKeyUnreadable  the file cannot be read or written, or holds something else
"""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot import certificates
from bot.certificates import Keys
from bot.sealing import sync_folder
from pipeline import SigningKey

FILE = "signing.pem"  # in the folder of the key
ROOTS_FILE = "signers.pem"  # in the folder of the data
_FOR_OTHERS = 0o077  # permissions of anybody but the owner

log = structlog.get_logger()


class SigningKeyError(Exception):
    """Nothing can be signed; the operator can mend it."""

    def __init__(self, *, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class SigningKeyMissing(SigningKeyError):
    """Pictures were signed here, and the key is gone: a new one is made only when it is asked for."""


class SigningKeyUnreadable(SigningKeyError):
    """The key's file cannot be read or written, or holds something else than a key."""


def load_or_create(folder: Path, *, data_dir: Path, now: datetime | None = None) -> SigningKey:
    """Read the key; where nothing was ever signed, make one, for the owner alone.

    Its certificate is issued anew where it is about to end.

    Raises SigningKeyMissing or SigningKeyUnreadable.
    """
    path, now = folder / FILE, now or datetime.now(UTC)
    try:
        if not path.exists():
            if (data_dir / ROOTS_FILE).exists():
                raise SigningKeyMissing(path=path)
            _write(path, certificates.made(now).written(), may_replace=False)
            log.info("signing key created", path=str(path))
        if path.stat().st_mode & _FOR_OTHERS:
            log.warning("signing key readable by others", path=str(path))
            path.chmod(0o600)
        old = _read(path)
        keys = certificates.renewed(old, now)
        if keys is not old:
            _write(path, keys.written(), may_replace=True)
            log.info("signing certificate renewed", path=str(path))
        _remember(data_dir, keys)
    except OSError as error:
        raise SigningKeyUnreadable(path=path) from error
    return keys.signing_key()


def load(folder: Path, *, data_dir: Path) -> SigningKey | None:
    """Read the key and change nothing; None before the first start.

    Raises SigningKeyMissing or SigningKeyUnreadable.
    """
    path = folder / FILE
    if not path.exists():
        if (data_dir / ROOTS_FILE).exists():
            raise SigningKeyMissing(path=path)
        return None
    return _read(path).signing_key()


def rotate(folder: Path, *, data_dir: Path) -> None:
    """Make a new key and a new root; what the earlier ones signed is still known as ours.

    Raises SigningKeyUnreadable where it cannot be written.
    """
    path, now = folder / FILE, datetime.now(UTC)
    try:
        keys = certificates.followed(_read(path), now)
    except SigningKeyUnreadable:
        keys = certificates.made(now)  # what the lost one signed is known by the roots in the data
    try:
        _write(path, keys.written(), may_replace=True)
        _remember(data_dir, keys)
    except OSError as error:
        raise SigningKeyUnreadable(path=path) from error


def roots_of(folder: Path, *, data_dir: Path) -> bytes:
    """Give the roots of everything that was signed here, in PEM; none where they cannot be read."""
    remembered = _remembered(data_dir)
    try:
        return b"".join(dict.fromkeys((*_read(folder / FILE).roots, *remembered)))
    except SigningKeyUnreadable:
        return b"".join(remembered)


def _read(path: Path) -> Keys:
    """Raises SigningKeyUnreadable."""
    try:
        return certificates.read(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SigningKeyUnreadable(path=path) from error


def _remember(data_dir: Path, keys: Keys) -> None:
    """Write the roots down in the data. Raises OSError."""
    known = _remembered(data_dir)
    if not set(keys.roots) <= set(known):
        content = b"".join(dict.fromkeys((*keys.roots, *known)))
        _write(data_dir / ROOTS_FILE, content, may_replace=True)


def _remembered(data_dir: Path) -> tuple[bytes, ...]:
    try:
        return certificates.blocks_of((data_dir / ROOTS_FILE).read_bytes())
    except OSError:
        return ()


def _write(path: Path, content: bytes, *, may_replace: bool) -> None:
    """Write a file for its owner completely or not at all; where it may not replace one, that stays.

    Raises OSError.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if may_replace:
            partial.replace(path)
            return
        try:
            path.hardlink_to(partial)  # unlike a rename, it replaces nothing
        except FileExistsError:
            return
    finally:
        partial.unlink(missing_ok=True)
        sync_folder(path.parent)
