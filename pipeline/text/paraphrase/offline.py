"""Similar Korean sentences without network: other words for the same thing, and the same words in another order.

Only what cannot change the picture: no subject is added or dropped. A word is replaced where it stands
alone, by its particles' rules: a word in 은/ㄴ keeps its place, so most replacements need no new particle.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import zip_longest

_PARTICLE = r"(?:이|가|은|는|을|를|과|와|으로|로|이랑|랑)?"
_AFTER_FINAL = {"가": "이", "는": "은", "를": "을", "와": "과", "로": "으로", "랑": "이랑"}
_AFTER_VOWEL = {after: before for before, after in _AFTER_FINAL.items()}
_AND = re.compile(r"^(?P<one>[^,]*?\S)(?:과|와|이랑|랑|하고) (?P<two>[^,]*\S)$")
_WHERE = re.compile(
    r"^(?P<place>[^,]*\S (?:위|아래|옆|앞|뒤|안|속))(?:의|에 있는|에) (?P<thing>[^,]*\S)$"
)


class OfflineParaphraser:
    """Rules and synonyms."""

    name = "offline"
    is_local = True
    num_places = None

    async def paraphrase(self, text: str, *, num_variants: int) -> tuple[str, ...]:
        """Give variants of a Korean text, one replacement or reordering each, then pairs of them."""
        return tuple(self.variants(text))[:num_variants]

    def variants(self, text: str) -> list[str]:
        """Give all variants, those that change different things first."""
        first = _interleave([list(_reordered(text)), *_replaced(text)])
        both = [second for variant in first[:4] for second in _interleave(_replaced(variant))]
        return [variant for variant in dict.fromkeys([*first, *both]) if variant != text]


def _reordered(text: str) -> Iterator[str]:
    """Say the same with its parts in another order."""
    if match := _AND.match(text):
        one, two = match["one"], match["two"]
        yield f"{two}{_particle('와', two)} {one}"
    if match := _WHERE.match(text):
        yield f"{match['place']}에 있는 {match['thing']}"
        yield f"{match['place']}의 {match['thing']}"


def _replaced(text: str) -> list[list[str]]:
    """Replace one word at a time; a list for each word found."""
    found: list[list[str]] = []
    for group in _groups():
        for word in group:
            pattern = re.compile(rf"(?<![가-힣]){word}(?P<josa>{_PARTICLE})(?![가-힣])")
            if pattern.search(text):
                others = [other for other in group if other != word]
                found.append([pattern.sub(_with(other), text) for other in others])
    return found


def _with(word: str):  # type: ignore[no-untyped-def]
    """Make a replacement that keeps the particle, in the form that the new word asks for."""
    return lambda match: word + _particle(match["josa"], word)


def _particle(particle: str, word: str) -> str:
    """Choose 이 or 가, 을 or 를, … by the final of the word."""
    final = (ord(word[-1]) - 0xAC00) % 28 if "가" <= word[-1] <= "힣" else 0
    plain = _AFTER_VOWEL.get(particle, particle)
    needs_final = final and not (plain == "로" and final == 8)
    return _AFTER_FINAL.get(plain, plain) if needs_final else plain


def _interleave(lists: list[list[str]]) -> list[str]:
    """Take the first of each list, then the second of each."""
    return [text for row in zip_longest(*lists) for text in row if text]


@cache
def _groups() -> tuple[tuple[str, ...], ...]:
    """Read the groups of synonyms."""
    lines = (files(__package__) / "synonyms.txt").read_text("utf-8").splitlines()
    return tuple(
        tuple(w.strip() for w in line.split(",")) for line in lines if line and line[0] != "#"
    )
