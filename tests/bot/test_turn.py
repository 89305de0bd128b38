"""Many draw at once, or one alone, or nobody any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.turn import Turn
from pipeline import ShuttingDown

LIMIT_S = 60.0


@asynccontextmanager
async def drawing(turn: Turn, *, is_alone: bool = False) -> AsyncIterator[asyncio.Event]:
    """Draw in a task of its own; the event says whether its turn has come, which inside it may not."""
    begun, done = asyncio.Event(), asyncio.Event()

    async def draw() -> None:
        async with turn.take(is_alone=is_alone):
            begun.set()
            await done.wait()

    task = asyncio.create_task(draw())
    await settle()
    try:
        yield begun
    finally:
        done.set() if begun.is_set() else task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settle() -> None:
    """Let everybody go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_many_draw_side_by_side() -> None:
    """Whoever need not be alone begins at once."""
    turn = Turn()
    async with drawing(turn) as first, drawing(turn) as second:
        assert first.is_set()
        assert second.is_set()


async def test_who_draws_alone_waits_for_the_others_and_keeps_everybody_out() -> None:
    """A job that killed a worker takes no other along, and is not put off for ever by new ones."""
    turn = Turn()
    async with drawing(turn), drawing(turn, is_alone=True) as alone, drawing(turn) as later:
        assert (False, False) == (alone.is_set(), later.is_set())

    async with drawing(turn, is_alone=True) as alone, drawing(turn) as later:
        assert (True, False) == (alone.is_set(), later.is_set())


async def test_a_closed_turn_comes_to_nobody() -> None:
    """Closing waits for those who draw; whoever waits for a turn, or comes later, is sent away."""
    turn = Turn()
    async with drawing(turn) as first:
        waiting = asyncio.create_task(_take(turn, is_alone=True))
        await settle()
        closing = asyncio.create_task(turn.close())
        with pytest.raises(ShuttingDown):
            await asyncio.wait_for(waiting, LIMIT_S)
        is_closed_too_soon = closing.done()
        assert first.is_set()

    await asyncio.wait_for(closing, LIMIT_S)
    assert not is_closed_too_soon
    with pytest.raises(ShuttingDown):
        await _take(turn, is_alone=False)


@given(plan=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12))
def test_whoever_gives_up_holds_nobody_up(plan: list[tuple[bool, bool]]) -> None:
    """Whatever order they come and are cancelled in, at most one draws beside one who is alone."""

    async def play() -> None:
        turn, drawing_now = Turn(), set[tuple[int, bool]]()

        async def draw(number: int, *, is_alone: bool) -> None:
            async with turn.take(is_alone=is_alone):
                drawing_now.add((number, is_alone))
                assert len(drawing_now) == 1 or not any(alone for _, alone in drawing_now)
                await asyncio.sleep(0)
                drawing_now.discard((number, is_alone))

        tasks = []
        for number, (is_alone, is_cancelled) in enumerate(plan):
            task = asyncio.create_task(draw(number, is_alone=is_alone))
            await asyncio.sleep(0)
            if is_cancelled:
                drawing_now.discard((number, is_alone))
                task.cancel()
            tasks.append(task)
        async with asyncio.timeout(LIMIT_S):
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                assert outcome is None or isinstance(outcome, asyncio.CancelledError)
            await turn.close()

    asyncio.run(play())


async def _take(turn: Turn, *, is_alone: bool) -> None:
    async with turn.take(is_alone=is_alone):
        pass
