"""How often a message is edited."""

import asyncio
from contextlib import suppress

from bot.adapters.discord.pace import Pace

MESSAGE, OTHER = 1, 2


class Time:
    """A clock that runs while somebody sleeps, after the others had their turn."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.is_slept = asyncio.Event()
        self.may_wake = asyncio.Event()
        self.may_wake.set()

    def clock(self) -> float:
        """Give the time."""
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        """Let so much time go by, as soon as the test lets it."""
        self.is_slept.set()
        await self.may_wake.wait()
        self.now_s += seconds


async def edit(
    pace: Pace, time: Time, message_id: int, made: list[tuple[float, str]], name: str
) -> None:
    """Edit a message, and note when."""
    async with pace.turn(message_id) as is_newest:
        if is_newest:
            made.append((time.now_s, name))


async def test_edits_of_one_message_are_spaced() -> None:
    """The second one waits for the interval, the one of another message does not."""
    time, made = Time(), list[tuple[float, str]]()
    pace = Pace(2.0, clock=time.clock, sleep=time.sleep)

    await edit(pace, time, MESSAGE, made, "first")
    await edit(pace, time, OTHER, made, "other")
    await edit(pace, time, MESSAGE, made, "second")

    assert [(0.0, "first"), (0.0, "other"), (2.0, "second")] == made


async def test_a_newer_edit_replaces_one_that_waits() -> None:
    """What would be overwritten at once is not sent, and the newest waits no longer for it."""
    time, made = Time(), list[tuple[float, str]]()
    pace = Pace(2.0, clock=time.clock, sleep=time.sleep)
    await edit(pace, time, MESSAGE, made, "first")

    time.may_wake.clear()
    stale = asyncio.create_task(edit(pace, time, MESSAGE, made, "stale"))
    await time.is_slept.wait()
    newest = asyncio.create_task(edit(pace, time, MESSAGE, made, "newest"))
    await asyncio.sleep(0)
    time.may_wake.set()
    await asyncio.gather(stale, newest)

    assert [(0.0, "first"), (2.0, "newest")] == made


async def test_an_edit_without_a_turn_counts() -> None:
    """An answer that filled its deferral was an edit too."""
    time, made = Time(), list[tuple[float, str]]()
    pace = Pace(2.0, clock=time.clock, sleep=time.sleep)

    pace.edited(MESSAGE)
    await edit(pace, time, MESSAGE, made, "next")

    assert [(2.0, "next")] == made


async def test_a_failed_edit_counts() -> None:
    """An edit that failed may have arrived."""
    time, made = Time(), list[tuple[float, str]]()
    pace = Pace(2.0, clock=time.clock, sleep=time.sleep)

    with suppress(OSError):
        async with pace.turn(MESSAGE):
            raise OSError
    await edit(pace, time, MESSAGE, made, "next")

    assert [(2.0, "next")] == made


async def test_old_messages_are_forgotten() -> None:
    """What was edited long ago takes no memory."""
    time = Time()
    pace = Pace(0.0, clock=time.clock, sleep=time.sleep)

    for message_id in range(5_000):
        pace.edited(message_id)

    assert len(pace._messages) <= 2_001
