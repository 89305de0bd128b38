"""A look at Telegram before the bot is started: does it know the token, what does the bot hear, is the menu current.

Asks plainly and once, with a short limit, where the adapter would wait and try again. Changes nothing
but the menu and the descriptions. Knows no sentence.
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import StrEnum

from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.adapters.telegram import menu
from bot.adapters.telegram.refusal import NOT_SENT, seconds_of
from bot.adapters.telegram.words import Words

_LIMIT_S = 10.0


class Cause(StrEnum):
    """Why there was no good answer."""

    TOKEN_REFUSED = "token"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotFound:
    """Who the token belongs to, and what that bot may do."""

    name: str
    username: str
    hears_all: bool
    has_inline: bool

    @property
    def is_problem(self) -> bool:
        """Never: what a bot hears is its operator's choice."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuFound:
    """What stands in the menu."""

    num: int
    were_changed: bool

    @property
    def is_problem(self) -> bool:
        """Never: what was old is new now."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Telegram gave no good answer."""

    cause: Cause
    detail: str = ""

    @property
    def is_problem(self) -> bool:
        """Always."""
        return True


Finding = BotFound | MenuFound | Refusal


async def examine(*, token: str, base_url: str, words: Words) -> AsyncGenerator[Finding]:
    """Look at everything that the bot needs of Telegram; what comes after a refusal is left out."""
    request = HTTPXRequest(connection_pool_size=2, connect_timeout=_LIMIT_S, read_timeout=_LIMIT_S)
    bot = Bot(token, base_url=base_url, request=request, get_updates_request=request)
    try:
        us = await bot.get_me()
        yield BotFound(
            name=_printable(us.first_name),
            username=_printable(us.username),
            hears_all=us.can_read_all_group_messages is not False,
            has_inline=us.supports_inline_queries is True,
        )
        were_changed = await menu.sync(bot, words)
        yield MenuFound(num=len(menu.COMMANDS), were_changed=were_changed)
    except TelegramError as error:
        yield _refusal(error)
    finally:
        await request.shutdown()


def _refusal(error: TelegramError) -> Refusal:
    match error:
        case InvalidToken():
            return Refusal(cause=Cause.TOKEN_REFUSED)
        case RetryAfter():
            return Refusal(cause=Cause.BUSY, detail=f"{seconds_of(error):.0f}")
        case _ if isinstance(error.__cause__, NOT_SENT):
            return Refusal(cause=Cause.UNREACHABLE)
        case _:
            return Refusal(cause=Cause.DOWN, detail=type(error).__name__)


def _printable(name: object) -> str:
    """Keep a name that somebody chose from steering the operator's terminal."""
    return "".join(char for char in str(name or "") if char.isprintable())
