"""Clocks that a test moves by hand."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any


class ManualClock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now_s

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds


class ManualTime(ManualClock):
    """A clock for those who wait on it: they wake when a test lets their time come."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = asyncio.Condition()
        self._ends_s: list[float | None] = []  # of all who wait; None: for an event alone

    async def wait_for(self, what: Coroutine[Any, Any, object], limit_s: float | None) -> object:
        """Wait for something; raises TimeoutError once so much time was let pass."""
        end_s = None if limit_s is None else self.now_s + limit_s
        event = asyncio.ensure_future(what)
        time_up = asyncio.ensure_future(self._until(end_s))
        self._ends_s.append(end_s)
        try:
            async with self._changed:
                self._changed.notify_all()
            await asyncio.wait((event, time_up), return_when=asyncio.FIRST_COMPLETED)
            if not event.done():
                raise TimeoutError
            return event.result()
        finally:
            self._ends_s.remove(end_s)
            event.cancel()
            time_up.cancel()
            await asyncio.gather(event, time_up, return_exceptions=True)

    async def pass_to_next(self, *, num_waiting: int) -> None:
        """Let so many people wait, then let the time of the first of them come."""
        async with self._changed:
            await self._changed.wait_for(
                lambda: (
                    len(self._ends_s) == num_waiting and any(s is not None for s in self._ends_s)
                )
            )
            self.now_s = max(self.now_s, min(s for s in self._ends_s if s is not None))
            self._changed.notify_all()

    async def _until(self, end_s: float | None) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: end_s is not None and self.now_s >= end_s)


class ManualCalendar:
    """A time of day that stands still until a test sets another."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now
