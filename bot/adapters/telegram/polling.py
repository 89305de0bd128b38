"""Updates asked for one long question after the other; nothing is confirmed before it is handled.

Asking from a number on confirms everything below it for ever, so that number follows the updates that
are handled, in their order. One bot has one who asks: where a second one does, this one stops, loudly.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.adapters.telegram.inbox import Handled
from bot.adapters.telegram.refusal import seconds_of

log = structlog.get_logger()

ALLOWED = (
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "inline_query",
    "chosen_inline_result",
)
LONG_S = 50
_ANSWER_S = 10.0  # beyond the time for which Telegram waits for updates
_LOOK_AGAIN_S = 0.6  # asked sooner for the same ones, Telegram gives one
_CONFLICT_S, _MAX_CONFLICTS = 4.0, 2
_LEAST_PAUSE_S, _MOST_PAUSE_S = 1.0, 30.0
_IDLE_S = 6 * 24 * 3600.0  # after a week without updates their numbers begin anywhere
_METHOD = (
    "getupdates"  # as the library has no name for it: an update that it cannot read loses no other
)


class Polling:
    """Asks for updates, from `run` until it is cancelled or may not ask any more."""

    def __init__(
        self,
        bot: Bot,
        take: Callable[[Mapping[str, Any]], Handled],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot, self._take, self._clock, self._sleep = bot, take, clock, sleep
        self._pending: dict[int, Handled] = {}  # in their order
        self._offset: int | None = None
        self._last_s = clock()
        self._num_failures = self._num_conflicts = 0
        self.is_connected = False

    async def run(self) -> None:
        """Ask again and again; returns when Telegram wants no more of it."""
        while True:
            try:
                await self._ask()
            except Conflict:
                self._num_conflicts += 1
                if self._num_conflicts >= _MAX_CONFLICTS:
                    self.is_connected = False
                    log.critical("another program asks for this bot's updates: this one stops")
                    return
                await self._sleep(_CONFLICT_S)
            except InvalidToken:
                self.is_connected = False
                log.critical("Telegram refuses the bot", reason="token")
                return
            except RetryAfter as error:
                await self._sleep(seconds_of(error))
            except TelegramError as error:
                if self.is_connected or not self._num_failures:
                    log.warning("Telegram is not reached", kind=type(error).__name__)
                self.is_connected = False
                self._num_failures += 1
                await self._sleep(self._pause_s())

    async def _ask(self) -> None:
        if self._clock() - self._last_s > _IDLE_S:
            self._offset, self._last_s = None, self._clock()
        long_s = LONG_S if self.is_connected and not self._pending else 0
        question = {"timeout": long_s, "limit": 100, "allowed_updates": list(ALLOWED)}
        if self._offset is not None:
            question["offset"] = self._offset
        updates = await self._bot.do_api_request(
            _METHOD, api_kwargs=question, read_timeout=long_s + _ANSWER_S
        )
        self._connected()
        for raw in updates if isinstance(updates, list) else ():
            self._hand_over(raw)
        if self._pending:
            await asyncio.wait(self._pending.values(), timeout=_LOOK_AGAIN_S)
        self._confirm()

    def _hand_over(self, raw: Any) -> None:
        update_id = raw.get("update_id") if isinstance(raw, dict) else None
        if not isinstance(update_id, int):
            log.warning("update without a number")
            return
        self._last_s = self._clock()
        if update_id not in self._pending:
            self._pending[update_id] = self._take(raw)

    def _confirm(self) -> None:
        """Move the number behind every update that is handled, up to the first that is not."""
        for update_id, handled in tuple(self._pending.items()):
            if not handled.done():
                self._offset = update_id
                return
            del self._pending[update_id]
            self._offset = update_id + 1

    def _connected(self) -> None:
        if not self.is_connected:
            log.info("Telegram is connected")
        self.is_connected, self._num_failures, self._num_conflicts = True, 0, 0

    def _pause_s(self) -> float:
        most_s = min(_MOST_PAUSE_S, _LEAST_PAUSE_S * 2 ** min(self._num_failures - 1, 10))
        return random.uniform(most_s / 2, most_s)
