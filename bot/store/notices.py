"""Who was told beforehand what the bot is, and in which version; rows go with their person.

A row stands for an account. Accounts that are joined were told together what one of them was told.
"""

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select

from bot.store.part import Part, insert
from bot.store.tables import jobs, notices, tombstones


class Notices(Part):
    """What people were told."""

    async def told_version(self, person_name: str) -> int:
        """Give the newest version that a person was told; 0 where that is none."""
        accounts = self.account_names(person_name)
        return await self._database.read(
            lambda connection: connection.scalar(_TOLD, {"accounts": accounts}) or 0
        )

    async def keep_notice(self, job_id: str, version: int) -> None:
        """Remember that whoever asked for a job was told with it.

        Where the job is gone its person had everything erased, and nothing is remembered.
        """
        of_job = select(jobs.c.person).where(jobs.c.id == job_id)
        now_s = self._clock()

        def work(connection: Connection) -> None:
            person = connection.scalar(of_job)
            if person is None:
                return
            told = {"version": version, "told_s": now_s}
            new = insert(connection, notices).values(person=person, **told)
            connection.execute(new.on_conflict_do_update(index_elements=["person"], set_=told))

        await self._database.write(work)

    async def notices_of(self, person_name: str) -> tuple[tuple[int, float], ...]:
        """Give version and Unix time of all that a person was told, the oldest first."""
        query = select(notices.c.version, notices.c.told_s).order_by(notices.c.told_s)
        query = query.where(notices.c.person.in_(self.account_names(person_name)))
        return tuple((row.version, row.told_s) for row in await self._rows(query))

    async def drop_notices(self, person_name: str) -> None:
        """Forget what a person was told."""
        await self._drop(notices.c.person.in_(self.account_names(person_name)))

    async def drop_risen_notices(self) -> None:
        """Forget what is older than an account's erasure: only a backup brings it back."""
        is_risen = select(tombstones.c.person).where(
            tombstones.c.person == notices.c.person, tombstones.c.buried_s >= notices.c.told_s
        )
        await self._drop(is_risen.exists())

    async def drop_notices_before(self, s: float) -> None:
        """Forget what was told before a Unix time; whoever comes again is told again."""
        await self._drop(notices.c.told_s < s)

    async def _drop(self, which: ColumnElement[bool]) -> None:
        def work(connection: Connection) -> int:
            return connection.execute(delete(notices).where(which)).rowcount

        if await self._database.write(work):
            await self._scrub()


_TOLD = select(func.max(notices.c.version)).where(
    notices.c.person.in_(bindparam("accounts", expanding=True))
)
