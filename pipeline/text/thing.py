"""Takes a thing out of a Korean text with all that hangs on it, or puts another in its place.

"바다 위의 고래" without "바다" is "고래": the particle, the word for where and the verb that leads to the
next noun go too. Finds things by their morphemes, so that "배" is not found in "배경". Runs on the text
thread. Does not know who asks.
"""

import re
from collections.abc import Sequence

from pipeline.text.korean import Korean, Morpheme

_MAX_PLACES = 10  # of one thing; each costs an analysis of the text
_WHERE = frozenset(
    "위 아래 앞 뒤 옆 속 안 밖 가운데 사이 주변 주위 근처 너머 곁 밑 한가운데 배경".split()
)
_PARTICLES = frozenset({"JKS", "JKO", "JKB", "JKG", "JX", "JC", "JKC"})
_VERBS = frozenset({"VV", "VA", "VX", "XSV", "XSA"})
_ENDINGS = frozenset({"EC", "EP"})
_AND = frozenset({"와", "과", "랑", "이랑", "하고"})
_STAYING = frozenset(
    {"있", "뜨", "놓이", "앉", "서", "눕"}
)  # "위에 떠 있는": it says where, no more
# By the last sound of the word before: after a consonant, after a vowel.
_PAIRS = (
    ("이", "가"), ("을", "를"), ("은", "는"), ("과", "와"), ("이랑", "랑"), ("으로", "로"), ("이나", "나"),
)  # fmt: skip


def find(thing: str, text: str, korean: Korean) -> list[tuple[int, int]]:
    """Say where a thing stands in a text: the numbers of its first morpheme and of the one behind it.

    Where all of its words are nowhere, the last one is looked for: of "빨간 모자" the "모자".
    """
    words, wanted = korean.morphemes(text), korean.morphemes(thing)
    nouns = [word for word in wanted if word.is_noun]
    return _places(words, wanted) or _places(words, nouns[-1:])


def take_out(thing: str, text: str, korean: Korean) -> str:
    """Take a thing out of a text, wherever it stands."""
    for _ in range(_MAX_PLACES):
        places = find(thing, text, korean)
        if not places:
            return text
        words = korean.morphemes(text)
        begin, end = places[0]
        first, last = _first_of(words, begin), _last_of(words, end)
        text = _mended(text[: words[first].start], text[words[last - 1].end :], korean)
    return text


def put_in(new: str, thing: str, text: str, korean: Korean) -> str:
    """Put something new in the place of a thing, with the particles that fit it."""
    words, rest, end = korean.morphemes(text), "", 0
    for begin, behind in find(thing, text, korean):
        rest += text[end : words[begin].start] + new
        end = words[behind - 1].end
        if behind < len(words) and words[behind].tag in _PARTICLES:
            rest += _fitting(words[behind].form, new)
            end = words[behind].end
    return rest + text[end:]


def _places(words: Sequence[Morpheme], wanted: Sequence[Morpheme]) -> list[tuple[int, int]]:
    if not wanted:
        return []
    forms, sought = [word.form for word in words], [word.form for word in wanted]
    size, found, number = len(sought), list[tuple[int, int]](), 0
    while number + size <= len(forms):
        is_here = forms[number : number + size] == sought
        is_here = is_here and (size > 1 or words[number].is_noun)
        if is_here:
            found.append((number, number + size))
        number += size if is_here else 1
    return found


def _last_of(words: Sequence[Morpheme], end: int) -> int:
    """Go on from a thing over what leads from it to the next noun."""
    behind, form = end, ""
    if behind < len(words) and words[behind].form == "들":
        behind += 1
    while behind < len(words) and (
        words[behind].tag in _PARTICLES
        or (words[behind].form in _WHERE and words[behind].tag == "NNG")
    ):
        form = words[behind].form
        behind += 1
    clause = behind
    while clause < len(words) and words[clause].tag in _VERBS | _ENDINGS:
        clause += 1
    is_led = clause > behind and clause < len(words) and words[clause].tag == "ETM"
    verbs = {word.form for word in words[behind:clause]}
    says_where = form == "에" and bool(verbs & _STAYING)
    belongs = words[behind - 1].tag in {"JKO", "JKS"} or (behind == end and is_led) or says_where
    return clause + 1 if is_led and belongs else behind


def _first_of(words: Sequence[Morpheme], begin: int) -> int:
    """Go back from a thing over what describes it alone; who does something there stays."""
    first = begin
    while first > 0 and words[first - 1].tag == "ETM":
        verb = first - 1
        while verb > 0 and words[verb - 1].tag in _VERBS | _ENDINGS | {"MAG"}:
            verb -= 1
        if verb > 0 and words[verb - 1].tag == "JKS":
            return verb - 1  # "고양이가 앉은 의자": the cat stays, without its particle
        if verb > 0 and words[verb - 1].tag in {"JKO", "JKB"}:
            verb -= 1
        while verb > 0 and words[verb - 1].is_noun and first - 1 != verb:
            verb -= 1
        first = verb
    return first


def _mended(before: str, behind: str, korean: Korean) -> str:
    """Join what is left on both sides; a particle that leads nowhere goes."""
    if not re.search(r"\w", behind) or behind.lstrip().startswith(","):
        words = korean.morphemes(before)
        while words and (
            words[-1].tag in {"JKG", "JC"}
            or words[-1].form in _AND
            or (words[-1].form in _WHERE and words[1:])
        ):
            before, words = before[: words[-1].start], words[:-1]
    joint = before.rstrip() + (" " if not behind.lstrip().startswith(",") else "") + behind.lstrip()
    text = re.sub(r"\s*,(?:\s*,)+", ",", re.sub(r"\s+", " ", joint))
    return text.strip(" ,")


def _fitting(particle: str, word: str) -> str:
    """Give a particle in the form that fits a word."""
    code = ord(word[-1]) - 0xAC00 if word else -1
    if not 0 <= code < 11_172:
        return particle
    final = code % 28
    for pair in _PAIRS:
        if particle in pair:
            is_open = final == 0 or (pair[0] == "으로" and final == 8)  # 서울로
            return pair[is_open]
    return particle
