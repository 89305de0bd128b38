"""The engine's benchmarks run, check themselves, and end in one JSON object."""

import json
from dataclasses import replace
from math import inf

import pytest

from benchmarks import event_loop_lag
from benchmarks.claims import claims
from benchmarks.clock import Clock, standing_still
from benchmarks.device import Costs, PipeCost, Replayed
from benchmarks.engine import QUICK, SUBJECTS, run
from benchmarks.figures import equal_share_latencies, figures_of, jain
from benchmarks.policy import Engine, Played, Policy, Sequential, Static, Threads, play
from benchmarks.setting import percentile, request, small_model
from benchmarks.trace import Arrival, Mix, make_trace
from pipeline.engine.options import DEMO
from pipeline.engine.profile import Profile
from pipeline.engine.request import Group
from pipeline.types import ModelFacts, Quality, RenderRequest, SamplerName

TINY = (8, 16)
SIZE = (16, 16)
MIX = Mix(steps=(2, 6), sizes=(SIZE,))
FACTS = ModelFacts(
    name="replayed",
    width_px=16,
    height_px=16,
    min_side_px=8,
    max_side_px=64,
    max_area_px=64 * 64,
    side_multiple_px=4,
    steps=dict.fromkeys(Quality, 4),
    guidance_scale=4.0,
    sampler=SamplerName.EULER,
    display_px=16,
)
COSTS = Costs(
    pipe={1: PipeCost(once_s=0.0, step_s=1.0), 2: PipeCost(once_s=0.0, step_s=2.0)},
    tick_s={2: 1.0, 4: 2.0},
    enter_s=0.0,
    decode_s=0.0,
)


def arrival(
    number: int,
    *,
    at_s: float,
    num_steps: int,
    person: str | None = None,
    cancel_s: float | None = None,
) -> Arrival:
    """A request of the replayed size."""
    asked = request(number, num_steps=num_steps, width_px=16, height_px=16, person=person)
    return Arrival(number=number, at_s=at_s, asked=asked, cancel_s=cancel_s)


def solo_s(asked: RenderRequest) -> float:
    """A second for every step."""
    return float(asked.num_steps or 0)


def engine(device: Replayed) -> Engine:
    """Our engine on a replayed device, that it has measured."""
    profile = Profile(tick_s=COSTS.tick_s, decode_s=COSTS.decode_s)
    profiles = {Group(width_px=SIZE[0], height_px=SIZE[1]): profile}
    return Engine(device, model=DEMO, profiles=profiles, progress_interval_s=inf)


def test_a_trace_is_its_seed() -> None:
    """All policies are played the same arrivals, in order, each kind as often as the other."""
    first, again = (
        make_trace(MIX, num_requests=6, load=0.9, solo_s=solo_s, seed=1) for _ in range(2)
    )

    assert first == again
    assert [2, 2, 2, 6, 6, 6] == sorted(one.asked.num_steps or 0 for one in first)
    assert sorted(one.at_s for one in first) == [one.at_s for one in first]


def test_an_infinite_load_lets_all_come_at_once() -> None:
    """Nobody comes later than the first."""
    trace = make_trace(MIX, num_requests=6, load=inf, solo_s=solo_s, seed=1)

    assert {0.0} == {one.at_s for one in trace}


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 3), (0.95, 4), (1.0, 4)])
def test_a_percentile_is_one_of_the_values(share: float, expected: int) -> None:
    """No value is invented between two measured ones."""
    assert expected == percentile([4, 2, 1, 3], share)


def test_a_clock_that_stands_still_moves_when_it_is_told() -> None:
    """Work advances it, a pause is skipped, and what is past stays past."""
    clock = Clock(standing_still)
    clock.advance(2.0)
    clock.jump_to(1.0)
    assert 2.0 == clock()

    clock.jump_to(5.0)

    assert 5.0 == clock()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (Sequential, {0: 6.0, 1: 7.0}),
        (Threads, {0: 8.0, 1: 5.0}),  # they take their steps, and their decoding, in turns
        (engine, {0: 8.0, 1: 2.0}),  # the short one takes the next ticks
    ],
    ids=["sequential", "threads", "engine"],
)
def test_policies_differ_in_who_waits(
    policy: type[Sequential | Threads], expected: dict[int, float]
) -> None:
    """A request of two steps comes a second after one of six, at a second for each step."""
    device = Replayed({SIZE: COSTS}, facts=FACTS)
    trace = [arrival(0, at_s=0.0, num_steps=6), arrival(1, at_s=1.0, num_steps=2)]

    assert expected == play(trace, policy(device), device).latency_s


def test_static_batches_wait_for_their_window() -> None:
    """Two of the same kind that come within a tenth of a second are drawn in one call."""
    device = Replayed({SIZE: COSTS}, facts=FACTS)
    trace = [arrival(0, at_s=0.0, num_steps=2), arrival(1, at_s=0.05, num_steps=2)]

    played = play(trace, Static(device), device)

    assert {0: 4.1, 1: 4.05} == pytest.approx(played.latency_s)


@pytest.mark.parametrize(
    ("policy", "wasted_s"), [(Sequential, [5.0]), (engine, [])], ids=["sequential", "engine"]
)
def test_a_cancel_frees_the_engine_at_once(policy: type[Sequential], wasted_s: list[float]) -> None:
    """A call goes on for nobody; the engine takes no further tick for who left."""
    device = Replayed({SIZE: COSTS}, facts=FACTS)
    serving: Policy = policy(device)

    played = play([arrival(0, at_s=0.0, num_steps=6, cancel_s=1.0)], serving, device)

    assert {} == played.latency_s
    assert wasted_s == played.wasted_s


def test_the_ideal_device_is_shared_by_persons() -> None:
    """One with two requests gets no more at a time than one with a single one."""
    trace = [
        arrival(0, at_s=0.0, num_steps=2, person="two"),
        arrival(1, at_s=0.0, num_steps=2, person="two"),
        arrival(2, at_s=0.0, num_steps=3, person="one"),
    ]

    # At 4 s the first is done, at 6 s the single one, then the second has the device for itself.
    assert {0: 4.0, 2: 6.0, 1: 7.0} == equal_share_latencies(trace, solo_s=solo_s)


@pytest.mark.parametrize(
    ("values", "expected"), [([2, 2, 2], 1.0), ([1, 0, 0, 0], 0.25)], ids=["equal", "one has all"]
)
def test_jains_index(values: list[float], expected: float) -> None:
    """It is 1 where all have the same and 1/n where one has all."""
    assert expected == jain(values)


def test_figures_tell_how_far_promises_were_off() -> None:
    """The median of what each ETA was off, as a share of what it really took."""
    trace = [arrival(number, at_s=0.0, num_steps=2) for number in range(3)]
    played = Played(
        latency_s={0: 2.0, 1: 4.0, 2: 8.0}, etas_s={0: 2.0, 1: 3.0, 2: 4.0}, total_s=8.0
    )

    figures = figures_of(trace, played, solo_s=solo_s)

    assert 0.25 == figures["eta_error"]
    assert (4.0, 3 / 8) == (figures["p50_s"], figures["pictures_per_s"])


def test_the_whole_comparison_runs() -> None:
    """At tiny size: the pictures are equal, every claim has its figure, and all of it is JSON."""
    subject = replace(SUBJECTS[0], name="bound by arithmetic")
    plan = replace(
        QUICK,
        subjects=(subject,),
        num_requests=12,
        num_rounds=1,
        num_turns=1,
        alone_steps=3,
        num_drawn=3,
        drawn_steps=(2, 3),
    )

    report = json.loads(json.dumps(run(plan)))

    judged = report["claims"]
    assert judged == json.loads(json.dumps(claims(report["subjects"])))
    assert {"claim", "subject", "limit", "value", "holds"} == set(judged[0])
    assert 8 == len(judged)
    assert all(one["value"] > 0 for one in judged if "ETA" not in one["claim"])
    points = report["subjects"]["bound by arithmetic"]["replayed"]["mixed"]
    assert {"0.95", "1.3", "all at once"} == set(points)
    figures = points["0.95"]["figures"]
    assert {"sequential", "threads", "static", "first come", "engine"} == set(figures)
    assert {12.0} == {one["num_finished"] for one in figures.values()}


async def test_the_lag_is_measured_idle_and_drawing() -> None:
    """Both states have their percentiles, and pictures were drawn in the second."""
    with small_model(num_threads=1, channels=TINY) as model:
        figures = await event_loop_lag.measure(model, seconds=1.0)

    assert figures["num_pictures"] > 0
    assert figures["drawing_ms"]["p99"] >= figures["drawing_ms"]["p50"]
    assert json.loads(json.dumps(figures))["idle_ms"]["max"] >= 0
