"""Similar sentences are told from what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Failure, StageFailed
from pipeline.text.paraphrase.vetting import vetted

TEXT = "바다 위의 고래"


def variants(*sentences: str, num_variants: int = 8) -> tuple[str, ...]:
    """Vet sentences for the one text."""
    return vetted(sentences, text=TEXT, num_variants=num_variants, provider="kt")


def test_good_sentences_pass_in_their_order() -> None:
    """What differs from the text is kept as it is, once."""
    assert ("대양 위의 고래", "바다의 고래") == variants(
        "대양 위의 고래", TEXT, " 바다의 고래\n", "대양 위의 고래"
    )


def test_no_more_than_asked_for() -> None:
    """The first ones are taken."""
    assert ("고래 1", "고래 2") == variants("고래 1", "고래 2", "고래 3", num_variants=2)


def test_another_language_or_another_story_is_dropped() -> None:
    """A paraphrase is in the text's language and about as long."""
    assert ("큰 고래",) == variants("a whale", "고래 " * 40, "", " ", "큰 고래")


@pytest.mark.parametrize("sentences", [(), (TEXT,), ("a whale", "")])
def test_no_similar_sentence_is_a_failure(sentences: tuple[str, ...]) -> None:
    """Then the next provider is asked."""
    with pytest.raises(StageFailed) as caught:
        variants(*sentences)

    assert ("paraphrase", Failure.UNREADABLE) == (caught.value.stage, caught.value.failure)


@given(st.lists(st.text()), st.text(min_size=1))
def test_any_answer_passes_or_fails(sentences: list[str], text: str) -> None:
    """What passes is distinct, not empty, and never the text."""
    try:
        found = vetted(sentences, text=text, num_variants=8, provider="kt")
    except StageFailed:
        return

    assert len({one.casefold() for one in (*found, text)}) == len(found) + 1
    assert all(found)
