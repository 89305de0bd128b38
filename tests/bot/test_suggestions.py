"""What is suggested to whoever is still typing an option's value."""

from dataclasses import replace

import pytest

from bot.suggestions import MAX_SUGGESTIONS, suggest
from pipeline import STYLE_NAMES
from tests.doubles import FACTS

LORAS = replace(FACTS, loras=("watercolor", "Inkwash", "ink-2"))


def test_styles_are_suggested_by_the_names_that_people_know() -> None:
    """What begins with the typed words comes first; nothing is loaded for it."""
    assert ("파스텔화",) == suggest(lambda: None, "화풍", "파스텔")
    assert ("사진", "흑백 사진") == suggest(lambda: None, "화풍", "사진")


def test_a_list_is_no_longer_than_a_platform_shows() -> None:
    """Whoever typed nothing yet sees the first of them."""
    assert STYLE_NAMES[:MAX_SUGGESTIONS] == suggest(lambda: None, "화풍", "")


def test_loras_are_those_of_the_model() -> None:
    """However they are spelt; before the model is known there are none."""
    assert ("Inkwash", "ink-2") == suggest(lambda: LORAS, "로라", "INK")
    assert () == suggest(lambda: None, "로라", "")


@pytest.mark.parametrize("option", ["크기", "", "없는 것"])
def test_other_options_have_no_suggestions(option: str) -> None:
    """What is not known is not guessed."""
    assert () == suggest(lambda: LORAS, option, "")
