"""Reports that nobody decides about: brought where they are not seen yet, counted, and told in the log.

Whoever is seen in a picture has a right to hear within a day, so the operator learns of what waits for
half of one, once each.
"""

import asyncio
import time
from collections.abc import Callable

import structlog

from bot.metrics import Metrics
from bot.redraw import RecordGone
from bot.reports import Reports, part_start
from bot.store import Store

log = structlog.get_logger()

_INTERVAL_S = 60.0
LATE_H = 12


class Overdue:
    """Looks now and then; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        reports: Reports,
        metrics: Metrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._reports = store, reports
        self._metrics, self._clock = metrics, clock
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Look at once and from then on; the platforms must be open."""
        self._looking = asyncio.create_task(self._look_on())

    async def close(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def look(self) -> None:
        """Bring what nobody sees, and tell the operator what waits for long. Raises StoreError."""
        waiting = await self._store.open_reports()
        for record, report in waiting:
            if not await self._store.shown_parts(record.job.id, part_start(report)):
                try:
                    await self._reports.bring(record, report)
                except RecordGone:
                    log.info("reported job is gone", job_id=record.job.id)
        for job_id in await self._store.overdue_reports(self._clock() - LATE_H * 3600.0):
            log.warning("nobody decides about a report", job_id=job_id, hours=LATE_H)
        self._metrics.reports(len(await self._store.under_review()))

    async def _look_on(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # the store and the platforms are asked again soon
                log.exception("reports cannot be looked at")
            await asyncio.sleep(_INTERVAL_S)
