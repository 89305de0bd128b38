"""What an adapter that was started anew may show again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import cards
from bot.adapters.port import CardState, MessageRef, Past
from bot.past import past_of
from bot.sealing import KEY_BYTES, Sealer
from bot.store import Store
from tests.bot.store.samples import CANCELLED, DAY, HALL, WORDS, a_job, drawn, message
from tests.clock import ManualClock
from tests.doubles import preparation


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """An empty store."""
    url, sealer = f"sqlite:///{tmp_path}/app.db", Sealer(b"k" * KEY_BYTES)
    store = await Store.open(url, sealer=sealer, clock=ManualClock())
    yield store
    await store.close()


async def accept(store: Store, job_id: str, *, words: str, ref: MessageRef | None) -> None:
    """Have a job accepted, and its card shown somewhere."""
    job = replace(a_job(job_id), words=words, has_photo=bool(words))
    await store.accept(job, cost=1.0, start=0.0, finish=1.0, units=1, day=DAY)
    if ref is not None:
        await store.keep_message(job_id, ref)


async def past(store: Store) -> tuple[Past, ...]:
    """Read the past of the hall."""
    return await past_of(HALL, store=store, card_of=lambda record: cards.ending(record, ()))


async def test_what_ended_shows_how(store: Store) -> None:
    """In its message, with the words that it answered; a button leaves none."""
    await accept(store, "a", words=WORDS, ref=message("m1"))
    await store.keep_preparation("a", preparation("고래"))
    await store.conclude("a", drawn("a"))
    await accept(store, "b", words="", ref=message("m2"))
    await store.conclude("b", CANCELLED)

    first, second = await past(store)

    assert (message("m1"), CardState.DONE) == (first.message, first.card.state)
    assert (WORDS, True, "e-a") == (first.words, first.has_photo, first.event_id)
    assert (message("m2"), CardState.CANCELLED) == (second.message, second.card.state)
    assert ("", False) == (second.words, second.has_photo)


async def test_what_lives_waits_and_what_nobody_saw_stays_away(store: Store) -> None:
    """A live job keeps its place among the others; the first card of another is still to come."""
    await accept(store, "a", words=WORDS, ref=message("m1"))
    await accept(store, "b", words=WORDS, ref=None)

    (only,) = await past(store)

    assert (message("m1"), CardState.WAITING) == (only.message, only.card.state)
