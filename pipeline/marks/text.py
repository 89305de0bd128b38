"""The marks that are text in a file: XMP with IPTC's digital source type, and the parameters in EXIF.

Where a format has no other place for it, the receipt lies in XMP too. What is read is what a stranger
may have written.
"""

from enum import StrEnum
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from PIL import Image

from pipeline.marks.receipt import Receipt

XMP_KEY = "XML:com.adobe.xmp"  # of a PNG
RECEIPT_KEY = "geuryeojwo"
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_OURS = "urn:geuryeojwo:1"  # the namespace of the receipt in XMP
EXIF_IFD, USER_COMMENT = 0x8769, 0x9286
_UNICODE = b"UNICODE\0"  # how a comment in EXIF says what it is written in
_MAX_XMP_CHARS = 2**20


class SourceType(StrEnum):
    """What a picture was made from. Source: IPTC NewsCodes, digital source type."""

    DRAWN = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    OVER_PHOTO = (
        "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
    )


def xmp(source_type: SourceType, receipt: Receipt | None = None) -> str:
    """Say in XMP how a picture was made and, where there is no other place for it, with which receipt."""
    ours = f' xmlns:{RECEIPT_KEY}="{_OURS}"' if receipt else ""
    text = escape(receipt.as_json(is_ascii=True)) if receipt else ""
    line = f"<{RECEIPT_KEY}:receipt>{text}</{RECEIPT_KEY}:receipt>" if receipt else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
        f'<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="{_IPTC}"{ours}>'
        f"<Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>{line}"
        '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def exif(parameters: str | None) -> bytes:
    """Write the parameters where common tools look for them in JPEG and WebP."""
    written = Image.Exif()
    if parameters:
        comment = _UNICODE + parameters.encode("utf-16-be", "replace")
        written.get_ifd(EXIF_IFD)[USER_COMMENT] = comment
    return written.tobytes()


def facts_of(xmp: object) -> dict[str, str]:
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


def comment_of(comment: object) -> str | None:
    """Read the parameters of a comment in EXIF that we wrote."""
    if not isinstance(comment, bytes) or not comment.startswith(_UNICODE):
        return None
    return comment.removeprefix(_UNICODE).decode("utf-16-be", "replace")
