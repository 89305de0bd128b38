"""What is known while a text is read from left to right: what waits for its head, and what lies ahead.

The base of `noun_phrase.py` and `clause.py`, which say what each unit does to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.text.translate.english import After, Before, Phrase, join_and
from pipeline.text.translate.lexicon import Kind
from pipeline.text.translate.unit import Form, Part, Role, Unit


@dataclass(slots=True)
class Argument:
    """A noun that waits for its verb."""

    role: Role
    phrase: Phrase


@dataclass(slots=True)
class Waiting:
    """All that has been read and has no head yet."""

    before: list[tuple[Before, str]] = field(default_factory=list)
    after: list[tuple[After, str]] = field(default_factory=list)
    arguments: list[Argument] = field(default_factory=list)
    places: list[tuple[After, str]] = field(default_factory=list)
    adverbs: list[str] = field(default_factory=list)
    deeds: list[str] = field(default_factory=list)
    companions: list[Phrase] = field(default_factory=list)
    count: Unit | None = None
    is_background: bool = False


class Reading:
    """The state; `_open` is a noun whose particle has not been read."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._units = units
        self._at = 0
        self._waiting = Waiting()
        self._open: Phrase | None = None
        self._done: list[str] = []
        self._absent: list[str] = []
        self._glosses: list[str] = []

    def _next_noun(self) -> Unit | None:
        """Give the noun that comes right after this predicate, adjectives between them apart."""
        for unit in self._units[self._at + 1 :]:
            if unit.part is Part.NOUN:
                return unit
            if unit.part not in {Part.PREDICATE, Part.MODIFIER, Part.COUNT}:
                return None
        return None

    def _follows_noun(self) -> bool:
        """Tell whether a noun comes before the next verb or break."""
        for unit in self._units[self._at + 1 :]:
            if unit.part in {Part.NOUN, Part.PREDICATE, Part.BREAK}:
                return unit.part is not Part.BREAK
        return False

    def _is_adjacent(self) -> bool:
        """Tell whether the subject stands right before the verb, or only an adverb or a number between."""
        for unit in reversed(self._units[: self._at]):
            if unit.role is Role.SUBJECT or (
                unit.part is Part.NOUN and unit is self._units[self._at - 1]
            ):
                return True
            if unit.part not in {Part.ADVERB, Part.COUNT}:
                return False
        return False

    def _following_part(self) -> Part | None:
        """Tell what comes next."""
        return self._units[self._at + 1].part if self._at + 1 < len(self._units) else None

    def _has_verb_ahead(self) -> bool:
        """Tell whether a later verb of the same clause could take the subject."""
        for unit in self._units[self._at + 1 :]:
            if unit.part is Part.PREDICATE and (unit.entry is None or unit.entry.kind is Kind.VERB):
                return True
            if unit.part in {Part.BREAK, Part.SCENE_HEAD}:
                return unit.part is Part.SCENE_HEAD
        return False

    def _has_noun_ahead(self) -> bool:
        """Tell whether any noun is left."""
        return any(unit.part is Part.NOUN for unit in self._units[self._at + 1 :])

    def _goes_on(self) -> bool:
        """Tell whether the next clause has a verb and does not say anew who acts."""
        ahead = self._units[self._at + 1 :]
        acts = any(
            u.part is Part.PREDICATE and u.entry and u.entry.kind is Kind.VERB for u in ahead
        )
        return acts and not any(unit.role in {Role.SUBJECT, Role.TOPIC} for unit in ahead)

    def _finish_clause(self) -> None:
        """Write the subject with what it does."""
        waiting = self._waiting
        subjects = [a for a in waiting.arguments if a.role in {Role.SUBJECT, Role.TOPIC}]
        deeds, waiting.deeds = join_and(waiting.deeds), []
        if subjects:
            subject = subjects[-1]
            waiting.arguments.remove(subject)
            if " " in deeds:
                subject.phrase.after.append((After.DOING, deeds))
            elif deeds:
                subject.phrase.before.append((Before.DOING, deeds))
            subject.phrase.after += waiting.places
            subject.phrase.before += waiting.before
            waiting.places, waiting.before = [], []
            subject.phrase.others += waiting.companions
            waiting.companions = []
            self._done.append(subject.phrase.text())
        elif deeds:
            self._done.append(deeds)


def is_adnominal(unit: Unit) -> bool:
    """Tell whether a predicate stands before a noun."""
    return unit.form in {Form.ADNOMINAL, Form.PAST_ADNOMINAL}
