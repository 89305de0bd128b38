"""What translators answer when they fail is told from translations."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Failure, StageFailed
from pipeline.text.normalise import has_hangul
from pipeline.text.translate import Translation
from pipeline.text.translate.vetting import all_vetted, vetted

TEXT = "노을 지는 바다 위의 고래"

NONSENSE = {
    "nothing": ("", "empty"),
    "blanks": (" \n ", "empty"),
    "what nobody sees": ("\u200b\ufeff", "empty"),
    "the text itself": (TEXT, "the text itself"),
    "some Korean": ("A 고래 above the sea", "still Korean"),
    "a jamo": ("A whale ㅋㅋ", "still Korean"),
    "Korean between apostrophes": ("The cat's 고래 and the dog's", "still Korean"),
    "over-long": ("a very long tale of whales " * 10, f"269 characters for {len(TEXT)}"),
    "a stammer": ("whale whale whale sea", "one word again and again"),
    "a stammer with signs": ("Sea, sea! sea... A whale", "one word again and again"),
}

TRANSLATIONS = {
    "a sentence": (TEXT, "A whale above the sea at sunset"),
    "six letters for a syllable": ("용", "Dragon"),
    "as long as may be": ("용", "dr" * 22),
    "half of the words": ("빨간 빨간 사과", "red red apple pie"),
    "three words": ("고래 고래 고래", "whale whale whale"),
    "a quotation that was kept": ('"안녕"이라고 적힌 간판', 'A sign that says "안녕"'),
    "a quotation in single signs": ("'안녕' 간판", "The shop's '안녕' sign"),
    "English that stays": ("cyberpunk city", "cyberpunk city"),
}


@pytest.mark.parametrize(("english", "flaw"), NONSENSE.values(), ids=list(NONSENSE))
def test_nonsense_fails(english: str, flaw: str) -> None:
    """An answer that cannot be a translation fails, and the log reads why."""
    with pytest.raises(StageFailed) as caught:
        vetted(english, text=TEXT, provider="papago")

    assert (Failure.UNREADABLE, flaw) == (caught.value.failure, caught.value.detail)


@pytest.mark.parametrize(("text", "english"), TRANSLATIONS.values(), ids=list(TRANSLATIONS))
def test_translations_pass(text: str, english: str) -> None:
    """What may be a translation is left as it is."""
    assert Translation(english=english) == vetted(english, text=text, provider="papago")


def test_an_echo_of_a_quotation_is_no_translation() -> None:
    """Korean in quotation marks passes only where something was translated around it."""
    with pytest.raises(StageFailed):
        vetted('"안녕"', text='"안녕"', provider="papago")


def test_a_translation_has_regular_characters() -> None:
    """Signs that nobody sees and curly quotation marks do not go on."""
    english = " A\u00a0“big”\n whale\u202e\ud800 "

    assert 'A "big" whale' == vetted(english, text=TEXT, provider="papago").english


def test_only_the_first_text_must_be_translated() -> None:
    """A similar sentence that became nonsense is empty; the rest keep their places."""
    answers = ["a whale", "고래", "", "", "a big whale"]
    texts = ["고래", "고래", "큰 고래", "", "큰 고래"]

    translations = all_vetted(answers, texts=texts, provider="deepl")

    assert ["a whale", "", "", "", "a big whale"] == [one.english for one in translations]


def test_the_first_text_must_be_translated() -> None:
    """Without the person's own sentence there is no answer at all."""
    with pytest.raises(StageFailed):
        all_vetted(["고래", "a whale"], texts=["고래", "고래"], provider="deepl")


@given(st.text(), st.text())
def test_any_answer_is_a_translation_or_fails(english: str, text: str) -> None:
    """Whatever comes back, no Korean outside quotation marks and nothing empty goes on."""
    with suppress(StageFailed):
        translation = vetted(english, text=text, provider="papago")

        assert translation.english
        assert not has_hangul(translation.english) or {'"', "'"} & set(translation.english)
