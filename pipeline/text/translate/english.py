"""English noun phrases: articles, plurals, the order of adjectives and of what follows the noun.

Knows English only. `Phrase` is filled by the grammar from left to right and written once.
"""

import re
from dataclasses import dataclass, field
from enum import IntEnum

from pipeline.text.translate.lexicon import Entry, Kind


class Before(IntEnum):
    """The order of what stands before a noun: "three cute small white wooden …"."""

    QUALITY = 0
    DOING = 1
    SIZE = 2
    COLOUR = 3
    NOUN = 4


class After(IntEnum):
    """The order of what follows a noun: "a boy with a kite, running, on the beach, at sunset"."""

    OWNING = 0
    DOING = 1
    PLACE = 2
    TIME = 3


RANKS = {Kind.SIZE: Before.SIZE, Kind.COLOUR: Before.COLOUR, Kind.SCENE: Before.COLOUR}
_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_VOWEL = re.compile(r"(?!uni|use|eu|one|uk|ufo|ut)[aeiou]|hour|honest|8|11|18", re.IGNORECASE)
_OVER = {"over": "over", "above": "above"}


@dataclass(slots=True, kw_only=True)
class Phrase:
    """A noun with all that belongs to it, or several joined by "and"."""

    entry: Entry
    before: list[tuple[Before, str]] = field(default_factory=list)
    after: list[tuple[After, str]] = field(default_factory=list)
    number: int | str | None = None
    counter: str = ""
    is_plural: bool = False
    others: list["Phrase"] = field(default_factory=list)  # named before it: "a cat and a dog"

    @property
    def is_animate(self) -> bool:
        """Whether it can do something."""
        return "animate" in self.entry.marks

    @property
    def is_bare(self) -> bool:
        """Whether it is a noun alone."""
        return not (self.before or self.after or self.others or self.number)

    def text(self) -> str:
        """Write it with its article."""
        own = self._own()
        if not self.others:
            return own
        return join_and([*(other.text() for other in self.others), own])

    def _own(self) -> str:
        """Write the noun and what belongs to it, without its companions."""
        adjectives = dict.fromkeys(
            text for _, text in sorted(self.before, key=lambda pair: pair[0])
        )
        head, number = self._head(), self._number()
        words = " ".join([*adjectives, head])
        if self.counter:
            unit = self.counter if number == "a" else plural_of(self.counter)
            words = f"{unit} of {words}"
        lead = number if number != "a" else article_for(words)
        following = _in_order(self.after)
        return " ".join(filter(None, [lead, words, *following]))

    def _head(self) -> str:
        """Write the noun in its number."""
        many = self.is_plural or (self.number not in {None, 1, "1"})
        fixed = self.entry.marks & {"mass", "plural", "proper"}
        if many and (not fixed or self.counter) and not self.entry.marks & {"mass", "proper"}:
            return self.entry.other or plural_of(self.entry.english)
        if self.entry.kind is Kind.NOUN and self._is_always_many() and not many:
            return self.entry.other or self.entry.english
        return self.entry.english

    def _is_always_many(self) -> bool:
        """Whether the body has more than one: eyes, wings; and hair, which has no article either."""
        return "part" in self.entry.marks and self.entry.other is not None and self.number is None

    def _number(self) -> str:
        """Give the number word or "a", "the", or nothing."""
        if self.number not in {None, 1, "1"}:
            return number_word(self.number)
        if self.counter:
            return "a"
        if "the" in self.entry.marks:
            # "the forest", but "an old forest"; there is one sea and one sky all the same.
            is_one_of_many = self.entry.kind is Kind.PLACE and "above" not in self.entry.marks
            return "a" if self.before and is_one_of_many else "the"
        if self.entry.kind is Kind.TIME or self.is_plural:
            return ""
        bare = self.entry.marks & {"mass", "plural", "proper"}
        return "" if bare or self._is_always_many() else "a"

    def place(self, preposition: str | None = None) -> str:
        """Write where something is: "in the sea", "under a sunset sky"."""
        if self.entry.kind is Kind.TIME and preposition in {None, "in"}:
            plain = self.entry.other or self.entry.english
            return plain if self.is_bare else f"on {article_for(self.text())} {self.text()}"
        if preposition == "on":
            preposition = next((m for m in self.entry.marks if m in _OVER), "on")
        if "part" in self.entry.marks and "house" not in self.entry.marks and self.is_bare:
            return f"{preposition or self._preposition()} its {self._head()}"
        return f"{preposition or self._preposition()} {self.text()}"

    def _preposition(self) -> str:
        """Give the preposition that the noun goes with."""
        return next((m for m in ("in", "on", "at") if m in self.entry.marks), "on")


def _in_order(after: list[tuple[After, str]]) -> list[str]:
    """Sort what follows a noun; two things that it does are joined by "and"."""
    doing = [text for rank, text in after if rank is After.DOING and text]
    others = [pair for pair in after if pair[0] is not After.DOING]
    pairs = [*others, (After.DOING, join_and(doing))]
    return [text for _, text in sorted(pairs, key=lambda pair: pair[0]) if text]


def join_and(texts: list[str]) -> str:
    """Write a list: "a, b and c"."""
    return ", ".join(texts[:-1]) + " and " + texts[-1] if len(texts) > 1 else "".join(texts)


def number_word(number: int | str | None) -> str:
    """Write small numbers as words."""
    return _NUMBERS[number] if isinstance(number, int) and number < len(_NUMBERS) else str(number)


def article_for(words: str) -> str:
    """Choose a or an."""
    return "an" if _VOWEL.match(words) else "a"


def plural_of(noun: str) -> str:
    """Form a regular plural of the noun's last word, before any comma or "with"."""
    head, comma, rest = re.split(r"(,|\s(?:of|with|in)\s|$)", noun, maxsplit=1)
    if re.search(r"(?:s|x|z|ch|sh)$", head):
        head += "es"
    elif re.search(r"[^aeiou]y$", head):
        head = head[:-1] + "ies"
    else:
        head += "s"
    return head + comma + rest


def adverb_of(adjective: str) -> str:
    """Form the regular adverb of an adjective."""
    if adjective.endswith("y"):
        return adjective[:-1] + "ily"
    return adjective[:-1] + "y" if adjective.endswith("le") else adjective + "ly"
