"""Every way in which people hide a word from a gate that they can think of; each takes a word and chance."""

import random
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

from tests.pipeline.safety.corpus import unsafe

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_PARTS = {"ㅘ": "ㅗㅏ", "ㅙ": "ㅗㅐ", "ㅚ": "ㅗㅣ", "ㅝ": "ㅜㅓ", "ㅞ": "ㅜㅔ", "ㅟ": "ㅜㅣ", "ㅢ": "ㅡㅣ", "ㄵ": "ㄴㅈ",
          "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ", "ㄳ": "ㄱㅅ"}  # fmt: skip
_KEYS = dict(zip("ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡㅃㅉㄸㄲㅆㅒㅖ", "qwertyuiopasdfghjklzxcvbnmQWERTOP", strict=True))  # fmt: skip
_CYRILLIC = str.maketrans("aeopcxyik", "аеорсхуік")
_LEET = str.maketrans("aeiost", "43105t")

Disguise = Callable[[str, random.Random], str]


def _jamo(word: str) -> str:
    """Take syllables apart, as a keyboard makes them."""
    done = ""
    for char in word:
        if "가" <= char <= "힣":
            code = ord(char) - 0xAC00
            for part in (
                _INITIALS[code // 588],
                _VOWELS[code // 28 % 21],
                _FINALS[code % 28],
            ):
                done += _PARTS.get(part, part)
        else:
            done += char
    return done


def _between(*signs: str) -> Disguise:
    """Put a sign between all letters of a word; blanks stay."""

    def disguise(word: str, chance: random.Random) -> str:
        sign = chance.choice(signs)
        return " ".join(sign.join(part) for part in word.split(" "))

    return disguise


def _one_apart(word: str, chance: random.Random) -> str:
    """Take one syllable apart only."""
    places = [i for i, char in enumerate(word) if "가" <= char <= "힣"]
    if not places:
        return _between("-")(word, chance)
    i = chance.choice(places)
    return word[:i] + _jamo(word[i]) + word[i + 1 :]


def _on_wrong_layout(word: str, chance: random.Random) -> str:
    """Type Korean with the keyboard in English mode, or the other way round."""
    if re.search("[가-힣]", word):
        return "".join(_KEYS.get(part, part) for part in _jamo(word))
    keys = {key: jamo for jamo, key in _KEYS.items()}
    return "".join(keys.get(char, char) for char in word)


def _wide(word: str, chance: random.Random) -> str:
    """Use full-width letters, and half-width jamo."""
    if not word.isascii():
        return "".join(_HALF.get(part, part) for part in _jamo(word))
    return "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in word)


_HALF = {
    unicodedata.normalize("NFKC", chr(code)).translate(
        {0x1100 + i: ord(c) for i, c in enumerate(_INITIALS)} | {0x1161 + i: ord(c) for i, c in enumerate(_VOWELS)}
    ): chr(code)
    for code in (*range(0xFFA1, 0xFFBF), *range(0xFFC2, 0xFFC8), *range(0xFFCA, 0xFFD0), *range(0xFFD2, 0xFFD8), *range(0xFFDA, 0xFFDD))
}  # fmt: skip


def _lookalikes(word: str, chance: random.Random) -> str:
    """Use letters of other scripts, or digits, that look alike; in Korean a letter in the middle."""
    if word.isascii():
        return word.translate(chance.choice((_CYRILLIC, _LEET)))
    return " ".join(chance.choice("xoIl").join(part) for part in word.split(" "))


def _stretched(word: str, chance: random.Random) -> str:
    """Write letters twice and more."""
    if word.isascii():
        i = chance.randrange(1, len(word))
        return (
            word[:i] + word[i] * 3 + word[i:]
            if word[i] != " "
            else word[:i] + word[i:] + word[-1] * 2
        )
    return "".join(char * chance.randrange(1, 3) if char != " " else char for char in word)


DISGUISES: Mapping[str, Disguise] = {
    "plain": lambda word, _: word,
    "blanks": _between(" "),
    "dots": _between(".", "·", "...", "。"),
    "marks": _between("-", "_", "*", "~", "/", "^", "♥", "★", "@", "#"),
    "digits": _between("1", "2", "7", "99"),
    "zero width": _between("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad"),
    "variation selectors": _between("\ufe0f", "\ufe00", "\U000e0100"),
    "direction marks": _between("\u200e", "\u202e", "\u2066"),
    "fillers": _between("\u3164", "\u115f", "\uffa0"),
    "new lines": _between("\n", "\t", "\u2028", "\x00"),
    "piled marks": _between("\u0301\u0302\u0327", "\u0336", "\u20e3"),
    "decomposed": lambda word, _: unicodedata.normalize("NFD", word),
    "jamo": lambda word, _: _jamo(word),
    "jamo apart": lambda word, _: " ".join(_jamo(word)),
    "one syllable apart": _one_apart,
    "wide and half": _wide,
    "wrong layout": _on_wrong_layout,
    "lookalikes": _lookalikes,
    "stretched": _stretched,
}


def disguised(kind: str, *, seed: int = 0) -> Iterator[tuple[str, str]]:
    """Give rule and text of everything that is refused in one disguise; the same seed, the same texts."""
    chance = random.Random(f"{kind} {seed}")
    for rule, text in unsafe():
        yield (
            rule,
            re.sub(r"\[([^]]+)\]", lambda match: DISGUISES[kind](match[1], chance), text),
        )
