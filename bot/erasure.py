"""Everything that is kept of a person is erased, whatever is under way meanwhile.

The tombstone comes first, then what is under way is settled and nobody shows it any more, then the
rows go, and with them everything that hangs on them (`keeping.py`). After a death in between, the next
start goes on, because jobs that are older than their person's tombstone have no right to be there; a
backup that is restored is the same case. Who asks again after an erasure is a new person, but for what
they asked for that is not drawn here: keyed names, rules and times stay as long as the operator says.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress

import structlog

from bot import cards
from bot.adapters.port import ChatPort, Person, PortError
from bot.durable import Durable
from bot.failpoints import pass_
from bot.job import Closing, Ending, Outcome, Phase, Record
from bot.jobs import parts_of
from bot.keeping import Keeper
from bot.store import Store
from bot.tombstones import Tombstones

log = structlog.get_logger()

_STOP_S = 5.0  # for workers and texts to notice
_LOOK_INTERVAL_S = 0.1
_CANCELLED = Outcome(ending=Ending.CANCELLED)


class Erasure:
    """Erases people; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        durable: Durable,
        keeper: Keeper,
        tombstones: Tombstones,
        forget_text: Callable[[str], Awaitable[None]],
        hold: Callable[[str], AbstractAsyncContextManager[None]],
        ports: Callable[[], Mapping[str, ChatPort]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._durable, self._keeper = store, durable, keeper
        self._tombstones, self._forget_text = tombstones, forget_text
        self._hold, self._ports, self._clock = hold, ports, clock

    async def erase(self, person: Person) -> None:
        """Erase everything that is kept of a person, with all accounts that are joined; safe to repeat.

        Raises StoreError or OSError.
        """
        name, buried_s = self._store.person_name(person), self._clock()
        accounts = self._store.account_names(name)
        people = await self._store.accounts_of(person)
        await self._store.bury(name, buried_s)  # all accounts at once, or none
        for account in accounts:
            await asyncio.to_thread(self._tombstones.add, account, buried_s)
        records = await self._store.jobs_of(name)
        under_way = [record.job.id for record in records if record.phase is not Phase.CLOSED]
        for job_id in under_way:
            await self._stop(job_id)
        await self._forget_texts(records)
        if under_way:
            await self._until_stopped(under_way)
        job_ids = frozenset(record.job.id for record in records)
        await self._remove(job_ids)
        pass_("after_erase_rows_before_files")
        await self._keeper.remove_orphans(job_ids)
        await self._keeper.remove_exports(dict.fromkeys(accounts, self._clock()))
        await self._store.drop_notices(
            name
        )  # after the rows: none is written for a job without one
        await self._store.drop_appeals(name)
        await self._store.drop_reporter(name)
        await self._store.drop_links(name)
        for port in self._ports().values():
            for one in people:
                await port.forget(one)
        # A part that began meanwhile leaves its name in the queues, after everything else is gone.
        self._keeper.owe()
        log.info("person erased", num_jobs=len(records))

    async def finish(self) -> None:
        """Erase again what a death left, or a backup brought back; before anybody is answered.

        Raises StoreError or OSError.
        """
        in_file = await asyncio.to_thread(self._tombstones.all)
        in_store = await self._store.tombstones()
        for name, buried_s in in_file.items():
            if in_store.get(name, 0.0) < buried_s:
                await self._store.bury(name, buried_s)
        for name, buried_s in in_store.items():
            if in_file.get(name, 0.0) < buried_s:
                await asyncio.to_thread(self._tombstones.add, name, buried_s)
        await self._store.drop_risen_links()
        await self._store.drop_risen_notices()
        await self._store.drop_risen_appeals()
        await self._store.drop_risen_reporters()
        risen = frozenset(await self._store.risen())
        found = [await self._store.find(job_id) for job_id in risen]
        await self._forget_texts([record for record in found if record is not None])
        await self._remove(risen)
        await self._keeper.remove_orphans(is_accepting=False)
        await self._keeper.remove_exports(await self._store.tombstones())
        if risen:
            log.warning("erased again", num_jobs=len(risen))

    async def _stop(self, job_id: str) -> None:
        """Settle that nothing comes of a job, and show that on its card once nobody else writes there."""
        with suppress(KeyError):  # it was withdrawn meanwhile
            await self._store.conclude(job_id, _CANCELLED)
        await self._store.close_job(job_id, Closing.HELD)
        async with self._hold(job_id):
            record = await self._store.find(job_id)
            port = record and self._ports().get(record.job.place.platform)
            if not record or not record.message or not port:
                return
            try:
                await port.edit(record.message, cards.erased())
            except PortError as error:
                log.info("card left as it is", kind=type(error).__name__)

    async def _forget_texts(self, records: Sequence[Record]) -> None:
        for text in {record.job.command.text for record in records}:
            await self._forget_text(text)

    async def _until_stopped(self, job_ids: Collection[str]) -> None:
        """Wait until nobody works on jobs any more; who is slow to notice is left to the keeper."""
        watched = [part for job_id in job_ids for part in parts_of(job_id)]
        end_s = time.monotonic() + _STOP_S
        while any(part.is_running for part in await self._durable.workflows(watched)):
            if time.monotonic() > end_s:
                log.info("parts left to the keeper", num_jobs=len(job_ids))
                return
            await asyncio.sleep(_LOOK_INTERVAL_S)

    async def _remove(self, job_ids: Collection[str]) -> None:
        """Remove jobs, from the queues first: their sweeper goes by the rows."""
        parts = [
            part.id
            for part in await self._durable.workflows()
            if part.job_id in job_ids and not part.is_running
        ]
        await self._durable.forget(parts)
        await self._store.delete(job_ids)
