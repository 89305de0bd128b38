"""A photo that somebody sent → the pixels that a picture is drawn over.

Reads PNG, JPEG and WebP only, and never more than it may: the header is believed before anything
is unpacked. Turned as its camera says; what is transparent becomes white. Nothing of a file but its
pixels is kept. Does not know models: the size is told.
"""

import io
import struct
import warnings

from PIL import Image, ImageOps

from pipeline.errors import PhotoTooLarge, PhotoUnreadable
from pipeline.types import Pixels

MAX_PHOTO_BYTES = 20 * 2**20
MAX_PX = 50_000_000
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
                if image.width * image.height > MAX_PX:
                    raise PhotoTooLarge(max_bytes=MAX_PHOTO_BYTES, max_px=MAX_PX)
                return _to_pixels(_upright(image))
        except Image.DecompressionBombError as error:
            raise PhotoTooLarge(max_bytes=MAX_PHOTO_BYTES, max_px=MAX_PX) from error
        except _DAMAGED as error:
            raise PhotoUnreadable from error


def fit(photo: Pixels, *, width_px: int, height_px: int) -> Pixels:
    """Scale a photo to a size; what is too long is cut off at both ends alike."""
    image = Image.frombytes("RGB", (photo.width_px, photo.height_px), photo.rgb)
    return _to_pixels(ImageOps.fit(image, (width_px, height_px), Image.Resampling.LANCZOS))


def png_of(pixels: Pixels) -> bytes:
    """Write a look at an unfinished picture as PNG, quickly rather than small; without marks."""
    image = Image.frombytes("RGB", (pixels.width_px, pixels.height_px), pixels.rgb)
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _upright(image: Image.Image) -> Image.Image:
    """Turn an image as it was held, and lay it over white."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode.startswith("I"):  # 16 bits of grey, which the library would cut off at 8
        turned = turned.convert("I").point(lambda level: level / 256).convert("L")
    if not turned.has_transparency_data:
        return turned.convert("RGB")
    clear = turned.convert("RGBA")
    white = Image.new("RGBA", clear.size, "white")
    return Image.alpha_composite(white, clear).convert("RGB")


def _to_pixels(image: Image.Image) -> Pixels:
    return Pixels(width_px=image.width, height_px=image.height, rgb=image.tobytes())
