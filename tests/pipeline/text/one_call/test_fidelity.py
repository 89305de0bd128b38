"""What can be seen of a wording is seen, and what is fine is let through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.normalise import has_hangul
from pipeline.text.one_call.fidelity import (
    MAX_CHARS,
    asks_for_a_picture,
    clean,
    distinct,
    is_related,
    measured,
    missing_terms,
)

TEXT = "노을 지는 바다 위의 고래"
KNOWN = frozenset("a whale above the sea at sunset".split())

CLEANED = {
    "blanks and a full stop": (" A whale \n at sea. ", "A whale at sea"),
    "a picture of": ("A picture of a whale", "a whale"),
    "an illustration showing": ("An illustration showing a whale", "a whale"),
    "a picture that is meant": ("A picture frame", "A picture frame"),
    "a painting, which is a style": ("A painting of a whale", "A painting of a whale"),
}


@pytest.mark.parametrize(("said", "english"), CLEANED.values(), ids=list(CLEANED))
def test_what_says_nothing_is_taken_off(said: str, english: str) -> None:
    """The opening that models are fond of goes, and nothing else."""
    assert english == clean(said)


REQUESTS = ["Draw a whale", "Please, a whale", "a whale in this image", "Sketch me a whale",
            "Create a whale", "Here is the prompt: whale", "Show the sea", "a whale, please"]  # fmt: skip


@pytest.mark.parametrize("english", REQUESTS)
def test_request_words_are_seen(english: str) -> None:
    """A sentence that asks for a picture would draw hands and pencils."""
    assert asks_for_a_picture(english, text=TEXT)


CONTENT = {
    "drawing in the scene": ("a robot that can draw pictures", "그림 그려주는 로봇"),
    "a photo in the scene": ("a couple taking pictures", "사진을 찍는 커플"),
    "on a sign": ('a sign that says "please wait"', "기다리라고 적힌 간판"),
    "the person's own English": ("a prompt box", "prompt 상자"),
    "a word that only begins so": ("a drawer and a painted wall", "서랍과 칠한 벽"),
    "paint that is no request": ("paint splashes on a wall", "벽에 튄 물감"),
}


@pytest.mark.parametrize(("english", "text"), CONTENT.values(), ids=list(CONTENT))
def test_words_that_the_text_gives_reason_for_are_content(english: str, text: str) -> None:
    """Who asks for a painter gets one."""
    assert not asks_for_a_picture(english, text=text)


RELATED = {
    "the same word": ["a whale"],
    "its plural": ["whales far away"],
    "another form": ["sunsets"],
    "only in a variant": ["a huge animal above the ocean", "a whale over the ocean"],
}
UNRELATED = {
    "another answer": ["I have been hacked", "ha ha ha"],
    "small words only": ["above and at the end of a list"],
    "nothing": [],
    "Korean": [TEXT],
}


@pytest.mark.parametrize("sentences", RELATED.values(), ids=list(RELATED))
def test_one_known_word_is_relation_enough(sentences: list[str]) -> None:
    """Words have many names, so the others may be missing."""
    assert is_related(sentences, KNOWN)


@pytest.mark.parametrize("sentences", UNRELATED.values(), ids=list(UNRELATED))
def test_without_a_known_word_there_is_no_relation(sentences: list[str]) -> None:
    """What shares no word with the text is no translation of it."""
    assert not is_related(sentences, KNOWN)


@pytest.mark.parametrize(
    "known", [[], ["whale"], ["a", "whale", "and", "the"], ["whale", "whales"]]
)
def test_too_few_known_words_prove_nothing(known: list[str]) -> None:
    """A single word may well have another name; articles are none."""
    assert is_related(["an orca"], frozenset(known))


def test_short_words_are_compared_whole() -> None:
    """A sun is no sunset, a king no ring, but a snowman is made of snow."""
    assert not is_related(["the sun and a ring"], frozenset({"sunset", "king"}))
    assert is_related(["a snowman"], frozenset({"snow", "hill"}))


def test_glosses_do_not_count_as_length() -> None:
    """Korean things with their glosses, and fixed English, are as long as they must be."""
    english = "Mongi the white dog in hanbok, traditional Korean dress"

    assert "M in hanbok" == measured(
        english, glosses=["hanbok, traditional Korean dress"], fixed=["Mongi the white dog"]
    )


def test_a_missing_term_is_named() -> None:
    """Fixed English must be there, in any case and with any blanks; its gloss need not."""
    terms = {"몽이": "Mongi  the dog", "갓": "gat, black hat", "뽀삐": "Poppy, a cat"}

    assert ("Poppy",) == missing_terms("a cat and MONGI the dog with a gat", terms)


def test_variants_are_distinct_and_good() -> None:
    """Bad variants are dropped, and no good one suffers for it."""
    said = ["A whale.", " a big whale ", "A BIG WHALE", "고래 whale", "", "Draw a whale",
            "w" * (MAX_CHARS + 1), "a picture of an old whale"]  # fmt: skip

    assert ("a big whale", "an old whale") == distinct(said, unlike="a whale", text=TEXT)


@given(st.lists(st.text()), st.text())
def test_any_variants_come_out_clean(said: list[str], english: str) -> None:
    """No empty, Korean or repeated sentence passes, and never the sentence itself."""
    variants = distinct(said, unlike=english, text=TEXT)

    assert len({v.casefold() for v in (*variants, english)}) == len(variants) + 1
    assert all(v and not has_hangul(v) for v in variants)
