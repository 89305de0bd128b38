"""A form as a modal of Discord, and what a person filled in read back. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from bot.adapters.discord import custom_id
from bot.adapters.discord.markdown import cleaned, one_line
from bot.adapters.port import Field, Form

# Types of components, and styles of text inputs.
TEXT_INPUT, LABEL = 4, 18
SHORT, PARAGRAPH = 1, 2

MAX_FIELDS = 5
MAX_TITLE_CHARS = 45
MAX_LABEL_CHARS = 45
MAX_VALUE_CHARS = 4_000
_TEXT = "text"  # the field whose name is empty, which no custom id may be


def modal_of(form: Form, job_id: str) -> dict[str, Any]:
    """Write the data of a modal; what was filled in before is cut to what Discord takes."""
    return {
        "custom_id": custom_id.write(form.action, job_id, form.value),
        "title": one_line(form.title, max_chars=MAX_TITLE_CHARS) or "…",
        "components": [_part(field) for field in form.fields[:MAX_FIELDS]],
    }


def fields_of(data: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Read the text and the other fields that were filled in from a modal's data."""
    filled = dict(_filled(data))
    text = filled.pop(_TEXT, "")
    return text, tuple(filled.items())


def _part(field: Field) -> dict[str, Any]:
    return {
        "type": LABEL,
        "label": one_line(field.label, max_chars=MAX_LABEL_CHARS) or "…",
        "component": _input(field),
    }


def _input(field: Field) -> dict[str, Any]:
    max_chars = min(max(1, field.max_chars), MAX_VALUE_CHARS)
    value = cleaned(field.value) if field.is_long else " ".join(cleaned(field.value).split())
    component: dict[str, Any] = {
        "type": TEXT_INPUT,
        "custom_id": field.name or _TEXT,
        "style": PARAGRAPH if field.is_long else SHORT,
        "required": field.is_required,
        "max_length": max_chars,
    }
    return component | ({"value": value[:max_chars]} if value.strip() else {})


def _filled(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give the fields with words in them; a client may put them in labels or in rows."""
    for part in data.get("components", ()):
        for inside in (part.get("component"), *part.get("components", ())):
            if inside and str(inside.get("value") or "").strip():
                yield str(inside["custom_id"]), str(inside["value"]).strip()
