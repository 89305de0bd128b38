"""The visible label: “AI 생성” in the lower right corner, light letters on a dark translucent plate.

The letters are strokes that are written down here, so that no font has to be there. They are as high
as a small share of the picture, and never too small to be read.
"""

from functools import lru_cache

from PIL import Image, ImageDraw

from pipeline.errors import NotMarked

SHARE = 0.03  # of the longer side, for the height of a letter
MIN_LETTER_PX = 16
_FINER = 8  # strokes are drawn so many times larger, then reduced
_PLATE = (0, 0, 0, 176)
_INK = (255, 255, 255, 255)
_STROKE, _PADDING, _MARGIN = 0.09, 0.35, 0.4  # of a letter's height

# Lines and circles of a letter that is 1 high, with its width; y grows downwards.
_Line = tuple[tuple[float, float], tuple[float, float]]
_Circle = tuple[float, float, float, float]  # its middle, and half of its width and height
_LETTERS: tuple[tuple[float, tuple[_Line, ...], tuple[_Circle, ...]], ...] = (
    (0.72, (((0.0, 1.0), (0.36, 0.0)), ((0.36, 0.0), (0.72, 1.0)), ((0.13, 0.66), (0.59, 0.66))), ()),
    (0.0, (((0.0, 0.0), (0.0, 1.0)),), ()),
    (0.12, (), ()),
    (
        0.84,
        (
            ((0.24, 0.06), (0.0, 0.5)),
            ((0.24, 0.06), (0.46, 0.5)),
            ((0.6, 0.0), (0.6, 0.58)),
            ((0.6, 0.28), (0.82, 0.28)),
            ((0.82, -0.02), (0.82, 0.6)),
        ),
        ((0.5, 0.81, 0.3, 0.19),),
    ),
    (
        0.84,
        (
            ((0.24, 0.06), (0.0, 0.5)),
            ((0.24, 0.06), (0.46, 0.5)),
            ((0.52, 0.28), (0.8, 0.28)),
            ((0.8, -0.02), (0.8, 0.6)),
        ),
        ((0.48, 0.81, 0.3, 0.19),),
    ),
)  # fmt: skip
_GAP = 0.24  # between two letters


def labelled(image: Image.Image) -> Image.Image:
    """Give an RGB image with the label on it. Raises NotMarked where it is too small for one."""
    plate = label(image.size)
    margin = round(_MARGIN * _letter_px(image.size))
    left, top = image.width - plate.width - margin, image.height - plate.height - margin
    if left < 0 or top < 0:
        raise NotMarked(mark="label")
    whole = image.copy()
    whole.paste(plate, (left, top), plate.getchannel("A"))
    return whole


@lru_cache(maxsize=16)  # people ask for few sizes
def label(size: tuple[int, int]) -> Image.Image:
    """Draw the label for a picture of a size, in RGBA."""
    height_px = _letter_px(size)
    unit, padding = height_px * _FINER, round(_PADDING * height_px) * _FINER
    width = sum(width for width, _, _ in _LETTERS) + _GAP * (len(_LETTERS) - 1)
    whole = (round(width * height_px) * _FINER + 2 * padding, unit + 2 * padding)
    plate = Image.new("RGBA", whole, _PLATE)
    pen, left = ImageDraw.Draw(plate), float(padding)
    for letter_width, lines, circles in _LETTERS:
        for start, end in lines:
            _line(pen, _at(start, left, padding, unit), _at(end, left, padding, unit), unit)
        for x, y, half_width, half_height in circles:
            low = _at((x - half_width, y - half_height), left, padding, unit)
            high = _at((x + half_width, y + half_height), left, padding, unit)
            pen.ellipse((*low, *high), outline=_INK, width=round(_STROKE * unit))
        left += (letter_width + _GAP) * unit
    return plate.reduce(_FINER)


def _letter_px(size: tuple[int, int]) -> int:
    return max(MIN_LETTER_PX, round(SHARE * max(size)))


def _at(point: tuple[float, float], left: float, top: float, unit: int) -> tuple[float, float]:
    return left + point[0] * unit, top + point[1] * unit


def _line(
    pen: ImageDraw.ImageDraw, start: tuple[float, float], end: tuple[float, float], unit: int
) -> None:
    """Draw a line with round ends."""
    half = _STROKE * unit / 2
    pen.line((*start, *end), fill=_INK, width=round(2 * half))
    for x, y in (start, end):
        pen.ellipse((x - half, y - half, x + half, y + half), fill=_INK)
