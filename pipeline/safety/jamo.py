"""Hangul in parts: loose jamo, the syllables that they make, and the keys that type them.

Jamo are those that stand alone (U+3131 to U+3163). Knows no word.
"""

import re

_CONJOINING = re.compile("[\u1100-\u11ff]")
# Keys that may type whole syllables: initial, vowel of one or two keys, final of none to two.
_TYPED_WORD = re.compile(
    "(?<![A-Za-z])(?:[qwertasdfgzxcvQWERTASDFGZXCV][yuiophjklbnmYUIOPHJKLBNM]{1,2}"
    "[qwertasdfgzxcvQWERTASDFGZXCV]{0,2})+(?![A-Za-z])"
)
_JAMO = re.compile("[ㄱ-ㅣ]")

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = " ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_OLD_INITIALS = {"\u111a": "ㅀ", "\u1121": "ㅄ"}  # what NFKD makes of these two
_SPLIT = {
    "ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ",
    "ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ",
    "ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ",
}  # fmt: skip
_JOIN = {parts: whole for whole, parts in _SPLIT.items()}
_FIRST = ord("가")
_KEYS = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnmQWERTOP",
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡㅃㅉㄸㄲㅆㅒㅖ",
        strict=True,
    )
)
_KEY_OF = {jamo: key.lower() for key, jamo in _KEYS.items()}


def _modern(match: re.Match[str]) -> str:
    """Give the jamo that stands alone for one that would join; the archaic rest is gone."""
    code = ord(match[0])
    for first, letters in ((0x1100, _INITIALS), (0x1161, _VOWELS), (0x11A8, _FINALS[1:])):
        if 0 <= code - first < len(letters):
            return letters[code - first]
    return _OLD_INITIALS.get(match[0], "")


def alone(text: str) -> str:
    """Give jamo that would join as those that stand alone; archaic ones are dropped."""
    return _CONJOINING.sub(_modern, text)


def typed(text: str) -> str:
    """Give the Hangul that Latin words would have typed, where all of a word becomes syllables."""
    return _TYPED_WORD.sub(_typed, text)


def _typed(match: re.Match[str]) -> str:
    """Give the Hangul that the keys of a Latin word type, where all of it becomes syllables."""
    meant = composed("".join(_KEYS.get(key) or _KEYS[key.lower()] for key in match[0]))
    return match[0] if _JAMO.search(meant) else meant


def keys_of(char: str) -> str:
    """Give the keys that type Hangul; anything else is itself."""
    return "".join(_KEY_OF[jamo] for jamo in _jamo_of(char)) if "ㄱ" <= char <= "힣" else char


def _jamo_of(char: str) -> str:
    """Take Hangul apart, clusters too; doubled consonants are keys of their own."""
    if "가" <= char <= "힣":
        code = ord(char) - _FIRST
        char = _INITIALS[code // 588] + _VOWELS[code // 28 % 21] + _FINALS[code % 28].strip()
    return "".join(_SPLIT.get(jamo, jamo) for jamo in char)


def composed(text: str) -> str:
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
        return (_syllable(_INITIALS.index(before), char),)
    if not "가" <= before <= "힣":
        return None
    code = ord(before) - _FIRST
    final = _FINALS[code % 28]
    if final == " ":
        whole = _JOIN.get(_VOWELS[code // 28 % 21] + char)
        return (_syllable(code // 588, whole),) if whole else None
    parts = _SPLIT.get(final, final)
    kept, moved = parts[:-1], parts[-1]  # the last consonant begins the next syllable
    stem = code - code % 28 + (_FINALS.index(kept) if kept else 0)
    if moved not in _INITIALS:
        return None
    return chr(_FIRST + stem), _syllable(_INITIALS.index(moved), char)


def _syllable(initial: int, vowel: str) -> str:
    """Compose the initial of this index with a vowel."""
    return chr(_FIRST + (initial * 21 + _VOWELS.index(vowel)) * 28)


def _attach(chars: list[str]) -> list[str]:
    """Put consonants that are still loose under the syllable before them."""
    done: list[str] = []
    for char in chars:
        before = done[-1] if done else ""
        if char in _FINALS[1:] and "가" <= before <= "힣":
            code = ord(before) - _FIRST
            final = _FINALS[code % 28].strip()
            whole = _JOIN.get(final + char, char) if final else char
            if (not final or final + char in _JOIN) and whole in _FINALS:
                done[-1] = chr(_FIRST + code - code % 28 + _FINALS.index(whole))
                continue
        done.append(char)
    return done
