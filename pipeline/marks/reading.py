"""The marks of a picture's file, read. What is read is what a stranger may have written."""

import io
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from PIL import Image

from pipeline.marks.receipt import Receipt, receipt_in
from pipeline.marks.text import (
    AI_SOURCE_TYPE,
    EXIF_IFD,
    RECEIPT_KEY,
    USER_COMMENT,
    XMP_KEY,
    comment_of,
    facts_of,
)

_FORMATS = ("PNG", "JPEG", "WEBP")
_DAMAGED = (ValueError, SyntaxError, EOFError, struct.error, OverflowError, KeyError, TypeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Which marks a file carries."""

    source_type: str | None  # of XMP
    parameters: str | None
    receipt: Receipt | None

    @property
    def says_ai(self) -> bool:
        """Whether the file says in a standard way that it was made by AI."""
        return self.source_type == AI_SOURCE_TYPE


def read_marks(path: Path) -> Marks:
    """Read the marks of a picture file.

    Raises OSError when the file cannot be read, ValueError when it is not a picture.
    """
    with path.open("rb") as file:
        return _read(file, name=path.name, formats=None)


def marks_in(data: bytes) -> Marks:
    """Read the marks of a PNG, JPEG or WebP file that somebody sent. Raises ValueError for any other."""
    return _read(io.BytesIO(data), name="data", formats=_FORMATS)


def _read(file: BinaryIO, *, name: str, formats: tuple[str, ...] | None) -> Marks:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of large pictures, which are not unpacked here
        try:
            with Image.open(file, formats=formats) as image:
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
    )


def _text_or_none(text: object) -> str | None:
    return text if isinstance(text, str) else None
