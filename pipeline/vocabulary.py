"""The English words that a small model has learned, read from `vocabulary.json` in its folder.

A model without that file knows the whole language as far as we can tell. Standard library only.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

_WORD = re.compile(r"[a-z][a-z'-]*")
_PROSE = ("note", "sentence")
_FUNCTION_WORDS = frozenset(
    "a an the and or of in on at with by to from over under above below behind beside near next "
    "front left right is are be it its two three four five several many one some style".split()
)


class ModelVocabulary:
    """The words a model can draw; `None` as words means: no limit is known."""

    def __init__(self, words: frozenset[str] | None) -> None:
        self._words = words

    @classmethod
    def load(cls, folder: Path) -> "ModelVocabulary":
        """Read the list in a model's folder, if it has one."""
        file = folder / "vocabulary.json"
        if not file.is_file():
            return cls(None)
        content = json.loads(file.read_text(encoding="utf-8"))
        concepts = content.pop("concepts", [])[: content.get("num_learned")]  # commonest first
        texts = _strings([concepts, *(content[key] for key in content if key not in _PROSE)])
        return cls(frozenset(word for text in texts for word in _words(text)))

    def unlearned(self, english: str) -> tuple[str, ...]:
        """Name the content words of a sentence that the model has not learned, each once."""
        if self._words is None:
            return ()
        learned = self._words | _FUNCTION_WORDS
        return tuple(
            dict.fromkeys(
                word for word in _words(english) if not learned.intersection(_base_forms(word))
            )
        )


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _base_forms(word: str) -> set[str]:
    """Give the word and what it may be a plural of."""
    forms = {word}
    if word.endswith("s"):
        forms.add(word[:-1])
    if word.endswith("es"):
        forms.add(word[:-2])
    if word.endswith("ies"):
        forms.add(word[:-3] + "y")
    return forms
