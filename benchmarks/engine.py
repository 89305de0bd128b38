"""The engine beside other ways of serving, under the same load, in one run.

    python -m benchmarks.engine [--quick]

1. Correctness first: the engine in company must draw what `pipe()` draws, else there are no figures.
2. Alone: one picture by the engine and by `pipe()`, a step of each in turns.
3. Costs: calls of `pipe()` for 1 to 8 pictures, and ticks of the engine's own loop for 1 to 32 rows,
   both a part at a time in turns.
4. Replayed: seeded traces of Poisson arrivals (which never wait) for every mix and load, played to
   all ways of serving at the measured costs. The engine's loop and scheduler are the real ones; only
   the tensors are left out, so that hundreds of requests for each point take seconds.
5. Drawn: a short trace for real, every tick computed, beside the same trace replayed: how far the
   replay can be believed.

All time is processor time of one thread, and pauses are skipped (`clock.py`), because machines have
other work too. Ratios are taken within one repeat. A small model on a CPU shows order and sharing of
ticks, in a regime bound by overhead and in one bound by arithmetic; it says nothing about SDXL's
seconds. The last line of standard output is one JSON object, with a figure for every claim.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from statistics import fmean
from typing import Any

from benchmarks.claims import claims
from benchmarks.costs import (
    check_equal,
    in_ms,
    measure_alone,
    measure_costs,
    profile_of,
    solo_of,
)
from benchmarks.device import Costs, Device, Real, Replayed, real_device
from benchmarks.figures import figures_of
from benchmarks.policy import Engine, Policy, Sequential, Static, Threads, play
from benchmarks.setting import machine, small_model
from benchmarks.trace import Arrival, Mix, Size, make_trace, mixes
from pipeline.engine.options import ModelOptions
from pipeline.engine.request import Group
from pipeline.types import RenderRequest

Report = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model that is measured, and two sizes for it."""

    name: str
    channels: tuple[int, ...] | None  # of random weights; None is the demonstration model
    sizes: tuple[Size, Size]


SUBJECTS = (
    Subject(name="bound by overhead", channels=(8, 16), sizes=((16, 16), (32, 16))),
    Subject(name="bound by arithmetic", channels=(32, 64), sizes=((64, 64), (96, 64))),
    Subject(name="demonstration model", channels=None, sizes=((64, 64), (96, 64))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    subjects: tuple[Subject, ...] = SUBJECTS
    mixes: tuple[str, ...] = ("equal", "mixed", "long", "two sizes", "one heavy", "cancels")
    loads: tuple[float, ...] = (0.5, 0.8, 0.95, 1.3, inf)  # of what sequential calls just bear
    num_requests: int = 200
    num_repeats: int = 3
    num_rounds: int = 4  # of every timing
    num_turns: int = 12  # of both ways of drawing one picture
    alone_steps: int = 20
    num_drawn: int = 16  # requests of the trace that is really drawn
    drawn_steps: tuple[int, ...] = (4, 8, 30)


QUICK = Plan(
    subjects=SUBJECTS[:2],
    mixes=("equal", "mixed", "one heavy"),
    loads=(0.95, 1.3, inf),
    num_requests=60,
    num_repeats=1,
    num_rounds=2,
    num_turns=4,
    alone_steps=8,
    num_drawn=6,
    drawn_steps=(2, 4),
)


def run(plan: Plan) -> Report:
    """Measure every subject, and draw the conclusions."""
    subjects = {subject.name: _measure(subject, plan) for subject in plan.subjects}
    return {
        "benchmark": "engine",
        "claims": claims(subjects),
        "subjects": subjects,
        "machine": machine(),
    }


def _measure(subject: Subject, plan: Plan) -> Report:
    with ExitStack() as stack:
        options = stack.enter_context(_model(subject))
        real = stack.enter_context(real_device(options))
        _say(f"{subject.name}: correctness")
        check_equal(real, options, sizes=subject.sizes)
        _say(f"{subject.name}: alone")
        alone = measure_alone(
            real,
            options,
            subject.sizes[0],
            num_steps=plan.alone_steps,
            num_turns=plan.num_turns,
        )
        _say(f"{subject.name}: costs")
        chosen = {name: mix for name, mix in mixes(subject.sizes).items() if name in plan.mixes}
        sizes = dict.fromkeys(size for mix in chosen.values() for size in mix.sizes)
        costs = {
            size: measure_costs(real, options, size, num_rounds=plan.num_rounds) for size in sizes
        }
        _say(f"{subject.name}: drawn")
        drawn = _drawn(real, options, costs, plan=plan, size=subject.sizes[0])
    replayed = {}
    for name, mix in chosen.items():
        _say(f"{subject.name}: {name}, replayed")
        replayed[name] = {
            _load_name(load): _replay(mix, load, costs, options, plan=plan, facts=real.model.facts)
            for load in plan.loads
            if load < inf or name == "mixed"  # a crowd of one kind shows no more
        }
    return {
        "alone": alone,
        "costs_ms": {f"{size[0]}x{size[1]}": in_ms(it) for size, it in costs.items()},
        "drawn": drawn,
        "replayed": replayed,
    }


def _model(subject: Subject) -> Any:
    side_px = subject.sizes[0][0]
    if subject.channels is None:
        return small_model(num_threads=1)
    return small_model(num_threads=1, channels=subject.channels, side_px=side_px)


def _policies(
    device: Device, options: ModelOptions, sizes: Iterable[Size], *, are_all: bool, **ours: Any
) -> dict[str, Callable[[], Policy]]:
    """Give the ways of serving that are compared, new for every trace."""
    profiles = {
        Group(width_px=size[0], height_px=size[1]): profile_of(device, size) for size in sizes
    }
    ours |= {"model": options, "profiles": profiles}
    some: dict[str, Callable[[], Policy]] = {
        "sequential": lambda: Sequential(device),
        "static": lambda: Static(device),
        "engine": lambda: Engine(device, **ours),
    }
    more: dict[str, Callable[[], Policy]] = {
        "threads": lambda: Threads(device),
        "first come": lambda: Engine.first_come(device, **ours),
    }
    return some | more if are_all else some


def _replay(
    mix: Mix,
    load: float,
    costs: Mapping[Size, Costs],
    options: ModelOptions,
    *,
    plan: Plan,
    facts: Any,
) -> Report:
    """Play a point of the sweep to all, once for every repeat with another seed."""
    device = Replayed(costs, facts=facts)
    # What news take is in the measured ticks, and here they would cost time and take none.
    policies = _policies(device, options, mix.sizes, are_all=True, progress_interval_s=inf)
    solo_s = solo_of(costs)
    return _compare(
        policies,
        device,
        num_repeats=plan.num_repeats,
        solo_s=solo_s,
        trace_of=lambda seed: make_trace(
            mix, num_requests=plan.num_requests, load=load, solo_s=solo_s, seed=seed
        ),
    )


def _drawn(
    real: Real, options: ModelOptions, costs: Mapping[Size, Costs], *, plan: Plan, size: Size
) -> Report:
    """Draw a short trace for real, and replay it."""
    mix = Mix(steps=plan.drawn_steps, sizes=(size,))
    solo_s = solo_of(costs)
    trace = make_trace(mix, num_requests=plan.num_drawn, load=0.95, solo_s=solo_s, seed=1)
    figures = {
        way: _compare(
            _policies(device, options, (size,), are_all=False),
            device,
            num_repeats=1,
            solo_s=solo_s,
            trace_of=lambda _: trace,
        )
        for way, device in (("drawn", real), ("replayed", Replayed(costs, facts=real.model.facts)))
    }
    drawn, replayed = (
        {name: it["mean_s"] for name, it in figures[way]["figures"].items()} for way in figures
    )
    return figures["drawn"] | {
        "drawn_to_replayed_mean_latency": {
            name: round(drawn[name] / replayed[name], 3) for name in drawn
        }
    }


def _compare(
    policies: Mapping[str, Callable[[], Policy]],
    device: Device,
    *,
    num_repeats: int,
    solo_s: Callable[[RenderRequest], float],
    trace_of: Callable[[int], Sequence[Arrival]],
) -> Report:
    """Play a trace for every repeat to all policies, the order rotated."""
    repeats = []
    for repeat in range(num_repeats):
        trace, names = trace_of(repeat), list(policies)
        order = names[repeat % len(names) :] + names[: repeat % len(names)]
        played = {name: play(trace, policies[name](), device) for name in order}
        repeats.append({name: figures_of(trace, played[name], solo_s=solo_s) for name in names})
    return {
        "figures": {name: _mean([one[name] for one in repeats]) for name in policies},
        "ratios_to_sequential": {
            name: _ratios([one[name] for one in repeats], [one["sequential"] for one in repeats])
            for name in policies
            if name != "sequential"
        },
        "ratios_to_static": {
            "engine": _ratios(
                [one["engine"] for one in repeats], [one["static"] for one in repeats]
            )
        },
    }


def _mean(repeats: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Give the mean of every figure that all repeats have."""
    keys = [key for key in repeats[0] if all(key in one for one in repeats)]
    return {key: round(fmean(one[key] for one in repeats), 4) for key in keys}


def _ratios(
    ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]]
) -> dict[str, list[float]]:
    """Give the ratio of every repeat, sorted, for what is a duration or a rate."""
    keys = ("p50_s", "p95_s", "p99_s", "short_p95_s", "pictures_per_s")
    return {
        key: sorted(
            round(one[key] / other[key], 3) for one, other in zip(ours, theirs, strict=True)
        )
        for key in keys
    }


def _load_name(load: float) -> str:
    return "all at once" if load == inf else f"{load:g}"


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    """Measure, and print lines for people and a line for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less of everything, in a minute")
    arguments = parser.parse_args()
    report = run(QUICK if arguments.quick else Plan())
    for claim in report["claims"]:
        holds = "holds" if claim["holds"] else "DOES NOT HOLD"
        print(f"{holds}: {claim['claim']}: {claim['value']} ({claim['limit']})", file=sys.stderr)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
