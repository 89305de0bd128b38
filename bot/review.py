"""What is decided about a reported picture, and how its report says so afterwards: what, not by whom.

Buttons carry the job and can be forged, so who may decide is asked of `desk.py` each time. Whatever is
decided, or tried, is written down before it is done.
"""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import structlog

from bot import texts
from bot.adapters.port import (
    Card,
    ChatPort,
    MessageGone,
    MessageRef,
    NotForEverybody,
    PortError,
    Press,
)
from bot.desk import Desk
from bot.job import NotYours, Record
from bot.places import Places
from bot.redraw import RecordGone
from bot.reports import decided_card, part_start, report_card, without_pictures
from bot.store import Deed, Report, Store

log = structlog.get_logger()

_Change: TypeAlias = Callable[[ChatPort, MessageRef, Card], Awaitable[None]]
_DEEDS = {"keep": Deed.KEEP, "bar": Deed.BAR}


class Review:
    """Does what is decided; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        desk: Desk,
        places: Places,
        port_of: Callable[[str], ChatPort | None],
    ) -> None:
        self._store, self._desk = store, desk
        self._places, self._port_of = places, port_of

    async def settle(self, record: Record, press: Press) -> None:
        """Keep reported pictures, or bar whoever asked for them; safe to repeat.

        Raises NotYours, RecordGone, TooManyRules, NotAccepted or StoreError.
        """
        job = record.job
        deed, report = _DEEDS.get(press.value), await self._store.report_of(job.id)
        if deed is None or report is None:
            raise RecordGone
        is_allowed = await self._desk.decides(record, press)
        await self._store.note_deed(press.person, deed, about=job.id, is_allowed=is_allowed)
        if not is_allowed:
            log.warning("decision about a report refused", job_id=job.id)
            raise NotYours
        if deed is Deed.BAR:
            await self._bar(record, report)
            return
        await self._store.keep_reported(job.id)
        log.info("reported picture kept", job_id=job.id)
        await self._show(record, report, decided_card(record, texts.REPORT_KEPT))

    async def removed(self, record: Record) -> None:
        """Say on a job's report, where there is one, that its pictures were taken away.

        `record` is as it was before. Raises StoreError.
        """
        report = await self._store.report_of(record.job.id)
        if report is None:
            return
        card = decided_card(record, texts.REPORT_REMOVED)
        # Several pictures may stand in messages of their own, which no edit reaches.
        has_several = record.outcome is not None and len(record.outcome.pictures) > 1
        await self._show(record, report, card, change=_replace if has_several else None)

    async def _bar(self, record: Record, report: Report) -> None:
        """Let whoever asked for a job ask for nothing in its place; the pictures are still to be decided."""
        job = record.job
        if not job.place.home:
            raise RecordGone
        await self._places.bar(job.person, job.place)
        if report.is_open:
            await self._show(record, report, report_card(record, is_barred=True))

    async def _show(
        self, record: Record, report: Report, card: Card, *, change: _Change | None = None
    ) -> None:
        """Change a report wherever it is shown; one that cannot be changed is left as it is."""
        job_id = record.job.id
        for ref in await self._store.shown_parts(job_id, part_start(report)):
            port = self._port_of(ref.place.platform)
            try:
                if port is not None:
                    await (change or _edit)(port, ref, card)
            except PortError as error:
                log.info("report left as it is", job_id=job_id, kind=type(error).__name__)


async def _replace(port: ChatPort, ref: MessageRef, card: Card) -> None:
    try:
        await port.remove(ref)
    except MessageGone:
        await port.edit(ref, card)
    else:
        await port.send(ref.place, card)


async def _edit(port: ChatPort, ref: MessageRef, card: Card) -> None:
    try:
        await port.edit(ref, card)
    except NotForEverybody:
        await port.edit(ref, without_pictures(card))
