"""Which size a picture gets when a shape is asked for, or a photo is to be drawn over.

SDXL was trained on buckets: shapes of about one area. Other models get the same shapes at the area
that they draw. Standard library only; knows a model by its facts.
"""

from math import sqrt

from pipeline.errors import CannotEnlarge
from pipeline.types import ModelFacts, Ratio

_CELLS = {  # of SDXL's buckets, in 64 px
    Ratio.SQUARE: (16, 16),
    Ratio.LANDSCAPE: (19, 13),
    Ratio.PORTRAIT: (13, 19),
    Ratio.SCREEN: (18, 14),
    Ratio.PAGE: (14, 18),
    Ratio.WIDE: (21, 12),
    Ratio.TALL: (12, 21),
    Ratio.PANORAMA: (24, 10),
    Ratio.SCROLL: (10, 24),
}
_SQUARE_CELLS = 16  # a side of the square bucket: the scale of all
_MAX_RATIO = 24 / 10  # a longer shape is cut off
_ENLARGEMENT = 2.0  # of each side, where the model has room for it


def size_of(ratio: Ratio, facts: ModelFacts) -> tuple[int, int]:
    """Return the width and the height in px that a model draws a shape in."""
    width, height = _CELLS[ratio]
    scale = sqrt(facts.width_px * facts.height_px) / _SQUARE_CELLS
    return _fit(width, height, scale=scale, facts=facts)


def size_like(width_px: int, height_px: int, facts: ModelFacts) -> tuple[int, int]:
    """Return the size that a model draws over a photo in: of its shape, nearly."""
    ratio = min(max(width_px / height_px, 1 / _MAX_RATIO), _MAX_RATIO)
    scale = sqrt(facts.width_px * facts.height_px)
    return _fit(sqrt(ratio), 1 / sqrt(ratio), scale=scale, facts=facts)


def size_enlarged(width_px: int, height_px: int, facts: ModelFacts) -> tuple[int, int]:
    """Return the size that a picture is enlarged to: twice its sides, or as far as there is room.

    Raises CannotEnlarge where there is none.
    """
    room = min(
        facts.max_side_px / max(width_px, height_px),
        sqrt(facts.max_area_px / (width_px * height_px)),
    )
    step_px = facts.side_multiple_px
    scale = min(_ENLARGEMENT, room)
    larger = tuple(int(side_px * scale) // step_px * step_px for side_px in (width_px, height_px))
    if not facts.can_enlarge or larger[0] * larger[1] <= width_px * height_px:
        raise CannotEnlarge(width_px=width_px, height_px=height_px)
    return larger[0], larger[1]


def _fit(width: float, height: float, *, scale: float, facts: ModelFacts) -> tuple[int, int]:
    """Scale a shape and bring its sides onto the model's steps and between its limits."""
    scale = max(scale, facts.min_side_px / min(width, height))
    step_px = facts.side_multiple_px

    def side_px(length: float) -> int:
        nearest = round(length * scale / step_px) * step_px
        return min(max(nearest, facts.min_side_px), facts.max_side_px)

    return side_px(width), side_px(height)
