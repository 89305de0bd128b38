"""Strikes and suspensions: counted for a person, whatever accounts they have, and never a text."""

from collections.abc import Sequence
from pathlib import Path

from bot.adapters.port import Person
from bot.sealing import Sealer
from bot.store import Store, Struck
from bot.strikes import Penalties, Suspension
from pipeline import Rule
from tests.bot.store.samples import JUNHO, MINJI
from tests.clock import ManualClock

TEXT = "카나리아가 적은 말"
PENALTIES = Penalties(to_cool_down=3, cool_down_s=100.0, to_suspend=5)


async def strike(
    store: Store, events: Sequence[str], *, person: Person = MINJI, rule: Rule = Rule.SEXUAL
) -> Struck:
    """Strike somebody for several events; gives how they stand then."""
    for event in events:
        struck = await store.strike(person, rule, text=TEXT, event=event, penalties=PENALTIES)
    return struck


async def suspension(store: Store, person: Person = MINJI) -> Suspension | None:
    """Give what keeps somebody from drawing."""
    return await store.suspension_of(store.person_name(person))


def everything_in(folder: Path) -> bytes:
    """Read what a database has in its files."""
    return b"".join(file.read_bytes() for file in folder.glob("app.db*"))


async def join(store: Store) -> None:
    """Make two accounts one person's."""
    await store.keep_code(MINJI, "code")
    await store.join(JUNHO, "code")


async def test_strikes_lead_to_a_pause_and_then_to_a_suspension(store: Store) -> None:
    """The third of a day pauses, the fifth suspends until somebody lifts that."""
    assert Struck(num_strikes=2, suspension=None) == await strike(store, "ab")
    third = await strike(store, "c")
    fifth = await strike(store, "de")

    assert Suspension(since_s=0.0, until_s=100.0) == third.suspension
    assert Struck(num_strikes=5, suspension=Suspension(since_s=0.0)) == fifth
    assert fifth.suspension == await suspension(store)


async def test_a_pause_ends_by_itself(store: Store, clock: ManualClock) -> None:
    """Whoever waited may draw, and the next strike of the same day pauses again."""
    await strike(store, "abc")
    clock.pass_(100.0)
    assert await suspension(store) is None

    again = await strike(store, "d")

    assert Suspension(since_s=100.0, until_s=200.0) == again.suspension


async def test_the_same_event_strikes_once(store: Store) -> None:
    """A platform that brings an event again, or a job's part that is done again, adds nothing."""
    await strike(store, "ab")
    await strike(store, "bbb")

    assert 2 == len(await store.strikes_of(store.person_name(MINJI)))
    assert await suspension(store) is None


async def test_the_same_event_does_not_prolong_a_pause(store: Store, clock: ManualClock) -> None:
    """A pause is as long as it was when it began."""
    await strike(store, "abc")
    clock.pass_(40.0)
    await strike(store, "c")

    assert Suspension(since_s=0.0, until_s=100.0) == await suspension(store)


async def test_joined_accounts_are_one_person(store: Store) -> None:
    """What each asked for counts together, and what it leads to holds for both; one event is one strike."""
    await strike(store, "a")
    await join(store)
    await strike(store, "b", person=JUNHO)
    struck = await strike(store, "c")

    assert 3 == struck.num_strikes
    assert struck.suspension is not None
    assert await suspension(store, JUNHO) == await suspension(store) == struck.suspension


async def test_a_parting_washes_nothing_off(store: Store) -> None:
    """Each account keeps what the person did while they were one."""
    await join(store)
    await strike(store, "abcde")
    await store.part_account(JUNHO)

    for person in (MINJI, JUNHO):
        assert Suspension(since_s=0.0) == await suspension(store, person)
        assert 5 == len(await store.strikes_of(store.person_name(person)))


async def test_an_erasure_washes_nothing_off(store: Store) -> None:
    """Of an erased person rules and times are kept, and the words of an appeal are not."""
    await strike(store, "abcde")
    name = store.person_name(MINJI)
    await store.keep_appeal(name, TEXT)
    await store.bury(name, 10.0)
    await store.drop_appeals(name)

    assert Suspension(since_s=0.0, appealed_s=0.0) == await suspension(store)
    assert 5 == len(await store.strikes_of(name))


async def test_whoever_is_lifted_begins_anew(store: Store, clock: ManualClock) -> None:
    """They draw again, and earlier strikes count no more though they are kept."""
    await strike(store, "abcde")
    clock.pass_(1.0)

    assert await store.lift(store.person_name(MINJI))

    assert await suspension(store) is None
    assert not await store.lift(store.person_name(MINJI))
    clock.pass_(1.0)
    assert Struck(num_strikes=1, suspension=None) == await strike(store, "f")
    assert 6 == len(await store.strikes_of(store.person_name(MINJI)))


async def test_a_pause_brings_nothing_back_that_was_lifted(
    store: Store, clock: ManualClock
) -> None:
    """Strikes from before an operator lifted them count no more after the next pause either."""
    await strike(store, "abcde")
    clock.pass_(1.0)
    await store.lift(store.person_name(MINJI))
    clock.pass_(1.0)
    await strike(store, "fgh")
    assert Suspension(since_s=2.0, until_s=102.0, lifted_s=1.0) == await suspension(store)
    clock.pass_(100.0)

    fourth = await strike(store, "i")

    assert 4 == fourth.num_strikes
    assert fourth.suspension is not None
    assert 202.0 == fourth.suspension.until_s
    assert [fourth.suspension.until_s] == [
        one.suspension.until_s for one in await store.sanctioned()
    ]


async def test_a_suspension_after_one_that_was_lifted_stays(
    store: Store, clock: ManualClock
) -> None:
    """It is not forgotten with the one before, and can be lifted like that one."""
    name = store.person_name(MINJI)
    for _ in range(2):
        await store.suspend(name)
        clock.pass_(1.0)
        assert await store.lift(name)
        clock.pass_(1.0)
    await store.suspend(name)
    await store.forget_strikes(clock() + 1.0)

    assert Suspension(since_s=4.0, lifted_s=3.0) == await suspension(store)
    assert await store.lift(name)


async def test_a_suspension_is_not_shortened_by_a_pause(store: Store) -> None:
    """What an operator did holds until an operator lifts it."""
    await store.suspend(store.person_name(MINJI))
    struck = await strike(store, "abc")

    assert Suspension(since_s=0.0) == struck.suspension == await suspension(store)


async def test_an_operator_sees_who_appealed_last_first(store: Store, clock: ManualClock) -> None:
    """Each with a handle, the words of the appeal, and strikes by rule."""
    await strike(store, "abc")
    await strike(store, "d", rule=Rule.MINOR)
    clock.pass_(10.0)
    await store.suspend(store.person_name(JUNHO))
    clock.pass_(10.0)
    await store.keep_appeal(store.person_name(MINJI), "잘못 막았어요")

    first, second = await store.sanctioned()

    assert store.account_name(MINJI).startswith(first.handle)
    assert "잘못 막았어요" == first.suspension.appeal
    assert ((Rule.SEXUAL, 3), (Rule.MINOR, 1)) == first.num_by_rule
    assert store.account_name(JUNHO).startswith(second.handle)
    assert {store.person_name(MINJI)} == await store.people_with(first.handle)


async def test_joined_people_are_listed_once(store: Store) -> None:
    """Whoever has several accounts is one line."""
    await join(store)
    await strike(store, "abc")

    (one,) = await store.sanctioned()

    assert {store.person_name(JUNHO)} == await store.people_with(one.handle)


async def test_what_is_old_is_forgotten(store: Store, clock: ManualClock) -> None:
    """Strikes and suspensions that were over go; what still holds stays."""
    await strike(store, "abc")
    await store.suspend(store.person_name(JUNHO))
    clock.pass_(1_000.0)
    await strike(store, "d")
    await store.forget_strikes(500.0)

    assert 1 == len(await store.strikes_of(store.person_name(MINJI)))
    assert {store.person_name(MINJI)} == await store.people_with(store.account_name(MINJI))
    assert await suspension(store, JUNHO) is not None


async def test_no_text_is_written_down(tmp_path: Path, sealer: Sealer, clock: ManualClock) -> None:
    """Neither a refused text nor an appeal can be read in the database, nor who it was."""
    store = await Store.open(f"sqlite:///{tmp_path}/app.db", sealer=sealer, clock=clock)
    await strike(store, "abc")
    await store.keep_appeal(store.person_name(MINJI), TEXT)
    await store.close()

    written = everything_in(tmp_path)
    assert TEXT.encode() not in written
    assert MINJI.id.encode() not in written
    assert b"sexual" in written


async def test_a_text_has_a_digest(tmp_path: Path, sealer: Sealer, clock: ManualClock) -> None:
    """Whoever has the key and a text can say whether it is the one that was refused."""
    store = await Store.open(f"sqlite:///{tmp_path}/app.db", sealer=sealer, clock=clock)
    await strike(store, "a")
    await store.close()

    assert sealer.name_of(f"strike:{TEXT}").encode() in everything_in(tmp_path)
