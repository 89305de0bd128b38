"""One more try for a service that is busy or was cut off: after a short pause, or the one it asks for.

Everything else that a service can say is not cured by saying the same again. Event loop only.
"""

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import stamina

from pipeline.errors import Failure, StageFailed

T = TypeVar("T")

_MIN_PAUSE_S, _MAX_PAUSE_S = 0.3, 0.6
_MAX_ASKED_PAUSE_S = 2.0  # a longer one leaves no time for an answer in any stage


async def with_one_retry(ask: Callable[[], Awaitable[T]]) -> T:
    """Ask, and ask once more when that may help. Raises what the last try raised."""
    async for attempt in stamina.retry_context(on=_pause_s, attempts=2, timeout=None):
        with attempt:
            return await ask()
    raise AssertionError("the last try returns or raises")


def _pause_s(error: Exception) -> bool | float:
    """Say how long to wait before the retry; False where there is none."""
    if not isinstance(error, StageFailed):
        return False
    if error.failure not in {Failure.BUSY, Failure.UNREACHABLE}:
        return False
    if error.retry_after_s is None:
        return random.uniform(_MIN_PAUSE_S, _MAX_PAUSE_S)
    return error.retry_after_s <= _MAX_ASKED_PAUSE_S and error.retry_after_s
