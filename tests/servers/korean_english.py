"""What the stand-ins of translation services say: the project's own glossary, so any sentence gets an answer.

A service would say it better; a sentence of which no word is known becomes a plain picture.
"""

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import TypeAlias

from pipeline.text.korean import Korean
from pipeline.text.translate.glossary import Glossary

Translate: TypeAlias = Callable[[str], str]
"""(Korean) → English. Blocking."""

_loading = Lock()


@cache
def _glossary() -> Glossary:
    return Glossary(Korean())


def translate(text: str) -> str:
    """Translate by a glossary of its own; the first call loads it, which takes seconds."""
    with _loading:
        return translated(text, _glossary())


def translated(text: str, glossary: Glossary) -> str:
    """Translate by a glossary that is there."""
    return glossary.translate(text).english or "a picture"
