"""The watch over the engine's thread: a call that does not come back ends the process.

A device that hangs cannot be freed from inside. The process ends with exit code 70, whoever
supervises it starts it anew, and durable jobs are taken up again. Runs on a small thread of its own;
a call that holds Python's lock for ever starves it, so a supervisor should look at the process too.
Does not know what the calls do.
"""

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Self

import structlog

log = structlog.get_logger(__name__)

EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h
_LOOK_INTERVAL_S = 1.0
_FIRST_LIMIT_S = 900.0  # of a call of a kind that was never seen: it may compile, or be on a CPU
_LEAST_LIMIT_S = 60.0
_FACTOR = 10.0  # a later call may take so many times the longest so far


def die(reason: str) -> None:
    """End the process at once, without the clean-up that would hang as well."""
    log.critical("the engine ends the process", reason=reason, exit_code=EXIT_CODE)
    faulthandler.dump_traceback(all_threads=True)  # says where it hangs
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(EXIT_CODE)


class Watch:
    """Expects every call to end in time. One thread calls `over`; the watch's own one looks."""

    def __init__(
        self,
        *,
        on_hang: Callable[[str], None] = die,
        clock: Callable[[], float] = time.monotonic,
        interval_s: float = _LOOK_INTERVAL_S,
    ) -> None:
        self._on_hang, self._clock, self._interval_s = on_hang, clock, interval_s
        self._longest_s: dict[Hashable, float] = {}
        self._running: tuple[str, float] | None = None  # what, and until when; swapped as a whole
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._look_on, name="watch", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_closed.set()
        self._thread.join()

    @contextmanager
    def over(self, what: str, *, like: Hashable = None) -> Iterator[None]:
        """Expect what happens inside to end in time; calls that are alike take about as long."""
        kind, began_s = (what, like), self._clock()
        self._running = what, began_s + self.limit_s(what, like=like)
        try:
            yield
        finally:
            self._running = None
        taken_s = self._clock() - began_s
        self._longest_s[kind] = max(taken_s, self._longest_s.get(kind, 0.0))

    def limit_s(self, what: str, *, like: Hashable = None) -> float:
        """Return how long such a call may take."""
        longest_s = self._longest_s.get((what, like))
        if longest_s is None:
            return _FIRST_LIMIT_S
        return max(_LEAST_LIMIT_S, _FACTOR * longest_s)

    def look(self) -> None:
        """Give up if what runs now is late."""
        if (running := self._running) and self._clock() > running[1]:
            self._running = None  # once is enough
            self._on_hang(f"{running[0]} does not end")

    def _look_on(self) -> None:
        while not self._is_closed.wait(self._interval_s):
            self.look()
