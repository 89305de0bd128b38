"""The store against a model of it: whatever happens in whatever order, both say the same.

Two stores have the same file open, as the chat and a worker have, and each call takes one of them.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.adapters.port import Person
from bot.job import Closing, Ending, Outcome, Phase
from bot.sealing import KEY_BYTES, Sealer
from bot.store import Joining, Store
from tests.bot.store.samples import (
    CANCELLED,
    DAY,
    FAILED,
    HALL,
    JUNHO,
    MINJI,
    PREPARATION,
    a_job,
    at_step,
    drawn,
)
from tests.clock import ManualClock

Result = TypeVar("Result")
JOBS = st.sampled_from(["a", "b", "c", "d"])
PEOPLE = st.sampled_from([MINJI, JUNHO])
WORKERS = st.sampled_from(["worker-0", "worker-1"])
OUTCOMES = st.sampled_from([CANCELLED, FAILED, drawn("x"), drawn("x", num_missing=1)])
STORES = st.integers(0, 1)


@dataclass(slots=True, kw_only=True)
class Model:
    """What should be kept of a job."""

    person: Person
    accepted_s: float
    units: int
    phase: Phase = Phase.ACCEPTED
    worker: str | None = None
    num_deaths: int = 0
    outcome: Outcome | None = None
    closing: Closing | None = None
    step: int | None = None

    @property
    def is_charged(self) -> bool:
        """Whether the person pays."""
        return self.outcome is None or self.outcome.ending is Ending.DRAWN

    def free(self) -> None:
        """Take the job from its worker."""
        self.worker = None
        if self.outcome is None:
            self.phase = Phase.QUEUED


class StoreMachine(RuleBasedStateMachine):
    """Does to the store and to the model what the program may do, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.jobs: dict[str, Model] = {}
        self.num_deaths = 0
        self.buried: dict[Person, float] = {}
        self.is_joined = False  # Minji and Junho are one person
        self.stores = self.open()

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Wait for the store."""
        return self.runner.run(work)

    def open(self) -> list[Store]:
        """Start both processes."""
        url, sealer = f"sqlite:///{self.folder.name}/app.db", Sealer(b"k" * KEY_BYTES)
        return [self.do(Store.open(url, sealer=sealer, clock=self.clock)) for _ in range(2)]

    @rule()
    def reopen(self) -> None:
        """Restart both processes."""
        self.close()
        self.stores = self.open()

    def close(self) -> None:
        """End both processes."""
        for store in self.stores:
            self.do(store.close())

    def teardown(self) -> None:
        """Leave nothing behind."""
        self.close()
        self.runner.close()
        self.folder.cleanup()

    @rule(seconds=st.sampled_from([0.25, 1.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass, so that jobs differ in age."""
        self.clock.pass_(seconds)

    @rule(by=STORES, job_id=JOBS, person=PEOPLE, units=st.integers(1, 4))
    def accept(self, by: int, job_id: str, person: Person, units: int) -> None:
        """Accept a job, which may be known already."""
        is_new = self.do(
            self.stores[by].accept(
                a_job(job_id, person=person), cost=1, start=0, finish=1, units=units, day=DAY
            )
        )
        assert (job_id not in self.jobs) == is_new
        if is_new:
            self.jobs[job_id] = Model(person=person, accepted_s=self.clock(), units=units)

    @rule(by=STORES, job_id=JOBS)
    def withdraw(self, by: int, job_id: str) -> None:
        """Forget a job."""
        self.do(self.stores[by].withdraw(job_id))
        self.jobs.pop(job_id, None)

    @rule(by=STORES, job_id=JOBS)
    def prepare(self, by: int, job_id: str) -> None:
        """Keep a preparation, perhaps late."""
        self.do(self.stores[by].keep_preparation(job_id, PREPARATION))
        if (job := self.jobs.get(job_id)) and job.phase is Phase.ACCEPTED:
            job.phase = Phase.QUEUED

    @rule(by=STORES, job_id=JOBS, worker=WORKERS)
    def claim(self, by: int, job_id: str, worker: str) -> None:
        """Have a worker take a job."""
        num_deaths = self.do(self.stores[by].claim(job_id, worker))
        job = self.jobs.get(job_id)
        if job is None or job.outcome is not None:
            assert num_deaths is None
        else:
            assert job.num_deaths == num_deaths
            job.worker, job.phase = worker, Phase.DRAWING

    @rule(by=STORES, job_id=JOBS)
    def let_go(self, by: int, job_id: str) -> None:
        """Have a worker give a job back."""
        self.do(self.stores[by].let_go(job_id))
        if (job := self.jobs.get(job_id)) and job.worker is not None:
            job.free()

    @rule(by=STORES, worker=WORKERS)
    def mourn(self, by: int, worker: str) -> None:
        """Find a worker dead."""
        mourned = self.do(self.stores[by].mourn(worker))
        held = self.oldest_first(lambda job: job.worker == worker)
        assert held == mourned
        self.num_deaths += bool(held)
        for job_id in held:
            self.jobs[job_id].num_deaths += 1
            self.jobs[job_id].free()

    @rule(by=STORES, job_id=JOBS, step=st.integers(0, 8))
    def tell(self, by: int, job_id: str, step: int) -> None:
        """Tell news, perhaps of a job that has an end."""
        self.do(self.stores[by].tell({job_id: (at_step(step), None)}))
        if (job := self.jobs.get(job_id)) and job.outcome is None:
            job.step = step

    @rule(job_id=JOBS, outcomes=st.lists(OUTCOMES, min_size=1, max_size=3))
    def conclude(self, job_id: str, outcomes: list[Outcome]) -> None:
        """Have several settle a job at once."""
        told = self.do(self.all_conclude(job_id, outcomes))
        if (job := self.jobs.get(job_id)) is None:
            assert all(isinstance(one, KeyError) for one in told)
            return
        if job.outcome is None:
            assert isinstance(told[0], Outcome)
            assert told[0] in outcomes
            job.outcome, job.phase, job.step = told[0], Phase.CONCLUDED, None
        assert [job.outcome] * len(outcomes) == told

    async def all_conclude(
        self, job_id: str, outcomes: list[Outcome]
    ) -> list[Outcome | BaseException]:
        """Race for the end of a job."""
        ends = [
            self.stores[number % 2].conclude(job_id, outcome)
            for number, outcome in enumerate(outcomes)
        ]
        return await asyncio.gather(*ends, return_exceptions=True)

    @rule(by=STORES, job_id=JOBS, closing=st.sampled_from(Closing))
    def close_job(self, by: int, job_id: str, closing: Closing) -> None:
        """Tell the person."""
        self.do(self.stores[by].close_job(job_id, closing))
        if (job := self.jobs.get(job_id)) and job.outcome is not None:
            job.closing, job.phase = closing, Phase.CLOSED

    @rule(by=STORES)
    def join(self, by: int) -> None:
        """Make two people one, who may be it already."""
        self.do(self.stores[by].keep_code(MINJI, "code"))
        came = self.do(self.stores[by].join(JUNHO, "code"))
        assert (Joining.ALREADY if self.is_joined else Joining.JOINED) is came
        self.is_joined = True
        self.learn_links()

    @rule(by=STORES, person=PEOPLE)
    def part(self, by: int, person: Person) -> None:
        """Make them two again."""
        assert self.is_joined == self.do(self.stores[by].part_account(person))
        self.is_joined = False
        self.learn_links()

    @rule(by=STORES, person=PEOPLE)
    def erase(self, by: int, person: Person) -> None:
        """Delete a person's jobs and remember that."""
        store, name = self.stores[by], self.stores[by].person_name(person)
        people = self.accounts_of(person)
        ids = tuple(record.job.id for record in self.do(store.jobs_of(name)))
        assert self.oldest_first(lambda job: job.person in people) == ids
        self.do(store.bury(name, self.clock()))
        self.do(store.delete(ids))
        self.do(store.drop_links(name))
        self.learn_links()
        self.is_joined = False
        self.buried |= dict.fromkeys(people, self.clock())
        for job_id in ids:
            del self.jobs[job_id]

    def learn_links(self) -> None:
        """Have both processes know who is one person: in the program, one alone asks."""
        for store in self.stores:
            self.do(store.load_links())

    def accounts_of(self, person: Person) -> tuple[Person, ...]:
        """Give all accounts of a person."""
        return (MINJI, JUNHO) if self.is_joined else (person,)

    @invariant()
    def the_jobs_are_the_same(self) -> None:
        """Phase, deaths, outcome and closing of every job are as they should be."""
        for job_id in ("a", "b", "c", "d"):
            found, job = self.do(self.stores[0].find(job_id)), self.jobs.get(job_id)
            assert (job is None) == (found is None)
            if job is not None and found is not None:
                assert a_job(job_id, person=job.person) == found.job
                assert (job.phase, job.num_deaths) == (found.phase, found.num_deaths)
                assert (job.outcome, job.closing) == (found.outcome, found.closing)
        wanted = {job_id for job_id, job in self.jobs.items() if job.outcome is None}
        assert wanted == self.do(self.stores[1].wanted(["a", "b", "c", "d"]))
        assert self.jobs.keys() == self.do(self.stores[1].kept(["a", "b", "c", "d"]))

    @invariant()
    def the_lists_are_the_same(self) -> None:
        """Who is live, unclosed, old and under way follows from the jobs."""
        store = self.stores[0]
        live = self.oldest_first(lambda job: job.outcome is None)
        unclosed = self.oldest_first(lambda job: job.phase is not Phase.CLOSED)
        closed = self.oldest_first(lambda job: job.phase is Phase.CLOSED)
        assert live == tuple(job.id for job in self.do(store.live()))
        assert unclosed == tuple(job_id for job_id, _, _ in self.do(store.unclosed()))
        assert closed == self.do(store.older_than(self.clock() + 1))
        steps = {job_id: job.step for job_id, job in self.jobs.items() if job.step is not None}
        told = self.do(store.progress(["a", "b", "c", "d"]))
        assert steps == {job_id: news.step for job_id, news in told.items()}
        assert self.num_deaths == self.do(store.deaths_since(0.0))

    @invariant()
    def the_people_are_the_same(self) -> None:
        """Everybody is charged for exactly what was drawn or may still be."""
        store, units = self.stores[1], Counter[Person]()
        buried = {store.account_name(person): at_s for person, at_s in self.buried.items()}
        assert buried == self.do(store.tombstones())
        for job in self.jobs.values():
            units[job.person] += job.units if job.is_charged else 0
        for person in (MINJI, JUNHO):
            name = store.person_name(person)
            used = self.do(store.used(name, store.place_name(HALL), DAY))
            people = self.accounts_of(person)
            assert (sum(units[one] for one in people), units.total()) == used
            pictures = self.do(store.pictures_of(name, limit=9))
            drawn_for = [job_id for one in people for job_id in self.drawn_for(one)]
            assert Counter(drawn_for) == Counter(one.job.id for one in pictures)

    def drawn_for(self, person: Person) -> list[str]:
        """Name a person's jobs that have a picture."""
        return [
            job_id
            for job_id, job in self.jobs.items()
            if job.person == person and job.outcome and job.outcome.ending is Ending.DRAWN
        ]

    def oldest_first(self, wanted: Callable[[Model], bool]) -> tuple[str, ...]:
        """Name the jobs that are wanted, as the store orders them."""
        found = [(job.accepted_s, job_id) for job_id, job in self.jobs.items() if wanted(job)]
        return tuple(job_id for _, job_id in sorted(found))


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
