"""A secret is found however it is written, and only where it is."""

import base64
import json
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.kill.traces import files_in, spellings, traces, windows

WORDS = "하늘을 나는 카나리아"


@pytest.mark.parametrize(
    "written",
    [
        WORDS.encode(),
        WORDS.encode("utf-16-le"),
        WORDS.encode("utf-16-be"),
        WORDS.encode("cp949"),
        unicodedata.normalize("NFD", WORDS).encode(),
        json.dumps(WORDS).encode(),
        json.dumps(json.dumps(WORDS)).encode(),
        repr(WORDS.encode()).encode(),
        quote(WORDS).encode(),
        WORDS.encode().hex().encode(),
        *(base64.b64encode(b"x" * before + WORDS.encode() + b"yy") for before in range(4)),
        base64.urlsafe_b64encode(b"x" + WORDS.encode() + b"y"),
    ],
)
def test_a_text_is_found_in_every_encoding(written: bytes) -> None:
    """Whatever stands before and behind it."""
    assert traces(spellings(WORDS), {Path("file"): b"\x00 before" + written + b"behind"})


def test_another_text_is_not_found() -> None:
    """A file without it has no trace of it, in whatever encoding."""
    other = "바다를 나는 카나리아, 하늘을 보는 고래"

    assert [] == traces(spellings(WORDS), {Path("file"): b"".join(spellings(other))})


def test_a_name_is_found_too(tmp_path: Path) -> None:
    """A file that is called like a secret, in a folder however deep, gives it away."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "canary-4711.txt").write_bytes(b"")

    assert traces(spellings("canary-4711"), files_in(tmp_path))


def test_a_piece_of_a_picture_is_found() -> None:
    """Half a file is enough; what it has in common with another is not looked for."""
    common, own = bytes(range(60)), bytes(range(100, 220))
    needles = windows(common + own, apart_from=common)

    assert traces(needles, {Path("cut"): own[40:]})
    assert [] == traces(needles, {Path("other"): common})
