"""Korean that was typed while the keyboard was in English mode: "rhfo rmfuwnj" for "고래 그려줘".

Converting cleanly proves nothing ("the" and "whale" do too), so a conversion is only ever offered.
"""

import re

_KEYS = dict(
    zip(
        "qwertyuiopasdfghjklzxcvbnm",
        "ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ",
        strict=True,
    )
)
_SHIFTED = dict(zip("QWERTOP", "ㅃㅉㄸㄲㅆㅒㅖ", strict=True))
_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ"
_FINALS = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"
_JOINED = {
    "ㅗㅏ": "ㅘ", "ㅗㅐ": "ㅙ", "ㅗㅣ": "ㅚ", "ㅜㅓ": "ㅝ", "ㅜㅔ": "ㅞ", "ㅜㅣ": "ㅟ", "ㅡㅣ": "ㅢ",
    "ㄱㅅ": "ㄳ", "ㄴㅈ": "ㄵ", "ㄴㅎ": "ㄶ", "ㄹㄱ": "ㄺ", "ㄹㅁ": "ㄻ", "ㄹㅂ": "ㄼ", "ㄹㅅ": "ㄽ", "ㄹㅌ": "ㄾ",
    "ㄹㅍ": "ㄿ", "ㄹㅎ": "ㅀ", "ㅂㅅ": "ㅄ",
}  # fmt: skip
# Longest first; a final is one only where no vowel follows, else it begins the next syllable.
_SYLLABLE = re.compile(
    rf"(?P<i>[{_INITIALS}])(?P<v>ㅗ[ㅏㅐㅣ]|ㅜ[ㅓㅔㅣ]|ㅡㅣ|[{_VOWELS}])"
    rf"(?P<f>(?:ㄱㅅ|ㄴ[ㅈㅎ]|ㄹ[ㄱㅁㅂㅅㅌㅍㅎ]|ㅂㅅ|[{_FINALS}])(?![{_VOWELS}]))?"
)


def as_korean(text: str) -> str | None:
    """Give the Korean that these keys would have typed; None unless all of it becomes whole syllables."""
    words = re.findall(r"[A-Za-z]+", text)
    if not words or re.search(r"[^A-Za-z\s.,!?~^0-9]", text):
        return None
    converted = [_compose(word) for word in words]
    if not all(re.fullmatch("[가-힣]+", word) for word in converted):
        return None
    return " ".join(converted)


def _compose(word: str) -> str:
    """Compose the jamo of one word."""
    jamo = "".join(_SHIFTED.get(key) or _KEYS[key.lower()] for key in word)
    return _SYLLABLE.sub(_syllable, jamo)


def _syllable(match: re.Match[str]) -> str:
    """Compose one syllable."""
    vowel, final = (_JOINED.get(match[part] or "", match[part] or "") for part in ("v", "f"))
    tail = _FINALS.index(final) + 1 if final else 0
    return chr(0xAC00 + (_INITIALS.index(match["i"]) * 21 + _VOWELS.index(vowel)) * 28 + tail)
