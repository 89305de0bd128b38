"""Digests that tell whether a remembered result still holds: of texts, of options, of the code itself."""

import hashlib
import json
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent
_SUFFIXES = {".py", ".txt", ".tsv"}


def digest(*parts: object) -> str:
    """Return 64 hexadecimal digits that stand for these parts; each must have a JSON form."""
    return hashlib.sha256(
        json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


@cache
def fingerprint() -> str:
    """Digest the code and the word lists of text preparation: a new version remembers nothing old."""
    seen = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*")):
        if path.suffix in _SUFFIXES:
            seen.update(path.relative_to(_FOLDER).as_posix().encode())
            seen.update(path.read_bytes())
    return seen.hexdigest()
