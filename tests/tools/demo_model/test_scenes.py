"""Scenes and their captions."""

import random

import numpy as np
import pytest

from tools.demo_model import captions, glyphs
from tools.demo_model.scenes import SIDE_PX, Background, Scene, Thing, compose, draw
from tools.demo_model.vocabulary import concepts

needs_font = pytest.mark.skipif(
    not glyphs.FONT.exists(), reason="needs Debian's fonts-noto-color-emoji"
)
NAMES = tuple(concept.name for concept in concepts())


def scene(**parts: object) -> Scene:
    """Return a red cat on white, or what `parts` say."""
    things = (Thing(concept="cat", colour="red"),)
    return Scene(**{"things": things, "background": Background(plain="white"), **parts})  # type: ignore[arg-type]


def test_the_same_seed_composes_the_same_scene() -> None:
    """Scenes and captions follow from the seed alone."""
    scenes = [compose(random.Random(7), names=NAMES, shift_px=2) for _ in range(2)]
    said = [captions.prompts(one, random.Random(3)) for one in scenes]

    assert scenes[0] == scenes[1]
    assert said[0] == said[1]


@needs_font
def test_a_scene_is_drawn_without_chance() -> None:
    """Equal scenes are equal pictures."""
    one = compose(random.Random(11), names=NAMES)

    assert np.array_equal(draw(one), draw(one))
    assert draw(one).shape == (SIDE_PX, SIDE_PX, 3)


@needs_font
def test_a_tint_gives_the_thing_its_colour() -> None:
    """A red cat is mostly red and a blue one mostly blue."""
    red = draw(scene())[24:40, 24:40].reshape(-1, 3).mean(axis=0)
    blue = (
        draw(scene(things=(Thing(concept="cat", colour="blue"),)))[24:40, 24:40]
        .reshape(-1, 3)
        .mean(axis=0)
    )

    assert red.argmax() == 0
    assert blue.argmax() == 2


@needs_font
def test_a_missing_font_is_named() -> None:
    """The error says which package to install."""
    assert "fonts-noto-color-emoji" in str(glyphs.FontMissing(glyphs.FONT))


@pytest.mark.parametrize("seed", range(40))
def test_a_sentence_says_what_the_scene_shows(seed: int) -> None:
    """Each thing's meaning stands on one word of the sentence, in order."""
    one = compose(random.Random(seed), names=NAMES, pair_share=0.5)
    said = captions.sentence(one, random.Random(seed))
    meanings = [word.meaning for word in said if word.meaning and word.meaning.concept]

    if len(one.things) == 2 and one.things[0] == one.things[1]:
        assert [m.slot for m in meanings] == ["both"]
    else:
        assert [(m.concept, m.colour) for m in meanings] == [
            (t.concept, t.colour) for t in one.things
        ]


def test_a_white_background_may_stay_unsaid() -> None:
    """White is the default: most captions of it name no background."""
    said = [captions.text_of(captions.sentence(scene(), random.Random(seed))) for seed in range(50)]

    assert any("background" not in text for text in said)
    assert any("white background" in text for text in said)
