"""Jobs in the store: accepted once, concluded once, and what is kept in between."""

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.port import Place
from bot.job import Closing, Ending, Outcome, Phase, Record
from bot.sealing import KEY_BYTES, Sealer
from bot.store import Live, Store
from tests.bot.store.samples import (
    CANCELLED,
    DAY,
    FAILED,
    HALL,
    JUNHO,
    MINJI,
    PREPARATION,
    a_job,
    accept,
    drawn,
    message,
)
from tests.clock import ManualClock


async def used_by_minji(store: Store) -> int:
    """Count what stays charged to her."""
    units, _ = await store.used(store.person_name(MINJI), store.place_name(HALL), DAY)
    return units


async def test_an_accepted_job_is_found_as_it_was(store: Store, clock: ManualClock) -> None:
    """All that was asked for comes back, with the time it was accepted."""
    clock.pass_(100.0)

    await accept(store, "one")

    record = Record(job=a_job("one"), phase=Phase.ACCEPTED, accepted_s=100.0, cost=2.0, start=0.5)
    assert record == await store.find("one")


async def test_a_foreign_key_opens_nothing(store: Store, url: str) -> None:
    """An empty store opens with any key, a store with jobs only with its own."""
    foreign = await Store.open(url, sealer=Sealer(b"f" * KEY_BYTES))
    try:
        assert await foreign.can_open()
        await accept(store, "one")
        assert await store.can_open()
        assert not await foreign.can_open()
        await accept(foreign, "two")
        assert await foreign.can_open()  # one that is damaged holds up nobody
    finally:
        await foreign.close()


async def test_an_id_is_accepted_once(store: Store, other: Store) -> None:
    """The second time nothing is written and nothing is charged, whoever asks."""
    await accept(store, "one")

    again = await other.accept(a_job("one"), cost=9, start=9, finish=9, units=9, day=DAY)

    assert not again
    assert 1 == await used_by_minji(store)


async def test_of_two_at_once_one_accepts(store: Store, other: Store) -> None:
    """The same event, delivered to two processes at the same moment, makes one job."""
    asked = [
        one.accept(a_job("one"), cost=1, start=0, finish=1, units=1, day=DAY)
        for one in (store, other, store, other)
    ]

    assert [False, False, False, True] == sorted(await asyncio.gather(*asked))
    assert 1 == await used_by_minji(store)


async def test_a_withdrawn_job_never_was(store: Store) -> None:
    """Neither the job nor its charge stays."""
    await accept(store, "one")

    await store.withdraw("one")

    assert await store.find("one") is None
    assert 0 == await used_by_minji(store)


async def test_live_jobs_are_those_without_an_end(store: Store, clock: ManualClock) -> None:
    """They come with what their place among the others is made of, the oldest first."""
    await accept(store, "old", "ended")
    clock.pass_(5.0)
    await accept(store, "new")
    await store.claim("old", "worker-0")
    await store.conclude("ended", CANCELLED)

    live = await store.live()

    old = Live(
        id="old", person=store.person_name(MINJI), place=store.place_name(HALL),
        cost=2.0, start=0.5, finish=2.5, phase=Phase.DRAWING, accepted_s=0.0,
    )  # fmt: skip
    new = replace(old, id="new", phase=Phase.ACCEPTED, accepted_s=5.0)
    assert (old, new) == live


async def test_the_newest_jobs_of_a_place_are_found(store: Store, clock: ManualClock) -> None:
    """Whoever asked for them and however they ended, the oldest of them first."""
    for job_id in ("a", "b", "c"):
        await accept(store, job_id, person=JUNHO if job_id == "b" else MINJI)
        clock.pass_(1.0)
    await accept(store, "elsewhere", place=Place(platform="web", id="corner"))
    await store.conclude("b", drawn("b"))

    found = await store.of_place(store.place_name(HALL), limit=2)

    assert ["b", "c"] == [record.job.id for record in found]


async def test_jobs_are_found_by_how_their_ids_begin(store: Store, clock: ManualClock) -> None:
    """The newest come first, and an id that only holds the letters elsewhere is none."""
    for job_id in ("abcd0001", "abcdffff", "abce0000", "0abcd000"):
        await accept(store, job_id)
        clock.pass_(1.0)

    found = [record.job.id for record in await store.beginning("abcd")]

    assert ["abcdffff", "abcd0001"] == found
    assert ["abcd0001"] == [record.job.id for record in await store.beginning("abcd0001")]
    assert () == await store.beginning("ffff")


async def test_what_is_not_closed_is_unclosed(store: Store) -> None:
    """A concluded job stays on the list until its person was told."""
    await accept(store, "closed", "concluded", "new")
    await store.conclude("concluded", CANCELLED)
    await store.conclude("closed", CANCELLED)
    await store.close_job("closed", Closing.DELIVERED)

    expected = (("concluded", Phase.CONCLUDED, 0.0), ("new", Phase.ACCEPTED, 0.0))
    assert expected == await store.unclosed()


async def test_the_first_message_stays(store: Store, other: Store) -> None:
    """Whoever shows a second card for a job learns of the first."""
    await accept(store, "one")

    kept = [await one.keep_message("one", message(name)) for one, name in ((store, "a"), (other, "b"))]  # fmt: skip

    assert [message("a")] * 2 == kept


async def test_a_prepared_job_is_queued(store: Store) -> None:
    """The preparation is kept, and a job that was only accepted waits for a worker."""
    await accept(store, "one")

    await store.keep_preparation("one", PREPARATION)

    found = await store.find("one")
    assert found is not None
    assert (Phase.QUEUED, PREPARATION) == (found.phase, found.preparation)


@pytest.mark.parametrize("ends", [False, True], ids=["drawing", "concluded"])
async def test_a_late_preparation_takes_no_job_back(store: Store, ends: bool) -> None:
    """A step that is repeated does not move a job that went on meanwhile."""
    await accept(store, "one")
    await store.claim("one", "worker-0")
    if ends:
        await store.conclude("one", CANCELLED)

    await store.keep_preparation("one", PREPARATION)

    found = await store.find("one")
    assert found is not None
    assert (Phase.CONCLUDED if ends else Phase.DRAWING) == found.phase


async def test_the_first_outcome_stays(store: Store, other: Store) -> None:
    """Of a cancel, a crash and a picture that race, one wins, and all learn which."""
    await accept(store, "one")

    ends = [
        one.conclude("one", outcome)
        for one, outcome in ((store, CANCELLED), (other, FAILED), (store, drawn("one")))
    ]
    told = await asyncio.gather(*ends)

    found = await store.find("one")
    assert found is not None
    assert Phase.CONCLUDED == found.phase
    assert [found.outcome] * 3 == told


@pytest.mark.parametrize(
    ("outcome", "units"),
    [
        (drawn("one"), 3),
        (drawn("one", num_missing=2), 3),
        (CANCELLED, 0),
        (FAILED, 0),
        (Outcome(ending=Ending.QUESTION), 0),
    ],
    ids=["drawn", "partly drawn", "cancelled", "failed", "question"],
)
async def test_only_what_was_drawn_is_charged(store: Store, outcome: Outcome, units: int) -> None:
    """The charge is given back, once, where the job ends without a picture."""
    await accept(store, "one", units=3)

    await store.conclude("one", outcome)
    await store.conclude("one", CANCELLED)

    assert units == await used_by_minji(store)


async def test_a_closed_job_says_what_became_of_the_answer(store: Store) -> None:
    """An answer that was held and is delivered later says so."""
    await accept(store, "one")
    await store.conclude("one", drawn("one"))

    await store.close_job("one", Closing.HELD)
    await store.close_job("one", Closing.DELIVERED)

    found = await store.find("one")
    assert found is not None
    assert (Phase.CLOSED, Closing.DELIVERED) == (found.phase, found.closing)


async def test_pictures_that_are_taken_away_stay_charged(store: Store) -> None:
    """The job is closed without them, and is none of its person's drawn ones any more."""
    await accept(store, "one")
    await store.conclude("one", drawn("one"))

    await store.remove_pictures("one")

    record = await store.find("one")
    assert record is not None
    assert (Outcome(ending=Ending.REMOVED), Phase.CLOSED) == (record.outcome, record.phase)
    assert () == await store.pictures_of(store.person_name(MINJI), limit=9)
    assert 1 == await used_by_minji(store)


async def test_only_what_was_drawn_is_taken_away(store: Store) -> None:
    """A job that is under way, or ended otherwise, stays as it is."""
    await accept(store, "live", "cancelled")
    await store.conclude("cancelled", CANCELLED)

    for job_id in ("live", "cancelled"):
        await store.remove_pictures(job_id)

    live, cancelled = await store.find("live"), await store.find("cancelled")
    assert live is not None
    assert cancelled is not None
    assert (None, CANCELLED) == (live.outcome, cancelled.outcome)


async def test_a_job_without_an_end_is_not_closed(store: Store) -> None:
    """Nobody can have been told what is not settled."""
    await accept(store, "one")

    await store.close_job("one", Closing.DELIVERED)

    found = await store.find("one")
    assert found is not None
    assert Phase.ACCEPTED == found.phase


async def test_the_wanted_ones_are_named(store: Store) -> None:
    """A job is to be drawn until it is concluded; one that is not kept is not wanted."""
    await accept(store, "closed", "concluded", "new")
    await store.conclude("concluded", CANCELLED)
    await store.conclude("closed", CANCELLED)
    await store.close_job("closed", Closing.DELIVERED)

    named = ["closed", "concluded", "new", "unknown"]
    assert {"new"} == await store.wanted(named)
    assert {"closed", "concluded", "new"} == await store.kept(named * 1_000)
    assert set() == await store.wanted([]) | await store.kept([])


async def test_what_is_kept_no_longer_cannot_be_settled(store: Store) -> None:
    """A job that its person erased has no outcome and no message, and whoever asks is told."""
    with pytest.raises(KeyError):
        await store.conclude("gone", CANCELLED)
    with pytest.raises(KeyError):
        await store.keep_message("gone", message("a"))
