"""Verbs, adjectives and weather: what they take of what waits, and what they become in English."""

import re

from pipeline.text.translate.english import RANKS, After, Before, Phrase, adverb_of, join_and
from pipeline.text.translate.lexicon import Kind
from pipeline.text.translate.noun_phrase import NounPhrases
from pipeline.text.translate.reading import Argument, is_adnominal
from pipeline.text.translate.unit import Form, Part, Role, Unit

_WHERE = frozenset({Role.OBJECT, Role.NONE})
_DESCRIBING = frozenset({Kind.COLOUR, Kind.SIZE, Kind.ADJECTIVE})
_STRANDED = re.compile(r" (?:for|at|to|of|with|by)$")


class Clauses(NounPhrases):
    """Reads predicates too."""

    def _predicate(self, unit: Unit) -> None:
        """Let a verb, adjective or scene take what waits for it."""
        kind = unit.entry.kind if unit.entry is not None else None
        if unit.is_negated:
            self._leave_out(unit)
        elif kind is Kind.SCENE:
            self._scene(unit)
        elif kind in _DESCRIBING:
            self._describe(unit)
        elif kind is Kind.NUMBER:
            self._many(unit)
        else:
            self._act(unit)

    def _leave_out(self, unit: Unit) -> None:
        """What is denied goes to the negative prompt: an encoder does not read "not"."""
        previous = self._units[self._at - 1] if self._at else None
        if previous is not None and previous.ending == "거나" and self._waiting.before:
            self._absent.append(self._waiting.before.pop()[1])
        if unit.entry is not None and unit.entry.english:
            self._absent.append(unit.entry.english)

    def _scene(self, unit: Unit) -> None:
        """Weather and light: "a sunset sky", else "… at sunset"."""
        assert unit.entry is not None
        phrase, adjective = unit.entry.english, unit.entry.other
        following = self._next_noun()
        is_sky = following is not None and (
            following.entry is not None and following.entry.english in {"sky", "night sky", "night", "day", "morning", "evening"}
        )  # fmt: skip
        if self._open is not None:
            self._close(Role.TOPIC)
        if is_sky and adjective and is_adnominal(unit):
            self._waiting.before.append((Before.COLOUR, adjective))
        elif is_adnominal(unit):
            self._waiting.after.append((After.TIME, phrase))
        else:
            self._waiting.places.append((After.TIME, phrase))

    def _describe(self, unit: Unit) -> None:
        """An adjective: before its noun, of its own subject ("with long hair"), or as an adverb."""
        assert unit.entry is not None
        word, rank = unit.entry.english, RANKS.get(unit.entry.kind, Before.QUALITY)
        subject = self._own_subject(unit)
        if unit.form is Form.ADVERBIAL and unit.entry.kind is Kind.ADJECTIVE and " " not in word:
            self._waiting.adverbs.append(adverb_of(word))
        elif subject is not None:
            subject.before.append((rank, word))
            if is_adnominal(unit) and self._next_noun() is not None:
                self._waiting.after.append((After.OWNING, f"with {subject.text()}"))
            else:
                self._open = subject
                self._close(Role.SUBJECT)
        else:
            if self._open is not None:
                self._close(Role.NONE)
            self._waiting.before.append((rank, word))

    def _own_subject(self, unit: Unit) -> Phrase | None:
        """Take the subject that stands right before an adjective."""
        previous = self._units[self._at - 1] if self._at else None
        if self._open is not None and ("part" in self._open.entry.marks or not is_adnominal(unit)):
            phrase, self._open = self._open, None
            return phrase
        arguments = self._waiting.arguments
        is_marked = previous is not None and previous.role in {Role.SUBJECT, Role.TOPIC}
        if (is_marked or not is_adnominal(unit)) and arguments and arguments[-1].role in {Role.SUBJECT, Role.TOPIC}:  # fmt: skip
            return arguments.pop().phrase
        return None

    def _many(self, unit: Unit) -> None:
        """ "꽃이 많은 정원": a garden with many flowers; "많은 꽃": many flowers."""
        assert unit.entry is not None
        count = Unit(part=Part.COUNT, number=unit.entry.english)
        subject = self._own_subject(unit)
        if subject is None:
            self._waiting.count = count
            return
        self._number(subject, count)
        self._waiting.after.append((After.OWNING, f"with {subject.text()}"))

    def _act(self, unit: Unit) -> None:
        """A verb takes its objects, places and times."""
        marks = unit.entry.marks if unit.entry is not None else frozenset()
        if self._open is not None:
            self._close(Role.SUBJECT if marks & {"intransitive", "located"} else Role.OBJECT)
        subject = self._subject(unit)
        deed = self._deed(unit)
        if unit.form in {Form.ADNOMINAL, Form.PAST_ADNOMINAL}:
            self._modify(unit, subject, deed)
        else:
            if subject is not None:
                self._waiting.arguments.insert(0, Argument(Role.SUBJECT, subject))
            self._waiting.deeds += [deed] if deed else []
            if unit.form is Form.FINAL:
                self._finish_clause()

    def _deed(self, unit: Unit) -> str:
        """Write a verb with all it takes: "eating a carrot in the park at night"."""
        waiting, entry = self._waiting, unit.entry
        marks = entry.marks if entry is not None else frozenset()
        word = entry.english if entry is not None else ""
        texts: list[str] = []
        taken = [a for a in waiting.arguments if a.role not in {Role.SUBJECT, Role.TOPIC}]
        for argument in sorted(taken, key=lambda a: a.role is not Role.OBJECT):
            waiting.arguments.remove(argument)
            phrase = argument.phrase
            if (
                "motion" in marks
                and argument.role in _WHERE
                and phrase.entry.kind in {Kind.PLACE, Kind.TIME}
            ):
                waiting.places.append((After.PLACE, phrase.place()))
            elif argument.role is Role.BY and {"house", "motion"} <= (marks | phrase.entry.marks):
                texts.append(f"through {phrase.text()}")
            else:
                phrase.is_plural |= "pair" in phrase.entry.marks and word == "wearing"
                texts.append(
                    _object(
                        argument,
                        has_verb=bool(entry and entry.english),
                        is_passive="passive" in marks,
                    )
                )
        if word == "with" and not texts:
            word = ""
        if (
            word in {"making", "building"}
            and unit.form is Form.PAST_ADNOMINAL
            and any(a.role is Role.BY for a in taken)
        ):
            word, texts = (
                "made of",
                [text.removeprefix("with ").removeprefix("a ") for text in texts],
            )
        if not texts and not waiting.adverbs:
            word = _STRANDED.sub("", word)
        if not word and texts and entry is None:
            texts[0] = "with " + texts[0].removeprefix("with ")
        places = [text for _, text in sorted(waiting.places, key=lambda pair: pair[0])]
        if "at" in marks:
            places = [re.sub(r"^(?:on|in|at) ", "", place) for place in places]
        deed = " ".join(filter(None, [word, *texts, *waiting.adverbs, *places]))
        waiting.places, waiting.adverbs = [], []
        return deed

    def _subject(self, unit: Unit) -> Phrase | None:
        """Take the subject if it is this verb's: adjacent to it, or no later verb could have it."""
        found = [a for a in self._waiting.arguments if a.role in {Role.SUBJECT, Role.TOPIC}]
        if not found:
            return None
        is_scene = is_adnominal(unit) and self._following_part() is Part.SCENE_HEAD
        if (
            is_adnominal(unit)
            and not is_scene
            and not self._is_adjacent()
            and self._has_verb_ahead()
        ):
            return None
        self._waiting.arguments.remove(found[-1])
        return found[-1].phrase

    def _modify(self, unit: Unit, subject: Phrase | None, deed: str) -> None:
        """Turn a clause into what stands before or after the next noun."""
        waiting, entry = self._waiting, unit.entry
        following = self._units[self._at + 1] if self._at + 1 < len(self._units) else None
        if subject is not None and following is not None and following.part is Part.SCENE_HEAD:
            subject.after.append((After.DOING, join_and([*waiting.deeds, deed])))
            waiting.arguments.append(Argument(Role.SUBJECT, subject))
            waiting.deeds = []
            return
        deeds, waiting.deeds = [*waiting.deeds, deed], []
        text = join_and([d for d in deeds if d])
        if subject is not None:
            if text and " " not in text:
                subject.before.append((Before.DOING, text))
                text = ""
            waiting.after.append((After.OWNING, f"with {subject.text()} {text}".strip()))
        elif entry is not None and text == entry.english and " " not in text and text:
            past = unit.form is Form.PAST_ADNOMINAL and entry.other
            waiting.before.append((Before.DOING, past or text))
        elif text:
            waiting.after.append((After.DOING, text))


def _object(argument: Argument, *, has_verb: bool, is_passive: bool) -> str:
    """Write what a verb takes besides its subject."""
    text = argument.phrase.text()
    if argument.role is Role.TO:
        return f"to {text}"
    if argument.role is Role.BY and not is_passive:
        return f"with {text}"
    return text if has_verb else f"with {text}"
