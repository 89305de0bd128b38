"""A photo that somebody sent → the pixels that a picture is drawn over.

A file from a stranger is unpacked in a process of its own (`photo_decoder.py`), which can open nothing,
knows no secret and ends soon: what a decoder does wrong harms that process alone. What comes back is
counted, and is pixels or nothing. Does not know models: the size is told.
"""

import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from PIL import Image, ImageOps

from pipeline import photo_decoder
from pipeline.errors import PhotoTooLarge, PhotoUnreadable
from pipeline.photo_decoder import MAX_PX
from pipeline.types import Pixels

MAX_PHOTO_BYTES = 20 * 2**20
_DECODER = Path(photo_decoder.__file__)
_LIMIT_S = 30.0  # of which it may compute five; a machine may be busy
_MAX_DECODED_BYTES = 3 * 16_000_000 + photo_decoder.SIZE.size
# Each takes up to 300 MB. Who comes meanwhile waits a few tenths of a second.
_AT_ONCE = threading.BoundedSemaphore(2)


def read_photo(data: bytes) -> Pixels:
    """Read a file's picture, the first of an animated one; it takes a while, and a process.

    Raises PhotoTooLarge or PhotoUnreadable.
    """
    if len(data) > MAX_PHOTO_BYTES:
        raise PhotoTooLarge(max_bytes=MAX_PHOTO_BYTES, max_px=MAX_PX)
    with _AT_ONCE:
        code, answer = _decode(data)
    if code == photo_decoder.TOO_LARGE:
        most = photo_decoder.NUMBER.unpack(answer)[0] if answer else MAX_PX
        raise PhotoTooLarge(max_bytes=MAX_PHOTO_BYTES, max_px=most)
    size, rgb = answer[: photo_decoder.SIZE.size], answer[photo_decoder.SIZE.size :]
    if code != photo_decoder.DONE or len(size) != photo_decoder.SIZE.size:
        raise PhotoUnreadable
    width_px, height_px = photo_decoder.SIZE.unpack(size)
    if not rgb or len(rgb) != width_px * height_px * 3:
        raise PhotoUnreadable
    return Pixels(width_px=width_px, height_px=height_px, rgb=rgb)


def _decode(data: bytes) -> tuple[int, bytes]:
    """Run the decoder; gives its exit code and what it answered, as far as it may answer."""
    with subprocess.Popen(
        # Isolated: neither the environment nor the folder says what is imported.
        [sys.executable, "-I", str(_DECODER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        deadline = threading.Timer(_LIMIT_S, process.kill)
        deadline.start()
        try:
            with suppress(BrokenPipeError):  # it ended early, and its exit code says why
                process.stdin.write(data)
                process.stdin.close()
            return _ended(process, process.stdout.read(_MAX_DECODED_BYTES))
        finally:
            process.kill()
            deadline.cancel()


def _ended(process: subprocess.Popen[bytes], answer: bytes) -> tuple[int, bytes]:
    """Wait for the end of a process that has answered; one that goes on answering is ended."""
    assert process.stdout is not None
    if process.stdout.read(1):
        process.kill()
    return process.wait(), answer


def fit(photo: Pixels, *, width_px: int, height_px: int) -> Pixels:
    """Scale a photo to a size; what is too long is cut off at both ends alike."""
    image = Image.frombytes("RGB", (photo.width_px, photo.height_px), photo.rgb)
    return _to_pixels(ImageOps.fit(image, (width_px, height_px), Image.Resampling.LANCZOS))


def enlarged(pixels: Pixels, *, least_px: int) -> Pixels:
    """Enlarge a small picture pixel by pixel, until its longer side has so many."""
    factor = -(-least_px // max(pixels.width_px, pixels.height_px))
    if factor <= 1:
        return pixels
    image = Image.frombytes("RGB", (pixels.width_px, pixels.height_px), pixels.rgb)
    size = (image.width * factor, image.height * factor)
    return _to_pixels(image.resize(size, Image.Resampling.NEAREST))


def _to_pixels(image: Image.Image) -> Pixels:
    return Pixels(width_px=image.width, height_px=image.height, rgb=image.tobytes())
