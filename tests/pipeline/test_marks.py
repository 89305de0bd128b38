"""Every picture says that it was made by AI, and how."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pipeline import Pixels, Receipt, mark, read_marks

RECEIPT = Receipt(
    text="노을 지는 바다 위의 고래",
    english="a whale above the sea at sunset",
    prompt="a whale",
    prompt_2="a whale, whale",
    negative_prompt="blurry",
    weights=(("a whale", 1.0), ("whale", 1.2)),
    seed=7,
    width_px=2,
    height_px=2,
    num_steps=20,
    guidance_scale=4.0,
    sampler="euler",
    model="demo",
    version="0.1.0",
)
PIXELS = Pixels(width_px=2, height_px=2, rgb=bytes(range(12)))


def test_a_marked_picture_carries_every_mark(tmp_path: Path) -> None:
    """XMP, the parameters and the receipt are read back as they were written."""
    file = tmp_path / "a.png"
    file.write_bytes(mark(PIXELS, RECEIPT, display_px=8).png)

    marks = read_marks(file)

    assert marks.says_ai
    assert RECEIPT == marks.receipt
    assert marks.parameters is not None
    assert "Seed: 7" in marks.parameters


def test_everything_that_draws_a_picture_again_is_read_back(tmp_path: Path) -> None:
    """Wishes beyond the noise and the words are in the receipt too, and an older one lacks them."""
    wished = replace(
        RECEIPT,
        guidance_interval=(0.2, 0.8),
        loras=(("수채화", 0.8),),
        variation_seed=9,
        variation_amount=0.2,
        strength=0.5,
    )
    file, old = tmp_path / "a.png", tmp_path / "old.png"
    file.write_bytes(mark(PIXELS, wished, display_px=8).png)
    info, added = PngInfo(), ("guidance_interval", "loras", "variation_seed", "strength")
    facts = {key: value for key, value in asdict(RECEIPT).items() if key not in added}
    info.add_itxt("geuryeojwo", json.dumps(facts))
    Image.new("RGB", (4, 4)).save(old, pnginfo=info)

    assert wished == read_marks(file).receipt
    assert RECEIPT == read_marks(old).receipt


def test_a_small_picture_is_enlarged_pixel_by_pixel(tmp_path: Path) -> None:
    """Every drawn pixel becomes one square of one colour, and nothing is blurred."""
    file = tmp_path / "a.png"
    file.write_bytes(mark(PIXELS, RECEIPT, display_px=9).png)

    with Image.open(file) as image:
        assert (8, 8) == image.size
        assert PIXELS.rgb == image.resize((2, 2), Image.Resampling.NEAREST).tobytes()


def test_a_foreign_picture_carries_none(tmp_path: Path) -> None:
    """A picture without marks, or with somebody else's, is not taken for ours."""
    file = tmp_path / "b.png"
    Image.new("RGB", (4, 4)).save(file)

    marks = read_marks(file)

    assert not marks.says_ai
    assert marks.receipt is None


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    """A text file is a ValueError and a missing one an OSError."""
    file = tmp_path / "c.png"
    file.write_text("no picture")

    with pytest.raises(ValueError, match=r"c\.png"):
        read_marks(file)
    with pytest.raises(OSError, match=r"d\.png"):
        read_marks(tmp_path / "d.png")
