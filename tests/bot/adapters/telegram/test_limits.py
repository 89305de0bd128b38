"""How much is sent, and who goes first. The clock is the test's, and stands still unless it says so."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from bot.adapters.telegram.limits import (
    ALL_MOST,
    CHAT_BURST,
    GROUP_MOST,
    Busy,
    Limits,
    Urgency,
)

CHAT, GROUP = 11, -100


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.now_s = 1_000.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now_s


class Sent:
    """Sends, and notes what was sent in its order."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.limits = Limits(clock=self.clock)
        self.names: list[str] = []

    async def __call__(
        self,
        name: str,
        chat_id: int = CHAT,
        urgency: Urgency = Urgency.ANSWER,
        *,
        weight: int = 1,
    ) -> None:
        """Send when it is time."""
        async with self.limits.turn(chat_id, urgency, weight=weight, patience_s=30.0):
            self.names.append(name)


@asynccontextmanager
async def waiting(*tasks: "asyncio.Task[None]") -> AsyncIterator[None]:
    """Let tasks come as far as they can, and end them afterwards."""
    await settled()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def settled() -> None:
    """Let everything that can go on do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_chat_takes_a_burst_and_then_one_a_second() -> None:
    """Whoever waits does not know of the others."""
    sent = Sent()
    for number in range(CHAT_BURST):
        await sent(str(number))
    task = asyncio.create_task(sent("late"))
    async with waiting(task):
        assert "late" not in sent.names
        await sent("elsewhere", CHAT + 1)
        sent.clock.now_s += CHAT_BURST + 0.1
        await sent("after", CHAT + 2)  # any end looks again
        await settled()
        assert ["elsewhere", "late", "after"] == sorted(
            sent.names[CHAT_BURST:], key=["elsewhere", "late", "after"].index
        )


async def test_a_group_takes_so_many_in_a_minute() -> None:
    """Counted from the end of a call: no window of Telegram's is fuller."""
    sent = Sent()
    for number in range(GROUP_MOST):
        await sent(str(number), GROUP)
        sent.clock.now_s += 1.1
    task = asyncio.create_task(sent("late", GROUP))
    async with waiting(task):
        assert GROUP_MOST == len(sent.names)
        sent.clock.now_s += 60 - 1.1 * GROUP_MOST + 1.2
        await sent("elsewhere")
        await settled()
        assert "late" in sent.names


async def test_all_chats_together_have_a_limit() -> None:
    """Nobody waits for long, but they do."""
    sent = Sent()
    for number in range(ALL_MOST):
        await sent(str(number), number + 1)
    task = asyncio.create_task(sent("late", 999))
    async with waiting(task):
        assert "late" not in sent.names


async def test_what_is_under_way_counts() -> None:
    """A slow call is there until it ends, and as long again."""
    sent = Sent()
    async with sent.limits.turn(CHAT, Urgency.ANSWER, weight=CHAT_BURST):
        sent.clock.now_s += 100
        task = asyncio.create_task(sent("late"))
        await settled()
    async with waiting(task):
        assert [] == sent.names


async def test_pictures_go_before_words_and_progress_never_waits() -> None:
    """In the order in which they came otherwise."""
    sent = Sent()
    for number in range(CHAT_BURST):
        await sent(str(number))
    tasks = [
        asyncio.create_task(sent("first words")),
        asyncio.create_task(sent("more words")),
        asyncio.create_task(sent("picture", urgency=Urgency.ENDING)),
    ]
    async with waiting(*tasks):
        with pytest.raises(Busy):
            await sent("progress", urgency=Urgency.PROGRESS)
        sent.clock.now_s += CHAT_BURST + 0.1
        await sent("elsewhere", CHAT + 1)
        await settled()
    assert ["picture", "first words", "more words"] == [
        name for name in sent.names[CHAT_BURST:] if name != "elsewhere"
    ]


async def test_progress_leaves_half_of_a_group_to_others() -> None:
    """So the picture never waits for it."""
    sent = Sent()
    num_shown = 0
    for _ in range(GROUP_MOST):
        with suppress(Busy):
            await sent("progress", GROUP, Urgency.PROGRESS)
            num_shown += 1
        sent.clock.now_s += 1.5
    assert GROUP_MOST // 2 == num_shown
    await sent("picture", GROUP, Urgency.ENDING)


async def test_a_closed_chat_hears_nothing_and_the_others_do() -> None:
    """For exactly as long as Telegram asked."""
    sent = Sent()
    sent.limits.close_chat(CHAT, 30.0)
    task = asyncio.create_task(sent("late"))
    async with waiting(task):
        sent.clock.now_s += 29.9
        await sent("elsewhere", CHAT + 1)
        await settled()
        assert ["elsewhere"] == sent.names
        sent.clock.now_s += 0.2
        await sent("elsewhere", CHAT + 1)
        await settled()
        assert "late" in sent.names


async def test_whoever_is_not_served_in_time_hears_so() -> None:
    """And takes nobody's room."""
    sent = Sent()
    sent.limits.close_chat(CHAT, 600.0)
    with pytest.raises(Busy):
        async with sent.limits.turn(CHAT, Urgency.ANSWER, patience_s=0.01):
            pass
    sent.clock.now_s += 601.0
    for number in range(CHAT_BURST):
        await sent(str(number))
    assert CHAT_BURST == len(sent.names)


async def test_an_album_counts_as_many() -> None:
    """One that is larger than a burst passes alone, and takes its time."""
    sent = Sent()
    await sent("album", weight=10)
    task = asyncio.create_task(sent("late"))
    async with waiting(task):
        sent.clock.now_s += 9.0
        await sent("elsewhere", CHAT + 1)
        await settled()
        assert "late" not in sent.names
        sent.clock.now_s += 1.1
        await sent("elsewhere", CHAT + 1)
        await settled()
        assert "late" in sent.names
