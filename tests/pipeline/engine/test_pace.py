"""What is learnt of the device's speed, from plain numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine.pace import Average, Curve, Pace
from pipeline.engine.request import Group

SMALL = Group(width_px=64, height_px=64)
WIDE = Group(width_px=128, height_px=64)
LARGE = Group(width_px=1024, height_px=1024)


def test_an_average_forgets() -> None:
    """The first values count alike, and what is long past counts no more."""
    average = Average()
    assert 0.0 == average.mean
    average.add(2.0)
    average.add(4.0)
    assert 3.0 == average.mean

    for _ in range(30):
        average.add(8.0)

    assert 8.0 == pytest.approx(average.mean, rel=0.01)


@pytest.mark.parametrize(
    ("rows", "seconds"), [(2, 1.0), (3, 1.2), (4, 1.4), (8, 2.2)], ids=lambda value: f"{value:g}"
)
def test_between_two_measurements_a_curve_is_a_line(rows: int, seconds: float) -> None:
    """What was measured is given back, and what lies between is interpolated."""
    curve = Curve(64 * 64, {2: 1.0, 4: 1.4, 8: 2.2})

    assert seconds == pytest.approx(curve.expect_s(rows))


@pytest.mark.parametrize(("group", "num_sharing"), [(SMALL, 4), (LARGE, 2)], ids=["small", "large"])
def test_without_a_measurement_few_share(group: Group, num_sharing: int) -> None:
    """Up to four requests of a small size seem to pay, two of a megapixel."""
    curve = Pace().curve(group)

    pays = [curve.gain(2 * num, 2) >= 1.05 for num in range(1, 6)]

    assert num_sharing == 1 + pays.index(False)


def test_the_recent_mean_of_ticks_is_told_by_size() -> None:
    """What ticks really took is told for each size that was drawn, whatever their rows."""
    pace = Pace()
    pace.learn(LARGE, tick_s={2: 1.0}, decode_s=0.3)
    for rows, seconds in ((2, 1.0), (4, 2.0)):
        pace.book_tick(SMALL, rows, seconds=seconds)
    pace.book_tick(WIDE, 2, seconds=3.0)

    assert {64 * 64: pytest.approx(1.5), 128 * 64: pytest.approx(3.0)} == pace.recent_tick_s()


def test_another_size_costs_what_its_pixels_do() -> None:
    """A row of twice the pixels is expected to take what two rows take."""
    pace = Pace()
    pace.learn(SMALL, tick_s={2: 1.0, 4: 1.5, 8: 2.5}, decode_s=0.3)

    assert 1.5 == pytest.approx(pace.tick_s(WIDE, 2))
    assert 0.6 == pytest.approx(pace.decode_s(WIDE))


@given(
    measured=st.dictionaries(st.integers(1, 16), st.floats(0.001, 10.0), max_size=5),
    ticks=st.lists(st.tuples(st.integers(1, 16), st.floats(0.001, 10.0)), max_size=30),
    rows=st.floats(0.1, 40.0),
)
def test_a_curve_is_positive_whatever_was_measured(
    measured: dict[int, float], ticks: list[tuple[int, float]], rows: float
) -> None:
    """No sequence of measurements makes a tick free or endless."""
    curve = Curve(64 * 64, measured)
    for num_rows, seconds in ticks:
        curve.book(num_rows, seconds=seconds)

    assert 0 < curve.expect_s(rows) < 1e6


def test_a_curve_follows_what_ticks_take() -> None:
    """A device that became slower is known after some ticks."""
    curve = Curve(64 * 64, {2: 1.0, 4: 1.5})

    for _ in range(20):
        curve.book(2, seconds=3.0)

    assert 3.0 == pytest.approx(curve.expect_s(2), rel=0.01)
    assert 1.5 == curve.expect_s(4)


def test_one_tick_that_was_held_up_counts_little() -> None:
    """A tick of a hundred times the time does not move the curve by more than a third."""
    curve = Curve(64 * 64, {2: 1.0})

    curve.book(2, seconds=100.0)

    assert curve.expect_s(2) < 1.34


def test_what_seems_too_dear_is_tried_again_some_time() -> None:
    """Ticks that are faster than expected make those cheaper that are never measured."""
    curve = Curve(64 * 64, {2: 2.0, 4: 4.0})

    for _ in range(50):
        curve.book(2, seconds=1.0)

    assert curve.expect_s(4) < 4.0


def test_the_overhead_is_what_a_pass_takes_beyond_its_parts() -> None:
    """Previews and news are not booked, and yet part of what a request waits for."""
    pace = Pace()
    pace.learn(SMALL, tick_s={2: 1.0}, decode_s=0.5)
    assert 1.0 == pace.overhead

    pace.book_tick(SMALL, 2, seconds=1.0)
    pace.book_decode(SMALL, seconds=0.5)
    pace.book_pass(seconds=1.8)
    pace.book_pass(seconds=7.0)  # in which nothing was done

    assert 1.2 == pytest.approx(pace.overhead)
