"""How often one message is edited: never twice within an interval, and always to the newest state.

An edit that waits is given up when a newer one comes, so the last one is late by one interval at most.
The interval runs from the end of one edit to the beginning of the next, whatever the network does.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_MAX_REMEMBERED = 2_000


@dataclass(slots=True)
class _Message:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    num_edits: int = 0  # that were asked for
    free_at_s: float = 0.0


class Pace:
    """Spaces the edits of every message; lives as long as the adapter."""

    def __init__(
        self,
        interval_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval_s, self._clock, self._sleep = interval_s, clock, sleep
        self._messages: OrderedDict[int, _Message] = OrderedDict()

    @asynccontextmanager
    async def turn(self, message_id: int) -> AsyncIterator[bool]:
        """Wait until a message may be edited; False where a newer edit took this one's place."""
        message = self._message(message_id)
        message.num_edits += 1
        number = message.num_edits
        async with message.lock:
            while message.num_edits == number and message.free_at_s > self._clock():
                await self._sleep(message.free_at_s - self._clock())
            if message.num_edits != number:
                yield False
                return
            try:
                yield True
            finally:
                message.free_at_s = self._clock() + self._interval_s

    def edited(self, message_id: int) -> None:
        """Note an edit that took no turn."""
        self._message(message_id).free_at_s = self._clock() + self._interval_s

    def _message(self, message_id: int) -> _Message:
        message = self._messages.setdefault(message_id, _Message())
        self._messages.move_to_end(message_id)
        if len(self._messages) > _MAX_REMEMBERED:
            self._forget_old()
        return message

    def _forget_old(self) -> None:
        now_s = self._clock()
        for message_id, message in tuple(self._messages.items())[: _MAX_REMEMBERED // 2]:
            if not message.lock.locked() and message.free_at_s <= now_s:
                del self._messages[message_id]
