"""A picture that somebody reports: hidden at once, and shown to those who decide about it.

It is hidden only where somebody can decide (`desk.py`): from the albums and the pages of its people, and
from the buttons that would bring it once more. Its message stays where it stands until it is decided
(`review.py`). What is open is brought again by `overdue.py`, so that a crash in between hides nothing
for ever. Whoever reports is named to nobody.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from bot import buttons, cards, texts
from bot.adapters.port import (
    Card,
    CardState,
    ChatPort,
    MessageRef,
    Person,
    Place,
    PlaceGone,
    PlatformDown,
    PortClosed,
    PortError,
    Press,
    Unclear,
)
from bot.delivery import nonce_of
from bot.desk import Desk
from bot.job import Ending, Record
from bot.redraw import RecordGone
from bot.store import DeliveryState, Report, Store

log = structlog.get_logger()

_MAX_PART_CHARS = 32


class Reports:
    """Passes reports on; lives as long as the chat role."""

    def __init__(
        self, *, store: Store, desk: Desk, port_of: Callable[[str], ChatPort | None]
    ) -> None:
        self._store, self._desk, self._port_of = store, desk, port_of
        self._turn = asyncio.Lock()  # who brings what is open must not do it beside who reports

    async def report(self, record: Record, press: Press, port: ChatPort) -> None:
        """Hide a job's pictures, show them to those who decide, and tell whoever pressed.

        Raises RecordGone, NotAccepted, StoreError or PortError, the last where the person cannot be told.
        """
        if record.outcome is None or record.outcome.ending is not Ending.DRAWN:
            raise RecordGone
        note = replace(cards.note(await self._taken(record, press.person)), is_private=True)
        await port.send(press.place, note, reply_to=press.event_id)

    async def bring(self, record: Record, report: Report) -> str:
        """Show an open report to those who decide, unless they see it; says how that went.

        Where nobody can see it nothing is hidden any more. Raises RecordGone, NotAccepted or StoreError.
        """
        async with self._turn:
            try:
                is_shown = await self._shown(record, report)
            except KeyError as error:  # erased meanwhile
                raise RecordGone from error
            except PlaceGone:
                log.warning("reports cannot be shown", job_id=record.job.id)
                await self._store.withdraw_report(record.job.id)
                return texts.REPORT_NO_CHANNEL
        return texts.REPORTED if is_shown else texts.REPORT_AGAIN

    async def _taken(self, record: Record, person: Person) -> str:
        """Open a report where somebody can decide, and bring it; says how that went."""
        job = record.job
        if await self._desk.channel_of(job) is None and not self._desk.operators():
            return texts.REPORT_NOWHERE
        try:
            report = await self._store.open_report(job.id, person)
        except KeyError as error:  # erased meanwhile
            raise RecordGone from error
        if not report.is_open:
            return texts.REPORT_DECIDED
        log.info("picture reported", job_id=job.id)
        return await self.bring(record, report)

    async def _shown(self, record: Record, report: Report) -> bool:
        """Show a report in its channel, or else to operators; False where it is to be tried again.

        Raises PlaceGone where it never can be, or KeyError.
        """
        channel = await self._desk.channel_of(record.job)
        if channel is not None:
            try:
                return await self._tried(record, report, channel)
            except PlaceGone:
                log.warning("channel for reports is gone", job_id=record.job.id)
        is_gone, is_shown = True, False
        for place in self._desk.operators():
            try:
                is_shown = await self._tried(record, report, place) or is_shown
                is_gone = False
            except PlaceGone:  # who never wrote to the bot cannot be written to
                log.info("operator not reached", job_id=record.job.id)
        if is_gone:
            raise PlaceGone
        return is_shown

    async def _tried(self, record: Record, report: Report, place: Place) -> bool:
        """Send a report to a place unless it was sent. Raises PlaceGone or KeyError."""
        port = self._port_of(place.platform)
        if port is None:
            return False
        try:
            await self._send_once(record, report, place, port)
        except PlaceGone:
            raise
        except PortError as error:
            log.warning("report not shown", job_id=record.job.id, kind=type(error).__name__)
            return False
        return True

    async def _send_once(
        self, record: Record, report: Report, place: Place, port: ChatPort
    ) -> None:
        """Send a report that may have been sent before. Raises KeyError or PortError."""
        job_id = record.job.id
        start = part_start(report)
        nonce = nonce_of(job_id, f"{start}{place.platform}:{place.id}")
        part = f"{start}{nonce}"[:_MAX_PART_CHARS]
        before = await self._store.begin_send(job_id, part, nonce)
        if before.state is DeliveryState.SENT:
            return
        found = None
        if before.state is not DeliveryState.NONE:
            try:
                found = await port.find(place, nonce)
            except Unclear:  # a report that comes twice is better than one that is lost
                log.info("report perhaps shown before", job_id=job_id)
        try:
            card = report_card(record)
            ref = found or await _sent(card, place, port, nonce)
        except (PlaceGone, PlatformDown, PortClosed):  # surely not sent
            await self._store.mark_unsent(job_id, part)
            raise
        await self._store.mark_beside(job_id, part, ref)


def part_start(report: Report) -> str:
    """Say how the names of all parts begin that show a report."""
    return f"report {report.num_openings} "


def report_card(record: Record, *, is_barred: bool = False) -> Card:
    """Show what is reported, hidden, with what can be done about it."""
    job = record.job
    pictures = cards.picture_files(record)
    bar = () if is_barred or not job.place.home else (buttons.BAR,)
    how = f"{texts.REPORT_HOW} {texts.REPORT_HOW_TO_BAR}" if bar else texts.REPORT_HOW
    barred = (texts.REPORT_BARRED,) if is_barred else ()
    return Card(
        job_id=job.id,
        state=CardState.NOTE,
        text=_about(record, how),
        notes=(*barred, texts.MADE_BY_AI),
        pictures=tuple(replace(picture, is_spoiler=True) for picture in pictures),
        buttons=(buttons.INFO, buttons.DELETE, buttons.KEEP, *bar),
        is_adult=job.manner.is_adult,
    )


def decided_card(record: Record, what: str) -> Card:
    """Say what was decided, and show nothing of it any more."""
    return cards.note(_about(record, what))


def without_pictures(card: Card) -> Card:
    """Show a report where not everybody may see its pictures."""
    notes = (texts.REPORT_HIDDEN, *(one for one in card.notes if one != texts.MADE_BY_AI))
    return replace(card, pictures=(), notes=notes, is_adult=False)


def _about(record: Record, what: str) -> str:
    job = record.job
    request = job.words or job.command.text
    return texts.report(channel=job.place.id, person=job.person.id, request=request, what=what)


async def _sent(card: Card, place: Place, port: ChatPort, nonce: str) -> MessageRef:
    """Send a report; where not everybody may see its pictures, without them. Raises PortError."""
    try:
        return await port.send(place, card, nonce=nonce)
    except PlaceGone:
        if not card.is_adult:
            raise
    return await port.send(place, without_pictures(card), nonce=nonce)
