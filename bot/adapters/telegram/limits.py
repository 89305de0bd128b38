"""How much is sent: never more than Telegram takes, in a chat, in a group and in all.

A message counts from before its call until so long after it, so that no window of Telegram's own,
whatever the network does, holds more than it allows. Who waits is served by urgency, then in order;
a chat that has to wait holds up no other. What Telegram asked for is obeyed to the second.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import IntEnum

CHAT_BURST, CHAT_S_EACH = 4, 1.0
GROUP_MOST, GROUP_S = 20, 60.0
ALL_MOST, ALL_S = 28, 1.0
_MAX_CHATS = 5_000


class Urgency(IntEnum):
    """Who goes first."""

    ENDING = 0
    ANSWER = 1
    PROGRESS = 2  # only where it need not wait, and never the last of what a group may have


class Busy(Exception):
    """There is no room now, nor soon enough."""

    def __init__(self, *, wait_s: float) -> None:
        super().__init__(f"{wait_s:.1f} s")
        self.wait_s = wait_s


@dataclass(slots=True, eq=False)
class _Window:
    """So many at once, each for as long as it counts."""

    most: int
    period_s: float
    spared: int = 0  # that progress leaves to others
    num_open: int = 0  # calls that are under way
    ends: list[float] = field(default_factory=list)

    def wait_s(self, weight: int, now_s: float, *, is_progress: bool) -> float | None:
        """Say for how long there is no room; None until a call that is under way ends."""
        self.ends = [end for end in self.ends if end > now_s]
        most = self.most - (self.spared if is_progress else 0)
        over = self.num_open + len(self.ends) + min(weight, self.most) - most
        if over <= 0:
            return 0.0
        return sorted(self.ends)[over - 1] - now_s if over <= len(self.ends) else None

    def close(self, weight: int, until_s: float) -> None:
        self.num_open -= weight
        self.ends += [until_s] * weight


@dataclass(slots=True, eq=False)
class _Waiter:
    chat_id: int
    weight: int
    rank: tuple[int, int]
    admitted: asyncio.Future[None]


class Limits:
    """Spaces what is sent; lives as long as the adapter, in one event loop."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._all = _Window(ALL_MOST, ALL_S)
        self._chats: dict[int, tuple[_Window, ...]] = {}
        self._closed_until_s: dict[int, float] = {}
        self._waiting: list[_Waiter] = []
        self._num_waiters = 0
        self._alarm: asyncio.TimerHandle | None = None

    def close_chat(self, chat_id: int, seconds: float) -> None:
        """Send nothing there for a while, because Telegram said so."""
        until_s = self._clock() + seconds
        self._closed_until_s[chat_id] = max(until_s, self._closed_until_s.get(chat_id, 0.0))

    @asynccontextmanager
    async def turn(
        self, chat_id: int, urgency: Urgency, *, weight: int = 1, patience_s: float = 60.0
    ) -> AsyncIterator[None]:
        """Wait until so many messages may be sent, and count what is done inside. Raises Busy."""
        windows = self._windows(chat_id)
        await self._admitted(chat_id, urgency, weight, patience_s)
        try:
            yield
        finally:
            now_s = self._clock()
            for window in windows:
                each_s = CHAT_S_EACH * weight if window.most == CHAT_BURST else 0.0
                window.close(weight, now_s + max(window.period_s, each_s))
            self._admit()

    async def _admitted(
        self, chat_id: int, urgency: Urgency, weight: int, patience_s: float
    ) -> None:
        is_progress = urgency is Urgency.PROGRESS
        is_first = not any(one.chat_id == chat_id for one in self._waiting)
        if is_first and self._wait_s(chat_id, weight, is_progress=is_progress) == 0:
            self._open(chat_id, weight)
            return
        if is_progress:
            raise Busy(wait_s=1.0)
        self._num_waiters += 1
        waiter = _Waiter(
            chat_id=chat_id,
            weight=weight,
            rank=(urgency, self._num_waiters),
            admitted=asyncio.get_running_loop().create_future(),
        )
        self._waiting.append(waiter)
        self._waiting.sort(key=lambda one: one.rank)
        self._admit()
        try:
            async with asyncio.timeout(patience_s):
                await asyncio.shield(waiter.admitted)
        except BaseException as error:
            self._leave(waiter)
            if isinstance(error, TimeoutError):
                left_s = self._wait_s(chat_id, weight, is_progress=False)
                raise Busy(wait_s=1.0 if left_s is None else max(1.0, left_s)) from error
            raise

    def _leave(self, waiter: _Waiter) -> None:
        """Take back what somebody waited for who is gone."""
        if waiter in self._waiting:
            self._waiting.remove(waiter)
            waiter.admitted.cancel()
        else:  # admitted at the same moment; nothing is sent
            for window in self._windows(waiter.chat_id):
                window.num_open -= waiter.weight
        self._admit()

    def _admit(self) -> None:
        """Let in whoever has room, the most urgent first, and look again when the next may have."""
        soonest_s: float | None = None
        held_up: set[int] = set()
        for waiter in tuple(self._waiting):
            if waiter.chat_id in held_up:
                continue
            wait_s = self._wait_s(waiter.chat_id, waiter.weight, is_progress=False)
            if wait_s == 0:
                self._waiting.remove(waiter)
                self._open(waiter.chat_id, waiter.weight)
                waiter.admitted.set_result(None)
                continue
            held_up.add(waiter.chat_id)
            if wait_s is not None:
                soonest_s = wait_s if soonest_s is None else min(soonest_s, wait_s)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if soonest_s is not None:
            self._alarm = asyncio.get_running_loop().call_later(soonest_s + 0.001, self._admit)

    def _wait_s(self, chat_id: int, weight: int, *, is_progress: bool) -> float | None:
        now_s = self._clock()
        waits = [
            window.wait_s(weight, now_s, is_progress=is_progress)
            for window in self._windows(chat_id)
        ]
        closed_s = self._closed_until_s.get(chat_id, 0.0) - now_s
        if closed_s > 0:
            waits.append(closed_s)
        known = [wait for wait in waits if wait is not None]
        return None if len(known) < len(waits) else max(known)

    def _open(self, chat_id: int, weight: int) -> None:
        for window in self._windows(chat_id):
            window.num_open += weight

    def _windows(self, chat_id: int) -> Iterable[_Window]:
        if chat_id not in self._chats:
            if len(self._chats) >= _MAX_CHATS:
                self._forget_idle()
            group = (_Window(GROUP_MOST, GROUP_S, spared=10),) if chat_id < 0 else ()
            chat = _Window(CHAT_BURST, CHAT_BURST * CHAT_S_EACH, spared=1)
            self._chats[chat_id] = (self._all, chat, *group)
        return self._chats[chat_id]

    def _forget_idle(self) -> None:
        now_s = self._clock()
        waited_for = {one.chat_id for one in self._waiting}
        self._chats = {
            chat_id: windows
            for chat_id, windows in self._chats.items()
            if chat_id in waited_for
            or any(one.num_open or max(one.ends, default=0.0) > now_s for one in windows[1:])
        }
        closed = self._closed_until_s.items()
        self._closed_until_s = {chat_id: until for chat_id, until in closed if until > now_s}
