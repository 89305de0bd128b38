"""What somebody says about a picture → the text of the next one: "더 밝게, 바다 빼고" about a whale in the sea.

What is taken away leaves the text and is not wanted any more; what takes the place of something stands
where that stood; everything else is added behind. Reads Korean by its morphemes, written as
`form/TAG form/TAG …`. Runs on the text thread. Does not know pictures, nor who asks.
"""

import re
from dataclasses import dataclass

from pipeline.text.emphasis import Emphasis, take_emphases
from pipeline.text.korean import Korean, joined
from pipeline.text.normalise import has_hangul, normalise
from pipeline.text.request_words import strip_english_request, strip_request
from pipeline.text.thing import find, put_in, take_out

_NOUN = r"\S+/(?:NNG|NNP|SL|XR|XPN|XSN|SN) "
_THING = rf"(?:(?:(?:\S+/MAG )?\S+/(?:VA|VV|XSA) \S+/ETM )|(?:(?:{_NOUN})+의/JKG ))*(?:{_NOUN})+?"
_THINGS = rf"(?:{_THING}(?:\S+/JC |하고/JKB |,/SP ))*{_THING}"
_PARTICLE = r"(?:들/XSN )?(?:\S+/J[KX]\S* )*"
_WHEREIN = rf"(?:(?:{_NOUN})+(?:에서|에)/JKB (?:는/JX |있/V\S 는/ETM )?)?"
_HELP = r"(?:[아어]/EC (?:주|보|드리|버리)/VX |[아어]/EC )*"
_MAY = r"(?:ᆯ/ETM 수/NNB (?:\S+/JX )?있/V\S )?"
_END = rf"(?:{_HELP}{_MAY}(?:\S+/(?:EP|EF|EC|ETM|JX|Z_CODA) )*)"
_PLEASE = r"(?:(?:하|그리|만들|부탁/NNG 하|부탁/NNG 드리)/(?:VV|VX|XSV) " + _END + r"|부탁/NNG (?:하|드리)/XSV " + _END + ")?"  # fmt: skip

# "바다 말고 산" has two sides: what is behind it takes the place of what is before.
_INSTEAD = re.compile(
    rf"(?<!\S)(?P<old>{_THING}){_PARTICLE}(?:대신/NNG (?:에/JKB )?|말/VV 고/EC )"
    rf"(?P<new>{_THING}|\S+/(?:MM|NNB) )(?=\S+/(?:J|S[FP])|$|(?:넣|그리|바꾸)/VV |추가/NNG )(?:\S+/JK\S )?"
)
_INTO = re.compile(
    rf"(?<!\S)(?P<old>{_THING})(?:을|를|은|는)/J(?:KO|X) (?P<new>{_THING})(?:으로|로)/JKB "
    rf"(?=(?:바꾸|고치|하|만들|그리)/V|(?:변경|교체|수정|부탁)/NNG |$|\S+/S[FP] )"
)
_GONE = re.compile(
    rf"(?<!\S){_WHEREIN}(?P<gone>{_THINGS}){_PARTICLE}"
    rf"(?:(?:빼|지우|없애|치우|빠지|말)/VV {_END}|(?:제거|삭제|제외)/NNG 하/XSV {_END}"
    rf"|없이/MAG |(?:필요/NNG )?없/VA {_END}(?:걸/NNG 로/JKB |것/NNB 으로/JKB )?"
    rf"|안/MAG (?:나오|보이|들어가)/VV {_END}){_PLEASE}"
)
_ASKS = re.compile(
    r"(?P<verb>(?:하|그리|만들|바꾸|고치|넣|더하|보이|뽑|얹|붙이|올리|놓|달|심|씌우|입히)/(?:VV|VX|XSV) |(?:추가|변경|수정|표현|묘사|부탁)/NNG (?:하|드리)/(?:XSV|VV) "
    rf"|주/V[VX] ){_END}(?:\S+/S\w )*$|추가/NNG $"
)
_POLITE = re.compile(
    r"(?:(?:좀|제발|부탁|감사|고맙|혹시|다시|또|새로|한번)/\S+ (?:\S+/(?:XSV|E\S+) )*)+$"
)
_OPENING = re.compile(
    r"^(?:\S+/(?:MAJ|IC) |(?:좀|그럼|혹시|제발)/\S+ |이번/NNG (?:에/JKB )?(?:\S+/JX )?|\S+/S[PW] )+"
)
_OBJECT = re.compile(r"(?:\S+/(?:JKO|JX) |,/SP )+$")
_CHATTER = re.compile(
    r"^(?:(?:\S+/(?:MAG|IC|MAJ|SW) )*(?:(?:좋|예쁘|이쁘|멋지|멋있|고맙|귀엽|감사/NNG 하|대박)/\S+ )(?:\S+/E\S+ )+(?:요/JX )?(?:\S+/S\w )*)$"
)
_ENGLISH_GONE = re.compile(r"\b(?:without|remove|no)\s+(?:the\s+|any\s+|an?\s+)?([\w -]+?)(?=\s*(?:[,.;!?]|\band\b|$))", re.IGNORECASE)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """The next text, and what is not to be seen any more; both may be empty."""

    text: str
    negative: str = ""


def revise(text: str, change: str, korean: Korean, *, max_chars: int) -> Revised:
    """Change a text as somebody said. Raises WeightOutOfRange for a weight in the text."""
    said = normalise(change, max_chars=max_chars).text
    emphasised = take_emphases(normalise(text, max_chars=max_chars).text)
    old, emphases = emphasised.text, emphasised.emphases
    old = strip_request(old, korean).subject or old
    if not has_hangul(said):
        return _in_english(_weighed(old, emphases), said)
    gone: list[str] = []
    for pattern in (_INSTEAD, _INTO):
        said, old, lost = _exchanged(pattern, said, old, korean)
        gone += lost
    said, taken = _taken(said, korean)
    added = [bare for clause in _clauses(said) if (bare := _bare(clause, korean))]
    for thing in taken:
        if added and old.endswith(thing) and _is_noun(added[0], korean):
            old = put_in(added.pop(0), thing, old, korean)  # "고래를 빼고 상어를 넣어줘"
        old = take_out(thing, old, korean)
    negative = ", ".join(dict.fromkeys([*gone, *taken]))
    return Revised(text=_weighed(_listed(old, *added), emphases), negative=negative)


def _exchanged(
    pattern: re.Pattern[str], said: str, old: str, korean: Korean
) -> tuple[str, str, list[str]]:
    """Put in the place of things what is to stand there; gives what is left to say, and what went.

    What is nowhere in the text is described: "배경을 파란색으로" adds "파란색 배경".
    """
    gone: list[str] = []
    while match := _match(pattern, said, korean):
        start, end, named = match
        thing, new = named["old"], named["new"]
        behind = said[end:]
        if find(thing, old, korean):
            old = put_in(new, thing, old, korean)
            gone += [thing] if pattern is _INSTEAD else []
        elif pattern is _INSTEAD:
            old, gone = _listed(old, new), [*gone, thing]
        else:
            old = _listed(old, f"{new} {thing}")
        said = f"{said[:start]}, {behind}"
    return said, old, gone


def _taken(said: str, korean: Korean) -> tuple[str, tuple[str, ...]]:
    """Take "… 빼고" and the like off what was said."""
    gone: list[str] = []
    while match := _match(_GONE, said, korean):
        start, end, named = match
        gone += _things(named["gone"], korean)
        said = f"{said[:start]}, {said[end:]}"
    return said, tuple(gone)


def _match(
    pattern: re.Pattern[str], text: str, korean: Korean
) -> tuple[int, int, dict[str, str]] | None:
    """Find a pattern of morphemes: where it stands in the text, and the text of its groups."""
    words = korean.morphemes(text)
    line, starts = joined(words)
    match = pattern.search(line)
    if match is None:
        return None

    def span(group: str | int) -> tuple[int, int]:
        first, behind = starts.index(match.start(group)), starts.index(match.end(group))
        return words[first].start, words[behind - 1].end

    named = {name: text[slice(*span(name))] for name in match.groupdict()}
    return (*span(0), named)


def _things(words: str, korean: Korean) -> list[str]:
    """Part "바다랑 하늘" into its things."""
    morphemes = korean.morphemes(words)
    cuts = [m for m in morphemes if m.tag in {"JC", "SP"} or (m.form, m.tag) == ("하고", "JKB")]
    starts, ends = [0, *(m.end for m in cuts)], [*(m.start for m in cuts), len(words)]
    pieces = (words[start:end].strip() for start, end in zip(starts, ends, strict=True))
    return [piece for piece in pieces if piece]


def _clauses(said: str) -> list[str]:
    return [clause.strip() for clause in re.split(r"[,.;!?\n]+", said) if clause.strip()]


def _bare(clause: str, korean: Korean) -> str:
    """Take the asking off a clause: "나비를 추가해 줘" adds "나비", and thanks add nothing."""
    words = korean.morphemes(clause)
    line, starts = joined(words)
    if _CHATTER.match(line):
        return ""
    if opening := _OPENING.match(line):
        words = words[starts.index(opening.end()) :]
    for pattern in (_POLITE, _ASKS, _OBJECT, _POLITE):
        line, starts = joined(words)
        if found := pattern.search(line):
            words = words[: starts.index(found.start())]
    return clause[words[0].start : words[-1].end].strip(" ~^,") if words else ""


def _is_noun(words: str, korean: Korean) -> bool:
    return all(word.is_noun for word in korean.morphemes(words))


def _weighed(text: str, emphases: tuple[Emphasis, ...]) -> str:
    """Give the person's own weights back to the words that are still there."""
    for one in emphases:
        text = text.replace(one.words, f"({one.words}){one.weight:g}", 1)
    return text


def _listed(*texts: str) -> str:
    return ", ".join(filter(None, texts))


def _in_english(old: str, said: str) -> Revised:
    """Add English to a text; what is to go can be told apart, but not found in Korean."""
    gone = [thing.strip() for thing in _ENGLISH_GONE.findall(said)]
    rest = strip_english_request(_ENGLISH_GONE.sub("", said))
    return Revised(
        text=_listed(old, re.sub(r"\s+", " ", rest).strip(" ,.!?")), negative=", ".join(gone)
    )
