"""What a caller holds of a submitted request: its news, its outcome, and the way to cancel it.

Lives in the event loop only; the engine's thread never touches it.
"""

import asyncio
from collections.abc import AsyncIterator, Callable

from pipeline.errors import PipelineError
from pipeline.types import Rendered, RenderProgress


class Ticket:
    """One submitted request. Any number of readers may wait on it, and stop waiting."""

    def __init__(self, progress: RenderProgress, *, on_cancel: Callable[[], None]) -> None:
        self._latest = progress
        self._news = asyncio.Event()  # set once, then replaced: every waiter sees its own
        self._outcome: asyncio.Future[Rendered] = asyncio.get_running_loop().create_future()
        self._outcome.add_done_callback(lambda outcome: outcome.exception())  # may go unread
        self._on_cancel = on_cancel

    async def progress(self) -> AsyncIterator[RenderProgress]:
        """Give the news as it comes until there is an outcome; a slow reader gets the latest only."""
        seen = None
        while True:
            if seen is not self._latest:
                seen = self._latest
                yield seen
            elif self._outcome.done():
                return
            else:
                await self._news.wait()

    async def result(self) -> Rendered:
        """Wait for the picture. Raises the PipelineError that came instead.

        Cancelling the waiting task ends the waiting, not the request.
        """
        return await asyncio.shield(self._outcome)

    def cancel(self) -> None:
        """Withdraw the request: its rows are free at the next tick, `result` raises Cancelled."""
        if not self._outcome.done():
            self._on_cancel()

    def tell(self, progress: RenderProgress) -> None:
        """Take news from the engine."""
        self._latest = progress
        self._wake()

    def settle(self, outcome: Rendered | PipelineError) -> None:
        """Take the outcome from the engine, once."""
        if isinstance(outcome, Rendered):
            self._outcome.set_result(outcome)
        else:
            self._outcome.set_exception(outcome)
        self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
