"""Workers: which job is in flight where, who is alive, and who died with what in hand."""

from sqlalchemy import Connection, case, func, select, update

from bot.job import Phase
from bot.store.part import Part, insert
from bot.store.tables import jobs, worker_deaths, workers
from bot.store.values import Worker

_QUEUED_UNLESS_SETTLED = case((jobs.c.outcome.is_(None), Phase.QUEUED), else_=jobs.c.phase)


class Workers(Part):
    """What workers say of themselves, and what is said of them afterwards."""

    async def claim(self, job_id: str, worker: str) -> int | None:
        """Write down that a worker draws a job; how many workers died of it so far.

        None where there is nothing to draw: the job is settled, or kept no longer.
        """
        claimed = update(jobs).where(jobs.c.id == job_id, jobs.c.outcome.is_(None))
        claimed = claimed.values(worker=worker, phase=Phase.DRAWING)
        return await self._database.write(
            lambda connection: connection.scalar(claimed.returning(jobs.c.num_deaths))
        )

    async def let_go(self, job_id: str) -> None:
        """Write down that a job is in flight no more; one that is not settled waits again."""
        held = update(jobs).where(jobs.c.id == job_id, jobs.c.worker.is_not(None))
        await self._do(held.values(worker=None, phase=_QUEUED_UNLESS_SETTLED))

    async def mourn(self, worker: str) -> tuple[str, ...]:
        """Count a death against every job that was in flight on a worker, and queue it again.

        Returns their ids, the oldest first; without any, nobody died.
        """
        held = update(jobs).where(jobs.c.worker == worker)
        freed = held.values(
            worker=None, phase=_QUEUED_UNLESS_SETTLED, num_deaths=jobs.c.num_deaths + 1
        ).returning(jobs.c.id, jobs.c.accepted_s)

        def work(connection: Connection) -> tuple[str, ...]:
            rows = connection.execute(freed).all()
            if rows:
                death = {"worker": worker, "died_s": self._clock()}
                connection.execute(worker_deaths.insert().values(death))
            return tuple(row.id for row in sorted(rows, key=lambda row: (row.accepted_s, row.id)))

        return await self._database.write(work)

    async def deaths_since(self, s: float) -> int:
        """Count the deaths of workers with a job in hand, from a Unix time on."""
        query = select(func.count()).select_from(worker_deaths).where(worker_deaths.c.died_s >= s)
        return int((await self._rows(query))[0][0])

    async def beat(self, worker: str, *, info: str, is_ready: bool) -> None:
        """Write down that a worker lives; info: JSON text about it."""
        row = {
            "name": worker, "seen_s": self._clock(), "info": info, "is_ready": is_ready,
            "has_left": False,
        }  # fmt: skip

        def work(connection: Connection) -> None:
            new = insert(connection, workers).values(row)
            connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=row))

        await self._database.write(work)

    async def leave(self, worker: str) -> None:
        """Write down that a worker ends on purpose."""
        gone = update(workers).where(workers.c.name == worker)
        await self._do(gone.values(has_left=True, is_ready=False))

    async def workers(self) -> tuple[Worker, ...]:
        """Give every worker that ever spoke, by name."""
        rows = await self._rows(select(workers).order_by(workers.c.name))
        return tuple(Worker(**row._mapping) for row in rows)
