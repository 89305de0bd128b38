"""Whoever asks in company is judged as if they had asked one after the other."""

from collections.abc import Sequence

import pytest

from bot.fairness import QuotaSpent
from bot.job import Phase
from bot.store import Candidate, Live, Store
from bot.store.acceptance import Judge
from tests.bot.store.samples import DAY, HALL, MINJI, a_job


def candidate(job_id: str, judge: Judge) -> Candidate:
    """Minji asks for two pictures in the hall."""
    return Candidate(job=a_job(job_id), cost=1.0, units=2, day=DAY, judge=judge)


async def test_everybody_is_judged_by_all_before(store: Store) -> None:
    """A judge sees those who passed in the same commit, and their charges."""
    seen: list[tuple[list[str], tuple[int, int], float | None]] = []

    def judge(
        live: Sequence[Live], used: tuple[int, int], last_s: float | None
    ) -> tuple[float, float]:
        seen.append(([one.id for one in live], used, last_s))
        return float(len(live)), float(len(live)) + 1

    first, second = await store.accept_all([candidate("a", judge), candidate("b", judge)])

    assert [([], (0, 0), None), (["a"], (2, 2), 0.0)] == seen
    assert [await store.find("a"), await store.find("b")] == [first, second]
    assert [(0.0, 1.0), (1.0, 2.0)] == [(one.start, one.finish) for one in await store.live()]


async def test_who_is_refused_leaves_no_trace_and_harms_nobody(store: Store) -> None:
    """A refusal is given back, and the others are written down."""
    refusal = QuotaSpent(limit=1, num_left=0, is_place=False)

    def refuse(*_: object) -> tuple[float, float]:
        raise refusal

    refused, accepted = await store.accept_all(
        [candidate("no", refuse), candidate("yes", lambda *_: (0.0, 1.0))]
    )

    assert refusal is refused
    assert accepted is not None
    assert ["yes"] == [one.id for one in await store.live()]
    assert (2, 2) == await store.used(store.person_name(MINJI), store.place_name(HALL), DAY)


async def test_a_known_job_is_not_judged_again(store: Store) -> None:
    """The same event twice, even in one commit, is one job."""
    once = candidate("a", lambda *_: (0.0, 1.0))

    record, again = await store.accept_all([once, once])

    assert record is not None
    assert again is None
    assert [Phase.ACCEPTED] == [one.phase for one in await store.live()]


async def test_a_mistake_writes_nobody_down(store: Store) -> None:
    """What is neither a decision nor a refusal ends the commit as a whole."""

    def fail(*_: object) -> tuple[float, float]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.accept_all([candidate("a", lambda *_: (0.0, 1.0)), candidate("b", fail)])

    assert () == await store.live()
