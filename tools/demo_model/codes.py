"""The vectors that the text encoders are taught to give: what a word means, as a UNet likes to read it.

A concept's code is how its emoji looks (principal components of its pixels), so that the UNet
decodes looks rather than learning every concept by heart, much as CLIP's text is aligned with pictures.
Colours, sizes, slots and background parts have their own dimensions. Every other word is zero,
so a fragment's weight scales its meaning and nothing else.

Axes: D code dimensions (256).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from tools.demo_model.captions import Meaning
from tools.demo_model.glyphs import glyph
from tools.demo_model.scenes import COLOUR_NAMES, GROUND_NAMES, SIZE_NAMES, TIME_NAMES, Scene
from tools.demo_model.vocabulary import concepts

WIDTH = 256
CONCEPT_DIMS = 192
KINDS = ("thing", "plain", "ground", "time")
SLOTS = ("first", "second", "both")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One-hot dimensions of one fact."""

    start: int
    values: tuple[str, ...]

    def index(self, value: str) -> int:
        return self.start + self.values.index(value)


def _fields() -> dict[str, _Field]:
    start = CONCEPT_DIMS
    fields = {}
    for name, values in (
        ("kind", KINDS),
        ("slot", SLOTS),
        ("size", SIZE_NAMES),
        ("colour", ("own", *COLOUR_NAMES)),
        ("plain", COLOUR_NAMES),
        ("ground", GROUND_NAMES[1:]),
        ("time", TIME_NAMES),
    ):
        fields[name] = _Field(start=start, values=values)
        start += len(values)
    assert start <= WIDTH, start
    return fields


STRENGTH = 4.0
"""Length of a one-hot fact beside a concept's code of about 14: a dimension has an rms near 1."""


@lru_cache(maxsize=1)
def concept_codes() -> dict[str, Tensor]:
    """Return the code of every concept, (192,) float32, rms 1."""
    looks = np.stack([_look(concept.emoji) for concept in concepts()])  # (N, 24*24*4)
    centred = looks - looks.mean(axis=0)
    rotated, spread, _ = np.linalg.svd(centred, full_matrices=False)
    # Between raw components (only outlines matter) and whitened ones (every speck matters as much).
    softened = rotated[:, :CONCEPT_DIMS] * spread[:CONCEPT_DIMS] ** 0.5
    softened /= np.sqrt((softened**2).mean(axis=1, keepdims=True))
    codes = torch.from_numpy(softened.astype(np.float32))
    return {concept.name: codes[index] for index, concept in enumerate(concepts())}


def _look(emoji: str) -> np.ndarray:
    picture = glyph(emoji).convert("RGBa").resize((24, 24), Image.Resampling.BOX)
    return np.asarray(picture).astype(np.float64).reshape(-1) / 255


@lru_cache(maxsize=65536)
def word_code(meaning: Meaning) -> Tensor:
    """Return what the encoder shall give for a word, (D,) float32."""
    code = torch.zeros(WIDTH)
    fields = _fields()
    facts = {
        "slot": meaning.slot,
        "size": meaning.size,
        "plain": meaning.plain,
        "ground": meaning.ground,
        "time": meaning.time,
    }
    if meaning.concept is not None:
        code[:CONCEPT_DIMS] = concept_codes()[meaning.concept]
        facts |= {"kind": "thing", "colour": meaning.colour or ("own" if meaning.slot else None)}
    else:
        facts["kind"] = next(kind for kind in KINDS[1:] if facts[kind] is not None)
    for name, value in facts.items():
        if value is not None:
            code[fields[name].index(value)] = STRENGTH
    return code


def scene_code(scene: Scene) -> Tensor:
    """Return what the pooled vector shall be, (D,) float32: layout and background, no concept and no colour.

    What the pooled vector says cannot be weighted, so things are left to the words.
    """
    code = torch.zeros(WIDTH)
    fields = _fields()
    code[fields["slot"].index("both" if len(scene.things) == 2 else "first")] = STRENGTH
    for index, thing in enumerate(scene.things):
        if thing.size is not None:
            code[index * len(SIZE_NAMES) + SIZE_NAMES.index(thing.size)] = STRENGTH
    background = scene.background
    facts = {"plain": background.plain, "ground": background.ground, "time": background.time}
    for name, value in facts.items():
        if value is not None and value != "none":
            code[fields[name].index(value)] = STRENGTH
    return code
