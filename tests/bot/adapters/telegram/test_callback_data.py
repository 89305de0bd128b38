"""What buttons carry: written and read back, in the bytes that Telegram takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.port import Action
from bot.adapters.telegram import callback_data
from tests.bot.adapters.telegram.stage import JOB


@given(st.sampled_from(Action), st.text(max_size=50).filter(lambda text: "\ud800" not in text))
def test_what_was_written_is_read(action: Action, value: str) -> None:
    """A value that finds no room loses its end and nothing else."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    data = callback_data.write(action, JOB, value)
    read = callback_data.read(data)

    assert len(data.encode()) <= callback_data.MAX_BYTES
    assert read is not None
    assert (action, JOB) == (read.action, read.job_id)
    assert value.startswith(read.value)
    if len(value.encode()) <= 30:
        assert value == read.value


def test_what_could_not_be_read_back_is_not_written() -> None:
    """A job id that is too long or holds the sign between the parts."""
    for job_id in ("a:b", "x" * 70):
        with pytest.raises(ValueError, match="job id"):
            callback_data.write(Action.AGAIN, job_id)


@pytest.mark.parametrize("data", ["", "1", "1:again", "1:again:job", "2:again:job:", "1:fly:job:"])
def test_what_is_not_ours_is_nothing(data: str) -> None:
    """Nor is what a later version writes."""
    assert callback_data.read(data) is None
