"""Words with a fixed English: hidden from translators, shown again, never silently lost."""

import re
import time
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.korean import Korean, Morpheme
from pipeline.text.normalise import has_hangul
from pipeline.text.terms import Slot, Terms
from pipeline.text.translate.glossary import Glossary
from pipeline.text.translate.lexicon import culture_words

OWN = {
    "뽀삐": "Poppy, a small white dog", "몬냥이": "a round purple cat", "큰 뽀삐": "Big Poppy", "달리": "Dali",
    "고양": "Goyang city", "빵": "Bbang the hamster", "BTS": "seven singers",
}  # fmt: skip
TERMS = Terms(culture_words() | OWN)
HIDDEN = [
    ("뽀삐가 몬냥이를 안고 있다", "Zavo가 Kelo를 안고 있다", ["뽀삐", "몬냥이"]),
    ("큰뽀삐와 뽀삐", "Zavo와 Kelo", ["큰 뽀삐", "뽀삐"]),
    ("뽀삐와 뽀삐의 집", "Zavo와 Zavo의 집", ["뽀삐"]),
    ("한복입은여자", "Zavo 입은여자", ["한복"]),
    ("새우김밥과 소주잔", "새우 Zavo과 Kelo 잔", ["김밥", "소주"]),
    ("윷 놀이를 하는 가족", "Zavo를 하는 가족", ["윷놀이"]),
    ("씨름하는 두 남자", "Zavo를 하는 두 남자", ["씨름"]),
    ("몬냥이들이 모여 있다", "Zavo들이 모여 있다", ["몬냥이"]),
    ("빵이 웃는다", "Zavo이 웃는다", ["빵"]),
    ("bts 콘서트", "Zavo 콘서트", ["BTS"]),
    ("zavo와 뽀삐", "zavo와 Kelo", ["뽀삐"]),
    ("갓 구운 빵", "갓 구운 Zavo", ["빵"]),
    ("한과, 약과", "Zavo, Kelo", ["한과", "약과"]),
]  # fmt: skip
LEFT = ["고양이와 강아지", "빵집", "달리는 말", "사람을 해치는 괴물", "마약과 총", "도깨비불", "갓 쓴 선인장", "세 배 큰 고래", "", "🐳", "a cat"]  # fmt: skip
SLOTS = (
    Slot(name="Zavo", english="hanbok, traditional Korean dress"),
    Slot(name="Kelo", english="orca"),
)
SHOWN = [
    ("a girl in Zavo with Kelo", "a girl in hanbok, traditional Korean dress with orca", ()),
    ("A girl in ZAVO and a kelo.", "A girl in hanbok, traditional Korean dress and an orca.", ()),
    ("the Zavos of two Kelos", "the hanbok, traditional Korean dress of two orca", ()),
    ("Zavo's sleeve, Kelo’s fin", "hanbok's sleeve, orca’s fin", ()),
    ("Zavo and Zavo, a Kelo", "hanbok, traditional Korean dress and hanbok, an orca", ()),
    ("Zavo-shaped Kelo", "hanbok-shaped orca", ()),
    ("A girl in Zavo.", "A girl in hanbok, traditional Korean dress, orca", ("orca",)),
    ("A girl in Zabo.", "A girl in Zabo, hanbok, traditional Korean dress, orca", ("hanbok, traditional Korean dress", "orca")),
    ("", "hanbok, traditional Korean dress, orca", ("hanbok, traditional Korean dress", "orca")),
    ("Zavoski and Kelowna", "Zavoski and Kelowna, hanbok, traditional Korean dress, orca", ("hanbok, traditional Korean dress", "orca")),
]  # fmt: skip


@pytest.mark.parametrize(("text", "hidden", "words"), HIDDEN, ids=[row[0] for row in HIDDEN])
def test_a_word_hides_behind_a_name(
    korean: Korean, text: str, hidden: str, words: list[str]
) -> None:
    """Whole words, longest first, spaced or not; particles stay, and what was glued on stands alone."""
    morphemes = korean.morphemes(text)
    found = TERMS.hide(text, morphemes)

    assert hidden == found.text
    assert words == list(TERMS.as_mapping(text, morphemes))
    assert len(words) == len(found.slots)


@pytest.mark.parametrize("text", LEFT)
def test_what_only_looks_like_a_word_is_left(korean: Korean, text: str) -> None:
    """A part of a longer word, a verb or an adverb is not the name that is spelt alike."""
    found = TERMS.hide(text, korean.morphemes(text))

    assert (text, ()) == (found.text, found.slots)


@pytest.mark.parametrize(("english", "shown", "lost"), SHOWN, ids=[row[0] for row in SHOWN])
def test_the_fixed_english_stands_where_the_name_was(
    english: str, shown: str, lost: tuple[str, ...]
) -> None:
    """In any case and number, with article and owner; the gloss once; what got lost is appended and named."""
    assert (shown, lost) == TERMS.show(english, SLOTS)


def test_without_an_analysis_blanks_and_particles_decide() -> None:
    """That is enough to tell a language model which words to mind."""
    assert {"뽀삐": "Poppy, a small white dog", "빵": "Bbang the hamster"} == TERMS.as_mapping(
        "뽀삐에게 빵을 주는 소녀, 빵집"
    )


def test_an_empty_list_changes_nothing(korean: Korean) -> None:
    """Nor does a list of blanks."""
    hidden = Terms({"": "x", " ": "y", "고래": " "}).hide("고래", korean.morphemes("고래"))

    assert ("고래", ()) == (hidden.text, hidden.slots)


PIECES = st.lists(
    st.sampled_from(["뽀삐가", "한복을", "떡볶이", "몬냥이들", "입은", "파란", "먹는", "고양이", "Kelo", "옆의", ",", "빵"]), max_size=8
)  # fmt: skip


@settings(deadline=None)
@given(PIECES, st.sampled_from(["", " "]))
def test_no_term_is_lost_on_the_way(
    korean: Korean, glossary: Glossary, pieces: list[str], blank: str
) -> None:
    """Whatever the offline translator makes of a text, every hidden word is in it and no invented name."""
    text = blank.join(pieces)
    hidden = TERMS.hide(text, korean.morphemes(text))

    shown = TERMS.show(glossary.translate(hidden.text).english, hidden.slots)

    for slot in hidden.slots:
        assert slot.english.partition(",")[0] in shown.english
        assert not re.search(rf"\b{slot.name}\b", shown.english)


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_text_can_be_read(text: str, english: str) -> None:
    """Without words of the list a text stays as it is; with nothing hidden so does a translation."""
    hidden = TERMS.hide(text, ())

    assert hidden.slots or text == hidden.text
    assert (english, ()) == TERMS.show(english, ())


def test_korean_things_have_one_entry() -> None:
    """No other list of the glossary has a word of the list of Korean things."""
    data = files("pipeline.text.translate") / "data"
    words = culture_words()
    others = [
        word.strip()
        for name in ("nouns", "places", "homographs", "verbs", "descriptions", "grammar")
        for line in (data / f"{name}.txt").read_text("utf-8").splitlines()
        if "=" in line and not line.startswith("#")
        for word in line.partition("=")[0].split(",")
    ]

    assert len(words) >= 60
    assert set() == set(others) & set(words)


def test_korean_things_are_short_and_english() -> None:
    """A gloss leaves room for the sentence."""
    glosses = culture_words().values()

    assert not [gloss for gloss in glosses if has_hangul(gloss) or len(gloss.split()) > 10]


@pytest.mark.parametrize("word", culture_words())
def test_a_korean_thing_is_found_and_translated(
    korean: Korean, glossary: Glossary, word: str
) -> None:
    """It hides as a whole, and the offline translator knows it itself."""
    text = f"{word} 옆의 고양이"
    hidden = Terms(culture_words()).hide(text, korean.morphemes(text))
    translation = glossary.translate(text)

    assert "Zavo 옆의 고양이" == hidden.text
    assert culture_words()[word].partition(",")[0] in translation.english
    assert () == translation.unknown_words


@pytest.mark.parametrize(
    "piece", ["가", "한복", "한복 ", "뽀삐가 ", "뽀", "()", "(", "🐳", "뽀삐한복입은", "Zavo "]
)
def test_reading_takes_time_in_proportion_to_length(piece: str) -> None:
    """Eight times the text takes about eight times as long, every syllable a morpheme of its own."""

    def seconds(num: int) -> float:
        text = (piece * num)[:num]
        morphemes = [
            Morpheme(form=c, tag="NNG", start=i, end=i + 1) for i, c in enumerate(text) if c != " "
        ]
        times = []
        for _ in range(3):
            begin = time.process_time()
            TERMS.show(re.sub("[가-힣]", "", text), TERMS.hide(text, morphemes).slots)
            times.append(time.process_time() - begin)
        return min(times)

    assert seconds(4_000) < 24 * seconds(500) + 0.001
