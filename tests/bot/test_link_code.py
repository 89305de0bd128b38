"""Codes that join accounts: easy to copy, hard to guess."""

import pytest

from bot.link_code import CodeUnknown, new_code, read_code, shown


def test_a_code_has_no_letters_that_are_taken_for_others() -> None:
    """Whoever copies it by hand copies it right."""
    codes = "".join(new_code() for _ in range(200))

    assert set() == set(codes) & set("01OIL")
    assert codes.isascii()
    assert codes.isupper()


def test_no_two_codes_are_the_same() -> None:
    """They are drawn from a trillion."""
    assert 500 == len({new_code() for _ in range(500)})


def test_what_is_shown_is_read_back() -> None:
    """A code is shown in two halves."""
    code = new_code()

    assert 9 == len(shown(code))
    assert code == read_code(shown(code))


@pytest.mark.parametrize("text", ["abcd-2345", " ABCD 2345 ", "abcd2345", "AB CD-23 45"])
def test_a_code_is_read_however_it_is_typed(text: str) -> None:
    """Case, spaces and the dash do not matter."""
    assert "ABCD2345" == read_code(text)


@pytest.mark.parametrize(
    "text", ["", "ABCD-234", "ABCD-23456", "ABCD-O345", "가나다라마바사아", "끊기"]
)
def test_what_cannot_be_a_code_is_refused(text: str) -> None:
    """It is not looked for, and counts as no try."""
    with pytest.raises(CodeUnknown):
        read_code(text)
