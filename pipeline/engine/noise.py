"""The noise that a picture is drawn out of: of one seed, or between those of two.

Drawn on the CPU, so that a seed gives the same noise on every device. GPU thread only.

Axes: C latent channels, h and w latent cells.
"""

import torch
from diffusers.utils.torch_utils import randn_tensor
from torch import Generator, Tensor
from torch.nn import functional

from pipeline.types import Variation

_LEAST_ANGLE = 1e-6  # below it two noises are the same


def draw_noise(
    shape: tuple[int, ...],
    *,
    generator: Generator,
    variation: Variation | None,
    device: torch.device,
    dtype: torch.dtype,
) -> Tensor:
    """Draw noise of unit variance, (1, C, h, w).

    The generator is the request's own, and is drawn from once, variation or not.
    """

    def draw(generator: Generator) -> Tensor:
        noise: Tensor = randn_tensor(shape, generator=generator, device=device, dtype=dtype)
        return noise

    noise = draw(generator)
    if variation is None:
        return noise
    other = draw(Generator().manual_seed(variation.seed))
    return between(noise, other, amount=variation.amount)


def between(noise: Tensor, other: Tensor, *, amount: float) -> Tensor:
    """Go from one noise towards another on the sphere where both lie, so that it stays noise.

    Both are (1, C, h, w) of unit variance; `amount` 0.0 gives the first, 1.0 the other.
    Source: Shoemake 1985, spherical linear interpolation.
    """
    first, second = noise.double(), other.double()
    cosine = functional.cosine_similarity(first.flatten(), second.flatten(), dim=0)
    angle = cosine.clamp(-1, 1).acos()
    if angle < _LEAST_ANGLE:  # the same seed twice
        return noise
    shares = torch.sin(torch.stack([(1 - amount) * angle, amount * angle])) / torch.sin(angle)
    mixed: Tensor = (shares[0] * first + shares[1] * second).to(noise.dtype)
    return mixed
