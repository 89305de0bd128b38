"""Which answer is tried next: by age, by what the platform asked for, and without a storm."""

import asyncio
import random
from collections.abc import Callable

import pytest

from bot.outbox import Outbox, Waiting
from tests.clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    """A clock that a test moves."""
    return ManualClock()


@pytest.fixture
def outbox(clock: ManualClock) -> Outbox:
    """An outbox that waits as long as it may."""
    return Outbox(clock=clock, jitter=lambda most_s: most_s)


@pytest.fixture
def answer(outbox: Outbox) -> Callable[[int], Waiting]:
    """Put an answer of a certain age into the outbox; the lower, the older."""

    def put(age: int) -> Waiting:
        done = asyncio.get_running_loop().create_future()
        waiting = Waiting(job_id=str(age), accepted_s=float(age), since_s=0.0, done=done)
        outbox.put(waiting)
        return waiting

    return put


Answer = Callable[[int], Waiting]


async def test_the_oldest_goes_first(outbox: Outbox, answer: Answer) -> None:
    """Answers are taken by when their jobs were accepted, however they came in."""
    for age in random.Random(1).sample(range(9), 9):
        answer(age)

    taken = [outbox.take() for _ in range(9)]

    assert [str(age) for age in range(9)] == [one.job_id for one in taken if one]
    assert outbox.take() is None
    assert outbox.wait_s() is None


async def test_one_asks_for_all_whether_the_platform_is_there(
    outbox: Outbox, answer: Answer, clock: ManualClock
) -> None:
    """After a failure a single answer is tried at a time, each time another one."""
    first = answer(0)
    answer(1)
    answer(2)
    outbox.take()
    outbox.put(first)
    outbox.failed(first, asked_s=None)

    assert outbox.take() is None
    clock.pass_(outbox.wait_s() or 0)
    probe = outbox.take()
    assert probe is not None
    assert "1" == probe.job_id
    assert outbox.take() is None


async def test_an_outage_is_asked_about_less_and_less_often(
    outbox: Outbox, answer: Answer, clock: ManualClock
) -> None:
    """The pause doubles up to a minute, and begins anew after an answer that got through."""
    waiting = answer(0)
    pauses_s = []
    for _ in range(9):
        assert waiting is outbox.take()
        outbox.failed(waiting, asked_s=None)
        outbox.put(waiting)
        pauses_s.append(outbox.wait_s())
        clock.pass_(pauses_s[-1] or 0)
    outbox.take()
    outbox.answered()
    fresh = answer(1)
    outbox.take()
    outbox.failed(fresh, asked_s=None)
    outbox.put(fresh)

    assert [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0] == pauses_s
    assert 1.0 == outbox.wait_s()


async def test_after_an_outage_the_oldest_goes_first(
    outbox: Outbox, answer: Answer, clock: ManualClock
) -> None:
    """However often each was tried meanwhile: all are due once one got through."""
    for age in range(5):
        answer(age)
    for _ in range(12):
        clock.pass_(60.0)
        waiting = outbox.take()
        assert waiting is not None
        outbox.failed(waiting, asked_s=None)
        outbox.put(waiting)
    clock.pass_(60.0)
    probe = outbox.take()
    assert probe is not None
    outbox.answered()

    rest = [one.job_id for one in iter(outbox.take, None)]

    assert sorted({"0", "1", "2", "3", "4"} - {probe.job_id}) == rest


async def test_an_answer_that_fails_alone_lets_the_others_pass(
    outbox: Outbox, answer: Answer, clock: ManualClock
) -> None:
    """It waits longer each time, and everybody else gets through in between."""
    bad = answer(0)
    waits_s = []
    for age in range(1, 5):
        clock.pass_(60.0)
        assert bad is outbox.take()
        outbox.failed(bad, asked_s=None)
        outbox.put(bad)
        waits_s.append(bad.not_before_s - clock())
        good = answer(age)
        clock.pass_(60.0)  # both are due: whoever was tried less asks
        assert good is outbox.take()
        outbox.answered()

    assert [1.0, 2.0, 4.0, 8.0] == waits_s


async def test_what_the_platform_asked_for_is_not_undone_by_others(
    outbox: Outbox, answer: Answer, clock: ManualClock
) -> None:
    """An answer that was under way and got through, or failed, shortens nobody's wait."""
    refused, through, failed = answer(0), answer(1), answer(2)
    for _ in range(3):
        outbox.take()
    outbox.put(refused)
    outbox.failed(refused, asked_s=30.0)
    outbox.failed(failed, asked_s=None)
    outbox.answered()
    answer(3)
    outbox.drop(through)

    clock.pass_(29.9)
    assert outbox.take() is None
    clock.pass_(0.2)
    assert outbox.take() is not None


async def test_a_try_that_told_nothing_lets_the_next_one_ask(
    outbox: Outbox, answer: Answer, clock: ManualClock
) -> None:
    """A job that needed no answer does not keep the others waiting for its own."""
    first = answer(0)
    answer(1)
    outbox.take()
    outbox.failed(first, asked_s=None)
    clock.pass_(60.0)
    assert outbox.take() is not None
    answer(2)
    assert outbox.take() is None

    outbox.undecided()

    assert outbox.take() is not None
