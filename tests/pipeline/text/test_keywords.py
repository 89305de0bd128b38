"""Keywords by agreement and closeness."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.text.keywords import SentenceModel, score_keywords

WHALE = (
    "a whale above the sea at sunset",
    "a huge whale over the ocean at sunset",
    "a whale in the evening sea",
    "the sea at dusk with a whale",
    "a whale swims in the sea under the sun",
)


def letters(texts: list[str]) -> NDArray[np.float32]:
    """Embed texts by their letters: (N, 26) float32, unit rows."""
    counts = np.array([[text.count(chr(97 + i)) for i in range(26)] for text in texts], np.float32)
    norms: NDArray[np.float32] = np.linalg.norm(counts + 1e-3, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (counts + 1e-3) / norms
    return unit


def test_what_all_sentences_share_weighs_most() -> None:
    """A word of every sentence comes first, with a weight of at most 1.40."""
    keywords = score_keywords(WHALE, num_keywords=8, embed=None)

    assert keywords[0][0] == "whale"
    assert all(1.05 <= weight <= 1.40 for _, weight in keywords)


def test_inventions_of_the_variants_are_dropped() -> None:
    """A word that the person did not write and few variants have is no keyword."""
    found = {word for word, _ in score_keywords(WHALE, num_keywords=8, embed=letters)}

    assert not found & {"sun", "evening", "dusk"}


def test_inflections_are_one_word() -> None:
    """swim, swims and swimming do not split the votes."""
    sentences = ("a fish swimming", "a fish that can swim", "a fish swims", "swim, fish")

    found = dict(score_keywords(sentences, num_keywords=8, embed=None))

    assert len([word for word in found if word.startswith("swim")]) == 1


def test_a_sentence_alone_gives_single_words_with_low_weights() -> None:
    """With fewer than three sentences frequency says nothing."""
    keywords = score_keywords(("a red apple on a table",), num_keywords=8, embed=letters)

    assert {"red", "apple", "table"} == {word for word, _ in keywords}
    assert all(weight <= 1.15 for _, weight in keywords)


@pytest.mark.parametrize("sentences", [("",), ("a the of",), ("...", "1 2 3"), ()])
def test_nothing_to_find_is_no_error(sentences: tuple[str, ...]) -> None:
    """Without candidates there are no keywords."""
    assert score_keywords(sentences, num_keywords=8, embed=letters) == ()


@given(st.permutations(WHALE[1:]))
def test_the_order_of_the_variants_makes_no_difference(variants: list[str]) -> None:
    """Keywords depend on what the variants say, not on when."""
    expected = score_keywords(WHALE, num_keywords=8, embed=letters)

    assert expected == score_keywords((WHALE[0], *variants), num_keywords=8, embed=letters)


def test_keywords_share_no_word() -> None:
    """ "sea" and "evening sea" are not both taken."""
    words = [
        w for text, _ in score_keywords(WHALE, num_keywords=8, embed=letters) for w in text.split()
    ]

    assert len(words) == len(set(words))


def test_the_packaged_sentence_model() -> None:
    """The real model loads offline, gives unit rows, and finds the subject."""
    model = SentenceModel()

    keywords = score_keywords(WHALE, num_keywords=8, embed=model.embed)

    assert np.allclose(np.linalg.norm(model.embed(["a whale", "a cat"]), axis=1), 1.0, atol=1e-4)
    assert {"whale", "sea", "sunset"} <= {word for text, _ in keywords for word in text.split()}
