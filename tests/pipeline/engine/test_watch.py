"""The watch ends a process whose device does not answer, and nothing else."""

import subprocess
import sys
import threading

import pytest

from pipeline.engine.watch import EXIT_CODE, Watch


class Clock:
    """Time that passes when a test says so."""

    now_s = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """A clock at zero."""
    return Clock()


@pytest.fixture
def hangs() -> list[str]:
    """What the watch gave up about."""
    return []


@pytest.fixture
def watch(clock: Clock, hangs: list[str]) -> Watch:
    """A watch whose thread does not run: tests look themselves."""
    return Watch(on_hang=hangs.append, clock=clock)


def spend(watch: Watch, clock: Clock, seconds: float, *, like: str = "512") -> None:
    """Make a call of this length and look before its end."""
    with watch.over("tick", like=like):
        clock.now_s += seconds
        watch.look()


def test_a_first_call_may_take_minutes(watch: Watch, clock: Clock, hangs: list[str]) -> None:
    """Compiling and loading kernels are no fault, but a quarter of an hour is."""
    spend(watch, clock, 899.0)
    spend(watch, clock, 901.0, like="1024")

    assert ["tick does not end"] == hangs


def test_a_later_call_may_take_ten_times_the_longest(
    watch: Watch, clock: Clock, hangs: list[str]
) -> None:
    """What a call may take follows from what such calls took."""
    spend(watch, clock, 8.0)
    spend(watch, clock, 79.0)
    assert [] == hangs

    spend(watch, clock, 791.0)

    assert ["tick does not end"] == hangs


def test_short_calls_have_a_minute(watch: Watch, clock: Clock, hangs: list[str]) -> None:
    """A tick of milliseconds does not fail for one that takes seconds."""
    spend(watch, clock, 0.003)
    spend(watch, clock, 59.0)

    assert [] == hangs


def test_between_two_calls_nothing_is_late(watch: Watch, clock: Clock, hangs: list[str]) -> None:
    """An engine without work may wait for ever."""
    spend(watch, clock, 1.0)
    clock.now_s += 10_000
    watch.look()

    assert [] == hangs


def test_a_call_that_fails_teaches_nothing(watch: Watch, clock: Clock) -> None:
    """Only calls that came to their end say how long such calls take."""
    with pytest.raises(ValueError, match="broken"), watch.over("tick", like="512"):
        raise ValueError("broken")

    assert 900.0 == watch.limit_s("tick", like="512")


def test_the_thread_looks_by_itself_and_ends() -> None:
    """The watch does not need the thread that hangs, and leaves none behind."""
    clock, is_late = Clock(), threading.Event()
    watch = Watch(on_hang=lambda _: is_late.set(), clock=clock, interval_s=0.001)
    with watch, watch.over("decode"):
        clock.now_s = 1000.0
        assert is_late.wait(20.0)

    assert "watch" not in {thread.name for thread in threading.enumerate()}


def test_a_hang_ends_the_process_with_70() -> None:
    """A supervisor can tell: the exit code is 70, and the log says where it hung."""
    code = """
import threading
from pipeline.engine.watch import Watch
late = iter((0.0, *[1e9] * 10**6))
with Watch(clock=lambda: next(late), interval_s=0.001) as watch, watch.over("tick"):
    threading.Event().wait(60)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )

    assert EXIT_CODE == done.returncode == 70
    assert "tick does not end" in done.stdout + done.stderr
    assert "Thread" in done.stderr
