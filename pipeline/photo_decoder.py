"""A program of its own: a photo on standard input → its pixels on standard output.

`pipeline/photo.py` runs it once per photo, with limits and without an environment, because decoders
are where files from strangers do harm. It knows Pillow and nothing of this project, so that it starts
in a tenth of a second and holds no secret. Turned as the camera says; what is transparent becomes
white. Nothing of a file but its pixels is kept.

Output: width and height as two 32-bit numbers, then RGB bytes; of a photo that is too large one such
number, the most pixels that it may have. Exit codes: 0 done, 3 too large, 4 no photo or a damaged one.
"""

import io
import math
import os
import resource
import struct
import sys
import warnings
from typing import NoReturn

# All that reading needs: later nothing can be opened any more.
from PIL import (
    Image,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    TiffImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

# Each takes less than 300 MB to read, measured with Pillow 13.0.
MAX_PX = 50_000_000
MAX_PROGRESSIVE_PX = 24_000_000  # of a JPEG whose rows all come again and again
MAX_WEBP_PX = 16_000_000  # its library unpacks everything three times
DONE, TOO_LARGE, UNREADABLE = 0, 3, 4
SIZE = struct.Struct("<II")
NUMBER = struct.Struct("<I")
_MAX_MEMORY_BYTES = 320 * 2**20  # of addresses; 300 MB of them are ever used
_MAX_CPU_S = 5
_ENOUGH_PX = 4_000_000
_STRIP_PX = 64  # of a strip's height, once it is made smaller
_ORIENTATION = 0x0112  # in EXIF
_FORMATS = ("PNG", "JPEG", "WEBP")
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, struct.error, OverflowError)


class TooManyPixels(Exception):
    """A photo would take more memory than there is for one."""

    def __init__(self, *, max_px: int) -> None:
        super().__init__(f"at most {max_px} px")
        self.max_px = max_px


def decode(data: bytes) -> Image.Image:
    """Read a file's picture, the first of an animated one.

    Raises TooManyPixels, MemoryError, or one of `_DAMAGED`.
    """
    Image.MAX_IMAGE_PIXELS = None  # what may be depends on the format, below
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
        max_px = _max_px(image)
        if image.width * image.height > max_px:
            raise TooManyPixels(max_px=max_px)
        return _upright(image)


def _max_px(image: Image.Image) -> int:
    if image.format == "WEBP":
        return MAX_WEBP_PX
    return MAX_PROGRESSIVE_PX if "progressive" in image.info else MAX_PX


def _upright(image: Image.Image) -> Image.Image:
    """Turn an image as it was held, over white, and no larger than anything that is drawn.

    Strip by strip, because each of these makes a copy of what it is done to.
    """
    image.draft(None, _shrunk(image.size, _factor(image.size)))  # a JPEG unpacks smaller at once
    factor = _factor(image.size)
    small = Image.new("RGB", _shrunk(image.size, factor))
    for top in range(0, image.height, _STRIP_PX * factor):
        strip = image.crop((0, top, image.width, min(image.height, top + _STRIP_PX * factor)))
        small.paste(_over_white(strip).reduce(factor), (0, top // factor))
    small.getexif()[_ORIENTATION] = image.getexif().get(_ORIENTATION, 1)
    return ImageOps.exif_transpose(small)


def _factor(size: tuple[int, int]) -> int:
    """Say how many pixels of a side become one, so that a few millions are left."""
    return max(1, math.isqrt(size[0] * size[1] // _ENOUGH_PX))


def _shrunk(size: tuple[int, int], factor: int) -> tuple[int, int]:
    return -(-size[0] // factor), -(-size[1] // factor)


def _over_white(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of grey, which the library would cut off at 8
        image = image.convert("I").point(lambda level: level / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    clear = image.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def give_up_rights() -> None:
    """Take from this process what reading needs no more: files, sockets, processes, memory, time.

    What is open stays open. Root could take it all back.
    """
    for kind, most in (
        (resource.RLIMIT_AS, _MAX_MEMORY_BYTES),
        (resource.RLIMIT_CPU, _MAX_CPU_S),
        (resource.RLIMIT_NOFILE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))


def main() -> int:
    """Decode what comes in; gives the exit code."""
    Image.preinit()  # what it would import otherwise when there is nothing to import with
    give_up_rights()
    warnings.simplefilter("ignore")  # of odd metadata
    answer = sys.stdout.buffer
    try:
        image = decode(sys.stdin.buffer.read())
        pixels = image.tobytes()
    except TooManyPixels as error:
        answer.write(NUMBER.pack(error.max_px))
        answer.flush()
        return TOO_LARGE
    except MemoryError:
        return TOO_LARGE
    except _DAMAGED:
        return UNREADABLE
    answer.write(SIZE.pack(image.width, image.height))
    answer.write(pixels)
    answer.flush()
    return DONE


def _leave(code: int) -> NoReturn:
    os._exit(code)  # nothing is left to tidy, and a damaged heap would crash while it is


if __name__ == "__main__":
    _leave(main())
