"""A signature shows where a file came from, and that nothing was changed since."""

import io
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline import (
    Credentials,
    NotMarked,
    Pixels,
    SigningKey,
    SourceType,
    mark,
    marks_in,
    sign,
    smaller,
)
from tests.pipeline.marks.keys import keys_of, root_of
from tests.pipeline.marks.test_writing import RECEIPT

SIDE_PX = 96


@cache
def signed(format_: str = "PNG", *, whose: str = "ours", long_ago: bool = False) -> bytes:
    """A marked and signed picture of each format that is written here."""
    ago = timedelta(days=60 * 365) if long_ago else timedelta()
    key = keys_of(whose, ago=ago).signing_key()
    signing = partial(_sign, key)
    if format_ == "JPEG":
        long = Pixels(width_px=16_384, height_px=1, rgb=random.Random(7).randbytes(16_384 * 3))
        picture = mark(long, RECEIPT, display_px=1).png
        made = smaller(picture, max_bytes=len(picture), sign=signing)
        assert made is not None
        return made
    rgb = random.Random(7).randbytes(SIDE_PX * SIDE_PX * 3)
    pixels = Pixels(width_px=SIDE_PX, height_px=SIDE_PX, rgb=rgb)
    picture = mark(pixels, RECEIPT, display_px=1, sign=signing).png
    if format_ == "PNG":
        return picture
    made = smaller(picture, max_bytes=len(picture) - 1, sign=signing)
    assert made is not None
    return made


def _sign(key: SigningKey, data: bytes, source_type: SourceType) -> bytes:
    return sign(data, key, source_type=source_type, version="0.1.0")


def pixels_of(data: bytes) -> bytes:
    """What a file shows."""
    with Image.open(io.BytesIO(data)) as image:
        return image.convert("RGB").tobytes()


def credentials(data: bytes, *, roots_pem: bytes | None = None) -> Credentials:
    """What the signature of a file is worth here."""
    return marks_in(data, roots_pem=root_of() if roots_pem is None else roots_pem).credentials


FORMATS = ("PNG", "WEBP", "JPEG")


@pytest.mark.parametrize("format_", FORMATS)
def test_a_signed_picture_is_known_as_ours_with_its_other_marks(format_: str) -> None:
    """The signature comes last: XMP, the parameters and the receipt are as they were."""
    data = signed(format_)

    marks = marks_in(data, roots_pem=root_of())

    with Image.open(io.BytesIO(data)) as image:
        assert format_ == image.format
    assert Credentials.OURS is marks.credentials
    assert marks.says_ai
    assert RECEIPT == marks.receipt
    assert RECEIPT.parameters() == marks.parameters


@pytest.mark.parametrize("format_", FORMATS)
def test_a_signed_picture_shows_the_same(format_: str) -> None:
    """No pixel is changed by a signature."""
    data = signed(format_)

    with Image.open(io.BytesIO(data)) as image:
        image.load()

        assert image.size in {(SIDE_PX, SIDE_PX), (16_384, 1)}


def test_an_earlier_root_is_still_ours() -> None:
    """After the key was changed, what the old one signed is known beside what the new one signs."""
    both = root_of("newer") + root_of()

    assert Credentials.OURS is credentials(signed(), roots_pem=both)
    assert Credentials.OURS is credentials(signed(whose="newer"), roots_pem=both)


@pytest.mark.parametrize("roots_pem", [root_of("other"), b""], ids=["another root", "no root"])
def test_another_bot_is_not_taken_for_this_one(roots_pem: bytes) -> None:
    """A signature that holds, of a root that is not ours, is somebody else's."""
    assert Credentials.OTHERS is credentials(signed(), roots_pem=roots_pem)


def test_a_picture_without_a_signature_has_none() -> None:
    """The letters of its name in the words of a receipt are no signature."""
    pixels = Pixels(width_px=2, height_px=2, rgb=bytes(12))
    named = replace(RECEIPT, text="c2pa 그림")

    assert Credentials.NONE is credentials(mark(pixels, RECEIPT, display_px=1).png)
    assert Credentials.NONE is credentials(mark(pixels, named, display_px=1).png)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), format_=st.sampled_from(("PNG", "WEBP", "JPEG")))
def test_a_changed_byte_of_the_pixels_is_found(data: st.DataObject, format_: str) -> None:
    """Wherever one bit of the compressed pixels is flipped, the file is no longer as it was signed."""
    whole = bytearray(signed(format_))
    start, end = _pixels_of(bytes(whole), format_)
    place = data.draw(st.integers(start, end - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))

    try:
        found = credentials(bytes(whole))
    except ValueError:  # no picture any more
        return

    assert found in {Credentials.CHANGED, Credentials.INVALID}


@pytest.mark.parametrize("format_", FORMATS)
def test_a_changed_picture_is_told_from_one_that_was_signed_badly(format_: str) -> None:
    """Whoever looks reads that the file was changed after it was signed."""
    whole = bytearray(signed(format_))
    start, end = _pixels_of(bytes(whole), format_)
    whole[(start + end) // 2] ^= 1

    assert Credentials.CHANGED is credentials(bytes(whole))


def _pixels_of(data: bytes, format_: str) -> tuple[int, int]:
    """Give where the compressed pixels lie."""
    if format_ == "PNG":
        return data.index(b"IDAT") + 4, data.rindex(b"IEND") - 8
    if format_ == "WEBP":
        return data.index(b"VP8 ") + 8, data.index(b"EXIF")
    return data.index(b"\xff\xda") + 14, len(data) - 2


def test_a_picture_that_is_written_again_has_lost_its_signature() -> None:
    """Whoever encodes it anew takes the signature away, and that is what is said."""
    with Image.open(io.BytesIO(signed())) as image:
        file = io.BytesIO()
        image.save(file, "PNG")

    assert Credentials.NONE is credentials(file.getvalue())


def test_an_expired_certificate_signs_nothing() -> None:
    """Nothing is signed with one, because nobody would believe it."""
    with pytest.raises(NotMarked) as caught:
        signed(whose="old", long_ago=True)

    assert "credentials" == caught.value.mark


@pytest.mark.parametrize(
    "key",
    [
        SigningKey(key_pem=b"", chain_pem=b"", expires_s=0),
        SigningKey(key_pem=b"no key", chain_pem=root_of(), expires_s=0),
        SigningKey(
            key_pem=keys_of("other").signing_key().key_pem,
            chain_pem=keys_of().signing_key().chain_pem,
            expires_s=0,
        ),
    ],
    ids=["nothing", "no key", "a key of another certificate"],
)
def test_a_key_that_cannot_sign_is_said_so(key: SigningKey) -> None:
    """Never a file whose signature does not hold."""
    with pytest.raises(NotMarked) as caught:
        _sign(key, signed(), SourceType.DRAWN)

    assert "credentials" == caught.value.mark


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), format_=st.sampled_from(FORMATS))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    data: st.DataObject, format_: str
) -> None:
    """Bytes changed, cut out or doubled anywhere, also in the signature itself, harm nobody."""
    whole = signed(format_)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(0, len(whole) - 1)))
        length = data.draw(st.integers(0, 40))
        inserted = data.draw(st.binary(max_size=40))
        whole = whole[:place] + inserted + whole[place + length :]

    try:
        marks = marks_in(whole, roots_pem=root_of())
    except ValueError:
        return

    # Some bytes of the signature mean nothing: they may be changed, but nothing that anybody sees.
    if marks.credentials is Credentials.OURS:
        assert marks_in(signed(format_), roots_pem=root_of()) == marks
        assert pixels_of(signed(format_)) == pixels_of(whole)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_damaged_signature_is_read_or_refused(data: st.DataObject) -> None:
    """The same, with every change inside the signature."""
    whole = bytearray(signed())
    start = whole.index(b"caBX") + 4
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(start, start + 3_000))] = data.draw(st.integers(0, 255))

    try:
        found = credentials(bytes(whole))
    except ValueError:
        return

    assert found is not Credentials.OURS or pixels_of(signed()) == pixels_of(bytes(whole))


def test_what_is_far_too_large_is_not_looked_at() -> None:
    """A file beyond any picture that is drawn here is refused before anything reads it."""
    with pytest.raises(ValueError, match="data"):
        marks_in(signed() + bytes(64 * 2**20))


def test_threads_may_sign_at_once() -> None:
    """Each gets a file that holds."""
    plain = mark(Pixels(width_px=2, height_px=2, rgb=bytes(12)), RECEIPT, display_px=64).png
    key = keys_of().signing_key()
    with ThreadPoolExecutor(8) as pool:
        files = list(pool.map(lambda _: _sign(key, plain, SourceType.DRAWN), range(32)))

    assert {Credentials.OURS} == set(map(credentials, files))
