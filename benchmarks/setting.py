"""What all benchmarks share: the model that they run on, requests for it, and a line about the machine."""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.random_model import VELOCITY_ZERO_SNR, save_model
from pipeline.engine.options import DEMO, ModelOptions
from pipeline.types import Fragment, PreparedPrompt, RenderRequest

_PROMPT = PreparedPrompt(
    prompt=(Fragment(text="a red cat in the snow"),),
    prompt_2=(
        Fragment(text="a red "),
        Fragment(text="cat", weight=1.3),
        Fragment(text=" in the snow"),
    ),
    negative_prompt=(Fragment(text="blurry"),),
)


@contextmanager
def small_model(
    *, num_threads: int, channels: tuple[int, ...] = (64, 128, 192), side_px: int = 32
) -> Iterator[ModelOptions]:
    """Give the demonstration model, or random weights of about its cost where it is not there."""
    options = replace(DEMO, device="cpu", num_threads=num_threads)
    if (Path(DEMO.path) / "model_index.json").is_file() and channels == (64, 128, 192):
        yield options
        return
    with TemporaryDirectory() as folder:
        path = save_model(Path(folder), schedule=VELOCITY_ZERO_SNR, channels=channels)
        yield replace(
            options,
            name="random",
            path=str(path),
            width_px=side_px,
            height_px=side_px,
            min_side_px=8,
            side_step_px=1,
        )


def request(seed: int, **wishes: Any) -> RenderRequest:
    """A request for the same picture with another seed."""
    return RenderRequest(prompt=_PROMPT, seed=seed, **wishes)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def machine() -> dict[str, Any]:
    """Say what a figure was measured with."""
    return {
        "processor": platform.processor() or platform.machine(),
        "num_cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "torch": version("torch"),
        "diffusers": version("diffusers"),
    }
