"""Every value that is kept of a job can be read again, also by another version."""

import json
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.port import MessageRef, Person, Place
from bot.codec import CodecError, dumps, loads
from bot.command import DrawCommand
from bot.job import FailureRecord, Job, Outcome, Picture, Progress, Record
from pipeline import (
    Preparation,
    PreparedPrompt,
    ProviderFailure,
    Receipt,
    StageRecord,
    Variation,
)
from pipeline.types import Fragment, TokensUsed

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)

KINDS = (
    DrawCommand, FailureRecord, Fragment, Job, MessageRef, Outcome, Person, Picture, Place,
    Preparation, PreparedPrompt, Progress, ProviderFailure, Receipt, Record, StageRecord,
    TokensUsed, Variation,
)  # fmt: skip
MAPPINGS: dict[type, dict[str, Any]] = {
    FailureRecord: {"facts": st.dictionaries(st.text(), JSON, max_size=3)},
    Job: {"terms": st.dictionaries(st.text(), st.text(), max_size=2)},
    Picture: {"timings_ms": st.dictionaries(st.text(), st.floats(), max_size=2)},
}
for _kind in KINDS:  # every field is filled, also one that has a default
    _filled: dict[str, Any] = {field.name: ... for field in fields(_kind)} | MAPPINGS.get(_kind, {})
    st.register_type_strategy(_kind, st.builds(_kind, **_filled))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=20)  # for each of the kinds, which hold each other
@given(data=st.data())
def test_what_is_written_is_read(kind: type, data: st.DataObject) -> None:
    """Reading gives back an equal value of equal types, and what is written is plain ASCII."""
    value = data.draw(st.from_type(kind))
    text = dumps(value)

    assert repr(value) == repr(loads(kind, text))  # by repr: not a number is not equal to itself
    assert text.isascii()


COMMAND = DrawCommand(text="고양이")


def test_a_row_of_another_version_is_read() -> None:
    """A key that is not known is ignored, and one that is missing takes its default."""
    assert COMMAND == loads(DrawCommand, '{"text": "고양이", "colour": {"of": ["later"]}}')


def test_rows_within_rows_are_read_the_same_way() -> None:
    """What holds for a value holds for the values in it."""
    job = Job(
        id="j",
        person=Person(platform="web", id="p"),
        place=Place(platform="web", id="c"),
        event_id="e",
        command=COMMAND,
        seed=7,
    )
    plain = json.loads(dumps(job))
    plain["command"] = {"text": "고양이", "later": 1}
    del plain["person"]["roles"], plain["has_photo"], plain["terms"]

    assert job == loads(Job, json.dumps(plain))


def test_half_a_character_survives() -> None:
    """A text that is no proper Unicode comes back as it was typed."""
    command = replace(COMMAND, text="고\ud83d양이")

    assert command == loads(DrawCommand, dumps(command).encode("ascii"))


@pytest.mark.parametrize(
    "text",
    ["", "고양이", "[]", "null", '{"negative": "고양이"}', '{"text": "고양이", "ratio": "고양이"}'],
)
def test_what_does_not_fit_is_refused_without_a_quote(text: str) -> None:
    """The error never repeats what a person wrote: errors are logged."""
    with pytest.raises(CodecError) as caught:
        loads(DrawCommand, text)
    assert "고양이" not in str(caught.value)
    assert caught.value.__suppress_context__
