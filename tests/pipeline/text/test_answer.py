"""What a model writes is read by its shape, and by nothing else."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.answer import Answer, Shape

SHAPE = Shape(name="Worded", texts=("english",), lists=("variants",))
LISTS_ONLY = Shape(name="Translations", lists=("translations",))
WHALE = Answer(texts={"english": "a whale"}, lists={"variants": ("a big whale",)})
BARE = Answer(texts={"english": "a whale"}, lists={"variants": ()})
OBJECT = '{"english": "a whale", "variants": ["a big whale"]}'

READABLE = {
    "the object alone": (OBJECT, WHALE),
    "a code block": (f"```json\n{OBJECT}\n```", WHALE),
    "prose around it": (f"Sure! Here it is: {OBJECT} I hope it helps {{smile}}.", WHALE),
    "braces before it": (f"The fields {{english, variants}} are: {OBJECT}", WHALE),
    "another object before it": (f'{{"thought": "hm"}} {OBJECT}', WHALE),
    "two of them": (f'{OBJECT} {{"english": "a cat", "variants": []}}', WHALE),
    "a brace inside a text": ('{"english": "a } whale", "variants": []}', Answer(texts={"english": "a } whale"}, lists={"variants": ()})),
    "an extra field": ('{"english": "a whale", "mood": "fine"}', BARE),
    "no list": ('{"english": "a whale"}', BARE),
    "a list that is none": ('{"english": "a whale", "variants": "a big whale"}', BARE),
    "a spoilt entry": ('{"english": "a whale", "variants": [1, "a big whale", null]}', WHALE),
}  # fmt: skip

UNREADABLE = {
    "nothing": "",
    "prose": "A whale, I think.",
    "another object": '{"result": "a whale"}',
    "a text that is none": '{"english": ["a whale"], "variants": []}',
    "half of it": OBJECT[:25],
    "an inner object": '{"answer": {"english"',
    "a list": '["a whale"]',
}


@pytest.mark.parametrize(("content", "answer"), READABLE.values(), ids=list(READABLE))
def test_the_first_object_of_the_shape_is_the_answer(content: str, answer: Answer) -> None:
    """Whatever stands around it, and whatever else it holds, the object is found."""
    assert answer == SHAPE.read(content)


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=list(UNREADABLE))
def test_what_has_another_shape_is_no_answer(content: str) -> None:
    """A text that is missing is not made up."""
    assert SHAPE.read(content) is None


def test_a_shape_of_lists_needs_one_of_them() -> None:
    """An object without any of the fields is none of this shape."""
    assert LISTS_ONLY.read('{"translation": "a whale"}') is None
    assert LISTS_ONLY.read('{"translations": []}') == Answer(texts={}, lists={"translations": ()})


def test_the_schema_is_one_that_strict_servers_take() -> None:
    """Every field is required, none has a default or a limit, and no other is allowed."""
    text = {"type": "string"}
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["english", "variants"],
        "properties": {"english": text, "variants": {"type": "array", "items": text}},
    }

    assert schema == SHAPE.as_schema()


def test_the_shape_in_words_names_every_field() -> None:
    """A model that is not held to the schema reads what is wanted."""
    assert '{"english": string, "variants": [string, ...]}' in SHAPE.in_words()


def test_an_answer_is_not_written_into_logs() -> None:
    """A model repeats what a person wrote, so the representation shows none of it."""
    assert "whale" not in repr(WHALE)


@pytest.mark.parametrize(
    "content", ["{" * 100_000, '{"a":' * 20_000, '{"english": "' + "가" * 99_999]
)
def test_no_answer_takes_long_to_read(content: str) -> None:
    """Endless openings end like any other nonsense."""
    assert SHAPE.read(content) is None


@given(st.text())
def test_any_text_is_read_or_not(content: str) -> None:
    """Nothing that a model can write raises."""
    answer = SHAPE.read(content)

    assert answer is None or set(answer.texts) == {"english"}


@given(
    st.fixed_dictionaries({"english": st.text(), "variants": st.lists(st.text())}),
    st.text(alphabet=st.characters(exclude_characters="{")),
)
def test_a_written_answer_is_read_again(fields: Mapping[str, object], prose: str) -> None:
    """What a model means arrives unchanged, with prose on both sides."""
    answer = SHAPE.read(f"{prose}{json.dumps(fields)}{prose}")

    assert answer is not None
    assert fields == {
        "english": answer.texts["english"],
        "variants": list(answer.lists["variants"]),
    }
