"""Files that are no photo, or one that is meant to do harm: each is refused in words, and costs little."""

import io
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image

from pipeline.errors import PhotoTooLarge, PhotoUnreadable
from pipeline.photo import MAX_PX, read_photo

RED, BLUE = (255, 0, 0), (0, 0, 255)


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    """An image as a file's bytes."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_bomb(width_px: int, height_px: int, *, num_channels: int = 1) -> bytes:
    """A PNG of one colour, a thousandth of what it unpacks to."""
    rows, row = zlib.compressobj(9), bytes(width_px * num_channels + 1)
    data = b"".join(rows.compress(row) for _ in range(height_px)) + rows.flush()
    kind = {1: 0, 4: 6}[num_channels]
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, kind, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def header_only(width_px: int, height_px: int) -> bytes:
    """A PNG that says how large it is, and holds nothing."""
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")


def zipped() -> bytes:
    """An archive with a file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "text")
    return file.getvalue()


def animated(kind: str) -> bytes:
    """Two frames: red, then blue."""
    first, second = Image.new("RGB", (8, 8), RED), Image.new("RGB", (8, 8), BLUE)
    return written(first, kind, save_all=True, append_images=[second], duration=100, lossless=True)


HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(64)
AVIF = b"\x00\x00\x00\x18ftypavif\x00\x00\x00\x00mif1avif" + bytes(64)
NO_PHOTOS = {
    "empty": b"",
    "text": "고래".encode(),
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><html><body><script>alert(1)</script></body></html>",
    "heic": HEIC,
    "avif": AVIF,
    "zip": zipped(),
    "pdf": b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "gif": written(Image.new("P", (8, 8)), "GIF"),
    "gif animated": animated("GIF"),
    "gif header on html": b"GIF89a=1/*<script>*/",
    "bmp": written(Image.new("RGB", (8, 8)), "BMP"),
    "ico": written(Image.new("RGB", (16, 16)), "ICO"),
    "tiff": written(Image.new("RGB", (8, 8)), "TIFF"),
    "png without data": header_only(8, 8),
    "png signature alone": b"\x89PNG\r\n\x1a\n",
    "jpeg signature alone": b"\xff\xd8\xff\xe0",
    "webp signature alone": b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    "png without pixels": header_only(0, 0),
}


@pytest.mark.parametrize("name", NO_PHOTOS)
def test_what_is_no_photo_is_refused(name: str) -> None:
    """Neither a vector, nor a document, nor a format that is not read is opened by chance."""
    with pytest.raises(PhotoUnreadable):
        read_photo(NO_PHOTOS[name])


@pytest.mark.parametrize(
    ("width_px", "height_px"),
    [(30_000, 30_000), (30_000, 1_700), (2**31 - 1, 2**31 - 1), (65_000, 65_000), (1, MAX_PX + 1)],
)
def test_too_many_pixels_are_refused_by_the_header(width_px: int, height_px: int) -> None:
    """A file of a hundred bytes that promises gigabytes is not unpacked."""
    with pytest.raises(PhotoTooLarge):
        read_photo(header_only(width_px, height_px))


def test_a_long_thin_photo_within_bounds_is_read() -> None:
    """It is pixels that count, not sides."""
    read = read_photo(png_bomb(30_000, 10))

    assert (30_000, 10) == (read.width_px, read.height_px)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_drawn_over(kind: str) -> None:
    """APNG and animated WebP are photos whose later frames are left out."""
    read = read_photo(animated(kind))

    assert (8, 8) == (read.width_px, read.height_px)
    assert bytes(RED) == read.rgb[:3]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("tail", [zipped(), NO_PHOTOS["html"], b"\x00" * 1_000])
def test_only_the_pixels_of_a_file_with_two_meanings_are_taken(kind: str, tail: bytes) -> None:
    """What stands behind a picture is dropped with everything but the pixels."""
    read = read_photo(written(Image.new("RGB", (8, 8), RED), kind) + tail)

    assert 8 * 8 * 3 == len(read.rgb)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_photo_that_was_cut_off_is_refused(kind: str, share: float) -> None:
    """A half photo is no photo: it would be drawn over with grey."""
    noise = Image.effect_noise((128, 128), 80).convert("RGB")
    whole = written(noise, kind)

    with pytest.raises(PhotoUnreadable):
        read_photo(whole[: int(len(whole) * share)])


def test_text_in_a_file_does_not_unpack_without_end() -> None:
    """A compressed note of a hundred megabytes is not read into memory, and the photo is refused or read."""
    note = chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(100 * 2**20), 9))
    whole = written(Image.new("RGB", (8, 8), RED), "PNG")
    data = whole[:33] + note + whole[33:]

    with pytest.raises(PhotoUnreadable):
        read_photo(data)


MEASURE = """
import resource
import sys
from pipeline.errors import RequestRejected
from pipeline.photo import read_photo
from tests.pipeline.test_hostile_photo import header_only, png_bomb

data = {data}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read = read_photo(data)
except RequestRejected:
    read = None
print(read is not None, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(
    ("data", "is_read", "max_mb"),
    [
        ("png_bomb(12_000, 12_000)", False, 50),  # it would unpack to 144 MB
        ("header_only(2**31 - 1, 2**31 - 1)", False, 50),
        ("png_bomb(7_000, 7_000, num_channels=4)", True, 400),  # 196 MB, and was six times that
    ],
)
def test_the_largest_files_cost_little_memory(data: str, is_read: bool, max_mb: int) -> None:
    """What is too large is never unpacked, and what is not is unpacked once."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE.format(data=data)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    was_read, size_kib = done.stdout.split()
    assert str(is_read) == was_read
    assert int(size_kib) < max_mb * 1024
