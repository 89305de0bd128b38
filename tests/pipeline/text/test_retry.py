"""Whoever is busy is asked once more, after a pause that the clock of the test never waits for."""

import asyncio
from collections.abc import Iterator

import pytest
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from pipeline.errors import Failure, StageFailed
from pipeline.text.retry import with_one_retry

CURABLE = {Failure.BUSY, Failure.UNREACHABLE}


@pytest.fixture
def pauses() -> Iterator[list[float]]:
    """The pauses that were decided on."""
    seen: list[float] = []

    def see(details: RetryDetails) -> None:
        seen.append(details.wait_for)
        task = asyncio.current_task()
        assert task is not None
        task.cancel()  # instead of pausing

    set_on_retry_hooks([see])
    yield seen
    set_on_retry_hooks(None)


@pytest.fixture
def no_pauses() -> Iterator[None]:
    """Retries come at once."""
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


class Service:
    """Fails as it is told, and counts."""

    def __init__(self, *failures: Failure, retry_after_s: float | None = None) -> None:
        self.num_calls, self._failures, self._retry_after_s = 0, list(failures), retry_after_s

    async def ask(self) -> str:
        """Fail while there is a failure left."""
        self.num_calls += 1
        if self._failures:
            raise StageFailed(
                stage="translate",
                provider="papago",
                failure=self._failures.pop(0),
                retry_after_s=self._retry_after_s,
            )
        return "a whale"


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("failure", Failure)
async def test_only_what_passes_by_itself_is_tried_again(failure: Failure) -> None:
    """A key does not become right and a text not shorter by asking again."""
    service = Service(failure)

    if failure in CURABLE:
        assert "a whale" == await with_one_retry(service.ask)
    else:
        with pytest.raises(StageFailed):
            await with_one_retry(service.ask)

    assert (2 if failure in CURABLE else 1) == service.num_calls


@pytest.mark.usefixtures("no_pauses")
async def test_there_is_one_retry() -> None:
    """What the second try says holds."""
    service = Service(Failure.UNREACHABLE, Failure.BUSY, Failure.BUSY)

    with pytest.raises(StageFailed) as caught:
        await with_one_retry(service.ask)

    assert (Failure.BUSY, 2) == (caught.value.failure, service.num_calls)


@pytest.mark.usefixtures("no_pauses")
async def test_our_own_mistakes_are_not_repeated() -> None:
    """An error that is no failure of a provider goes straight through."""

    async def ask() -> str:
        raise KeyError

    with pytest.raises(KeyError):
        await with_one_retry(ask)


async def test_the_pause_is_short_and_random(pauses: list[float]) -> None:
    """Without a wish of the service the pause lies between 0.3 and 0.6 s."""
    for _ in range(20):
        with pytest.raises(asyncio.CancelledError):
            await asyncio.ensure_future(with_one_retry(Service(Failure.BUSY).ask))

    assert all(0.3 <= pause <= 0.6 for pause in pauses)
    assert 20 == len(set(pauses))


@pytest.mark.parametrize("wish_s", [0.0, 1.0, 2.0])
async def test_the_service_may_ask_for_a_pause(pauses: list[float], wish_s: float) -> None:
    """A pause that fits is the one that the service asked for."""
    with pytest.raises(asyncio.CancelledError):
        await asyncio.ensure_future(with_one_retry(Service(Failure.BUSY, retry_after_s=wish_s).ask))

    assert [wish_s] == pauses


async def test_a_pause_that_is_too_long_is_none(pauses: list[float]) -> None:
    """Whoever wants to be left alone for longer is not asked again."""
    service = Service(Failure.BUSY, retry_after_s=2.1)

    with pytest.raises(StageFailed):
        await with_one_retry(service.ask)

    assert ([], 1) == (pauses, service.num_calls)
