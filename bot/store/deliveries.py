"""Sendings: what was tried is committed before the platform is asked, so a crash leaves a trace."""

from sqlalchemy import Connection, Update, delete, select, update

from bot.adapters.port import MessageRef
from bot.store.part import Part, insert
from bot.store.tables import deliveries, jobs
from bot.store.values import Delivery, DeliveryState


class Deliveries(Part):
    """What became of sending each part of an answer."""

    async def begin_send(self, job_id: str, part: str, nonce: str) -> Delivery:
        """Commit that a part is about to be sent; what was known of it before.

        One that is sent, or given up as unclear, stays as it is. The first nonce and the time of
        the first try are kept. Raises KeyError for a job that is not kept.
        """
        row = {
            "job_id": job_id, "part": part, "nonce": nonce, "state": DeliveryState.SENDING,
            "first_s": self._clock(), "num_attempts": 1,
        }  # fmt: skip
        is_it = (deliveries.c.job_id == job_id) & (deliveries.c.part == part)
        again = update(deliveries).where(is_it, deliveries.c.state == DeliveryState.SENDING)
        again = again.values(num_attempts=deliveries.c.num_attempts + 1)
        is_kept = select(jobs.c.id).where(jobs.c.id == job_id).with_for_update(key_share=True)

        def work(connection: Connection) -> Delivery:
            if connection.scalar(is_kept) is None:
                raise KeyError(job_id)
            known = connection.execute(select(deliveries).where(is_it)).one_or_none()
            if known is None:
                connection.execute(insert(connection, deliveries).values(row))
                return Delivery()
            connection.execute(again)
            return Delivery(
                state=DeliveryState(known.state),
                first_s=known.first_s,
                num_attempts=known.num_attempts,
                message=self._open_if_any(MessageRef, known.message),
            )

        return await self._database.write(work)

    async def mark_sent(self, job_id: str, part: str, ref: MessageRef) -> None:
        """Keep where a part is shown: it takes the place of the message that was the job's."""
        sealed = self._seal(ref)
        await self._do(
            _part_of(job_id, part).values(state=DeliveryState.SENT, message=sealed),
            update(jobs).where(jobs.c.id == job_id).values(message=sealed),
        )

    async def mark_beside(self, job_id: str, part: str, ref: MessageRef) -> None:
        """Keep where a part is shown that is no answer to the person: the job's message stays."""
        sent = {"state": DeliveryState.SENT, "message": self._seal(ref)}
        await self._do(_part_of(job_id, part).values(sent))

    async def mark_unsent(self, job_id: str, part: str) -> None:
        """Take back the last try: the platform certainly did not show it.

        Tries before it, of which nobody knows how they ended, stay known.
        """
        tried = (deliveries.c.job_id == job_id) & (deliveries.c.part == part)
        tried &= deliveries.c.state == DeliveryState.SENDING
        one_less = update(deliveries).where(tried)
        one_less = one_less.values(num_attempts=deliveries.c.num_attempts - 1)
        await self._do(one_less, delete(deliveries).where(tried, deliveries.c.num_attempts == 0))

    async def mark_unclear(self, job_id: str, part: str) -> None:
        """Give a part up that may be shown, or not."""
        await self._do(_part_of(job_id, part).values(state=DeliveryState.UNCLEAR))


def _part_of(job_id: str, part: str) -> Update:
    return update(deliveries).where(deliveries.c.job_id == job_id, deliveries.c.part == part)
