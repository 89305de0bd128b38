"""The marks of a picture's file, read. What is read is what a stranger may have written."""

import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from pipeline.marks.credentials import Credentials, credentials_in
from pipeline.marks.receipt import Receipt, receipt_in
from pipeline.marks.text import (
    EXIF_IFD,
    RECEIPT_KEY,
    USER_COMMENT,
    XMP_KEY,
    SourceType,
    comment_of,
    facts_of,
)

MAX_BYTES = 64 * 2**20  # more than any picture that is drawn here
# Of a JPEG, before its pixels. A file of 20 MB has some 300 full ones; a million empty ones cost minutes.
_MAX_SEGMENTS = 512
_JPEG, _START_OF_SCAN = b"\xff\xd8", b"\xda"
_PNG, _MAX_CHUNKS = b"\x89PNG\r\n\x1a\n", 20_000  # of 8 KB in most files
_WITHOUT_LENGTH = bytes([0x00, 0x01, 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)])
_FORMATS = ("PNG", "JPEG", "WEBP")
_DAMAGED = (ValueError, SyntaxError, EOFError, struct.error, OverflowError, KeyError, TypeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Which marks a file carries."""

    source_type: str | None  # of XMP
    parameters: str | None
    receipt: Receipt | None
    credentials: Credentials = Credentials.NONE

    @property
    def says_ai(self) -> bool:
        """Whether the file says in a standard way that it was made by AI."""
        return self.source_type in set(SourceType)


def read_marks(path: Path, *, roots_pem: bytes = b"") -> Marks:
    """Read the marks of a PNG, JPEG or WebP file.

    Raises OSError when the file cannot be read, ValueError when it is none of these or far too large.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(path.name)
    return _read(data, name=path.name, roots_pem=roots_pem)


def marks_in(data: bytes, *, roots_pem: bytes = b"") -> Marks:
    """Read the marks of a PNG, JPEG or WebP file that somebody sent.

    roots_pem: the roots of the signatures that are ours; without them none is.

    Raises ValueError for any other file, and for one that is far too large.
    """
    if len(data) > MAX_BYTES:
        raise ValueError("data")
    return _read(data, name="data", roots_pem=roots_pem)


def _check_segments(data: bytes) -> None:
    """Raise ValueError for a JPEG with more segments before its pixels than any picture has.

    Nothing may stand there but segments that say how long they are: else they are counted otherwise elsewhere.
    """
    at = len(_JPEG)
    for _ in range(_MAX_SEGMENTS):
        mark, marker = data[at : at + 1], data[at + 1 : at + 2]
        if mark == b"\xff" and marker == b"\xff":  # padding
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if mark != b"\xff" or marker in _WITHOUT_LENGTH or length < 2:
            break
        if marker == _START_OF_SCAN:
            return
        at += 2 + length
    raise ValueError("segments")


def _check_chunks(data: bytes) -> None:
    """Raise ValueError for a PNG of more chunks than any picture has."""
    at = len(_PNG)
    for _ in range(_MAX_CHUNKS):
        if at >= len(data):
            return
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    raise ValueError("chunks")


def _read(data: bytes, *, name: str, roots_pem: bytes) -> Marks:
    if data.startswith(_JPEG):
        _check_segments(data)
    elif data.startswith(_PNG):
        _check_chunks(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of large pictures, which are not unpacked here
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                xmp, comment = image.info.get(XMP_KEY) or image.info.get("xmp"), None
                if image.format != "PNG":  # whose EXIF lies behind all pixels
                    comment = image.getexif().get_ifd(EXIF_IFD).get(USER_COMMENT)
                texts = (image.info.get("parameters"), image.info.get(RECEIPT_KEY))
        except (OSError, Image.DecompressionBombError, *_DAMAGED) as error:
            raise ValueError(name) from error
    facts = facts_of(xmp)
    return Marks(
        source_type=facts.get("source_type"),
        parameters=_text_or_none(texts[0]) or comment_of(comment),
        receipt=receipt_in(_text_or_none(texts[1]) or facts.get("receipt")),
        credentials=credentials_in(data, roots_pem=roots_pem),
    )


def _text_or_none(text: object) -> str | None:
    return text if isinstance(text, str) else None
