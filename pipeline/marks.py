"""The marks that say a picture was made by AI, put on in one place before any byte leaves.

A picture becomes a PNG that carries XMP with IPTC's digital source type, the `parameters` text
that common tools read, and a receipt from which the same picture can be drawn again. No id of a
person or a place is ever written. Small pictures are enlarged pixel by pixel, so that they are
shown as they were drawn.

Does not judge what a picture shows, and does not sign: these marks are lost when a file is
re-encoded.
"""

import io
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from PIL import Image, UnidentifiedImageError
from PIL.PngImagePlugin import PngInfo

from pipeline.types import Pixels

# Source: IPTC NewsCodes, digital source type.
AI_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_XMP_KEY = "XML:com.adobe.xmp"
_RECEIPT_KEY = "geuryeojwo"


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
    negative: str = ""  # as the person wrote it
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    loras: tuple[tuple[str, float], ...] = ()
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
    info.add_itxt("parameters", receipt.parameters())
    info.add_itxt(_RECEIPT_KEY, json.dumps(asdict(receipt), ensure_ascii=False))
    file = io.BytesIO()
    enlarged.save(file, "PNG", pnginfo=info, compress_level=4)
    return MarkedPicture(png=file.getvalue(), width_px=enlarged.width, height_px=enlarged.height)


def smaller(picture: bytes, *, max_bytes: int) -> bytes | None:
    """Write a marked picture again as WebP that is no larger, with its marks; None where none is."""
    with Image.open(io.BytesIO(picture)) as image:
        image.load()
        xmp = str(image.info.get(_XMP_KEY, ""))
        for quality in (95, 85, 70, 50):
            file = io.BytesIO()
            image.convert("RGB").save(file, "WEBP", quality=quality, xmp=xmp.encode())
            if file.tell() <= max_bytes:
                return file.getvalue()
    return None


def read_marks(path: Path) -> Marks:
    """Read the marks of a picture file.

    Raises OSError when the file cannot be read, ValueError when it is not a picture.
    """
    try:
        with Image.open(path) as image:
            text: dict[Any, Any] = dict(image.info)
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise ValueError(path.name) from error
    return Marks(
        source_type=_source_type(text.get(_XMP_KEY)),
        parameters=_text_or_none(text.get("parameters")),
        receipt=_receipt(text.get(_RECEIPT_KEY)),
    )


def _xmp() -> str:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{_IPTC}">'
        f"<Iptc4xmpExt:DigitalSourceType>{AI_SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def _source_type(xmp: object) -> str | None:
    if not isinstance(xmp, str) or "<!" in xmp:  # no document type: entities could expand
        return None
    try:
        root = ElementTree.fromstring(xmp[xmp.find("<x:xmpmeta") : xmp.rfind("<?xpacket end")])
    except ElementTree.ParseError:
        return None
    found = root.find(f".//{{{_IPTC}}}DigitalSourceType")
    return found.text if found is not None else None


def _receipt(text: object) -> Receipt | None:
    if not isinstance(text, str):
        return None
    try:
        facts = json.loads(text)
        for key in ("weights", "loras"):
            facts[key] = tuple((str(word), float(scale)) for word, scale in facts.get(key, ()))
        facts["guidance_interval"] = tuple(map(float, facts.get("guidance_interval", (0, 1))))
        return Receipt(**facts)
    except (ValueError, TypeError, KeyError, AttributeError):  # written by somebody else
        return None


def _text_or_none(text: object) -> str | None:
    return text if isinstance(text, str) else None
