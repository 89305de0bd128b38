"""A model is tried out before anybody waits for it; what goes wrong is the model's problem."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from pipeline.engine.request import Request
from pipeline.engine.sdxl import Sdxl
from pipeline.engine.trial import try_out
from pipeline.errors import DeviceLost, ModelNotLoaded, ModelProblem, OutOfGpuMemory

from .conftest import model_options


class Tried(Sdxl):
    """The real model, that notes what it is tried with, and fails as it was told to."""

    fault: Callable[[], None] | None = None

    def __init__(self, pipe: Any) -> None:
        super().__init__(pipe, options=model_options())
        self.tried: list[tuple[int, int, int]] = []

    def predict(self, requests: Sequence[Request]) -> list[Tensor]:
        """Note size and rows."""
        (request,) = requests
        group = request.group
        self.tried.append((group.width_px, group.height_px, request.num_rows))
        if self.fault:
            self.fault()
        return super().predict(requests)


@pytest.fixture
def tried(pipe: Any) -> Tried:
    """The tiny model under observation."""
    return Tried(pipe)


@torch.inference_mode()
def test_the_smallest_guided_picture_is_enough(tried: Tried) -> None:
    """A model that is not compiled shows with one small step that all parts fit."""
    try_out(tried, options=model_options())

    least = tried.facts.min_side_px
    assert [(least, least, 2)] == tried.tried


@torch.inference_mode()
def test_a_compiled_model_is_warmed_up_for_rows_and_shapes(tried: Tried) -> None:
    """One row and two, square and not: a first request does not wait for a compiler."""
    try_out(tried, options=model_options(compile="regional"))

    assert {1, 2} == {rows for _, _, rows in tried.tried}
    assert {True, False} == {width == height for width, height, _ in tried.tried}
    assert (32, 32, 2) in tried.tried


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (OutOfGpuMemory(), ModelProblem.NO_ROOM),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), ModelProblem.WRONG_KIND),
        (IndexError("index out of range in self"), ModelProblem.WRONG_KIND),
    ],
    ids=["no room", "shapes", "another tokenizer"],
)
@torch.inference_mode()
def test_what_goes_wrong_is_named(tried: Tried, error: Exception, problem: ModelProblem) -> None:
    """A model that cannot draw is not offered."""

    def fail() -> None:
        raise error

    tried.fault = fail
    with pytest.raises(ModelNotLoaded) as failed:
        try_out(tried, options=model_options())

    assert problem is failed.value.problem


@torch.inference_mode()
def test_a_lost_device_is_not_the_models_fault(tried: Tried) -> None:
    """A device that answers nothing is said as such."""

    def fail() -> None:
        raise DeviceLost("CUDA error")

    tried.fault = fail
    with pytest.raises(DeviceLost):
        try_out(tried, options=model_options())
