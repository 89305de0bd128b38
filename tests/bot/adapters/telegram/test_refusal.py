"""Every error of the library has a meaning, and the narrow ones come first."""

import httpx
import pytest
import telegram.error
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    PassportDecryptionError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.adapters.port import (
    MessageGone,
    PlaceGone,
    PlatformDown,
    PortClosed,
    PortError,
    Unclear,
)
from bot.adapters.telegram.refusal import NotTaken, error_of


def caused(error: TelegramError, cause: Exception) -> TelegramError:
    """Give an error its cause."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "sent", "edited"),
    [
        (RetryAfter(7), PlatformDown, PlatformDown),
        (ChatMigrated(-200), MessageGone, MessageGone),
        (InvalidToken("Unauthorized"), PortClosed, PortClosed),
        (Forbidden("Forbidden: bot was blocked by the user"), PlaceGone, PlaceGone),
        (Forbidden("Forbidden: user is deactivated"), PlaceGone, PlaceGone),
        (BadRequest("Chat not found"), PlaceGone, PlaceGone),
        (BadRequest("not enough rights to send photos to the chat"), PlaceGone, PlaceGone),
        (BadRequest("Message to edit not found"), MessageGone, MessageGone),
        (BadRequest("Message can't be edited"), MessageGone, MessageGone),
        (BadRequest("BUTTON_DATA_INVALID"), NotTaken, NotTaken),
        (BadRequest("Message is not modified: …"), NotTaken, NotTaken),
        (Conflict("terminated by other getUpdates request"), PlatformDown, PlatformDown),
        (TimedOut(), Unclear, PlatformDown),
        (NetworkError("Bad Gateway"), Unclear, PlatformDown),
        (TelegramError("Invalid server response"), Unclear, PlatformDown),
        (caused(TimedOut(), httpx.ReadTimeout("")), Unclear, PlatformDown),
        (caused(TimedOut(), httpx.PoolTimeout("")), PlatformDown, PlatformDown),
        (caused(TimedOut(), httpx.ConnectTimeout("")), PlatformDown, PlatformDown),
        (caused(NetworkError(""), httpx.ConnectError("")), PlatformDown, PlatformDown),
        (caused(NetworkError(""), httpx.ReadError("")), Unclear, PlatformDown),
        (caused(NetworkError(""), httpx.RemoteProtocolError("")), Unclear, PlatformDown),
    ],
)
def test_an_error_means_what_can_be_done_about_it(
    error: TelegramError, sent: type[Exception], edited: type[Exception]
) -> None:
    """A send may have arrived; an edit may be repeated whatever became of it."""
    assert sent is type(error_of(error, is_repeatable=False))
    assert edited is type(error_of(error, is_repeatable=True))


def test_no_error_of_the_library_is_without_a_meaning() -> None:
    """Also one that a later version brings."""
    known = {
        BadRequest,
        ChatMigrated,
        Conflict,
        EndPointNotFound,
        Forbidden,
        InvalidToken,
        NetworkError,
        PassportDecryptionError,
        RetryAfter,
        TelegramError,
        TimedOut,
    }
    there = {
        one
        for one in vars(telegram.error).values()
        if isinstance(one, type) and issubclass(one, TelegramError)
    }

    assert known == there
    for kind in (EndPointNotFound, PassportDecryptionError):
        assert isinstance(error_of(kind("…"), is_repeatable=False), PortError)
    down = error_of(RetryAfter(7), is_repeatable=False)
    assert isinstance(down, PlatformDown)
    assert 7.0 == down.retry_after_s
