"""Emoji glyphs out of Noto Color Emoji (SIL OFL 1.1), as they are or tinted in a named colour.

Needs Debian's package `fonts-noto-color-emoji`, whose font holds bitmaps (a CBDT table).
Does not know what a scene is.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FONT = Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")

TINTS: dict[str, tuple[int, int, int]] = {
    "red": (222, 40, 40),
    "orange": (245, 130, 20),
    "yellow": (245, 205, 30),
    "green": (50, 165, 65),
    "blue": (45, 105, 235),
    "purple": (135, 65, 205),
    "pink": (250, 130, 185),
    "white": (238, 238, 242),
    "black": (38, 38, 42),
    "brown": (135, 80, 40),
    "gray": (140, 140, 145),
}


class FontMissing(RuntimeError):
    """The emoji font that the training pictures are made of is not installed."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is missing; on Debian: apt install fonts-noto-color-emoji")


@lru_cache(maxsize=1)
def _bitmaps() -> dict[int, bytes]:
    """Return the PNG of every single-code-point glyph by its code point."""
    from fontTools.ttLib import TTFont

    if not FONT.exists():
        raise FontMissing(FONT)
    font = TTFont(str(FONT))
    strike = font["CBDT"].strikeData[0]
    return {
        point: strike[name].imageData
        for point, name in font.getBestCmap().items()
        if name in strike
    }


@lru_cache(maxsize=512)
def glyph(emoji: str) -> Image.Image:
    """Return the glyph cropped to its ink and centred on a transparent square, RGBA."""
    picture = Image.open(io.BytesIO(_bitmaps()[ord(emoji[0])])).convert("RGBA")
    ink = picture.crop(picture.getchannel("A").point(lambda a: 255 * (a > 24)).getbbox())
    side = max(ink.size)
    square = Image.new("RGBA", (side, side))
    square.paste(ink, ((side - ink.width) // 2, (side - ink.height) // 2))
    return square


@lru_cache(maxsize=8192)
def tinted(emoji: str, colour: str | None) -> Image.Image:
    """Return the glyph in one colour, its shading kept, or as it is when `colour` is None."""
    picture = glyph(emoji)
    if colour is None:
        return picture
    pixels = np.asarray(picture).astype(np.float32)
    shade = _shade(pixels)
    painted = _paint(shade, colour)
    alpha = pixels[..., 3:]
    if colour in {"white", "black"}:
        painted = _with_rim(painted, alpha[..., 0], dark=colour == "white")
    return Image.fromarray(
        np.concatenate([painted, alpha], axis=-1).clip(0, 255).astype(np.uint8), "RGBA"
    )


def _shade(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how light each pixel is within its own glyph, (H, W), 0 to 1, the middle one at 0.5."""
    light = pixels[..., :3] @ np.array([0.3, 0.59, 0.11], dtype=np.float32) / 255
    inked = light[pixels[..., 3] > 128]
    low, middle, high = np.percentile(inked, (4, 50, 96))
    up, down = max(high - middle, 0.12), max(middle - low, 0.12)
    offset = np.where(light > middle, (light - middle) / up, (light - middle) / down)
    shade: NDArray[np.float32] = (0.5 + 0.5 * offset).clip(0, 1).astype(np.float32)
    return shade


def _paint(shade: NDArray[np.float32], colour: str) -> NDArray[np.float32]:
    """Return (H, W, 3), 0 to 255: dark at shade 0, the colour at 0.5, lighter at 1."""
    base = np.array(TINTS[colour], dtype=np.float32)
    dark = base * (0.66 if colour == "white" else 0.4)
    light = base + (255 - base) * (0.3 if colour == "black" else 0.5)
    position = shade[..., None] * 2
    return np.where(
        position < 1, dark + (base - dark) * position, base + (light - base) * (position - 1)
    ).astype(np.float32)


def _with_rim(
    painted: NDArray[np.float32], alpha: NDArray[np.float32], *, dark: bool
) -> NDArray[np.float32]:
    """Draw a thin edge, so that white shows on white and black on black."""
    inner = _eroded(alpha > 128, times=4)
    rim = np.float32(150.0 if dark else 105.0)
    return np.where(inner[..., None], painted, rim).astype(np.float32)


def _eroded(mask: NDArray[np.bool_], *, times: int) -> NDArray[np.bool_]:
    padded = np.pad(mask, 1)
    for _ in range(times):
        inner = (
            padded[1:-1, 1:-1]
            & padded[:-2, 1:-1]
            & padded[2:, 1:-1]
            & padded[1:-1, :-2]
            & padded[1:-1, 2:]
        )
        padded = np.pad(inner, 1)
    return padded[1:-1, 1:-1]
