"""The views under which a text is compared, so that a word cannot hide between dots, digits or jamo.

A view holds letters only, Hangul syllables and plain a to z, with what stood before each of them. One text
has several: loose jamo left out or composed, Hangul alone, digits read as the letters that they look like,
the keys of the other keyboard layout, stretched words shortened. Pure; knows letters, and no word.
"""

import unicodedata
from dataclasses import dataclass
from itertools import pairwise

import regex  # type: ignore[import-untyped]

MAX_CHARS = 20_000  # that are looked at, without those that nobody can see
MAX_LETTERS = 4_000  # of a view

TOGETHER, MARK, BLANK = 0, 1, 2  # what stands before a letter, in the order of what it separates

_INVISIBLE = regex.compile(r"[\p{M}\p{Cf}\p{Cs}\p{Cn}\p{Co}\u115f\u1160\u3164\uffa0]+")
_BLANK = regex.compile(r"\s+")
_CONJOINING = regex.compile("[\u1100-\u11ff]")
_LETTERS = regex.compile("[가-힣a-z]")
_HANGUL = regex.compile("[가-힣]")
_LATIN = regex.compile("[a-z]")
_JAMO = regex.compile("[ㄱ-ㅣ]")
_LATIN_WORD = regex.compile("[A-Za-z]+")
_LEET_WORD = regex.compile(r"[a-z0-9@$!|+]*[a-z][a-z0-9@$!|+]*")
_LEET = str.maketrans("013457@$!|", "oieastasil")
_LEET_L = str.maketrans("013457@$!|", "oleastasll")
_LONG_RUN = regex.compile(r"([가-힣a-z])\1{2,}")
_RUN = regex.compile(r"([가-힣a-z])\1+")

# Letters of other scripts that look like Latin ones; what NFKD folds is not listed.
_PAIRS = (
    "аaвbеeгrкkмmнhоoрpсcтtуyхxѕsіiјjԁdԛqԝwһhӏlпnиuαaβbεeνvοoρpτtυuχxωwηnγyκkιi"  # noqa: RUF001
    "ոnօoսuցgıiłløođdħhŧtɑaɡgɩiʀrɴnᴀaᴇeɪiᴏoᴜuᴅdᴘpꜱsᴛtᴋkʟlᴍmᴠvᴡwʏyᴢzʙbᴄcɢgʜhᴊjƒf"  # noqa: RUF001
)
_LOOKALIKES = str.maketrans(_PAIRS[::2], _PAIRS[1::2])
_REGIONAL = {0x1F1E6 + i: chr(ord("a") + i) for i in range(26)}

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_SPLIT = {
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ",
    "ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
    "ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ",
}  # fmt: skip
_JOIN = {parts: whole for whole, parts in _SPLIT.items()}
_KEYS = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnmQWERTOP",
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡㅃㅉㄸㄲㅆㅒㅖ",
        strict=True,
    )
)
_KEY_OF = {jamo: key.lower() for key, jamo in _KEYS.items()}


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


def plain(text: str) -> str:
    """Fold a text to plain lower-case characters, marks and digits kept; loose jamo are modern ones.

    Idempotent; composed, decomposed, wide, enclosed and lookalike letters become the same.
    """
    return _lower(_visible(text))


def views(text: str) -> tuple[View, ...]:
    """Give the views of a text, the plain one first; equal ones once."""
    visible = _visible(text)
    folded = _lower(visible)
    found = [_view(folded, _LETTERS)]
    has_hangul, has_latin = bool(_HANGUL.search(folded)), bool(_LATIN.search(folded))
    if _JAMO.search(folded):
        found.append(_view(_composed(folded), _LETTERS))
        found.append(_view("".join(_keys_of(char) for char in folded), _LETTERS))
    if has_hangul and has_latin:
        found.append(_view(folded, _HANGUL))
    if has_latin:
        found += [_view(_read_leet(folded, table), _LETTERS) for table in (_LEET, _LEET_L)]
        found.append(_view(_LATIN_WORD.sub(_typed, visible).lower(), _LETTERS))
    found += [short for view in tuple(dict.fromkeys(found)) for short in _shortened(view)]
    return tuple(dict.fromkeys(found))


def _visible(text: str) -> str:
    """Drop what nobody sees, fold what only looks different, and compose Hangul; case is kept."""
    seen = _INVISIBLE.sub("", text)[:MAX_CHARS]
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKD", seen.translate(_REGIONAL)))
    composed = unicodedata.normalize("NFC", folded[:MAX_CHARS])
    return _CONJOINING.sub(_modern, composed)


def _lower(visible: str) -> str:
    return visible.casefold().translate(_LOOKALIKES)


def _modern(match: regex.Match[str]) -> str:
    """Give the jamo that stands alone for one that would join; the archaic rest is gone."""
    code = ord(match[0])
    for first, letters in ((0x1100, _INITIALS), (0x1161, _VOWELS), (0x11A8, _FINALS[1:])):
        if 0 <= code - first < len(letters):
            return letters[code - first]
    return ""


def _view(folded: str, letters: regex.Pattern[str]) -> View:
    """Keep letters, and what stood before each."""
    chars, gaps, end = [], bytearray(), 0
    for match in letters.finditer(folded):
        if match.start() == end and chars:
            gaps.append(TOGETHER)
        else:
            between = folded[end : match.start()]
            gaps.append(BLANK if not chars or _BLANK.search(between) else MARK)
        chars.append(match[0])
        end = match.end()
        if len(chars) == MAX_LETTERS:
            break
    return View("".join(chars), bytes(gaps))


def _shortened(view: View) -> list[View]:
    """Give the view with stretched words as they are spoken: "누우드", "섹섹스", "nuuude"."""
    kept = [i for i in range(len(view.letters)) if not _is_stretch(view.letters, i)]
    single = View("".join(view.letters[i] for i in kept), bytes(view.gaps[i] for i in kept))
    found = [single] if len(kept) < len(view.letters) else []
    if _LONG_RUN.search(view.letters):
        double = [
            i for i in range(len(view.letters))
            if i < 2 or not view.letters[i] == view.letters[i - 1] == view.letters[i - 2]
        ]  # fmt: skip
        found.append(
            View("".join(view.letters[i] for i in double), bytes(view.gaps[i] for i in double))
        )
    return found


def _is_stretch(letters: str, i: int) -> bool:
    """Whether a letter only lengthens the one before it."""
    if i == 0:
        return False
    before, here = letters[i - 1], letters[i]
    if before == here:
        return True
    if not ("가" <= here <= "힣" and "가" <= before <= "힣"):
        return False
    own, other = ord(here) - 0xAC00, ord(before) - 0xAC00
    is_bare = own // 588 == _INITIALS.index("ㅇ") and own % 28 == 0 == other % 28
    return is_bare and own // 28 % 21 == other // 28 % 21


def _read_leet(folded: str, table: dict[int, int]) -> str:
    """Read digits and signs in Latin words as the letters that they look like."""
    return _LEET_WORD.sub(lambda match: match[0].translate(table), folded)


def _typed(match: regex.Match[str]) -> str:
    """Give the Hangul that the keys of a Latin word type, where all of it becomes syllables."""
    composed = _composed("".join(_KEYS.get(key) or _KEYS[key.lower()] for key in match[0]))
    return match[0] if _JAMO.search(composed) else composed


def _keys_of(char: str) -> str:
    """Give the keys that type Hangul; anything else is itself."""
    return "".join(_KEY_OF[jamo] for jamo in _jamo_of(char)) if "ㄱ" <= char <= "힣" else char


def _jamo_of(char: str) -> str:
    """Take Hangul apart, clusters too; doubled consonants are keys of their own."""
    if "가" <= char <= "힣":
        code = ord(char) - 0xAC00
        char = _INITIALS[code // 588] + _VOWELS[code // 28 % 21] + _FINALS[code % 28].strip()
    return "".join(_SPLIT.get(jamo, jamo) for jamo in char)


def _composed(text: str) -> str:
    """Join loose jamo to syllables, also with what stands before them, as an input method would.

    Marks and blanks between jamo are skipped: "ㄴ ㅜ.ㄷㅡ" is 누드.
    """
    done: list[str] = []
    skipped = ""  # marks since the last Hangul
    for char in text:
        if not ("ㄱ" <= char <= "ㅣ" or "가" <= char <= "힣"):
            skipped += char
            continue
        joined = _join(done[-1], char) if done else None
        if joined is None:
            done += [*skipped, char]
        else:
            done[-1:] = joined
        skipped = ""
    done += skipped
    return "".join(_attach(done))


def _join(before: str, char: str) -> tuple[str, ...] | None:
    """Join a loose vowel with what stands before it; None where it does not join."""
    if char not in _VOWELS:
        return None
    if before in _INITIALS:
        return (chr(0xAC00 + (_INITIALS.index(before) * 21 + _VOWELS.index(char)) * 28),)
    if not "가" <= before <= "힣":
        return None
    code = ord(before) - 0xAC00
    final = _FINALS[code % 28]
    if final == " ":
        whole = _JOIN.get(_VOWELS[code // 28 % 21] + char)
        return whole and (chr(0xAC00 + (code // 588 * 21 + _VOWELS.index(whole)) * 28),)  # type: ignore[return-value]
    *kept, moved = _SPLIT.get(final, final)
    stem = code - code % 28 + (_FINALS.index(kept[0]) if kept else 0)
    if moved not in _INITIALS:
        return None
    return chr(0xAC00 + stem), chr(
        0xAC00 + (_INITIALS.index(moved) * 21 + _VOWELS.index(char)) * 28
    )


def _attach(chars: list[str]) -> list[str]:
    """Put consonants that are still loose under the syllable before them."""
    done: list[str] = []
    for char in chars:
        before = done[-1] if done else ""
        if char in _FINALS[1:] and "가" <= before <= "힣":
            code = ord(before) - 0xAC00
            final = _FINALS[code % 28].strip()
            whole = _JOIN.get(final + char, char) if final else char
            if (not final or final + char in _JOIN) and whole in _FINALS:
                done[-1] = chr(0xAC00 + code - code % 28 + _FINALS.index(whole))
                continue
        done.append(char)
    return done


def runs_of(view: View) -> tuple[int, ...]:
    """Give where words begin, and the end of the last one."""
    begins = [i for i, gap in enumerate(view.gaps) if gap != TOGETHER]
    return (*begins, len(view.letters))


def words_of(view: View) -> tuple[str, ...]:
    """Give the words of a view."""
    return tuple(view.letters[a:b] for a, b in pairwise(runs_of(view)))
