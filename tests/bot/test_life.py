"""How late the event loop is, what ends a process at once, and an end that takes too long."""

import asyncio
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.life import Lag, leave_by, leave_when_lost
from bot.locks import FileLock
from tests.clock import ManualClock

ROOT = Path(__file__).parents[2]
LIMIT_S = 30


async def lag_of(delays_s: list[float], *, num_kept: int = 600) -> Lag:
    """Measure in a loop that wakes every sleeper so much too late."""
    clock, pending = ManualClock(), list(delays_s)

    async def sleep(seconds: float) -> None:
        if not pending:
            raise asyncio.CancelledError
        clock.pass_(seconds + pending.pop(0))

    lag = Lag(clock=clock, sleep=sleep, num_kept=num_kept)
    with suppress(asyncio.CancelledError):
        await lag.watch()
    return lag


async def test_one_slow_call_in_a_hundred_counts() -> None:
    """The slowest of a hundred is what people notice, and is what is told."""
    assert 0.0 == (await lag_of([])).p99_s()
    assert pytest.approx(2.0) == (await lag_of([0.0] * 99 + [2.0])).p99_s()
    assert pytest.approx(0.0) == (await lag_of([0.0] * 999 + [2.0], num_kept=1000)).p99_s()


async def test_what_is_past_is_forgotten() -> None:
    """A loop that was slow once is well again when the window is over."""
    assert pytest.approx(0.0) == (await lag_of([5.0] + [0.0] * 10, num_kept=10)).p99_s()


@given(delays_s=st.lists(st.floats(0.0, 100.0), min_size=1, max_size=300))
def test_at_most_one_in_a_hundred_is_later(delays_s: list[float]) -> None:
    """No more than a hundredth of the calls are later than what is told."""
    told_s = asyncio.run(lag_of(delays_s)).p99_s()

    assert sum(delay_s > told_s + 1e-6 for delay_s in delays_s) <= len(delays_s) / 100


async def test_the_real_loop_is_watched() -> None:
    """Beside other work the loop's lag is measured until nobody wants it any more."""
    woken = asyncio.Event()

    async def sleep(seconds: float) -> None:
        await asyncio.sleep(0)
        woken.set()

    watching = asyncio.create_task(Lag(sleep=sleep).watch())
    await asyncio.wait_for(woken.wait(), LIMIT_S)
    watching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await watching


def test_an_end_that_hangs_is_cut_off() -> None:
    """A process that does not come to its end has the exit code that it would have had."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import threading; from bot.life import leave_by; "
            "leave_by(0.01, code=7); threading.Event().wait()",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )

    assert 7 == done.returncode
    assert "the end takes too long" in done.stdout + done.stderr


def test_an_end_in_time_is_left_alone() -> None:
    """The timer of an end that was quick enough can be stopped, and holds nobody up."""
    codes: list[int] = []
    timer = leave_by(3600, code=1, leave=codes.append)
    assert timer.daemon
    timer.cancel()
    timer.join(LIMIT_S)

    assert ([], False) == (codes, timer in threading.enumerate())


class Name(FileLock):
    """A lock that is lost when the test says so."""

    is_taken = False

    def is_lost(self) -> bool:
        """Say what the test said."""
        return self.is_taken


async def test_who_lost_its_name_ends_at_once(tmp_path: Path) -> None:
    """Another process has taken up the work: nothing is finished here, and one says who one was."""
    names = [Name(name, folder=tmp_path) for name in ("all-0", "people")]
    codes: list[int] = []
    looks = 0

    async def sleep(seconds: float) -> None:
        nonlocal looks
        looks += 1
        names[1].is_taken = looks > 2

    def leave(code: int) -> None:
        codes.append(code)
        raise SystemExit

    with pytest.raises(SystemExit):
        await leave_when_lost(names, leave=leave, sleep=sleep)

    assert ([75], 3) == (codes, looks)
