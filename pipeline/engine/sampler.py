"""One noise schedule per request: its timesteps, its update, its history.

What people call a sampler, diffusers calls a scheduler; in this project only this file does, and
only in the names of diffusers' classes. Does not know guidance, models or other requests.

Axes: C latent channels, h and w latent cells.
"""

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    DPMSolverSinglestepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LCMScheduler,
    TCDScheduler,
    UniPCMultistepScheduler,
)
from torch import Generator, Tensor

from pipeline.types import SamplerName

_CLASSES: dict[SamplerName, tuple[Any, dict[str, Any]]] = {
    SamplerName.EULER: (EulerDiscreteScheduler, {}),
    SamplerName.EULER_A: (EulerAncestralDiscreteScheduler, {}),
    SamplerName.DPMPP_2M: (DPMSolverMultistepScheduler, {}),
    SamplerName.DPMPP_2M_KARRAS: (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    SamplerName.DPMPP_SDE: (
        DPMSolverSinglestepScheduler,
        {"algorithm_type": "sde-dpmsolver++", "lower_order_final": True},
    ),
    SamplerName.DDIM: (DDIMScheduler, {}),
    SamplerName.UNIPC: (UniPCMultistepScheduler, {}),
    SamplerName.HEUN: (HeunDiscreteScheduler, {}),
    SamplerName.LCM: (LCMScheduler, {}),
    SamplerName.TCD: (TCDScheduler, {}),
}
_DISTILLED_STEPS = 50  # LCM and TCD walk a subset of the steps that they were distilled from


def make_schedule(name: SamplerName, *, config: Mapping[str, Any], num_steps: int) -> Any:
    """Build diffusers' object for a sampler from the model's own schedule configuration.

    `from_config` drops what a class does not know and fills the rest with the defaults of the class:
    DDIM's would clip latents to (-1, 1), which are several units wide.
    """
    cls, overrides = _CLASSES[name]
    accepted = inspect.signature(cls.__init__).parameters
    for key, value in {
        "clip_sample": False,
        "original_inference_steps": max(_DISTILLED_STEPS, num_steps),
    }.items():
        if key in accepted:
            overrides = overrides | {key: value}
    if config.get("rescale_betas_zero_snr") and "rescale_betas_zero_snr" not in accepted:
        overrides = overrides | {"trained_betas": _zero_snr_betas(config)}
    return cls.from_config(config, **overrides)


def _zero_snr_betas(config: Mapping[str, Any]) -> list[float]:
    """Return the noise of a training to zero terminal SNR, for classes that cannot rescale it.

    Only down to the signal that training had left before it was rescaled: a step from next to none
    of it, as the other classes take it, multiplies Heun's correction by hundreds.
    """
    plain = EulerDiscreteScheduler.from_config(config, rescale_betas_zero_snr=False)
    rescaled = EulerDiscreteScheduler.from_config(config)
    least = float(plain.alphas_cumprod[-1])
    signal = least + (1 - least) * rescaled.alphas_cumprod.double()  # falls from step to step
    betas: list[float] = (1 - signal / torch.cat([signal.new_ones(1), signal[:-1]])).tolist()
    return betas


class Sampler:
    """The schedule of one request. Holds the history of multistep methods, so it is never shared."""

    def __init__(
        self,
        name: SamplerName,
        *,
        config: Mapping[str, Any],
        num_steps: int,
        num_skipped: int = 0,
        generator: Generator,
    ) -> None:
        """Make the schedule of `num_steps`, less those that a picture to start from has behind it."""
        self._schedule = make_schedule(name, config=config, num_steps=num_steps)
        # Timesteps and sigmas stay on the CPU: their scalars then reach the device without a sync.
        self._schedule.set_timesteps(num_steps)
        self._begin = num_skipped * self._schedule.order
        if hasattr(self._schedule, "set_begin_index"):
            # else the index is looked up, wrongly where timesteps repeat
            self._schedule.set_begin_index(self._begin)
        self._timesteps = self._schedule.timesteps[self._begin :]
        self._takes_generator = "generator" in inspect.signature(self._schedule.step).parameters
        self._generator = generator

    @property
    def num_steps(self) -> int:
        """Return the UNet calls that it takes, which need not be the number of steps asked for."""
        return len(self._timesteps)

    def begin(self, noise: Tensor, *, clean: Tensor | None) -> Tensor:
        """Return the latents before the first step: noise alone, or over clean latents to change.

        All tensors are (1, C, h, w) of one dtype.
        """
        if clean is None:
            return noise * float(self._schedule.init_noise_sigma)
        latents: Tensor = self._schedule.add_noise(clean, noise, self._timesteps[:1])
        return latents

    def timestep(self, index: int) -> float:
        """Return what the UNet is told about the noise at a step, 0.0 to 999.0."""
        return float(self._timesteps[index])

    def scale(self, latents: Tensor, *, index: int) -> Tensor:
        """Bring latents, (1, C, h, w), to the variance that the UNet knows."""
        scaled: Tensor = self._schedule.scale_model_input(latents, self._timesteps[index])
        return scaled

    def step(self, prediction: Tensor, *, latents: Tensor, index: int) -> Tensor:
        """Return the latents one step further; all tensors are (1, C, h, w) of one dtype."""
        extra = {"generator": self._generator} if self._takes_generator else {}
        stepped = self._schedule.step(
            prediction, self._timesteps[index], latents, return_dict=False, **extra
        )[0]
        further: Tensor = stepped.to(latents.dtype)
        return further

    def keep(self) -> Callable[[], None]:
        """Note how far the schedule is; what is returned brings it back there."""
        schedule = vars(self._schedule)
        # A step changes numbers, and lists in place; the tensors in them it replaces.
        kept = {name: list(it) if isinstance(it, list) else it for name, it in schedule.items()}
        noise = self._generator.get_state() if self._takes_generator else None

        def go_back() -> None:
            schedule.clear()
            schedule.update(kept)
            if noise is not None:
                self._generator.set_state(noise)

        return go_back

    def clean(self, prediction: Tensor, *, scaled: Tensor, index: int) -> Tensor:
        """Return the clean latents, (1, C, h, w), that a prediction at a step stands for.

        scaled: what the UNet saw, z = √ᾱ·clean + √(1-ᾱ)·noise. The second value of diffusers'
        `step` is not this for every class, so it is solved for here.
        Source: arXiv 2202.00512, appendix D (velocity).
        """
        alpha = self._alpha_cumprod(index)
        signal, noise = math.sqrt(alpha), math.sqrt(1 - alpha)
        match self._schedule.config.prediction_type:
            case "epsilon":
                return (scaled - noise * prediction) / signal
            case "v_prediction":
                return signal * scaled - noise * prediction
            case _:  # "sample": the prediction is the clean picture itself
                return prediction

    def _alpha_cumprod(self, index: int) -> float:
        """Return ᾱ, the signal's share of the variance at a step; exact for every sigma spacing."""
        if hasattr(self._schedule, "sigmas"):
            return 1 / (1 + float(self._schedule.sigmas[self._begin + index]) ** 2)
        return float(self._schedule.alphas_cumprod[int(self._timesteps[index])])
