"""Korean typed on the English layout."""

import pytest

from pipeline.text.layout import as_korean

TYPED = {
    "rhfofmf rmfuwnj": "고래를 그려줘", "rhdiddl rmfuwnj": "고양이 그려줘", "qkfrdms ekf": "밝은 달", "djqtdj": "없어",
    "Rhc": "꽃", "ekfrrhrl": "닭고기", "rmfuwntpdy": "그려주세요", "aksemfdjwnj": "만들어줘", "ghkdlxm": "화이트",
}  # fmt: skip


@pytest.mark.parametrize(("typed", "syllables"), TYPED.items(), ids=list(TYPED))
def test_keys_become_syllables(typed: str, syllables: str) -> None:
    """Compound vowels and finals are composed; a final before a vowel begins the next syllable."""
    assert syllables == as_korean(typed)


@pytest.mark.parametrize("text", ["a cat", "red apple", "", "고래", "cat!!1", "C++"])
def test_what_leaves_single_letters_is_not_converted(text: str) -> None:
    """Every word must become whole syllables."""
    assert as_korean(text) is None
