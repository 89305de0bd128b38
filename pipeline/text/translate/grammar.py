"""From Korean units to English phrases, left to right.

Korean puts what modifies before what is modified and the verb last; English wants the head first. So everything
waits until its head comes: adjectives and clauses for their noun, nouns with particles for their verb, places and
times for whichever comes first. What no verb takes goes to the last noun.
Does not know words: their English comes in with the units.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.text.translate.clause import Clauses
from pipeline.text.translate.english import After, Phrase
from pipeline.text.translate.lexicon import Kind
from pipeline.text.translate.reading import Waiting
from pipeline.text.translate.unit import Part, Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """The English of a text, and what it says is not there."""

    english: str
    absent: tuple[str, ...] = ()


def compose(units: Sequence[Unit]) -> Composed:
    """Put the units of one text into English."""
    grammar = _Grammar(units)
    return grammar.run()


class _Grammar(Clauses):
    """Reads a whole text."""

    def run(self) -> Composed:
        """Read all units."""
        readers = {
            Part.NOUN: self._noun, Part.MODIFIER: self._modifier, Part.PREDICATE: self._predicate,
            Part.PARTICLE: self._particle, Part.POSITION: self._position, Part.COUNT: self._count,
            Part.ADVERB: self._adverb, Part.SCENE_HEAD: self._scene_head, Part.PLURAL: self._plural,
            Part.BREAK: self._break,
        }  # fmt: skip
        for at, unit in enumerate(self._units):
            self._at = at
            if unit.part in readers:
                readers[unit.part](unit)
        self._flush()
        texts = dict.fromkeys(text for text in [*self._done, *self._glosses] if text)
        return Composed(english=", ".join(texts), absent=tuple(self._absent))

    def _break(self, _: Unit) -> None:
        """A comma ends a clause unless a verb is still awaited by what it took."""
        if self._waiting.deeds and self._open is None and self._goes_on():
            return
        if self._open is None and self._waiting.before and self._next_noun() is not None:
            return
        self._flush()

    def _flush(self) -> None:
        """Write whatever is left: the last noun takes all that still waits."""
        waiting, phrase = self._waiting, self._open
        self._open = None
        rest = [a.phrase for a in waiting.arguments]
        if phrase is None and rest and not waiting.deeds:
            phrase = rest.pop()
        elif phrase is None and waiting.deeds:
            self._finish_clause()
            rest = [a.phrase for a in waiting.arguments]
        if phrase is None and waiting.companions:
            phrase = waiting.companions.pop()
        if phrase is not None:
            phrase.others += waiting.companions
            phrase.before += waiting.before
            doing = [*waiting.deeds, *waiting.adverbs]
            phrase.after += [(After.DOING, text) for text in doing] + waiting.after + waiting.places
            self._done += [other.text() for other in rest]
            self._done.append(_background(phrase) if waiting.is_background else phrase.text())
        else:
            self._done += [other.text() for other in rest]
            words = [text for _, text in [*sorted(waiting.before), *waiting.after, *waiting.places]]
            self._done.append(" ".join(dict.fromkeys([*words, *waiting.adverbs])))
        self._waiting = Waiting()


def _background(phrase: Phrase) -> str:
    """Write "배경은 …": a scene behind everything else."""
    if (
        phrase.entry.kind is Kind.NOUN
        and not phrase.others
        and phrase.entry.english == "background"
    ):
        return phrase.place()
    return f"{phrase.text()} in the background"
