"""How long anything is kept: what is too old goes, and so does whatever belongs to nothing.

A job's row is the root of all that is kept of it. Without one its files and its parts in the queues
are remains, and are removed wherever they come from: a row that grew too old, an erasure, a crash, a
worker that was too late. So whoever removes the row first can be interrupted at any point after it.

Pictures may go before their row: then the buttons that need only the words go on working.
"""

import asyncio
import math
import re
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from secrets import token_hex
from typing import Protocol

import structlog

from bot.disk import Disk
from bot.durable import Durable
from bot.files import Files
from bot.job import job_of
from bot.settings import KeepSection
from bot.store import Store

log = structlog.get_logger()

_INTERVAL_S = 3600.0
_SOON_S = 10.0  # where a part of an erased job was about to end
_DAY_S = 24 * 3600.0
PICTURES = "pictures/"  # what the keys of all begin with
_EXPORTS, _PHOTOS = "exports/", "photos/"
FOLDERS = (PICTURES, _PHOTOS, _EXPORTS)
# Nothing else is ever removed: whatever has another name was put there by somebody else.
_JOB_FILE = re.compile(r"pictures/[0-9a-f]{20}-\d+\.png|photos/[0-9a-f]{20}", re.ASCII)
_EXPORT = re.compile(r"exports/([0-9a-f]+)-(\d+)-[0-9a-f]{32}\.json", re.ASCII)


def export_key(account_name: str, now_s: float) -> str:
    """Name a file with everything that is kept of a person; it says who asked for it, and when."""
    return f"{_EXPORTS}{account_name}-{int(now_s)}-{token_hex(16)}.json"


class Forgetful(Protocol):
    """What keeping needs of the text pipeline: `Preparer`, or a double."""

    async def forget_unused(self, *, for_s: float) -> None:
        """Drop from the files what no message has needed for so long. Raises OSError."""
        ...


class Keeper:
    """Tidies now and then; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        files: Files,
        durable: Durable,
        disk: Disk,
        preparer: Forgetful,
        keep: KeepSection,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._files, self._durable = store, files, durable
        self._disk, self._keep, self._clock = disk, keep, clock
        self._preparer = preparer
        self._suspects: frozenset[str] = frozenset()  # photos that had no row the last time
        self._has_told_of_strange = False
        self._owing = asyncio.Event()
        self._tidying: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Tidy at once and from then on; the queues must be open."""
        self._tidying = asyncio.create_task(self._tidy_on())

    async def close(self) -> None:
        """Stop tidying."""
        if self._tidying is not None:
            self._tidying.cancel()
            await asyncio.gather(self._tidying, return_exceptions=True)

    def owe(self) -> None:
        """Tidy again soon: something is about to end that is to be forgotten."""
        self._owing.set()

    async def tidy(self) -> None:
        """Remove what is too old, and what belongs to nothing. Raises StoreError or OSError."""
        old = await self._older_than(self._keep.prompts_days)
        if old:
            await self._store.delete(old)
            log.info("old jobs forgotten", num_jobs=len(old))
        if self._keep.prompts_days is not None:
            kept_s = self._keep.prompts_days * _DAY_S
            await self._preparer.forget_unused(for_s=kept_s)
            await self._store.drop_notices_before(self._clock() - kept_s)
        await self._store.forget_strikes(self._clock() - self._keep.strikes_days * _DAY_S)
        await asyncio.to_thread(self._disk.tend)
        await self._files.sweep()
        yesterday_s = self._clock() - _DAY_S
        await self._remove_exports(lambda _, made_s: made_s <= yesterday_s)
        await self._remove_old_files()
        await self.remove_orphans(old)
        await self._forget_workflows()

    async def remove_orphans(
        self, gone: Collection[str] = (), *, is_accepting: bool = True
    ) -> None:
        """Remove the files of jobs that have no row. Raises StoreError or OSError.

        A photo is written before its row: one without is believed only when it is seen again, when
        its job is known to be `gone`, or while nobody accepts anything.
        """
        # The files first: a picture that is listed had a row when it was written.
        keys = await self._job_files()
        kept = await self._store.kept({job_of(key) for key in keys})
        orphans = frozenset(key for key in keys if job_of(key) not in kept)
        certain = {
            key
            for key in orphans
            if not is_accepting
            or not key.startswith(_PHOTOS)
            or job_of(key) in gone
            or key in self._suspects
        }
        self._suspects = orphans - certain
        await self._files.remove(certain)
        if certain:
            log.info("files without a job removed", num_files=len(certain))

    async def remove_exports(self, made_until_s: Mapping[str, float]) -> None:
        """Remove the exports of accounts, by keyed name, that were made until a Unix time. Raises OSError."""
        await self._remove_exports(
            lambda person, made_s: made_s <= made_until_s.get(person, -math.inf)
        )

    async def _remove_exports(self, is_old: Callable[[str, float], bool]) -> None:
        keys = self._ours(await self._files.keys(_EXPORTS), _EXPORT)
        await self._files.remove([key for key in keys if is_old(*_export_of(key))])

    async def _job_files(self) -> list[str]:
        keys = [*await self._files.keys(PICTURES), *await self._files.keys(_PHOTOS)]
        return self._ours(keys, _JOB_FILE)

    def _ours(self, keys: Collection[str], named: re.Pattern[str]) -> list[str]:
        """Leave out what nobody here has written; that there is some is logged once."""
        ours = [key for key in keys if named.fullmatch(key)]
        if len(ours) < len(keys) and not self._has_told_of_strange:
            self._has_told_of_strange = True
            log.warning("strange files left alone", num_files=len(keys) - len(ours))
        return ours

    async def _remove_old_files(self) -> None:
        if old := await self._older_than(self._keep.pictures_days):
            await self._files.remove(key for key in await self._job_files() if job_of(key) in old)

    async def _older_than(self, days: int | None) -> frozenset[str]:
        """Name the closed jobs that are older than that; none where all are kept for ever."""
        if days is None:
            return frozenset()
        return frozenset(await self._store.older_than(self._clock() - days * _DAY_S))

    async def _forget_workflows(self) -> None:
        """Forget the parts of jobs that have no row, and those that ended a day ago."""
        # The queues first: what is queued had a row before.
        parts = await self._durable.workflows()
        kept = await self._store.kept({part.job_id for part in parts})
        unclosed = {job_id for job_id, _, _ in await self._store.unclosed()}
        long_ago_s = self._clock() - _DAY_S
        await self._durable.forget(
            [
                part.id
                for part in parts
                if not part.is_running
                and (
                    part.job_id not in kept
                    or (
                        part.job_id not in unclosed
                        and part.ended_s is not None
                        and part.ended_s < long_ago_s
                    )
                )
            ]
        )
        if any(part.is_running and part.job_id not in kept for part in parts):
            self._owing.set()

    async def _tidy_on(self) -> None:
        while True:
            self._owing.clear()
            try:
                await self.tidy()
            except Exception:  # the databases and the disk are asked again soon
                log.exception("tidying failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._owing.wait(), _INTERVAL_S)
                await asyncio.sleep(_SOON_S)


def _export_of(key: str) -> tuple[str, float]:
    """Read from an export's name whose it is, and when it was made."""
    found = _EXPORT.fullmatch(key)
    assert found is not None
    return found[1], float(found[2])
