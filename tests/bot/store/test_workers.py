"""Workers in the store: what is in flight, and whose death it was."""

from bot.job import Phase
from bot.store import Store, Worker
from tests.bot.store.samples import CANCELLED, accept
from tests.clock import ManualClock


async def phase_of(store: Store, job_id: str) -> Phase:
    """Say how far a job is."""
    found = await store.find(job_id)
    assert found is not None
    return found.phase


async def test_a_claimed_job_is_being_drawn(store: Store) -> None:
    """The worker learns that nobody died of it yet."""
    await accept(store, "one")

    assert 0 == await store.claim("one", "worker-0")
    assert Phase.DRAWING == await phase_of(store, "one")


async def test_there_is_nothing_to_claim_of_a_settled_job(store: Store) -> None:
    """A job that was cancelled while it waited, or erased, is not drawn."""
    await accept(store, "one")
    await store.conclude("one", CANCELLED)

    assert [None, None] == [await store.claim(name, "worker-0") for name in ("one", "gone")]
    assert Phase.CONCLUDED == await phase_of(store, "one")


async def test_a_death_is_counted_against_what_was_in_flight(store: Store, other: Store) -> None:
    """Jobs of the dead worker wait again, one death richer; those of others are left alone."""
    await accept(store, "old", "new", "neighbour", "waiting")
    for job_id in ("new", "old"):
        await store.claim(job_id, "worker-0")
    await store.claim("neighbour", "worker-1")

    mourned = await other.mourn("worker-0")

    assert ("new", "old") == mourned
    assert Phase.QUEUED == await phase_of(store, "old")
    assert [1, 1, 0, 0] == [
        await store.claim(name, "worker-2") for name in ("old", "new", "neighbour", "waiting")
    ]


async def test_a_death_is_mourned_once(store: Store) -> None:
    """A second look finds nobody in flight, and counts no second death."""
    await accept(store, "one")
    await store.claim("one", "worker-0")

    mourned = [await store.mourn("worker-0") for _ in range(2)]

    assert [("one",), ()] == mourned
    assert 1 == await store.deaths_since(0.0)


async def test_a_job_that_was_let_go_dies_with_nobody(store: Store) -> None:
    """A worker that stops in order takes no job with it."""
    await accept(store, "one")
    await store.claim("one", "worker-0")

    await store.let_go("one")

    assert Phase.QUEUED == await phase_of(store, "one")
    assert () == await store.mourn("worker-0")
    assert 0 == await store.deaths_since(0.0)


async def test_neither_death_nor_release_reopens_a_settled_job(store: Store) -> None:
    """A job that was cancelled while it was drawn stays cancelled."""
    await accept(store, "let go", "mourned")
    for job_id in ("let go", "mourned"):
        await store.claim(job_id, "worker-0")
        await store.conclude(job_id, CANCELLED)

    await store.let_go("let go")
    await store.mourn("worker-0")

    assert [Phase.CONCLUDED] * 2 == [await phase_of(store, name) for name in ("let go", "mourned")]


async def test_letting_go_twice_moves_nothing(store: Store) -> None:
    """What is not in flight stays where it is."""
    await accept(store, "one")

    await store.let_go("one")

    assert Phase.ACCEPTED == await phase_of(store, "one")


async def test_deaths_are_counted_from_a_time_on(store: Store, clock: ManualClock) -> None:
    """Old deaths say nothing about today."""
    await accept(store, "one")
    for _ in range(3):
        clock.pass_(10.0)
        await store.claim("one", "worker-0")
        await store.mourn("worker-0")

    assert [3, 2, 0] == [await store.deaths_since(s) for s in (0.0, 20.0, 31.0)]


async def test_the_last_beat_of_a_worker_is_kept(store: Store, clock: ManualClock) -> None:
    """A worker is known by what it said last, and one that left says so until it is back."""
    await store.beat("worker-1", info="{}", is_ready=True)
    await store.beat("worker-0", info="{}", is_ready=False)
    clock.pass_(2.0)
    await store.beat("worker-0", info='{"steps": 4}', is_ready=True)
    await store.leave("worker-1")

    stayed = Worker(name="worker-0", seen_s=2.0, info='{"steps": 4}', is_ready=True, has_left=False)
    left = Worker(name="worker-1", seen_s=0.0, info="{}", is_ready=False, has_left=True)
    assert (stayed, left) == await store.workers()

    await store.beat("worker-1", info="{}", is_ready=True)
    assert [False, False] == [worker.has_left for worker in await store.workers()]
