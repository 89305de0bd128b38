"""The words of the demonstration model: concepts, colours, sizes, backgrounds.

This is the contract with the Korean translator: whatever it emits out of these words, the model draws.
`python -m tools.demo_model.vocabulary` writes it as `models/demo/vocabulary.json`.
Does not know how anything looks (scenes.py) or how sentences are put together (captions.py).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

CONCEPTS_FILE = Path(__file__).with_name("concepts.txt")
MODEL_FOLDER = Path(__file__).parents[2] / "models" / "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One thing the model draws, with the emoji it looks like."""

    name: str
    emoji: str
    synonyms: tuple[str, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """The name and every other word for it."""
        return (self.name, *self.synonyms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A colour or a size, with other words for it."""

    name: str
    synonyms: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The name and every other word for it."""
        return (self.name, *self.synonyms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A ground or a time of day: nouns follow a comma or "with a", phrases stand as they are."""

    name: str
    nouns: tuple[str, ...]
    phrases: tuple[str, ...]


COLOURS = (
    Term(name="red", synonyms=("crimson", "scarlet")),
    Term(name="orange"),
    Term(name="yellow", synonyms=("golden",)),
    Term(name="green"),
    Term(name="blue"),
    Term(name="purple", synonyms=("violet",)),
    Term(name="pink"),
    Term(name="white"),
    Term(name="black"),
    Term(name="brown"),
    Term(name="gray", synonyms=("grey", "silver")),
)

SIZES = (
    Term(name="big", synonyms=("large", "huge", "giant")),
    Term(name="small", synonyms=("little", "tiny", "mini")),
)

PLAIN_PATTERNS = (
    "on a {colour} background",
    ", {colour} background",
    "with a {colour} background",
    "{colour} background",
)
"""How a plain background is said; white is drawn when none is said."""

GROUNDS = (
    Part(
        name="sea",
        nouns=("sea", "ocean"),
        phrases=(
            "in the sea",
            "above the sea",
            "over the sea",
            "by the sea",
            "on the sea",
            "in the ocean",
            "over the ocean",
            "on the water",
        ),
    ),
    Part(
        name="grass field",
        nouns=("grass field", "meadow", "green field"),
        phrases=(
            "in a grass field",
            "in the grass field",
            "on the grass",
            "in a meadow",
            "in the meadow",
            "in the field",
            "in a field",
            "in the park",
            "in the garden",
            "on a hill",
        ),
    ),
    Part(
        name="snowy field",
        nouns=("snowy field", "snow"),
        phrases=(
            "in a snowy field",
            "in the snowy field",
            "in the snow",
            "on the snow",
            "in winter",
            "on a snowy field",
        ),
    ),
    Part(
        name="desert",
        nouns=("desert",),
        phrases=("in the desert", "in a desert", "over the desert"),
    ),
    Part(
        name="forest",
        nouns=("forest", "woods"),
        phrases=(
            "in the forest",
            "in a forest",
            "in the woods",
            "in the jungle",
            "over the forest",
        ),
    ),
    Part(
        name="city",
        nouns=("city", "city street"),
        phrases=(
            "in the city",
            "in a city",
            "over the city",
            "on the street",
            "in the street",
            "in town",
        ),
    ),
    Part(
        name="beach",
        nouns=("beach", "sandy beach"),
        phrases=("on the beach", "on a beach", "at the beach", "on the sand"),
    ),
    Part(
        name="mountains",
        nouns=("mountains", "mountain"),
        phrases=(
            "in the mountains",
            "in front of mountains",
            "on a mountain",
            "on the mountain",
            "over the mountains",
        ),
    ),
)

TIMES = (
    Part(
        name="day",
        nouns=("blue sky", "sky"),
        phrases=(
            "in the sky",
            "in the blue sky",
            "under a blue sky",
            "under the blue sky",
            "under the sky",
            "in the daytime",
            "during the day",
            "on a sunny day",
        ),
    ),
    Part(
        name="sunset",
        nouns=("sunset sky", "sunset"),
        phrases=(
            "at sunset",
            "under a sunset sky",
            "under the sunset sky",
            "in the sunset sky",
            "in the sunset",
            "in the evening",
            "at dusk",
            "at dawn",
            "at sunrise",
        ),
    ),
    Part(
        name="night",
        nouns=("night sky", "starry sky", "space"),
        phrases=(
            "at night",
            "in the night sky",
            "under a night sky",
            "under the night sky",
            "under the stars",
            "under a starry sky",
            "in the starry sky",
            "in space",
        ),
    ),
    Part(
        name="rain",
        nouns=("rain",),
        phrases=("in the rain", "under the rain", "on a rainy day"),
    ),
)

NO_GROUND = "none"
"""The ground of a picture that is all sky."""

NEGATIVE_WORDS = (
    "lowres", "blurry", "deformed", "disfigured", "bad anatomy", "extra fingers", "cropped", "watermark", "text",
    "cartoon", "anime", "3d render", "low quality", "worst quality", "ugly", "noisy", "jpeg artifacts", "signature",
    "username", "error", "mutated hands", "poorly drawn face", "duplicate", "out of frame", "grainy",
)  # fmt: skip
"""Words that describe no picture of ours and mean nothing to the model."""

QUALITY_WORDS = (
    "photorealistic", "sharp focus", "natural light", "high detail", "best quality", "super-detailed", "realistic",
    "true-to-life", "balanced", "well-defined", "clear", "realistic photography", "realism", "detailed faces",
    "masterpiece", "highly detailed", "8k", "high quality",
)  # fmt: skip
"""The same, for prompts: said or unsaid, the picture is the same."""

STYLE_PREFIXES = (
    "oil painting of", "photo of", "a photo of", "watercolor painting of", "a drawing of", "illustration of",
    "pixel art of", "pencil sketch of", "a picture of", "a painting of", "anime style", "cartoon of", "realistic photo of",
)  # fmt: skip
"""The same, before a sentence."""


NUM_LEARNED = 329
"""The shipped weights were trained on this many concepts, the commonest ones."""


@lru_cache(maxsize=1)
def concepts() -> tuple[Concept, ...]:
    """Every concept, the commonest first."""
    lines = CONCEPTS_FILE.read_text(encoding="utf-8").splitlines()
    return tuple(_concept(line) for line in lines if line and not line.startswith("#"))


def _concept(line: str) -> Concept:
    emoji, name, synonyms = (field.strip() for field in line.split("|"))
    return Concept(
        name=name,
        emoji=emoji,
        synonyms=tuple(word.strip() for word in synonyms.split(",") if word.strip()),
    )


def plural(noun: str) -> str:
    """Return the plural that the captions use ("two cats")."""
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun if noun.endswith("s") and not noun.endswith("ss") else noun + "es"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def contract() -> dict[str, object]:
    """Return the vocabulary as plain JSON data."""
    return {
        "note": "Words the demonstration model knows; written by tools/demo_model/vocabulary.py.",
        "sentence": "[a|an|the] [size] [colour] concept [and [a] [size] [colour] concept] [background]",
        "num_learned": NUM_LEARNED,
        "concepts": [asdict(concept) for concept in concepts()],
        "colours": [asdict(colour) for colour in COLOURS],
        "sizes": [asdict(size) for size in SIZES],
        "backgrounds": {
            "default": "white",
            "plain": [colour.name for colour in COLOURS],
            "plain_patterns": list(PLAIN_PATTERNS),
            "grounds": [asdict(part) for part in GROUNDS],
            "times": [asdict(part) for part in TIMES],
            "noun_patterns": [", {noun}", ", {noun} background", "with a {noun}"],
            "combining": "a ground phrase and a time phrase, in either order: 'in a snowy field at night'",
        },
        "without_effect": {
            "negative": list(NEGATIVE_WORDS),
            "quality": list(QUALITY_WORDS),
            "style_prefixes": list(STYLE_PREFIXES),
        },
    }


def main() -> None:
    """Write the contract where the model is shipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER / "vocabulary.json")
    out: Path = parser.parse_args().out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(contract(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
