"""Finds what a text says is not there ("사람 없이", "고양이 빼고") and takes it off.

An encoder does not read "without": such things belong in the negative prompt.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.text.korean import Morpheme, joined

_NOUNS = r"(?P<nouns>(?:\S+/(?:NNG|NNP|SL) )+)(?:들/XSN )?(?:\S+/(?:MM|SN) \S+/NNB )?"
_ABSENT = re.compile(
    rf"(?<!\S){_NOUNS}(?:"
    r"(?:\S+/J[KX]\S* )?(?:없이/MAG |없/VA (?:\S+/(?:ETM|EC|EF) ))"
    r"|(?:\S+/J[KX]\S* )?(?:빼/VV|말/VV|제외/NNG 하/XSV|빠지/VV) (?:고/EC |ᆫ/ETM )"
    r"|(?:\S+/J[KX]\S* )?(?:안/MAG (?:나오|보이|들어가)/VV )(?:\S+/(?:ETM|EC|EF) )+)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Without:
    """The text without its absent things, and the Korean words for them."""

    text: str
    absent: tuple[str, ...] = ()


def take_absent(text: str, morphemes: Sequence[Morpheme]) -> Without:
    """Take every "without …" off a text."""
    line, starts = joined(tuple(morphemes))
    absent: list[str] = []
    rest, end = "", 0
    for match in _ABSENT.finditer(line):
        first, last = starts.index(match.start()), starts.index(match.end()) - 1
        nouns_end = starts.index(match.end("nouns")) - 1
        absent.append(text[morphemes[first].start : morphemes[nouns_end].end])
        rest += text[end : morphemes[first].start]
        end = morphemes[last].end
    if not absent:
        return Without(text=text)
    rest = re.sub(r"\s+", " ", rest + text[end:]).strip(" ,")
    return Without(text=rest, absent=tuple(absent))
