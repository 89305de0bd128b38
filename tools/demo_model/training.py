"""What every training here shares: a run that can be stopped at any step and resumed to the same state.

The random numbers of a step come from the step's number, so that a resumed run sees what an
uninterrupted one would have seen. Does not know what is trained.
"""

from __future__ import annotations

import math
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import torch
from torch import Tensor, nn

CHECKPOINTS = Path(".cache") / "demo_model"


class Run:
    """A model, its optimiser and its running average, at a step.

    Lives as long as one training; `save` replaces the checkpoint in one move.
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        path: Path,
        optimiser: torch.optim.Optimizer,
        seed: int = 0,
        average_decay: float = 0.999,
    ) -> None:
        self.model, self.path, self.optimiser = model, path, optimiser
        self.seed, self.average_decay = seed, average_decay
        self.step = 0
        self.average = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self._parameters = [
            value.detach() for value in model.state_dict().values() if value.is_floating_point()
        ]
        self._averages = [
            self.average[name]
            for name, value in model.state_dict().items()
            if value.is_floating_point()
        ]

    def load(self) -> bool:
        """Take up the saved state, and say whether there was one."""
        if not self.path.exists():
            return False
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        for name, value in state["average"].items():
            self.average[name].copy_(value)
        self.step = state["step"]
        return True

    def begin_from(self, state: dict[str, Tensor]) -> None:
        """Start from given weights, such as the shipped ones, with a fresh optimiser."""
        self.model.load_state_dict(state)
        for name, value in self.model.state_dict().items():
            self.average[name].copy_(value)

    def save(self) -> None:
        """Write the state beside the old one, then put it in its place."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimiser": self.optimiser.state_dict(),
                "average": self.average,
                "step": self.step,
            },
            fresh,
        )
        fresh.replace(self.path)

    def rng(self) -> random.Random:
        """Return the random numbers of this step."""
        return random.Random(self.seed * 1_000_003 + self.step)

    def generator(self) -> torch.Generator:
        """Return torch's random numbers of this step, on the CPU."""
        return torch.Generator().manual_seed(self.seed * 1_000_003 + self.step)

    def update(self, loss: Tensor, *, rate: float, max_norm: float = 1.0) -> None:
        """Take one step down the loss and move the average along."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate * group.get("rate_factor", 1.0)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), max_norm)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        decay = min(self.average_decay, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            torch._foreach_lerp_(self._averages, self._parameters, 1 - decay)
        self.step += 1


def cosine(step: int, *, total: int, peak: float, warm_up: int = 100, floor: float = 0.02) -> float:
    """Return the learning rate: up in a line, down along a cosine to `floor` of the peak."""
    rise = min(1.0, (step + 1) / warm_up)
    fall = 0.5 * (1 + math.cos(math.pi * min(1.0, step / total)))
    return peak * rise * (floor + (1 - floor) * fall)


def plateau(
    step: int, *, total: int, peak: float, warm_up: int = 200, decay_share: float = 0.3
) -> float:
    """Return the learning rate: up in a line, flat, then down in a line over the last share of the run."""
    rise = min(1.0, (step + 1) / warm_up)
    left = (total - step) / max(1.0, decay_share * total)
    return peak * rise * max(0.02, min(1.0, left))


@contextmanager
def stop_requested() -> Iterator[Callable[[], bool]]:
    """Yield a question that is answered yes once SIGTERM or SIGINT has come."""
    asked: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(number)

    before = {name: signal.signal(name, note) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(asked)
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def be_modest(num_threads: int | None) -> None:
    """Leave the machine to others when they want it, and use `num_threads` when they do not."""
    os.setpriority(os.PRIO_PROCESS, 0, 19)
    torch.set_num_threads(num_threads or os.cpu_count() or 1)


def newest(trained: Path, shipped: Path) -> Path:
    """Return what this machine trained, or else what is shipped: checkpoints do not travel."""
    return trained if trained.exists() else shipped


class Clock:
    """Seconds since it was made, for the lines of a log."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def seconds(self) -> float:
        """Return the seconds since the start."""
        return time.monotonic() - self._start
