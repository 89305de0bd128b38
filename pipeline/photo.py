"""A photo that somebody sent → the pixels that a picture is drawn over.

Reads PNG, JPEG and WebP only, and never more than it may: the header is believed before anything
is unpacked, and what is unpacked is soon made smaller. Turned as its camera says; what is transparent
becomes white. Nothing of a file but its pixels is kept. Does not know models: the size is told.
"""

import io
import math
import struct
import warnings

from PIL import Image, ImageOps

from pipeline.errors import PhotoTooLarge, PhotoUnreadable
from pipeline.types import Pixels

MAX_PHOTO_BYTES = 20 * 2**20
MAX_PX = 50_000_000
MAX_WEBP_PX = 20_000_000  # its library unpacks everything three times
_ENOUGH_PX = 4_000_000
_STRIP_PX = 64  # of a strip's height, once it is made smaller
_ORIENTATION = 0x0112  # in EXIF
_FORMATS = ("PNG", "JPEG", "WEBP")
_DAMAGED = (OSError, ValueError, SyntaxError, EOFError, struct.error, OverflowError)


def read_photo(data: bytes) -> Pixels:
    """Read a file's picture, the first of an animated one. Raises PhotoTooLarge or PhotoUnreadable."""
    if len(data) > MAX_PHOTO_BYTES:
        raise PhotoTooLarge(max_bytes=MAX_PHOTO_BYTES, max_px=MAX_PX)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own limit, and of odd metadata
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                if image.width * image.height > _max_px(image):
                    raise PhotoTooLarge(max_bytes=MAX_PHOTO_BYTES, max_px=_max_px(image))
                return _to_pixels(_upright(image))
        except Image.DecompressionBombError as error:
            raise PhotoTooLarge(max_bytes=MAX_PHOTO_BYTES, max_px=MAX_PX) from error
        except _DAMAGED as error:
            raise PhotoUnreadable from error


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


def png_of(pixels: Pixels) -> bytes:
    """Write a look at an unfinished picture as PNG, quickly rather than small; without marks."""
    image = Image.frombytes("RGB", (pixels.width_px, pixels.height_px), pixels.rgb)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _max_px(image: Image.Image) -> int:
    return MAX_WEBP_PX if image.format == "WEBP" else MAX_PX


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


def _to_pixels(image: Image.Image) -> Pixels:
    return Pixels(width_px=image.width, height_px=image.height, rgb=image.tobytes())
