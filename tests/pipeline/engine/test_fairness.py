"""Shares of the device, in plain numbers."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine.fairness import ANYBODY, OPERATOR, Accounts, Turns
from pipeline.engine.request import Group

SMALL, LARGE = (Group(width_px=side_px, height_px=side_px) for side_px in (64, 128))


def one_person(_: Group) -> int:
    """Everybody is alone in a group."""
    return 1


def test_what_was_had_counts_while_somebody_else_is_here() -> None:
    """Coming back soon does not wipe out what one had."""
    accounts = Accounts()
    accounts.enter("stays")
    accounts.enter("leaves")
    accounts.leave("leaves", had_s=5.0, is_known=True)

    accounts.enter("leaves")

    assert (0.0, 5.0) == (accounts.had_s("stays"), accounts.had_s("leaves"))


def test_a_newcomer_starts_where_the_least_served_is() -> None:
    """Being away saves up nothing."""
    accounts = Accounts()
    for person, had_s in (("one", 3.0), ("other", 7.0)):
        accounts.enter(person)
        accounts.enter(person)
        accounts.leave(person, had_s=had_s, is_known=True)

    accounts.enter("new")

    assert 3.0 == accounts.had_s("new")


def test_an_empty_engine_forgets_everything() -> None:
    """What was had while nobody else waited harmed nobody."""
    accounts = Accounts()
    accounts.enter("one")
    accounts.leave("one", had_s=100.0, is_known=True)

    accounts.enter("one")

    assert 0.0 == accounts.had_s("one")


@given(st.lists(st.sampled_from(["come", "go"]), max_size=60))
def test_strangers_leave_no_trace(events: list[str]) -> None:
    """A busy engine remembers nothing about those who cannot come back."""
    accounts, inside = Accounts(), [0]
    accounts.enter(0)
    for number, event in enumerate(events, start=1):
        if event == "come":
            accounts.enter(number)
            inside.append(number)
        elif inside:
            accounts.leave(inside.pop(), had_s=1.0, is_known=False)

    assert set(inside) == set(accounts._had_s)


@pytest.mark.parametrize("num_persons", [1, 3])
def test_groups_that_wait_get_seconds_by_their_persons(num_persons: int) -> None:
    """Whatever a tick of theirs costs, and however urgent they are."""
    turns, had_s = Turns(quantum_s=1.0), Counter[Group]()
    heads = {SMALL: (ANYBODY, 0.0, 0), LARGE: (ANYBODY, 9.0, 1)}
    persons = {SMALL: num_persons, LARGE: 1}
    for _ in range(2000):
        group = turns.choose(heads, num_persons=persons.__getitem__)
        cost_s = 0.1 if group is SMALL else 0.35
        turns.charge(group, seconds=cost_s)
        had_s[group] += cost_s  # type: ignore[assignment]

    assert num_persons == pytest.approx(had_s[SMALL] / had_s[LARGE], rel=0.05)


def test_a_group_that_ran_alone_owes_nothing() -> None:
    """Time that nobody else wanted is not paid back later."""
    turns = Turns(quantum_s=1.0)
    small = {SMALL: (ANYBODY, 0.0, 0)}
    for _ in range(100):
        turns.charge(turns.choose(small, num_persons=one_person), seconds=1.0)

    both = small | {LARGE: (ANYBODY, 9.0, 1)}
    served = []
    for _ in range(40):
        served.append(turns.choose(both, num_persons=one_person))
        turns.charge(served[-1], seconds=0.1)

    assert 20 == pytest.approx(served.count(LARGE), abs=10)  # a quantum is ten ticks


def test_the_operator_needs_no_turn() -> None:
    """A group that has used its quantum is served all the same for the operator."""
    turns = Turns(quantum_s=1.0)
    heads = {SMALL: (ANYBODY, 0.0, 0), LARGE: (OPERATOR, 9.0, 1)}
    turns.charge(turns.choose(heads, num_persons=one_person), seconds=50.0)

    assert LARGE is turns.choose(heads, num_persons=one_person)


def test_a_copy_of_turns_changes_nothing() -> None:
    """What is only thought through has no consequences."""
    turns, heads = Turns(quantum_s=1.0), {SMALL: (ANYBODY, 0.0, 0), LARGE: (ANYBODY, 9.0, 1)}
    turns.choose(heads, num_persons=one_person)
    thought = turns.copy()
    thought.charge(SMALL, seconds=50.0)

    assert LARGE is thought.choose(heads, num_persons=one_person)
    assert SMALL is turns.choose(heads, num_persons=one_person)


def test_the_quantum_grows_with_the_price_of_a_switch() -> None:
    """A switch of three seconds is paid for by thirty of drawing."""
    turns = Turns(quantum_s=1.0)
    turns.allow_for_switch(switch_s=3.0)

    assert 300 == turns.num_ticks(SMALL, tick_s=0.1)
