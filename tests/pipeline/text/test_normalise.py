"""Characters come out regular, whatever comes in."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.text.normalise import has_hangul, normalise

AWKWARD = (
    "고래를 그려줘ㅋㅋㅠ가각힣abc Z9,.!?'\"()+-~^\u200b\u200c\u200d\ufe0f\u3164\uffa0\u115f\u1160"
    "\u1100\u1161\u11a8\u11f9\uffa1\uff21\u3000\u00a0\u2028\x00\x85\u202e\u2066\ufeff\u0301\u0308"
    "\ud800\udfff\U000e0041👨👩🏽🐳❤🇰🇷“”‘’㈜㎏①1"
)
AWKWARD_TEXT = st.text(alphabet=st.sampled_from(AWKWARD), max_size=40)
ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(
            unicodedata.normalize("NFD", "고래를 그려줘"), "고래를 그려줘", id="decomposed"
        ),
        pytest.param("고래 ㅋㅋ ㅅㅂ", "고래 ㅋㅋ ㅅㅂ", id="compatibility jamo stay"),
        pytest.param("ㄱㅏ", "ㄱㅏ", id="two jamo stay two"),
        pytest.param("\uffa1\uffa2", "ㄱㄲ", id="half-width jamo"),
        pytest.param("ＡＢＣ\u3000１２３", "ABC 123", id="full-width Latin"),
        pytest.param("\u1109\u1107", "ㅅㅂ", id="stray conjoining jamo"),
        pytest.param("㈜㎏①", "㈜㎏①", id="signs that NFKC would spell out"),
        pytest.param("고래\u3164그려줘", "고래 그려줘", id="a filler is a blank"),
        pytest.param("고래\uffa0그려줘", "고래 그려줘", id="so is the half-width filler"),
        pytest.param("돌\u200b고래 그\u200b려줘", "돌고래 그려줘", id="zero-width space"),
        pytest.param("\u202e고래\u202c", "고래", id="bidi controls"),
        pytest.param(
            "👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧", id="an emoji family keeps its joiners"
        ),
        pytest.param("고\u200d래", "고래", id="a joiner between syllables goes"),
        pytest.param("❤\ufe0f 고\ufe0f래", "❤\ufe0f 고래", id="variation mark only after an emoji"),
        pytest.param("\ud800고래\udfff", "고래", id="lone surrogates"),
        pytest.param("a\x00b\x85c\u2028d\u2009e", "a b c d e", id="controls and odd spaces"),
        pytest.param("“안녕” ‘a’", "\"안녕\" 'a'", id="typographic quotes"),
        pytest.param("  고래 \n\n 그려줘  ", "고래 그려줘", id="blanks collapse"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_normal_form(raw: str, expected: str) -> None:
    """Every kind of odd character has one regular form."""
    assert expected == normalise(raw).text


@settings(max_examples=300)
@given(st.one_of(AWKWARD_TEXT, ANY_TEXT))
def test_a_second_pass_changes_nothing(raw: str) -> None:
    """Normalising is idempotent."""
    once = normalise(raw).text

    assert once == normalise(once).text


@given(st.text(alphabet="고래를 그려줘힣각ㅋ a\u3164", max_size=30))
def test_decomposed_and_composed_text_are_one(text: str) -> None:
    """How the keyboard encodes Hangul makes no difference."""
    decomposed = unicodedata.normalize("NFD", text)

    assert normalise(text) == normalise(decomposed)


@given(st.one_of(AWKWARD_TEXT, ANY_TEXT))
def test_the_result_can_be_encoded_and_has_no_controls(raw: str) -> None:
    """What comes out is valid UTF-8 on one line."""
    text = normalise(raw).text

    assert text == text.encode().decode()
    assert text == text.strip()
    assert not any(unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} for c in text)


def test_long_text_is_cut_at_a_grapheme() -> None:
    """The limit falls between visible characters, and the result says how long it was."""
    family = "👨\u200d👩\u200d👧\u200d👦"

    result = normalise("가" * 498 + family)

    assert "가" * 498 == result.text
    assert result.is_cut
    assert 498 + len(family) == result.num_chars


@given(
    st.lists(
        st.sampled_from(["가", "👨\u200d👩", "e\u0301", "❤\ufe0f", "x" * 90]),
        min_size=5,
        max_size=40,
    )
)
def test_the_limit_holds(parts: list[str]) -> None:
    """No text is longer than the limit."""
    assert len(normalise("".join(parts), max_chars=100).text) <= 100


@pytest.mark.parametrize(
    ("text", "expected"), [("고래", True), ("ㅋㅋ", True), ("whale 🐳 1", False), ("", False)]
)
def test_hangul_is_noticed(text: str, expected: bool) -> None:
    """Syllables and jamo are Hangul; Latin, digits and emoji are not."""
    assert expected == has_hangul(text)
