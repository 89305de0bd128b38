"""A person's own weights: `(고래)1.3` in a message, and where they act in the English prompt.

The syntax is ours and small: words in round brackets with a number directly behind them, never nested.
Everything else with brackets and numbers is plain text. No prompt parser ever sees a message; what leaves
this file are words, numbers and fragments. Does not translate.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.errors import WeightOutOfRange
from pipeline.text.korean import PARTICLES
from pipeline.text.weights import MAX_OWN_WEIGHT, MIN_OWN_WEIGHT, own_weighted
from pipeline.types import Fragment

MAX_EMPHASES = 5
MAX_OWN = 20  # words of a list
MAX_CHARS = 40  # of the words in one pair of brackets

# f(x)2, a version (beta)1.2.3 and a count (고래)3마리 are none: only a particle may follow the number directly.
_SIGN = re.compile(
    rf"(?<![A-Za-z0-9_\\()\[\]{{}}<])\((?P<words>[^()\[\]{{}}<>|]{{1,{MAX_CHARS}}})\)"
    rf"(?P<weight>\d{{1,3}}(?:\.\d{{1,2}})?)(?={PARTICLES}(?!\w|[.,:/~-]\d|[%°℃+*=^(\[{{<]))",
    re.ASCII,
)
_WORD = re.compile(r"[\w'’-]+")
_ARTICLES = frozenset({"a", "an", "the"})
_IRREGULAR = {
    "children": "child", "people": "person", "men": "man", "women": "woman", "feet": "foot", "teeth": "tooth",
    "mice": "mouse", "geese": "goose",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Emphasis:
    """Words as the person wrote them, and the weight they were given."""

    words: str
    weight: float  # 0.5 to 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Emphasised:
    """A text without its signs, and what they said; beyond the limit the words stay and their weights go."""

    text: str
    emphases: tuple[Emphasis, ...] = ()
    num_ignored: int = 0


def take_emphases(text: str) -> Emphasised:
    """Take the signs off a normalised text. Raises WeightOutOfRange."""
    rest: list[str] = []
    emphases: list[Emphasis] = []
    end = 0
    for match in _SIGN.finditer(text):
        words = match["words"]
        if words == words.strip() and any(c.isalpha() for c in words):
            emphases.append(Emphasis(words=words, weight=_weight_of(match["weight"])))
            blank = " " if text[match.start() - 1 : match.start()].isalnum() else ""
            rest += [text[end : match.start()], blank, words]
            end = match.end()
    return Emphasised(
        text="".join(rest) + text[end:],
        emphases=tuple(emphases[:MAX_EMPHASES]),
        num_ignored=max(0, len(emphases) - MAX_EMPHASES),
    )


def own_emphases(words: Iterable[tuple[str, float]]) -> tuple[Emphasis, ...]:
    """Read words that a person lists with their weights; those beyond the limit are left out.

    Raises WeightOutOfRange.
    """
    named = [(" ".join(word.split())[:MAX_CHARS], _checked(weight)) for word, weight in words]
    distinct = {word.casefold(): Emphasis(words=word, weight=weight) for word, weight in named}
    return tuple(one for one in distinct.values() if any(c.isalpha() for c in one.words))[:MAX_OWN]


def _weight_of(number: str) -> float:
    """Read a weight."""
    return _checked(float(number))


def _checked(weight: float) -> float:
    if not MIN_OWN_WEIGHT <= weight <= MAX_OWN_WEIGHT:
        raise WeightOutOfRange(weight=weight, min_weight=MIN_OWN_WEIGHT, max_weight=MAX_OWN_WEIGHT)
    return weight


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A sentence cut where its weighted words begin and end, and weighted words that it lacks."""

    fragments: tuple[Fragment, ...]
    missing: tuple[Fragment, ...] = ()


def place(sentence: str, emphases_en: Sequence[tuple[str, float]], *, begin: int = 0) -> Placed:
    """Cut a sentence at the weighted words behind `begin`: whole words, case and article aside.

    Longer terms choose first, and no word is weighed twice.
    """
    words = list(_WORD.finditer(sentence, min(begin, len(sentence))))
    forms = [_forms(word[0]) for word in words]
    spans: dict[int, tuple[int, float]] = {}  # first word → last word, weight
    missing: list[Fragment] = []
    taken: set[int] = set()
    for term, weight in sorted(emphases_en, key=lambda pair: -len(_words_of(pair[0]))):
        wanted = _words_of(term)
        first = _find(wanted, forms, taken)
        if first is not None:
            spans[first] = (first + len(wanted) - 1, weight)
            taken |= set(range(first, first + len(wanted)))
        elif wanted:
            missing.append(own_weighted(term, weight))
    pieces = [
        (words[a].start(), words[b].end(), weight) for a, (b, weight) in sorted(spans.items())
    ]
    return Placed(fragments=_cut(sentence, pieces), missing=tuple(missing))


def shares_word(text: str, terms: Iterable[str]) -> bool:
    """Tell whether a text has a word of one of the terms, plural or not."""
    own = [_forms(word) for word in _WORD.findall(text)]
    return any(forms & wanted for term in terms for wanted in _words_of(term) for forms in own)


def _words_of(term: str) -> list[frozenset[str]]:
    """Give the forms of a term's words, its article left out."""
    words = _WORD.findall(term)
    if words[1:] and words[0].lower() in _ARTICLES:
        words = words[1:]
    return [forms for word in words if (forms := _forms(word))]


def _forms(word: str) -> frozenset[str]:
    """Give a word in lower case and what it may be the plural or possessive of."""
    bare = re.sub(r"['’]s?$", "", word.lower().lstrip("'’-").rstrip("-"))
    found = {bare, _IRREGULAR.get(bare, bare)}
    if len(bare) > 3 and bare.endswith("s") and not bare.endswith("ss"):
        found.add(bare[:-1])
        for plural, singular in (("es", ""), ("ies", "y"), ("ves", "f"), ("ves", "fe")):
            if bare.endswith(plural):
                found.add(bare.removesuffix(plural) + singular)
    return frozenset(found - {""})


def _find(
    wanted: Sequence[frozenset[str]], forms: Sequence[frozenset[str]], taken: set[int]
) -> int | None:
    """Find the first place where a term's words follow each other and nobody has taken them."""
    for first in range(len(forms) - len(wanted) + 1 if wanted else 0):
        here = range(first, first + len(wanted))
        if all(forms[i] & w for i, w in zip(here, wanted, strict=True)) and not taken & set(here):
            return first
    return None


def _cut(sentence: str, pieces: Sequence[tuple[int, int, float]]) -> tuple[Fragment, ...]:
    """Cut a sentence at (start, end, weight); a blank between two goes with the first of them."""
    first = pieces[0][0] if pieces else len(sentence)
    fragments = [Fragment(text=sentence[:first])]
    nexts = [*(start for start, _, _ in pieces[1:]), len(sentence)]
    for (start, end, weight), after in zip(pieces, nexts, strict=False):
        split = after if sentence[end:after].isspace() else end
        fragments.append(own_weighted(sentence[start:split], weight))
        fragments.append(Fragment(text=sentence[split:after]))
    return tuple(fragment for fragment in fragments if fragment.text)
