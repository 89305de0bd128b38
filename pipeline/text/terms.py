"""Korean words with a fixed English: a place's names and characters, things that other languages have no word for.

Before translation a word is hidden behind an invented name that translators copy ("뽀삐가" → "Zavo가"), after it
the fixed English stands there again; what a translator lost is appended. Does not know any translator.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from pipeline.text.korean import PARTICLES, Morpheme
from pipeline.text.translate.english import article_for

_STARTS = ("Zav", "Kel", "Mir", "Vok", "Tum", "Lod", "Bex", "Nup", "Rif", "Gaz")
_ENDS = ("o", "u", "eri", "ina", "osk")
_MAX_MORPHEMES = 7
_NOUNS = frozenset({"NNG", "NNP", "SL"})
_NO_NOUNS = ("V", "M", "E", "J")
_GLUED = ("J", "VCP", "XSN", "XSA", "E")  # what may follow a name directly
_WORD = re.compile(r"\w+")
_PARTICLES = re.compile(PARTICLES)
_ARTICLE = re.compile(r"^(?:an?|the)\s+(?=\w)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """An invented name that stands for a word, and the English that belongs there."""

    name: str
    english: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """A Korean text with invented names in it."""

    text: str
    slots: tuple[Slot, ...] = ()


class Shown(NamedTuple):
    """A translation with the fixed English in it, and what of it had to be appended."""

    english: str
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Where a word of the list stands in a text."""

    start: int
    end: int
    korean: str  # as the list has it


class Terms:
    """A list of words, matched without regard to blanks and case; the longest word wins."""

    def __init__(self, mapping: Mapping[str, str]) -> None:
        self._english = {
            korean: _ARTICLE.sub("", english.strip())
            for korean, english in mapping.items()
            if key_of(korean) and english.strip()
        }
        self._keys = {key_of(korean): korean for korean in self._english}
        self._longest = max(map(len, self._keys), default=0)

    def hide(self, text: str, morphemes: Sequence[Morpheme]) -> Hidden:
        """Put invented names for the words of the list; their particles stay."""
        names, slots = _names(text), dict[str, Slot]()
        following = {m.start: m for m in reversed(morphemes)}
        rest, end = "", 0
        for found in self._find(text, morphemes):
            if found.korean not in slots:
                english = self._english[found.korean]
                slots[found.korean] = Slot(name=next(names), english=english)
            rest += text[end : found.start]
            blank = " " if rest[-1:].isalnum() else ""
            rest += blank + slots[found.korean].name + _link(text, found.end, following)
            end = found.end
        return Hidden(text=rest + text[end:], slots=tuple(slots.values()))

    @staticmethod
    def show(english: str, slots: Sequence[Slot]) -> Shown:
        """Put the fixed English for invented names, with its gloss the first time; append what got lost.

        A name may have come back in another case, in the plural, with an article or as an owner.
        """
        if not slots:
            return Shown(english=english)
        by_name = {slot.name.lower(): slot for slot in slots}
        glossed: set[str] = set()
        seen: set[str] = set()

        def write(match: re.Match[str]) -> str:
            slot = by_name[match["name"].lower()]
            seen.add(slot.name)
            text = slot.english
            if match["owning"] is not None or slot.name in glossed:
                text = text.partition(",")[0]
            else:
                glossed.add(slot.name)
            text += match["owning"] or ""
            return f"{match['a'][0]}{article_for(text)[1:]} {text}" if match["a"] else text

        shown = _pattern(by_name).sub(write, english)
        lost = tuple(slot.english for slot in slots if slot.name not in seen)
        if lost:
            shown = ", ".join(filter(None, [shown.strip().rstrip(" ,."), *lost]))
        return Shown(english=shown, lost=lost)

    def as_mapping(self, text: str, morphemes: Sequence[Morpheme] = ()) -> dict[str, str]:
        """Give the words of the list that stand in a text; without morphemes blanks and particles decide."""
        return {f.korean: self._english[f.korean] for f in self._find(text, morphemes)}

    def _find(self, text: str, morphemes: Sequence[Morpheme]) -> list[_Found]:
        """Find the words of the list, longest first; none overlaps another."""
        found = [*self._by_morphemes(text, morphemes), *self._by_words(text, morphemes)]
        covered = bytearray(len(text))
        kept: list[_Found] = []
        for one in sorted(found, key=lambda f: (f.start - f.end, f.start)):
            if not any(covered[one.start : one.end]):
                covered[one.start : one.end] = b"1" * (one.end - one.start)
                kept.append(one)
        return sorted(kept, key=lambda f: f.start)

    def _by_morphemes(self, text: str, morphemes: Sequence[Morpheme]) -> Iterator[_Found]:
        """Find words that begin and end where morphemes do."""
        for at, first in enumerate(morphemes):
            run = morphemes[at : at + _MAX_MORPHEMES]
            for length, last in enumerate(run, 1):
                if last.end - first.start > 2 * self._longest:
                    break
                written = text[first.start : last.end]
                korean = self._keys.get(key_of(written))
                if korean is not None and _is_name(text, run[:length], written):
                    yield _Found(start=first.start, end=last.end, korean=korean)

    def _by_words(self, text: str, morphemes: Sequence[Morpheme]) -> Iterator[_Found]:
        """Find words between blanks with nothing but particles behind them: names that the analysis tears."""
        firsts = {m.start: m for m in reversed(morphemes)}
        shortest = 2 if morphemes else 1  # one syllable means too much to go without the analysis
        for word in _WORD.finditer(text):
            for length in range(min(self._longest, len(word[0])), shortest - 1, -1):
                korean = self._keys.get(key_of(word[0][:length]))
                end = word.start() + length
                if korean is None or _PARTICLES.match(text, end) is None:
                    continue
                first = firsts.get(word.start())
                if first is None or first.end < end or (first.end == end and _is_noun(first)):
                    yield _Found(start=word.start(), end=end, korean=korean)
                    break


def key_of(korean: str) -> str:
    """Give a word as it is compared: without blanks and case."""
    return re.sub(r"\s", "", korean).casefold()


def _is_noun(morpheme: Morpheme) -> bool:
    """Tell whether a morpheme can be a name: 해치는 may mean a beast and may mean to harm."""
    return not morpheme.tag.startswith(_NO_NOUNS)


def _is_name(text: str, run: Sequence[Morpheme], written: str) -> bool:
    """Tell a word from morphemes that only spell it: 세배 from 세 배, 갓 the hat from 갓 just now."""
    first, last = run[0], run[-1]
    if len(written) == 1:
        is_alone = not text[first.start - 1 : first.start].isalnum() and _PARTICLES.match(
            text, last.end
        )
        return first.tag in _NOUNS and bool(is_alone)
    if " " in written:
        return all(m.tag in _NOUNS for m in run)
    return not last.tag.startswith(("J", "E")) and (len(run) > 1 or _is_noun(first))


def _link(text: str, end: int, following: Mapping[int, Morpheme]) -> str:
    """Give what must stand between a name and what was written directly behind the word."""
    here = following.get(end)
    if here is None or not text[end : end + 1].isalnum() or here.tag.startswith(_GLUED):
        return ""
    return "를 " if here.tag == "XSV" else " "


def _names(text: str) -> Iterator[str]:
    """Invent names that no language has as a word and that the text does not hold."""
    there = {word.lower() for word in re.findall(r"[A-Za-z]+", text)}
    for length in count(1):
        for end in _ENDS:
            for start in _STARTS:
                name = start + "an" * (length - 1) + end
                if name.lower() not in there:
                    yield name


def _pattern(names: Mapping[str, Slot]) -> re.Pattern[str]:
    """Find any of the names, the article before it and what makes it an owner behind it."""
    either = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.compile(
        rf"(?<![A-Za-z0-9])(?:(?P<a>an?)\s+)?(?P<name>{either})"
        r"(?:(?P<owning>['’]s(?![A-Za-z])|(?=-[A-Za-z]))|e?s)?(?![A-Za-z0-9])",
        re.IGNORECASE,
    )
