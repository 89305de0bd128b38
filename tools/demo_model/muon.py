"""Muon: momentum whose matrices are made orthogonal, for the weights; AdamW for everything else.

On two CPU cores the number of steps is what we are short of, and Muon needs fewer than AdamW.
Source: Keller Jordan, "Muon: An optimizer for hidden layers in neural networks" (2024).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn


class Muon(torch.optim.Optimizer):
    """One optimiser for a whole model: groups with `matrices=True` take Muon's update, the others AdamW's."""

    def __init__(
        self,
        groups: list[dict[str, Any]],
        *,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.98),
    ) -> None:
        super().__init__(
            groups,
            {
                "lr": 1e-3,
                "momentum": momentum,
                "betas": betas,
                "weight_decay": 0.0,
                "matrices": False,
            },
        )

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take one step; closures are not supported."""
        assert closure is None
        for group in self.param_groups:
            parameters = [value for value in group["params"] if value.grad is not None]
            if not parameters:
                continue
            for value in parameters:
                if group["weight_decay"]:
                    value.mul_(1 - group["lr"] * group["weight_decay"])
                self._turn(value, group) if group["matrices"] else self._adam(value, group)

    def _turn(self, value: Tensor, group: dict[str, Any]) -> None:
        state = self.state[value]
        if not state:
            state["momentum"] = torch.zeros_like(value)
        momentum: Tensor = state["momentum"]
        assert value.grad is not None
        momentum.lerp_(value.grad, 1 - group["momentum"])
        looked_ahead = value.grad.lerp(momentum, group["momentum"])
        matrix = looked_ahead.reshape(len(value), -1)  # (out, in * kernel)
        update = orthogonal(matrix)
        # Makes an element's rms about 0.2, AdamW's usual one, so that one learning rate serves both.
        factor = 0.2 * max(matrix.shape) ** 0.5
        value.add_(update.reshape(value.shape), alpha=-group["lr"] * factor)

    def _adam(self, value: Tensor, group: dict[str, Any]) -> None:
        state = self.state[value]
        if not state:
            state["mean"], state["square"], state["count"] = (
                torch.zeros_like(value),
                torch.zeros_like(value),
                0,
            )
        assert value.grad is not None
        state["count"] += 1
        first, second = group["betas"]
        state["mean"].lerp_(value.grad, 1 - first)
        state["square"].lerp_(value.grad.square(), 1 - second)
        mean = state["mean"] / (1 - first ** state["count"])
        square = state["square"] / (1 - second ** state["count"])
        value.addcdiv_(mean, square.sqrt().add_(1e-8), value=-group["lr"])


def orthogonal(matrix: Tensor, *, iterations: int = 5) -> Tensor:
    """Return about U V^T of the matrix's singular value decomposition, (out, in), by Newton-Schulz.

    The iteration runs on the small Gram matrix and touches the matrix itself twice: with
    x' = p(x x^T) x every x is a polynomial of the first Gram matrix times the first x.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    tall = matrix.shape[0] > matrix.shape[1]
    x = (matrix.T if tall else matrix).float()
    x = x / (x.norm() + 1e-7)
    # In float32: a rounded Gram matrix has negative eigenvalues, which the iteration blows up.
    gram = x @ x.T  # (m, m), m the shorter side
    product = torch.eye(len(gram), device=x.device)
    identity = product
    for _ in range(iterations):
        factor = a * identity + b * gram + c * gram @ gram
        product = factor @ product
        gram = factor @ gram @ factor
        gram = (gram + gram.T) / 2
    x = product.bfloat16() @ x.bfloat16()
    turned: Tensor = (x.T if tall else x).to(matrix.dtype)
    return turned


def muon_for(
    model: nn.Module,
    *,
    adam_names: Iterable[str] = (),
    weight_decay: float = 0.0,
    adam_factor: float = 1.0,
) -> Muon:
    """Put every weight matrix and kernel under Muon, but those whose name holds one of `adam_names`."""
    skipped = tuple(adam_names)
    matrices: list[Tensor] = []
    others: list[Tensor] = []
    for name, value in model.named_parameters():
        is_matrix = value.ndim >= 2 and not any(part in name for part in skipped)
        (matrices if is_matrix else others).append(value)
    return Muon(
        [
            {"params": matrices, "matrices": True, "weight_decay": weight_decay},
            {"params": others, "matrices": False, "rate_factor": adam_factor},
        ]
    )
