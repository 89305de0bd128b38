"""How long the device takes, learnt from what was measured: t(R), the seconds of a tick of R rows.

One curve for every group, measured at the start or learnt as it runs. A group without one is read
off the curve of the nearest size, for a picture of twice the pixels costs about what two rows do.
Plain Python: no tensors, no clock.
"""

from bisect import bisect_left
from collections.abc import Mapping

from pipeline.engine.request import Group

_NEW_SHARE = 0.3  # of the latest measurement in an average that forgets
_COMMON_SHARE = 0.05  # of a faster tick in the points that are not measured while they seem dear
_MAX_SURPRISE = 2.0  # one tick that the system held up is not a slower device
_USUAL_ROWS = (1, 2, 4, 8, 16)
_FULL_DEVICE_PX = 900_000  # from about a megapixel on, one request keeps a device busy


class Average:
    """A mean that forgets: the plain mean of the first few values, then the latest count most."""

    def __init__(self) -> None:
        self._mean = 0.0
        self._num_values = 0

    def add(self, value: float) -> None:
        """Take one more value in."""
        self._num_values += 1
        self._mean += max(_NEW_SHARE, 1 / self._num_values) * (value - self._mean)

    @property
    def mean(self) -> float:
        """Return the mean, 0.0 of nothing."""
        return self._mean


class Curve:
    """The seconds of a tick of one size by its rows."""

    def __init__(self, area_px: int, points: Mapping[int, float] | None = None) -> None:
        self.area_px = area_px
        self._points = dict(sorted((points or {}).items()))
        self._rows = list(self._points)
        self._expected: dict[float, float] = {}  # remembered: it is asked for at every decision

    def expect_s(self, rows: float) -> float:
        """Return the seconds of a tick of so many rows."""
        if (known_s := self._expected.get(rows)) is not None:
            return known_s
        return self._expected.setdefault(rows, self._read_s(rows))

    def gain(self, rows: float, more: float) -> float:
        """Return by what factor a tick of `rows` gets more rows done per second with `more`."""
        return (1 + more / rows) * self.expect_s(rows) / self.expect_s(rows + more)

    def _read_s(self, rows: float) -> float:
        """Read the curve: between two points in a line, beyond them by the guess."""
        if not self._rows:
            return self._guess_s(rows)
        right = bisect_left(self._rows, rows)
        if right == len(self._rows) or right == 0:
            known = self._rows[max(0, right - 1)]
            return self._points[known] * self._guess_s(rows) / self._guess_s(known)
        low, high = self._rows[right - 1], self._rows[right]
        share = (rows - low) / (high - low)
        return self._points[low] + share * (self._points[high] - self._points[low])

    def book(self, rows: int, *, seconds: float) -> None:
        """Learn from one tick.

        A number of rows that seems too dear is never tried, so it would stay too dear for ever:
        a tick that was faster than expected makes the others a little cheaper too.
        """
        if not self._rows:
            self._points[rows] = seconds
        else:
            expected_s = self.expect_s(rows)
            surprise = min(max(seconds / expected_s, 1 / _MAX_SURPRISE), _MAX_SURPRISE) - 1
            own_share = _NEW_SHARE if rows in self._points else 1.0
            for other in self._points:
                self._points[other] *= 1 + _COMMON_SHARE * min(0.0, surprise)
            self._points[rows] = expected_s * (1 + own_share * surprise)
        self._points = dict(sorted(self._points.items()))
        self._rows = list(self._points)
        self._expected.clear()

    def of_area(self, area_px: int) -> "Curve":
        """Read another size off this one."""
        ratio = area_px / self.area_px
        return Curve(area_px, {rows: self.expect_s(rows * ratio) for rows in _USUAL_ROWS})

    def _guess_s(self, rows: float) -> float:
        """Guess before anything was measured; what counts is the shape.

        It lets two share a tick of a megapixel when many wait, and up to four of smaller sizes.
        """
        fixed = 0.12 if self.area_px >= _FULL_DEVICE_PX else 0.5
        return self.area_px / 1e6 * (fixed + (1 - fixed) * rows / 2)


class Pace:
    """All that was measured of ticks, decodings, preparations and switches of weights."""

    def __init__(self) -> None:
        self._curves: dict[Group, Curve] = {}
        self._ticks: dict[int, Average] = {}  # by area, whatever their rows
        self._decodes: dict[int, Average] = {}  # by area
        self._enters, self._switches = Average(), Average()
        self._passes, self._expected = Average(), Average()
        self._expected_s = 0.0  # of the present pass

    @property
    def is_known(self) -> bool:
        """Say whether any tick was measured."""
        return bool(self._curves)

    @property
    def enter_s(self) -> float:
        """Return the seconds that preparing a request takes."""
        return self._enters.mean

    @property
    def switch_s(self) -> float:
        """Return the seconds that a switch of weights takes."""
        return self._switches.mean

    @property
    def overhead(self) -> float:
        """Return the whole time of a pass, previews and all, per second that was expected of it."""
        return self._passes.mean / self._expected.mean if self._expected.mean else 1.0

    def learn(self, group: Group, *, tick_s: Mapping[int, float], decode_s: float) -> None:
        """Take over what was measured at the start: a curve by rows, and a decoding."""
        self._curves[group] = Curve(group.area_px, tick_s)
        self._decodes.setdefault(group.area_px, Average()).add(decode_s)

    def tick_s(self, group: Group, rows: float) -> float:
        """Return the seconds that a tick will take."""
        return self.curve(group).expect_s(rows)

    def recent_tick_s(self) -> dict[int, float]:
        """Return the mean seconds of the latest ticks by the area of their pictures."""
        return {area_px: ticks.mean for area_px, ticks in self._ticks.items()}

    def decode_s(self, group: Group) -> float:
        """Return the seconds that a decoding will take, from the nearest size known."""
        if not self._decodes:
            return 0.0
        known = min(self._decodes, key=lambda area_px: abs(area_px - group.area_px))
        return self._decodes[known].mean * group.area_px / known

    def book_tick(self, group: Group, rows: int, *, seconds: float) -> None:
        """Learn from a tick."""
        curve = self._curves.setdefault(group, self.curve(group))
        self._expected_s += curve.expect_s(rows)
        curve.book(rows, seconds=seconds)
        self._ticks.setdefault(group.area_px, Average()).add(seconds)

    def book_decode(self, group: Group, *, seconds: float) -> None:
        """Learn from a decoding."""
        self._expected_s += self.decode_s(group)
        self._decodes.setdefault(group.area_px, Average()).add(seconds)

    def book_enter(self, *, seconds: float) -> None:
        """Learn from preparing a request."""
        self._expected_s += self.enter_s
        self._enters.add(seconds)

    def book_switch(self, *, seconds: float) -> None:
        """Learn from a switch of weights."""
        self._expected_s += self.switch_s
        self._switches.add(seconds)

    def book_pass(self, *, seconds: float) -> None:
        """Learn what a pass takes beside what was expected of its parts."""
        if self._expected_s:
            self._expected.add(self._expected_s)
            self._passes.add(seconds)
        self._expected_s = 0.0

    def curve(self, group: Group) -> Curve:
        """Return a group's own curve, or the nearest size's, or a guess."""
        if own := self._curves.get(group):
            return own
        if not self._curves:
            return Curve(group.area_px)
        nearest = min(
            self._curves.values(),
            key=lambda curve: max(curve.area_px / group.area_px, group.area_px / curve.area_px),
        )
        return nearest.of_area(group.area_px)
