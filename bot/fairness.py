"""Who may ask now, in which order the accepted are drawn, and how long they wait.

Pure: the clock is passed in, nothing is remembered here. Whatever counts is in the rows of the
jobs that have no ending yet, so a restart changes no decision.

The order is start-time fair queueing: a job starts, in virtual time, where its person's latest one
finishes, and nobody starts in the past. `Tags` are computed once, at acceptance; a queue that
knows only priorities can keep to them. Sources: Goyal, Vin, Cheng, "Start-time fair queueing",
1996; for many places of service at once: Jin, Chase, Kaur, "Interposed proportional sharing for a
storage service utility", 2004 (there SFQ(D): virtual time is the latest start that is served).

A second level is in the same tag. A person proceeds at most by `weight` ordinary pictures in a
unit of virtual time, a place by `_PLACE_WIDTH`, everybody together by `_WORLD_WIDTH`; so
- whoever has nothing under way waits behind at most one waiting job of another person, however
  many that person has; one more for every eight newcomers of the same place who were there before;
- a place with hundreds of people weighs as much as eight people, who share what it has;
- a job is not overtaken for ever by people who are new: they move virtual time on.
Whoever has nothing under way starts level with the others: what was had before is forgotten.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pipeline import Unavailable

_PLACE_WIDTH, _WORLD_WIDTH = 8, 16  # in people of weight 1
_PRIORITIES_PER_UNIT, _MAX_PRIORITY = 16, 2**31 - 1
# A draft of 8 steps in place of 25 costs about 0.3 and must not wait until a whole picture leaves;
# 130 steps or four pictures hold a place so long that others need places of their own.
_MAX_SHORT, _MAX_NORMAL = 0.5, 2.0
_KOREAN_TIME = timedelta(hours=9)  # without summer time since 1988


class TooManyInFlight(Unavailable):
    """The person already has as many requests under way as one person may."""

    def __init__(self, *, max_per_person: int) -> None:
        super().__init__(f"at most {max_per_person} at once")
        self.max_per_person = max_per_person


class PlaceBusy(Unavailable):
    """The place already has as many requests under way as one place may."""

    def __init__(self, *, max_per_place: int) -> None:
        super().__init__(f"at most {max_per_place} at once in a place")
        self.max_per_place = max_per_place


class QuotaSpent(Unavailable):
    """Fewer pictures are left of today's share than were asked for; a day ends at 0:00 in Korea."""

    def __init__(self, *, limit: int, num_left: int, is_place: bool) -> None:
        super().__init__(f"{num_left} of {limit} pictures left today, {is_place=}")
        self.limit, self.num_left, self.is_place = limit, num_left, is_place


class CoolingDown(Unavailable):
    """The person's latest request is too fresh."""

    def __init__(self, *, wait_s: float) -> None:
        super().__init__(f"{wait_s:.1f} s to go")
        self.wait_s = wait_s


class WaitTooLong(Unavailable):
    """So much is to be drawn before that the job would wait longer than anybody should."""

    def __init__(self, *, wait_s: float) -> None:
        super().__init__(f"{wait_s:.0f} s of work before it")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Where a job lies in virtual time: lower starts are drawn first, equal ones by arrival."""

    start: float
    finish: float  # where the person's next job may start


class Live(Protocol):
    """What counts of a job that has no ending yet."""

    @property
    def id(self) -> str:
        """Name it."""
        ...

    @property
    def person(self) -> str:
        """Name who asked; opaque, as is the place."""
        ...

    @property
    def place(self) -> str:
        """Name where they asked."""
        ...

    @property
    def cost(self) -> float:
        """Say what all its pictures cost; an ordinary picture is 1."""
        ...

    @property
    def start(self) -> float:
        """Give its tag."""
        ...

    @property
    def finish(self) -> float:
        """Give its other tag."""
        ...

    @property
    def is_running(self) -> bool:
        """Whether a worker has it."""
        ...

    @property
    def accepted_s(self) -> float:
        """Say when it was accepted, in Unix time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that is not accepted yet."""

    person: str
    place: str
    cost: float  # more than 0
    weight: float = 1.0  # more than 0; of the person's role
    num_pictures: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one person and one place may have; None is no limit."""

    max_per_person: int  # requests under way
    max_per_place: int | None = None
    daily_per_person: int | None = None  # pictures
    daily_per_place: int | None = None
    max_wait_s: float | None = None  # before the drawing begins
    cool_down_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How fast pictures are drawn."""

    seconds_per_unit: float | None  # for an ordinary picture; None before one was measured
    num_workers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a job that waits may expect."""

    place: int  # jobs before it, with those that are being drawn
    eta_s: float | None  # until it is drawn; None: nothing was measured, or nobody draws


class Lane(StrEnum):
    """A queue of its own for each class of cost, so that drafts find a free place."""

    SHORT = "short"
    NORMAL = "normal"
    LONG = "long"


def admit(
    asked: Asked,
    *,
    live: Sequence[Live],
    used: tuple[int, int],
    last_accepted_s: float | None,
    limits: Limits,
    capacity: Capacity,
    now_s: float,
) -> Tags:
    """Say where a request comes in the order; `used` are today's pictures of person and place.

    Raises QuotaSpent, TooManyInFlight, PlaceBusy, CoolingDown or WaitTooLong: the one that holds
    for longest is said first.
    """
    mine = [job for job in live if job.person == asked.person]
    _check_quota(asked, used, limits)
    if len(mine) >= limits.max_per_person:
        raise TooManyInFlight(max_per_person=limits.max_per_person)
    in_place = sum(job.place == asked.place for job in live)
    if limits.max_per_place is not None and in_place >= limits.max_per_place:
        raise PlaceBusy(max_per_place=limits.max_per_place)
    _check_cool_down(mine, last_accepted_s, limits.cool_down_s, now_s)
    tags = _tags(asked, live, mine)
    if limits.max_wait_s is not None and capacity.seconds_per_unit is not None:
        before = [job for job in live if job.is_running or job.start <= tags.start]
        begin = _begins(_in_order(before), capacity.num_workers)[-1]
        wait_s = begin * capacity.seconds_per_unit
        if wait_s > limits.max_wait_s:
            raise WaitTooLong(wait_s=wait_s)
    return tags


def standings(live: Sequence[Live], capacity: Capacity) -> dict[str, Standing]:
    """Tell every job that waits how many are before it and when it is drawn, by job id."""
    seconds = capacity.seconds_per_unit if capacity.num_workers else None
    order = _in_order(live)
    begins = _begins(order, capacity.num_workers)
    return {
        job.id: Standing(
            place=place, eta_s=None if seconds is None else seconds * (begin + job.cost)
        )
        for place, (job, begin) in enumerate(zip(order, begins, strict=False))
        if not job.is_running
    }


def priority_of(tags: Tags) -> int:
    """Turn a start into a whole number from 1 to 2**31 - 1, never higher for an earlier start.

    There are 16 to an ordinary picture of one person. Virtual time goes back to 0 whenever nothing
    is under way, and without one such moment the numbers last for 134 million units: four years of
    one person who draws a picture every second. After that all are equal, and the first comes first.
    """
    return min(1 + int(tags.start * _PRIORITIES_PER_UNIT), _MAX_PRIORITY)


def lane_of(cost: float) -> Lane:
    """Choose the queue for a job of that cost, in ordinary pictures."""
    if cost <= _MAX_SHORT:
        return Lane.SHORT
    return Lane.NORMAL if cost <= _MAX_NORMAL else Lane.LONG


def korean_day(now_s: float) -> str:
    """Name the day it is in Korea at a Unix time, such as "2026-11-28"."""
    return (datetime.fromtimestamp(now_s, UTC) + _KOREAN_TIME).date().isoformat()


def korean_time(now_s: float) -> str:
    """Name the minute it is in Korea at a Unix time, such as "2026-11-28 09:30"."""
    return f"{datetime.fromtimestamp(now_s, UTC) + _KOREAN_TIME:%Y-%m-%d %H:%M}"


def _check_quota(asked: Asked, used: tuple[int, int], limits: Limits) -> None:
    shares = (limits.daily_per_person, limits.daily_per_place)
    for limit, spent, is_place in zip(shares, used, (False, True), strict=True):
        if limit is not None and spent + asked.num_pictures > limit:
            raise QuotaSpent(limit=limit, num_left=max(0, limit - spent), is_place=is_place)


def _check_cool_down(
    mine: Iterable[Live], last_s: float | None, cool_down_s: float, now_s: float
) -> None:
    accepted_s = [job.accepted_s for job in mine] + ([] if last_s is None else [last_s])
    # What seems to lie in the future was accepted before the clock was set back: nobody is locked
    # out until the clock is there again, and what was accepted since then still counts.
    past_s = [at_s for at_s in accepted_s if at_s <= now_s]
    if past_s and (wait_s := max(past_s) + cool_down_s - now_s) > 0:
        raise CoolingDown(wait_s=wait_s)


def _tags(asked: Asked, live: Sequence[Live], mine: Sequence[Live]) -> Tags:
    start = max([_now(live), *(job.finish for job in mine)])
    first = dict[str, Live]()
    for job in sorted(live, key=lambda job: job.start, reverse=True):
        first[job.person] = job
    if not mine:  # side by side with what is first for the others, not with all that they want
        here = [job for job in first.values() if job.place == asked.place]
        start = _first_gap(here, start, width=_PLACE_WIDTH)
        start = _first_gap(first.values(), start, width=_WORLD_WIDTH)
    num_here = len({job.person for job in live if job.place == asked.place} | {asked.person})
    num_people = len(first.keys() | {asked.person})
    crowding = max(1.0, num_here / _PLACE_WIDTH, num_people / _WORLD_WIDTH)
    return Tags(start=start, finish=start + asked.cost * crowding / asked.weight)


def _now(live: Iterable[Live]) -> float:
    """Return the virtual time: the latest start that is served, never beyond one that waits."""
    running = [job.start for job in live if job.is_running]
    bounds = [job.start for job in live if not job.is_running] + ([max(running)] if running else [])
    return min(bounds, default=0.0)


def _first_gap(jobs: Iterable[Live], start: float, *, width: int) -> float:
    """Return the earliest time from `start` on that none of the jobs, side by side, takes up."""
    for job in sorted(jobs, key=lambda job: job.start):
        if job.start > start:
            break
        start = max(start, job.start + job.cost / width)
    return start


def _in_order(live: Iterable[Live]) -> list[Live]:
    return sorted(live, key=lambda job: (not job.is_running, job.start, job.accepted_s, job.id))


def _begins(jobs: Iterable[Live], num_workers: int) -> list[float]:
    """Return when each is begun, in units of cost, and at the end when one more would be.

    Whichever worker is free first takes the next. How far the running ones are is not known here:
    they count whole, so that nobody waits longer than was said.
    """
    free = [0.0] * max(1, num_workers)
    begins = [0.0]
    for job in jobs:
        heapq.heapreplace(free, free[0] + job.cost)
        begins.append(free[0])
    return begins
