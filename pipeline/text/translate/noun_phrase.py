"""Nouns and their particles: compounds, numbers, "and", places, and what modifies the next noun."""

import re
from dataclasses import replace

from pipeline.text.translate.english import RANKS, After, Before, Phrase
from pipeline.text.translate.lexicon import Entry, Kind
from pipeline.text.translate.reading import Argument, Reading, is_adnominal
from pipeline.text.translate.unit import Part, Role, Unit

_LONE = {"on": "above", "under": "below", "to the left of": "on the left", "to the right of": "on the right", "behind": "in the background", "in front of": "in the foreground", "in the middle of": "in the middle", "around": "around"}  # fmt: skip


class NounPhrases(Reading):
    """Reads everything but predicates."""

    def _noun(self, unit: Unit) -> None:
        """Begin a noun; one that stands directly before it becomes its modifier, place or time."""
        assert unit.entry is not None
        phrase = Phrase(entry=self._without_gloss(unit.entry))
        previous, self._open = self._open, None
        if previous is not None:
            self._compound(previous, phrase)
        waiting = self._waiting
        phrase.before += waiting.before
        is_ship = "afloat" in unit.entry.marks
        phrase.after += [_afloat(pair) for pair in waiting.after] if is_ship else waiting.after
        waiting.before, waiting.after = [], []
        if waiting.count is not None:
            self._number(phrase, waiting.count)
            waiting.count = None
        self._open = phrase

    def _without_gloss(self, entry: Entry) -> Entry:
        """Keep the explanation of a Korean thing ("hanbok, traditional Korean dress") for the end."""
        word, comma, gloss = entry.english.partition(", ")
        if not comma or "proper" in entry.marks:
            return entry
        self._glosses.append(gloss)
        return replace(entry, english=word)

    def _compound(self, previous: Phrase, phrase: Phrase) -> None:
        """Join a noun to the one right after it."""
        entry = previous.entry
        if previous.number is not None or previous.is_plural or self._is_list(previous, phrase):
            self._waiting.companions.append(previous)
        elif entry.kind is Kind.TIME:
            phrase.before += previous.before
            self._time_before(entry, phrase)
        elif entry.kind is Kind.PLACE and (phrase.is_animate or previous.before):
            phrase.after.append((After.PLACE, previous.place()))
        else:
            phrase.before += [*previous.before, (Before.NOUN, entry.english.removeprefix("the "))]
            phrase.after += previous.after
            self._waiting.companions += previous.others

    @staticmethod
    def _is_list(previous: Phrase, phrase: Phrase) -> bool:
        """Tell two things side by side ("고양이 강아지") from a compound ("고양이 인형")."""
        roles = (previous.entry.marks | phrase.entry.marks) & {"role"}
        return previous.is_animate and phrase.is_animate and not roles

    @staticmethod
    def _time_before(entry: Entry, phrase: Phrase) -> None:
        """Put a time to a noun: "sunset sky", but "a city at night"."""
        if phrase.entry.english in {"sky", "background", "light", "party", "cake"}:
            phrase.before.append((Before.COLOUR, entry.english))
        else:
            phrase.after.append((After.TIME, entry.other or entry.english))

    def _modifier(self, unit: Unit) -> None:
        """Keep a word that stands before its noun."""
        assert unit.entry is not None
        rank = RANKS.get(unit.entry.kind, Before.QUALITY)
        if self._open is not None and unit.entry.kind is not Kind.COLOUR:
            self._take_as_modifier()
        elif self._open is not None:
            self._close(Role.SUBJECT)
        self._waiting.before.append((rank, unit.entry.english))

    def _take_as_modifier(self) -> None:
        """Let the open noun modify whatever comes next."""
        assert self._open is not None
        following = self._units[self._at + 1 : self._at + 2]
        if following and following[0].part is Part.NOUN and not self._open.after:
            probe = Phrase(entry=following[0].entry or self._open.entry)
            self._compound(self._open, probe)
            self._waiting.before += probe.before
            self._waiting.after += probe.after
        else:
            self._waiting.companions.append(self._open)
        self._open = None

    def _plural(self, _: Unit) -> None:
        """들: more than one."""
        if self._open is not None:
            self._open.is_plural = True

    def _count(self, unit: Unit) -> None:
        """A number belongs to the noun before it, or to the next one."""
        target = self._open
        if target is None and self._waiting.arguments and not self._follows_noun():
            target = self._waiting.arguments[-1].phrase
        if target is None:
            self._waiting.count = unit
        elif target.entry.english == "number" or (unit.entry is None and unit.number == 0):
            target.after.append((After.OWNING, str(unit.number)))
        else:
            self._number(target, unit)

    @staticmethod
    def _number(phrase: Phrase, unit: Unit) -> None:
        """Give a noun its number and the counter that is said in English."""
        phrase.number = unit.number
        phrase.counter = unit.entry.english if unit.entry is not None else ""

    def _scene_head(self, _: Unit) -> None:
        """ "모습", "장면": the scene itself; whoever acts in it becomes the head."""
        waiting, previous = self._waiting, self._units[self._at - 1] if self._at else None
        if previous is None or not is_adnominal(previous):
            return
        actor = next((a for a in waiting.arguments if a.role in {Role.SUBJECT, Role.TOPIC}), None)
        if self._open is not None:
            return
        if actor is not None:
            waiting.arguments.remove(actor)
            actor.phrase.after += waiting.after
            actor.phrase.before += waiting.before
            waiting.after, waiting.before = [], []
            self._open = actor.phrase
        elif waiting.after and not self._has_noun_ahead():
            self._done.append(" ".join(text for _, text in sorted(waiting.after)))
            waiting.after = []

    def _particle(self, unit: Unit) -> None:
        """Give the open noun the role that its particle says."""
        if self._open is not None and unit.role is not None:
            self._close(unit.role)

    def _close(self, role: Role) -> None:
        """End the open noun in a role."""
        phrase, self._open = self._open, None
        assert phrase is not None
        waiting = self._waiting
        if role is Role.AND:
            if self._acts_next():
                waiting.places.append((After.OWNING, f"with {phrase.text()}"))
            else:
                waiting.companions.append(phrase)
            return
        if role is Role.GENITIVE:
            if all(other.is_animate == phrase.is_animate for other in waiting.companions):
                self._join(phrase, role)
            waiting.after.append(_genitive(phrase))
            return
        self._join(phrase, role)
        if phrase.entry.english == "background" and role is Role.TOPIC:
            waiting.is_background = True
        elif phrase.entry.english == "background" and role is Role.BY and waiting.arguments:
            scene = waiting.arguments.pop().phrase
            waiting.places.append((After.PLACE, f"with {scene.text()} in the background"))
        elif phrase.entry.kind is Kind.TIME and role in {Role.AT, Role.NONE, Role.TOPIC}:
            waiting.places += [*phrase.after, (After.TIME, phrase.place())]
        elif role is Role.AT or (role is Role.BY and phrase.entry.kind is Kind.PLACE):
            waiting.places.append((After.PLACE, phrase.place()))
        elif role is Role.LIKE:
            waiting.after.append((After.OWNING, f"like {phrase.text()}"))
        else:
            if role in {Role.SUBJECT, Role.TOPIC} and waiting.deeds:
                self._finish_clause()
            waiting.arguments.append(Argument(role, phrase))

    def _acts_next(self) -> bool:
        """Tell whether a verb follows at once: "용과 싸우는" is "with", not "and"."""
        following = self._units[self._at + 1 : self._at + 2]
        entry = following[0].entry if following else None
        if entry is None:
            return False
        return entry.kind is Kind.VERB or entry.english == "together"

    def _join(self, phrase: Phrase, role: Role) -> None:
        """Join nouns that "and" left waiting; a person does not join the thing that somebody holds."""
        kept = [
            other
            for other in self._waiting.companions
            if role is Role.OBJECT and other.is_animate and not phrase.is_animate
        ]
        phrase.others += [other for other in self._waiting.companions if other not in kept]
        self._waiting.companions = kept

    def _position(self, unit: Unit) -> None:
        """ "바다 위": the noun before it becomes a place."""
        assert unit.entry is not None
        preposition = unit.entry.english
        if self._at and is_adnominal(self._units[self._at - 1]):
            return  # "비 온 뒤": after, not behind
        if self._open is None and self._at and self._units[self._at - 1].part is Part.UNKNOWN:
            return
        if self._open is None:
            text = _LONE.get(preposition)
            if text and not self._waiting.before:
                self._waiting.places.append((After.PLACE, text))
            return
        phrase, self._open = self._open, None
        self._join(phrase, Role.AT)
        place = (After.PLACE, phrase.place(preposition))
        following = self._units[self._at + 1 : self._at + 2]
        if following and following[0].role is Role.GENITIVE:
            self._waiting.after.append(place)
        else:
            self._waiting.places.append(place)

    def _adverb(self, unit: Unit) -> None:
        """Keep an adverb for the next verb."""
        if self._open is not None:
            self._close(Role.NONE)
        self._waiting.adverbs.append(unit.entry.english if unit.entry else "")


def _afloat(place: tuple[After, str]) -> tuple[After, str]:
    """A ship above the sea is on it."""
    return place[0], re.sub(r"\babove (?=the (?:sea|ocean))", "on ", place[1])


def _genitive(phrase: Phrase) -> tuple[After, str]:
    """Write "N의": a place, a time, what the next noun has, or "of"."""
    kind = phrase.entry.kind
    if kind is Kind.PLACE:
        return After.PLACE, phrase.place()
    if kind is Kind.TIME:
        return After.TIME, phrase.place()
    if "part" in phrase.entry.marks:
        return After.OWNING, f"with {phrase.text()}"
    return After.OWNING, f"of {phrase.text()}"
