"""What people said and got, sealed before it is written down; the key lies outside the data.

A stolen copy of the database or of the pictures is unreadable, and a changed one is noticed. One
master key of 32 random bytes gives, by HKDF, one key for content and one for names. Does not know
what is sealed, nor where it is kept.

Sealed: 1 byte version, 12 bytes nonce, then the content with 16 bytes of proof. The cipher is
AES-256-GCM-SIV, because nonces are random: should one come twice, it shows only whether two
contents are equal, where plain GCM would give away the key of the proof.

Errors: SealingError
  SealBroken       what was sealed was changed, cut short, or sealed with another key
  KeyMissing       data exist, and the key that opens them is gone
  KeyUnreadable    the key's file cannot be read, or is no key
  KeyForeign       data exist, and the key opens none of them
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12
_NAME_CHARS = 32  # of hex: 128 bits
_FOR_OTHERS = 0o077  # permissions of anybody but the owner

log = structlog.get_logger()


class SealingError(Exception):
    """Something that was sealed, or is to be, cannot be handled."""


class SealBroken(SealingError, ValueError):
    """What was sealed was changed, cut short, or sealed with another key."""


class KeyMissing(SealingError):
    """Data exist, and the key that opens them is gone: a new one would lose them silently."""

    def __init__(self, *, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class KeyUnreadable(SealingError):
    """The key's file cannot be read, or holds something else than a key."""

    def __init__(self, *, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class KeyForeign(SealingError):
    """Data exist, and the key opens none of them: more would be sealed beside what is lost with it."""

    def __init__(self, *, path: Path) -> None:
        super().__init__(str(path))
        self.path = path


class Sealer:
    """Seals and opens bytes with keys from one master key; any thread may use it."""

    def __init__(self, master_key: bytes) -> None:
        assert len(master_key) == KEY_BYTES
        self._cipher = AESGCMSIV(_derive(master_key, b"geuryeojwo seal 1"))
        self._name_key = _derive(master_key, b"geuryeojwo name 1")

    def seal(self, data: bytes) -> bytes:
        """Make bytes unreadable without the key; 29 bytes are added. Never twice the same."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, data, _VERSION)

    def open(self, sealed: bytes) -> bytes:
        """Give back what was sealed. Raises SealBroken."""
        start = len(_VERSION) + _NONCE_BYTES
        version, nonce, content = sealed[:1], sealed[1:start], sealed[start:]
        if version != _VERSION or len(nonce) != _NONCE_BYTES:
            raise SealBroken
        try:
            return self._cipher.decrypt(nonce, content, version)
        except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a proof
            raise SealBroken from error

    def name_of(self, text: str) -> str:
        """Give 32 hex digits that stand for a text: always the same, unguessable without the key."""
        spelt = text.encode("utf-8", "surrogatepass")
        return hmac.new(self._name_key, spelt, hashlib.sha256).hexdigest()[:_NAME_CHARS]


def load_or_create(path: Path, *, may_create: bool) -> Sealer:
    """Read the master key; where there is none and one may be made, make it, for the owner alone.

    may_create: no data exist that only a lost key could open.

    Raises KeyMissing or KeyUnreadable, and OSError where a new key cannot be written.
    """
    if may_create and not path.exists():
        _create(path)
    try:
        master_key = path.read_bytes()
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise KeyMissing(path=path) from error
    except OSError as error:
        raise KeyUnreadable(path=path) from error
    if len(master_key) != KEY_BYTES:
        raise KeyUnreadable(path=path)
    if mode & _FOR_OTHERS:
        _tighten(path)
    return Sealer(master_key)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _derive(master_key: bytes, purpose: bytes) -> bytes:
    # A salt adds nothing: the master key is random already.
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(master_key)


def _create(path: Path) -> None:
    """Write a new key completely or not at all; of two processes at once, the first one's stays."""
    new_folders = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(partial)  # unlike a rename, it never replaces a key
        except FileExistsError:
            return
        log.info("key created", path=str(path))
    finally:
        partial.unlink(missing_ok=True)
        for folder in (path.parent, *(new.parent for new in new_folders)):
            sync_folder(folder)


def _tighten(path: Path) -> None:
    """Take a key's file from everybody but its owner, where the file system lets us."""
    log.warning("key readable by others", path=str(path))
    try:
        path.chmod(0o600)
    except OSError:  # a secret that was mounted read-only: the operator's choice
        log.warning("key left as it is", path=str(path))
