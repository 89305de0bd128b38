"""The glossary: Korean words with their English and how the English behaves in a sentence.

Reads the hand-made lists and the names from Unicode CLDR in `data/`; the lists explain themselves.
Hand-made entries win over CLDR. Does not know sentences; words with several meanings are kept together
with the neighbours that decide (`choose`).
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable

_LISTS = ("nouns.txt", "culture.txt", "places.txt", "verbs.txt", "descriptions.txt", "grammar.txt")
_ENTRY = re.compile(r"(?P<korean>[^=]+?)\s*=\s*(?P<english>[^|\[:]*?)\s*(?:\|\s*(?P<other>[^\[:]*?))?\s*(?:\[(?P<heading>[^]]+)\])?\s*(?::\s*(?P<cues>.*))?")  # fmt: skip


class Kind(StrEnum):
    """What a word does in a sentence; the first word of a list's heading."""

    NOUN = "noun"
    PLACE = "place"
    TIME = "time"
    SCENE = "scene"
    COLOUR = "colour"
    SIZE = "size"
    ADJECTIVE = "adjective"
    ADVERB = "adverb"
    VERB = "verb"
    POSITION = "position"
    COUNTER = "counter"
    NUMBER = "number"
    SCENE_HEAD = "scene_head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One meaning of a Korean word.

    `other` is the irregular plural of a noun, the phrase of a time ("at night"), a scene before a noun
    ("sunset"), or a verb's past participle.
    """

    kind: Kind
    english: str
    other: str | None = None
    marks: frozenset[str] = frozenset()  # the rest of the heading: animate, mass, the, motion, …

    @property
    def is_nominal(self) -> bool:
        """Whether it stands as a noun in a sentence."""
        return self.kind in {Kind.NOUN, Kind.PLACE, Kind.TIME}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meaning:
    """An entry, and the neighbours that call for it."""

    entry: Entry
    cues: frozenset[str] = frozenset()

    def distance(self, before: Collection[str], after: Collection[str]) -> float:
        """Count the words to the nearest cue; infinite where there is none."""
        nearby = [i for words in (before, after) for i, w in enumerate(words, 1) if w in self.cues]
        nearby += [0 for word in list(after)[:1] if f"+{word}" in self.cues]
        return min(nearby, default=float("inf") if self.cues else 99.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """All words, by their Korean without blanks; predicates end in 다."""

    meanings: dict[str, tuple[_Meaning, ...]] = field(repr=False)
    counters: dict[str, Entry] = field(
        repr=False
    )  # 마리, 개, 잔: count after a number, else may be nouns

    def __contains__(self, korean: str) -> bool:
        return korean in self.meanings

    def choose(
        self, korean: str, *, before: Collection[str] = (), after: Collection[str] = ()
    ) -> Entry | None:
        """Give the meaning that the neighbours call for, nearest neighbour first."""
        meanings = self.meanings.get(korean, ())
        if not meanings:
            return None
        return min(meanings, key=lambda meaning: meaning.distance(before, after)).entry


def load_lexicon() -> Lexicon:
    """Read all lists; about 2,500 words in some 20 ms."""
    folder = files(__package__) / "data"
    words: dict[str, tuple[_Meaning, ...]] = {}
    counters: dict[str, Entry] = {}
    for korean, meaning in _read_cldr(folder / "cldr.tsv"):
        words.setdefault(korean, (meaning,))
    for name in _LISTS:
        for korean, meaning in _read_list(folder / name):
            if meaning.entry.kind is Kind.COUNTER:
                counters[korean] = meaning.entry
            else:
                words[korean] = (meaning,)
    homographs: defaultdict[str, list[_Meaning]] = defaultdict(list)
    for korean, meaning in _read_list(folder / "homographs.txt"):
        homographs[korean].append(meaning)
    words |= {korean: tuple(meanings) for korean, meanings in homographs.items()}
    return Lexicon(meanings=words, counters=counters)


def culture_words() -> dict[str, str]:
    """Give the names of Korean things with their English, less those that are too short to be told from others."""
    entries = _read_list(files(__package__) / "data" / "culture.txt")
    return {korean: meaning.entry.english for korean, meaning in entries if len(korean) > 1}


def _read_list(path: Traversable) -> Iterator[tuple[str, _Meaning]]:
    """Read one hand-made list."""
    heading = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            heading = line.strip("[] ")
        elif line.strip() and not line.startswith("#"):
            match = _ENTRY.fullmatch(line.strip())
            if match is None:
                raise ValueError(f"{path}: {line!r}")
            kind, *marks = (match["heading"] or heading).split()
            meaning = _Meaning(
                entry=Entry(kind=Kind(kind), english=match["english"], other=match["other"], marks=frozenset(marks)),
                cues=frozenset((match["cues"] or "").split()),
            )  # fmt: skip
            for korean in match["korean"].split(","):
                yield korean.strip().replace(" ", ""), meaning


def _read_cldr(path: Traversable) -> Iterator[tuple[str, _Meaning]]:
    """Read the names of emoji and flags; an emoji itself is a word too."""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        source, korean, english = line.split("\t")
        marks = frozenset({"proper"}) if source == "country" else frozenset()
        if english.endswith("s") and not english.endswith(("ss", "us", "is")):
            marks |= {"plural"}
        meaning = _Meaning(entry=Entry(kind=Kind.NOUN, english=english, marks=marks))
        if source == "emoji" or len(korean) > 1:  # single syllables mean too many things
            yield korean.replace(" ", ""), meaning
