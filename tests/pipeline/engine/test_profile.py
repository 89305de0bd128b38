"""The start-up measurement, on the real classes at tiny size."""

from pathlib import Path

import pytest
import torch

from pipeline.engine.profile import Profile, load_or_measure, measure
from pipeline.engine.request import Group
from pipeline.errors import OutOfGpuMemory

from .conftest import Workbench

GROUP = Group(width_px=32, height_px=32)


class Costs:
    """A clock that the workbench moves on: every UNet call costs what its rows do."""

    def __init__(self, workbench: Workbench, costs_s: dict[int, float]) -> None:
        self.now_s = 0.0

        def charge(rows: int) -> None:
            self.now_s += costs_s[rows]

        workbench.on_rows = charge

    def __call__(self) -> float:
        """Tell the time."""
        return self.now_s


def test_it_measures_until_more_rows_do_not_pay(workbench: Workbench) -> None:
    """The last number of rows measured is the first that gets too little more done per second."""
    clock = Costs(workbench, {1: 1.0, 2: 1.2, 4: 1.8, 8: 3.5, 16: 7.0})

    with torch.inference_mode():
        profile = measure(workbench, GROUP, max_rows=16, clock=clock)

    assert {1: 1.0, 2: 1.2, 4: 1.8, 8: 3.5} == pytest.approx(profile.tick_s)


def test_it_ends_where_memory_does(workbench: Workbench) -> None:
    """Rows that do not fit are no reason not to start."""
    costs_s = {1: 1.0, 2: 1.0, 4: 1.0}
    clock = Costs(workbench, costs_s)

    def refuse(rows: int) -> None:
        if rows not in costs_s:
            raise OutOfGpuMemory
        clock.now_s += costs_s[rows]

    workbench.on_rows = refuse
    with torch.inference_mode():
        profile = measure(workbench, GROUP, max_rows=16, clock=clock)

    assert costs_s == pytest.approx(profile.tick_s)


def test_a_profile_is_measured_once(workbench: Workbench, tmp_path: Path) -> None:
    """The second start reads it; another size, model or machine has one of its own."""
    clock = Costs(workbench, dict.fromkeys((1, 2, 4, 8, 16), 1.0))

    def profile(side_px: int = 32) -> Profile:
        group = Group(width_px=side_px, height_px=side_px)
        with torch.inference_mode():
            return load_or_measure(workbench, group, max_rows=4, clock=clock, folder=tmp_path)

    first, num_calls = profile(), len(workbench.companies)

    assert first == profile()
    assert num_calls == len(workbench.companies)
    profile(side_px=16)
    assert num_calls < len(workbench.companies)


@pytest.mark.parametrize("broken", ["", "{}", "[]", '{"tick_s": {"x": 1}, "decode_s": 1}'])
def test_a_broken_file_is_measured_anew(broken: str, workbench: Workbench, tmp_path: Path) -> None:
    """A half-written profile is not believed, and replaced."""
    clock = Costs(workbench, dict.fromkeys((1, 2, 4), 1.0))
    with torch.inference_mode():
        good = load_or_measure(workbench, GROUP, max_rows=4, clock=clock, folder=tmp_path)
        (file,) = tmp_path.iterdir()
        file.write_text(broken)

        assert good == load_or_measure(workbench, GROUP, max_rows=4, clock=clock, folder=tmp_path)
    assert broken != file.read_text()
