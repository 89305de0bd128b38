"""How many share a tick: as many as were measured to pay. Plain Python.

A request that joins gets its step done sooner; the others in the tick wait for it. Does not know
who should be first.
"""

from collections.abc import Sequence

from pipeline.engine.pace import Curve
from pipeline.engine.standing import Standing

_GAIN_AT_ONCE = 1.20  # worth making the others in the tick wait for
_CROWD = 4  # known requests of the group, from which on less is enough
_FREE_FOR_ONE, _FREE_AT_LEAST = 0.20, 0.02  # of the rows that are added; measurements have faults


def share(
    line: Sequence[Standing], *, curve: Curve, max_rows: int, is_fixed: bool
) -> list[Standing]:
    """Return the first in line and whoever may join it; a suspect neither joins nor is joined.

    `max_rows` is the most that may share a tick; with `is_fixed` so many do, whether it pays or not.
    """
    first = line[0]
    picked, rows = [first], first.rows
    if first.request.is_suspect:
        return picked
    joining, more = list[Standing](), 0.0
    for one in line[1:]:
        if rows + more >= max_rows:
            break
        if one.request.is_suspect or rows + more + one.rows > max_rows:
            continue
        # Two more may pay where one does not: a curve has steps, and measurements have faults.
        joining.append(one)
        more += one.rows
        if is_fixed or _pays(curve, rows, more, num_known=len(line)):
            picked += joining
            rows += more
            joining, more = [], 0.0
    return picked


def _pays(curve: Curve, rows: float, more: float, *, num_known: int) -> bool:
    """Say whether more rows are worth their time.

    Whoever shares the tick waits for them, and all who are known gain by what gets done sooner: the
    more they are, the smaller a part of the added rows needs to come for free. Twice the rows pay
    from a gain of 1.20 on, among four from 1.05 on.
    """
    gain = curve.gain(rows, more)
    if num_known < _CROWD:
        return gain >= _GAIN_AT_ONCE
    free_share = (gain - 1) * rows / more
    return free_share >= max(_FREE_FOR_ONE / num_known, _FREE_AT_LEAST)
