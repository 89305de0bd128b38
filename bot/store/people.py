"""What is kept of a person, by their keyed name: what they used, what they got, and its erasure."""

from collections.abc import Collection, Sequence

from sqlalchemy import BindParameter, ColumnElement, Connection, bindparam, delete, func, select

from bot.job import Closing, Ending, Phase, Record
from bot.store.part import Part, insert
from bot.store.tables import jobs, tombstones, usage


class People(Part):
    """Everything that is asked about a person rather than about a job."""

    async def used(self, person: str, place: str, day: str) -> tuple[int, int]:
        """Count the units that a person, and a place, used on a Korean day and did not get back."""

        return await self._database.read(
            lambda connection: used_units(connection, self.account_names(person), place, day)
        )

    async def last_accepted_s(self, person: str) -> float | None:
        """Say when a person's newest job was accepted, in Unix seconds; None where they have none."""
        accounts = self.account_names(person)
        return await self._database.read(lambda connection: newest_s(connection, accounts))

    async def pictures_of(
        self, person_name: str, *, limit: int, offset: int = 0
    ) -> tuple[Record, ...]:
        """Give a person's jobs that ended with pictures, the newest first."""
        query = select(jobs).where(self._asked(person_name), jobs.c.ending == Ending.DRAWN)
        query = query.order_by(jobs.c.accepted_s.desc(), jobs.c.id)
        return await self._records(query.limit(limit).offset(offset))

    async def held_of(self, person_name: str, *, limit: int) -> tuple[Record, ...]:
        """Give a person's jobs whose answer could not be brought, the newest first."""
        query = select(jobs).where(self._asked(person_name), jobs.c.closing == Closing.HELD)
        query = query.order_by(jobs.c.accepted_s.desc(), jobs.c.id)
        return await self._records(query.limit(limit))

    async def charges_of(self, person_name: str) -> tuple[tuple[str, int, bool], ...]:
        """Give day, units and whether they were given back of all that a person was charged."""
        query = select(usage.c.day, usage.c.units, usage.c.is_refunded)
        query = query.where(usage.c.person.in_(self.account_names(person_name)))
        query = query.order_by(usage.c.day, usage.c.job_id)
        return tuple((row.day, row.units, row.is_refunded) for row in await self._rows(query))

    async def jobs_of(self, person_name: str) -> tuple[Record, ...]:
        """Give all of a person's jobs, the oldest first."""
        query = select(jobs).where(self._asked(person_name))
        return await self._records(query.order_by(jobs.c.accepted_s, jobs.c.id))

    async def older_than(self, s: float) -> tuple[str, ...]:
        """Name the closed jobs that were accepted before a Unix time, the oldest first."""
        return await self._ids((jobs.c.phase == Phase.CLOSED) & (jobs.c.accepted_s < s))

    async def delete(self, job_ids: Collection[str]) -> None:
        """Erase jobs with everything about them: charge, progress, deliveries.

        SQLite overwrites them, in the file and in its log; what a server keeps of erased rows until
        it cleans up is sealed like everything else.
        """
        if not job_ids:
            return
        gone = delete(jobs).where(jobs.c.id == bindparam("job_id"))
        rows = [{"job_id": job_id} for job_id in job_ids]

        def work(connection: Connection) -> None:
            connection.execute(gone, rows)

        await self._database.write(work)
        await self._scrub()

    async def bury(self, person_name: str, buried_s: float) -> None:
        """Remember that a person had everything erased until a Unix time; the latest one counts.

        Every account of theirs has a tombstone, whether they stay joined or not.
        """
        rows = [
            {"person": account, "buried_s": buried_s} for account in self.account_names(person_name)
        ]
        is_later = tombstones.c.buried_s < buried_s

        def work(connection: Connection) -> None:
            new = (
                insert(connection, tombstones)
                .values(rows)
                .on_conflict_do_update(
                    index_elements=["person"], set_={"buried_s": buried_s}, where=is_later
                )
            )
            connection.execute(new)

        await self._database.write(work)

    async def tombstones(self) -> dict[str, float]:
        """Give the keyed names of all accounts that had everything erased, and until when."""
        query = select(tombstones.c.person, tombstones.c.buried_s)
        return {row.person: row.buried_s for row in await self._rows(query)}

    async def risen(self) -> tuple[str, ...]:
        """Name the jobs that are older than their account's erasure: only a backup brings them back.

        What a person asked for afterwards is not among them.
        """
        query = select(jobs.c.id).join(tombstones, tombstones.c.person == jobs.c.person)
        query = query.where(jobs.c.accepted_s <= tombstones.c.buried_s)
        return tuple(row.id for row in await self._rows(query.order_by(jobs.c.id)))

    def _asked(self, person_name: str) -> ColumnElement[bool]:
        return jobs.c.person.in_(self.account_names(person_name))

    async def _ids(self, where: ColumnElement[bool]) -> tuple[str, ...]:
        query = select(jobs.c.id).where(where).order_by(jobs.c.accepted_s, jobs.c.id)
        return tuple(row.id for row in await self._rows(query))


def used_units(
    connection: Connection, accounts: Sequence[str], place: str, day: str
) -> tuple[int, int]:
    """Count what `People.used` gives."""
    by_person, by_place = connection.execute(
        _USED, {"accounts": accounts, "place": place, "day": day}
    ).one()
    return int(by_person), int(by_place)


def newest_s(connection: Connection, accounts: Sequence[str]) -> float | None:
    """Read what `People.last_accepted_s` gives."""
    latest: float | None = connection.scalar(_NEWEST, {"accounts": accounts})
    return latest


def _units(whose: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(usage.c.units).filter(whose), 0)


# Built once: in a crowd, building them took longer than running them.
_ACCOUNTS: BindParameter[str] = bindparam("accounts", expanding=True)
_OF_PERSON = usage.c.person.in_(_ACCOUNTS)
_OF_PLACE = usage.c.place == bindparam("place")
_USED = select(_units(_OF_PERSON), _units(_OF_PLACE)).where(
    usage.c.day == bindparam("day"), _OF_PERSON | _OF_PLACE, usage.c.is_refunded.is_(False)
)
_NEWEST = select(func.max(jobs.c.accepted_s)).where(jobs.c.person.in_(_ACCOUNTS))
