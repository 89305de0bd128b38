"""What the library's errors mean for a message of ours, by a table, the narrow ones first.

Telegram tells mistakes apart by sentences that may change, so no answer rests on one alone: what
stands nowhere here is a mistake of ours or something new, and is logged. A send without an answer may
have arrived; that no connection was made is the one sure sign that it did not.
"""

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
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

NOT_MODIFIED = "message is not modified"
NO_THREAD = "message thread not found"
NO_TEXT = "there is no text in the message to edit"
NO_PHOTOS = ("not enough rights to send photos", "not enough rights to send documents")
NOT_DELETABLE = "message can't be deleted"
NOTHING_TO_DELETE = "message to delete not found"
MAY_NOT_BE_PHOTO = (
    "photo_invalid_dimensions",
    "image_process_failed",
    "photo_ext_invalid",
    "too big for a photo",
    "wrong type of the web page content",
)
TOO_LARGE = ("request entity too large", "(413)")

_MESSAGE_GONE = ("message to edit not found", "message can't be edited", "message_id_invalid")
_PLACE_GONE = (
    "chat not found",
    "user not found",
    "peer_id_invalid",
    "not enough rights",
    "have no rights to send a message",
    "need administrator rights",
    "chat_write_forbidden",
    "topic_closed",
    "group chat was deactivated",
)
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class NotTaken(Exception):
    """A mistake of ours, or an answer that nobody knew when this was written."""


def says(error: BaseException, *texts: str) -> bool:
    """Whether an error holds one of these sentences."""
    said = str(error).lower()
    return any(text in said for text in texts)


def error_of(error: TelegramError, *, is_repeatable: bool) -> PortError | NotTaken:
    """Say what an error is to whoever delivers; an edit may be repeated whatever became of it."""
    match error:
        case RetryAfter():
            return PlatformDown(retry_after_s=seconds_of(error))
        case ChatMigrated():
            return MessageGone()
        case InvalidToken():
            return PortClosed()
        case Forbidden():
            return PlaceGone()
        case BadRequest() if says(error, *_MESSAGE_GONE):
            return MessageGone()
        case BadRequest() if says(error, *_PLACE_GONE):
            return PlaceGone()
        case BadRequest():
            return NotTaken(str(error))
        case Conflict():
            return PlatformDown()
        case TimedOut() | NetworkError() if isinstance(error.__cause__, NOT_SENT):
            return PlatformDown()
        case _:
            return PlatformDown() if is_repeatable else Unclear()


def seconds_of(error: RetryAfter) -> float:
    """Give how long Telegram wants to be left alone."""
    asked = error.retry_after
    return float(asked) if isinstance(asked, int | float) else asked.total_seconds()
