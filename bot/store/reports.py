"""Reported pictures: whether somebody has decided about one, and where those who decide see it.

A row vanishes with its job. Who reported first is kept as a keyed name, so that they do not report
what was decided a second time; an erasure takes the name, and leaves the report to be decided.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, delete, select, update

from bot.adapters.port import MessageRef, Person
from bot.job import Record
from bot.store.part import AnyRow, Part, insert
from bot.store.tables import deliveries, jobs, reports, tombstones
from bot.store.values import DeliveryState

_MAX_OPENINGS = 2  # somebody else may ask for a second look, and nobody for a third


class ReportState(StrEnum):
    """What became of a report."""

    OPEN = "open"  # the pictures are shown to nobody but those who decide
    KEPT = "kept"  # they are shown again
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is known of a reported job."""

    state: ReportState
    num_openings: int  # how often it was to be decided

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided yet."""
        return self.state is ReportState.OPEN


class Reports(Part):
    """What was reported."""

    async def open_report(self, job_id: str, reporter: Person) -> Report:
        """Have a job decided about, unless it was and there is no reason to do it again.

        What was kept is decided once more where somebody else reports it. Raises KeyError for a job
        that is not kept.
        """
        account = self.account_name(reporter)
        accounts = self.account_names(self.person_name(reporter))
        is_kept = select(jobs.c.id).where(jobs.c.id == job_id).with_for_update(key_share=True)

        def work(connection: Connection) -> Report:
            if connection.scalar(is_kept) is None:
                raise KeyError(job_id)
            opened = {"state": ReportState.OPEN, "reported_s": self._clock(), "told_s": None}
            new = insert(connection, reports).on_conflict_do_nothing().returning(reports.c.job_id)
            first = {"job_id": job_id, "reporter": account, "num_openings": 1, **opened}
            if connection.scalar(new, first) is not None:
                return Report(state=ReportState.OPEN, num_openings=1)
            row = connection.execute(select(reports).where(_of(job_id))).one()
            report = _report(row)
            is_done = report.state is not ReportState.KEPT or row.reporter in accounts
            if is_done or report.num_openings >= _MAX_OPENINGS:
                return report
            again = {"num_openings": report.num_openings + 1, **opened}
            connection.execute(update(reports).where(_of(job_id)).values(again))
            return Report(state=ReportState.OPEN, num_openings=report.num_openings + 1)

        return await self._database.write(work)

    async def report_of(self, job_id: str) -> Report | None:
        """Give what is known of a report; None where a job was not reported."""
        rows = await self._rows(select(reports).where(_of(job_id)))
        return _report(rows[0]) if rows else None

    async def keep_reported(self, job_id: str) -> None:
        """Decide that pictures are shown again; those that were taken away are not."""
        opened = update(reports).where(_of(job_id), reports.c.state == ReportState.OPEN)
        await self._do(opened.values(state=ReportState.KEPT))

    async def withdraw_report(self, job_id: str) -> None:
        """Take back that a job is to be decided about: nobody can."""
        is_open = _of(job_id) & (reports.c.state == ReportState.OPEN)
        before = update(reports).where(is_open, reports.c.num_openings > 1)
        before = before.values(state=ReportState.KEPT, num_openings=reports.c.num_openings - 1)
        await self._do(delete(reports).where(is_open, reports.c.num_openings == 1), before)

    async def under_review(self, job_ids: Collection[str] | None = None) -> frozenset[str]:
        """Name the jobs that nobody has decided about yet: all of them, or those among some."""
        query = select(reports.c.job_id).where(reports.c.state == ReportState.OPEN)
        if job_ids is not None:
            query = query.where(reports.c.job_id.in_(job_ids))
        return frozenset(row.job_id for row in await self._rows(query))

    async def is_under_review(self, person_name: str) -> bool:
        """Whether nobody has decided yet about something that a person asked for."""
        query = select(jobs.c.id).join(reports, reports.c.job_id == jobs.c.id).limit(1)
        asked = jobs.c.person.in_(self.account_names(person_name))
        return bool(await self._rows(query.where(asked, reports.c.state == ReportState.OPEN)))

    async def open_reports(self) -> tuple[tuple[Record, Report], ...]:
        """Give the jobs that nobody has decided about yet, the longest waiting first."""
        query = select(jobs, reports.c.state, reports.c.num_openings)
        query = query.join(reports, reports.c.job_id == jobs.c.id)
        query = query.where(reports.c.state == ReportState.OPEN).order_by(reports.c.reported_s)
        return await self._database.read(
            lambda connection: tuple(
                (self._record(row), _report(row)) for row in connection.execute(query)
            )
        )

    async def overdue_reports(self, s: float) -> tuple[str, ...]:
        """Name the jobs that wait for a decision since before a Unix time, each of them once."""
        waits = (reports.c.state == ReportState.OPEN) & (reports.c.reported_s < s)
        late = update(reports).where(waits, reports.c.told_s.is_(None))
        late = late.values(told_s=self._clock())

        def work(connection: Connection) -> tuple[str, ...]:
            rows = connection.execute(late.returning(reports.c.job_id))
            return tuple(sorted(row.job_id for row in rows))

        return await self._database.write(work)

    async def shown_parts(self, job_id: str, prefix: str) -> tuple[MessageRef, ...]:
        """Say where the parts of a job are shown whose names begin so."""
        query = select(deliveries.c.message).where(
            deliveries.c.job_id == job_id,
            deliveries.c.part.startswith(prefix, autoescape=True),
            deliveries.c.state == DeliveryState.SENT,
        )
        rows = await self._rows(query.order_by(deliveries.c.first_s))
        return tuple(self._open(MessageRef, row.message) for row in rows)

    async def reported_by(self, person_name: str) -> tuple[float, ...]:
        """Say when a person was the first to report pictures that are kept, in Unix seconds."""
        query = select(reports.c.reported_s).order_by(reports.c.reported_s)
        query = query.where(reports.c.reporter.in_(self.account_names(person_name)))
        return tuple(row.reported_s for row in await self._rows(query))

    async def drop_reporter(self, person_name: str) -> None:
        """Forget who reported; what they reported is decided all the same."""
        await self._forget_who(reports.c.reporter.in_(self.account_names(person_name)))

    async def drop_risen_reporters(self) -> None:
        """Forget who reported before their account's erasure: only a backup brings that back."""
        is_risen = select(tombstones.c.person).where(
            tombstones.c.person == reports.c.reporter,
            tombstones.c.buried_s >= reports.c.reported_s,
        )
        await self._forget_who(is_risen.exists())

    async def _forget_who(self, which: ColumnElement[bool]) -> None:
        forgotten = update(reports).where(which).values(reporter=None)
        if await self._database.write(lambda connection: connection.execute(forgotten).rowcount):
            await self._scrub()


def _of(job_id: str) -> ColumnElement[bool]:
    return reports.c.job_id == job_id


def _report(row: AnyRow) -> Report:
    return Report(state=ReportState(row.state), num_openings=row.num_openings)
