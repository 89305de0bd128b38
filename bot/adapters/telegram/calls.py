"""The calls to Telegram: in their turn, after a chat that moved, and with the errors that the port knows.

What Telegram asks to wait for is waited for here, chat by chat; nobody else has to stop for it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import structlog
from cachetools import LRUCache
from telegram.error import BadRequest, ChatMigrated, RetryAfter, TelegramError

from bot.adapters.port import PlatformDown
from bot.adapters.telegram.handle import Where
from bot.adapters.telegram.limits import Busy, Limits, Urgency
from bot.adapters.telegram.refusal import (
    NO_THREAD,
    NOT_MODIFIED,
    NotTaken,
    error_of,
    says,
    seconds_of,
)

log = structlog.get_logger()

T = TypeVar("T")
PATIENCE_S = 60.0
_MAX_TRIES = 5
_MAX_MOVED = 10_000


class LeftOut(PlatformDown):
    """There is no room for mere progress now."""


class Calls:
    """Asks Telegram; lives as long as the adapter."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._moved: LRUCache[int, int] = LRUCache(_MAX_MOVED)

    def moved(self, old_id: int, new_id: int) -> None:
        """Note that a group has another number from now on."""
        self._moved[old_id] = new_id
        log.info("group moved")

    async def ask(
        self,
        where: Where,
        what: Callable[[Where], Awaitable[T]],
        *,
        urgency: Urgency = Urgency.ANSWER,
        weight: int = 1,
        patience_s: float = PATIENCE_S,
        is_edit: bool = False,
    ) -> T:
        """Ask for something to be shown in a chat; progress that finds no room is left out.

        Raises what the port raises, or NotTaken. An edit in a group that moved finds its message gone.
        """
        for _ in range(_MAX_TRIES):
            at = replace(where, chat_id=self._moved.get(where.chat_id, where.chat_id))
            try:
                async with self._limits.turn(
                    at.chat_id, urgency, weight=weight, patience_s=patience_s
                ):
                    return await what(at)
            except Busy as busy:
                raise (LeftOut if urgency is Urgency.PROGRESS else PlatformDown)() from busy
            except RetryAfter as error:
                seconds = seconds_of(error)
                log.warning("Telegram asks to wait", seconds=seconds)
                self._limits.close_chat(at.chat_id, seconds)
                if urgency is Urgency.PROGRESS:
                    raise LeftOut from error
                if seconds > patience_s:
                    raise PlatformDown from error
            except ChatMigrated as error:
                self.moved(at.chat_id, error.new_chat_id)
                if is_edit:
                    raise error_of(error, is_repeatable=True) from error
            except TelegramError as error:
                if isinstance(error, BadRequest) and says(error, NO_THREAD) and where.thread_id:
                    where = replace(where, thread_id=None)
                    continue
                raise _translated(error, is_edit=is_edit) from error
        raise PlatformDown


def _translated(error: TelegramError, *, is_edit: bool) -> Exception:
    """Give the port's error; what is a mistake of ours is logged."""
    translated = error_of(error, is_repeatable=is_edit)
    if isinstance(translated, NotTaken) and not says(error, NOT_MODIFIED):
        log.warning("call not taken", reason=str(error))
    return translated
