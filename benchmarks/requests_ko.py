"""Korean requests whose picture is known: which thing, in which colour, before which background.

Some are the project's test messages that name one thing of the demonstration model; the others are
composed of a background, a colour and a thing. Only requests are taken whose English still has all three:
what a translation lost says nothing about prompts.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.text.korean import Korean
from pipeline.text.prepare import Preparer
from pipeline.text.translate.glossary import Glossary
from pipeline.text.translate.lexicon import load_lexicon
from pipeline.vocabulary import ModelVocabulary
from tools.demo_model.captions import sentence, text_of
from tools.demo_model.scenes import Background, Scene, Thing
from tools.demo_model.vocabulary import (
    COLOURS,
    MODEL_FOLDER,
    NO_GROUND,
    NUM_LEARNED,
    Concept,
    concepts,
)

MESSAGES = Path(__file__).parents[1] / "tests" / "data"
NUM_VARIANTS = 8

_COLOURS = {
    "빨간": "red", "노란": "yellow", "초록": "green", "파란": "blue", "보라색": "purple", "분홍": "pink",
    "하얀": "white", "검은": "black", "갈색": "brown", "회색": "gray", "주황색": "orange",
}  # fmt: skip
_BACKGROUNDS = {
    "바다 위의": ("sea|ocean", Background(ground="sea", time="day")),
    "초원 위의": ("meadow|grass", Background(ground="grass field", time="day")),
    "눈 속의": ("snow", Background(ground="snowy field", time="day")),
    "사막의": ("desert", Background(ground="desert", time="day")),
    "숲속의": ("forest", Background(ground="forest", time="day")),
    "도시의": ("city", Background(ground="city", time="day")),
    "해변의": ("beach", Background(ground="beach", time="day")),
    "노을 지는 하늘 아래": ("sunset", Background(ground=NO_GROUND, time="sunset")),
    "밤하늘 아래": ("night", Background(ground=NO_GROUND, time="night")),
    "빗속의": ("rain", Background(ground=NO_GROUND, time="rain")),
    "노란 배경에": ("yellow background", Background(plain="yellow")),
    "파란 배경에": ("blue background", Background(plain="blue")),
    "분홍 배경에": ("pink background", Background(plain="pink")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, its English, and what its picture must show; None where nothing was said."""

    korean: str
    english: str
    variants: tuple[str, ...]  # similar English sentences
    concept: str
    colour: str | None
    background: Background | None


async def collected(preparer: Preparer, *, max_requests: int) -> list[Request]:
    """Take the first test messages that name one thing and no word that the model has not learned."""
    vocabulary = ModelVocabulary.load(MODEL_FOLDER)
    names = {word: concept.name for concept in _learned() for word in concept.words}
    found: list[Request] = []
    for message in _messages():
        if len(found) == max_requests:
            break
        groups = [{names[w] for w in group if w in names} for group in message["must_words_en"]]
        named = [sorted(group) for group in groups if group]
        if len(named) != 1 or not message.get("safe", True):
            continue
        prepared = await preparer.prepare(message["text"])
        english = prepared.english or ""
        thing = _thing(english, named[0])
        is_plain = not prepared.style and not prepared.unknown_words
        if thing and is_plain and not vocabulary.unlearned(english):
            found.append(
                Request(
                    korean=message["text"],
                    english=english,
                    variants=prepared.variants,
                    concept=thing.concept,
                    colour=thing.colour,
                    background=None,
                )
            )
    return found


async def composed(preparer: Preparer, *, num: int, seed: int) -> list[Request]:
    """Compose requests, each with as many variants as a language model gives.

    The variants are captions of the same scene, in words that the model knows: a language model
    would invent things besides.
    """
    rng, koreans = random.Random(seed), _koreans(Glossary(Korean()))
    found: dict[str, Request] = {}
    while len(found) < num:
        concept, place = rng.choice(sorted(koreans)), rng.choice(list(_BACKGROUNDS))
        korean_colour, colour = rng.choice(list(_COLOURS.items()))
        korean = f"{place} {korean_colour} {koreans[concept]}"
        english = (await preparer.prepare(f"{korean} 그려줘")).english or ""
        pattern, background = _BACKGROUNDS[place]
        thing = _thing(english, [concept])
        if thing is None or thing.colour != colour or not re.search(pattern, english):
            continue
        scene = Scene(things=(thing,), background=background)
        found[korean] = Request(
            korean=korean,
            english=english,
            variants=tuple(text_of(sentence(scene, rng)) for _ in range(NUM_VARIANTS)),
            concept=concept,
            colour=colour,
            background=background,
        )
    return list(found.values())


def _messages() -> Iterator[dict[str, Any]]:
    for name in ("messages_ko.jsonl", "everyday_ko.jsonl"):
        yield from (json.loads(line) for line in (MESSAGES / name).read_text("utf-8").splitlines())


def _thing(english: str, names: list[str]) -> Thing | None:
    """Find one of the concepts in a sentence, with its colour."""
    for concept in (c for c in _learned() if c.name in names):
        words = "|".join(sorted(concept.words, key=len, reverse=True))
        colours = "|".join(word for colour in COLOURS for word in colour.words)
        pattern = rf"(?:\b(?P<colour>{colours}) )?(?:(?:big|small) )?\b(?:{words})(?:s|es)?\b"
        if match := re.search(pattern, english, re.IGNORECASE):
            said = (match["colour"] or "").lower()
            colour = next((one.name for one in COLOURS if said in one.words), None)
            return Thing(concept=concept.name, colour=colour)
    return None


def _koreans(glossary: Glossary) -> Mapping[str, str]:
    """Give a Korean word for every concept that the glossary puts into just this English."""
    coloured = {word for colour in COLOURS for word in colour.words}
    names = {c.name for c in _learned() if not coloured & set(c.name.split())}
    found: dict[str, str] = {}
    for korean, (meaning, *others) in load_lexicon().meanings.items():
        name = meaning.entry.english
        is_plain = name in names - found.keys() and not others
        if is_plain and re.fullmatch("[가-힣]{2,}", korean):
            english = glossary.translate(korean).english
            if re.fullmatch(rf"(?:an? )?{name}", english):
                found[name] = korean
    return found


def _learned() -> tuple[Concept, ...]:
    return concepts()[:NUM_LEARNED]
