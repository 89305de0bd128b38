"""Who takes part in the next tick: rules on plain values, in virtual time."""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from pipeline.engine.request import Group, Request, settle
from pipeline.engine.scheduler import Scheduler
from pipeline.errors import QueueFull
from pipeline.types import (
    ModelFacts,
    PreparedPrompt,
    Priority,
    Quality,
    RenderPhase,
    RenderRequest,
    SamplerName,
)

MAX_ROWS = 4
BOUND = 5  # ticks, in the test of any order
NO_WORDS = PreparedPrompt(prompt=(), prompt_2=(), negative_prompt=())
FACTS = ModelFacts(
    name="none",
    width_px=64,
    height_px=64,
    min_side_px=32,
    max_side_px=2048,
    max_area_px=2048 * 2048,
    side_multiple_px=8,
    steps=dict.fromkeys(Quality, 10),
    guidance_scale=5.0,
    sampler=SamplerName.EULER,
    display_px=64,
    loras=("ink",),
)
SMALL = Group(width_px=64, height_px=64)


def make_scheduler(**changes: Any) -> Scheduler:
    """A scheduler with room for two guided requests in a tick."""
    values: dict[str, Any] = {"max_requests": 8, "max_rows_per_tick": MAX_ROWS, "ageing": 0.05}
    return Scheduler(**(values | changes))


def make_request(
    num_steps: int = 10,
    *,
    side_px: int = 64,
    guidance: float = 5.0,
    at_s: float = 0.0,
    person: str | None = None,
    priority: Priority = Priority.NORMAL,
    **wishes: Any,
) -> Request:
    """A request that only the scheduler will see."""
    asked = RenderRequest(
        prompt=NO_WORDS,
        seed=0,
        width_px=side_px,
        height_px=side_px,
        num_steps=num_steps,
        guidance_scale=guidance,
        **wishes,
    )
    return Request(
        prompt=NO_WORDS,
        settings=settle(asked, facts=FACTS),
        submitted_s=at_s,
        person=person,
        priority=priority,
    )


def take_step(scheduler: Scheduler, *, seconds: float) -> tuple[Request, ...]:
    """Let a tick pass that takes so long; return who took part."""
    picked = scheduler.pick()
    if rows := {one: one.num_rows for one in picked}:
        for one in picked:
            one.index += 1
        scheduler.book_tick(rows, seconds=seconds)
    return picked


def measured(scheduler: Scheduler, tick_s: dict[int, float], *, side_px: int = 64) -> Scheduler:
    """Give a scheduler its start-up measurement."""
    group = Group(width_px=side_px, height_px=side_px)
    scheduler.pace.learn(group, tick_s=tick_s, decode_s=0.0)
    return scheduler


def add_all(scheduler: Scheduler, *requests: Request) -> None:
    """Let several arrive, in this order."""
    for request in requests:
        scheduler.add(request)


def test_nobody_is_picked_of_nobody() -> None:
    """An empty scheduler picks nothing, decodes nothing, forecasts nothing."""
    scheduler = make_scheduler()

    assert () == scheduler.pick()
    assert scheduler.pick_decode() is None
    assert {} == scheduler.forecast()


def test_the_least_remaining_work_runs_first() -> None:
    """A draft that arrives during a long picture takes the next tick."""
    scheduler = make_scheduler(max_rows_per_tick=2)
    long, draft = make_request(130), make_request(4, at_s=1.0)
    add_all(scheduler, long, draft)

    assert (draft,) == scheduler.pick()


def test_equal_requests_run_in_the_order_of_arrival() -> None:
    """Equal work and equal waiting leave the first come first."""
    scheduler = make_scheduler()
    requests = [make_request() for _ in range(3)]
    add_all(scheduler, *requests)

    assert tuple(requests[:2]) == scheduler.pick()


def test_only_one_size_takes_part_in_a_tick() -> None:
    """Whoever has another size than the first waits, though there are rows."""
    scheduler = make_scheduler()
    first, other, same = make_request(2), make_request(3, side_px=128), make_request(4)
    add_all(scheduler, first, other, same)

    assert (first, same) == scheduler.pick()


def test_a_request_without_guidance_takes_one_row() -> None:
    """Four rows hold two guided requests, or four unguided ones."""
    scheduler = make_scheduler()
    add_all(scheduler, *(make_request(guidance=1.0) for _ in range(5)))

    assert MAX_ROWS == len(scheduler.pick())


def test_a_request_with_more_rows_than_a_tick_runs_alone() -> None:
    """A limit of one row does not lock out guidance."""
    scheduler = make_scheduler(max_rows_per_tick=1)
    request = make_request()
    scheduler.add(request)

    assert (request,) == scheduler.pick()


@pytest.mark.parametrize("suspect_steps", [1, 20], ids=["suspect first", "suspect last"])
def test_a_suspect_shares_no_tick(suspect_steps: int) -> None:
    """Whoever was in a failed tick neither joins nor is joined."""
    scheduler = make_scheduler()
    suspect, other = make_request(suspect_steps), make_request(10)
    suspect.is_suspect = True
    add_all(scheduler, suspect, other)

    assert 1 == len(scheduler.pick())


def test_one_picture_is_decoded_per_tick() -> None:
    """Of two that took all steps the one that waited longer is decoded, and neither takes a step."""
    scheduler = make_scheduler()
    later, earlier = make_request(at_s=2.0), make_request(at_s=1.0)
    add_all(scheduler, later, earlier)
    later.index = earlier.index = 10

    assert earlier is scheduler.pick_decode()
    assert () == scheduler.pick()


def test_the_forecast_runs_ticks_forward() -> None:
    """Two share their ticks, the third follows: 3 shared ticks, 2 more of the second, then 9."""
    scheduler = make_scheduler()
    short, middle, long = make_request(3), make_request(5), make_request(9)
    add_all(scheduler, long, middle, short)
    measured(scheduler, {2: 1.0, 4: 1.5})

    forecasts = scheduler.forecast()

    assert [0, 1, 2] == [forecasts[one].place for one in (short, middle, long)]
    etas = [forecasts[one].eta_s for one in (short, middle, long)]
    assert [4.5, 7.5, 14.5] == pytest.approx(etas)  # the long one joins for two ticks: 7 are left


def test_nothing_is_promised_before_a_measurement() -> None:
    """Without a measured tick the place is known and the time is not."""
    scheduler = make_scheduler()
    request = make_request()
    scheduler.add(request)

    forecast = scheduler.forecast()[request]

    assert (0, None) == (forecast.place, forecast.eta_s)


@given(
    steps=st.lists(
        st.tuples(st.integers(1, 60), st.sampled_from([64, 128])), min_size=1, max_size=8
    ),
    fixed_s=st.floats(min_value=0.0, max_value=0.2),
)
@settings(deadline=None, max_examples=30)
def test_the_forecast_comes_true_where_nobody_comes(
    steps: list[tuple[int, int]], fixed_s: float
) -> None:
    """Ticks that take what was measured end everybody in the foretold order, at the foretold time."""
    scheduler = make_scheduler(max_rows_per_tick=8)
    costs = {
        side_px: {2: fixed_s + side_px / 640, 4: fixed_s + side_px / 320} for side_px in (64, 128)
    }
    for side_px, tick_s in costs.items():
        measured(scheduler, tick_s, side_px=side_px)
    requests = [make_request(num, side_px=side_px) for num, side_px in steps]
    add_all(scheduler, *requests)
    foretold = scheduler.forecast()

    now_s, ended = 0.0, list[tuple[Request, float]]()
    while picked := scheduler.pick():
        seconds = scheduler.pace.tick_s(picked[0].group, sum(one.num_rows for one in picked))
        take_step(scheduler, seconds=seconds)
        now_s += seconds
        while drawn := scheduler.pick_decode():
            scheduler.remove(drawn)
            ended.append((drawn, now_s))

    assert [foretold[one].eta_s for one, _ in ended] == pytest.approx([at_s for _, at_s in ended])
    assert list(range(len(ended))) == [foretold[one].place for one, _ in ended]


@pytest.mark.parametrize(
    ("gain", "num_known", "num_sharing"),
    [(1.3, 2, 2), (1.1, 3, 1), (1.1, 4, 2), (1.02, 4, 1)],
    ids=["pays at once", "pays in a crowd: none", "pays in a crowd", "never pays"],
)
def test_another_joins_where_it_was_measured_to_pay(
    gain: float, num_known: int, num_sharing: int
) -> None:
    """Much gain lets a second request join at once, little gain only where four are known."""
    scheduler = measured(make_scheduler(), {2: 1.0, 4: 2.0 / gain})
    add_all(scheduler, *(make_request() for _ in range(num_known)))

    assert num_sharing == len(scheduler.pick())


@pytest.mark.parametrize(("full_s", "num_sharing"), [(1.8, 16), (3.6, 8)], ids=["cheap", "dear"])
def test_where_many_share_one_more_needs_to_gain_less(full_s: float, num_sharing: int) -> None:
    """The ninth of a tick cannot gain a fifth; where twenty wait, a little that is free is enough."""
    scheduler = measured(
        make_scheduler(max_requests=20, max_rows_per_tick=32), {2: 0.5, 16: 1.5, 32: full_s}
    )
    add_all(scheduler, *(make_request() for _ in range(20)))

    assert num_sharing == len(scheduler.pick())


def test_a_fixed_number_of_rows_overrides_the_measurement() -> None:
    """What the operator says holds, though it does not pay."""
    scheduler = measured(make_scheduler(max_rows_per_tick=8, rows_per_tick=6), {2: 1.0, 4: 2.0})
    add_all(scheduler, *(make_request() for _ in range(5)))

    assert 3 == len(scheduler.pick())


def test_rows_that_once_had_no_memory_never_share_again() -> None:
    """A limit of one group holds for it alone."""
    scheduler = make_scheduler(rows_per_tick=4)
    scheduler.limit_rows(SMALL, num_rows=2)
    add_all(scheduler, make_request(), make_request())

    assert 1 == len(scheduler.pick())


def test_a_slower_tick_lets_fewer_join() -> None:
    """The measurement of the start is corrected by what ticks really take."""
    scheduler = measured(make_scheduler(), {2: 1.0, 4: 1.3})
    add_all(scheduler, make_request(150), make_request(150))
    assert 2 == len(scheduler.pick())

    for _ in range(20):
        picked = scheduler.pick()
        take_step(scheduler, seconds=float(len(picked)))

    assert 1 == len(scheduler.pick())


@pytest.mark.parametrize(
    ("first", "second"),
    [(Priority.OPERATOR, Priority.DRAFT), (Priority.DRAFT, Priority.NORMAL)],
    ids=str,
)
def test_priorities_decide_between_equals(first: Priority, second: Priority) -> None:
    """The operator is before a draft, a draft before a picture of as many steps."""
    scheduler = make_scheduler(max_rows_per_tick=2)
    late, soon = make_request(priority=second), make_request(priority=first)
    add_all(scheduler, late, soon)

    assert (soon,) == scheduler.pick()


def test_an_operator_is_served_before_less_work() -> None:
    """The operator's long picture goes before anybody's draft."""
    scheduler = make_scheduler(max_rows_per_tick=2)
    draft = make_request(4, priority=Priority.DRAFT)
    operator = make_request(130, priority=Priority.OPERATOR)
    add_all(scheduler, draft, operator)

    assert (operator,) == scheduler.pick()


def finishing_order(scheduler: Scheduler, *, tick_s: float = 0.1) -> list[Request]:
    """Run until nobody is left; return who was finished when."""
    ended = []
    while len(scheduler):
        take_step(scheduler, seconds=tick_s)
        while drawn := scheduler.pick_decode():
            scheduler.remove(drawn)
            ended.append(drawn)
    return ended


def test_many_short_requests_of_one_person_do_not_win() -> None:
    """Somebody else's longer picture comes after a few of them, not after all."""
    scheduler = make_scheduler(max_requests=99, max_rows_per_tick=2)
    many = [make_request(4, person="heavy") for _ in range(20)]
    picture = make_request(30, person="light")
    add_all(scheduler, *many, picture)

    assert 7 == finishing_order(scheduler).index(picture)  # 7 of 4 steps are less work than 30


def test_two_who_always_want_more_get_equal_shares() -> None:
    """Of persons who always have something waiting none gets more of the device, whatever they want."""
    scheduler = make_scheduler(max_requests=99, max_rows_per_tick=2)
    wants, num_ticks = {"short": 3, "long": 40}, Counter[str | None]()
    add_all(scheduler, *(make_request(num, person=person) for person, num in wants.items()))
    for _ in range(1200):
        (one,) = take_step(scheduler, seconds=0.1)
        num_ticks[one.person] += 1
        if drawn := scheduler.pick_decode():
            scheduler.add(make_request(wants[str(drawn.person)], person=drawn.person))
            scheduler.remove(drawn)

    assert 600 == pytest.approx(num_ticks["short"], rel=0.1)


def test_whoever_was_away_has_saved_nothing() -> None:
    """A newcomer stands where the least served of those present is: equal work goes by arrival."""
    scheduler = make_scheduler(max_rows_per_tick=2)
    first, second = make_request(person="there"), make_request(person="there", at_s=1.0)
    add_all(scheduler, first, second)
    for _ in range(10):
        take_step(scheduler, seconds=1.0)
    scheduler.remove(first)

    scheduler.add(make_request(10, person="new", at_s=20.0))

    assert (second,) == scheduler.pick()


def test_the_overdue_take_a_step_whatever_else_waits() -> None:
    """Without ageing and under endless drafts, a long picture still goes on by the hard bound."""
    scheduler = make_scheduler(ageing=0.0, max_rows_per_tick=2, max_ticks_waiting=10)
    long = make_request(50)
    scheduler.add(long)
    for _ in range(110):
        if len(scheduler) < 3:
            scheduler.add(make_request(2))
        take_step(scheduler, seconds=0.1)
        if drawn := scheduler.pick_decode():
            scheduler.remove(drawn)

    assert 10 == pytest.approx(long.index, abs=1)


def test_sizes_get_equal_seconds_of_the_device() -> None:
    """A tick of the larger size costs four times as much, so it gets a quarter of the ticks."""
    scheduler = make_scheduler(max_requests=99, rows_per_tick=2, ageing=0.0)
    add_all(scheduler, *(make_request(150, side_px=64) for _ in range(9)))
    add_all(scheduler, *(make_request(150, side_px=128) for _ in range(9)))
    cost_s, had_s = {64: 0.1, 128: 0.4}, Counter[int]()
    for _ in range(1000):
        side_px = scheduler.pick()[0].group.width_px
        take_step(scheduler, seconds=cost_s[side_px])
        had_s[side_px] += cost_s[side_px]  # type: ignore[assignment]
        if drawn := scheduler.pick_decode():
            scheduler.remove(drawn)

    assert had_s[64] == pytest.approx(had_s[128], abs=20.0)  # about one quantum for each person


def test_a_draft_of_another_size_need_not_wait_for_a_turn() -> None:
    """Within a round the most urgent is served, whatever size was served before."""
    scheduler = make_scheduler(max_rows_per_tick=2)
    scheduler.add(make_request(130))
    take_step(scheduler, seconds=0.1)
    draft = make_request(4, side_px=128)
    scheduler.add(draft)

    assert (draft,) == scheduler.pick()


@pytest.mark.parametrize(("switch_s", "is_worth_it"), [(0.1, True), (5.0, False)])
def test_a_switch_of_weights_has_its_price(switch_s: float, is_worth_it: bool) -> None:
    """A shorter request with other weights goes first where it saves more than the switch costs."""
    scheduler = measured(make_scheduler(max_rows_per_tick=2), {2: 0.1})
    loaded, other = make_request(20), make_request(10, weights=(("ink", 1.0),))
    scheduler.add(loaded)
    take_step(scheduler, seconds=0.1)
    scheduler.book_switch(other.group, seconds=switch_s)
    scheduler.add(other)

    assert (other if is_worth_it else loaded,) == scheduler.pick()


def play_arrivals(num_arrivals: int, *, load: float, seed: int) -> tuple[int, int]:
    """Let that many requests arrive at random; return how many were finished and the longest pause.

    A pause is the ticks between two steps of a request, or before its first.
    """
    rng, now_s, next_s = random.Random(seed), 0.0, 0.0
    bound = 100
    scheduler = make_scheduler(max_requests=10_000, max_ticks_waiting=bound)
    measured(scheduler, {2: 0.1, 4: 0.15})
    measured(scheduler, {2: 0.2, 4: 0.4}, side_px=128)
    num_left, num_finished, longest, tick = num_arrivals, 0, 0, 0
    last_step: dict[Request, int] = {}
    while num_left or len(scheduler):
        while num_left and next_s <= now_s:
            request = make_request(
                rng.choice((1, 2, 2, 4, 9)),
                side_px=rng.choice((64, 64, 64, 128)),
                guidance=rng.choice((1.0, 5.0)),
                at_s=next_s,
                person=rng.choice((None, "heavy", f"light {rng.randrange(20)}")),
                priority=rng.choice(list(Priority)) if num_left % 50 == 0 else Priority.NORMAL,
            )
            scheduler.add(request)
            last_step[request] = tick
            num_left -= 1
            next_s += rng.expovariate(load / 0.36)  # seconds of work, as they share ticks
        picked = scheduler.pick()
        if not picked:
            now_s = max(now_s, next_s)
            continue
        tick += 1
        tick_s = scheduler.pace.tick_s(picked[0].group, sum(one.num_rows for one in picked))
        take_step(scheduler, seconds=tick_s)
        now_s += tick_s
        for one in picked:
            longest = max(longest, tick - last_step[one])
            last_step[one] = tick
        if drawn := scheduler.pick_decode():
            scheduler.remove(drawn)
            del last_step[drawn]
            num_finished += 1
    return num_finished, longest


def test_nobody_starves_in_ten_thousand_arrivals() -> None:
    """Near capacity everybody is finished, and nobody waits much longer than the bound for a step."""
    num_finished, longest = play_arrivals(10_000, load=0.9, seed=1)

    assert 10_000 == num_finished
    assert longest <= 200  # the bound, and those who were overdue before


class AnyOrderOfEvents(RuleBasedStateMachine):
    """Accept, cancel, step, decode, fail in any order, and look at what must always hold."""

    requests = Bundle("requests")

    def __init__(self) -> None:
        super().__init__()
        self.scheduler = make_scheduler(max_ticks_waiting=BOUND)
        self.now_s = 0.0
        self.waited: dict[Request, int] = {}  # ticks since a request's latest step
        self.inside: list[Request] = []
        self.handed_over: list[Request] = []

    @rule(
        target=requests,
        num_steps=st.integers(1, 6),
        side_px=st.sampled_from([32, 64]),
        guidance=st.sampled_from([0.0, 1.0, 5.0]),
        person=st.sampled_from([None, "one", "other"]),
        priority=st.sampled_from(Priority),
        weights=st.sampled_from([(), (("ink", 1.0),)]),
    )
    def accept(self, num_steps: int, **wishes: Any) -> Request:
        """One more arrives, and is refused exactly when the queue is full."""
        request = make_request(num_steps, at_s=self.now_s, **wishes)
        if len(self.inside) < 8:
            self.scheduler.add(request)
            self.inside.append(request)
            self.waited[request] = 0
        else:
            with pytest.raises(QueueFull):
                self.scheduler.add(request)
        return request

    @rule(request=consumes(requests))
    def cancel(self, request: Request) -> None:
        """Somebody leaves, who may have left before."""
        was_inside = request in self.inside
        assert was_inside == self.scheduler.remove(request)
        if was_inside:
            self.inside.remove(request)
        assert request not in self.scheduler.pick()
        assert request is not self.scheduler.pick_decode()

    @rule(request=requests)
    def suspect(self, request: Request) -> None:
        """Somebody was in a tick that failed."""
        request.is_suspect = True

    @rule(seconds=st.floats(min_value=0.001, max_value=10.0))
    def tick(self, seconds: float) -> None:
        """One tick passes, and at most one picture is handed over."""
        picked = self.scheduler.pick()
        rows = {one: one.num_rows for one in picked}
        assert len(picked) == len(rows), "a row belongs to one request"
        assert sum(rows.values()) <= MAX_ROWS
        assert len({one.group for one in picked}) <= 1
        assert len(picked) <= 1 or not any(one.is_suspect for one in picked)
        assert bool(picked) == any(one.steps_left for one in self.inside)
        for one in picked:
            one.started_s = one.started_s or self.now_s
            one.index += 1
            one.is_suspect = False
        if rows:
            self.scheduler.book_tick(rows, seconds=seconds)
        self.waited = {one: self.waited[one] + 1 for one in self.inside}
        self.waited |= dict.fromkeys(picked, 0)
        self.now_s += seconds
        drawn = self.scheduler.pick_decode()
        if drawn is not None:
            assert drawn.phase is RenderPhase.DECODING
            self.scheduler.book_decode(drawn, seconds=seconds)
            assert self.scheduler.remove(drawn)
            assert not self.scheduler.remove(drawn)
            self.handed_over.append(drawn)
            self.inside.remove(drawn)

    @invariant()
    def everybody_is_foretold(self) -> None:
        """All and only those inside have a forecast, and no two have one place."""
        forecasts = self.scheduler.forecast()
        assert all(f.eta_s is None or f.eta_s >= 0 for f in forecasts.values())
        assert set(self.inside) == set(forecasts)
        assert sorted(f.place for f in forecasts.values()) == list(range(len(self.inside)))

    @invariant()
    def nobody_waits_for_long(self) -> None:
        """Everybody takes a step by the bound, and after those who were overdue before."""
        waiting = (one for one in self.inside if one.steps_left)
        assert all(self.waited[one] <= BOUND + 8 for one in waiting)

    @invariant()
    def nobody_is_handed_over_twice(self) -> None:
        """A finished request is handed over once, and nobody is both inside and out."""
        assert len(self.handed_over) == len(set(self.handed_over))
        assert not set(self.handed_over) & set(self.inside)


TestAnyOrderOfEvents = AnyOrderOfEvents.TestCase
TestAnyOrderOfEvents.settings = settings(deadline=None, max_examples=50, stateful_step_count=30)
