"""Which answer of a platform is tried next, and when.

The oldest goes first. After a failure one answer asks whether the platform is there, each time another
one, and the rest waits for what becomes of it: so an outage is no storm, and an answer that fails
alone does not hold up the others. What a platform asked for is obeyed to the second; all else is
full jitter. Knows neither ports nor jobs; one event loop only.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

_BASE_S = 1.0
_CAP_S = 60.0


@dataclass(slots=True, kw_only=True, eq=False)
class Waiting:
    """One answer that has not arrived, and how often it was tried."""

    job_id: str
    accepted_s: float
    since_s: float  # on the outbox's clock
    done: asyncio.Future[None]
    num_tries: int = 0
    num_failures: int = 0  # while the platform did well by others
    not_before_s: float = 0.0


class Outbox:
    """What waits for one platform; several senders may take from it."""

    def __init__(self, *, clock: Callable[[], float], jitter: Callable[[float], float]) -> None:
        self._clock, self._jitter = clock, jitter
        self.changed = asyncio.Event()
        self._waiting: list[Waiting] = []
        self._num_failures = 0  # since the last answer that got through
        self._not_before_s = 0.0
        self._asked_until_s = (
            0.0  # the platform's own words, which no success of another call undoes
        )

    def put(self, waiting: Waiting) -> None:
        """Let an answer wait for its turn."""
        self._waiting.append(waiting)
        self.changed.set()

    def drop(self, waiting: Waiting) -> None:
        """Forget an answer that nobody waits for any more."""
        if waiting in self._waiting:
            self._waiting.remove(waiting)

    def take(self) -> Waiting | None:
        """Give the answer that is tried now; None while there is none."""
        now_s = self._clock()
        if max(self._not_before_s, self._asked_until_s) > now_s:
            return None
        due = [one for one in self._waiting if one.not_before_s <= now_s]
        if not due:
            return None
        if self._num_failures:
            taken = min(due, key=lambda one: (one.num_tries, one.accepted_s))
            self._not_before_s = now_s + _CAP_S  # or until it is known what became of it
        else:
            taken = min(due, key=lambda one: one.accepted_s)
        taken.num_tries += 1
        self._waiting.remove(taken)
        return taken

    def wait_s(self) -> float | None:
        """Say after how long another one can be taken; None while nothing waits."""
        if not self._waiting:
            return None
        due_s = min(one.not_before_s for one in self._waiting)
        return max(due_s, self._not_before_s, self._asked_until_s) - self._clock()

    def answered(self) -> None:
        """Note that the platform did what was asked, or said why not: it is there."""
        self._num_failures, self._not_before_s = 0, 0.0
        self.changed.set()

    def undecided(self) -> None:
        """Note that a try told nothing about the platform: somebody else may ask now."""
        self._not_before_s = 0.0
        self.changed.set()

    def failed(self, waiting: Waiting, *, asked_s: float | None) -> None:
        """Note that the platform did not do what was asked, and wants to be left alone so long."""
        now_s = self._clock()
        if asked_s is not None:
            self._asked_until_s = max(self._asked_until_s, now_s + asked_s)
        if not self._num_failures:
            self.put_off(waiting)
        waiting.not_before_s = max(waiting.not_before_s, now_s + (asked_s or 0.0))
        self._num_failures += 1
        self._not_before_s = now_s + (asked_s or 0.0) + self._pause_s(self._num_failures)
        self.changed.set()

    def put_off(self, waiting: Waiting) -> None:
        """Let one answer wait the longer the more often it failed alone."""
        waiting.num_failures += 1
        waiting.not_before_s = self._clock() + self._pause_s(waiting.num_failures)

    def _pause_s(self, num_failures: int) -> float:
        return self._jitter(min(_CAP_S, _BASE_S * 2 ** min(num_failures - 1, 10)))
