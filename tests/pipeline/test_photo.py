"""Photos are read upright and within limits, or refused."""

import io
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pipeline import photo
from pipeline.errors import PhotoTooLarge, PhotoUnreadable, RequestRejected
from pipeline.photo import enlarged, fit, read_photo
from pipeline.types import Pixels

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def two_colours() -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", (8, 4), RED)
    image.paste(BLUE, (4, 0, 8, 4))
    return image


def file(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """Write an image as a file's bytes."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def pixel(pixels: Pixels, x: int, y: int) -> tuple[int, ...]:
    """The colour of one pixel."""
    start = 3 * (y * pixels.width_px + x)
    return tuple(pixels.rgb[start : start + 3])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_usual_formats_are_read(kind: str) -> None:
    """A photo of each kind has its size and about its colours."""
    read = read_photo(file(two_colours(), kind))

    assert (8, 4) == (read.width_px, read.height_px)
    assert max(abs(a - b) for a, b in zip(pixel(read, 0, 2), RED, strict=True)) < 40


def test_a_photo_is_turned_as_it_was_held() -> None:
    """A camera's note of a quarter turn is followed: what lies on the left stands on top."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: the top of the scene is on the right

    read = read_photo(file(two_colours(), exif=exif))

    assert (4, 8) == (read.width_px, read.height_px)
    assert [RED, BLUE] == [pixel(read, 0, 0), pixel(read, 0, 7)]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_becomes_white(mode: str) -> None:
    """No hidden colour comes through, whichever way a file says that nothing is there."""
    clear = Image.new("RGBA", (4, 4), (10, 20, 30, 0)).convert(mode)
    options: dict[str, Any] = {"transparency": clear.getpixel((0, 0))} if mode == "P" else {}

    assert WHITE == pixel(read_photo(file(clear, **options)), 1, 1)


@pytest.mark.parametrize("mode", ["1", "L", "I;16", "CMYK"])
def test_every_mode_becomes_colours(mode: str) -> None:
    """Grey, deep and print files are as many bytes of RGB as there are pixels."""
    kind = "JPEG" if mode == "CMYK" else "PNG"

    assert 8 * 4 * 3 == len(read_photo(file(Image.new(mode, (8, 4)), kind)).rgb)


def test_deep_grey_keeps_its_levels() -> None:
    """The middle of 16 bits is the middle of 8."""
    grey = Image.new("I;16", (4, 4), 0x8000)

    assert (128, 128, 128) == pixel(read_photo(file(grey)), 1, 1)


def test_a_photo_is_put_together_as_it_was() -> None:
    """What is worked on strip by strip has every pixel in its place."""
    noise = Image.effect_noise((90, 333), 80).convert("RGB")

    assert noise.tobytes() == read_photo(file(noise)).rgb


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_large_photo_is_made_smaller_and_still_turned(kind: str) -> None:
    """Nothing that is drawn is as large as what cameras make."""
    wide = two_colours().resize((6_000, 3_000), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x0112] = 6

    read = read_photo(file(wide, kind, exif=exif))

    assert (1_500, 3_000) == (read.width_px, read.height_px)
    ends = [pixel(read, 0, 0), pixel(read, 0, 2_999)]
    assert all(abs(a - b) < 9 for end, own in zip(ends, (RED, BLUE), strict=True)
               for a, b in zip(end, own, strict=True))  # fmt: skip


def test_what_is_transparent_is_white_all_the_way_down() -> None:
    """The hole of a palette is known in every strip."""
    clear = Image.new("P", (8, 500))

    read = read_photo(file(clear, transparency=0))

    assert WHITE == pixel(read, 0, 0) == pixel(read, 0, 499)


def test_other_formats_are_refused() -> None:
    """A file that the library could read, but that nobody photographs with, is not opened."""
    with pytest.raises(PhotoUnreadable):
        read_photo(file(two_colours(), "TIFF"))


def test_a_file_that_is_too_long_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are counted first."""
    monkeypatch.setattr(photo, "MAX_PHOTO_BYTES", 10)

    with pytest.raises(PhotoTooLarge):
        read_photo(b"not a picture")


@settings(deadline=None, max_examples=60)  # each starts a process
@given(
    kind=st.sampled_from(["PNG", "JPEG", "WEBP"]),
    cut=st.integers(0, 200),
    noise=st.lists(st.tuples(st.integers(0, 199), st.integers(0, 255)), max_size=6),
)
def test_damage_is_named_or_harmless(kind: str, cut: int, noise: list[tuple[int, int]]) -> None:
    """Whatever happened to a file, it is read whole or refused in our own words."""
    data = bytearray(file(two_colours(), kind)[: 200 - cut])
    for place, value in noise:
        if place < len(data):
            data[place] = value

    with suppress(RequestRejected):
        read = read_photo(bytes(data))
        assert len(read.rgb) == read.width_px * read.height_px * 3


def test_fitting_cuts_both_ends_alike() -> None:
    """A photo that is too wide loses as much on the left as on the right, and is not squeezed."""
    wide = Image.new("RGB", (12, 4), WHITE)
    wide.paste(RED, (4, 0, 8, 4))

    fitted = fit(read_photo(file(wide)), width_px=4, height_px=4)

    assert {RED} == {pixel(fitted, x, 2) for x in range(4)}


@pytest.mark.parametrize(
    ("width_px", "height_px", "expected"),
    [(2, 1, (6, 3)), (4, 5, (4, 5)), (5, 5, (5, 5)), (1, 3, (2, 6))],
)
def test_a_small_picture_is_enlarged_pixel_by_pixel(
    width_px: int, height_px: int, expected: tuple[int, int]
) -> None:
    """By a whole factor, so that no pixel is wider than another; a large one stays as it is."""
    rgb = bytes(range(3 * width_px * height_px))
    large = enlarged(Pixels(width_px=width_px, height_px=height_px, rgb=rgb), least_px=5)

    assert expected == (large.width_px, large.height_px)
    assert (rgb[:3], rgb[-3:]) == (large.rgb[:3], large.rgb[-3:])
