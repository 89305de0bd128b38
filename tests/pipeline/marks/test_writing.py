"""Every picture says that it was made by AI, and how."""

import io
import json
import random
import zlib
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipeline import Pixels, Receipt, SourceType, mark, marks_in, preview_png, read_marks, smaller

RECEIPT = Receipt(
    text="노을 지는 바다 위의 고래",
    english="a whale above the sea at sunset",
    prompt="a whale",
    prompt_2="a whale, whale",
    negative_prompt="blurry",
    weights=(("a whale", 1.0), ("whale", 1.2)),
    seed=7,
    width_px=2,
    height_px=2,
    num_steps=20,
    guidance_scale=4.0,
    sampler="euler",
    model="demo",
    version="0.1.0",
)
PIXELS = Pixels(width_px=2, height_px=2, rgb=bytes(range(12)))


def noisy(width_px: int, height_px: int) -> bytes:
    """A marked picture that no format makes small."""
    rgb = random.Random(7).randbytes(width_px * height_px * 3)
    pixels = Pixels(width_px=width_px, height_px=height_px, rgb=rgb)
    return mark(pixels, RECEIPT, display_px=1).png


def opened(data: bytes) -> Image.Image:
    """The picture in a file."""
    return Image.open(io.BytesIO(data))


def test_a_marked_picture_carries_every_mark(tmp_path: Path) -> None:
    """XMP, the parameters and the receipt are read back as they were written."""
    file = tmp_path / "a.png"
    file.write_bytes(mark(PIXELS, RECEIPT, display_px=8).png)

    marks = read_marks(file)

    assert marks.says_ai
    assert RECEIPT == marks.receipt
    assert marks.parameters is not None
    assert "Seed: 7" in marks.parameters


def test_everything_that_draws_a_picture_again_is_read_back(tmp_path: Path) -> None:
    """Wishes beyond the noise and the words are in the receipt too, and an older one lacks them."""
    wished = replace(
        RECEIPT,
        guidance_interval=(0.2, 0.8),
        loras=(("수채화", 0.8),),
        variation_seed=9,
        variation_amount=0.2,
        strength=0.5,
    )
    file, old = tmp_path / "a.png", tmp_path / "old.png"
    file.write_bytes(mark(PIXELS, wished, display_px=8).png)
    info, added = PngInfo(), ("guidance_interval", "loras", "variation_seed", "strength")
    facts = {key: value for key, value in asdict(RECEIPT).items() if key not in added}
    info.add_itxt("geuryeojwo", json.dumps(facts))
    Image.new("RGB", (4, 4)).save(old, pnginfo=info)

    assert wished == read_marks(file).receipt
    assert RECEIPT == read_marks(old).receipt


def test_a_small_picture_is_enlarged_pixel_by_pixel(tmp_path: Path) -> None:
    """Every drawn pixel becomes one square of one colour, and nothing is blurred."""
    file = tmp_path / "a.png"
    file.write_bytes(mark(PIXELS, RECEIPT, display_px=9).png)

    with Image.open(file) as image:
        assert (8, 8) == image.size
        assert PIXELS.rgb == image.resize((2, 2), Image.Resampling.NEAREST).tobytes()


def test_a_foreign_picture_carries_none(tmp_path: Path) -> None:
    """A picture without marks, or with somebody else's, is not taken for ours."""
    file = tmp_path / "b.png"
    Image.new("RGB", (4, 4)).save(file)

    marks = read_marks(file)

    assert not marks.says_ai
    assert marks.receipt is None


@pytest.mark.fault(53)
@pytest.mark.parametrize("source_type", SourceType)
def test_a_look_at_an_unfinished_picture_says_that_ai_draws_it(source_type: SourceType) -> None:
    """It says from what, over a photo too, tells nothing of the request, and loses no pixel."""
    look = preview_png(PIXELS, source_type=source_type)

    marks = marks_in(look)
    assert (source_type, None, None) == (marks.source_type, marks.receipt, marks.parameters)
    with opened(look) as image:
        assert PIXELS.rgb == image.convert("RGB").tobytes()


@pytest.mark.fault(44)
@pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP", "PPM", "ICO"])
def test_a_file_is_read_only_in_formats_that_are_written_here(tmp_path: Path, kind: str) -> None:
    """Of all the decoders that the library has, a file that is looked at reaches three."""
    file = tmp_path / "a.png"
    Image.new("RGB", (16, 16)).save(file, kind)

    with pytest.raises(ValueError, match=r"a\.png"):
        read_marks(file)


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    """A text file is a ValueError and a missing one an OSError."""
    file = tmp_path / "c.png"
    file.write_text("no picture")

    with pytest.raises(ValueError, match=r"c\.png"):
        read_marks(file)
    with pytest.raises(OSError, match=r"d\.png"):
        read_marks(tmp_path / "d.png")


@settings(max_examples=15, deadline=None)
@given(
    width_px=st.integers(1, 96),
    height_px=st.integers(1, 96),
    share=st.floats(0.05, 1.0),
)
def test_a_smaller_picture_has_every_mark_and_is_never_too_large(
    width_px: int, height_px: int, share: float
) -> None:
    """Whatever room there is, what comes back fits into it and carries all marks, or nothing comes."""
    picture = noisy(width_px, height_px)
    max_bytes = int(len(picture) * share)

    made = smaller(picture, max_bytes=max_bytes)

    if made is not None:
        marks = marks_in(made)
        assert len(made) <= max_bytes
        assert marks.says_ai
        assert RECEIPT == marks.receipt
        assert RECEIPT.parameters() == marks.parameters


def test_a_picture_loses_nothing_where_there_is_room() -> None:
    """The first that is tried is the same picture, pixel by pixel."""
    pixels = Pixels(width_px=64, height_px=64, rgb=bytes([7, 8, 9]) * 4096)
    picture = mark(replace(pixels), RECEIPT, display_px=512).png

    made = smaller(picture, max_bytes=len(picture) - 1)

    assert made is not None
    with opened(made) as written, opened(picture) as original:
        assert "WEBP" == written.format
        assert original.convert("RGB").tobytes() == written.convert("RGB").tobytes()


def test_quality_goes_before_size() -> None:
    """With less and less room, a picture first loses detail, then pixels; at last there is none."""
    picture = noisy(128, 128)
    rooms = [len(picture) // part for part in (2, 8, 12, 20)]

    made = [smaller(picture, max_bytes=room) for room in rooms]
    widths = [opened(data).width for data in made if data is not None]

    assert 128 == widths[0]
    assert widths[-1] < 128
    assert sorted(widths, reverse=True) == widths
    assert smaller(picture, max_bytes=100) is None


def test_a_picture_that_is_made_smaller_twice_keeps_its_marks() -> None:
    """Marks are read back from what was written before, WebP as well as PNG."""
    once = smaller(noisy(128, 128), max_bytes=30_000)
    assert once is not None
    twice = smaller(once, max_bytes=len(once) - 1)

    assert twice is not None
    assert RECEIPT == marks_in(twice).receipt


def test_a_picture_too_long_for_webp_becomes_a_jpeg_with_every_mark(tmp_path: Path) -> None:
    """JPEG says the same, to the path and to the bytes."""
    long = Pixels(width_px=16_384, height_px=1, rgb=bytes(16_384 * 3))
    picture = mark(long, RECEIPT, display_px=1).png

    made = smaller(picture, max_bytes=100_000)

    assert made is not None
    (tmp_path / "a.jpg").write_bytes(made)
    with opened(made) as image:
        assert "JPEG" == image.format
    assert marks_in(made) == read_marks(tmp_path / "a.jpg")
    assert RECEIPT == marks_in(made).receipt
    assert RECEIPT.parameters() == marks_in(made).parameters


def test_half_a_character_and_signs_of_xml_are_no_hindrance() -> None:
    """What people can type is written down, in every format."""
    typed = replace(RECEIPT, text="고래 \ud83d </x:xmpmeta> & \x00 😀")
    pixels = Pixels(width_px=64, height_px=64, rgb=bytes(64 * 64 * 3))
    picture = mark(pixels, typed, display_px=1).png
    made = smaller(picture, max_bytes=10_000)

    assert typed == marks_in(picture).receipt
    assert made is not None
    assert typed == marks_in(made).receipt


@pytest.mark.parametrize(
    "receipt", ["[]", "{}", "null", "1", "[" * 100_000, '{"weights": 1}', '{"seed": 7}', "뷁"]
)
def test_a_receipt_that_is_none_is_not_read(receipt: str) -> None:
    """Whatever a stranger wrote in its place, it is no error."""
    info, file = PngInfo(), io.BytesIO()
    info.add_itxt("geuryeojwo", receipt)
    Image.new("RGB", (4, 4)).save(file, "PNG", pnginfo=info)

    assert marks_in(file.getvalue()).receipt is None


def test_strange_bytes_have_no_marks_to_read() -> None:
    """Text, a file cut off at its head and a format that we never write are a ValueError."""
    gif = io.BytesIO()
    Image.new("RGB", (4, 4)).save(gif, "GIF")

    for data in (b"", b"no picture", noisy(8, 8)[:20], gif.getvalue()):
        with pytest.raises(ValueError, match="data"):
            marks_in(data)


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"\xff\xe1\x00\x0eExif\0\0II*\0\0\0" * 1_000, id="segments"),
        pytest.param(b"\xff" * 1_000, id="padding"),
        pytest.param(b"\xff\xd0\xff\xe1", id="a marker whose length others do not read"),
        pytest.param(b"\xff\xe1\x00\x00", id="no length"),
        pytest.param(b"\xff\xe1\xff\xff", id="no end"),
    ],
)
def test_a_file_of_segments_is_not_read(head: bytes) -> None:
    """A JPEG that begins with countless segments would take minutes: it is no picture."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG")
    picture = file.getvalue()
    assert marks_in(picture).receipt is None

    with pytest.raises(ValueError, match="segments"):
        marks_in(picture[:2] + head + picture[2:])


@pytest.mark.fault(44)
def test_a_file_of_chunks_is_not_read() -> None:
    """A PNG of countless chunks would take as long."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    picture = file.getvalue()
    behind = picture.index(b"IDAT") - 4  # where chunks may stand
    chunk = b"\0\0\0\0tEXt" + zlib.crc32(b"tEXt").to_bytes(4, "big")
    assert marks_in(picture[:behind] + chunk * 1_000 + picture[behind:]).receipt is None

    with pytest.raises(ValueError, match="chunks"):
        marks_in(picture[:behind] + chunk * 20_000 + picture[behind:])
