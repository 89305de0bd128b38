"""The views of a text: what is the same in them, what stays apart, and how much work a text can cause."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.safety.disguise import BLANK, MARK, MAX_LETTERS, TOGETHER, plain, views

HOSTILE = {
    "nothing": "",
    "one sign": "?",
    "one letter": "가",
    "100,000 letters": "가" * 100_000,
    "100,000 Latin letters": "a b" * 33_333,
    "emoji": "🐳" * 10_000,
    "right to left": "\u202e" * 50_000 + "그림",
    "zero width": "\u200b" * 100_000 + "그림",
    "lone surrogates": "\ud800" * 10_000,
    "NUL": "\0" * 100_000,
    "piled marks": "a" + "\u0301" * 100_000,
    "loose jamo": "ㄱㅏ" * 50_000,
    "spelled jamo": "ㄱ ㅏ " * 25_000,
    "letters that become many": "\ufdfa" * 20_000,
    "digits in words": "n1u1d1e" * 10_000,
}


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("누.드", "누드"),
        ("ㄴㅜㄷㅡ", "누드"),
        ("눋ㅡ", "누드"),
        ("그ㅁ지어", "금지어"),
        ("ㄱㅡㅁㅈㅣㅇㅓ", "금지어"),
        ("ㄱ ㅡ ㅁ ㅈ ㅣ ㅇ ㅓ", "금지어"),
        ("ﾡￚﾱﾸￜﾷￆ", "금지어"),
        ("rmawldj", "금지어"),
        ("누우드", "누드"),
        ("누드드", "누드"),
        ("ㄷㅏㄹㄱ", "닭"),
        ("ㄱㅗㅏ", "과"),
        ("ㅜㅕㅇㄷ", "nude"),
        ("nud3", "nude"),
        ("nυdе", "nude"),
        ("ⓝⓤⓓⓔ", "nude"),
        ("🇳🇺🇩🇪", "nude"),
        ("pusssy", "pussy"),
        ("1oli", "loli"),
        ("누x드", "누드"),
    ],
)
def test_a_disguise_is_undone_in_some_view(text: str, letters: str) -> None:
    """Whatever the disguise, a view has the word's own letters."""
    assert letters in [view.letters for view in views(text)]


def test_syllables_do_not_move_where_nothing_is_loose() -> None:
    """한아 is not 하나: only jamo that stand alone join others."""
    assert ["한아"] == [view.letters for view in views("한아")]


def test_a_view_knows_what_stood_between() -> None:
    """A word's letters stand together, others behind a mark or a blank."""
    first = views("가나.다 라")[0]

    assert "가나다라" == first.letters
    assert bytes([BLANK, TOGETHER, MARK, BLANK]) == first.gaps


@given(st.text(max_size=80))
@example("ㄴㅜㄷㅡ")
@example(" ¨")
@example("ẞİſ\u0345")
@settings(max_examples=300, deadline=None)
def test_folding_twice_changes_nothing(text: str) -> None:
    """What was folded once stays as it is."""
    assert plain(text) == plain(plain(text))


@pytest.mark.fault(40)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_causes_bounded_work(name: str) -> None:
    """However long or strange a text, its views are few and of bounded size, and no error comes."""
    found = views(HOSTILE[name])

    assert 1 <= len(found) <= 16
    assert all(len(view.letters) == len(view.gaps) <= MAX_LETTERS for view in found)


@pytest.mark.parametrize(
    "unseen",
    ["\u200b", "\u202e", "\u0301", "\0", "\ud800", "\u3164", "\u111a", "\u1176", " ", "\n\t"],
)
def test_nobody_pushes_a_word_out_of_sight(unseen: str) -> None:
    """Before the limit of characters nothing counts that nobody sees."""
    assert "누드" == views(unseen * 100_000 + "누드")[0].letters


@pytest.mark.parametrize("sign", ["\ufdfa", "\ufdfb", "\u321d", "\u33af", "\u3316"])
def test_a_sign_that_becomes_many_letters_hides_nothing_behind_it(sign: str) -> None:
    """What a text of 1,000 characters ends with is looked at, whatever stands before it."""
    assert views(sign * 998 + "누드")[0].letters.endswith("누드")
