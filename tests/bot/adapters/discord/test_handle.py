"""What names interactions and messages survives being written down."""

import pytest

from bot.adapters.discord.handle import Handle, Shown, read_event, read_shown

WITH_USER = Handle(id=175928847299117063, token="aW50ZXJhY3Rpb24-_token", user_id=42)
HANDLES = [Handle(id=1, token="t"), WITH_USER]


@pytest.mark.parametrize("handle", HANDLES, ids=["without a user", "with a user"])
def test_an_event_is_read_back(handle: Handle) -> None:
    """An interaction's name says all that answering it needs."""
    assert handle == read_event(str(handle))


@pytest.mark.parametrize("handle", [None, *HANDLES], ids=["a message", "without", "with a user"])
def test_a_reference_is_read_back(handle: Handle | None) -> None:
    """So does the name of a message."""
    shown = Shown(id=7, handle=handle)

    assert shown == read_shown(str(shown))


def test_a_message_is_no_interaction() -> None:
    """The id of a message names no interaction."""
    assert read_event("1234567890") is None


def test_an_id_tells_when_it_was_made() -> None:
    """The time in an id is Discord's documented example."""
    assert 1462015105.796 == WITH_USER.born_s


def test_a_token_is_not_shown() -> None:
    """Whoever prints a handle prints no token."""
    assert WITH_USER.token not in repr(Shown(id=7, handle=WITH_USER))
