"""The offline translator: a glossary and a small grammar, no network and no model but Kiwi's.

Honest rather than fluent: words that it does not know are named and left out, never guessed.
"""

from collections.abc import Sequence
from functools import cached_property

from pipeline.text.korean import Korean
from pipeline.text.normalise import has_hangul
from pipeline.text.thread import TextThread
from pipeline.text.translate import Translation
from pipeline.text.translate.grammar import compose
from pipeline.text.translate.lexer import Lexer
from pipeline.text.translate.lexicon import Lexicon, load_lexicon
from pipeline.text.translate.unit import Part


class Glossary:
    """Translates one text at a time; blocking."""

    def __init__(self, korean: Korean) -> None:
        self._korean = korean

    @cached_property
    def _lexicon(self) -> Lexicon:
        return load_lexicon()

    def load(self) -> None:
        """Read the word lists now."""
        _ = self._lexicon

    def translate(self, text: str) -> Translation:
        """Put Korean into English; English alone passes through unchanged."""
        if not has_hangul(text) and any(c.isascii() and c.isalnum() for c in text):
            return Translation(english=text)
        units = tuple(Lexer(text, self._korean.morphemes(text), self._lexicon).units())
        unknown = dict.fromkeys(unit.korean for unit in units if unit.part is Part.UNKNOWN)
        composed = compose(units)
        return Translation(
            english=composed.english, unknown_words=tuple(unknown), absent=composed.absent
        )


class GlossaryTranslator:
    """The glossary as a provider: does its work on the text thread."""

    name = "glossary"
    is_local = True
    num_places = None
    knows_culture = True

    def __init__(self, glossary: Glossary, thread: TextThread) -> None:
        self._glossary, self._thread = glossary, thread

    async def translate(self, texts: Sequence[str]) -> tuple[Translation, ...]:
        """Translate all texts; never fails."""
        return await self._thread.run(self._translate_all, texts)

    def _translate_all(self, texts: Sequence[str]) -> tuple[Translation, ...]:
        return tuple(self._glossary.translate(text) for text in texts)
