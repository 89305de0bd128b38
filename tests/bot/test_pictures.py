"""Adapters read pictures as they are, or made to fit, and never without their marks."""

import random
from pathlib import Path

from bot.files import Files
from bot.marking import Marking
from bot.pictures import reader_of
from bot.sealing import KEY_BYTES, Sealer
from bot.settings import MarksSection
from pipeline import Pixels, mark, marks_in
from tests.bot.test_receipt import RECEIPT

MARKING = Marking(MarksSection(credentials=False))


async def test_a_picture_is_made_to_fit_with_its_marks(tmp_path: Path) -> None:
    """Within the limit it is the file itself, beyond it one that says the same, and else nothing."""
    files = Files(str(tmp_path), Sealer(b"k" * KEY_BYTES))
    pixels = Pixels(width_px=64, height_px=64, rgb=random.Random(7).randbytes(64 * 64 * 3))
    picture = mark(pixels, RECEIPT, display_px=64).png
    await files.write("pictures/a.png", picture)
    read = reader_of(files, MARKING)

    smaller = await read("pictures/a.png", max_bytes=len(picture) - 1)

    assert picture == await read("pictures/a.png")
    assert picture == await read("pictures/a.png", max_bytes=len(picture))
    assert smaller is not None
    assert len(smaller) < len(picture)
    assert marks_in(picture) == marks_in(smaller)
    assert await read("pictures/a.png", max_bytes=100) is None
    assert await read("pictures/none.png", max_bytes=100) is None


async def test_what_is_no_picture_fits_or_does_not(tmp_path: Path) -> None:
    """A file of data is never cut."""
    files = Files(str(tmp_path), Sealer(b"k" * KEY_BYTES))
    await files.write("exports/a.json", b"{}" * 100)
    read = reader_of(files, MARKING)

    assert b"{}" * 100 == await read("exports/a.json", max_bytes=200)
    assert await read("exports/a.json", max_bytes=199) is None
