"""The shipped recogniser."""

import pytest
from PIL import Image

from tools.demo_model import glyphs
from tools.demo_model.recogniser import Recogniser
from tools.demo_model.scenes import Background, Scene, Thing, draw
from tools.demo_model.vocabulary import MODEL_FOLDER

FOLDER = MODEL_FOLDER / "recogniser"


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """Return the shipped network."""
    return Recogniser.load(FOLDER)


@pytest.mark.skipif(not glyphs.FONT.exists(), reason="needs Debian's fonts-noto-color-emoji")
@pytest.mark.parametrize("side_px", [64, 512])
def test_it_sees_a_red_apple_at_both_sizes(recogniser: Recogniser, side_px: int) -> None:
    """A rendered red apple on blue is recognised small and enlarged."""
    scene = Scene(
        things=(Thing(concept="apple", colour="red"),), background=Background(plain="blue")
    )
    image = Image.fromarray(draw(scene)).resize((side_px, side_px), Image.Resampling.NEAREST)
    sight = recogniser.look(image)

    assert sight.concepts[0][0] == "apple"
    assert sight.colour == "red"
    assert sight.background.plain == "blue"
    assert not sight.is_pair


def test_it_is_small() -> None:
    """The recogniser ships in at most 3 MB."""
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= 3_000_000
