"""Tells a translation from nonsense: what a network or a model answered, looked at beside what was asked.

Catches what can be seen without knowing Korean. A fluent sentence about something else passes.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from pipeline.errors import Failure, StageFailed
from pipeline.text.normalise import Normalised, has_hangul, normalise
from pipeline.text.translate import Translation

# A Korean syllable can be six English letters (용, dragon), and a short text grows the most.
_MAX_GROWTH, _MAX_EXTRA_CHARS = 4, 40
_MAX_CHARS = 10_000  # more is cut before it is looked at
_MIN_REPEATED_WORDS = 4

# An apostrophe inside a word opens no quotation.
_QUOTED = re.compile(r""""[^"]*"|(?<!\w)'[^']*'(?!\w)""")
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")


def vetted(english: str, *, text: str, provider: str) -> Translation:
    """Give a translation with regular characters; raise StageFailed (UNREADABLE) when it is none."""
    regular = normalise(english, max_chars=_MAX_CHARS)
    flaw = _flaw(regular, text=text)
    if flaw is not None:
        raise StageFailed(
            stage="translate", provider=provider, failure=Failure.UNREADABLE, detail=flaw
        )
    return Translation(english=regular.text)


def all_vetted(
    englishes: Sequence[str], *, texts: Sequence[str], provider: str
) -> tuple[Translation, ...]:
    """Vet the answers to several texts: the first must be good, another that is not comes out empty.

    A text that is empty was not translated and stays empty.
    """
    translations: list[Translation] = []
    for text, english in zip(texts, englishes, strict=True):
        try:
            good = (
                vetted(english, text=text, provider=provider) if text else Translation(english="")
            )
        except StageFailed:
            if not translations:
                raise
            good = Translation(english="")
        translations.append(good)
    return tuple(translations)


def is_latin(text: str) -> bool:
    """Tell whether most letters of a text are Latin, as English has them; what is quoted does not count."""
    letters = [letter for letter in _QUOTED.sub("", text) if letter.isalpha()]
    num_latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return 2 * num_latin >= len(letters)


def _flaw(english: Normalised, *, text: str) -> str | None:
    """Say what makes an answer useless; None where nothing does."""
    if not english.text:
        return "empty"
    if has_hangul(text) and english.text.casefold() == text.strip().casefold():
        return "the text itself"
    if has_hangul(_QUOTED.sub("", english.text)):
        return "still Korean"
    if not is_latin(english.text):
        return "another language"
    if english.num_chars > _MAX_GROWTH * len(text) + _MAX_EXTRA_CHARS:
        return f"{english.num_chars} characters for {len(text)}"
    words = [word.casefold() for word in _WORD.findall(english.text)]
    if len(words) >= _MIN_REPEATED_WORDS and 2 * max(Counter(words).values()) > len(words):
        return "one word again and again"
    return None
