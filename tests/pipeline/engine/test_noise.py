"""Noise between two noises is noise."""

import pytest
import torch
from torch import Generator, Tensor

from pipeline.engine.noise import between, draw_noise
from pipeline.types import Variation

SHAPE = (1, 4, 64, 64)


def noise(seed: int, variation: Variation | None = None) -> Tensor:
    """Noise as a request draws it."""
    return draw_noise(
        SHAPE,
        generator=Generator().manual_seed(seed),
        variation=variation,
        device=torch.device("cpu"),
        dtype=torch.float32,
    )


@pytest.mark.parametrize("amount", [0.0, 0.2, 0.5, 1.0])
def test_a_mixture_keeps_the_variance(amount: float) -> None:
    """However far it goes, the UNet sees what it was trained on."""
    mixed = between(noise(1), noise(2), amount=amount)

    assert abs(float(mixed.std()) - 1) < 0.02


def test_the_ends_are_the_two_noises() -> None:
    """Nothing of the other is the request's own picture, all of it the other one's."""
    assert (noise(1, Variation(seed=2, amount=0.0)) - noise(1)).abs().max() < 1e-6
    assert (noise(1, Variation(seed=2, amount=1.0)) - noise(2)).abs().max() < 1e-6


def test_a_little_stays_near() -> None:
    """The more, the farther: a small amount is recognisably the same noise."""

    def likeness(amount: float) -> float:
        mixed = noise(1, Variation(seed=2, amount=amount)).flatten()
        return float(torch.nn.functional.cosine_similarity(mixed, noise(1).flatten(), dim=0))

    assert 0.9 < likeness(0.2) < likeness(0.1) < 1


def test_towards_itself_nothing_changes() -> None:
    """The angle between a noise and itself is none, and nothing is divided by it."""
    assert torch.equal(noise(1), noise(1, Variation(seed=1, amount=0.5)))


def test_a_variation_leaves_the_generator_where_it_was() -> None:
    """A stochastic sampler draws the same for a variation as for the picture itself."""
    plain, varied = Generator().manual_seed(1), Generator().manual_seed(1)
    for generator, variation in ((plain, None), (varied, Variation(seed=9, amount=0.3))):
        draw_noise(
            SHAPE,
            generator=generator,
            variation=variation,
            device=torch.device("cpu"),
            dtype=torch.float32,
        )

    assert torch.equal(plain.get_state(), varied.get_state())
