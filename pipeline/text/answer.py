"""What a language model is to answer, and how its answer is read.

A shape is texts and lists of texts. It is sent as a strict JSON schema and said in words as well, since
not every server obeys schemas; so an answer may stand in a code block or in prose. Knows no prompt.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

_MAX_CHARS = 20_000
_MAX_OBJECTS = 20  # places where an object may begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model said, field by field; its words are a person's, so no part of it is for a log."""

    texts: Mapping[str, str] = field(repr=False)
    lists: Mapping[str, tuple[str, ...]] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The fields of an answer: texts, which must be there, and lists, which are empty where they are not."""

    name: str
    texts: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()

    def as_schema(self) -> dict[str, object]:
        """Write it as JSON schema, without the keywords that strict servers refuse."""
        text: dict[str, object] = {"type": "string"}
        properties = dict.fromkeys(self.texts, text) | {
            name: {"type": "array", "items": text} for name in self.lists
        }
        return {
            "type": "object",
            "additionalProperties": False,
            "required": list(properties),
            "properties": properties,
        }

    def in_words(self) -> str:
        """Say it to a model that is not held to the schema."""
        texts = [f'"{name}": string' for name in self.texts]
        lists = [f'"{name}": [string, ...]' for name in self.lists]
        return f"Answer with one JSON object and nothing else: {{{', '.join(texts + lists)}}}"

    def read(self, content: str) -> Answer | None:
        """Give the first object of this shape, whatever stands around it; None where there is none."""
        fitting = (value for value in _objects(content[:_MAX_CHARS]) if self._fits(value))
        value = next(fitting, None)
        if value is None:
            return None
        return Answer(
            texts={name: str(value[name]) for name in self.texts},
            lists={name: _strings(value.get(name)) for name in self.lists},
        )

    def _fits(self, value: dict[str, object]) -> bool:
        if not all(isinstance(value.get(name), str) for name in self.texts):
            return False
        return bool(self.texts) or any(isinstance(value.get(name), list) for name in self.lists)


def _objects(content: str) -> Iterator[dict[str, object]]:
    """Parse what begins with a brace, place after place; a few places only, so that no answer is slow."""
    decoder = json.JSONDecoder()
    for brace in islice(re.finditer(r"\{", content), _MAX_OBJECTS):
        try:
            yield decoder.raw_decode(content, brace.start())[0]
        except (ValueError, RecursionError):
            continue


def _strings(value: object) -> tuple[str, ...]:
    """Keep the texts of a list; a spoilt entry or list is as good as none."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
