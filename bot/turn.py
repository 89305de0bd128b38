"""Who draws: many at once, or one alone, or nobody any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pipeline import ShuttingDown


class Turn:
    """Lets many draw at once or one alone, until it is closed. Lives in one event loop."""

    def __init__(self) -> None:
        self._changed = asyncio.Condition()
        self._num_drawing = 0
        self._num_alone = 0  # who draw alone, or wait for it
        self.is_closed = False  # nobody may begin any more

    async def close(self) -> None:
        """Let nobody begin any more, and wait until nobody draws."""
        async with self._changed:
            self.is_closed = True
            self._changed.notify_all()
            await self._changed.wait_for(lambda: not self._num_drawing)

    @asynccontextmanager
    async def take(self, *, is_alone: bool) -> AsyncIterator[None]:
        """Draw beside others, or wait until nobody draws and keep everybody out.

        Raises ShuttingDown where it is closed before one's turn has come.
        """
        self._num_alone += is_alone
        try:
            async with self._changed:
                await self._changed.wait_for(
                    lambda: (
                        self.is_closed or not (self._num_drawing if is_alone else self._num_alone)
                    )
                )
            if self.is_closed:
                raise ShuttingDown
            self._num_drawing += 1
            try:
                yield
            finally:
                self._num_drawing -= 1
        finally:  # counted first: a cancellation may come while the others are told
            self._num_alone -= is_alone
            async with self._changed:
                self._changed.notify_all()
