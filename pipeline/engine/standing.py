"""Where a request stands among the others, for one decision. Plain Python; knows no rule."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from pipeline.engine.fairness import Rank
from pipeline.engine.request import Group, Request


@dataclass(slots=True, kw_only=True, eq=False)
class Standing:
    """A request as it stands among the others for one decision."""

    request: Request
    rank: Rank
    person: Hashable
    rows: float
    steps_left: int
    work_s: float  # that remains
    step_s: float  # that every step takes off its rank

    def run(self, num_steps: int) -> None:
        """Take steps in thought."""
        self.steps_left -= num_steps
        class_, seconds, number = self.rank
        self.rank = (class_, seconds - num_steps * self.step_s, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a request of a group takes alone."""

    guided_s: float  # a step with two rows
    unguided_s: float
    once_s: float  # decoding, and a switch of weights where other ones are loaded

    def steps_s(self, request: Request) -> float:
        """Return the seconds of the steps that remain of a request."""
        num_steps = request.steps_left
        num_guided = request.rows_left - num_steps
        return num_guided * self.guided_s + (num_steps - num_guided) * self.unguided_s


# The standings of every group that waits for a tick, the first in front.
Lines = dict[Group, list[Standing]]


def rank_of(one: Standing) -> Rank:
    """Give what orders requests."""
    return one.rank


def line_up(standings: Iterable[Standing]) -> Lines:
    """Sort those who have steps to take into the lines of their groups."""
    lines: Lines = {}
    for one in sorted(standings, key=rank_of):
        if one.steps_left:
            lines.setdefault(one.request.group, []).append(one)
    return lines
