"""What is kept of reports: one decision each, a second look for somebody else, and nobody's name for ever."""

import pytest

from bot.job import Outcome
from bot.store import Report, ReportState, Store
from tests.bot.store.samples import JUNHO, MINJI, accept, drawn
from tests.clock import ManualClock

OPEN = Report(state=ReportState.OPEN, num_openings=1)
KEPT = Report(state=ReportState.KEPT, num_openings=1)


async def picture(store: Store, job_id: str = "a") -> None:
    """Keep a job with pictures."""
    await accept(store, job_id)
    outcome: Outcome = drawn(job_id)
    await store.conclude(job_id, outcome)


async def test_what_is_reported_is_to_be_decided(store: Store) -> None:
    """Until somebody does, however often it is reported."""
    await picture(store)
    assert await store.report_of("a") is None
    opened = [await store.open_report("a", one) for one in (JUNHO, MINJI)]

    assert [OPEN, OPEN] == opened
    assert frozenset({"a"}) == await store.under_review()
    await store.keep_reported("a")
    assert KEPT == await store.report_of("a")
    assert frozenset() == await store.under_review(["a"])


async def test_what_was_kept_is_not_reported_again_by_the_same_person(store: Store) -> None:
    """On no account of theirs."""
    await picture(store)
    await store.keep_code(JUNHO, "code")
    await store.join(MINJI, "code")
    await store.open_report("a", JUNHO)
    await store.keep_reported("a")

    assert [KEPT, KEPT] == [await store.open_report("a", one) for one in (JUNHO, MINJI)]


async def test_somebody_else_asks_for_a_second_look_once(store: Store) -> None:
    """After it nobody does."""
    await picture(store)
    await store.open_report("a", JUNHO)
    await store.keep_reported("a")
    again = await store.open_report("a", MINJI)
    await store.keep_reported("a")

    assert Report(state=ReportState.OPEN, num_openings=2) == again
    for one in (JUNHO, MINJI):
        assert ReportState.KEPT is (await store.open_report("a", one)).state


async def test_pictures_that_are_taken_away_are_decided(store: Store) -> None:
    """Nothing opens that again, and nothing shows them again."""
    await picture(store)
    await store.open_report("a", JUNHO)
    await store.remove_pictures("a")
    await store.keep_reported("a")

    assert ReportState.REMOVED is (await store.open_report("a", MINJI)).state
    assert frozenset() == await store.under_review()


async def test_what_nobody_can_decide_is_not_reported(store: Store) -> None:
    """What was withdrawn is as it was before."""
    await picture(store)
    await store.open_report("a", JUNHO)
    await store.withdraw_report("a")
    first = await store.report_of("a")
    await store.open_report("a", JUNHO)
    await store.keep_reported("a")
    await store.open_report("a", MINJI)
    await store.withdraw_report("a")

    assert [None, KEPT] == [first, await store.report_of("a")]


async def test_a_job_that_is_gone_is_not_reported(store: Store) -> None:
    """And an erased one leaves no report behind."""
    await picture(store)
    await store.open_report("a", JUNHO)
    await store.delete(["a"])

    assert await store.report_of("a") is None
    with pytest.raises(KeyError):
        await store.open_report("a", JUNHO)


async def test_an_erasure_forgets_who_reported_and_not_that_somebody_did(store: Store) -> None:
    """What they reported is still to be decided; others keep their names."""
    await picture(store, "a")
    await picture(store, "b")
    await store.open_report("a", JUNHO)
    await store.open_report("b", MINJI)
    juno, minji = store.person_name(JUNHO), store.person_name(MINJI)
    before = await store.reported_by(juno)
    await store.drop_reporter(juno)

    assert [1, 0, 1] == [
        len(before), len(await store.reported_by(juno)), len(await store.reported_by(minji)),
    ]  # fmt: skip
    assert frozenset({"a", "b"}) == await store.under_review()


async def test_a_backup_brings_back_no_erased_reporter(store: Store, clock: ManualClock) -> None:
    """What somebody reported before their erasure is nobody's; what came after it is theirs."""
    await picture(store, "a")
    await picture(store, "b")
    name = store.person_name(JUNHO)
    await store.open_report("a", JUNHO)
    await store.bury(name, 3.0)
    clock.pass_(5.0)
    await store.open_report("b", JUNHO)
    await store.drop_risen_reporters()

    assert (5.0,) == await store.reported_by(name)


async def test_what_waits_for_long_is_named_once(store: Store, clock: ManualClock) -> None:
    """And again where it is opened again."""
    await picture(store, "a")
    await picture(store, "b")
    await store.open_report("a", JUNHO)
    clock.pass_(10.0)
    await store.open_report("b", JUNHO)

    assert ("a",) == await store.overdue_reports(5.0)
    assert () == await store.overdue_reports(5.0)
    await store.keep_reported("a")
    await store.open_report("a", MINJI)
    assert ("a", "b") == await store.overdue_reports(11.0)
