"""What one person with fifty requests costs the others, in a simulated day of the whole queue.

Time is counted in ordinary pictures. Workers hold up to 8 jobs and draw them as the engine does:
least remaining work first, what the person had before and the time since the job came count too.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest

from bot.fairness import (
    Asked,
    Capacity,
    Limits,
    Tags,
    TooManyInFlight,
    admit,
    priority_of,
)
from pipeline.engine.fairness import Accounts
from tests.bot.live import Live

MAX_HELD, AGEING, NOTHING = 8, 0.2, 1e-9
HEAVY = "heavy"
NOT_YET = Tags(start=0, finish=0)
Order = Callable[["Job"], tuple[int, int]]


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One request from the moment when somebody first wants it."""

    asked: Asked
    wanted: float
    left: float
    number: int = 0  # of its arrival, once it is accepted
    tags: Tags = NOT_YET
    claimed: float | None = None
    ended: float = 0.0

    def as_live(self) -> Live:
        """Give what a store would know."""
        return Live(
            id=str(self.number),
            person=self.asked.person,
            place=self.asked.place,
            cost=self.asked.cost,
            start=self.tags.start,
            finish=self.tags.finish,
            is_running=self.claimed is not None,
            accepted_s=self.wanted,
        )


@dataclass(slots=True, eq=False)
class Worker:
    """Draws one job at a time and may change to another at any moment."""

    held: list[Job] = field(default_factory=list)
    accounts: Accounts = field(default_factory=Accounts)

    def current(self) -> Job | None:
        """Return the job that is drawn now."""
        firsts: dict[str, Job] = {}
        for job in sorted(self.held, key=self._urgency, reverse=True):
            firsts[job.asked.person] = job
        return min(firsts.values(), key=self._urgency, default=None)

    def _urgency(self, job: Job) -> tuple[float, int]:
        assert job.claimed is not None
        had = self.accounts.had_s(job.asked.person)
        return had + job.left + AGEING * job.claimed, job.number


def simulate(
    jobs: Sequence[Job], *, num_workers: int, limits: Limits, order: Order
) -> Sequence[Job]:
    """Run until all are drawn; whoever is refused asks again whenever a job has ended."""
    coming = sorted(jobs, key=lambda job: job.wanted)
    refused, waiting = list[Job](), list[Job]()
    workers = [Worker() for _ in range(num_workers)]
    numbers, now = count(1), 0.0
    while coming or refused or waiting or any(worker.held for worker in workers):
        drawn = [(worker, job) for worker in workers if (job := worker.current())]
        then = min([now + job.left for _, job in drawn] + [job.wanted for job in coming[:1]])
        for worker, job in drawn:
            job.left -= then - now
            if job.left <= NOTHING:
                job.ended = then
                worker.held.remove(job)
                worker.accounts.leave(job.asked.person, had_s=job.asked.cost, is_known=True)
        now = then
        asking, refused = refused, []
        while coming and coming[0].wanted <= now:
            asking.append(coming.pop(0))
        for job in asking:
            live = [one.as_live() for one in waiting]
            live += [one.as_live() for worker in workers for one in worker.held]
            try:
                job.tags = admit(
                    job.asked,
                    live=live,
                    used=(0, 0),
                    last_accepted_s=None,
                    limits=limits,
                    capacity=Capacity(seconds_per_unit=1, num_workers=num_workers),
                    now_s=now,
                )
            except TooManyInFlight:
                refused.append(job)
            else:
                job.number = next(numbers)
                waiting.append(job)
        waiting.sort(key=order)
        while waiting:
            worker = min(workers, key=lambda worker: len(worker.held))
            if len(worker.held) == MAX_HELD:
                break
            job = waiting.pop(0)
            job.claimed = now
            worker.held.append(job)
            worker.accounts.enter(job.asked.person)
    return jobs


def fair(job: Job) -> tuple[int, int]:
    """The order of the queue: its priority, then its arrival."""
    return priority_of(job.tags), job.number


def first_come(job: Job) -> tuple[int, int]:
    """The order without fairness."""
    return 0, job.number


def day(seed: int, *, num_jobs: int, load: float, num_heavy: int) -> list[Job]:
    """Forty people in three places and, early on, one more who wants many pictures at once."""
    rng, now = random.Random(seed), 0.0
    jobs = list[Job]()
    for _ in range(num_jobs):
        now += rng.expovariate(load)
        number, cost = rng.randrange(40), rng.choice((0.3, 1.0, 1.0, 1.7))
        asked = Asked(person=f"p{number}", place=f"s{number % 3}", cost=cost)
        jobs.append(Job(asked=asked, wanted=now, left=cost))
    asked = Asked(person=HEAVY, place="s0", cost=1.0)
    jobs += [Job(asked=asked, wanted=now / 5, left=1.0) for _ in range(num_heavy)]
    return jobs


def p95(jobs: Sequence[Job]) -> float:
    """Return what 19 of 20 requests of the others stay below, from asking to the picture."""
    times = sorted(job.ended - job.wanted for job in jobs if job.asked.person != HEAVY)
    return times[int(0.95 * len(times))]


def shift(*, num_workers: int, max_per_person: int, order: Order) -> float:
    """Return by which factor fifty requests of one person change the p95 of the others."""
    without, with_heavy = (
        [
            job
            for seed in range(4)
            for job in simulate(
                day(seed, num_jobs=2000, load=0.7 * num_workers, num_heavy=num_heavy),
                num_workers=num_workers,
                limits=Limits(max_per_person=max_per_person),
                order=order,
            )
        ]
        for num_heavy in (0, 50)
    )
    return p95(with_heavy) / p95(without)


@pytest.mark.fault(50)
@pytest.mark.parametrize("num_workers", [1, 2])
def test_fifty_requests_of_one_do_not_hold_up_the_others(num_workers: int) -> None:
    """With three at once, p95 of the others' day rises by less than a tenth, at a load of 0.7."""
    assert shift(num_workers=num_workers, max_per_person=3, order=fair) < 1.10


@pytest.mark.parametrize("num_workers", [1, 2])
def test_the_order_alone_protects_the_others(num_workers: int) -> None:
    """Were all fifty taken in at once, first come, first served would cost the others far more."""
    cost = shift(num_workers=num_workers, max_per_person=1000, order=fair) - 1
    cost_first_come = shift(num_workers=num_workers, max_per_person=1000, order=first_come) - 1

    assert cost < cost_first_come / 3 + 0.005
