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


async def test_old_deeds_are_forgotten(store: Store, clock: ManualClock) -> None:
    """They are kept as long as strikes are."""
    await store.note_deed(MINJI, Deed.LIST, is_allowed=True)
    clock.pass_(5.0)
    await store.note_deed(MINJI, Deed.SUSPEND, is_allowed=True)
    await store.forget_strikes(5.0)

    assert [Deed.SUSPEND] == [one.deed for one in await store.audited()]
