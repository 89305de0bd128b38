"""The word lists of the text gate, and where their words stand in a view of a text.

A list is a text file beside this one: a kind in brackets, then its words, separated by commas. "{은|는}" stands
for each of its parts, a blank for a place where people may write one or not. Before a word, "!" wants all of
an eojeol, particles apart, and "-" wants the letters together. Latin words always are whole words. Knows no rule.
"""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files

from pipeline.safety.disguise import BLANK, MARK, TOGETHER, View, plain_view, shortened

LOOKALIKE = "lookalike"  # the kind of what is harmless, whatever it holds

_LISTS = ("words_ko.txt", "words_en.txt")
_MIN_LONG = 4  # syllables that do not follow each other by chance
_MIN_SPLIT_LATIN = 4  # letters of a word that may be written in two pieces

_PARTICLES = frozenset(
    """이 가 을 를 은 는 의 에 에게 에서 에게서 로 으로 와 과 랑 이랑 하고 도 만 들 이들 들이 들을 들은 들의 들과 들도
    들에게 들만 처럼 같은 같이 인 이다 이고 이며 이나 나 까지 부터 보다 마다 한 하는 하게 할 해 했던 하며 하다 하던
    하자 된 되는 적 적인 적으로 용 님 양 군 씨 이랑도 에는 에도 으로는 로는 으로도 로도 라 이라 라는 이라는 란 이란
    하기 하기를 해서 해줘 이요 요 인데 이에요 예요 야 이야 아 의것 끼리 뿐 만을 만이 씩 속 속의 앞 옆 위 중 상""".split()
)
_REQUESTS = re.compile(
    "(?:을|를|의|이|가|로|으로|한|인|된)?(?:그려|그리|그림|그린|만들|사진|이미지|장면|모습|짤|일러스트|보여|뽑아|생성|부탁|캐릭터)"
)


@dataclass(frozen=True, slots=True)
class Term:
    """One word of a list as the letters of a view have it."""

    letters: str
    kind: str
    is_whole: bool = False
    is_together: bool = False
    is_prefix: bool = False  # anything may follow
    joints: frozenset[int] = frozenset()  # before these letters people may write a blank


@dataclass(frozen=True, slots=True)
class Hit:
    """A word in a view."""

    term: Term
    start: int
    end: int

    def lies_in(self, spans: Iterable[tuple[int, int]]) -> bool:
        """Whether all of it is inside of one of these."""
        return any(start <= self.start and self.end <= end for start, end in spans)

    def begins_in(self, spans: Iterable[tuple[int, int]]) -> bool:
        """Whether it begins inside of one of these, or is its beginning: "벗은" in "신발을 벗"."""
        return self.lies_in(spans) or any(start < self.start < end for start, end in spans)


class Lexicon:
    """Words by their first letters, to be found in one pass."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._terms: dict[str, list[Term]] = {}
        lengths: dict[str, set[int]] = {}
        for term in dict.fromkeys(terms):
            self._terms.setdefault(term.letters, []).append(term)
            lengths.setdefault(term.letters[:2], set()).add(len(term.letters))
        self._lengths = {head: tuple(sorted(of)) for head, of in lengths.items()}

    def hits(self, view: View) -> Iterator[Hit]:
        """Find every word of the lists that stands in a view as it must stand."""
        letters, heads, known = view.letters, self._lengths, self._terms
        # Most places begin no word: they are passed over in one go.
        starts = [
            i for i, letter in enumerate(letters) if letter in heads or letters[i : i + 2] in heads
        ]
        for start in starts:
            head = letters[start : start + 2]
            lengths = (*heads.get(head[0], ()), *(heads.get(head, ()) if len(head) > 1 else ()))
            for length in lengths:
                for term in known.get(letters[start : start + length], ()):
                    if _stands(term, view, start):
                        yield Hit(term, start, start + length)


def read_lists() -> Mapping[str, tuple[Term, ...]]:
    """Read the lists: the words of each kind. Raises OSError."""
    kinds: dict[str, list[Term]] = {}
    for name in _LISTS:
        kind = ""
        for line in (files(__package__) / name).read_text("utf-8").splitlines():
            line = line.partition("#")[0].strip()
            if line.startswith("["):
                kind = line.strip("[]")
            else:
                words = [word.strip() for word in line.split(",") if word.strip()]
                kinds.setdefault(kind, []).extend(
                    term for word in words for term in _terms(word, kind)
                )
    return {kind: tuple(terms) for kind, terms in kinds.items() if kind}


def term_of(word: str, kind: str) -> Term | None:
    """Make a term of a word as people write it; None where it has no letters.

    One or two letters stand for a whole word only, longer ones also for what begins with them.
    """
    view = plain_view(word)
    if not view.letters:
        return None
    joints = frozenset(i for i, gap in enumerate(view.gaps) if i and gap != TOGETHER)
    is_short = len(view.letters) <= (4 if view.letters.isascii() else 2)
    return Term(view.letters, kind, is_whole=is_short, is_prefix=not is_short, joints=joints)


def _terms(word: str, kind: str) -> Iterator[Term]:
    """Expand a word of a list."""
    is_whole, is_together = "!" in word[:2], "-" in word[:2]
    parts = re.split(r"\{([^}]*)\}", word.lstrip("!-"))
    options = [part.split("|") if i % 2 else [part] for i, part in enumerate(parts)]
    for chosen in itertools.product(*options):
        view = plain_view("".join(chosen))
        # What is harmless must be found where stretched words were shortened, too.
        for one in (
            view,
            *(shortened(view) if kind == LOOKALIKE and view.letters.isascii() else ()),
        ):
            joints = frozenset(i for i, gap in enumerate(one.gaps) if i and gap == BLANK)
            yield Term(one.letters, kind, is_whole=is_whole, is_together=is_together, joints=joints)


def _stands(term: Term, view: View, start: int) -> bool:
    """Tell a word from letters that only follow each other."""
    end = start + len(term.letters)
    begins = view.gaps[start] != TOGETHER
    breaks = [
        gap for i in range(start + 1, end)
        if (gap := view.gaps[i]) != TOGETHER and i - start not in term.joints
    ]  # fmt: skip
    if term.letters.isascii():
        ends = view.ends_at(end) or not view.letters[end].isascii() or term.is_prefix
        if start and not begins:
            begins = not view.letters[start - 1].isascii()
        return begins and ends and _is_split_word(term, breaks)
    if not breaks:
        if term.is_prefix:
            return begins
        return not term.is_whole or (begins and _ends(view, end))
    is_long = len(term.letters) >= _MIN_LONG
    return not term.is_together and begins and (is_long or _ends(view, end))


def _is_split_word(term: Term, breaks: list[int]) -> bool:
    """Whether a Latin word is in one piece, spelled out letter by letter, or long and in two pieces."""
    if not breaks or len(breaks) == len(term.letters) - 1 - len(term.joints):
        return True
    if term.is_together:
        return False
    return set(breaks) == {MARK} or (len(breaks) == 1 and len(term.letters) >= _MIN_SPLIT_LATIN)


def _ends(view: View, end: int) -> bool:
    """Whether a Korean word may end here: nothing follows, or a particle, or a word that asks."""
    if view.ends_at(end):
        return True
    rest = view.rest_of_word(end)
    return rest in _PARTICLES or rest.isascii() or bool(_REQUESTS.match(rest))
