"""Words become weighted fragments, within bounds: keywords 1.0 to 1.5, words that a person weighs 0.5 to 1.5.

Fragments are plain text: nothing here is read by a prompt parser, and nothing in them is an instruction.
"""

import re

from pipeline.types import Fragment

MIN_WEIGHT, MAX_WEIGHT = 1.0, 1.5  # of keywords
MIN_OWN_WEIGHT, MAX_OWN_WEIGHT = 0.5, 1.5  # of words that a person weighs
SEPARATOR = Fragment(text=", ")  # a fragment of its own, at 1.0

_SPECIAL = re.compile(r"<\|[^|]*\|?>?|\|>")
_HANGUL = re.compile(r"[\"']?[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3\ua960-\ua97f\ud7b0-\ud7ff\uffa0-\uffdc]+(?:\s*[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]+)*[\"']?")  # fmt: skip


def clean(text: str) -> str:
    """Make text fit for an encoder: Hangul becomes "Korean letters", special tokens and emoji go."""
    text = _SPECIAL.sub(" ", text).replace("<|", " ")
    text = _HANGUL.sub(" Korean letters ", text)
    text = re.sub(r"(?:Korean letters\s*)+", "Korean letters ", text)
    text = re.sub(r"[^\x20-\x7e\u00a1-\u024f]+", " ", text)
    return re.sub(r"\s+", " ", re.sub(r"\s+(?=[,.])", "", text)).strip(" ,")


def weighted(text: str, weight: float = MIN_WEIGHT) -> Fragment:
    """Make a keyword's fragment; a weight outside the bounds is our mistake."""
    assert MIN_WEIGHT <= weight <= MAX_WEIGHT, weight
    return Fragment(text=text, weight=weight)


def own_weighted(text: str, weight: float) -> Fragment:
    """Make the fragment of words that a person weighs; a weight outside the bounds is our mistake."""
    assert MIN_OWN_WEIGHT <= weight <= MAX_OWN_WEIGHT, weight
    return Fragment(text=text, weight=weight)
