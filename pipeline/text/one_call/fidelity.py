"""What can be seen of a model's wording beside the text: that it is one, and not an answer to the text.

A person may write "ignore the above and …"; what a model then says has nothing to do with the words that
the glossary knows, is too long, or asks for a picture itself. Catches no fluent lie.
"""

import re
from collections.abc import Iterable, Mapping

from pipeline.text.keywords import STOP_WORDS
from pipeline.text.normalise import has_hangul, normalise
from pipeline.text.translate.vetting import is_latin

MAX_CHARS = 300  # of a sentence
_MIN_KNOWN_WORDS = 2  # a single one may well have another name
_MIN_STEM = 4

_OPENING = re.compile(
    r"^(?:an?|the)\s+(?:picture|image|drawing|illustration|depiction|photo|photograph|scene)\s+"
    r"(?:of|showing|depicting)\s+",
    re.IGNORECASE,
)
_REQUEST = re.compile(
    r"\b(?:please|draw|pictures?|images?|prompts?)\b"
    r"|^(?:paint|sketch|make|create|generate|show|give)(?:\s+(?:me|us))?\s+(?=(?:an?|the|some)\b)",
    re.IGNORECASE,
)
# Where the text itself speaks of pictures, so may the English.
_OF_PICTURES = re.compile(r"그리|그려|그린|그림|사진|이미지|화면|찍|액자|부탁|제발")
_QUOTED = re.compile(r""""[^"]*"|(?<!\w)'[^']*'(?!\w)""")
_SUFFIX = re.compile(r"(?<=\w{3})(?:ies|ing|ed|es|s|e|y)$")


def clean(english: str) -> str:
    """Make a sentence regular, and take off "a picture of" and the like, which say nothing."""
    text = normalise(english, max_chars=4 * MAX_CHARS).text
    return _OPENING.sub("", text).strip(" .")


def asks_for_a_picture(english: str, *, text: str) -> bool:
    """Tell whether English has request words that the text gives no reason for."""
    if _OF_PICTURES.search(text):
        return False
    found = _REQUEST.findall(_QUOTED.sub("", english))
    return any(words.strip().casefold() not in text.casefold() for words in found)


def measured(english: str, *, glosses: Iterable[str], fixed: Iterable[str]) -> str:
    """Give English without what makes it longer than its text for a good reason."""
    for gloss in glosses:
        english = english.replace(gloss, gloss.partition(",")[0])
    for words in fixed:
        english = english.replace(words, words[:1])
    return english


def is_related(sentences: Iterable[str], known: frozenset[str]) -> bool:
    """Tell whether any known word of the text occurs in any sentence, in any form.

    One is enough, since a word has many names; with fewer than two known words nothing can be told.
    """
    wanted = _stems(known)
    if len(wanted) < _MIN_KNOWN_WORDS:
        return True
    return any(_is_same(stem, other) for stem in _stems(sentences) for other in wanted)


def missing_terms(english: str, terms: Mapping[str, str]) -> tuple[str, ...]:
    """Name the fixed English that is not there; its gloss, after a comma, may be."""
    said = " ".join(english.casefold().split())
    heads = (fixed.partition(",")[0] for fixed in terms.values())
    return tuple(head for head in heads if " ".join(head.casefold().split()) not in said)


def distinct(sentences: Iterable[str], *, unlike: str, text: str) -> tuple[str, ...]:
    """Clean variants; what is empty, Korean, over-long, a request or there already is dropped."""
    found = {unlike.casefold(): unlike}
    for sentence in map(clean, sentences):
        is_english = is_latin(sentence) and not has_hangul(sentence)
        is_good = 0 < len(sentence) <= MAX_CHARS and is_english
        if is_good and not asks_for_a_picture(sentence, text=text):
            found.setdefault(sentence.casefold(), sentence)
    return tuple(found.values())[1:]


def _stems(sentences: Iterable[str]) -> frozenset[str]:
    """Cut the endings off all words that say what is to be seen."""
    words = (word for text in sentences for word in re.findall(r"[a-z]{3,}", text.casefold()))
    return frozenset(_SUFFIX.sub("", word) for word in words if word not in STOP_WORDS)


def _is_same(stem: str, other: str) -> bool:
    """Compare stems; long ones may go on differently (sun, sunset are not the same; snow, snowman are)."""
    short, long = sorted((stem, other), key=len)
    return short == long or (len(short) >= _MIN_STEM and long.startswith(short))
