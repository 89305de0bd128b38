"""Providers are asked in their order, within their time, and whoever fails is named."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from pipeline.errors import Failure, StageFailed
from pipeline.text.chain import Answer, Chain, Circuits, Deadline
from pipeline.text.circuit import Patience
from pipeline.text.trace import Stage
from pipeline.types import ProviderFailure
from tests.clock import ManualClock


@dataclass
class Scripted:
    """A provider that gives or raises what the test says; None stalls."""

    name: str
    outcome: str | Failure | None = "answer"
    is_local: bool = False
    num_places: int | None = None
    num_calls: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self) -> str:
        """Do what the script says."""
        self.num_calls += 1
        self.called.set()
        if self.outcome is None:
            await asyncio.Event().wait()
        if isinstance(self.outcome, Failure):
            raise StageFailed(
                stage="translate", provider=self.name, failure=self.outcome, detail="N2MT99"
            )
        return str(self.outcome)


async def ask(
    *providers: Scripted,
    circuits: Circuits | None = None,
    limit_s: float = 0.02,
    deadline: Deadline | None = None,
) -> tuple[Answer[Scripted, str] | None, Stage]:
    """Ask a chain of these providers."""
    record = Stage(name="translate")
    question: Callable[[Scripted], Awaitable[str]] = Scripted.answer
    answer = await Chain[Scripted]("translate", providers, circuits=circuits or Circuits()).ask(
        question,
        record=record,
        limit_s=limit_s,
        deadline=deadline or Deadline(total_s=60.0, reserve_s=1.0),
    )
    return answer, record


async def test_the_first_answer_is_taken() -> None:
    """Whoever stands behind is not asked."""
    first, second = Scripted("papago"), Scripted("glossary")

    answer, record = await ask(first, second)

    assert answer == Answer(provider=first, value="answer")
    assert ("papago", [], 0) == (record.provider, record.failures, second.num_calls)


@pytest.mark.parametrize("failure", [*Failure])
async def test_whoever_fails_is_passed_over_and_named(failure: Failure) -> None:
    """The record says who was asked in vain and why; the next one answers."""
    answer, record = await ask(Scripted("papago", failure), Scripted("glossary"))

    assert answer is not None
    assert answer.provider.name == record.provider == "glossary"
    assert [ProviderFailure(provider="papago", failure=failure, detail="N2MT99")] == record.failures


async def test_whoever_stalls_is_passed_over() -> None:
    """A provider has its time limit and not more."""
    answer, record = await ask(Scripted("papago", None), Scripted("glossary"))

    assert answer is not None
    assert [Failure.TIMED_OUT] == [failed.failure for failed in record.failures]


async def test_nobody_left_gives_nothing() -> None:
    """When all fail there is no answer, and all of them are named."""
    answer, record = await ask(Scripted("a", Failure.BUSY), Scripted("b", Failure.DENIED))

    assert (None, "none") == (answer, record.provider)
    assert ["a", "b"] == [failed.provider for failed in record.failures]


async def test_a_provider_that_rests_is_not_asked() -> None:
    """Whoever needs the operator is asked once, whichever chain asks it, until its rest is over."""
    clock = ManualClock()
    circuits = Circuits(clock=clock, patience=Patience(long_rest_s=600.0))
    dead = Scripted("openai", Failure.QUOTA)
    for _ in range(3):
        _, record = await ask(dead, Scripted("glossary"), circuits=circuits)

    assert 1 == dead.num_calls
    assert [Failure.RESTING] == [failed.failure for failed in record.failures]
    assert {"openai": Failure.QUOTA} == circuits.resting()
    clock.pass_(600.0)
    await ask(dead, circuits=circuits)
    assert 2 == dead.num_calls


async def test_the_operator_is_told_once() -> None:
    """Of a dead key one line stands in the log as an error, without anybody's text."""
    circuits = Circuits()
    with capture_logs() as logs:
        for _ in range(3):
            await ask(Scripted("papago", Failure.DENIED), circuits=circuits)

    errors = [line for line in logs if line["log_level"] == "error"]
    assert 1 == len(errors)
    assert ("provider needs the operator", "papago") == (errors[0]["event"], errors[0]["provider"])


async def test_a_cancelled_call_says_nothing_about_the_provider() -> None:
    """The person left: the circuit is as it was, and the cancellation goes on."""
    circuits = Circuits(patience=Patience(max_failures=1))
    stalled = Scripted("papago", None)
    asking = asyncio.create_task(ask(stalled, circuits=circuits, limit_s=60.0))
    await stalled.called.wait()
    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert {} == circuits.resting()


async def test_the_last_seconds_belong_to_this_machine() -> None:
    """With little time left a service is not asked any more, a provider on this machine is."""
    clock = ManualClock()
    deadline = Deadline(total_s=12.0, reserve_s=2.0, clock=clock)
    clock.pass_(11.0)
    service, local = Scripted("papago"), Scripted("glossary", is_local=True)

    answer, record = await ask(service, local, deadline=deadline)

    assert answer is not None
    assert answer.provider is local
    assert (0, Failure.TIMED_OUT) == (service.num_calls, record.failures[0].failure)


@pytest.mark.parametrize(
    ("passed_s", "is_local", "limit_s"),
    [
        pytest.param(0.0, False, 6.0, id="plenty of time"),
        pytest.param(7.0, False, 3.0, id="a service gets what is left before the reserve"),
        pytest.param(7.0, True, 5.0, id="this machine gets all that is left"),
        pytest.param(13.0, True, 2.0, id="and the reserve even when nothing is left"),
    ],
)
def test_limits_are_cut_to_what_is_left(*, passed_s: float, is_local: bool, limit_s: float) -> None:
    """A stage's limit never outlasts the whole, but for the reserve."""
    clock = ManualClock()
    deadline = Deadline(total_s=12.0, reserve_s=2.0, clock=clock)
    clock.pass_(passed_s)

    assert limit_s == deadline.limit_s(6.0, is_local=is_local)


async def test_a_crowd_is_not_the_providers_fault() -> None:
    """Who gets no turn in time goes on to the next, and the circuit stays closed."""
    circuits = Circuits(patience=Patience(max_failures=1))
    slow = Scripted("openai", None, num_places=1)
    held = asyncio.create_task(ask(slow, circuits=circuits, limit_s=60.0))
    await slow.called.wait()

    answer, record = await ask(slow, Scripted("glossary"), circuits=circuits, limit_s=0.02)
    held.cancel()

    assert answer is not None
    assert [Failure.CROWDED] == [failed.failure for failed in record.failures]
    assert ({}, 1) == (circuits.resting(), slow.num_calls)


async def test_all_stages_stand_in_one_queue() -> None:
    """However many ask a service, so many are asked at once; every place is given back."""
    circuits, busy, most = Circuits(), 0, 0

    async def answer(_: Scripted) -> str:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1
        return "answer"

    provider = Scripted("openai", num_places=3)
    chains = [Chain[Scripted](stage, [provider], circuits=circuits) for stage in ("a", "b")]
    await asyncio.gather(
        *(
            chain.ask(
                answer,
                record=Stage(name="a"),
                limit_s=5.0,
                deadline=Deadline(total_s=60.0, reserve_s=1.0),
            )
            for chain in chains * 20
        )
    )

    assert 3 == most


async def test_who_waited_for_a_turn_asks_nobody_that_rests_meanwhile() -> None:
    """When the first of a crowd finds a dead key, the others do not try it."""
    dead = Scripted("openai", Failure.DENIED, num_places=1)
    circuits = Circuits()
    records = await asyncio.gather(
        *(ask(dead, Scripted("glossary"), circuits=circuits, limit_s=5.0) for _ in range(20))
    )

    assert 1 == dead.num_calls
    assert all(answer is not None for answer, _ in records)
