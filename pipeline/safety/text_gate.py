"""The rules of the text gate: who and what must not stand together, and what stands nowhere.

Judges what somebody wrote and what became of it, in Korean and English, in every disguise that `disguise.py`
undoes. Words come from the lists beside this file; without them nothing starts. Pure: the same texts give
the same ruling, no model and no network is asked. Never says which word it was.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

import regex  # type: ignore[import-untyped]

from pipeline.errors import Rule
from pipeline.safety.disguise import View, plain, views
from pipeline.safety.lexicon import LOOKALIKE, Hit, Lexicon, Term, read_lists, term_of
from pipeline.types import Audience, Ruling

_KINDS = frozenset(
    """young teen person real known photo sex undress suggest bathing nudify fake deepfake abuse gore cruel killing
    clothes grown lookalike""".split()
)
_PEOPLE = frozenset({"person", "young", "teen", "real", "known"})
_LIFTED, _FORBIDDEN = "allowed", "forbidden"
_CLOTHES = frozenset(
    """옷 속옷 잠옷 팬티 바지 치마 윗도리 아랫도리 상의 하의 교복 브라 브래지어 원피스 수영복 비키니 티셔츠 셔츠 가운
    기모노 드레스 체육복 블라우스 스타킹 란제리 나시 티 반바지 청바지 스커트 유니폼 런닝 기저귀""".split()
)
_AGE = regex.compile(
    r"(?<![\d.,])(?:1[0-8]|[1-9])\s*(?:살|세(?![가-힣])|세(?=\s*(?:의|여|남|소|아이|어린|짜리|정도))|yo\b|y/o|[- ]?years?[- ]?old)"
)
# A year at school, of birth, or of age without its unit.
_YOUNG_YEAR = regex.compile(
    r"(?<![\d가-힣])(?:초[1-6]|중[1-3]|고[1-3])(?:학년|생|짜리|여|남|애)?(?![\d가-힣])"
    r"|(?<!\d)20(?:0[89]|[12]\d)\s*년\s*생|(?<![a-z])aged?\s(?:1[0-8]|[1-9])(?![\d.])|나이\s?(?:는\s?)?(?:1[0-8]|[1-9])(?![\d.])"
)
_TEENS = regex.compile(r"(?<!\d)10대(?=\s*(?:소녀|소년|여|남|청소년|의|누|알|섹|야))")
_ADULT_MARK = regex.compile(
    r"(?<!\d)1[89]\s*금(?![가-힣])|(?<!\d)1[89]금(?=\s*(?:그림|사진|짤|영화|만화|웹툰))|(?<![a-z])r[-\s]?18(?!\d)|(?<!\d)18\+"
)
# Somebody by name; 아저씨 and 날씨 are none.
_NAMED = regex.compile(
    r"(?<![가-힣])(?!아저|아가|마음|맘씨|날씨|글씨|솜씨|불씨|말씨)[가-힣]{2,4}\s?씨(?:의)?\s?(?:얼굴|사진)"
)
_INITIALS = regex.compile(r"(?<![ㄱ-ㅎ])ㅅ[\s.1]*ㅅ(?=\s*(?:하는|하고|해|신|장면))")


@dataclass(slots=True)
class _Found:
    """What kinds of words stand in texts; for some rules, without those that the operator allows."""

    all: set[str] = field(default_factory=set)
    unlifted: set[str] = field(default_factory=set)
    num_suggestions: int = 0  # in the text that has most

    def add(self, kind: str, *, is_lifted: bool = False) -> None:
        """Take a kind."""
        self.all.add(kind)
        if not is_lifted:
            self.unlifted.add(kind)


class RulesMissing(RuntimeError):
    """The lists of the text gate cannot be read, or are empty: nothing may start without them."""


class RuleGate:
    """Judges texts; holds the lists, and lives as long as the program. See `pipeline.types.TextGate`."""

    def __init__(self, *, forbidden: Collection[str] = (), allowed: Collection[str] = ()) -> None:
        """Read the lists.

        `forbidden` words are never drawn; `allowed` ones lift what is sexual or violent, never more.
        Raises RulesMissing.
        """
        try:
            kinds = read_lists()
        except (OSError, ValueError) as error:
            raise RulesMissing("the word lists of the text gate cannot be read") from error
        if missing := sorted(kind for kind in _KINDS if not kinds.get(kind)):
            raise RulesMissing(f"the text gate has no words for: {', '.join(missing)}")
        own = [term for word in allowed if (term := term_of(word, _LIFTED))]
        self._lexicon = Lexicon([*(term for terms in kinds.values() for term in terms), *own])
        self._forbidden = tuple(forbidden)

    def judge(
        self,
        *texts: str,
        unwanted: Collection[str] = (),
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
        is_over_photo: bool = False,
    ) -> Ruling:
        """Judge texts that belong to one request together.

        `unwanted` is what a picture is not to show: who wants nakedness away asks for nothing, who wants
        clothes or adults away does. `forbidden` are the words that a place forbids. A photo that is drawn
        over counts like one that the text speaks of.
        """
        words = _words_of((*self._forbidden, *forbidden))
        found, away = self._found(texts, words), self._found(unwanted, words)
        if is_over_photo:
            found.add("photo")
        return Ruling(
            rule=_broken(found, away, audience), has_minors=bool({"young", "teen"} & found.all)
        )

    def _found(self, texts: Iterable[str], forbidden: "_Words") -> _Found:
        found = _Found()
        for text in dict.fromkeys(text for text in texts if text):
            suggestions: set[str] = set()
            for view in views(text):
                self._look(view, found, suggestions)
                if any(True for _ in forbidden.lexicon.hits(view)):
                    found.add(_FORBIDDEN)
            found.num_suggestions = max(found.num_suggestions, len(suggestions))
            folded = plain(text)
            if any(pattern.search(folded) for pattern in (_AGE, _YOUNG_YEAR, _TEENS)):
                found.add("teen")
            if _NAMED.search(folded):
                found.add("known")
            if _ADULT_MARK.search(folded) or _INITIALS.search(folded):
                found.add("sex")
            if forbidden.signs and forbidden.signs.search(folded):
                found.add(_FORBIDDEN)
        return found

    def _look(self, view: View, found: _Found, suggestions: set[str]) -> None:
        """Look for the words of the lists in one view of a text."""
        hits = list(self._lexicon.hits(view))
        harmless = [(hit.start, hit.end) for hit in hits if hit.term.kind == LOOKALIKE]
        lifted = [(hit.start, hit.end) for hit in hits if hit.term.kind == _LIFTED]
        for hit in hits:
            kind = hit.term.kind
            if kind in (LOOKALIKE, _LIFTED) or hit.begins_in(harmless):
                continue
            if kind in ("undress", "nudify") and _takes_off_something_else(view, hit, hits):
                continue
            is_lifted = hit.lies_in(lifted)
            found.add(kind, is_lifted=is_lifted)
            if kind == "suggest" and not is_lifted and not _is_part(hit, hits):
                suggestions.add(hit.term.letters)


@dataclass(frozen=True, slots=True)
class _Words:
    """Forbidden words: those with letters, and signs or digits alone."""

    lexicon: Lexicon
    signs: "regex.Pattern[str] | None"


@lru_cache(maxsize=256)
def _words_of(words: tuple[str, ...]) -> _Words:
    terms: list[Term] = []
    signs: list[str] = []
    for word in words:
        if term := term_of(word, _FORBIDDEN):
            terms.append(term)
        elif folded := plain(word).strip():
            signs.append(rf"(?<!\d){regex.escape(folded)}(?!\d)")
    return _Words(Lexicon(terms), regex.compile("|".join(signs)) if signs else None)


def _takes_off_something_else(view: View, hit: Hit, hits: Iterable[Hit]) -> bool:
    """Whether the word before says what is taken off, neither clothing nor somebody's: "반지를 벗은"."""
    if hit.start == 0 or not hit.term.letters.startswith("벗"):
        return False
    before = view.word_before(hit.start)
    if before[-1:] not in ("을", "를") or before[:-1] in _CLOTHES:
        return False
    return not any(one.term.kind in _PEOPLE and one.end == hit.start - 1 for one in hits)


def _is_part(hit: Hit, hits: Iterable[Hit]) -> bool:
    """Whether another word of its kind covers more of the same place."""
    return any(
        other.term.kind == hit.term.kind and (other.start, other.end) != (hit.start, hit.end)
        and hit.lies_in([(other.start, other.end)])
        for other in hits
    )  # fmt: skip


def _broken(found: _Found, away: _Found, audience: Audience) -> Rule | None:
    """Give the gravest rule that is broken."""
    if _is_of_minors(found, away):
        return Rule.MINOR
    if _is_of_real_people(found) or _is_of_real_people(away):
        return Rule.REAL_PERSON
    if _FORBIDDEN in found.all | away.all:
        return Rule.FORBIDDEN
    kinds = found.unlifted
    if "gore" in kinds or {"cruel", "killing"} <= kinds:
        return Rule.VIOLENCE
    if audience is Audience.EVERYBODY and _is_sexual(found, away):
        return Rule.SEXUAL
    return None


def _is_of_minors(found: _Found, away: _Found) -> bool:
    """Whether somebody young may be shown sexually: a false alarm is the smaller harm."""
    for kinds in (found.all, away.all):
        is_young = bool({"young", "teen"} & kinds)
        is_sexual = bool({"sex", "undress", "suggest", "nudify"} & kinds)
        if "abuse" in kinds or (is_young and is_sexual) or {"teen", "bathing"} <= kinds:
            return True
    if {"young", "teen"} & found.all and "clothes" in away.all:
        return True
    return "grown" in away.all and bool({"sex", "undress", "suggest"} & found.all)


def _is_of_real_people(found: _Found) -> bool:
    """Whether somebody who exists may be shown sexually or falsely."""
    kinds = found.all
    if "deepfake" in kinds or "nudify" in kinds:
        return True
    if "real" in kinds and {"sex", "undress", "suggest", "fake"} & kinds:
        return True
    if "known" in kinds and "fake" in kinds:
        return True
    return bool({"known", "photo"} & kinds) and bool({"sex", "undress", "suggest"} & kinds)


def _is_sexual(found: _Found, away: _Found) -> bool:
    kinds = found.unlifted
    if "sex" in kinds or {"undress", "person"} <= kinds or {"undress", "suggest"} <= kinds:
        return True
    if found.num_suggestions > 1:
        return True
    return "clothes" in away.all and bool({"person", "real", "known", "photo"} & found.all)
