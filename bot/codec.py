"""The values of a job ↔ text that can be kept: ASCII JSON with the names of their fields.

Rows outlive the version that wrote them: a key that this version does not know is ignored, and a
field that was not written yet takes its default. A half of a surrogate pair, which people can
type, survives; two that belong together become the character that they are.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

Value = TypeVar("Value")


class CodecError(Exception):
    """A text does not hold the value that it should hold; neither is quoted: people wrote them."""


def dumps(value: object) -> str:
    """Write a dataclass, with all it holds, as ASCII JSON. Raises TypeError for what JSON lacks."""
    return json.dumps(value, default=_plain, separators=(",", ":"))


def loads(kind: type[Value], text: str | bytes) -> Value:
    """Read what `dumps` wrote, in this version or another. Raises CodecError."""
    try:
        plain = json.loads(text)
    except ValueError:
        raise CodecError(f"no JSON for {kind.__name__}") from None
    return read(kind, plain)


def read(kind: type[Value], plain: object) -> Value:
    """Read a value from what JSON makes of it: lists where tuples were, words where enums were.

    Raises CodecError.
    """
    try:
        value: Value = _reader(kind).validate_python(plain)  # type: ignore[arg-type]  # classes are hashable
    except ValidationError as error:
        where = [".".join(map(str, problem["loc"])) for problem in error.errors()]
        raise CodecError(f"no {kind}: {', '.join(where)}") from None
    return value


@cache
def _reader(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)  # made once: it takes milliseconds


def _plain(value: Any) -> dict[str, object]:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"no JSON for {type(value).__name__}")
