"""A small model says which words it cannot draw."""

import json
from pathlib import Path

from pipeline import ModelVocabulary


def vocabulary(folder: Path) -> ModelVocabulary:
    """A model that learned a handful of words."""
    content = {
        "concepts": [{"name": "teddy bear", "synonyms": ["plush"]}],
        "phrases": ["on the beach"],
    }
    (folder / "vocabulary.json").write_text(json.dumps(content), encoding="utf-8")
    return ModelVocabulary.load(folder)


def test_words_outside_the_list_are_named_once(tmp_path: Path) -> None:
    """Function words and plurals are known, other words are named in their order."""
    known = vocabulary(tmp_path)

    unlearned = known.unlearned("two teddy bears and a spaceship on the beach, spaceship")

    assert ("spaceship",) == unlearned


def test_concepts_that_are_not_trained_yet_are_unlearned(tmp_path: Path) -> None:
    """Only the first `num_learned` concepts count; the others are planned."""
    content = {"num_learned": 1, "concepts": [{"name": "cat"}, {"name": "kite"}]}
    (tmp_path / "vocabulary.json").write_text(json.dumps(content), encoding="utf-8")

    assert ("kite",) == ModelVocabulary.load(tmp_path).unlearned("a cat and a kite")


def test_a_model_without_a_list_knows_everything(tmp_path: Path) -> None:
    """A full-size model has no word list, and nothing is said about it."""
    assert () == ModelVocabulary.load(tmp_path).unlearned("anything at all")
