"""What was done with a power that not everybody has is written down, and kept for as long as strikes."""

from bot.store import Audited, Deed, Store
from tests.bot.store.samples import JUNHO, MINJI
from tests.clock import ManualClock


async def test_deeds_and_refusals_are_kept_in_order(store: Store, clock: ManualClock) -> None:
    """Who it was is a keyed name."""
    await store.note_deed(MINJI, Deed.LIFT, about="abcd", is_allowed=True)
    clock.pass_(5.0)
    await store.note_deed(JUNHO, Deed.LIST, is_allowed=False)

    first, second = await store.audited()

    lifted = Audited(
        done_s=0.0,
        actor=store.account_name(MINJI),
        deed=Deed.LIFT,
        about="abcd",
        is_allowed=True,
    )
    assert lifted == first
    assert (5.0, store.account_name(JUNHO), False) == (
        second.done_s,
        second.actor,
        second.is_allowed,
    )


async def test_who_goes_on_trying_is_written_down_once_a_minute(
    store: Store, clock: ManualClock
) -> None:
    """For each deed and each account; what is allowed is always written down."""
    for _ in range(3):
        await store.note_deed(MINJI, Deed.LIST, is_allowed=False)
        await store.note_deed(MINJI, Deed.LIFT, about="abcd", is_allowed=False)
        await store.note_deed(JUNHO, Deed.LIST, is_allowed=False)
        await store.note_deed(MINJI, Deed.LIST, is_allowed=True)
        clock.pass_(29.0)
    await store.note_deed(MINJI, Deed.LIST, is_allowed=False)

    minji, junho = store.account_name(MINJI), store.account_name(JUNHO)
    tries = [
        (one.done_s, one.actor, one.deed) for one in await store.audited() if not one.is_allowed
    ]
    first = [(0.0, minji, Deed.LIST), (0.0, minji, Deed.LIFT), (0.0, junho, Deed.LIST)]
    assert [*first, (87.0, minji, Deed.LIST)] == tries
    assert 3 == sum(one.is_allowed for one in await store.audited())


async def test_the_newest_deeds_are_given_alone(store: Store, clock: ManualClock) -> None:
    """As many as are asked for, still in their order."""
    for deed in (Deed.LIST, Deed.LIFT, Deed.SUSPEND):
        await store.note_deed(MINJI, deed, is_allowed=True)
        clock.pass_(1.0)

    assert [Deed.LIFT, Deed.SUSPEND] == [one.deed for one in await store.audited(most=2)]


async def test_old_deeds_are_forgotten(store: Store, clock: ManualClock) -> None:
    """They are kept as long as strikes are."""
    await store.note_deed(MINJI, Deed.LIST, is_allowed=True)
    clock.pass_(5.0)
    await store.note_deed(MINJI, Deed.SUSPEND, is_allowed=True)
    await store.forget_strikes(5.0)

    assert [Deed.SUSPEND] == [one.deed for one in await store.audited()]
