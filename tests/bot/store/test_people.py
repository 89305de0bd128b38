"""What the store keeps of a person: usage, pictures, and that nothing is left after an erasure."""

from pathlib import Path

from sqlalchemy import create_engine, select

from bot.adapters.port import Person, Place
from bot.job import Closing
from bot.sealing import Sealer
from bot.store import Store
from bot.store.connection import with_driver
from bot.store.tables import metadata
from tests.bot.store.samples import (
    CANCELLED,
    DAY,
    HALL,
    JUNHO,
    MINJI,
    PREPARATION,
    WORDS,
    accept,
    at_step,
    drawn,
    message,
)
from tests.clock import ManualClock


async def live_through(store: Store, job_id: str, *, person: Person = MINJI) -> None:
    """Have a job leave a row in every table that has rows about jobs."""
    await accept(store, job_id, person=person)
    await store.keep_message(job_id, message(job_id))
    await store.keep_preparation(job_id, PREPARATION)
    await store.claim(job_id, "worker-0")
    await store.tell({job_id: (at_step(1), WORDS.encode())})
    await store.begin_send(job_id, "answer", "nonce")
    await store.mark_sent(job_id, "answer", message(job_id))
    await store.open_report(job_id, JUNHO)


async def test_units_add_up_by_person_by_place_and_by_day(store: Store) -> None:
    """What others used, elsewhere or on another day, does not count."""
    corner = Place(platform="web", id="corner")
    await accept(store, "a", units=2)
    await accept(store, "b", units=3, place=corner)
    await accept(store, "c", units=4, person=JUNHO)
    await accept(store, "given back", units=5)
    await store.conclude("given back", CANCELLED)
    minji, hall = store.person_name(MINJI), store.place_name(HALL)

    assert (2 + 3, 2 + 4) == await store.used(minji, hall, DAY)
    assert (0, 0) == await store.used(minji, hall, "2026-11-29")


async def test_the_last_acceptance_is_known(store: Store, clock: ManualClock) -> None:
    """By the newest of a person's jobs; a stranger has none."""
    await accept(store, "a")
    clock.pass_(3.0)
    await accept(store, "b")

    latest = [await store.last_accepted_s(store.person_name(who)) for who in (MINJI, JUNHO)]

    assert [3.0, None] == latest


async def test_pictures_come_newest_first(store: Store, clock: ManualClock) -> None:
    """Page by page, without what was not drawn and without other people's."""
    for job_id in ("a", "b", "c", "cancelled"):
        await accept(store, job_id)
        await store.conclude(job_id, CANCELLED if job_id == "cancelled" else drawn(job_id))
        clock.pass_(1.0)
    await accept(store, "junho's", person=JUNHO)
    await store.conclude("junho's", drawn("junho's"))
    minji = store.person_name(MINJI)

    pages = [await store.pictures_of(minji, limit=2, offset=offset) for offset in (0, 2)]

    assert [["c", "b"], ["a"]] == [[record.job.id for record in page] for page in pages]
    assert drawn("c") == pages[0][0].outcome


async def test_all_jobs_of_a_person_are_given(store: Store, clock: ManualClock) -> None:
    """However they ended, the oldest first."""
    for job_id in ("b", "a"):
        await accept(store, job_id)
        clock.pass_(1.0)
    await accept(store, "junho's", person=JUNHO)
    minji = store.person_name(MINJI)

    assert ["b", "a"] == [record.job.id for record in await store.jobs_of(minji)]


async def test_what_could_not_be_brought_is_held_for_its_person(
    store: Store, clock: ManualClock
) -> None:
    """Whatever the ending; the newest first, and no longer when it was shown."""
    for job_id in ("drawn", "failed", "shown"):
        await accept(store, job_id)
        clock.pass_(1.0)
        await store.conclude(job_id, drawn(job_id) if job_id == "drawn" else CANCELLED)
        await store.close_job(job_id, Closing.HELD)
    await accept(store, "junho's", person=JUNHO)
    await store.close_job("shown", Closing.DELIVERED)
    minji = store.person_name(MINJI)

    held = [record.job.id for record in await store.held_of(minji, limit=9)]
    assert ["failed", "drawn"] == held
    assert 1 == len(await store.held_of(minji, limit=1))


async def test_a_person_can_be_told_what_they_were_charged(store: Store) -> None:
    """Every charge is there, also one that was given back."""
    await accept(store, "one", units=2)
    await accept(store, "two")
    await store.conclude("two", CANCELLED)
    await accept(store, "junho's", person=JUNHO)

    charges = await store.charges_of(store.person_name(MINJI))
    assert ((DAY, 2, False), (DAY, 1, True)) == charges


async def test_only_closed_jobs_grow_old(store: Store, clock: ManualClock) -> None:
    """A job whose answer is still owed is kept, however old it is."""
    await accept(store, "old", "owed")
    clock.pass_(10.0)
    await accept(store, "new")
    for job_id in ("old", "new", "owed"):
        await store.conclude(job_id, CANCELLED)
    for job_id in ("old", "new"):
        await store.close_job(job_id, Closing.DELIVERED)

    assert ("old",) == await store.older_than(10.0)


async def test_nothing_is_left_of_a_deleted_job(store: Store, url: str) -> None:
    """No table has a row about it, and the neighbour's rows are all there."""
    await live_through(store, "one")
    await live_through(store, "neighbour", person=JUNHO)

    await store.delete(["one"])
    await store.delete([])

    engine = create_engine(with_driver(url))
    with engine.connect() as connection:
        left = {
            table.name: connection.scalars(select(column)).all()
            for table in metadata.sorted_tables
            for column in table.columns
            if column.name == "job_id" or column is metadata.tables["jobs"].c.id
        }
    engine.dispose()
    tables = ("jobs", "usage", "progress", "deliveries", "reports")
    assert {table: ["neighbour"] for table in tables} == left


async def test_no_byte_of_a_deleted_job_stays_in_the_files(
    sqlite_file: Path, sealer: Sealer, clock: ManualClock
) -> None:
    """Its id is overwritten in the database and in the log that runs ahead of it."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer, clock=clock)
    await live_through(store, "a-very-special-id")
    files = list(sqlite_file.parent.glob("app.db*"))
    before = b"".join(file.read_bytes() for file in files)

    await store.delete(["a-very-special-id"])

    after = b"".join(file.read_bytes() for file in files)
    await store.close()
    assert b"a-very-special-id" in before
    assert b"a-very-special-id" not in after


async def test_no_file_shows_who_asked_for_what(
    sqlite_file: Path, sealer: Sealer, clock: ManualClock
) -> None:
    """Neither people, places, words nor messages can be read without the key."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer, clock=clock)
    await live_through(store, "one")
    await store.conclude("one", drawn("one"))
    content = b"".join(file.read_bytes() for file in sqlite_file.parent.glob("app.db*"))
    await store.close()

    for secret in ("minji", "hall", "whale", "e-one", "고래", "\\uace0\\ub798"):
        assert secret.encode() not in content, secret


async def test_the_erased_are_remembered_by_name_only(store: Store, clock: ManualClock) -> None:
    """A tombstone says who asked for an erasure, once, and when they did last."""
    minji = store.person_name(MINJI)
    for buried_s in (1.0, 3.0, 2.0):
        await store.bury(minji, buried_s)

    assert {minji: 3.0} == await store.tombstones()


async def test_only_what_is_older_than_its_erasure_has_risen(
    store: Store, clock: ManualClock
) -> None:
    """Jobs that a backup brought back are named; what was asked for afterwards is not."""
    await accept(store, "brought back")
    await accept(store, "junho's", person=JUNHO)
    clock.pass_(1.0)
    await store.bury(store.person_name(MINJI), clock())
    clock.pass_(1.0)
    await accept(store, "afterwards")

    assert ("brought back",) == await store.risen()
