"""Where a secret stands in files, however it is spelt there: in any common encoding of text, or as bytes.

Looks at bytes alone. What was compressed or sealed is not opened: whoever steals a disk cannot do that
with what is sealed, and nothing else here is compressed but pictures, whose bytes are looked for too.
"""

import base64
import json
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

_WINDOW_BYTES = 24  # longer than what two files have in common by chance
_CODECS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "cp949")


def spellings(text: str) -> frozenset[bytes]:
    """Give the ways in which a text may stand in a file."""
    found: set[bytes] = set()
    for form in {unicodedata.normalize(name, text) for name in ("NFC", "NFD")}:
        escaped = json.dumps(form)[1:-1]
        written = (
            form,
            escaped,
            json.dumps(escaped)[1:-1],
            form.encode("unicode_escape").decode("ascii"),
            repr(form.encode())[2:-1],
            quote(form),
            quote(form).lower(),
        )
        found.update(one.encode() for one in written)
        for data in _encoded(form):
            found.update((data, data.hex().encode(), data.hex().upper().encode()))
            found.update(_in_base64(data))
    return frozenset(found)


def windows(data: bytes, *, apart_from: bytes = b"") -> frozenset[bytes]:
    """Give pieces of a file that none of them stands in another one."""
    starts = range(0, max(1, len(data) - _WINDOW_BYTES + 1), _WINDOW_BYTES // 2)
    pieces = {data[start : start + _WINDOW_BYTES] for start in starts}
    return frozenset(
        piece
        for piece in pieces
        if len(piece) == _WINDOW_BYTES and len(set(piece)) > 1 and piece not in apart_from
    )


def traces(needles: Collection[bytes], files: Mapping[Path, bytes]) -> list[str]:
    """Name the files in which one of the needles stands, with that needle."""
    assert needles, "nothing is looked for"
    return [
        f"{path}: {needle!r}"
        for path, data in files.items()
        for needle in needles
        if needle in data or needle in str(path).encode()
    ]


def files_in(folder: Path) -> dict[Path, bytes]:
    """Read every file below a folder, by its path in there; one that is all zeros is as good as empty."""
    read = {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    return {path: data if data.count(0) < len(data) else b"" for path, data in read.items()}


def _encoded(text: str) -> Iterator[bytes]:
    for codec in _CODECS:
        try:
            yield text.encode(codec)
        except UnicodeEncodeError:  # cp949 has no loose jamo
            continue


def _in_base64(data: bytes) -> Iterator[bytes]:
    """Give what stands in base64 wherever the data begin within three bytes."""
    for shift in range(3):
        written = base64.b64encode(b"\0" * shift + data)
        # The characters at both ends depend on what stands beside the data.
        middle = written[-(-shift * 8 // 6) : len(written) // 4 * 4 - 4]
        if len(middle) >= 8:
            yield middle
            yield middle.translate(bytes.maketrans(b"+/", b"-_"))
