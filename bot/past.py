"""What a place showed before its adapter forgot it: the rows of its newest jobs → cards again."""

from collections.abc import Callable

from bot import cards
from bot.adapters.port import Card, Past, Place
from bot.job import Record
from bot.redraw import is_removed
from bot.store import Store

_NUM_JOBS = 30


async def past_of(
    place: Place, *, store: Store, card_of: Callable[[Record], Card]
) -> tuple[Past, ...]:
    """Give the cards of a place that are worth showing again, the oldest first.

    card_of: how a job ended. A live one is shown as it was at first: whoever follows it will tell.

    Raises StoreError.
    """
    records = await store.of_place(store.place_name(place), limit=_NUM_JOBS)
    hidden = await store.under_review([record.job.id for record in records])

    def shown(record: Record) -> Card:
        return cards.under_review() if record.job.id in hidden else card_of(record)

    return tuple(past for record in records if (past := _past(record, shown)))


def _past(record: Record, card_of: Callable[[Record], Card]) -> Past | None:
    job = record.job
    if record.message is None or is_removed(record):  # nobody saw it yet, or is to see it again
        return None
    return Past(
        message=record.message,
        card=card_of(record) if record.outcome else cards.accepted(job.id, is_ready=True),
        event_id=job.event_id,
        words=job.words,
        has_photo=job.has_photo,
    )
