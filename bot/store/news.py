"""The newest that is known of jobs under way: overwritten all the time, gone when they conclude."""

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, func, select

from bot import codec
from bot.job import Progress
from bot.store.part import Part, insert
from bot.store.tables import jobs, progress


class News(Part):
    """What workers tell, and whoever shows it reads."""

    async def tell(self, news: Mapping[str, tuple[Progress, bytes | None]]) -> None:
        """Replace what is known of jobs, all in one commit; None leaves the last preview.

        What is told of a job that is settled, or kept no longer, is dropped.
        """
        rows = {
            job_id: {
                "job_id": job_id,
                "news": codec.dumps(told),
                "preview": None if preview is None else self._sealer.seal(preview),
            }
            for job_id, (told, preview) in news.items()
        }
        # Held until the commit, so that no news are written behind a conclusion.
        wanted = select(jobs.c.id).where(jobs.c.id.in_(rows), jobs.c.outcome.is_(None))
        wanted = wanted.with_for_update(read=True)

        def work(connection: Connection) -> None:
            if not (ids := connection.scalars(wanted).all()):
                return
            new = insert(connection, progress).values([rows[job_id] for job_id in ids])
            newest = func.coalesce(new.excluded.preview, progress.c.preview)
            connection.execute(
                new.on_conflict_do_update(
                    index_elements=["job_id"], set_={"news": new.excluded.news, "preview": newest}
                )
            )

        await self._database.write(work)

    async def progress(self, job_ids: Collection[str]) -> dict[str, Progress]:
        """Give the newest of those jobs of which anything was told."""
        query = select(progress.c.job_id, progress.c.news).where(progress.c.job_id.in_(job_ids))
        return {row.job_id: codec.loads(Progress, row.news) for row in await self._rows(query)}

    async def preview(self, job_id: str) -> bytes | None:
        """Give a job's newest preview, as it was told; None before the first."""
        rows = await self._rows(select(progress.c.preview).where(progress.c.job_id == job_id))
        return self._sealer.open(rows[0].preview) if rows and rows[0].preview is not None else None
