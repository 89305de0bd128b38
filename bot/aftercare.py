"""What is done with a finished job, other than drawing: it is told how, it is shown again, it is taken away."""

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace

import structlog

from bot import cards
from bot.adapters.port import Card, ChatPort, Message, MessageGone, NotForEverybody, Person, Press
from bot.delivery import nonce_of
from bot.files import Files
from bot.job import Ending, NotYours, Record, photo_key
from bot.keeping import PICTURES
from bot.redraw import RecordGone, is_removed
from bot.rules import AdultsElsewhere
from bot.store import Store

log = structlog.get_logger()


class Aftercare:
    """Answers the buttons of finished jobs that draw nothing; lives as long as the chat role."""

    def __init__(
        self,
        *,
        store: Store,
        files: Files,
        card_of: Callable[[Record], Card],
        hold: Callable[[str], AbstractAsyncContextManager[None]],
        port_of: Callable[[str], ChatPort | None],
    ) -> None:
        self._store, self._files = store, files
        self._card_of, self._hold = card_of, hold
        self._port_of = port_of

    async def inform(self, record: Record, press: Press, port: ChatPort) -> None:
        """Show whoever pressed how a job was understood. Raises RecordGone or PortError."""
        if record.preparation is None or record.preparation.prompt is None:
            raise RecordGone
        await port.send(press.place, cards.info(record), reply_to=press.event_id)

    async def original(self, record: Record, press: Press, port: ChatPort) -> None:
        """Give the files of a job's pictures to all who see those. Raises like `fetch`, or OSError."""
        there = await self._files.keys(f"{PICTURES}{record.job.id}-")
        if record.outcome is None or not there:
            raise RecordGone
        card = cards.originals(record, frozenset(there))
        card = replace(card, is_private=press.place != record.job.place)
        with among_adults():
            await port.send(press.place, card, reply_to=press.event_id)

    async def fetch(self, record: Record, press: Press, port: ChatPort) -> None:
        """Show an answer once more. Raises RecordGone, AdultsElsewhere or PortError."""
        if record.outcome is None:
            raise RecordGone
        with among_adults():
            await port.send(
                press.place,
                self._card_of(record),
                reply_to=press.event_id,
                nonce=nonce_of(record.job.id, press.event_id),
            )

    async def remove(self, record: Record, press: Press) -> None:
        """Take a job's pictures away, for good and for everybody; safe to repeat.

        Only whoever asked for them may, and who looks after the place. Where a message cannot be
        taken away any more, it says at least that there was a picture.

        Raises NotYours, RecordGone, StoreError, OSError or PortError.
        """
        job = record.job
        if not may_end(record, press.person, store=self._store):
            raise NotYours
        async with self._hold(job.id):  # nobody brings the pictures meanwhile
            now = await self._store.find(job.id)
            if now is None or now.outcome is None:
                raise RecordGone
            if now.outcome.ending is Ending.DRAWN:
                await self._files.remove(
                    [*(picture.key for picture in now.outcome.pictures), photo_key(job.id)]
                )
                await self._store.remove_pictures(job.id)
            elif not is_removed(now):
                raise RecordGone
        log.info("pictures removed", job_id=job.id)
        if now.message is None:
            return
        port = self._port_of(now.message.place.platform)
        if port is None:
            return
        try:
            await port.remove(now.message)
        except MessageGone:
            await port.edit(now.message, cards.removed())


@contextmanager
def among_adults() -> Iterator[None]:
    """Say to whoever asked why a picture for adults is not shown where they are. Raises AdultsElsewhere."""
    try:
        yield
    except NotForEverybody as error:
        raise AdultsElsewhere from error


def may_end(record: Record, person: Person, *, store: Store) -> bool:
    """Whether somebody may cancel or take away a job: their own, or where they look after the place."""
    return person.may_moderate or store.is_same(record.job.person, person)


def is_at_hand(record: Record, event: Message | Press, *, store: Store) -> bool:
    """Whether a job lies where somebody is, or is theirs: what a button names can be forged.

    Who looks after a server has all of its channels at hand.
    """
    person, there, here = event.person, record.job.place, event.place
    is_home = (there.platform, there.home_id) == (here.platform, here.home_id)
    is_theirs = store.is_same(record.job.person, person)
    return is_theirs or there == here or (is_home and person.may_moderate)
