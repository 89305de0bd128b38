"""Korean particles that fit the word before them: 사과를, 고래를, 감은, 서울로.

Knows how a word ends when it is read aloud, in Hangul, digits or Latin letters. Pure.
"""

_PAIRS = {
    "은/는": ("은", "는"),
    "이/가": ("이", "가"),
    "을/를": ("을", "를"),
    "과/와": ("과", "와"),
    "으로/로": ("으로", "로"),
    "이에요/예요": ("이에요", "예요"),
}
_FIRST_SYLLABLE, _NUM_FINALS, _FINAL_RIEUL = 0xAC00, 28, 8
_DIGIT_FINALS = {"0": 21, "1": 8, "3": 16, "6": 1, "7": 8, "8": 8}  # 영 일 삼 육 칠 팔
_LATIN_FINALS = {"l": 8, "m": 16, "n": 4, "r": 8}  # 엘 엠 엔 알, as letters are read


def with_particle(word: str, pair: str) -> str:
    """Append the form of `pair` (such as "을/를") that fits the end of `word`.

    Raises KeyError for a pair that is not known.
    """
    after_final, after_vowel = _PAIRS[pair]
    final = _final_of(word)
    if pair == "으로/로" and final == _FINAL_RIEUL:  # 서울로, 1로
        return word + after_vowel
    return word + (after_final if final else after_vowel)


def _final_of(word: str) -> int:
    """Give the number of the final consonant that the word is read with; 0 without one."""
    for letter in reversed(word.lower()):
        if "가" <= letter <= "힣":
            return (ord(letter) - _FIRST_SYLLABLE) % _NUM_FINALS
        if letter.isalnum():
            return _DIGIT_FINALS.get(letter, _LATIN_FINALS.get(letter, 0))
    return 0
