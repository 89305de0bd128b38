"""Deliveries in the store: what was tried is known before the platform is asked."""

import pytest

from bot.store import Delivery, DeliveryState, Store
from tests.bot.store.samples import accept, message
from tests.clock import ManualClock


async def test_a_first_try_knows_nothing(store: Store) -> None:
    """Nobody has sent that part before; each part is alone."""
    await accept(store, "one")

    known = [await store.begin_send("one", part, "nonce") for part in ("answer", "note")]

    assert [Delivery(), Delivery()] == known


async def test_a_second_try_knows_of_the_first(
    store: Store, other: Store, clock: ManualClock
) -> None:
    """Whoever comes after a crash sees that it was tried, and since when."""
    await accept(store, "one")
    clock.pass_(7.0)
    await store.begin_send("one", "answer", "nonce")
    clock.pass_(7.0)

    known = [await other.begin_send("one", "answer", "nonce") for _ in range(2)]

    assert [
        Delivery(state=DeliveryState.SENDING, first_s=7.0, num_attempts=1),
        Delivery(state=DeliveryState.SENDING, first_s=7.0, num_attempts=2),
    ] == known


async def test_what_was_sent_stays_sent(store: Store) -> None:
    """A step that is repeated learns where the message is, and makes it no less sent."""
    await accept(store, "one")
    await store.begin_send("one", "answer", "nonce")
    await store.mark_sent("one", "answer", message("m"))

    known = [await store.begin_send("one", "answer", "nonce") for _ in range(2)]

    sent = Delivery(state=DeliveryState.SENT, first_s=0.0, num_attempts=1, message=message("m"))
    assert [sent, sent] == known


async def test_what_was_sent_is_where_the_person_sees_the_job(store: Store) -> None:
    """It takes the place of a message that is gone."""
    await accept(store, "one")
    await store.keep_message("one", message("a"))
    await store.begin_send("one", "answer", "nonce")

    await store.mark_sent("one", "answer", message("b"))

    found = await store.find("one")
    assert found is not None
    assert message("b") == found.message


async def test_what_is_unclear_stays_so(store: Store) -> None:
    """A part that was given up is not tried again by accident."""
    await accept(store, "one")
    await store.begin_send("one", "answer", "nonce")
    await store.mark_unclear("one", "answer")

    known = [await store.begin_send("one", "answer", "nonce") for _ in range(2)]

    assert [DeliveryState.UNCLEAR] * 2 == [one.state for one in known]


async def test_a_try_that_certainly_failed_never_was(store: Store) -> None:
    """A platform that was down has shown nothing, so the next try is the first."""
    await accept(store, "one")
    await store.begin_send("one", "answer", "nonce")

    await store.mark_unsent("one", "answer")

    assert Delivery() == await store.begin_send("one", "answer", "nonce")


async def test_a_certain_failure_does_not_hide_an_unknown_end(
    store: Store, clock: ManualClock
) -> None:
    """A try that may have been shown stays known, and since when, whatever the later ones did."""
    await accept(store, "one")
    await store.begin_send("one", "answer", "nonce")
    clock.pass_(5.0)
    await store.begin_send("one", "answer", "nonce")

    await store.mark_unsent("one", "answer")

    known = await store.begin_send("one", "answer", "nonce")
    assert Delivery(state=DeliveryState.SENDING, first_s=0.0, num_attempts=1) == known


async def test_what_was_sent_is_not_taken_back(store: Store) -> None:
    """A message that is there stays there."""
    await accept(store, "one")
    await store.begin_send("one", "answer", "nonce")
    await store.mark_sent("one", "answer", message("m"))

    await store.mark_unsent("one", "answer")

    assert DeliveryState.SENT == (await store.begin_send("one", "answer", "nonce")).state


async def test_an_unclear_part_may_turn_up(store: Store) -> None:
    """A message that is found later is sent after all."""
    await accept(store, "one")
    await store.begin_send("one", "answer", "nonce")
    await store.mark_unclear("one", "answer")

    await store.mark_sent("one", "answer", message("m"))

    known = await store.begin_send("one", "answer", "nonce")
    assert (DeliveryState.SENT, message("m")) == (known.state, known.message)


async def test_nothing_is_sent_of_a_job_that_is_kept_no_longer(store: Store) -> None:
    """A person who erased everything gets nothing more."""
    with pytest.raises(KeyError):
        await store.begin_send("gone", "answer", "nonce")


async def test_what_is_sent_beside_an_answer_is_not_the_answer(store: Store) -> None:
    """It is known where it is, and the person goes on seeing the job where they saw it."""
    await accept(store, "one")
    await store.keep_message("one", message("answer"))
    await store.begin_send("one", "beside", "nonce")
    await store.mark_beside("one", "beside", message("elsewhere"))

    known = await store.begin_send("one", "beside", "nonce")
    record = await store.find("one")
    assert message("elsewhere") == known.message
    assert DeliveryState.SENT is known.state
    assert record is not None
    assert message("answer") == record.message
