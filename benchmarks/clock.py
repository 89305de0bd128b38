"""Time without waiting: what was really computed counts by its processor time, pauses are skipped.

On a machine that others use too, the wall clock measures the others. A policy with nothing to do
jumps to the next arrival, and work moves the clock by the processor time that this process took.
"""

import time
from collections.abc import Callable


class Clock:
    """A clock that runs with the work, or, given a source that stands still, only when it is told."""

    def __init__(self, source: Callable[[], float] = time.process_time) -> None:
        self._source = source
        self._zero_s = source()

    def __call__(self) -> float:
        """Tell the seconds since the start."""
        return self._source() - self._zero_s

    def advance(self, seconds: float) -> None:
        """Let time pass without work."""
        self._zero_s -= seconds

    def jump_to(self, at_s: float) -> None:
        """Skip a pause; what is past is past."""
        self.advance(max(0.0, at_s - self()))


def standing_still() -> float:
    """Be the source of a clock that moves only when it is told."""
    return 0.0
