"""The ways of serving that are compared, each a queue and a next piece of work, and how they are played.

All run on one thread in the clock's time, so that none gains or loses by the machine's other work.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any, Protocol

from benchmarks.device import Device
from benchmarks.trace import Arrival
from pipeline.engine.loop import Loop, Outcome
from pipeline.engine.options import EngineOptions, ModelOptions
from pipeline.engine.profile import Profile
from pipeline.engine.request import Group, Request, settle
from pipeline.engine.scheduler import Scheduler
from pipeline.engine.watch import Watch
from pipeline.types import Rendered

_NUM_THREADS = 4
_MAX_BATCH, _WINDOW_S = 8, 0.1
_FIRST_COME = 1e9  # ageing that leaves nothing but the order of arrival


class Policy(Protocol):
    """A way of serving."""

    finished: list[int]  # numbers of arrivals whose picture is there; the player empties it

    def submit(self, arrival: Arrival) -> None:
        """Take a request in."""
        ...

    def cancel(self, number: int) -> None:
        """Let a request go as soon as this way of serving can."""
        ...

    def next_s(self) -> float | None:
        """Return when there is something to do; None while nobody waits."""
        ...

    def work(self) -> None:
        """Do the next piece of work."""
        ...


class Sequential:
    """What people write first: one whole picture after another."""

    def __init__(self, device: Device) -> None:
        self._device, self._queue = device, deque[Arrival]()
        self.finished: list[int] = []

    def submit(self, arrival: Arrival) -> None:
        """Wait in line."""
        self._queue.append(arrival)

    def cancel(self, number: int) -> None:
        """Leave the line; a call that runs cannot be stopped."""
        self._queue = deque(one for one in self._queue if one.number != number)

    def next_s(self) -> float | None:
        """Work while somebody waits."""
        return 0.0 if self._queue else None

    def work(self) -> None:
        """Draw a whole picture."""
        arrival = self._queue.popleft()
        self._device.draw([arrival.asked])
        self.finished.append(arrival.number)


class Threads:
    """Calls side by side, each with a sampler of its own: they take the device in turns."""

    def __init__(self, device: Device) -> None:
        self._device, self._queue = device, deque[Arrival]()
        self._running: deque[tuple[Arrival, Iterator[None]]] = deque()
        self.finished: list[int] = []

    def submit(self, arrival: Arrival) -> None:
        """Wait for a thread."""
        self._queue.append(arrival)

    def cancel(self, number: int) -> None:
        """Leave the line; a call that runs cannot be stopped."""
        self._queue = deque(one for one in self._queue if one.number != number)

    def next_s(self) -> float | None:
        """Work while anybody waits or is drawn."""
        return 0.0 if self._queue or self._running else None

    def work(self) -> None:
        """Take one step of the thread whose turn it is."""
        while self._queue and len(self._running) < _NUM_THREADS:
            arrival = self._queue.popleft()
            self._running.append((arrival, self._device.stepwise([arrival.asked])))
        arrival, steps = self._running.popleft()
        try:
            next(steps)
        except StopIteration:
            self.finished.append(arrival.number)
        else:
            self._running.append((arrival, steps))


class Static:
    """Whole requests of equal steps and size in one call, gathered in a window."""

    def __init__(self, device: Device) -> None:
        self._device, self._queue = device, deque[tuple[float, Arrival]]()
        self.finished: list[int] = []

    def submit(self, arrival: Arrival) -> None:
        """Wait for others."""
        self._queue.append((self._device.clock(), arrival))

    def cancel(self, number: int) -> None:
        """Leave the line; a call that runs cannot be stopped."""
        self._queue = deque(it for it in self._queue if it[1].number != number)

    def next_s(self) -> float | None:
        """Work once the batch is full or the window of the first in line is over."""
        if not self._queue:
            return None
        is_full = len(self._batch()) == _MAX_BATCH
        return 0.0 if is_full else self._queue[0][0] + _WINDOW_S

    def work(self) -> None:
        """Draw a whole batch."""
        batch = self._batch()
        self._queue = deque(it for it in self._queue if it[1] not in batch)
        self._device.draw([arrival.asked for arrival in batch])
        self.finished += [arrival.number for arrival in batch]

    def _batch(self) -> list[Arrival]:
        """Return the first in line and those that fit it."""
        first = self._queue[0][1]
        same = [one for _, one in self._queue if one.cost_class == first.cost_class]
        return same[:_MAX_BATCH]


class Engine:
    """Our engine: its real loop and scheduler, without the thread."""

    def __init__(
        self,
        device: Device,
        *,
        model: ModelOptions,
        profiles: dict[Group, Profile],
        **options: Any,
    ) -> None:
        self._device = device
        self._options = EngineOptions(
            model=model,
            max_requests=100_000,
            preview_steps=1000,  # the others show none
            **options,
        )
        self._scheduler = Scheduler(
            max_requests=self._options.max_requests,
            max_rows_per_tick=self._options.max_rows_per_tick,
            rows_per_tick=self._options.rows_per_tick,
            ageing=self._options.ageing,
            quantum_s=self._options.quantum_s,
            max_ticks_waiting=self._options.max_ticks_waiting,
        )
        for group, profile in profiles.items():
            self._scheduler.pace.learn(group, tick_s=profile.tick_s, decode_s=profile.decode_s)
        self._loop = Loop(
            device.model,
            self._scheduler,
            options=self._options,
            lock=nullcontext(),
            clock=device.clock,
            settle=self._settle,
            tell=lambda _: None,
            watch=Watch(),  # nobody looks: time does not pass here as it does on the wall
        )
        self._numbers: dict[Request, int] = {}
        self.finished: list[int] = []
        self.pictures: dict[int, bytes] = {}
        self.etas_s: dict[int, float] = {}  # promised when a request came, from then on

    @classmethod
    def first_come(cls, device: Device, **options: Any) -> "Engine":
        """Make an engine that joins at every tick but takes nobody's place."""
        return cls(device, ageing=_FIRST_COME, **options)

    def submit(self, arrival: Arrival) -> None:
        """Queue it, and note what is promised."""
        asked = arrival.asked
        request = Request(
            prompt=asked.prompt,
            settings=settle(asked, facts=self._device.model.facts),
            submitted_s=arrival.at_s,
            person=asked.person,
            priority=asked.priority,
        )
        self._numbers[request] = arrival.number
        self._scheduler.add(request)
        forecast = self._scheduler.forecast()[request]
        if forecast.eta_s is not None:
            self.etas_s[arrival.number] = self._device.clock() + forecast.eta_s - arrival.at_s

    def cancel(self, number: int) -> None:
        """Leave before the next tick."""
        for request, its_number in self._numbers.items():
            if its_number == number:
                self._scheduler.remove(request)
                assert request not in self._scheduler.pick()

    def _settle(self, request: Request, outcome: Outcome) -> None:
        assert isinstance(outcome, Rendered), outcome
        self.finished.append(self._numbers[request])
        self.pictures[self._numbers[request]] = outcome.pixels.rgb

    def next_s(self) -> float | None:
        """Work while anybody is here."""
        return 0.0 if len(self._scheduler) else None

    def work(self) -> None:
        """Take one tick."""
        self._loop.tick()


@dataclass(slots=True, kw_only=True)
class Played:
    """What became of a trace, by the numbers of the arrivals."""

    latency_s: dict[int, float] = field(default_factory=dict)
    etas_s: dict[int, float] = field(default_factory=dict)
    # How long the device still worked for those who had left.
    wasted_s: list[float] = field(default_factory=list)
    total_s: float = 0.0


def play(trace: Sequence[Arrival], policy: Policy, device: Device) -> Played:
    """Let the requests come and go at their times, whatever became of those before them."""
    played, clock = Played(), device.clock
    began_s = clock()
    cancel_s = {one.number: began_s + one.cancel_s for one in trace if one.cancel_s is not None}
    at_s = {one.number: began_s + one.at_s for one in trace}
    events = [(at_s[one.number], one, True) for one in trace]
    events += [(cancel_s[one.number], one, False) for one in trace if one.number in cancel_s]
    pending = deque(sorted(events, key=lambda event: event[0]))
    while True:
        while pending and pending[0][0] <= clock():
            _, arrival, is_coming = pending.popleft()
            if is_coming:
                policy.submit(replace(arrival, at_s=at_s[arrival.number]))
            elif arrival.number not in played.latency_s:
                policy.cancel(arrival.number)
        due_s = policy.next_s()
        if due_s is not None and due_s <= clock():
            policy.work()
            for number in policy.finished:
                if cancel_s.get(number, inf) <= clock():
                    played.wasted_s.append(clock() - cancel_s[number])
                else:
                    played.latency_s[number] = clock() - at_s[number]
            policy.finished.clear()
        elif due_s is None and not pending:
            break
        else:
            next_s = pending[0][0] if pending else inf
            clock.jump_to(min(next_s, inf if due_s is None else due_s))
    played.total_s = clock() - began_s
    if isinstance(policy, Engine):
        played.etas_s = policy.etas_s
    return played
