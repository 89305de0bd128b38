"""A picture that somebody reports: shown to those who look after the server, once for each who reports it.

Where it is shown is a rule of the server (`places.py`). Whoever reports is named to nobody.
"""

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
from bot.job import Ending, Record
from bot.places import Places
from bot.redraw import RecordGone
from bot.store import DeliveryState, Store

log = structlog.get_logger()


class Reports:
    """Passes reports on; lives as long as the chat role."""

    def __init__(self, *, store: Store, places: Places) -> None:
        self._store, self._places = store, places

    async def report(self, record: Record, press: Press, port: ChatPort) -> None:
        """Show a job's pictures in the channel for reports, and tell whoever pressed.

        Raises RecordGone, NotAccepted, StoreError or PortError, the last where the person cannot be told.
        """
        if record.outcome is None or record.outcome.ending is not Ending.DRAWN:
            raise RecordGone
        home = record.job.place
        channel = (await self._places.rules_of(home)).report_channel
        text = texts.REPORT_NOWHERE
        if channel:
            place = Place(platform=home.platform, id=channel, home=home.home)
            text = await self._told(record, press.person, place, port)
        note = replace(cards.note(text), is_private=True)
        await port.send(press.place, note, reply_to=press.event_id)

    async def _told(self, record: Record, person: Person, place: Place, port: ChatPort) -> str:
        """Send a report unless it was sent; says how that went."""
        nonce = nonce_of(record.job.id, f"report {self._store.person_name(person)}")
        try:
            await self._send_once(record, place, port, nonce)
        except KeyError as error:  # erased meanwhile
            raise RecordGone from error
        except PlaceGone:
            log.warning("reports cannot be shown", job_id=record.job.id)
            return texts.REPORT_NO_CHANNEL
        except PortError as error:
            log.warning("report not shown", job_id=record.job.id, kind=type(error).__name__)
            return texts.REPORT_AGAIN
        log.info("picture reported", job_id=record.job.id)
        return texts.REPORTED

    async def _send_once(self, record: Record, place: Place, port: ChatPort, nonce: str) -> None:
        """Send a report that may have been sent before. Raises KeyError or PortError."""
        job_id = record.job.id
        before = await self._store.begin_send(job_id, nonce, nonce)  # a part for each who reports
        if before.state is DeliveryState.SENT:
            return
        found = None
        if before.state is not DeliveryState.NONE:
            try:
                found = await port.find(place, nonce)
            except Unclear:  # a report that comes twice is better than one that is lost
                log.info("report perhaps shown before", job_id=job_id)
        try:
            ref = found or await _shown(report_card(record), place, port, nonce)
        except (PlaceGone, PlatformDown, PortClosed):  # surely not sent
            await self._store.mark_unsent(job_id, nonce)
            raise
        await self._store.mark_beside(job_id, nonce, ref)


def report_card(record: Record) -> Card:
    """Show what is reported, hidden, with what can be done about it. The job has pictures."""
    job = record.job
    pictures = cards.picture_files(record)
    return Card(
        job_id=job.id,
        state=CardState.NOTE,
        text=texts.report(
            channel=job.place.id, person=job.person.id, request=job.words or job.command.text
        ),
        notes=(texts.MADE_BY_AI,),
        pictures=tuple(replace(picture, is_spoiler=True) for picture in pictures),
        buttons=(buttons.INFO, buttons.DELETE),
        is_adult=job.manner.is_adult,
    )


async def _shown(card: Card, place: Place, port: ChatPort, nonce: str) -> MessageRef:
    """Send a report; where not everybody may see its pictures, without them. Raises PortError."""
    try:
        return await port.send(place, card, nonce=nonce)
    except PlaceGone:
        if not card.is_adult:
            raise
    bare = replace(card, pictures=(), notes=(texts.REPORT_HIDDEN,), is_adult=False)
    return await port.send(place, bare, nonce=nonce)
