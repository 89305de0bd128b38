"""Accounts that are one person's: read together, parted without a trace, erased together."""

import asyncio
from pathlib import Path

import pytest

from bot.adapters.port import Person
from bot.sealing import Sealer
from bot.store import Candidate, Joining, Live, Store
from bot.store.links import CODE_S, MAX_ACCOUNTS
from tests.bot.store.samples import DAY, HALL, JUNHO, MINJI, a_job, accept, drawn
from tests.clock import ManualClock

SORA = Person(platform="telegram", id="sora")


async def join(store: Store, one: Person, other: Person, code: str = "code") -> Joining:
    """Give one account a code and have another use it."""
    await store.keep_code(one, code)
    return await store.join(other, code)


def are_one(store: Store, *people: Person) -> bool:
    """Whether accounts are one person's, and know that they are."""
    names = {store.person_name(person) for person in people}
    return len(names) == 1 and len(store.account_names(names.pop())) == len(people)


async def test_what_was_asked_for_before_is_read_together(store: Store, clock: ManualClock) -> None:
    """History, charges and the newest request of both accounts are one person's."""
    await accept(store, "a", units=2)
    clock.pass_(5.0)
    await accept(store, "b", person=JUNHO, units=3)
    await store.conclude("a", drawn("a"))
    await store.conclude("b", drawn("b"))

    assert Joining.JOINED is await join(store, MINJI, JUNHO)

    name = store.person_name(MINJI)
    assert name == store.person_name(JUNHO)
    assert ["b", "a"] == [one.job.id for one in await store.pictures_of(name, limit=9)]
    assert ["a", "b"] == [one.job.id for one in await store.jobs_of(name)]
    assert (5, 5) == await store.used(name, store.place_name(HALL), DAY)
    assert [2, 3] == [units for _, units, _ in await store.charges_of(name)]
    assert 5.0 == await store.last_accepted_s(name)


async def test_a_request_is_judged_by_what_both_accounts_have(store: Store) -> None:
    """Caps, fairness, quota and cool-down see one person, also within one commit."""
    seen: list[tuple[set[str], int, float | None]] = []

    def judge(
        live: object, used: tuple[int, int], last_accepted_s: float | None
    ) -> tuple[float, float]:
        assert isinstance(live, list)
        people = {row.person for row in live if isinstance(row, Live)}
        seen.append((people, used[0], last_accepted_s))
        return 0.0, 1.0

    await accept(store, "a")
    await join(store, MINJI, JUNHO)
    await store.accept_all(
        [
            Candidate(job=a_job(id_, person=person), cost=1.0, units=1, day=DAY, judge=judge)
            for id_, person in (("b", JUNHO), ("c", MINJI))
        ]
    )

    name = store.person_name(MINJI)
    assert [({name}, 1, 0.0), ({name}, 2, 0.0)] == seen
    assert {name} == {row.person for row in await store.live()}


async def test_parting_gives_everybody_what_they_asked_for(store: Store) -> None:
    """Also what was asked for while the accounts were joined; charges follow it."""
    await accept(store, "a", units=1)
    await join(store, MINJI, JUNHO)
    await accept(store, "b", person=JUNHO, units=2)
    await accept(store, "c", units=4)

    assert await store.part_account(JUNHO)

    asked = {
        person: [one.job.id for one in await store.jobs_of(store.person_name(person))]
        for person in (MINJI, JUNHO)
    }
    assert {MINJI: ["a", "c"], JUNHO: ["b"]} == asked
    assert (5, 7) == await store.used(store.person_name(MINJI), store.place_name(HALL), DAY)
    assert not await store.part_account(MINJI)


async def test_joining_and_parting_gives_no_quota_back(store: Store) -> None:
    """However often somebody does it, what was charged stays charged."""
    await accept(store, "a", units=3)
    for code in ("one", "two"):
        await join(store, MINJI, JUNHO, code)
        await store.part_account(MINJI)

    assert (3, 3) == await store.used(store.person_name(MINJI), store.place_name(HALL), DAY)


async def test_three_platforms_become_one_person_and_one_leaves(
    store: Store, clock: ManualClock
) -> None:
    """Whoever is joined joins with all of theirs, whichever side the code was given to."""
    assert Joining.JOINED is await join(store, MINJI, JUNHO)
    clock.pass_(1.0)
    assert Joining.JOINED is await join(store, SORA, MINJI)
    assert are_one(store, MINJI, JUNHO, SORA)
    assert (JUNHO, MINJI, SORA) == await store.accounts_of(JUNHO)

    await store.part_account(MINJI)

    assert are_one(store, JUNHO, SORA)
    assert are_one(store, MINJI)
    assert (MINJI,) == await store.accounts_of(MINJI)


async def test_two_pairs_become_one_person(store: Store) -> None:
    """Everybody of both pairs is in it."""
    haru = Person(platform="web", id="haru")
    await join(store, MINJI, JUNHO, "one")
    await join(store, SORA, haru, "two")
    await join(store, JUNHO, haru, "three")

    assert are_one(store, MINJI, JUNHO, SORA, haru)


async def test_a_cycle_changes_nothing(store: Store) -> None:
    """Who is one person already is told so, and the code is used up."""
    await join(store, MINJI, JUNHO, "one")
    await join(store, JUNHO, SORA, "two")

    assert Joining.ALREADY is await join(store, SORA, MINJI, "three")
    assert Joining.UNKNOWN is await store.join(JUNHO, "three")
    assert are_one(store, MINJI, JUNHO, SORA)


async def test_a_person_has_so_many_accounts_and_no_more(store: Store) -> None:
    """One that does not fit stays apart."""
    accounts = [Person(platform="web", id=str(number)) for number in range(MAX_ACCOUNTS + 1)]
    for one in accounts[1:-1]:
        assert Joining.JOINED is await join(store, accounts[0], one)

    assert Joining.FULL is await join(store, accounts[0], accounts[-1])
    assert are_one(store, *accounts[:-1])


async def test_a_code_works_once_for_others_and_for_a_while(
    store: Store, clock: ManualClock
) -> None:
    """A newer one, its owner and time make it void."""
    await store.keep_code(MINJI, "old")
    await store.keep_code(MINJI, "new")
    assert Joining.UNKNOWN is await store.join(JUNHO, "old")
    assert Joining.OWN is await store.join(MINJI, "new")
    assert Joining.UNKNOWN is await store.join(JUNHO, "new")

    await store.keep_code(MINJI, "late")
    clock.pass_(CODE_S)
    assert Joining.UNKNOWN is await store.join(JUNHO, "late")
    assert are_one(store, MINJI)


async def test_of_many_who_use_a_code_at_once_one_is_joined(store: Store) -> None:
    """A code that is seen in public joins nobody else."""
    others = [Person(platform="telegram", id=str(number)) for number in range(8)]
    await store.keep_code(MINJI, "code")
    came = await asyncio.gather(*(store.join(other, "code") for other in others))

    assert [Joining.JOINED] == [one for one in came if one is not Joining.UNKNOWN]
    assert 2 == len(await store.accounts_of(MINJI))


async def test_two_who_use_each_others_codes_at_once_are_joined_once(store: Store) -> None:
    """One of the codes joins; the other finds it done."""
    await store.keep_code(MINJI, "minji")
    await store.keep_code(JUNHO, "junho")
    came = await asyncio.gather(store.join(JUNHO, "minji"), store.join(MINJI, "junho"))

    assert {Joining.JOINED, Joining.ALREADY} == set(came)
    assert are_one(store, MINJI, JUNHO)


async def test_joins_at_once_lose_none(store: Store) -> None:
    """What is known in memory is what the database has after the last of them."""
    people = [Person(platform="telegram", id=str(number)) for number in range(4)]
    for number, person in enumerate(people):
        await store.keep_code(person, str(number))
    await asyncio.gather(*(store.join(MINJI, str(number)) for number in range(4)))

    assert are_one(store, MINJI, *people)
    known = store.account_names(store.person_name(MINJI))
    await store.load_links()
    assert known == store.account_names(store.person_name(MINJI))


async def test_codes_and_links_outlive_a_restart(
    url: str, store: Store, sealer: Sealer, clock: ManualClock
) -> None:
    """The next process knows who is one person, and takes codes of the one before."""
    await join(store, MINJI, JUNHO)
    await store.keep_code(JUNHO, "later")
    await store.close()

    after = await Store.open(url, sealer=sealer, clock=clock)
    try:
        assert are_one(after, MINJI, JUNHO)
        assert Joining.JOINED is await after.join(SORA, "later")
    finally:
        await after.close()


async def test_every_account_of_an_erased_person_has_a_tombstone(store: Store) -> None:
    """So that a backup from before the joining brings nothing back either."""
    await accept(store, "a")
    await accept(store, "b", person=JUNHO)
    await join(store, MINJI, JUNHO)
    name = store.person_name(MINJI)

    await store.bury(name, 1.0)
    await store.drop_links(name)

    assert {store.account_name(MINJI), store.account_name(JUNHO)} == set(await store.tombstones())
    assert ("a", "b") == await store.risen()
    assert are_one(store, MINJI)


async def test_a_dropped_person_leaves_no_code(store: Store) -> None:
    """What was given before an erasure joins nobody afterwards."""
    await store.keep_code(MINJI, "code")
    await store.drop_links(store.person_name(MINJI))

    assert Joining.UNKNOWN is await store.join(JUNHO, "code")


@pytest.mark.parametrize(("buried_s", "is_kept"), [(10.0, False), (9.0, True)])
async def test_links_older_than_an_erasure_go(
    store: Store, clock: ManualClock, buried_s: float, is_kept: bool
) -> None:
    """A backup may bring them back; who joined after an erasure stays joined."""
    clock.pass_(10.0)
    await join(store, MINJI, JUNHO)
    await store.keep_code(MINJI, "code")
    await store._database.write(
        lambda connection: connection.exec_driver_sql(
            "INSERT INTO tombstones (person, buried_s) VALUES"
            f" ('{store.account_name(MINJI)}', {buried_s})"
        ).close()
    )

    await store.drop_risen_links()

    assert is_kept == are_one(store, MINJI, JUNHO)
    assert (Joining.JOINED if is_kept else Joining.UNKNOWN) is await store.join(SORA, "code")


async def test_nobody_reads_who_is_joined_with_whom(
    sqlite_file: Path, sealer: Sealer, clock: ManualClock
) -> None:
    """The file names neither people nor codes."""
    store = await Store.open(f"sqlite:///{sqlite_file}", sealer=sealer, clock=clock)
    await join(store, MINJI, JUNHO)
    await store.keep_code(MINJI, "ABCD2345")
    await store.close()

    kept = b"".join(path.read_bytes() for path in sqlite_file.parent.glob("app.db*"))
    assert [] == [word for word in (b"minji", b"junho", b"ABCD2345") if word in kept]
