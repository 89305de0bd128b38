"""Korean sentences in English, word by known word."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.normalise import has_hangul
from pipeline.text.translate.glossary import Glossary

SENTENCES = {
    # what the demonstration model reads
    "파란 고양이": "a blue cat",
    "노을 지는 하늘 아래 파란 고양이": "a blue cat under the sunset sky",
    "밤에 눈밭에 있는 작은 하얀 토끼": "a small white rabbit in a snowy field at night",
    "노란 배경에 고양이와 빨간 강아지": "a cat and a red dog on a yellow background",
    "노란 나비와 보라색 꽃": "a yellow butterfly and a purple flower",
    # the head first
    "노을 지는 바다 위의 고래": "a whale above the sea at sunset",
    "해 질 녘 바다 위의 돛단배": "a sailboat on the sea at sunset",
    "자전거 옆에 강아지 한 마리": "a dog next to a bicycle",
    "우물 안 개구리": "a frog in a well",
    "왼쪽에 고양이, 오른쪽에 강아지": "a cat on the left, a dog on the right",
    # clauses
    "피자를 들고 있는 공룡": "a dinosaur holding a pizza",
    "고양이가 우산 쓰고 비 오는 거리를 걷는 모습": "a cat holding an umbrella and walking on a street in the rain",
    "고양이가우산쓰고비오는거리를걷는모습": "a cat holding an umbrella and walking on a street in the rain",
    "친구에게 꽃다발을 보여주는 곰": "a bear showing a bouquet to a friend",
    "갓 구운 빵이 놓인 나무 식탁": "a wooden dining table with freshly baked bread",
    "머리가 긴 소녀": "a girl with long hair",
    "파란 눈의 하얀 고양이": "a white cat with blue eyes",
    "책이 많은 방": "a room with many books",
    "고양이가 자고 있다": "a sleeping cat",
    "검은 고양이와 하얀 고양이가 싸우는 모습": "a black cat and a white cat fighting",
    "눈으로 만든 성": "a castle made of snow",
    "털이 복슬복슬한 강아지": "a fluffy dog",
    "용과 싸우는 용감한 기사": "a brave knight fighting with a dragon",
    "우산을 쓰고 걸어가는 두 사람": "two people holding an umbrella and walking",
    # numbers
    "까만 고양이 세 마리": "three black cats",
    "사과 3개": "three apples",
    "커피 한 잔": "a cup of coffee",
    "18세기 왕의 초상화": "a portrait of an 18th century king",
    "숫자 7": "a number 7",
    # mixed script and quotations
    "orange cat 이랑 blue whale": "orange cat and blue whale",
    "웃는 avocado 캐릭터": "a smiling avocado character",
    '"안녕"이라고 적힌 간판': "a sign with Korean letters",
    '"HELLO" 간판': 'a "HELLO" sign',
    "🐳": "a whale",
    # Korean things carry their gloss
    "김밥": "gimbap, seaweed rice rolls",
    "한복 입은 소녀": "a girl wearing hanbok, traditional Korean dress",
}

HOMOGRAPHS = [
    ("눈 덮인 산", "snow", "eye"),
    ("눈이 큰 소녀", "eyes", "snow"),
    ("밤하늘의 별", "night", "chestnut"),
    ("밤 먹는 다람쥐", "chestnut", "night"),
    ("바다에 뜬 배", "ship", "pear"),
    ("달콤한 배", "pear", "ship"),
    ("배가 나온 곰", "belly", "ship"),
    ("들판을 달리는 말", "horse", "word"),
    ("연 날리는 아이", "kite", "lotus"),
    ("강 위의 다리", "bridge", "leg"),
    ("다리가 긴 새", "leg", "bridge"),
    ("차 마시는 할머니", "tea", "car"),
    ("빨간 차", "car", "tea"),
    ("나무 의자", "wooden", "tree"),
    ("모자 쓴 고양이", "wearing", "writing"),
    ("편지 쓰는 고양이", "writing", "wearing"),
    ("피아노 치는 곰", "playing", "hitting"),
    ("날개가 달린 말", "wings", "running"),
    ("갓 구운 빵", "baked", "hat"),
    ("토끼와 거북이의 경주", "race", "Gyeongju"),
]


@pytest.mark.parametrize(("text", "english"), SENTENCES.items(), ids=list(SENTENCES))
def test_sentences(glossary: Glossary, text: str, english: str) -> None:
    """A sentence of known words is a well-formed English caption."""
    translation = glossary.translate(text)

    assert (english, ()) == (translation.english, translation.unknown_words)


@pytest.mark.parametrize(
    ("text", "meant", "not_meant"), HOMOGRAPHS, ids=[row[0] for row in HOMOGRAPHS]
)
def test_neighbours_decide_homographs(
    glossary: Glossary, text: str, meant: str, not_meant: str
) -> None:
    """A word with several meanings takes the one that its neighbours call for."""
    english = glossary.translate(text).english

    assert meant in english
    assert not_meant not in english


def test_unknown_words_are_left_out_and_named(glossary: Glossary) -> None:
    """The glossary never guesses; a torn name is named whole."""
    translation = glossary.translate("뽀로롱이 빨간 사과를 묘사하는 장면")

    assert "apple" in translation.english
    assert "묘사하다" in translation.unknown_words


def test_what_is_denied_is_absent(glossary: Glossary) -> None:
    """An encoder does not read "not", so denied words leave the sentence."""
    translation = glossary.translate("무섭지 않은 유령")

    assert ("a ghost", ("scary",)) == (translation.english, translation.absent)


@pytest.mark.parametrize(
    "english", ["a cat (red)++ .swap(dog)", "RED apple 3", "cyberpunk city, 4k"]
)
def test_english_passes_through(glossary: Glossary, english: str) -> None:
    """Text without Hangul is not touched."""
    assert english == glossary.translate(english).english


WORDS = ["고래", "파란", "바다", "위", "의", "에", "를", "와", "먹는", "자고", "있다", "세", "마리", "뷁", "cat", '"', "(", ",", "은", "없는", "밤", "모습", "들", "3"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=10), st.booleans())
def test_any_order_of_words_is_translated(
    glossary: Glossary, words: list[str], spaced: bool
) -> None:
    """However words are thrown together, the English has no Hangul and no double blanks."""
    english = glossary.translate((" " if spaced else "").join(words)).english

    assert not has_hangul(english)
    assert "  " not in english.strip() or not any(w in WORDS[:14] for w in words)
