"""Who may ask, in which order the accepted are drawn, and what those who wait are told."""

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.fairness import (
    Asked,
    Capacity,
    CoolingDown,
    Lane,
    Limits,
    PlaceBusy,
    QuotaSpent,
    Standing,
    Tags,
    TooManyInFlight,
    WaitTooLong,
    admit,
    korean_day,
    lane_of,
    priority_of,
    standings,
)
from tests.bot.live import Live

NO_LIMITS = Limits(max_per_person=10**6)
ONE_WORKER = Capacity(seconds_per_unit=10.0, num_workers=1)
HOUR_S = 3600.0

costs = st.sampled_from((0.1, 0.3, 1.0, 1.7, 5.2))
weights = st.sampled_from((0.5, 1.0, 2.0))
people = st.sampled_from("abcdef")
places = st.sampled_from(("x", "y"))
asks = st.builds(Asked, person=people, place=places, cost=costs, weight=weights)
# What happens to a queue: somebody asks, a worker takes the next, the oldest one taken is drawn.
events = st.lists(st.one_of(asks, st.sampled_from(("take", "draw"))), max_size=40)


@dataclass
class Queue:
    """The rows of a store and a worker that takes them in the order of the tags."""

    live: list[Live] = field(default_factory=list)
    numbers: "count[int]" = field(default_factory=count)

    def tags(self, asked: Asked) -> Tags:
        """Admit a request without limits."""
        return admit(
            asked,
            live=self.live,
            used=(0, 0),
            last_accepted_s=None,
            limits=NO_LIMITS,
            capacity=ONE_WORKER,
            now_s=0,
        )

    def ask(self, asked: Asked) -> Live:
        """Accept a request."""
        number, tags = next(self.numbers), self.tags(asked)
        job = Live(
            id=str(number),
            person=asked.person,
            place=asked.place,
            cost=asked.cost,
            start=tags.start,
            finish=tags.finish,
            is_running=False,
            accepted_s=number,
        )
        self.live.append(job)
        return job

    def waiting(self) -> list[Live]:
        """List those who wait, the next one first."""
        return sorted(
            (job for job in self.live if not job.is_running),
            key=lambda job: (priority_of(Tags(start=job.start, finish=job.finish)), job.accepted_s),
        )

    def take(self) -> Live | None:
        """Let a worker take the next one; None where nobody waits."""
        for job in self.waiting()[:1]:
            self.live.remove(job)
            self.live.append(replace(job, is_running=True))
            return job
        return None

    def draw(self) -> None:
        """Finish what was taken first."""
        for job in [job for job in self.live if job.is_running][:1]:
            self.live.remove(job)

    def play(self, history: list[Asked | str]) -> "Queue":
        """Let all this happen."""
        for event in history:
            if isinstance(event, Asked):
                self.ask(event)
            elif event == "take":
                self.take()
            else:
                self.draw()
        return self


def asked(person: str = "a", *, place: str = "x", cost: float = 1.0, weight: float = 1.0) -> Asked:
    """One request."""
    return Asked(person=person, place=place, cost=cost, weight=weight)


def row(number: int = 0, *, person: str = "b", place: str = "y", is_running: bool = False) -> Live:
    """One job of cost 1."""
    return Live(
        id=str(number),
        person=person,
        place=place,
        cost=1.0,
        start=number,
        finish=number + 1,
        is_running=is_running,
        accepted_s=number,
    )


@given(events, asks)
def test_the_jobs_of_a_person_follow_one_another(history: list[Asked | str], new: Asked) -> None:
    """A job starts where its person's latest one finishes, or later, and takes virtual time."""
    queue = Queue().play(history)
    tags = queue.tags(new)

    assert tags.start >= max((j.finish for j in queue.live if j.person == new.person), default=0)
    assert tags.finish > tags.start


@given(events, asks, st.randoms(use_true_random=False))
def test_a_restart_changes_nothing(
    history: list[Asked | str], new: Asked, rng: random.Random
) -> None:
    """Only the rows count, not who read them, nor in which order they come from the store."""
    queue = Queue().play(history)
    rows = [replace(job) for job in queue.live]
    rng.shuffle(rows)

    assert queue.tags(new) == Queue(live=rows).tags(new)


@given(
    history=st.lists(
        st.one_of(
            st.builds(Asked, person=people, place=places, cost=st.just(1.0)),
            st.sampled_from(("take", "draw")),
        ),
        max_size=60,
    )
)
def test_whoever_has_nothing_waits_behind_one_job_of_each(history: list[Asked | str]) -> None:
    """However many jobs somebody has, at most one of those that wait goes before a newcomer."""
    queue = Queue().play(history)
    new = queue.ask(asked("newcomer"))
    order = queue.waiting()
    before = [job.person for job in order[: order.index(new)]]

    assert len(set(before)) == len(before)


def test_a_newcomer_overtakes_fifty_jobs() -> None:
    """With eight jobs of a heavy person taken and 42 waiting, the next free place is the light one's."""
    queue = Queue()
    for _ in range(50):
        queue.ask(asked("heavy", place="y"))
    for _ in range(8):
        queue.take()

    new = queue.ask(asked("light"))

    assert new == queue.take()


@given(num_own=st.integers(1, 5), num_there=st.integers(0, 30), is_same_place=st.booleans())
@settings(deadline=None)
def test_nobody_is_overtaken_for_ever(num_own: int, num_there: int, is_same_place: bool) -> None:
    """A stream of new people as fast as the worker passes a job at most 16 times for each job's length."""
    queue, names = Queue(), count()
    for _ in range(num_own):
        last = queue.ask(asked("a"))
    for _ in range(num_there):
        queue.ask(asked(f"new {next(names)}", place="x" if is_same_place else "y"))
    num_taken = 0
    while queue.take() != last:
        num_taken += 1
        queue.ask(asked(f"new {next(names)}", place="x" if is_same_place else "y"))
        queue.draw()
        assert num_taken <= 16 * num_own + num_own + num_there


@given(
    asked_weights=st.lists(weights, min_size=2, max_size=6),
    costs_of=st.lists(costs, min_size=6, max_size=6),
    is_one_place=st.booleans(),
    num_taken=st.integers(1, 60),
)
@settings(deadline=None)
def test_service_follows_the_weights(
    asked_weights: list[float], costs_of: list[float], is_one_place: bool, num_taken: int
) -> None:
    """While all have work waiting, work by weight differs by no more than a job of each, and a start.

    The bound of start-time fair queueing, what the first jobs are set apart, one step of priority.
    """
    queue = Queue()
    num_people = len(asked_weights)
    done = dict.fromkeys(range(num_people), 0.0)
    for number, weight in enumerate(asked_weights):
        for _ in range(15):
            place = "x" if is_one_place else str(number)
            queue.ask(asked(str(number), place=place, cost=costs_of[number], weight=weight))
    waiting = queue.waiting()
    for job in waiting[:num_taken]:
        done[int(job.person)] += job.cost / asked_weights[int(job.person)]
    has_work = {int(job.person) for job in waiting[num_taken:]}
    apart = sum(costs_of[:num_people]) / 8 + 1 / 16

    for one in has_work:
        for other in has_work:
            bound = apart + sum(costs_of[who] / asked_weights[who] for who in (one, other))
            assert done[one] - done[other] <= bound + 1e-9


def test_a_big_place_weighs_as_much_as_eight_people() -> None:
    """Of 200 people who asked first in one place, eight at most come before somebody elsewhere."""
    queue = Queue()
    for number in range(200):
        queue.ask(asked(f"one of many {number}", place="big"))

    new = queue.ask(asked("light", place="small"))

    assert queue.waiting().index(new) <= 8


def test_people_in_a_place_share_its_share() -> None:
    """With twenty people busy in one place, a second picture there is farther off than elsewhere."""
    queue = Queue()
    for number in range(20):
        queue.ask(asked(f"p{number}", place="big"))
    here, there = queue.tags(asked("p20", place="big")), queue.tags(asked("q", place="small"))

    assert here.finish - here.start == pytest.approx(21 / 8)
    assert there.finish - there.start == pytest.approx(21 / 16)


@given(st.floats(0, 1e12), st.floats(0, 1e12))
def test_priorities_keep_the_order(one: float, other: float) -> None:
    """An earlier start never has the higher number, and every number is one that the queue takes."""
    low, high = (priority_of(Tags(start=start, finish=start + 1)) for start in sorted((one, other)))

    assert 1 <= low <= high <= 2**31 - 1


def test_priorities_last_for_years() -> None:
    """After three years of a picture a second without a pause, jobs are still told apart."""
    start = 3 * 366 * 24 * HOUR_S
    earlier, later = (priority_of(Tags(start=s, finish=s + 1)) for s in (start, start + 1))

    assert 16 == later - earlier


@pytest.mark.parametrize(
    ("cost", "lane"),
    [(0.1, Lane.SHORT), (0.5, Lane.SHORT), (1.0, Lane.NORMAL), (2.0, Lane.NORMAL), (4, Lane.LONG)],
)
def test_the_lane_follows_the_cost(cost: float, lane: Lane) -> None:
    """Drafts, ordinary pictures and long jobs have queues of their own."""
    assert lane is lane_of(cost)


@pytest.mark.parametrize(
    ("num_workers", "etas_s"), [(1, [30.0, 40.0]), (2, [20.0, 20.0]), (3, [10.0, 20.0])]
)
def test_standings_tell_place_and_time(num_workers: int, etas_s: list[float]) -> None:
    """Those that are being drawn go first, count whole, and are not told themselves."""
    live = [row(3), row(2), row(9, is_running=True), row(8, is_running=True)]
    found = standings(live, Capacity(seconds_per_unit=10, num_workers=num_workers))

    assert {
        "2": Standing(place=2, eta_s=etas_s[0]),
        "3": Standing(place=3, eta_s=etas_s[1]),
    } == found


@pytest.mark.parametrize(
    "capacity",
    [
        Capacity(seconds_per_unit=None, num_workers=1),
        Capacity(seconds_per_unit=10, num_workers=0),
    ],
)
def test_nothing_is_promised_that_nobody_knows(capacity: Capacity) -> None:
    """Before a measurement, or without a worker, there is a place and no time."""
    assert {"1": Standing(place=0, eta_s=None)} == standings([row(1)], capacity)


def refusal(
    new: Asked,
    *,
    limits: Limits,
    live: tuple[Live, ...] = (),
    used: tuple[int, int] = (0, 0),
    last_accepted_s: float | None = None,
    now_s: float = 1e9,
) -> type[Exception] | None:
    """Return the class of the refusal, if there is one."""
    try:
        admit(
            new,
            live=live,
            used=used,
            last_accepted_s=last_accepted_s,
            limits=limits,
            capacity=ONE_WORKER,
            now_s=now_s,
        )
    except (QuotaSpent, TooManyInFlight, PlaceBusy, CoolingDown, WaitTooLong) as error:
        return type(error)
    return None


@given(
    num_mine=st.integers(0, 4),
    num_here=st.integers(0, 4),
    num_elsewhere=st.integers(0, 4),
    used=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    num_pictures=st.integers(1, 4),
    since_s=st.one_of(st.none(), st.integers(-3600, 3600)),
    max_per_person=st.integers(1, 4),
    max_per_place=st.one_of(st.none(), st.integers(1, 6)),
    daily_per_person=st.one_of(st.none(), st.integers(1, 6)),
    daily_per_place=st.one_of(st.none(), st.integers(1, 6)),
    max_wait_s=st.one_of(st.none(), st.sampled_from((25.0, 55.0))),
)
def test_admission_refuses_exactly_when_the_limits_say(
    num_mine: int,
    num_here: int,
    num_elsewhere: int,
    used: tuple[int, int],
    num_pictures: int,
    since_s: int | None,
    max_per_person: int,
    max_per_place: int | None,
    daily_per_person: int | None,
    daily_per_place: int | None,
    max_wait_s: float | None,
) -> None:
    """Every refusal has its reason, the one that holds for longest is said, and nothing else refuses."""
    cool_down_s, now_s = 60.0, 1e9
    owners = ["a"] * num_mine + ["b"] * num_here + ["c"] * num_elsewhere
    live = tuple(
        row(number, person=who, place="y" if who == "c" else "x", is_running=True)
        for number, who in enumerate(owners)
    )
    new = Asked(person="a", place="x", cost=1.0, num_pictures=num_pictures)
    expected: type[Exception] | None = None
    if max_wait_s is not None and 10.0 * len(live) > max_wait_s:
        expected = WaitTooLong
    if since_s is not None and 0 <= since_s < cool_down_s:
        expected = CoolingDown
    if max_per_place is not None and num_mine + num_here >= max_per_place:
        expected = PlaceBusy
    if num_mine >= max_per_person:
        expected = TooManyInFlight
    for spent, daily in zip(used, (daily_per_person, daily_per_place), strict=True):
        if daily is not None and spent + num_pictures > daily:
            expected = QuotaSpent

    assert expected == refusal(
        new,
        limits=Limits(
            max_per_person=max_per_person,
            max_per_place=max_per_place,
            daily_per_person=daily_per_person,
            daily_per_place=daily_per_place,
            max_wait_s=max_wait_s,
            cool_down_s=cool_down_s,
        ),
        live=live,
        used=used,
        last_accepted_s=None if since_s is None else now_s - since_s,
        now_s=now_s,
    )


def test_a_refusal_says_what_is_left() -> None:
    """Whoever asks for more than is left reads how many would still do."""
    with pytest.raises(QuotaSpent) as refused:
        admit(
            Asked(person="a", place="x", cost=4.0, num_pictures=4),
            live=(),
            used=(7, 0),
            last_accepted_s=None,
            limits=Limits(max_per_person=3, daily_per_person=10),
            capacity=ONE_WORKER,
            now_s=0,
        )

    assert (10, 3, False) == (refused.value.limit, refused.value.num_left, refused.value.is_place)


def test_a_light_person_need_not_wait_for_a_heavy_ones_work() -> None:
    """The wait that may be too long is the one of this job, not of the whole queue."""
    heavy = tuple(row(number) for number in range(50))
    limits = Limits(max_per_person=100, max_wait_s=60)

    assert refusal(asked("light"), limits=limits, live=heavy) is None
    assert refusal(asked("b"), limits=limits, live=heavy) is WaitTooLong


@pytest.mark.parametrize("jump_s", [-HOUR_S, HOUR_S])
def test_a_clock_that_jumps_locks_nobody_out(jump_s: float) -> None:
    """Whoever asked just before the clock was set may ask at once afterwards."""
    limits = Limits(max_per_person=3, cool_down_s=30)

    assert refusal(asked(), limits=limits, last_accepted_s=1e9, now_s=1e9 + jump_s) is None


def test_a_clock_that_was_set_back_opens_no_flood() -> None:
    """What was accepted since then cools down as ever, although an older one lies in the future."""
    limits = Limits(max_per_person=3, cool_down_s=30)
    fresh = replace(row(person="a"), accepted_s=1e9 - 10)

    assert CoolingDown is refusal(
        asked(), limits=limits, live=(fresh,), last_accepted_s=1e9 + HOUR_S, now_s=1e9
    )


@given(st.floats(-2 * HOUR_S, 2 * HOUR_S))
def test_the_order_does_not_know_the_clock(jump_s: float) -> None:
    """However far the clock jumps, a request comes where it would have come."""
    queue = Queue().play([asked("a"), asked("b"), "take", asked("a")])
    queue.live = [replace(job, accepted_s=job.accepted_s + jump_s) for job in queue.live]
    untouched = Queue().play([asked("a"), asked("b"), "take", asked("a")])

    assert untouched.tags(asked("c")) == queue.tags(asked("c"))


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ("2026-11-28T14:59:59", "2026-11-28"),
        ("2026-11-28T15:00:00", "2026-11-29"),
        ("2026-12-31T14:59:59", "2026-12-31"),
        ("2026-12-31T15:00:00", "2027-01-01"),
        ("2028-02-28T15:00:00", "2028-02-29"),
    ],
)
def test_the_day_turns_over_at_midnight_in_korea(utc: str, day: str) -> None:
    """A day of the quota ends at 15:00 UTC, at the end of a year too."""
    assert day == korean_day(datetime.fromisoformat(utc).replace(tzinfo=UTC).timestamp())


@given(st.floats(0, 4e9))
def test_a_korean_day_has_24_hours(now_s: float) -> None:
    """Every moment belongs to the day of the Korean calendar."""
    korea = timezone(timedelta(hours=9))

    assert datetime.fromtimestamp(now_s, korea).strftime("%Y-%m-%d") == korean_day(now_s)
