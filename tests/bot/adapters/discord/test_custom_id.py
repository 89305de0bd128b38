"""What a button carries is read back for ever."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.discord import custom_id
from bot.adapters.discord.custom_id import Pressed, nonce_in, read, write
from bot.adapters.port import Action

JOB = "0123456789abcdef0123"
plain = st.text("abcdefghijklmnopqrstuvwxyz234567", max_size=custom_id.MAX_NONCE_CHARS)


@settings(deadline=None)
@given(
    action=st.sampled_from(Action),
    job_id=st.sampled_from(["", JOB]),
    value=st.text(max_size=custom_id.MAX_VALUE_CHARS) | st.text(":%1", max_size=40),
    nonce=plain,
)
def test_what_is_written_is_read_back(action: Action, job_id: str, value: str, nonce: str) -> None:
    """Whatever a value holds, it comes back, and fits into what Discord carries."""
    written = write(action, job_id, value, nonce)

    assert Pressed(action, job_id, value) == read(written)
    assert nonce == nonce_in(written)
    assert len(written) <= custom_id.MAX_CHARS


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("1:again:0123456789abcdef0123::", Pressed(Action.AGAIN, JOB, "")),
        ("1:vary:0123456789abcdef0123:3:abcdefghijklmnopqrstuvwxy", Pressed(Action.VARY, JOB, "3")),
        ("1:page::2 밤: 바다:n", Pressed(Action.PAGE, "", "2 밤: 바다")),
        ("1:over::123-456:", Pressed(Action.OVER, "", "123-456")),
    ],
)
def test_a_button_that_was_once_sent_works_for_ever(written: str, expected: Pressed) -> None:
    """These stand in messages already: they must never be read in another way."""
    assert expected == read(written)


@pytest.mark.parametrize(
    "foreign",
    [
        "",
        ":",
        "1",
        "1:again",
        "1:again:job:",
        "2:again:job::",
        "1:explode:job::",
        "again:job::",
        "1:AGAIN:job::",
    ],
)
def test_what_is_not_ours_is_not_read(foreign: str) -> None:
    """A foreign button, or one of a later version, is nobody's press."""
    assert read(foreign) is None


@settings(deadline=None)
@given(foreign=st.text(max_size=120))
def test_any_text_is_read_or_refused(foreign: str) -> None:
    """Nothing that Discord may deliver raises."""
    assert isinstance(read(foreign), Pressed | None)
    assert isinstance(nonce_in(foreign), str)


@pytest.mark.parametrize(
    ("job_id", "value", "nonce"),
    [("a:b", "", ""), (JOB, "", "n:n"), (JOB, "x" * 42, ""), ("j" * 80, "x" * 30, "")],
)
def test_what_could_not_be_read_back_is_not_written(job_id: str, value: str, nonce: str) -> None:
    """A button that would be lost is our mistake, seen at once."""
    with pytest.raises(ValueError, match="characters"):
        write(Action.VARY, job_id, value, nonce)
