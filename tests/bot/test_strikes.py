"""How many strikes lead to what, and when they count no more."""

import pytest

from bot.strikes import (
    WINDOW_S,
    MustPause,
    Penalties,
    Strike,
    Suspended,
    Suspension,
    counted,
    is_last_warning,
    refusal_of,
    stricter,
    suspension_for,
)
from pipeline import Rule

PENALTIES = Penalties(to_cool_down=3, cool_down_s=100.0, to_suspend=5)
PAUSE = Suspension(since_s=0.0, until_s=100.0)
FOR_EVER = Suspension(since_s=0.0)


def strikes(*at_s: float, rule: Rule = Rule.SEXUAL) -> tuple[Strike, ...]:
    """Strikes at these times."""
    return tuple(Strike(struck_s=one, rule=rule) for one in at_s)


@pytest.mark.parametrize(
    ("now_s", "expected"), [(0.0, 1), (WINDOW_S - 1, 3), (WINDOW_S, 2), (WINDOW_S + 2, 0)]
)
def test_strikes_count_for_a_day(now_s: float, expected: int) -> None:
    """Each counts from its own moment on."""
    known = [one for one in strikes(0.0, 1.0, 2.0) if one.struck_s <= now_s]

    assert expected == counted(known, now_s=now_s, lifted_s=None)


def test_what_an_operator_lifted_counts_no_more() -> None:
    """Only later strikes do."""
    assert 1 == counted(strikes(0.0, 1.0, 2.0), now_s=3.0, lifted_s=1.0)


@pytest.mark.parametrize(
    ("rule", "expected"), [(Rule.MINOR, 2), (Rule.REAL_PERSON, 1), (Rule.FORBIDDEN, 0)]
)
def test_rules_weigh_differently(rule: Rule, expected: int) -> None:
    """Minors weigh double, and words that a place forbids nothing."""
    assert expected == counted(strikes(0.0, rule=rule), now_s=0.0, lifted_s=None)


@pytest.mark.parametrize(
    ("num_strikes", "expected"), [(1, False), (2, True), (3, False), (4, False)]
)
def test_the_last_strike_before_a_pause_warns(num_strikes: int, expected: bool) -> None:
    """Earlier ones are answered neutrally, later ones by what they led to."""
    assert expected is is_last_warning(num_strikes, PENALTIES)


@pytest.mark.parametrize(("num_strikes", "until_s"), [(3, 107.0), (4, 107.0), (5, None), (9, None)])
def test_strikes_pause_and_then_suspend(num_strikes: int, until_s: float | None) -> None:
    """A pause has an end, and a suspension waits for an operator."""
    expected = Suspension(since_s=7.0, until_s=until_s)

    assert expected == suspension_for(num_strikes, PENALTIES, now_s=7.0)


def test_two_strikes_lead_to_nothing() -> None:
    """Anybody can be misread twice."""
    assert suspension_for(2, PENALTIES, now_s=0.0) is None


@pytest.mark.parametrize(
    ("suspension", "now_s", "expected"),
    [
        (PAUSE, 99.0, True),
        (PAUSE, 100.0, False),
        (FOR_EVER, 1e9, True),
        (Suspension(since_s=0.0, lifted_s=1.0), 2.0, False),
    ],
)
def test_a_suspension_holds_until_its_end(
    suspension: Suspension, now_s: float, expected: bool
) -> None:
    """Without an end it holds until it is lifted."""
    assert expected is suspension.holds(now_s)


def test_the_longer_of_two_holds() -> None:
    """No end is the longest."""
    longer = Suspension(since_s=0.0, until_s=101.0)

    assert longer == stricter(PAUSE, longer) == stricter(longer, PAUSE)
    assert FOR_EVER == stricter(FOR_EVER, longer) == stricter(longer, FOR_EVER)
    assert PAUSE == stricter(None, PAUSE) == stricter(PAUSE, None)


def test_a_refusal_says_how_long() -> None:
    """A pause says what is left of it; a suspension cannot."""
    pause, ever = refusal_of(PAUSE, now_s=40.0), refusal_of(FOR_EVER, now_s=40.0)

    assert isinstance(pause, MustPause)
    assert 60.0 == pause.wait_s
    assert isinstance(ever, Suspended)
