"""What Discord's error codes mean for a message of ours.

A code that stands nowhere here is a mistake of ours or something new: it stays a `Refused`, so that
whoever delivers says that this answer fails, and the log names the fields that were wrong.
"""

from bot.adapters.discord.rest import Refused
from bot.adapters.port import MessageGone, PlaceGone, PlatformDown, PortError

UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015  # before the first answer, or shortly after it
UNKNOWN_INTERACTION = 10062  # answered too late
ALREADY_ANSWERED = 40060
TOO_MANY_FOLLOW_UPS = 40094
TOKEN_EXPIRED = 50027
NO_REPLY = 160002  # without the permission to read the history
UPLOADS_OFF = 400001  # in this server

DEAD_TOKEN = frozenset({TOKEN_EXPIRED, UNKNOWN_WEBHOOK})
TOO_LARGE = frozenset({40005, 50045})
BLOCKED_WORDS = frozenset({200000, 240000})  # AutoMod, the filter of links

# A foreign message, an archived thread: there can be a new one.
_MESSAGE_GONE = frozenset({UNKNOWN_MESSAGE, 50005, 50083})
# No such channel, server or user; no access, no permission; direct messages refused, no server in
# common; what the explicit content filter holds back from a person.
_PLACE_GONE = frozenset({10003, 10004, 10013, 50001, 50013, 50007, 50278, 20009})
# Old messages edited too often, direct messages opened too fast, limits of writing, overloaded.
_LATER = frozenset({30046, 40003, 20016, 20028, 20029, 130000})


def port_error_of(refused: Refused) -> PortError | None:
    """Say what a refusal is to whoever delivers; None where it is a mistake of ours."""
    if refused.code in _MESSAGE_GONE:
        return MessageGone()
    if refused.code in _PLACE_GONE:
        return PlaceGone()
    if refused.code in _LATER:
        return PlatformDown()
    return None
