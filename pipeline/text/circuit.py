"""Leaves a provider alone that keeps failing, and tries it again later.

Ready-made breakers were looked at: they open after a number of failures only, read the wall clock, and
let everybody through at once when a rest is over. Event loop only; the clock is passed in.
"""

from collections.abc import Callable
from dataclasses import dataclass

from pipeline.errors import Failure

FOR_THE_OPERATOR = frozenset({Failure.DENIED, Failure.QUOTA})
"""What no waiting cures: the circuit opens at once."""

_NOT_ITS_FAULT = frozenset({Failure.BLOCKED, Failure.CROWDED, Failure.UNFIT, Failure.SPENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How much is borne, and how long a rest lasts."""

    max_failures: int = 5  # in a row
    rest_s: float = 30.0
    long_rest_s: float = 600.0  # after a failure that the operator must mend


class Circuit:
    """Whether one provider is asked. After a rest a single trial call decides."""

    def __init__(self, patience: Patience, *, clock: Callable[[], float]) -> None:
        self._patience, self._clock = patience, clock
        self._num_failures = 0
        self._rests_until_s: float | None = None
        self._is_on_trial = False
        self.cause: Failure | None = None  # why it rests

    @property
    def is_resting(self) -> bool:
        """Whether it is left alone now."""
        if self._rests_until_s is None:
            return False
        return self._is_on_trial or self._clock() < self._rests_until_s

    def admit(self) -> bool:
        """Let a call through, or not; whoever is let through says how it ended."""
        if self.is_resting:
            return False
        self._is_on_trial = self._rests_until_s is not None
        return True

    def succeed(self) -> None:
        """Book an answer."""
        self._num_failures, self._rests_until_s, self.cause = 0, None, None
        self._is_on_trial = False

    def fail(self, failure: Failure) -> bool:
        """Book a failure; True when the operator must hear of it, which happens once until a success."""
        if failure in _NOT_ITS_FAULT:
            self.abandon()
            return False
        was, self.cause = self.cause, failure
        self._num_failures += 1
        is_grave = failure in FOR_THE_OPERATOR
        if is_grave or self._is_on_trial or self._num_failures >= self._patience.max_failures:
            rest_s = self._patience.long_rest_s if is_grave else self._patience.rest_s
            self._rests_until_s = self._clock() + rest_s
        self._is_on_trial = False
        return is_grave and was is not failure

    def abandon(self) -> None:
        """Book a call that ended without saying anything about the provider, such as a cancelled one."""
        self._is_on_trial = False
