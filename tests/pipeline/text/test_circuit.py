"""When a provider is left alone, and when it is tried again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Failure
from pipeline.text.circuit import FOR_THE_OPERATOR, Circuit, Patience
from tests.clock import ManualClock

PATIENCE = Patience(max_failures=3, rest_s=30.0, long_rest_s=600.0)
PASSING = (Failure.TIMED_OUT, Failure.UNREACHABLE, Failure.BUSY, Failure.UNREADABLE)
NOT_ITS_FAULT = (Failure.BLOCKED, Failure.UNFIT, Failure.SPENT)


def failed(circuit: Circuit, failure: Failure) -> bool:
    """Let one call through that fails; says whether the operator must hear of it."""
    assert circuit.admit()
    return circuit.fail(failure)


@pytest.mark.parametrize("failure", PASSING)
def test_failures_in_a_row_open_it_for_a_while(failure: Failure) -> None:
    """The last failure that is borne starts the rest; when it is over a call is let through."""
    clock = ManualClock()
    circuit = Circuit(PATIENCE, clock=clock)

    told = [failed(circuit, failure) for _ in range(3)]

    assert [False] * 3 == told
    assert not circuit.admit()
    clock.pass_(30.0)
    assert circuit.admit()


def test_a_success_forgets_the_failures() -> None:
    """Only failures in a row count."""
    circuit = Circuit(PATIENCE, clock=ManualClock())
    for _ in range(5):
        failed(circuit, Failure.BUSY)
        failed(circuit, Failure.BUSY)
        circuit.admit()
        circuit.succeed()

    assert circuit.admit()


@pytest.mark.parametrize("failure", sorted(FOR_THE_OPERATOR))
def test_what_only_the_operator_can_mend_opens_it_at_once(failure: Failure) -> None:
    """A refused key is not tried five times, and its rest is a long one."""
    clock = ManualClock()
    circuit = Circuit(PATIENCE, clock=clock)

    told = failed(circuit, failure)

    assert told
    clock.pass_(599.0)
    assert not circuit.admit()
    clock.pass_(1.0)
    assert circuit.admit()


def test_the_operator_hears_of_a_dead_key_once() -> None:
    """Trials that fail for the same reason are no news; after a success they are again."""
    clock = ManualClock()
    circuit = Circuit(PATIENCE, clock=clock)
    told = [failed(circuit, Failure.DENIED)]
    for _ in range(2):
        clock.pass_(600.0)
        told.append(failed(circuit, Failure.DENIED))
    clock.pass_(600.0)
    circuit.admit()
    circuit.succeed()
    told.append(failed(circuit, Failure.DENIED))

    assert [True, False, False, True] == told


@pytest.mark.parametrize("failure", NOT_ITS_FAULT)
def test_what_the_text_is_to_blame_for_does_not_count(failure: Failure) -> None:
    """A provider that refuses a text is as good as before."""
    circuit = Circuit(PATIENCE, clock=ManualClock())

    told = [failed(circuit, failure) for _ in range(10)]

    assert not any(told)
    assert circuit.admit()


def test_after_a_rest_one_call_decides() -> None:
    """While the trial is under way nobody else is let through; a failure starts the rest anew."""
    clock = ManualClock()
    circuit = Circuit(PATIENCE, clock=clock)
    for _ in range(3):
        failed(circuit, Failure.BUSY)
    clock.pass_(30.0)

    assert circuit.admit()
    assert not circuit.admit()
    circuit.fail(Failure.BUSY)
    assert not circuit.admit()
    clock.pass_(30.0)
    assert circuit.admit()
    circuit.succeed()
    assert circuit.admit()
    assert circuit.admit()


def test_a_trial_that_is_given_up_decides_nothing() -> None:
    """When the person cancels, the next call is the trial."""
    clock = ManualClock()
    circuit = Circuit(PATIENCE, clock=clock)
    failed(circuit, Failure.DENIED)
    clock.pass_(600.0)

    assert circuit.admit()
    circuit.abandon()
    assert circuit.admit()


@given(st.lists(st.sampled_from([*Failure, "success", "abandon", "wait"]), max_size=40))
def test_nobody_is_shut_out_for_ever(events: list[str]) -> None:
    """Whatever happened, after the longest rest a call is let through."""
    clock = ManualClock()
    circuit = Circuit(PATIENCE, clock=clock)
    for event in events:
        if event == "wait":
            clock.pass_(20.0)
        elif circuit.admit():
            if event == "success":
                circuit.succeed()
            elif event == "abandon":
                circuit.abandon()
            else:
                circuit.fail(Failure(event))
    clock.pass_(600.0)

    assert circuit.admit()
