"""English noun phrases."""

import pytest

from pipeline.text.translate.english import (
    After,
    Before,
    Phrase,
    adverb_of,
    article_for,
    join_and,
    plural_of,
)
from pipeline.text.translate.lexicon import Entry, Kind


def noun(english: str, *marks: str, other: str | None = None, kind: Kind = Kind.NOUN) -> Entry:
    """Make a noun of the glossary."""
    return Entry(kind=kind, english=english, other=other, marks=frozenset(marks))


@pytest.mark.parametrize(
    ("words", "article"),
    [
        ("cat", "a"),
        ("apple", "an"),
        ("unicorn", "a"),
        ("hour", "an"),
        ("umbrella", "an"),
        ("18th century king", "an"),
        ("one", "a"),
    ],
)
def test_articles(words: str, article: str) -> None:
    """The sound decides between a and an."""
    assert article == article_for(words)


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("cat", "cats"),
        ("fox", "foxes"),
        ("cherry", "cherries"),
        ("toy", "toys"),
        ("brush", "brushes"),
        ("bunch of flowers", "bunches of flowers"),
    ],
)
def test_plurals(singular: str, plural: str) -> None:
    """Regular plurals follow their last sound."""
    assert plural == plural_of(singular)


@pytest.mark.parametrize(
    ("adjective", "adverb"), [("happy", "happily"), ("gentle", "gently"), ("slow", "slowly")]
)
def test_adverbs(adjective: str, adverb: str) -> None:
    """Regular adverbs."""
    assert adverb == adverb_of(adjective)


@pytest.mark.parametrize(
    ("texts", "joined"),
    [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_lists(texts: list[str], joined: str) -> None:
    """Lists end in "and"."""
    assert joined == join_and(texts)


def test_adjectives_and_what_follows_have_their_order() -> None:
    """Quality, size, colour, noun; what it has, does, where, when."""
    phrase = Phrase(
        entry=noun("house"),
        before=[
            (Before.NOUN, "brick"),
            (Before.COLOUR, "red"),
            (Before.SIZE, "small"),
            (Before.QUALITY, "cute"),
        ],
        after=[
            (After.TIME, "at night"),
            (After.PLACE, "in the forest"),
            (After.OWNING, "with a door"),
        ],
    )

    assert phrase.text() == "a cute small red brick house with a door in the forest at night"


def test_numbers_and_counters() -> None:
    """Small numbers are words; counters that English has are said."""
    assert Phrase(entry=noun("child", other="children"), number=2).text() == "two children"
    assert (
        Phrase(entry=noun("coffee", "mass"), number=2, counter="cup").text() == "two cups of coffee"
    )
    assert Phrase(entry=noun("bread", "mass")).text() == "bread"
    assert Phrase(entry=noun("moon", "the")).text() == "the moon"


def test_deeds_are_joined() -> None:
    """Two things that somebody does are joined by "and"."""
    phrase = Phrase(
        entry=noun("cat"), after=[(After.DOING, "wearing a hat"), (After.DOING, "eating fish")]
    )

    assert phrase.text() == "a cat wearing a hat and eating fish"
