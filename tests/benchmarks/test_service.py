"""The program is measured in service: every figure is there, from a run that is as short as can be."""

import argparse
import json
from pathlib import Path

import pytest

from benchmarks import load, shares, stop, workers
from benchmarks.shares import Waits, figures_of


def test_waits_are_compared_with_fair_shares() -> None:
    """Where two people share two pictures a second, ten waits are at most five seconds long."""
    waits = Waits(of_light=[4.0, 5.0], of_heavy=[5.0, 6.0], num_drawn=20, lasted_s=10.0)

    figures = figures_of(waits, num_people=2)

    assert (2 + 8) / 2.0 == figures["predicted_max_s"]
    assert 1.0 == figures["max_by_predicted"]
    assert max(5.0 * 2 / (2 + 8), 6.0 * 2 / (4 + 8)) == figures["heavy_max_by_predicted"]


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_the_share_of_each_is_measured(tmp_path: Path) -> None:
    """People wait, and one who wants more is counted apart."""
    options = argparse.Namespace(people=2, seconds=6.0, heavy=2)

    figures = await shares.measure(options, tmp_path)

    assert figures["without"]["num_waits"]
    assert figures["beside"]["num_of_heavy"]
    assert figures["p95_ratio"] > 0


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_burst_is_measured(tmp_path: Path) -> None:
    """With the real parts, every request of a small burst is acknowledged and timed."""
    options = argparse.Namespace(requests=5, people=2, seconds=1.0)

    figures = await load.measure("burst", options, tmp_path)

    assert {"accepted": 5} == figures["first_cards"]
    assert figures["acknowledged_ms"]["max"] > 0
    assert figures["lag_after_ms"]["max"] >= 0


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_a_stop_is_measured(tmp_path: Path) -> None:
    """Nothing is lost in it, and everybody gets a picture."""
    figures = await stop.measure(argparse.Namespace(requests=2, repeats=1), tmp_path)

    assert (2, 0, 0) == (figures["num_drawn"], figures["num_lost"], figures["num_doubled"])
    assert 1 == len(figures["stops_s"])


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_workers_are_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One and two of them draw everything, nothing twice."""
    monkeypatch.setattr("sys.argv", "workers --requests 4 --repeats 1".split())
    workers.main()

    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [1, 2] == [one["num_workers"] for one in figures["rounds"]]
    assert (0, 0) == (figures["num_drawn_twice"], figures["num_wrong"])
