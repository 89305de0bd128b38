"""The jobs: accepted once, concluded once, and never back to a phase that is behind them."""

from collections.abc import Collection
from dataclasses import asdict, fields
from functools import partial

from sqlalchemy import ColumnElement, Connection, case, delete, select, update

from bot.adapters.port import MessageRef
from bot.job import Closing, Ending, Job, Outcome, Phase, Record
from bot.sealing import SealBroken
from bot.store.part import Part, insert
from bot.store.reports import ReportState
from bot.store.tables import jobs, progress, reports, usage
from bot.store.values import Linked, Live
from pipeline import Preparation

# Lists of what is searched for, rather than of what is not: an index finds these.
_LIVE = (Phase.ACCEPTED, Phase.QUEUED, Phase.DRAWING)
_UNCLOSED = (*_LIVE, Phase.CONCLUDED)
_SETTLED = (Phase.CONCLUDED, Phase.CLOSED)
_MAX_ALIKE = 20  # ids that begin alike
_MAX_TRIED = 20  # of which one that is damaged must not hold up the others
_IDS_AT_ONCE = 1_000  # in one statement


class Jobs(Part):
    """What becomes of every job."""

    async def accept(
        self, job: Job, *, cost: float, start: float, finish: float, units: int, day: str
    ) -> bool:
        """Write a job down and charge its person, both or neither; False where its id is known.

        cost, start, finish: the job's place among the others; `live` gives them back.
        units: what is charged on the Korean day (`2026-11-28`).
        """
        row = Live(
            id=job.id,
            person=self.account_name(job.person),
            place=self.place_name(job.place),
            cost=cost,
            start=start,
            finish=finish,
            phase=Phase.ACCEPTED,
            accepted_s=self._clock(),
        )
        return await self._database.write(
            lambda connection: write_down(connection, row, self._seal(job), units=units, day=day)
        )

    async def withdraw(self, job_id: str) -> None:
        """Forget a job that was never acknowledged, and its charge."""
        await self._do(delete(jobs).where(jobs.c.id == job_id))

    async def find(self, job_id: str) -> Record | None:
        """Give everything that is kept of a job; None where nothing is."""
        found = await self._records(select(jobs).where(jobs.c.id == job_id))
        return found[0] if found else None

    async def can_open(self) -> bool:
        """Whether our key opens any of the newest jobs, or there is none."""
        newest = select(jobs.c.job).order_by(jobs.c.accepted_s.desc()).limit(_MAX_TRIED)
        rows = await self._rows(newest)
        return not rows or any(self._opens(row.job) for row in rows)

    def _opens(self, sealed: bytes) -> bool:
        try:
            self._sealer.open(sealed)
        except SealBroken:
            return False
        return True

    async def beginning(self, prefix: str) -> tuple[Record, ...]:
        """Give the newest jobs whose ids begin so, the newest first; `prefix` is lower-case hex."""
        query = select(jobs).where(jobs.c.id >= prefix, jobs.c.id < f"{prefix}g")
        return await self._records(query.order_by(jobs.c.accepted_s.desc()).limit(_MAX_ALIKE))

    async def of_place(self, place_name: str, *, limit: int) -> tuple[Record, ...]:
        """Give the newest jobs of a place, by its keyed name, the oldest of them first."""
        query = select(jobs).where(jobs.c.place == place_name)
        query = query.order_by(jobs.c.accepted_s.desc(), jobs.c.id.desc()).limit(limit)
        return (await self._records(query))[::-1]

    async def live(self) -> tuple[Live, ...]:
        """Give all jobs whose end is not settled, the oldest first."""
        return tuple(await self._database.read(partial(live_rows, linked=self._linked)))

    async def unclosed(self) -> tuple[tuple[str, Phase, float], ...]:
        """Give id, phase and time of acceptance of all that is not closed, the oldest first."""
        query = select(jobs.c.id, jobs.c.phase, jobs.c.accepted_s)
        query = query.where(jobs.c.phase.in_(_UNCLOSED))
        rows = await self._rows(query.order_by(jobs.c.accepted_s, jobs.c.id))
        return tuple((row.id, Phase(row.phase), row.accepted_s) for row in rows)

    async def keep_message(self, job_id: str, ref: MessageRef) -> MessageRef:
        """Keep where the person sees a job, once: the first one stays and is returned.

        Raises KeyError for a job that is not kept.
        """

        def work(connection: Connection) -> MessageRef:
            row = jobs.c.id == job_id
            connection.execute(
                update(jobs).where(row, jobs.c.message.is_(None)).values(message=self._seal(ref))
            )
            sealed = connection.scalar(select(jobs.c.message).where(row))
            if sealed is None:
                raise KeyError(job_id)
            return self._open(MessageRef, sealed)

        return await self._database.write(work)

    async def keep_preparation(self, job_id: str, preparation: Preparation) -> None:
        """Keep what became of a job's text; an accepted job is queued then."""
        phase = case((jobs.c.phase == Phase.ACCEPTED, Phase.QUEUED), else_=jobs.c.phase)
        values = {"preparation": self._seal(preparation), "phase": phase}
        await self._do(update(jobs).where(jobs.c.id == job_id).values(values))

    async def conclude(self, job_id: str, outcome: Outcome) -> Outcome:
        """Settle how a job ends; the first outcome stays and is returned.

        What was not drawn is not charged. Raises KeyError for a job that is not kept.
        """

        def work(connection: Connection) -> Outcome:
            row = jobs.c.id == job_id
            first = update(jobs).where(row, jobs.c.outcome.is_(None))
            settled = first.values(
                outcome=self._seal(outcome), ending=outcome.ending, phase=Phase.CONCLUDED
            )
            if connection.execute(settled).rowcount:
                connection.execute(delete(progress).where(progress.c.job_id == job_id))
                if outcome.ending is not Ending.DRAWN:
                    charge = update(usage).where(usage.c.job_id == job_id)
                    connection.execute(charge.values(is_refunded=True))
                return outcome
            sealed = connection.scalar(select(jobs.c.outcome).where(row))
            if sealed is None:
                raise KeyError(job_id)
            return self._open(Outcome, sealed)

        return await self._database.write(work)

    async def remove_pictures(self, job_id: str) -> None:
        """Keep of a job that was drawn that its pictures are taken away; its charge stays.

        A report of them is decided with it.
        """
        removed = Outcome(ending=Ending.REMOVED)
        drawn = update(jobs).where(jobs.c.id == job_id, jobs.c.ending == Ending.DRAWN)
        closed = {"phase": Phase.CLOSED, "closing": Closing.DELIVERED}
        values = {"outcome": self._seal(removed), "ending": removed.ending, **closed}
        reported = update(reports).where(reports.c.job_id == job_id)
        await self._do(drawn.values(values), reported.values(state=ReportState.REMOVED))

    async def close_job(self, job_id: str, closing: Closing) -> None:
        """Keep what became of the answer; changes nothing before the job is concluded."""
        settled = update(jobs).where(jobs.c.id == job_id, jobs.c.phase.in_(_SETTLED))
        await self._do(settled.values(closing=closing, phase=Phase.CLOSED))

    async def wanted(self, job_ids: Collection[str]) -> frozenset[str]:
        """Say which of these jobs are still to be drawn: neither settled nor erased."""
        return await self._ids_of(jobs.c.id.in_(job_ids) & jobs.c.phase.in_(_LIVE))

    async def kept(self, job_ids: Collection[str]) -> frozenset[str]:
        """Say of which of these jobs there is a row."""
        ids, kept = tuple(job_ids), frozenset[str]()
        for start in range(0, len(ids), _IDS_AT_ONCE):
            kept |= await self._ids_of(jobs.c.id.in_(ids[start : start + _IDS_AT_ONCE]))
        return kept

    async def _ids_of(self, where: ColumnElement[bool]) -> frozenset[str]:
        return frozenset(row.id for row in await self._rows(select(jobs.c.id).where(where)))


def live_rows(connection: Connection, *, linked: Linked) -> list[Live]:
    """Read what `Jobs.live` gives."""
    return [
        Live(
            id=id_, person=linked.person(account), place=place, cost=cost, start=start, finish=finish,
            phase=Phase(phase), accepted_s=accepted_s,
        )
        for id_, account, place, cost, start, finish, phase, accepted_s in connection.execute(
            _LIVE_ROWS
        )
    ]  # fmt: skip


def write_down(connection: Connection, row: Live, sealed: bytes, *, units: int, day: str) -> bool:
    """Write a new job and its charge, both of an account; False where its id is known."""
    new = insert(connection, jobs).on_conflict_do_nothing().returning(jobs.c.id)
    if connection.scalar(new, {**asdict(row), "job": sealed}) is None:
        return False
    charge = {
        "job_id": row.id,
        "person": row.person,
        "place": row.place,
        "day": day,
        "units": units,
    }
    connection.execute(_CHARGE, charge)
    return True


# Built once: in a crowd, building them took longer than running them.
_LIVE_ROWS = (
    select(*(jobs.c[one.name] for one in fields(Live)))
    .where(jobs.c.phase.in_(_LIVE))
    .order_by(jobs.c.accepted_s, jobs.c.id)
)
_CHARGE = usage.insert()
