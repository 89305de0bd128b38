"""What one picture and one tick cost, and that both ways draw the same: measured, not played.

Both ways do their work a part at a time, in turns, so what disturbs one disturbs the other.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np

from benchmarks.device import Costs, Device, PipeCost, Real, size_of
from benchmarks.policy import Engine, play
from benchmarks.setting import request
from benchmarks.trace import SAMPLER, Arrival, Size
from pipeline.engine.options import ModelOptions
from pipeline.engine.profile import Profile, measure
from pipeline.engine.request import Group
from pipeline.types import RenderRequest

_MAX_LEVELS_APART = 2  # of 255: where two roundings may fall to different sides
_PIPE_BATCHES = (1, 2, 4, 8)
_MORE_ROWS = (32,)  # than those of the calls have
_MAX_ROWS = 32
_LEAST_GAIN = 1.05  # by twice the rows; without it no more are timed
_TIMED_STEPS = 5
_STEPS = slice(1, _TIMED_STEPS - 1)  # the parts that are steps and nothing else
_OVER = object()


def check_equal(real: Real, options: ModelOptions, *, sizes: Iterable[Size]) -> None:
    """Stop unless the engine in company draws the pictures that `pipe()` draws alone."""
    asked = [_ask(number, num_steps=2 + number, size=size) for number, size in enumerate(sizes)]
    asked += [_ask(number, num_steps=number, size=size_of(asked[0])) for number in (3, 5, 8)]
    trace = [Arrival(number=number, at_s=0.0, asked=one) for number, one in enumerate(asked)]
    engine = Engine(real, model=options, profiles={}, rows_per_tick=8)
    play(trace, engine, real)
    for number, one in enumerate(asked):
        ours = np.frombuffer(engine.pictures[number], np.uint8).astype(int)
        theirs = np.frombuffer(real.pictures([one])[0], np.uint8).astype(int)
        apart = int(abs(ours - theirs).max())
        assert apart <= _MAX_LEVELS_APART, f"pictures differ by {apart} levels"


def measure_alone(
    real: Real, options: ModelOptions, size: Size, *, num_steps: int, num_turns: int
) -> dict[str, Any]:
    """Draw one picture both ways at once, a step of each in turns: what disturbs, disturbs both."""
    asked = _ask(0, num_steps=num_steps, size=size)
    profiles = {Group(width_px=size[0], height_px=size[1]): profile_of(real, size)}
    turns_s = []
    for _ in range(num_turns + 1):
        engine = Engine(real, model=options, profiles=profiles)
        engine.submit(Arrival(number=0, at_s=real.clock(), asked=asked))
        parts_s = _in_turns(real, real.stepwise([asked]), _ticks_of(engine))
        turns_s.append([sum(parts) for parts in parts_s])
    ratios = sorted(by_engine / by_pipe for by_pipe, by_engine in turns_s[1:])  # the first warms up
    return {
        "num_steps": num_steps,
        "pipe_s": round(min(by_pipe for by_pipe, _ in turns_s), 4),
        "ratio": round(median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
    }


def measure_costs(real: Real, options: ModelOptions, size: Size, *, num_rounds: int) -> Costs:
    """Time calls, and ticks of as many rows in turns with them.

    Of calls the least of the rounds counts: whatever else the machine does only adds time, even
    processor time, for caches are shared. A tick is counted by its ratio to the call's step beside it.
    """
    pipe_s: dict[int, list[list[float]]] = {count: [] for count in _PIPE_BATCHES}
    tick_s: dict[int, list[list[float]]] = {}
    for _ in range(num_rounds):
        for count in _PIPE_BATCHES:
            batch = [_ask(seed, num_steps=_TIMED_STEPS, size=size) for seed in range(count)]
            ticks = _ticks(real, options, batch)
            of_pipe, of_loop = _in_turns(real, real.stepwise(batch), ticks)
            pipe_s[count].append(of_pipe)
            tick_s.setdefault(2 * count, []).append(of_loop)
        for rows, batch in _more_batches(size):
            (of_loop,) = _in_turns(real, _ticks(real, options, batch))
            tick_s.setdefault(rows, []).append(of_loop)
            if rows > 1 and _gain(tick_s, rows) < _LEAST_GAIN:
                break
    calls = {count: _split(parts_s) for count, parts_s in pipe_s.items()}
    loops = {rows: _split(parts_s) for rows, parts_s in sorted(tick_s.items())}
    step_s = {rows: step_s for rows, (_, step_s, _) in loops.items()}
    for count, (_, call_step_s, _) in calls.items():
        step_s[2 * count] = call_step_s * _ratio(tick_s[2 * count], pipe_s[count])
    return Costs(
        pipe={
            count: PipeCost(once_s=first_s + last_s, step_s=step_s)
            for count, (first_s, step_s, last_s) in calls.items()
        },
        tick_s=step_s,
        enter_s=loops[2][0],
        decode_s=loops[2][2],
    )


def _more_batches(size: Size) -> Iterator[tuple[int, list[RenderRequest]]]:
    """Give the rows that no call is compared with: one without guidance, and more than calls have."""
    yield 1, [_ask(0, num_steps=_TIMED_STEPS, size=size, guidance_scale=1.0)]
    for rows in _MORE_ROWS:
        yield rows, [_ask(seed, num_steps=_TIMED_STEPS, size=size) for seed in range(rows // 2)]


def _ratio(ours: Sequence[Sequence[float]], theirs: Sequence[Sequence[float]]) -> float:
    """Return the median ratio of the steps that were done beside each other."""
    return median(
        own_s / other_s
        for own, other in zip(ours, theirs, strict=True)
        for own_s, other_s in zip(own[_STEPS], other[_STEPS], strict=True)
    )


def _gain(tick_s: Mapping[int, Sequence[Sequence[float]]], rows: int) -> float:
    """Return by what factor more rows are done per second than with half of them."""
    half_s, all_s = (_split(tick_s[num])[1] for num in (rows // 2, rows))
    return 2 * half_s / all_s


def _split(rounds: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """Give what the first part takes more than a step, a step, and what the last takes more.

    A pipeline's last part is no step, a tick's is one: with what is left over it is the decoding.
    """
    step_s = min(min(parts[_STEPS]) for parts in rounds)
    first_s = min(parts[0] for parts in rounds) - step_s
    is_own_part = len(rounds[0]) > _TIMED_STEPS
    last_s = min(parts[-1] for parts in rounds) - (0.0 if is_own_part else step_s)
    return max(0.0, first_s), step_s, max(0.0, last_s)


def _in_turns(device: Device, *ways: Iterator[None]) -> list[list[float]]:
    """Do pieces of work a part of each at a time; return the seconds of their parts."""
    parts_s: list[list[float]] = [[] for _ in ways]
    left = list(zip(ways, parts_s, strict=True))
    while left:
        for work, taken_s in tuple(left):
            began_s = device.clock()
            is_over = next(work, _OVER) is _OVER
            taken_s.append(device.clock() - began_s)
            if is_over:
                left.remove((work, taken_s))
        left.reverse()  # neither is always the one after the other
    return parts_s


def _ticks(real: Real, options: ModelOptions, batch: Sequence[RenderRequest]) -> Iterator[None]:
    """Turn the engine's loop for requests that all share their ticks, down to the first decoding."""
    engine = Engine(real, model=options, profiles={}, rows_per_tick=2 * len(batch))
    for number, asked in enumerate(batch):
        engine.submit(Arrival(number=number, at_s=real.clock(), asked=asked))
    for _ in range((batch[0].num_steps or 1) - 1):
        engine.work()
        yield
    engine.work()


def _ticks_of(engine: Engine) -> Iterator[None]:
    """Turn the engine's loop until nobody is left."""
    engine.work()
    while engine.next_s() is not None:
        yield
        engine.work()


def profile_of(device: Device, size: Size) -> Profile:
    """Make the engine's own start-up measurement."""
    group = Group(width_px=size[0], height_px=size[1])
    return measure(device.model, group, max_rows=_MAX_ROWS, clock=device.clock)


def solo_of(costs: Mapping[Size, Costs]) -> Callable[[RenderRequest], float]:
    """Give what a request takes alone, by `pipe()`."""
    return lambda asked: costs[size_of(asked)].pipe[1].of(asked.num_steps or 0)


def in_ms(costs: Costs) -> dict[str, Any]:
    """Write costs as the report has them."""

    def ms(seconds: float) -> float:
        return round(1000 * seconds, 2)

    return {
        "pipe_step": {count: ms(cost.step_s) for count, cost in costs.pipe.items()},
        "pipe_once": {count: ms(cost.once_s) for count, cost in costs.pipe.items()},
        "tick": {rows: ms(seconds) for rows, seconds in costs.tick_s.items()},
        "enter": ms(costs.enter_s),
        "decode": ms(costs.decode_s),
    }


def _ask(seed: int, *, num_steps: int, size: Size, **wishes: Any) -> RenderRequest:
    return request(
        seed, num_steps=num_steps, width_px=size[0], height_px=size[1], sampler=SAMPLER, **wishes
    )
