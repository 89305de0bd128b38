"""Shares of the device: what every person had of it, and whose turn it is among the groups.

Plain Python: no tensors, no clock; all amounts are seconds of the device.
"""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping

from pipeline.engine.request import Group

_NOTHING_S = 1e-9  # what is left of a quantum by rounding
_QUANTUM_PER_SWITCH = 10  # so that switching takes at most a tenth of the time

# What orders requests, smallest first: its class, its seconds, its number.
Rank = tuple[int, float, int]
OVERDUE, OPERATOR, ANYBODY = 0, 1, 2


class Accounts:
    """Start-time fair queueing: what a person had beyond the least of those who are here counts.

    Whoever comes starts where the least served of those present is, so nobody saves up a share
    while away, and nobody escapes what was had by leaving for a moment.
    Source: Goyal, Vin, Cheng, "Start-time fair queueing", 1997.
    """

    def __init__(self) -> None:
        self._had_s: dict[Hashable, float] = {}
        self._num_inside: Counter[Hashable] = Counter()

    def enter(self, person: Hashable) -> None:
        """Count one more request of a person."""
        if not self._num_inside[person]:
            least_s = self._least_s()
            # Forget those who left and have nothing that counts against them any more.
            self._had_s = {
                other: had_s
                for other, had_s in self._had_s.items()
                if self._num_inside[other] or (self._num_inside.total() and had_s > least_s)
            }
            self._had_s[person] = max(self._had_s.get(person, 0.0), least_s)
        self._num_inside[person] += 1

    def leave(self, person: Hashable, *, had_s: float, is_known: bool) -> None:
        """Count one request less, that had so much of the device; a stranger does not come back."""
        self._had_s[person] += had_s
        self._num_inside[person] -= 1
        if not self._num_inside[person]:
            del self._num_inside[person]
            if not is_known:
                del self._had_s[person]

    def had_s(self, person: Hashable) -> float:
        """Return what the finished requests of a person who is here had."""
        return self._had_s[person]

    def _least_s(self) -> float:
        return min((self._had_s[person] for person in self._num_inside), default=0.0)


class Turns:
    """Deficit round robin: in a round every group that waits gets a quantum for each of its persons.

    Within a round the most urgent is served first, so a draft of another size need not wait for a
    turn; but a group that has used its quantum waits until the others had theirs.
    Source: Shreedhar, Varghese, "Efficient fair queuing using deficit round robin", 1996.
    """

    def __init__(self, *, quantum_s: float, left_s: Mapping[Group, float] | None = None) -> None:
        self._quantum_s = quantum_s
        self._left_s = dict(left_s or {})

    def copy(self) -> "Turns":
        """Return turns that can be taken without consequences."""
        return Turns(quantum_s=self._quantum_s, left_s=self._left_s)

    def choose(self, heads: Mapping[Group, Rank], *, num_persons: Callable[[Group], int]) -> Group:
        """Return the group that is served; `heads` are the ranks of the first in each."""
        for group in heads:
            if group not in self._left_s:
                self._left_s[group] = self._quantum_s * num_persons(group)
        first = min(heads, key=heads.__getitem__)
        if heads[first][0] < ANYBODY:
            return first
        solvent = [group for group in heads if self._left_s[group] > _NOTHING_S]
        if not solvent:
            quanta = {group: self._quantum_s * num_persons(group) for group in heads}
            num_rounds = min(
                math.floor((_NOTHING_S - self._left_s[one]) / quanta[one]) + 1 for one in heads
            )
            self._left_s = {one: self._left_s[one] + num_rounds * quanta[one] for one in heads}
            solvent = [group for group in heads if self._left_s[group] > _NOTHING_S]
        return min(solvent, key=heads.__getitem__)

    def charge(self, group: Group, *, seconds: float) -> None:
        """Take what a group used from its quantum."""
        if group in self._left_s:
            self._left_s[group] -= seconds

    def num_ticks(self, group: Group, *, tick_s: float) -> int:
        """Return how many ticks a group may have before others can get their turn."""
        return max(1, math.ceil((self._left_s.get(group, self._quantum_s) - _NOTHING_S) / tick_s))

    def allow_for_switch(self, *, switch_s: float) -> None:
        """Make the quantum large beside the price of a switch of weights."""
        self._quantum_s = max(self._quantum_s, _QUANTUM_PER_SWITCH * switch_s)
