"""The marks that say a picture was made by AI, put on in one place before any byte leaves.

First the label is drawn, where there is to be one; then the picture becomes a PNG that carries XMP with
IPTC's digital source type, the `parameters` text that common tools read, and a receipt from which the
same picture can be drawn again; at last the file is signed. Where it has to be smaller it is written
again as WebP or JPEG, with the same marks and a signature of its own. No id of a person or a place is
ever written. Small pictures are enlarged pixel by pixel, so that they are shown as they were drawn.

A look at an unfinished picture says in XMP that AI draws it, and no more.

Does not judge what a picture shows, nor which pictures need a label.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipeline.errors import NotMarked
from pipeline.marks.label import labelled
from pipeline.marks.reading import Marks, marks_in
from pipeline.marks.receipt import Receipt
from pipeline.marks.text import RECEIPT_KEY, XMP_KEY, SourceType, exif, xmp
from pipeline.types import Pixels

Sign: TypeAlias = Callable[[bytes, SourceType], bytes]
"""Signs a file, the last thing that happens to it. Raises NotMarked."""

_QUALITIES = (95, 85, 70, 50)
_SCALES = (1.0, 0.75, 0.5, 0.35, 0.25)
_MAX_WEBP_PX = 16_383  # of a side


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPicture:
    """A picture that may leave: PNG bytes with all marks."""

    png: bytes
    width_px: int
    height_px: int


def mark(
    pixels: Pixels,
    receipt: Receipt,
    *,
    display_px: int,
    source_type: SourceType = SourceType.DRAWN,
    has_label: bool = False,
    sign: Sign | None = None,
) -> MarkedPicture:
    """Encode a picture as PNG with all its marks, enlarged by a whole factor up to `display_px`.

    Raises NotMarked where one of them could not be put on.
    """
    image = Image.frombytes("RGB", (pixels.width_px, pixels.height_px), pixels.rgb)
    factor = max(1, display_px // max(image.size))
    shown = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    if has_label:
        shown = labelled(shown)
    png = _png(shown, receipt, source_type)
    if marks_in(png).source_type != source_type:
        raise NotMarked(mark="xmp")
    return MarkedPicture(
        png=sign(png, source_type) if sign else png, width_px=shown.width, height_px=shown.height
    )


def preview_png(pixels: Pixels, *, source_type: SourceType) -> bytes:
    """Write a look at an unfinished picture as PNG with its XMP, quickly rather than small.

    It is not signed, because the key vouches for what was finished, and this is gone with the next one,
    of which several come in a second. Nothing can be drawn again from it: it has no receipt.
    """
    image = Image.frombytes("RGB", (pixels.width_px, pixels.height_px), pixels.rgb)
    info, file = PngInfo(), io.BytesIO()
    info.add_itxt(XMP_KEY, xmp(source_type))
    image.save(file, "PNG", pnginfo=info, compress_level=1)
    return file.getvalue()


def smaller(picture: bytes, *, max_bytes: int, sign: Sign | None = None) -> bytes | None:
    """Write a marked picture again so that it is no larger than `max_bytes`, with its marks.

    As WebP without loss, then with more and more, then with fewer pixels; as JPEG where a side is longer
    than WebP has room for. None where even the least of these is too large.

    Raises ValueError for what is no marked picture, and NotMarked where it could not be signed.
    """
    marks = marks_in(picture)
    source_type = _source_of(marks)
    with Image.open(io.BytesIO(picture)) as image:
        whole = image.convert("RGB")
    for write in _ways(whole):
        data = write(marks)
        if len(data) <= max_bytes:
            data = sign(data, source_type) if sign else data
        if len(data) <= max_bytes:
            return data
    return None


def _png(image: Image.Image, receipt: Receipt, source_type: SourceType) -> bytes:
    """Raises NotMarked."""
    info, file = PngInfo(), io.BytesIO()
    info.add_itxt(XMP_KEY, xmp(source_type))
    info.add_itxt("parameters", _utf_8(receipt.parameters()))
    info.add_itxt(RECEIPT_KEY, _utf_8(receipt.as_json(is_ascii=False)))
    try:
        image.save(file, "PNG", pnginfo=info, compress_level=4)
    except (OSError, ValueError) as error:
        raise NotMarked(mark="xmp") from error
    return file.getvalue()


def _ways(image: Image.Image) -> Iterator[Callable[[Marks], bytes]]:
    """Give the ways to write an image, the best and largest first."""
    if max(image.size) <= _MAX_WEBP_PX:
        yield partial(_webp, image, quality=None)
    for quality in _QUALITIES:
        yield partial(_lossy, image, quality=quality)
    for scale in _SCALES[1:]:
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        reduced = image.resize(size, Image.Resampling.LANCZOS)
        yield from (partial(_lossy, reduced, quality=quality) for quality in _QUALITIES[1:])


def _lossy(image: Image.Image, marks: Marks, *, quality: int) -> bytes:
    if max(image.size) <= _MAX_WEBP_PX:
        return _webp(image, marks, quality=quality)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality, exif=exif(marks.parameters), xmp=_xmp_of(marks))
    return file.getvalue()


def _webp(image: Image.Image, marks: Marks, *, quality: int | None) -> bytes:
    """Write WebP; without a quality nothing of the picture is lost."""
    file = io.BytesIO()
    image.save(
        file,
        "WEBP",
        lossless=quality is None,
        quality=80 if quality is None else quality,  # of a lossless one: the effort
        exif=exif(marks.parameters),
        xmp=_xmp_of(marks),
    )
    return file.getvalue()


def _xmp_of(marks: Marks) -> bytes:
    return xmp(_source_of(marks), marks.receipt).encode()


def _source_of(marks: Marks) -> SourceType:
    """Raises ValueError where a file does not say it."""
    return SourceType(marks.source_type or "")


def _utf_8(text: str) -> bytes:
    """Encode text; a half of a surrogate pair, which people can type, stands as the escape that JSON has."""
    return text.encode("utf-8", "backslashreplace")
