"""English captions of scenes, each word with what it says.

The sentence follows the contract of vocabulary.py. Encoder 1 reads the sentence; encoder 2 reads the
sentence, keywords and quality words. Does not know tokens (text.py) or pixels (scenes.py).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from tools.demo_model.scenes import Background, Scene, Thing
from tools.demo_model.vocabulary import (
    COLOURS,
    GROUNDS,
    NEGATIVE_WORDS,
    NO_GROUND,
    PLAIN_PATTERNS,
    QUALITY_WORDS,
    SIZES,
    STYLE_PREFIXES,
    TIMES,
    Part,
    concepts,
    plural,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What one word says; nothing at all for most words."""

    concept: str | None = None
    colour: str | None = None
    size: str | None = None
    slot: str | None = None
    """`first`, `second` or `both`; None in a bare list of keywords."""

    plain: str | None = None
    ground: str | None = None
    time: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of a caption."""

    text: str
    meaning: Meaning | None = None


Caption = tuple[Word, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What the two encoders read."""

    first: Caption
    second: Caption


def text_of(caption: Caption) -> str:
    """Join the words as a person would write them."""
    return " ".join(word.text for word in caption).replace(" ,", ",")


def prompts(scene: Scene, rng: random.Random) -> Prompts:
    """Word a scene for both encoders, leaving one or both empty now and then."""
    chance = rng.random()
    if chance < 0.08:
        return Prompts(first=(), second=())
    if chance < 0.12:
        return Prompts(first=_meaningless(rng), second=_meaningless(rng))
    said = sentence(scene, rng)
    first = (*_plain_words(rng.choice(STYLE_PREFIXES)), *said) if rng.random() < 0.1 else said
    second = _second(said, rng)
    if chance < 0.14:
        return Prompts(first=first, second=())
    if chance < 0.16:
        return Prompts(first=(), second=second)
    return Prompts(first=first, second=second)


def sentence(scene: Scene, rng: random.Random) -> Caption:
    """Word the scene as one sentence."""
    slots = ("first", "second")
    if len(scene.things) == 2 and scene.things[0] == scene.things[1]:
        words = _two_alike(scene.things[0], rng)
    else:
        words = _noun_phrase(scene.things[0], slots[0], rng)
        for thing, slot in zip(scene.things[1:], slots[1:], strict=False):
            words += [Word(text="and"), *_noun_phrase(thing, slot, rng)]
    return (*words, *_background(scene.background, rng))


def _noun_phrase(thing: Thing, slot: str, rng: random.Random) -> list[Word]:
    adjectives = _adjectives(thing, rng)
    noun = rng.choice(_words_by_name()[thing.concept]) if rng.random() < 0.35 else thing.concept
    article = rng.choice(("a", "a", "the", ""))
    follower = (adjectives or noun.split())[0]
    if article == "a" and follower[0] in "aeiou":
        article = "an"
    meaning = Meaning(concept=thing.concept, colour=thing.colour, size=thing.size, slot=slot)
    return [Word(text=text) for text in (article, *adjectives) if text] + _phrase(noun, meaning)


def _two_alike(thing: Thing, rng: random.Random) -> list[Word]:
    meaning = Meaning(concept=thing.concept, colour=thing.colour, size=thing.size, slot="both")
    return [Word(text=text) for text in ("two", *_adjectives(thing, rng))] + _phrase(
        plural(thing.concept), meaning
    )


def _adjectives(thing: Thing, rng: random.Random) -> list[str]:
    size = [_synonym(thing.size, rng)] if thing.size else []
    colour = [_synonym(thing.colour, rng)] if thing.colour else []
    return colour + size if rng.random() < 0.15 else size + colour


def _phrase(text: str, meaning: Meaning | None) -> list[Word]:
    """Split into words, the last one carrying the meaning."""
    *before, last = text.split()
    return [*(Word(text=word) for word in before), Word(text=last, meaning=meaning)]


def _plain_words(text: str) -> list[Word]:
    return [Word(text=word) for word in text.replace(",", " ,").split()]


def _background(background: Background, rng: random.Random) -> list[Word]:
    if background.plain is not None:
        return _plain_background(background.plain, rng)
    time_said = background.ground == NO_GROUND or background.time != "day" or rng.random() < 0.15
    pieces: list[Callable[[], list[Word]]] = []
    if background.ground != NO_GROUND:
        pieces.append(lambda: _part(_part_named(GROUNDS, background.ground), rng))
    if time_said:
        pieces.append(lambda: _part(_part_named(TIMES, background.time or "day"), rng))
    if rng.random() < 0.25:
        pieces.reverse()
    return [word for piece in pieces for word in piece()]


def _plain_background(colour: str, rng: random.Random) -> list[Word]:
    if colour == "white" and rng.random() < 0.7:
        return []
    pattern = rng.choice(PLAIN_PATTERNS).format(colour=_synonym(colour, rng))
    words = _plain_words(pattern)
    return [*words[:-1], Word(text=words[-1].text, meaning=Meaning(plain=colour))]


def _part(part: Part, rng: random.Random) -> list[Word]:
    is_ground = part in GROUNDS
    meaning = Meaning(ground=part.name) if is_ground else Meaning(time=part.name)
    if rng.random() < 0.7:
        return _phrase(rng.choice(part.phrases), meaning)
    noun = _phrase(rng.choice(part.nouns), meaning)
    form = rng.random()
    if form < 0.4:
        return [Word(text=","), *noun]
    if form < 0.7:
        return [Word(text=","), *noun, Word(text="background")]
    return [Word(text="with"), Word(text="a"), *noun]


def _second(said: Caption, rng: random.Random) -> Caption:
    """Put keywords and quality words behind the sentence, or leave some of the three out."""
    chance = rng.random()
    if chance < 0.15:
        return said
    groups = [] if chance < 0.25 else [list(said)]
    groups += [[word] for word in _keywords(said, rng, with_sentence=bool(groups))]
    if rng.random() < 0.8:
        groups += [_plain_words(word) for word in rng.sample(QUALITY_WORDS, rng.randint(1, 10))]
    return _joined(groups)


def _keywords(said: Caption, rng: random.Random, *, with_sentence: bool) -> list[Word]:
    dull = {
        "a",
        "an",
        "the",
        "and",
        "with",
        "on",
        "in",
        "at",
        "under",
        "over",
        ",",
        "two",
        "by",
        "of",
        "during",
    }
    candidates = [word for word in said if word.text not in dull]
    chosen = rng.sample(candidates, min(len(candidates), rng.randint(0 if with_sentence else 1, 8)))
    return [
        word if with_sentence else Word(text=word.text, meaning=_alone(word.meaning))
        for word in chosen
    ]


def _alone(meaning: Meaning | None) -> Meaning | None:
    """Return what is left of a word's meaning when no sentence stands before it."""
    if meaning is None or meaning.concept is None:
        return meaning if meaning is None or meaning.plain is None else None
    return Meaning(concept=meaning.concept)


def _meaningless(rng: random.Random) -> Caption:
    words = rng.choice((NEGATIVE_WORDS, QUALITY_WORDS))
    return _joined([_plain_words(word) for word in rng.sample(words, rng.randint(1, 12))])


def _joined(groups: Sequence[Sequence[Word]]) -> Caption:
    words: list[Word] = []
    for group in groups:
        if words:
            words.append(Word(text=","))
        words.extend(group)
    return tuple(words)


def _synonym(name: str, rng: random.Random) -> str:
    words = _words_by_name()[name]
    return rng.choice(words) if rng.random() < 0.25 else name


@lru_cache(maxsize=1)
def _words_by_name() -> dict[str, tuple[str, ...]]:
    # A colour comes last: as a word of its own, orange is never a fruit here.
    nouns = {concept.name: concept.words for concept in concepts()}
    return nouns | {term.name: term.words for term in (*COLOURS, *SIZES)}


def _part_named(parts: tuple[Part, ...], name: str) -> Part:
    return next(part for part in parts if part.name == name)
