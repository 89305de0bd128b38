"""People see that a picture was made by AI, wherever it goes."""

import io

import pytest
from PIL import Image, ImageChops, ImageStat

from pipeline import NotMarked, Pixels, mark
from pipeline.marks.label import MIN_LETTER_PX, SHARE, label
from tests.pipeline.marks.corner import corner_of, likeness
from tests.pipeline.marks.test_writing import RECEIPT

SIDE_PX = 1024
SIZE = (SIDE_PX, SIDE_PX)


def picture(kind: str, *, has_label: bool = True, side_px: int = SIDE_PX) -> Image.Image:
    """A marked picture that is dark, light or wild."""
    image = {
        "dark": Image.new("RGB", (side_px, side_px), (8, 8, 12)),
        "light": Image.new("RGB", (side_px, side_px), (250, 250, 245)),
        "wild": Image.effect_noise((side_px, side_px), 90).convert("RGB"),
        "waves": Image.radial_gradient("L").resize((side_px, side_px)).convert("RGB"),
    }[kind]
    pixels = Pixels(width_px=side_px, height_px=side_px, rgb=image.tobytes())
    data = mark(pixels, RECEIPT, display_px=side_px, has_label=has_label).png
    return Image.open(io.BytesIO(data)).convert("RGB")


def recompressed(image: Image.Image, *, side_px: int) -> Image.Image:
    """The image as a messenger shows it: scaled, and written as JPEG of quality 87."""
    file = io.BytesIO()
    scaled = image.resize((side_px, side_px), Image.Resampling.LANCZOS)
    scaled.save(file, "JPEG", quality=87)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


@pytest.mark.parametrize("kind", ["dark", "light", "wild", "waves"])
@pytest.mark.parametrize("side_px", [1280, 1024, 800])
def test_the_label_outlives_a_messenger(kind: str, side_px: int) -> None:
    """After scaling and JPEG the letters are still in the corner, on whatever lies below."""
    seen = recompressed(picture(kind), side_px=side_px)
    without = recompressed(picture(kind, has_label=False), side_px=side_px)

    assert likeness(seen, drawn_px=SIZE) > 0.8
    assert likeness(without, drawn_px=SIZE) < 0.3


@pytest.mark.parametrize("kind", ["dark", "light"])
def test_the_letters_stand_out_from_their_plate(kind: str) -> None:
    """Light letters on dark, by far more than the 4.5 to 1 that small letters need (WCAG 2.2, 1.4.3)."""
    low, high = corner_of(picture(kind)).getextrema()

    assert isinstance(low, int)
    assert isinstance(high, int)
    assert (_luminance(high) + 0.05) / (_luminance(low) + 0.05) > 4.5


def _luminance(level: int) -> float:
    """Source: WCAG 2.2, relative luminance of a grey."""
    share = level / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def test_nothing_but_the_corner_is_changed() -> None:
    """The rest of the picture is as it was drawn."""
    difference = ImageChops.difference(
        picture("waves"), picture("waves", has_label=False)
    ).getbbox()

    assert difference is not None
    left, top, _, _ = difference
    assert left > SIDE_PX * 0.8
    assert top > SIDE_PX * 0.9


def test_a_picture_without_room_for_it_is_not_shown() -> None:
    """A label that would not fit is not left out: the picture is."""
    pixels = Pixels(width_px=32, height_px=32, rgb=bytes(32 * 32 * 3))

    with pytest.raises(NotMarked) as caught:
        mark(pixels, RECEIPT, display_px=32, has_label=True)

    assert "label" == caught.value.mark


@pytest.mark.parametrize("size", [(128, 128), (512, 512), (2048, 512), (512, 2048), (4096, 4096)])
def test_the_letters_are_never_too_small(size: tuple[int, int]) -> None:
    """They grow with the picture, and never fall below a height that can be read."""
    plate = label(size)

    assert plate.height >= max(MIN_LETTER_PX, round(SHARE * max(size)))
    assert ImageStat.Stat(plate.getchannel("R")).mean[0] > 10
