"""The word lists: readable, consistent, and enough for the demonstration model."""

import json
from pathlib import Path

import pytest

from pipeline.text.normalise import has_hangul
from pipeline.text.translate.lexicon import Kind, Lexicon, load_lexicon

VOCABULARY = Path(__file__).parents[4] / "models" / "demo" / "vocabulary.json"


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    """All lists."""
    return load_lexicon()


def test_every_concept_of_the_demonstration_model_has_a_korean_word(lexicon: Lexicon) -> None:
    """Whatever the model can draw can be asked for."""
    known = {
        meaning.entry.english.lower().partition(",")[0].removeprefix("the ")
        for korean, meanings in lexicon.meanings.items()
        if has_hangul(korean)
        for meaning in meanings
    } | {"teeth"}

    concepts = json.loads(VOCABULARY.read_text("utf-8"))["concepts"]
    unknown = {c["name"] for c in concepts if not known & {c["name"], *c["synonyms"]}}

    assert unknown <= {"laughing face", "cool face"}


@pytest.mark.parametrize("colour", ["red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black", "brown", "gray"])  # fmt: skip
def test_every_colour_has_a_korean_word(lexicon: Lexicon, colour: str) -> None:
    """So can every colour."""
    entries = [meaning.entry for meanings in lexicon.meanings.values() for meaning in meanings]

    assert any(e.kind is Kind.COLOUR and e.english == colour for e in entries)


def test_no_english_holds_hangul(lexicon: Lexicon) -> None:
    """The English side of the lists is English."""
    entries = [meaning.entry for meanings in lexicon.meanings.values() for meaning in meanings]

    assert not [e for e in entries if has_hangul(e.english + (e.other or ""))]


def test_hand_made_words_win_over_cldr(lexicon: Lexicon) -> None:
    """CLDR calls 양 a ewe and 말 a horse's glyph; the lists know better."""
    sheep = lexicon.choose("양")

    assert sheep is not None
    assert sheep.english == "sheep"
