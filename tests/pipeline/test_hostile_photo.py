"""Files that are no photo, or one that is meant to do harm: each is refused in words, and costs little."""

import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from pipeline import photo
from pipeline.errors import PhotoTooLarge, PhotoUnreadable
from pipeline.marks.text import XMP_KEY, SourceType
from pipeline.marks.writing import preview_png
from pipeline.photo import read_photo
from pipeline.photo_decoder import MAX_PROGRESSIVE_PX, MAX_PX, MAX_WEBP_PX

pytestmark = pytest.mark.fault(44)

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
    "psd": b"8BPS\x00\x01" + bytes(6) + struct.pack(">HIIHH", 3, 8, 8, 8, 3) + bytes(64),
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


# A process that has little in memory itself: what it starts inherits its peak.
MEASURE = """
import resource
import sys
from pathlib import Path
from pipeline.errors import RequestRejected
from pipeline.photo import read_photo

data = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read = read_photo(data)
except RequestRejected:
    read = None
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(read is not None, grown, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def blocks(width_px: int, height_px: int, mode: str = "RGB") -> Image.Image:
    """A picture with something in it, that is quickly made and written."""
    return (
        Image.effect_noise((width_px // 50, height_px // 50), 90)
        .convert(mode)
        .resize((width_px, height_px), Image.Resampling.NEAREST)
    )


def long_note() -> bytes:
    """A PNG with a compressed note of 200 MB."""
    note = chunk(b"zTXt", b"a\x00\x00" + zlib.compress(bytes(200 * 2**20), 1))
    whole = written(Image.new("RGB", (8, 8), RED), "PNG")
    return whole[:33] + note + whole[33:]


def many_frames() -> bytes:
    """An APNG of a thousand frames."""
    frames = [Image.new("RGB", (64, 64), (number % 256, number // 256, 0)) for number in range(999)]
    return written(Image.new("RGB", (64, 64)), "PNG", save_all=True, append_images=frames)


LARGE: dict[str, tuple[Callable[[], bytes], bool]] = {
    "20 KB of 13,000 px squared": (lambda: png_bomb(13_000, 13_000), False),
    "gigabytes by the header": (lambda: header_only(2**31 - 1, 2**31 - 1), False),
    "49 MP of transparent PNG": (lambda: png_bomb(7_000, 7_000, num_channels=4), True),
    "49 MP of JPEG": (lambda: written(blocks(7_000, 7_000), "JPEG"), True),
    "24 MP of progressive JPEG, nothing left out": (
        lambda: written(
            blocks(6_000, 4_000, "CMYK"), "JPEG", progressive=True, subsampling=0, quality=90
        ),
        True,
    ),
    "16 MP of transparent WebP": (
        lambda: written(blocks(4_000, 4_000, "RGBA"), "WEBP", method=0, lossless=True),
        True,
    ),
    "16 bits a pixel": (lambda: written(blocks(5_000, 5_000, "I;16"), "PNG"), True),
    "a note of 200 MB": (long_note, False),
    "a thousand frames": (many_frames, True),
}


@pytest.mark.parametrize("name", LARGE)
def test_no_file_costs_more_than_there_is_for_one(name: str, tmp_path: Path) -> None:
    """What reads a file takes less than 300 MB, and the program itself what the pixels need."""
    make, is_read = LARGE[name]
    (tmp_path / "photo").write_bytes(make())

    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "photo")],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    was_read, grown_kib, child_kib = done.stdout.split()
    assert str(is_read) == was_read
    assert int(child_kib) < 300 * 1024
    assert int(grown_kib) < 120 * 1024


def webp_header(width_px: int, height_px: int) -> bytes:
    """A WebP that says how large it is, and holds nothing."""
    size = struct.pack("<I", (width_px - 1) | ((height_px - 1) << 14))
    content = b"\x2f" + size + bytes(9)
    chunk = b"VP8L" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


MARKS = """
import resource
import sys
from pathlib import Path
from pipeline import marks_in

data = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    marks_in(data)
except ValueError:
    pass
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.parametrize(
    "make",
    [
        lambda: png_bomb(13_000, 13_000),
        lambda: header_only(2**31 - 1, 2**31 - 1),
        lambda: webp_header(16_383, 16_383),
        long_note,
    ],
    ids=["png", "png header", "webp header", "note"],
)
def test_reading_marks_unpacks_nothing(make: Callable[[], bytes], tmp_path: Path) -> None:
    """What a file says of itself is read in the program, so its pixels are left where they are."""
    (tmp_path / "photo").write_bytes(make())

    done = subprocess.run(
        [sys.executable, "-c", MARKS, str(tmp_path / "photo")],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        cwd=Path(__file__).parents[2],
    )

    assert int(done.stdout) < 100 * 1024


def progressive_header(width_px: int, height_px: int) -> bytes:
    """A JPEG that says that it comes again and again, and how large it is."""
    frame = (
        struct.pack(">BHHB", 8, height_px, width_px, 3) + b"\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    )
    return b"\xff\xd8\xff\xc2" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xda\x00\x02"


@pytest.mark.parametrize(
    ("data", "max_px"),
    [
        (header_only(5_001, 10_000), MAX_PX),
        (progressive_header(4_001, 6_000), MAX_PROGRESSIVE_PX),
        (written(Image.new("RGB", (4_001, 4_000)), "WEBP", method=0), MAX_WEBP_PX),
    ],
    ids=["png", "progressive", "webp"],
)
def test_a_refusal_says_how_many_pixels_there_may_be(data: bytes, max_px: int) -> None:
    """What costs more to unpack may have fewer pixels, and whoever sent it is told how many."""
    with pytest.raises(PhotoTooLarge) as raised:
        read_photo(data)

    assert max_px == raised.value.max_px


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_where_a_photo_was_taken_goes_nowhere(kind: str) -> None:
    """Whatever a camera wrote into a file, of it only pixels are left."""
    exif = Image.Exif()
    exif[0x010F] = "CANARY-MAKER"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (37.0, 33.0, 59.0)
    data = written(Image.new("RGB", (8, 8), RED), kind, exif=exif)
    assert b"CANARY-MAKER" in data

    read = read_photo(data)
    again = preview_png(read, source_type=SourceType.OVER_PHOTO)

    assert 8 * 8 * 3 == len(read.rgb)
    with Image.open(io.BytesIO(again)) as image:
        assert not dict(image.getexif())
        assert {XMP_KEY} == set(image.info) - {"xmp"}
    assert b"CANARY-MAKER" not in again


SPY = """
import json, os, socket, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from pipeline import photo_decoder
before = dict(os.environ)
photo_decoder.give_up_rights()
def refused(act):
    try:
        act()
    except OSError:
        return True
    except MemoryError:
        return True
    return False
os.write(1, json.dumps({{
    "file": refused(lambda: os.open("/etc/hostname", os.O_RDONLY)),
    "socket": refused(socket.socket),
    "pipe": refused(os.pipe),
    "memory": refused(lambda: bytearray(400 * 2**20)),
}}).encode())
"""


@pytest.mark.parametrize("right", ["file", "socket", "pipe", "memory"])
def test_a_decoder_that_was_taken_over_has_nothing_to_go_on_with(right: str) -> None:
    """Before it looks at a file it gives up opening files and sockets, and most of the memory."""
    root = str(Path(__file__).parents[2])

    done = subprocess.run(
        [sys.executable, "-I", "-c", SPY.format(root=root)], capture_output=True, check=True
    )

    assert json.loads(done.stdout)[right]


def decoder_that(tmp_path: Path, code: str) -> Path:
    """A program in the decoder's place."""
    path = tmp_path / "decoder.py"
    path.write_text(f"import os, sys, time\n{code}\n")
    return path


def test_a_decoder_gets_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens and keys stand in variables, and it has none of them."""
    monkeypatch.setenv("GEURYEOJWO_DISCORD__TOKEN", "CANARY")
    seen = tmp_path / "seen"
    code = f"open({str(seen)!r}, 'w').write(repr(dict(os.environ)))"
    monkeypatch.setattr(photo, "_DECODER", decoder_that(tmp_path, code))

    with pytest.raises(PhotoUnreadable):
        read_photo(b"photo")

    assert "CANARY" not in seen.read_text()
    assert "GEURYEOJWO" not in seen.read_text()


@pytest.mark.parametrize(
    "code",
    [
        "os.abort()",
        "os.write(1, bytes(8))",
        "os.write(1, b'\\1\\0\\0\\0\\1\\0\\0\\0')",  # pixels that do not come
        "os.write(1, b'\\xff' * 8 + bytes(100))",
        "[os.write(1, bytes(2**16)) for _ in iter(int, 1)]",  # without end
        "time.sleep(3600)",
    ],
    ids=["aborts", "no pixels", "too few", "too many promised", "endless", "hangs"],
)
def test_whatever_a_decoder_does_is_a_refusal(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A decoder that crashes, lies, hangs or never stops answering harms nobody."""
    monkeypatch.setattr(photo, "_DECODER", decoder_that(tmp_path, code))
    monkeypatch.setattr(photo, "_LIMIT_S", 3.0)

    with pytest.raises(PhotoUnreadable):
        read_photo(bytes(2**20))
