"""The buttons that lead to pages: what they carry is read back, and a forged one does no harm."""

from hypothesis import given
from hypothesis import strategies as st

from bot import buttons, texts
from bot.commands import MAX_SEARCH_CHARS


@given(
    page=st.integers(1, 99_999),
    search=st.text("고래 1", max_size=MAX_SEARCH_CHARS).map(lambda text: " ".join(text.split())),
)
def test_a_page_that_is_written_is_read_back(page: int, search: str) -> None:
    """With its search, in no more characters than every platform carries."""
    newer, older = buttons.pages(page + 1, search, has_more=True)

    assert ((page, search), (page + 2, search)) == (
        buttons.page_of(newer.value), buttons.page_of(older.value),
    )  # fmt: skip
    assert max(len(newer.value), len(older.value)) <= 40
    assert (texts.NEWER, texts.OLDER) == (newer.label, older.label)


def test_there_is_nothing_before_the_first_and_behind_the_last() -> None:
    """A single page has no buttons."""
    assert () == buttons.pages(1, "", has_more=False)


@given(st.text())
def test_a_forged_page_is_one_that_may_be_asked_for(value: str) -> None:
    """Whatever comes is a number from one on."""
    page, _ = buttons.page_of(value)

    assert 1 <= page < 1_000_000
