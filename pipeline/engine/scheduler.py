"""Decides which requests take part in the next tick, and foretells when each will be finished.

Plain Python: no tensors, no clock of its own, no threads; the caller holds the lock. A request
between two steps costs nothing, so nobody owns the device longer than a tick.

Who is first: whoever is overdue, then the operator, then least remaining work, so that a draft
does not wait for 130 steps. Work is counted in seconds of the device; what the person had before
and has waiting in front counts as work too, and every second that another came later counts for
`ageing` seconds. Equal requests therefore run first come, first served.
How many together: as many of the first one's group as were measured to pay.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from pipeline.engine.admission import share
from pipeline.engine.fairness import ANYBODY, OPERATOR, OVERDUE, Accounts, Turns
from pipeline.engine.pace import Pace
from pipeline.engine.request import Group, Request
from pipeline.engine.standing import Cost, Lines, Standing, line_up, rank_of
from pipeline.errors import QueueFull
from pipeline.types import EngineStats, Priority, RenderPhase

_DRAFT_WORK = 0.25  # of a draft's work counts: somebody waits to see whether the idea is good


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a request may expect: `eta_s` is None before anything was measured."""

    place: int  # requests that will finish before it
    eta_s: float | None


class Scheduler:
    """All requests of the engine, in the order of their arrival."""

    def __init__(
        self,
        *,
        max_requests: int,
        max_rows_per_tick: int,
        ageing: float,
        rows_per_tick: int | None = None,
        quantum_s: float = 1.0,
        max_ticks_waiting: int = 1000,
    ) -> None:
        self.pace = Pace()
        self._max_requests, self._ageing = max_requests, ageing
        self.max_rows = min(max_rows_per_tick, rows_per_tick or max_rows_per_tick)
        self._is_fixed = rows_per_tick is not None
        self._max_ticks_waiting = max_ticks_waiting
        self._requests: dict[Request, None] = {}  # an ordered set
        self._accounts, self._turns = Accounts(), Turns(quantum_s=quantum_s)
        self._had_s: dict[Request, float] = {}
        self._last_tick: dict[Request, int] = {}
        self._num_ticks, self._ticks_s = 0, 0.0
        self._weights: object = None  # of the latest tick
        self._limits: dict[Group, int] = {}

    def __len__(self) -> int:
        return len(self._requests)

    def add(self, request: Request) -> None:
        """Take a request in. Raises QueueFull."""
        if len(self._requests) >= self._max_requests:
            raise QueueFull(num_waiting=len(self._requests))
        self._requests[request] = None
        self._had_s[request], self._last_tick[request] = 0.0, self._num_ticks
        self._accounts.enter(_person(request))

    def remove(self, request: Request) -> bool:
        """Let a request go, finished, failed or cancelled; whoever hears True answers for it."""
        if request not in self._requests:
            return False
        del self._requests[request], self._last_tick[request]
        self._accounts.leave(
            _person(request),
            had_s=self._had_s.pop(request),
            is_known=request.person is not None,
        )
        return True

    def remove_all(self) -> tuple[Request, ...]:
        """Let everybody go."""
        everybody = tuple(self._requests)
        for request in everybody:
            self.remove(request)
        return everybody

    def cap_rows(self, num_rows: int) -> None:
        """Let no tick have more rows than the device was prepared for."""
        self.max_rows = min(self.max_rows, num_rows)

    def limit_rows(self, group: Group, *, num_rows: int) -> None:
        """Never again let more rows of a group share a tick: there is no memory for them."""
        self._limits[group] = num_rows

    def pick(self) -> tuple[Request, ...]:
        """Return who takes the next step together; nobody where all steps are taken."""
        lines = line_up(self._standings())
        if not lines:
            return ()
        return tuple(one.request for one in self._share(lines[_choose(lines, self._turns)]))

    def pick_decode(self) -> Request | None:
        """Return the one request that is decoded after this tick."""
        if all(request.steps_left for request in self._requests):
            return None
        drawn = (one for one in self._standings() if one.steps_left == 0)
        first = min(drawn, key=rank_of, default=None)
        return None if first is None else first.request

    def book_tick(self, rows: Mapping[Request, int], *, seconds: float) -> None:
        """Learn from a tick that these requests shared with so many rows, and charge them for it."""
        group, num_rows = next(iter(rows)).group, sum(rows.values())
        self.pace.book_tick(group, num_rows, seconds=seconds)
        self._turns.charge(group, seconds=seconds)
        self._num_ticks += 1
        self._ticks_s += seconds
        self._weights = group.weights
        for request, own in rows.items():
            if request in self._requests:
                self._had_s[request] += seconds * own / num_rows
                self._last_tick[request] = self._num_ticks

    def book_decode(self, request: Request, *, seconds: float) -> None:
        """Learn from a decoding, and charge for it."""
        self.pace.book_decode(request.group, seconds=seconds)
        self._turns.charge(request.group, seconds=seconds)
        if request in self._requests:
            self._had_s[request] += seconds

    def book_switch(self, group: Group, *, seconds: float) -> None:
        """Learn from a switch to the weights of a group, and charge the group for it."""
        self.pace.book_switch(seconds=seconds)
        self._turns.charge(group, seconds=seconds)
        self._turns.allow_for_switch(switch_s=self.pace.switch_s)

    def stats(self) -> EngineStats:
        """Say how many there are and what ticks take."""
        num_waiting = sum(one.phase is RenderPhase.WAITING for one in self._requests)
        return EngineStats(
            num_waiting=num_waiting,
            num_running=len(self._requests) - num_waiting,
            num_ticks=self._num_ticks,
            ticks_s=self._ticks_s,
            tick_s=self.pace.recent_tick_s(),
        )

    def forecast(self) -> dict[Request, Forecast]:
        """Run the rule forward over what was measured, as if nobody else came.

        The order of those who wait stands still meanwhile and whoever runs only gets more urgent,
        so many equal ticks are run at once. The rescue of the overdue is left out.
        """
        standings, turns = self._standings(), self._turns.copy()
        clock_s, finished = 0.0, list[tuple[Request, float]]()

        def finish(one: Standing) -> None:
            nonlocal clock_s
            clock_s += self.pace.decode_s(one.request.group)
            finished.append((one.request, clock_s))

        for one in sorted(standings, key=rank_of):
            if one.steps_left == 0:
                finish(one)
            else:  # what it takes on average over its guided and unguided steps
                one.rows = one.request.rows_left / one.steps_left
        lines = line_up(standings)
        while lines:
            group = _choose(lines, turns)
            batch = self._share(lines[group])
            tick_s = self.pace.tick_s(group, sum(one.rows for one in batch))
            num_ticks = min(one.steps_left for one in batch)
            if len(lines) > 1:
                num_ticks = min(num_ticks, turns.num_ticks(group, tick_s=tick_s))
            turns.charge(group, seconds=num_ticks * tick_s)
            clock_s += num_ticks * tick_s + sum(self._entering_s(one) for one in batch)
            for one in batch:
                one.run(num_ticks)
                if one.steps_left == 0:
                    finish(one)
                    lines[group].remove(one)
            lines[group].sort(key=rank_of)
            if not lines[group]:
                del lines[group]
        scale = self.pace.overhead if self.pace.is_known else None
        return {
            request: Forecast(place=place, eta_s=scale and scale * at_s)
            for place, (request, at_s) in enumerate(finished)
        }

    def _entering_s(self, one: Standing) -> float:
        is_new = one.request.started_s is None and one.steps_left == one.request.steps_left
        return self.pace.enter_s if is_new else 0.0

    def _standings(self) -> list[Standing]:
        """Rank everybody: the requests of a person count one after the other."""
        by_person: dict[Hashable, list[Standing]] = {}
        costs: dict[Group, Cost] = {}
        for number, request in enumerate(self._requests):
            cost = costs.get(request.group)
            if cost is None:
                cost = costs[request.group] = self._cost(request.group)
            counts = _DRAFT_WORK if request.priority is Priority.DRAFT else 1.0
            steps_left, steps_s = request.steps_left, cost.steps_s(request)
            work_s = steps_s + cost.once_s
            own_s = counts * work_s + self._ageing * request.submitted_s
            standing = Standing(
                request=request,
                rank=(self._class(request), own_s, number),
                person=_person(request),
                rows=request.num_rows,
                steps_left=steps_left,
                work_s=work_s,
                step_s=counts * steps_s / steps_left if steps_left else 0.0,
            )
            by_person.setdefault(standing.person, []).append(standing)
        for person, standings in by_person.items():
            ahead_s = self._accounts.had_s(person)
            for one in sorted(standings, key=rank_of):
                class_, own_s, number = one.rank
                if class_ == OVERDUE:
                    one.rank = (class_, self._last_tick[one.request], number)
                else:
                    one.rank = (class_, ahead_s + own_s, number)
                ahead_s += self._had_s[one.request] + one.work_s
        return list(chain.from_iterable(by_person.values()))

    def _class(self, request: Request) -> int:
        if self._num_ticks - self._last_tick[request] >= self._max_ticks_waiting:
            return OVERDUE
        return OPERATOR if request.priority is Priority.OPERATOR else ANYBODY

    def _cost(self, group: Group) -> Cost:
        is_loaded = group.weights == self._weights
        return Cost(
            guided_s=self.pace.tick_s(group, 2),
            unguided_s=self.pace.tick_s(group, 1),
            once_s=self.pace.decode_s(group) + (0.0 if is_loaded else self.pace.switch_s),
        )

    def _share(self, line: Sequence[Standing]) -> list[Standing]:
        group = line[0].request.group
        return share(
            line,
            curve=self.pace.curve(group),
            max_rows=min(self.max_rows, self._limits.get(group, self.max_rows)),
            is_fixed=self._is_fixed,
        )


def _person(request: Request) -> Hashable:
    """Return whose request it is; where nobody says, everybody is somebody else."""
    return request if request.person is None else request.person


def _choose(lines: Lines, turns: Turns) -> Group:
    return turns.choose(
        {group: line[0].rank for group, line in lines.items()},
        num_persons=lambda group: len({one.person for one in lines[group]}),
    )
