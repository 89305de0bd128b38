"""Who was told what: kept once for a person, and gone with them."""

from bot.store import Store
from tests.bot.store.samples import JUNHO, MINJI, accept
from tests.clock import ManualClock


async def test_nobody_was_told_before_anything_was_shown(store: Store) -> None:
    """An account without a row was told nothing."""
    await accept(store, "a")

    assert 0 == await store.told_version(store.person_name(MINJI))


async def test_the_newest_version_counts(store: Store, clock: ManualClock) -> None:
    """A newer one replaces the one before, with its time."""
    await accept(store, "a", "b")
    name = store.person_name(MINJI)
    await store.keep_notice("a", 1)
    clock.pass_(5.0)
    await store.keep_notice("b", 2)

    assert (2, ((2, 5.0),)) == (await store.told_version(name), await store.notices_of(name))


async def test_joined_accounts_are_told_once(store: Store) -> None:
    """What one account was told, the other knows, and forgets when they part."""
    await accept(store, "a")
    await store.keep_notice("a", 1)
    await store.keep_code(MINJI, "code")
    await store.join(JUNHO, "code")
    joined = await store.told_version(store.person_name(JUNHO))
    await store.part_account(JUNHO)

    assert (1, 0) == (joined, await store.told_version(store.person_name(JUNHO)))


async def test_nothing_is_written_for_a_job_that_is_gone(store: Store) -> None:
    """Whoever had everything erased meanwhile leaves no row behind."""
    await accept(store, "a")
    await store.delete(["a"])
    await store.keep_notice("a", 1)

    assert () == await store.notices_of(store.person_name(MINJI))


async def test_one_persons_notice_goes_alone(store: Store) -> None:
    """An erasure forgets what its person was told, and no other."""
    await accept(store, "a")
    await accept(store, "b", person=JUNHO)
    for job_id in ("a", "b"):
        await store.keep_notice(job_id, 1)

    await store.drop_notices(store.person_name(MINJI))

    versions = [await store.told_version(store.person_name(one)) for one in (MINJI, JUNHO)]
    assert [0, 1] == versions


async def test_what_a_backup_brings_back_is_forgotten(store: Store, clock: ManualClock) -> None:
    """A notice from before its account's erasure goes; one from after it stays."""
    await accept(store, "a")
    await accept(store, "b", person=JUNHO)
    await store.bury(store.person_name(JUNHO), 0.0)
    await store.keep_notice("a", 1)
    await store.bury(store.person_name(MINJI), 0.0)
    clock.pass_(1.0)
    await store.keep_notice("b", 1)

    await store.drop_risen_notices()

    versions = [await store.told_version(store.person_name(one)) for one in (MINJI, JUNHO)]
    assert [0, 1] == versions


async def test_old_notices_are_forgotten(store: Store, clock: ManualClock) -> None:
    """Whoever was told before a time is told again."""
    await accept(store, "a")
    await store.keep_notice("a", 1)
    clock.pass_(9.0)
    await accept(store, "b", person=JUNHO)
    await store.keep_notice("b", 1)

    await store.drop_notices_before(9.0)

    versions = [await store.told_version(store.person_name(one)) for one in (MINJI, JUNHO)]
    assert [0, 1] == versions
