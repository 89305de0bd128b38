"""The noise schedules: finite for every model, alone in their history, honest in their previews."""

from typing import Any

import pytest
import torch
from diffusers import EulerDiscreteScheduler

from benchmarks.random_model import EPSILON, VELOCITY_ZERO_SNR
from pipeline.engine.request import MAX_STEPS
from pipeline.engine.sampler import Sampler, make_schedule
from pipeline.types import SamplerName

BETAS = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
CONFIGS: dict[str, Any] = {
    "epsilon": EulerDiscreteScheduler(**BETAS, **EPSILON).config,
    "velocity": EulerDiscreteScheduler(**BETAS, **VELOCITY_ZERO_SNR).config,
}
SHAPE = (1, 4, 8, 8)

every_sampler = pytest.mark.parametrize("name", SamplerName)
every_config = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)


def noise(seed: int) -> torch.Tensor:
    """Unit noise of the shape of latents."""
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


def make_sampler(name: SamplerName, config: Any, num_steps: int, seed: int = 0) -> Sampler:
    """A sampler with noise of its own."""
    generator = torch.Generator().manual_seed(seed)
    return Sampler(name, config=config, num_steps=num_steps, generator=generator)


@every_config
@every_sampler
@pytest.mark.parametrize("num_steps", [1, 2, 3, 20, MAX_STEPS])
def test_no_number_of_steps_leaves_the_finite(
    name: SamplerName, config: Any, num_steps: int
) -> None:
    """Every sampler goes from noise to finite latents, at zero terminal signal too."""
    sampler = make_sampler(name, config, num_steps)
    latents = sampler.begin(noise(1), clean=None)

    for index in range(sampler.num_steps):
        scaled = sampler.scale(latents, index=index)
        assert sampler.clean(torch.tanh(scaled), scaled=scaled, index=index).isfinite().all()
        latents = sampler.step(torch.tanh(scaled), latents=latents, index=index)

    assert latents.isfinite().all()
    assert SHAPE == latents.shape


@every_config
@pytest.mark.parametrize(
    "name", [SamplerName.EULER, SamplerName.EULER_A, SamplerName.DDIM], ids=str
)
def test_the_clean_latents_are_those_of_the_sampler(name: SamplerName, config: Any) -> None:
    """Where diffusers' step tells its own clean latents, ours are the same (1e-5)."""
    sampler, schedule = (
        make_sampler(name, config, 5),
        make_schedule(name, config=config, num_steps=5),
    )
    schedule.set_timesteps(5)
    latents = sampler.begin(noise(1), clean=None)

    for index, timestep in enumerate(schedule.timesteps):
        scaled = sampler.scale(latents, index=index)
        prediction = noise(index)
        schedule.scale_model_input(latents, timestep)
        stepped = schedule.step(prediction, timestep, latents)
        clean = sampler.clean(prediction, scaled=scaled, index=index)

        # Relative to the sum's terms, which cancel where there is hardly any signal.
        size = max(clean.abs().max(), scaled.abs().max())
        assert (clean - stepped.pred_original_sample).abs().max() / size < 1e-3
        latents = sampler.step(prediction, latents=latents, index=index)


@every_config
@every_sampler
def test_the_clean_latents_are_those_that_were_noised(name: SamplerName, config: Any) -> None:
    """A perfect prediction gives back the latents that the noise was added to."""
    sampler = make_sampler(name, config, 6)
    original, added, index = noise(1), noise(2), 3
    alpha = sampler._alpha_cumprod(index)
    signal, deviation = alpha**0.5, (1 - alpha) ** 0.5
    is_velocity = config["prediction_type"] == "v_prediction"
    prediction = signal * added - deviation * original if is_velocity else added

    clean = sampler.clean(prediction, scaled=signal * original + deviation * added, index=index)

    assert (clean - original).abs().max() < 1e-5


@every_sampler
def test_latents_are_never_clipped(name: SamplerName) -> None:
    """A class default that clips pictures to (-1, 1) does not creep in with another's config."""
    schedule = make_schedule(name, config=CONFIGS["epsilon"], num_steps=5)

    assert not schedule.config.get("clip_sample", False)


@every_sampler
def test_requests_do_not_share_a_history(name: SamplerName) -> None:
    """A sampler gives the same latents whether or not another one steps between its steps."""

    def run(*, others: bool) -> torch.Tensor:
        sampler = make_sampler(name, CONFIGS["velocity"], 6)
        other = make_sampler(name, CONFIGS["velocity"], 6, seed=9)
        latents = sampler.begin(noise(1), clean=None)
        for index in range(6):
            if others:
                other.step(noise(index + 50), latents=noise(3), index=index)
            sampler.scale(latents, index=index)
            latents = sampler.step(noise(index), latents=latents, index=index)
        return latents

    assert torch.equal(run(others=False), run(others=True))


@every_sampler
def test_rescaled_noise_of_training_is_followed_by_every_class(name: SamplerName) -> None:
    """A class that cannot rescale it itself still tells the UNet the noise that it was trained with."""
    sampler = make_sampler(name, CONFIGS["velocity"], 10)
    trained = EulerDiscreteScheduler.from_config(CONFIGS["velocity"]).alphas_cumprod

    for index in range(2, sampler.num_steps):
        told = float(trained[round(sampler.timestep(index))])
        assert abs(sampler._alpha_cumprod(index) - told) < 0.01


@every_config
@every_sampler
@pytest.mark.parametrize("num_skipped", [0, 1, 4])
def test_a_picture_to_start_from_is_noised_as_the_first_step_expects(
    name: SamplerName, config: Any, num_skipped: int
) -> None:
    """What the UNet sees first is √ᾱ·clean + √(1-ᾱ)·noise, however many steps are skipped."""
    sampler = Sampler(
        name,
        config=config,
        num_steps=6,
        num_skipped=num_skipped,
        generator=torch.Generator().manual_seed(0),
    )
    clean, added = noise(1), noise(2)
    alpha = sampler._alpha_cumprod(0)

    seen = sampler.scale(sampler.begin(added, clean=clean), index=0)

    assert (seen - alpha**0.5 * clean - (1 - alpha) ** 0.5 * added).abs().max() < 1e-4
