"""How pictures are marked here: what the operator wishes, and the key that signs them.

What cannot be signed leaves with its other marks, and the operator is warned; where the operator
requires the signature, it does not leave. Whether a picture needs the label is decided here, too.
Every process that gives pictures away has one: a worker marks them, and whoever talks to people writes
them again where they are too large.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import structlog

from bot.settings import MarksSection, Settings
from bot.signing import SigningKeyError, SigningKeyMissing, load, load_or_create, roots_of
from pipeline import (
    DRAWN_STYLES,
    Credentials,
    Marks,
    ModelFacts,
    NotMarked,
    Preparation,
    Sign,
    SigningKey,
    SourceType,
    marks_in,
    sign,
    smaller,
)

VERSION = "0.1.0"
_PHOTOGRAPHIC = re.compile(r"photo|realis", re.IGNORECASE)

log = structlog.get_logger()


class KeyTrouble(StrEnum):
    """Why nothing is signed though it should be."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    REFUSED = "refused"  # the library would not sign with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Which marks pictures are to have, beside those that all have."""

    source_type: SourceType
    has_label: bool
    sign: Sign


class Marking:
    """Marks pictures and reads marks; any thread may use it."""

    def __init__(
        self,
        section: MarksSection,
        *,
        key: SigningKey | None = None,
        roots_pem: bytes = b"",
        trouble: KeyTrouble | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the operator's wishes, the key, and the roots of all signatures that are ours."""
        self._section, self._key, self._roots_pem = section, key, roots_pem
        self._clock = clock
        self.trouble = trouble  # the newest
        self._is_said = False

    def sign(self, data: bytes, source_type: SourceType) -> bytes:
        """Sign a file, the last thing that happens to it. Raises NotMarked where that is required."""
        if not self._section.credentials:
            return data
        if self._key is not None and self._key.expires_s <= self._clock():
            self.trouble = KeyTrouble.EXPIRED
        elif self._key is not None:
            try:
                return sign(data, self._key, source_type=source_type, version=VERSION)
            except NotMarked:
                log.exception("picture not signed")
                self.trouble = KeyTrouble.REFUSED
        if self._section.require_credentials:
            raise NotMarked(mark="credentials")
        if not self._is_said:
            log.error("pictures are not signed", trouble=self.trouble)
            self._is_said = True
        return data

    def smaller(self, picture: bytes, *, max_bytes: int) -> bytes | None:
        """Write a picture again with its marks; None where it cannot be small enough.

        Raises ValueError for what is no marked picture, and NotMarked.
        """
        return smaller(picture, max_bytes=max_bytes, sign=self.sign)

    def marks_in(self, data: bytes) -> Marks:
        """Read the marks of a PNG, JPEG or WebP file. Raises ValueError for any other."""
        return marks_in(data, roots_pem=self._roots_pem)

    def due(self, preparation: Preparation, facts: ModelFacts, *, photo: bytes | None) -> Due:
        """Say which marks a job's pictures are to have, that are drawn over a file or over nothing."""
        source_type = self._source_type(photo)
        has_label = self._needs_label(preparation, facts, source_type)
        return Due(source_type=source_type, has_label=has_label, sign=self.sign)

    def _source_type(self, photo: bytes | None) -> SourceType:
        """Say what a picture is made from.

        What was drawn here from nothing stays that when it is drawn larger; but only the signature can
        prove it, because whoever sends a file may have written the rest.
        """
        if photo is None:
            return SourceType.DRAWN
        try:
            marks = self.marks_in(photo)
        except ValueError:
            return SourceType.OVER_PHOTO
        is_ours = marks.credentials is Credentials.OURS
        is_drawn = is_ours and marks.source_type == SourceType.DRAWN
        return SourceType.DRAWN if is_drawn else SourceType.OVER_PHOTO

    def _needs_label(
        self, preparation: Preparation, facts: ModelFacts, source_type: SourceType
    ) -> bool:
        """Whether people could take a picture for a photo, or the operator labels all."""
        if self._section.label == "always" or source_type is SourceType.OVER_PHOTO:
            return True
        words = preparation.english or ""
        is_drawn = preparation.style in DRAWN_STYLES and not _PHOTOGRAPHIC.search(words)
        return facts.can_look_real and not is_drawn


def marking_of(settings: Settings) -> Marking:
    """Load the key, or make it at the first start; without one pictures are marked all the same."""
    section = settings.marks
    key = trouble = None
    if section.credentials:
        try:
            key = load_or_create(settings.signing_dir, data_dir=settings.data_dir)
        except SigningKeyError as error:
            trouble = _trouble_of(error)
            log.exception("pictures will not be signed", trouble=trouble)
    return Marking(section, key=key, roots_pem=roots(settings), trouble=trouble)


def roots(settings: Settings) -> bytes:
    """Give the roots of everything that was signed here, in PEM."""
    return roots_of(settings.signing_dir, data_dir=settings.data_dir)


def trouble_with_key(settings: Settings) -> KeyTrouble | None:
    """Look whether pictures can be signed, and change nothing."""
    section = settings.marks
    if not section.credentials:
        return None
    try:
        key = load(settings.signing_dir, data_dir=settings.data_dir)
    except SigningKeyError as error:
        return _trouble_of(error)
    return KeyTrouble.EXPIRED if key is not None and key.expires_s <= time.time() else None


def _trouble_of(error: SigningKeyError) -> KeyTrouble:
    is_missing = isinstance(error, SigningKeyMissing)
    return KeyTrouble.MISSING if is_missing else KeyTrouble.UNREADABLE
