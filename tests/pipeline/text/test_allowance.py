"""A day's characters: counted, kept, warned of, never exceeded."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from pipeline.errors import Failure, StageFailed
from pipeline.text.allowance import KOREA, Allowances
from tests.clock import ManualCalendar

EVENING = datetime(2026, 11, 28, 23, 0, tzinfo=KOREA)


def test_what_would_exceed_the_limit_is_not_sent() -> None:
    """The call that does not fit is refused and not counted; a smaller one still fits."""
    allowances = Allowances(daily_chars=100)
    spend = allowances.spender("papago")
    spend(90)

    with pytest.raises(StageFailed) as caught:
        spend(11)
    spend(10)

    assert (Failure.SPENT, 100) == (caught.value.failure, allowances.spent("papago"))


def test_every_provider_has_its_own_count() -> None:
    """What one was sent costs the others nothing."""
    allowances = Allowances(daily_chars=100)
    allowances.spender("papago")(100)
    allowances.spender("deepl")(1)

    assert (100, 1) == (allowances.spent("papago"), allowances.spent("deepl"))


def test_the_day_turns_over_at_midnight_in_korea() -> None:
    """An hour later it is another day, and nothing is spent."""
    calendar = ManualCalendar(EVENING)
    allowances = Allowances(daily_chars=100, now=calendar)
    spend = allowances.spender("papago")
    spend(100)
    calendar.now += timedelta(hours=1)

    assert 0 == allowances.spent("papago")
    spend(60)
    assert 60 == allowances.spent("papago")


def test_a_restart_remembers(tmp_path: Path) -> None:
    """The counts are read again; those of another day are not."""
    calendar, path = ManualCalendar(EVENING), tmp_path / "text" / "characters.json"
    Allowances(daily_chars=100, path=path, now=calendar).spender("papago")(70)

    again = Allowances(daily_chars=100, path=path, now=calendar)
    assert 70 == again.spent("papago")
    calendar.now += timedelta(days=1)
    assert 0 == Allowances(daily_chars=100, path=path, now=calendar).spent("papago")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"day": 1}', '{"day": "x", "chars": [1]}'])
def test_a_broken_file_counts_nothing(tmp_path: Path, content: str) -> None:
    """It is no reason not to start."""
    path = tmp_path / "characters.json"
    path.write_text(content)

    assert 0 == Allowances(daily_chars=100, path=path).spent("papago")


def test_the_operator_is_warned_before_it_is_spent() -> None:
    """One warning when four fifths are gone, and no second one."""
    spend = Allowances(daily_chars=100).spender("papago")
    with capture_logs() as logs:
        for _ in range(10):
            spend(10)

    assert [80] == [line["chars"] for line in logs if line["log_level"] == "warning"]


@given(st.lists(st.integers(0, 50), max_size=60))
def test_the_limit_holds_whatever_is_asked(sizes: list[int]) -> None:
    """No order of calls gets more than the limit through."""
    allowances = Allowances(daily_chars=200)
    spend, sent = allowances.spender("papago"), 0
    for size in sizes:
        try:
            spend(size)
        except StageFailed:
            assert sent + size > 200
        else:
            sent += size

    assert sent == allowances.spent("papago") <= 200
