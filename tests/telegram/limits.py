"""Flood control: how many messages are taken, and who sends although it was told to wait."""

import math
from collections import deque
from dataclasses import dataclass, field

from tests.telegram.things import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How long a call has to wait when it is too much."""

    retry_after_s: int | None = None
    is_early: bool = False  # it came although it had been told to wait


@dataclass(slots=True)
class _Closure:
    told_s: float
    until_s: float


@dataclass(slots=True, eq=False)
class _Bucket:
    """Lets so many through at once, and one more every second."""

    left: float
    at_s: float


@dataclass(slots=True)
class Limits:
    """What Telegram publishes: 1/s in a chat with a burst, 20 a minute in a group, 30/s in all."""

    clock: Clock
    per_group: int = 20
    per_group_window_s: float = 60.0
    chat_burst: int = 5
    per_second: int = 30
    grace_s: float = 0.5  # for a call that was on its way when it was told to wait
    closed: dict[int, _Closure] = field(default_factory=dict)
    _groups: dict[int, deque[float]] = field(default_factory=dict)
    _chats: dict[int, _Bucket] = field(default_factory=dict)
    _all: deque[float] = field(default_factory=deque)

    def take(self, chat_id: int, weight: int, *, arrived_s: float | None = None) -> Verdict:
        """Count messages in their chat and in the whole, or say how long they have to wait."""
        now_s = self.clock.now_s()
        came_s = now_s if arrived_s is None else arrived_s
        closure = self.closed.get(chat_id)
        if closure is not None and now_s < closure.until_s:
            left_s = math.ceil(closure.until_s - now_s)
            return Verdict(retry_after_s=left_s, is_early=came_s - closure.told_s > self.grace_s)
        wait_s = max(
            self._wait_in_group(chat_id, weight, now_s) if chat_id < 0 else 0.0,
            self._wait_in_chat(chat_id, weight, now_s),
            self._wait(self._all, weight, self.per_second, 1.0, now_s),
        )
        if wait_s > 0:
            seconds = max(1, math.ceil(wait_s))
            self.close(chat_id, seconds)
            return Verdict(retry_after_s=seconds)
        self._count(chat_id, weight, now_s)
        return Verdict()

    def close(self, chat_id: int, seconds: float) -> None:
        """Take nothing for a chat for a while."""
        now_s = self.clock.now_s()
        self.closed[chat_id] = _Closure(told_s=now_s, until_s=now_s + seconds)

    def _count(self, chat_id: int, weight: int, now_s: float) -> None:
        self._all.extend([now_s] * weight)
        self._chats[chat_id].left -= weight
        if chat_id < 0:
            self._groups[chat_id].extend([now_s] * weight)

    def _wait_in_group(self, chat_id: int, weight: int, now_s: float) -> float:
        sent = self._groups.setdefault(chat_id, deque())
        return self._wait(sent, weight, self.per_group, self.per_group_window_s, now_s)

    @staticmethod
    def _wait(sent: deque[float], weight: int, most: int, window_s: float, now_s: float) -> float:
        while sent and sent[0] <= now_s - window_s:
            sent.popleft()
        if len(sent) + weight <= most or not sent:
            return 0.0
        return sent[0] + window_s - now_s

    def _wait_in_chat(self, chat_id: int, weight: int, now_s: float) -> float:
        bucket = self._chats.setdefault(chat_id, _Bucket(self.chat_burst, now_s))
        bucket.left = min(self.chat_burst, bucket.left + now_s - bucket.at_s)
        bucket.at_s = now_s
        needed = min(weight, self.chat_burst)  # a large album passes when nothing else was sent
        return max(0.0, needed - bucket.left)
