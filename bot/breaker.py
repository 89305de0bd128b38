"""What keeps a worker from dying for ever: after too many deaths it waits before it draws again.

Every process that starts is a probe: where it dies too, the next one waits as well. Jobs that kill
are put aside one by one (`worker.py`); this is for machines that kill whatever they draw.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.store import Store

log = structlog.get_logger()

_WITHIN_S = 600.0
_COOL_DOWN_S = 60.0


async def cool_down(
    store: Store,
    *,
    max_deaths: int,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> None:
    """Wait a minute where more than `max_deaths` workers died with a job in hand in ten minutes."""
    num_deaths = await store.deaths_since(clock() - _WITHIN_S)
    if num_deaths <= max_deaths:
        return
    log.error("workers die too often", num_deaths=num_deaths, wait_s=_COOL_DOWN_S)
    await sleep(_COOL_DOWN_S)
    log.warning("drawing is tried again")
