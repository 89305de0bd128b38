"""The views under which a text is compared, so that a word cannot hide between dots, digits or jamo.

A view holds letters only, Hangul syllables and plain a to z, with what stood before each of them. One text
has several: loose jamo left out or composed, Hangul alone, digits read as the letters that they look like,
the keys of the other keyboard layout, stretched words shortened. Pure; knows letters, and no word.
"""

import unicodedata
from dataclasses import dataclass

import regex  # type: ignore[import-untyped]

from pipeline.safety import jamo

MAX_CHARS = 8_000  # that are looked at, without those that nobody can see
MAX_LETTERS = 4_000  # of a view

TOGETHER, MARK, BLANK = 0, 1, 2  # what stands before a letter, in the order of what it separates

_INVISIBLE = regex.compile(r"[\p{M}\p{Cf}\p{Cs}\p{Cn}\p{Co}\u115f\u1160\u3164\uffa0]+")
_ARCHAIC = regex.compile("[\u1113-\u115e\u1176-\u11a7\u11c3-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]+")
_BLANK = regex.compile(r"\s")
_BLANKS = regex.compile(r"[\s\p{Cc}]+")
_LETTERS = regex.compile("[가-힣a-z]+")
_HANGUL = regex.compile("[가-힣]+")
_LATIN = regex.compile("[a-z]+")
_JAMO = regex.compile("[ㄱ-ㅣ]")
_LEET_WORD = regex.compile(r"[a-z0-9@$!|+]*[a-z][a-z0-9@$!|+]*")
_LEET_SIGN = regex.compile("[013457@$!|]")
_LEET = str.maketrans("013457@$!|", "oieastasil")
_LEET_L = str.maketrans("013457@$!|", "oleastasll")
_LONG_RUN = regex.compile(r"([가-힣a-z])\1{2,}")
_STRETCH = regex.compile(r"(?<=([가-힣a-z]))(?:\1|[아애야얘어에여예오와왜외요우워웨위유으의이])")
_APART = regex.compile(r"(?<=[ㄱ-ㅣ])[^가-힣a-zㄱ-ㅣ]{1,3}(?=[ㄱ-ㅣ])")

# Letters of other scripts that look like Latin ones; what NFKD folds is not listed.
_PAIRS = (
    "аaвbеeгrкkмmнhоoрpсcтtуyхxѕsіiјjԁdԛqԝwһhӏlпnиuαaβbεeνvοoρpτtυuχxωwηnγyκkιi"  # noqa: RUF001
    "ոnօoսuցgıiłløođdħhŧtɑaɡgɩiʀrɴnᴀaᴇeɪiᴏoᴜuᴅdᴘpꜱsᴛtᴋkʟlᴍmᴠvᴡwʏyᴢzʙbᴄcɢgʜhᴊjƒf"  # noqa: RUF001
)
_LOOKALIKES = str.maketrans(_PAIRS[::2], _PAIRS[1::2])
_REGIONAL = {0x1F1E6 + i: chr(ord("a") + i) for i in range(26)}
# One sign that NFKD makes a sentence of, 18 or 8 letters: what stands behind many would not be looked at.
_SENTENCES = {0xFDFA: " ", 0xFDFB: " "}


@dataclass(frozen=True, slots=True)
class View:
    """Letters, and before each of them TOGETHER, MARK or BLANK; the first one stands after a BLANK."""

    letters: str
    gaps: bytes

    def ends_at(self, end: int) -> bool:
        """Whether a word may end before this letter, because something stands before it."""
        return end >= len(self.letters) or self.gaps[end] != TOGETHER

    def rest_of_word(self, end: int) -> str:
        """Give the letters from here to the end of the word."""
        stop = end
        while stop < len(self.letters) and self.gaps[stop] == TOGETHER:
            stop += 1
        return self.letters[end:stop]

    def word_before(self, start: int) -> str:
        """Give the letters of the word before the one that begins here."""
        begin = start - 1
        while begin > 0 and self.gaps[begin] == TOGETHER:
            begin -= 1
        return self.letters[max(begin, 0) : start]


_EMPTY = View("", b"")


def plain(text: str) -> str:
    """Fold a text to plain lower-case characters, marks and digits kept; loose jamo are modern ones.

    Idempotent; composed, decomposed, wide, enclosed and lookalike letters become the same.
    """
    return _lower(_visible(text))


def plain_view(text: str) -> View:
    """Give the view that undoes nothing but the look of letters."""
    return _view(plain(text), _LETTERS)


def views(text: str) -> tuple[View, ...]:
    """Give the views of a text, the plain one first; equal ones once."""
    visible = _visible(text)
    folded = _lower(visible)
    found = [_view(folded, _LETTERS)]
    has_hangul, has_latin = bool(_HANGUL.search(folded)), bool(_LATIN.search(folded))
    if _JAMO.search(folded):
        found += [
            _view(jamo.composed(loose), _LETTERS) for loose in (folded, _APART.sub("", folded))
        ]
    if has_hangul and has_latin:
        found.append(_view(folded, _HANGUL))
    found += [short for view in tuple(found) for short in shortened(view)]
    if _JAMO.search(folded):
        found.append(_view("".join(jamo.keys_of(char) for char in folded), _LATIN))
    if has_latin:
        if _LEET_SIGN.search(folded):
            found += [_view(_read_leet(folded, table), _LATIN) for table in (_LEET, _LEET_L)]
        found.append(_view(jamo.typed(visible), _HANGUL))
    return tuple(view for view in dict.fromkeys(found) if view.letters) or (_EMPTY,)


def shortened(view: View) -> tuple[View, ...]:
    """Give the view with stretched words as they are spoken: "누우드", "섹섹스", "nuuude", "pusssy"."""
    letters = view.letters
    stretches = {
        match.start() for match in _STRETCH.finditer(letters) if _is_stretch(letters, match.start())
    }
    if not stretches:
        return ()
    found = [_without(view, stretches)]
    if runs := [match.span() for match in _LONG_RUN.finditer(letters)]:
        found += [
            _without(view, {i for start, end in runs for i in range(start + left, end)})
            for left in (1, 2)
        ]
    return tuple(found)


def _without(view: View, gone: set[int]) -> View:
    kept = [i for i in range(len(view.letters)) if i not in gone]
    return View("".join(view.letters[i] for i in kept), bytes(view.gaps[i] for i in kept))


def _visible(text: str) -> str:
    """Drop what nobody sees, fold what only looks different, and compose Hangul; case is kept."""
    # Long blanks are shortened first: else a word behind them is not looked at, and drawn.
    seen = _without_padding(_ARCHAIC.sub("", text))[:MAX_CHARS]
    folded = _without_padding(unicodedata.normalize("NFKD", seen.translate(_REGIONAL | _SENTENCES)))
    composed = unicodedata.normalize("NFC", folded[:MAX_CHARS])
    return jamo.alone(composed)


def _without_padding(text: str) -> str:
    seen: str = _BLANKS.sub(" ", _INVISIBLE.sub("", text))
    return seen


def _lower(visible: str) -> str:
    return visible.casefold().translate(_LOOKALIKES)


def _view(folded: str, letters: regex.Pattern[str]) -> View:
    """Keep letters, and what stood before each."""
    words: list[str] = []
    gaps, end, num = bytearray(), 0, 0
    for match in letters.finditer(folded):
        word = match[0][: MAX_LETTERS - num]
        is_blank = not words or _BLANK.search(folded, end, match.start())
        gaps.append(BLANK if is_blank else MARK)
        gaps += bytes(len(word) - 1)
        words.append(word)
        end, num = match.end(), num + len(word)
        if num == MAX_LETTERS:
            break
    return View("".join(words), bytes(gaps))


def _is_stretch(letters: str, i: int) -> bool:
    """Whether a letter only lengthens the one before it: it is the same, or its bare vowel."""
    before, here = letters[i - 1], letters[i]
    if before == here:
        return True
    own, other = ord(here) - ord("가"), ord(before) - ord("가")
    return other >= 0 and other % 28 == 0 and own // 28 % 21 == other // 28 % 21


def _read_leet(folded: str, table: dict[int, int]) -> str:
    """Read digits and signs in Latin words as the letters that they look like."""
    read: str = _LEET_WORD.sub(lambda match: match[0].translate(table), folded)
    return read
