"""Words become weighted fragments within their bounds."""

import pytest

from pipeline.text.weights import own_weighted, weighted


@pytest.mark.parametrize("weight", [0.99, 1.51])
def test_a_keyword_is_never_weakened_nor_shouted(weight: float) -> None:
    """A keyword's weight stays within 1.0 and 1.5."""
    with pytest.raises(AssertionError):
        weighted("whale", weight)


@pytest.mark.parametrize("weight", [0.49, 1.51])
def test_a_person_may_weaken_a_word_but_not_erase_it(weight: float) -> None:
    """A person's own weight stays within 0.5 and 1.5."""
    assert 0.5 == own_weighted("whale", 0.5).weight
    with pytest.raises(AssertionError):
        own_weighted("whale", weight)
