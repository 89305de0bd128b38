"""The marks that say a picture was made by AI, put on in one place before any byte leaves.

A picture becomes a PNG that carries XMP with IPTC's digital source type, the `parameters` text
that common tools read, and a receipt from which the same picture can be drawn again; where it has to
be smaller it is written again as WebP or JPEG, with the same marks. No id of a person or a place is
ever written. Small pictures are enlarged pixel by pixel, so that they are shown as they were drawn.

Does not judge what a picture shows, and does not sign: these marks are lost when somebody else
writes a file again. What is read is what a stranger may have written.
"""

import io
import json
import struct
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipeline.types import Pixels

# Source: IPTC NewsCodes, digital source type.
AI_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP_KEY = "XML:com.adobe.xmp"
_RECEIPT_KEY = "geuryeojwo"
_OURS = "urn:geuryeojwo:1"  # the namespace of the receipt in XMP
_EXIF_IFD, _USER_COMMENT = 0x8769, 0x9286
_UNICODE = b"UNICODE\0"  # how a comment in EXIF says what it is written in
_MAX_XMP_CHARS = 2**20
_FORMATS = ("PNG", "JPEG", "WEBP")
_DAMAGED = (ValueError, SyntaxError, EOFError, struct.error, OverflowError, KeyError, TypeError)

_QUALITIES = (95, 85, 70, 50)
_SCALES = (1.0, 0.75, 0.5, 0.35, 0.25)
_MAX_WEBP_PX = 16_383  # of a side


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What it takes to draw the same picture again."""

    text: str  # as the person wrote it
    english: str
    prompt: str
    prompt_2: str
    negative_prompt: str
    weights: tuple[tuple[str, float], ...]

    seed: int
    width_px: int  # as drawn
    height_px: int
    num_steps: int
    guidance_scale: float
    sampler: str
    model: str
    version: str

    # Of pictures that had nothing but their noise to start from, and of older ones, none is known.
    subject: str = ""  # what was drawn, in the person's words
    negative: str = ""  # as the person wrote it
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    loras: tuple[tuple[str, float], ...] = ()
    prompt_weights: tuple[tuple[str, float], ...] = ()  # of the first encoder
    negative_weights: tuple[tuple[str, float], ...] = ()
    variation_seed: int | None = None
    variation_amount: float | None = None
    strength: float | None = None  # where a photo was drawn over; the photo itself is not kept

    def parameters(self) -> str:
        """Give the text that other tools look for under the key `parameters`."""
        return (
            f"{self.prompt_2}\nNegative prompt: {self.negative_prompt}\n"
            f"Steps: {self.num_steps}, Sampler: {self.sampler}, CFG scale: {self.guidance_scale:g}, "
            f"Seed: {self.seed}, Size: {self.width_px}x{self.height_px}, "
            f"Model: {self.model}, Version: {self.version}"
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPicture:
    """A picture that may leave: PNG bytes with all marks."""

    png: bytes
    width_px: int
    height_px: int


def mark(pixels: Pixels, receipt: Receipt, *, display_px: int) -> MarkedPicture:
    """Encode a picture as PNG with all its marks, enlarged by a whole factor up to `display_px`."""
    image = Image.frombytes("RGB", (pixels.width_px, pixels.height_px), pixels.rgb)
    factor = max(1, display_px // max(image.size))
    enlarged = image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)
    info = PngInfo()
    info.add_itxt(_XMP_KEY, _xmp())
    info.add_itxt("parameters", _utf_8(receipt.parameters()))
    info.add_itxt(_RECEIPT_KEY, _utf_8(json.dumps(asdict(receipt), ensure_ascii=False)))
    file = io.BytesIO()
    enlarged.save(file, "PNG", pnginfo=info, compress_level=4)
    return MarkedPicture(png=file.getvalue(), width_px=enlarged.width, height_px=enlarged.height)


def smaller(picture: bytes, *, max_bytes: int) -> bytes | None:
    """Write a marked picture again so that it is no larger than `max_bytes`, with its marks.

    As WebP without loss, then with more and more, then with fewer pixels; as JPEG where a side is longer
    than WebP has room for. None where even the least of these is too large.
    """
    marks = marks_in(picture)
    with Image.open(io.BytesIO(picture)) as image:
        whole = image.convert("RGB")
    tries = (write(marks) for write in _ways(whole))
    return next((data for data in tries if len(data) <= max_bytes), None)


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
    image.save(file, "JPEG", quality=quality, exif=_exif(marks), xmp=_xmp(marks.receipt).encode())
    return file.getvalue()


def _webp(image: Image.Image, marks: Marks, *, quality: int | None) -> bytes:
    """Write WebP; without a quality nothing of the picture is lost."""
    file = io.BytesIO()
    image.save(
        file,
        "WEBP",
        lossless=quality is None,
        quality=80 if quality is None else quality,  # of a lossless one: the effort
        exif=_exif(marks),
        xmp=_xmp(marks.receipt).encode(),
    )
    return file.getvalue()


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
                xmp, comment = image.info.get(_XMP_KEY) or image.info.get("xmp"), None
                if image.format != "PNG":  # whose EXIF lies behind all pixels
                    comment = image.getexif().get_ifd(_EXIF_IFD).get(_USER_COMMENT)
                texts = (image.info.get("parameters"), image.info.get(_RECEIPT_KEY))
        except (OSError, Image.DecompressionBombError, *_DAMAGED) as error:
            raise ValueError(name) from error
    facts = _facts_of(xmp)
    return Marks(
        source_type=facts.get("source_type"),
        parameters=_text_or_none(texts[0]) or _comment_of(comment),
        receipt=_receipt(_text_or_none(texts[1]) or facts.get("receipt")),
    )


def _xmp(receipt: Receipt | None = None) -> str:
    """Say in XMP who made a picture and, where there is no other place for it, with which receipt."""
    ours = f' xmlns:{_RECEIPT_KEY}="{_OURS}"' if receipt else ""
    text = escape(json.dumps(asdict(receipt))) if receipt else ""
    line = f"<{_RECEIPT_KEY}:receipt>{text}</{_RECEIPT_KEY}:receipt>" if receipt else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{_IPTC}"{ours}>'
        f"<Iptc4xmpExt:DigitalSourceType>{AI_SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>{line}"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def _exif(marks: Marks) -> bytes:
    """Write the parameters where common tools look for them in JPEG and WebP."""
    exif = Image.Exif()
    if marks.parameters:
        comment = _UNICODE + marks.parameters.encode("utf-16-be", "replace")
        exif.get_ifd(_EXIF_IFD)[_USER_COMMENT] = comment
    return exif.tobytes()


def _facts_of(xmp: object) -> dict[str, str]:
    """Read the source type and the receipt of XMP, as far as they are there."""
    text = xmp.decode("utf-8", "replace") if isinstance(xmp, bytes) else xmp
    # No document type: entities could expand.
    if not isinstance(text, str) or len(text) > _MAX_XMP_CHARS or "<!" in text:
        return {}
    try:
        root = ElementTree.fromstring(text[text.find("<x:xmpmeta") : text.rfind("<?xpacket end")])
    except ElementTree.ParseError:
        return {}
    names = {"source_type": f"{{{_IPTC}}}DigitalSourceType", "receipt": f"{{{_OURS}}}receipt"}
    found = {name: root.findtext(f".//{tag}") for name, tag in names.items()}
    return {name: text for name, text in found.items() if text}


def _comment_of(comment: object) -> str | None:
    if not isinstance(comment, bytes) or not comment.startswith(_UNICODE):
        return None
    return comment.removeprefix(_UNICODE).decode("utf-16-be", "replace")


def _receipt(text: str | None) -> Receipt | None:
    if text is None:
        return None
    try:
        facts = json.loads(text)
        for key in ("weights", "loras", "prompt_weights", "negative_weights"):
            facts[key] = tuple((str(word), float(scale)) for word, scale in facts.get(key, ()))
        facts["guidance_interval"] = tuple(map(float, facts.get("guidance_interval", (0, 1))))
        return Receipt(**facts)
    except (*_DAMAGED, AttributeError, RecursionError):  # written by somebody else
        return None


def _utf_8(text: str) -> bytes:
    """Encode text; a half of a surrogate pair, which people can type, stands as the escape that JSON has."""
    return text.encode("utf-8", "backslashreplace")


def _text_or_none(text: object) -> str | None:
    return text if isinstance(text, str) else None
