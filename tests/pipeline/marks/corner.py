"""The lower right corner of a picture, where people look for the label."""

from PIL import Image

from pipeline.marks.label import MIN_LETTER_PX, SHARE, label


def corner_of(image: Image.Image, *, drawn_px: tuple[int, int] | None = None) -> Image.Image:
    """Cut out where the label is, in grey; `drawn_px` is the size at which it was drawn."""
    size = drawn_px or image.size
    scale, plate = image.width / size[0], label(size)
    margin_px = round(0.4 * max(MIN_LETTER_PX, round(SHARE * max(size))))
    right, low = image.width - round(margin_px * scale), image.height - round(margin_px * scale)
    left, top = right - round(plate.width * scale), low - round(plate.height * scale)
    return image.crop((left, top, right, low)).convert("L")


def likeness(image: Image.Image, *, drawn_px: tuple[int, int] | None = None) -> float:
    """How much that corner is like the letters: 1 the same, 0 nothing in common.

    Pearson's correlation of the corner's brightness with the label's, at the size of the image.
    """
    corner = corner_of(image, drawn_px=drawn_px)
    plate = label(drawn_px or image.size).getchannel("R")
    return _correlation(corner, plate.resize(corner.size, Image.Resampling.LANCZOS))


def _correlation(one: Image.Image, other: Image.Image) -> float:
    ones, others = one.tobytes(), other.tobytes()
    mean, other_mean = sum(ones) / len(ones), sum(others) / len(others)
    pairs = [(a - mean, b - other_mean) for a, b in zip(ones, others, strict=True)]
    shared = sum(a * b for a, b in pairs)
    spread = sum(a * a for a, _ in pairs) * sum(b * b for _, b in pairs)
    return float(shared / spread**0.5) if spread else 0.0
