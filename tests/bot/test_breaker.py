"""A machine that kills whatever it draws waits between its tries (fault 39: deaths in a row)."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.breaker import cool_down
from bot.sealing import KEY_BYTES, Sealer
from bot.store import Store
from tests.bot.store.samples import accept
from tests.clock import ManualClock

MAX_DEATHS = 3


@pytest.fixture
def clock() -> ManualClock:
    """A clock that a test moves."""
    return ManualClock()


@pytest.fixture
async def store(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Store]:
    """An empty store."""
    sealer = Sealer(b"k" * KEY_BYTES)
    store = await Store.open(f"sqlite:///{tmp_path}/app.db", sealer=sealer, clock=clock)
    yield store
    await store.close()


async def die(store: Store, *, times: int) -> None:
    """Let workers die, each with a job in hand."""
    for _ in range(times):
        await accept(store, job_id := f"job-{await store.deaths_since(0)}")
        await store.claim(job_id, "worker-0")
        await store.mourn("worker-0")


async def waited_s(store: Store, clock: ManualClock) -> float:
    """Start to draw, and give how long that was put off."""
    pauses_s: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses_s.append(seconds)

    await cool_down(store, max_deaths=MAX_DEATHS, clock=clock, sleep=sleep)
    return sum(pauses_s)


async def test_a_few_deaths_put_nothing_off(store: Store, clock: ManualClock) -> None:
    """As many deaths as are allowed, and none at all, are no reason to wait."""
    assert 0.0 == await waited_s(store, clock)
    await die(store, times=MAX_DEATHS)
    assert 0.0 == await waited_s(store, clock)


async def test_after_too_many_every_start_waits_a_minute(store: Store, clock: ManualClock) -> None:
    """Each start is a probe: while the deaths are new, the next one waits too."""
    await die(store, times=MAX_DEATHS + 1)

    assert 60.0 == await waited_s(store, clock)
    await die(store, times=1)
    assert 60.0 == await waited_s(store, clock)


async def test_old_deaths_are_forgiven(store: Store, clock: ManualClock) -> None:
    """Ten minutes later a start draws at once."""
    await die(store, times=MAX_DEATHS + 1)
    clock.pass_(601.0)

    assert 0.0 == await waited_s(store, clock)
