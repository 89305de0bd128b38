"""How jobs are written down: everybody who asks meanwhile is judged, one by one, in one commit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from sqlalchemy import Connection, bindparam, select

from bot.job import Job, Phase, Record
from bot.store.jobs import live_rows, write_down
from bot.store.part import Part
from bot.store.people import newest_s, used_units
from bot.store.tables import jobs
from bot.store.values import Linked, Live
from pipeline import PipelineError

Judge: TypeAlias = Callable[[Sequence[Live], tuple[int, int], float | None], tuple[float, float]]
"""Gives a job's start and finish among the others, or raises a PipelineError.

It gets what is live, what person and place used today, and when the person's newest job was accepted.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A job that wants to be accepted. The judge is called on the writing thread, perhaps twice."""

    job: Job
    cost: float
    units: int  # are charged on the Korean day
    day: str
    judge: Judge


_KNOWN = select(jobs.c.id).where(jobs.c.id == bindparam("job_id"))


class Acceptance(Part):
    """Whom the door is opened to."""

    async def accept_all(
        self, candidates: Sequence[Candidate]
    ) -> tuple[Record | PipelineError | None, ...]:
        """Judge candidates by all that were accepted before, and write down and charge who passes.

        Gives for each its record, or what its judge raised, or None where its id is known.
        """

        def work(connection: Connection) -> tuple[Record | PipelineError | None, ...]:
            linked = self._linked
            live = live_rows(connection, linked=linked)
            return tuple(self._accept(connection, one, live, linked) for one in candidates)

        return await self._database.write(work)

    def _accept(
        self, connection: Connection, one: Candidate, live: list[Live], linked: Linked
    ) -> Record | PipelineError | None:
        job, now_s = one.job, self._clock()
        if connection.scalar(_KNOWN, {"job_id": job.id}) is not None:
            return None
        account, place = self.account_name(job.person), self.place_name(job.place)
        person = linked.person(account)
        accounts = linked.accounts(person)
        used = used_units(connection, accounts, place, one.day)
        try:
            start, finish = one.judge(live, used, newest_s(connection, accounts))
        except PipelineError as error:
            return error
        row = Live(
            id=job.id,
            person=account,
            place=place,
            cost=one.cost,
            start=start,
            finish=finish,
            phase=Phase.ACCEPTED,
            accepted_s=now_s,
        )
        write_down(connection, row, self._seal(job), units=one.units, day=one.day)
        live.append(replace(row, person=person))
        return Record(job=job, phase=Phase.ACCEPTED, accepted_s=now_s, cost=one.cost, start=start)
