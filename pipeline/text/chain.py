"""Asks the providers of one stage in their order until one answers: limits, rests, and who failed.

Does not know what is asked. Event loop only.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog

from pipeline.errors import Failure, StageFailed
from pipeline.text.circuit import Circuit, Patience
from pipeline.text.trace import Stage
from pipeline.types import ProviderFailure

log = structlog.get_logger(__name__)

T = TypeVar("T")


class Provider(Protocol):
    """A provider of any kind."""

    @property
    def name(self) -> str:
        """The provider's name in the settings and in the trace."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it works on this machine, without a network and without a price."""
        ...

    @property
    def num_places(self) -> int | None:
        """How many may ask it at once; None for as many as like."""
        ...


P = TypeVar("P", bound=Provider)


class Circuits:
    """One circuit and one queue for each service, whichever stages ask it."""

    def __init__(
        self, *, patience: Patience | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._patience, self._clock = patience or Patience(), clock
        self._of: dict[str, Circuit] = {}
        self._places: dict[str, asyncio.Semaphore] = {}

    def of(self, name: str) -> Circuit:
        """Give the circuit of a service."""
        return self._of.setdefault(name, Circuit(self._patience, clock=self._clock))

    def places_of(self, provider: Provider) -> AbstractAsyncContextManager[object]:
        """Give the queue in front of a service, whichever stage stands in it."""
        if provider.num_places is None:
            return nullcontext()
        return self._places.setdefault(provider.name, asyncio.Semaphore(provider.num_places))

    def resting(self) -> dict[str, Failure]:
        """Give the services that are left alone now, and why."""
        return {
            name: circuit.cause
            for name, circuit in self._of.items()
            if circuit.is_resting and circuit.cause is not None
        }


class Deadline:
    """The time that one preparation may take; the last of it is kept for what works on this machine."""

    def __init__(
        self, *, total_s: float, reserve_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._end_s, self._reserve_s, self._clock = clock() + total_s, reserve_s, clock

    def limit_s(self, wanted_s: float, *, is_local: bool) -> float:
        """Cut a time limit to what is left."""
        left_s = self._end_s - self._clock()
        if is_local:
            return min(wanted_s, max(left_s, self._reserve_s))
        return min(wanted_s, left_s - self._reserve_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[P, T]):
    """What a provider gave, and which one it was."""

    provider: P
    value: T


class Chain(Generic[P]):
    """The providers of one stage. Lives as long as the pipeline."""

    def __init__(self, stage: str, providers: Sequence[P], *, circuits: Circuits) -> None:
        self._stage, self.providers, self._circuits = stage, tuple(providers), circuits

    async def ask(
        self,
        question: Callable[[P], Awaitable[T]],
        *,
        record: Stage,
        limit_s: float,
        deadline: Deadline,
    ) -> Answer[P, T] | None:
        """Give the first answer; None when nobody answers. The record says who failed and why."""
        for provider in self.providers:
            record.provider = provider.name
            try:
                async with self._place(provider, limit_s=limit_s, deadline=deadline):
                    limit = deadline.limit_s(limit_s, is_local=provider.is_local)
                    value = await self._ask_one(provider, question, limit_s=limit)
            except StageFailed as failed:
                record.failures.append(
                    ProviderFailure(
                        provider=provider.name, failure=failed.failure, detail=failed.detail
                    )
                )
            else:
                return Answer(provider=provider, value=value)
        record.provider = "none"
        return None

    @asynccontextmanager
    async def _place(
        self, provider: P, *, limit_s: float, deadline: Deadline
    ) -> AsyncIterator[None]:
        """Stand in the queue in front of a provider, which is not to blame for the crowd.

        Raises StageFailed when no place is free in time.
        """
        if self._circuits.of(provider.name).is_resting:  # nobody need wait to hear that
            yield
            return
        places = self._circuits.places_of(provider)
        limit = deadline.limit_s(limit_s, is_local=provider.is_local)
        try:
            async with asyncio.timeout(limit):
                await places.__aenter__()
        except TimeoutError:
            raise self._failed(provider, Failure.CROWDED, f"over {limit:.2g} s") from None
        try:
            yield
        finally:
            await places.__aexit__(None, None, None)

    async def _ask_one(
        self, provider: P, question: Callable[[P], Awaitable[T]], *, limit_s: float
    ) -> T:
        """Ask one provider, unless it rests or no time is left. Raises StageFailed."""
        circuit = self._circuits.of(provider.name)
        if limit_s <= 0:
            raise self._failed(provider, Failure.TIMED_OUT, "no time left")
        if not circuit.admit():
            raise self._failed(provider, Failure.RESTING, str(circuit.cause))
        try:
            async with asyncio.timeout(limit_s):
                value = await question(provider)
        except (StageFailed, TimeoutError) as error:
            failed = (
                error
                if isinstance(error, StageFailed)
                else self._failed(provider, Failure.TIMED_OUT, f"over {limit_s:.2g} s")
            )
            self._book(circuit, failed)
            raise failed from error
        except BaseException:
            circuit.abandon()
            raise
        circuit.succeed()
        return value

    def _book(self, circuit: Circuit, failed: StageFailed) -> None:
        facts = {"provider": failed.provider, "failure": failed.failure, "detail": failed.detail}
        if circuit.fail(failed.failure):
            log.error("provider needs the operator", stage=self._stage, **facts)
        else:
            log.info("provider failed", stage=self._stage, **facts)

    def _failed(self, provider: P, failure: Failure, detail: str) -> StageFailed:
        return StageFailed(
            stage=self._stage, provider=provider.name, failure=failure, detail=detail
        )
