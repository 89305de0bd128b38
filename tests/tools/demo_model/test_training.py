"""Runs that stop and go on."""

from pathlib import Path

import torch
from torch import nn

from tools.demo_model.muon import muon_for, orthogonal
from tools.demo_model.training import Run, plateau


def a_run(path: Path) -> Run:
    """Return a run of a tiny model with fixed weights."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    return Run(model, path=path, optimiser=muon_for(model), average_decay=0.9)


def take(run: Run, *, steps: int) -> None:
    """Train on numbers that follow from the step."""
    for _ in range(steps):
        batch = torch.randn(16, 4, generator=run.generator())
        run.update((run.model(batch) - 1).square().mean(), rate=0.01)


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path: Path) -> None:
    """Stopping after four steps and going on changes nothing."""
    unbroken = a_run(tmp_path / "unbroken.pt")
    take(unbroken, steps=8)
    broken = a_run(tmp_path / "broken.pt")
    take(broken, steps=4)
    broken.save()
    resumed = a_run(tmp_path / "broken.pt")

    assert resumed.load()
    take(resumed, steps=4)
    assert resumed.step == unbroken.step
    for name, value in unbroken.average.items():
        assert torch.equal(value, resumed.average[name]), name
    for name, value in unbroken.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_a_fresh_run_finds_nothing_to_load(tmp_path: Path) -> None:
    """Without a checkpoint a run starts at step 0."""
    run = a_run(tmp_path / "none.pt")

    assert not run.load()
    assert run.step == 0


def test_muons_update_is_about_orthogonal() -> None:
    """All singular values end near 1, whatever they were."""
    matrix = (
        torch.randn(8, 24, generator=torch.Generator().manual_seed(1))
        * torch.logspace(-1, 1, 8)[:, None]
    )
    values = torch.linalg.svdvals(orthogonal(matrix).float())

    assert values.min() > 0.4
    assert values.max() < 1.4


def test_the_learning_rate_rises_stays_and_falls() -> None:
    """The plateau is flat between warm-up and decay."""
    rates = [plateau(step, total=1000, peak=1.0, warm_up=100) for step in (0, 400, 600, 999)]

    assert rates[0] < 0.02
    assert rates[1] == rates[2] == 1.0
    assert rates[3] < 0.05
