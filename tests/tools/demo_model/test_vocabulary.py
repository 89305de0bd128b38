"""The words of the demonstration model and the contract that is shipped."""

import json

import pytest

from tools.demo_model.vocabulary import COLOURS, MODEL_FOLDER, SIZES, concepts, contract, plural


def test_no_word_names_two_things() -> None:
    """A word means one concept, one colour or one size."""
    nouns = [word for concept in concepts() for word in concept.words]
    words = nouns + [word for term in (*COLOURS, *SIZES) for word in term.words]

    assert sorted(set(words)) == sorted(words)


def test_the_shipped_contract_is_the_one_in_the_code() -> None:
    """models/demo/vocabulary.json holds what the training uses."""
    shipped = json.loads((MODEL_FOLDER / "vocabulary.json").read_text(encoding="utf-8"))

    assert json.loads(json.dumps(contract())) == shipped


def test_there_are_three_hundred_concepts() -> None:
    """The vocabulary is as large as the goal asks."""
    assert len(concepts()) >= 300


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("cat", "cats"),
        ("fox", "foxes"),
        ("cherry", "cherries"),
        ("key", "keys"),
        ("glasses", "glasses"),
        ("dress", "dresses"),
    ],
)
def test_plurals(noun: str, expected: str) -> None:
    """Regular English plurals, and none for what is plural already."""
    assert expected == plural(noun)
