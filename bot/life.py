"""How a process does and how it ends: the event loop's lag, what ends it at once, and how long an end takes."""

import asyncio
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import structlog

from bot.locks import Lock

log = structlog.get_logger()

NAME_LOST = 75  # EX_TEMPFAIL: whoever starts it again may have more luck
_LOCK_INTERVAL_S = 5.0


class Lag:
    """How late the event loop calls what is due: what a person waits before anything is done."""

    def __init__(
        self,
        *,
        interval_s: float = 0.1,
        num_kept: int = 600,  # a minute
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval_s, self._clock, self._sleep = interval_s, clock, sleep
        self._lags_s: deque[float] = deque(maxlen=num_kept)

    async def watch(self) -> None:
        """Measure until cancelled."""
        while True:
            due_s = self._clock() + self._interval_s
            await self._sleep(self._interval_s)
            self._lags_s.append(max(0.0, self._clock() - due_s))

    def p99_s(self) -> float:
        """Return what 99 of 100 of the latest calls were not later than; 0.0 of none. Any thread."""
        lags_s = sorted(self._lags_s.copy())
        return lags_s[len(lags_s) * 99 // 100] if lags_s else 0.0


async def leave_when_lost(
    locks: Sequence[Lock],
    *,
    leave: Callable[[int], object] = os._exit,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """End the process at once when another one has a name of this one; runs until cancelled.

    The other one has taken up what this one was doing: nothing may be finished here any more.
    """
    while True:
        await sleep(_LOCK_INTERVAL_S)
        for lock in locks:
            if await asyncio.to_thread(lock.is_lost):
                log.critical("another process has this name", name=lock.name)
                leave(NAME_LOST)


def leave_by(
    limit_s: float, *, code: int, leave: Callable[[int], object] = os._exit
) -> threading.Timer:
    """End the process with an exit code when it still lives after `limit_s`.

    What was accepted is written down, so an end that hangs loses nothing by being cut off. Give
    back the timer, which `cancel()` stops.
    """

    def _leave() -> None:
        names = [thread.name for thread in threading.enumerate()]
        log.error("the end takes too long", limit_s=limit_s, code=code, threads=names)
        with suppress(OSError, ValueError):  # a closed pipe
            sys.stderr.flush()
        leave(code)

    timer = threading.Timer(limit_s, _leave)
    timer.name, timer.daemon = "leave by", True
    timer.start()
    return timer
