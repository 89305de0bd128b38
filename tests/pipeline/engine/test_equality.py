"""What the engine draws is what diffusers draws, whoever shares the ticks.

The fast path is compared with the slow one: a request drawn by the loop, and the pipelines of
diffusers called for it alone with the same embeddings, schedule and seed.
"""

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import pytest
import torch
from diffusers import StableDiffusionXLPipeline
from torch import Generator, Tensor

from pipeline.engine.noise import between
from pipeline.types import Pixels, RenderRequest, SamplerName, Start, Variation

from .conftest import (
    TOLERANCE,
    Workbench,
    ask,
    draw_plainly,
    prompt,
    relative_error,
    result_of,
)


def photo(width_px: int = 32, height_px: int = 32) -> Pixels:
    """A picture of noise, which has every frequency."""
    generator = torch.Generator().manual_seed(width_px)
    levels = torch.randint(0, 256, (height_px * width_px * 3,), generator=generator)
    return Pixels(width_px=width_px, height_px=height_px, rgb=bytes(levels.tolist()))


def all_kinds() -> list[RenderRequest]:
    """Every sampler, with guidance and without, from noise and from a picture; steps differ."""
    kinds = product(SamplerName, (1.0, 6.0), (None, 0.6))
    return [
        ask(
            seed,
            prompt=prompt(f"picture {seed}"),
            sampler=sampler,
            num_steps=4 + seed % 4,
            guidance_scale=guidance_scale,
            start=None if strength is None else Start(pixels=photo(), strength=strength),
        )
        for seed, (sampler, guidance_scale, strength) in enumerate(kinds)
    ]


@dataclass(frozen=True, slots=True)
class DrawnPlainly:
    """What the engine is to draw, and what comes of it elsewhere."""

    pipe: StableDiffusionXLPipeline
    latents: dict[RenderRequest, Tensor]


@pytest.fixture(scope="module", params=["epsilon", "velocity"])
def drawn_plainly(
    request: pytest.FixtureRequest, pipes: dict[str, StableDiffusionXLPipeline]
) -> DrawnPlainly:
    """All kinds of requests and their latents by diffusers, for one kind of model."""
    pipe = pipes[request.param]
    return DrawnPlainly(pipe, {asked: draw_plainly(pipe, asked) for asked in all_kinds()})


async def test_alone_it_draws_what_diffusers_draws(drawn_plainly: DrawnPlainly) -> None:
    """Every sampler ends at the latents of the pipeline, whatever it starts from."""
    workbench = Workbench(drawn_plainly.pipe)
    async with workbench.engine(preview_steps=1000) as engine:
        for asked in drawn_plainly.latents:
            rendered = await result_of(engine.submit(asked))

            assert (asked.num_steps, asked.guidance_scale, asked.sampler, asked.seed) == (
                rendered.num_steps,
                rendered.guidance_scale,
                rendered.sampler,
                rendered.seed,
            )

    assert_equal(workbench, drawn_plainly.latents)


async def test_in_mixed_company_it_draws_the_same(drawn_plainly: DrawnPlainly) -> None:
    """Joining late, leaving early, a cancelled neighbour and another size change nobody's picture."""
    workbench, latents = Workbench(drawn_plainly.pipe), dict(drawn_plainly.latents)
    for asked in list(latents)[::9]:
        wide = replace(asked, seed=100 + asked.seed, width_px=64, height_px=32, start=None)
        latents[wide] = draw_plainly(drawn_plainly.pipe, wide)
    company = sorted(latents, key=lambda asked: asked.seed % 7)
    workbench.hold()

    async with workbench.engine(max_requests=100, preview_steps=1000) as engine:
        tickets = [engine.submit(asked) for asked in company[:20]]
        leaving = engine.submit(ask(999, num_steps=30))
        await workbench.at_gate()
        await workbench.pass_(6)
        tickets += [engine.submit(asked) for asked in company[20:]]
        await workbench.pass_(6)
        leaving.cancel()
        workbench.let_go()
        for ticket in tickets:
            await result_of(ticket)

    assert_equal(workbench, latents)
    assert max(len(company) for company in workbench.companies) >= 3, "ticks were shared"


def assert_equal(workbench: Workbench, expected: dict[RenderRequest, Tensor]) -> None:
    """Compare all latents and name those that are too far off."""
    errors = {
        asked.seed: relative_error(workbench.latents[asked.seed], latents)
        for asked, latents in expected.items()
    }

    assert {} == {seed: error for seed, error in errors.items() if not error < TOLERANCE}


def stop_guiding_after(step: int) -> Any:
    """A callback of diffusers' call that leaves the negative row out from then on."""

    def callback(pipe: Any, index: int, _: Any, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        if index != step - 1:
            return {}
        pipe._guidance_scale = 0.0
        return {name: tensor[-1:] for name, tensor in tensors.items()}

    return callback


@pytest.mark.parametrize(
    "sampler",
    [SamplerName.EULER, SamplerName.DPMPP_2M, SamplerName.EULER_A, SamplerName.HEUN],
    ids=str,
)
async def test_guidance_that_ends_early_is_that_of_a_cut_off(
    sampler: SamplerName, workbench: Workbench, pipe: StableDiffusionXLPipeline
) -> None:
    """Outside its interval a request goes on as the pipeline does once the negative row is gone."""
    asked = ask(1, sampler=sampler, num_steps=10, guidance_interval=(0.0, 0.6))
    num_calls = 19 if sampler is SamplerName.HEUN else 10
    expected = draw_plainly(
        pipe,
        asked,
        callback_on_step_end=stop_guiding_after(round(0.6 * num_calls)),
        callback_on_step_end_tensor_inputs=["prompt_embeds", "add_text_embeds", "add_time_ids"],
    )
    whole = draw_plainly(pipe, asked)

    async with workbench.engine() as engine:
        tickets = [engine.submit(asked), engine.submit(ask(2, num_steps=7))]
        for ticket in tickets:
            await result_of(ticket)

    assert relative_error(workbench.latents[1], expected) < TOLERANCE
    assert relative_error(workbench.latents[1], whole) > 10 * TOLERANCE, "the interval matters"


async def test_an_interval_with_two_ends_is_the_same_in_company(workbench: Workbench) -> None:
    """Rows that come and go leave a request what it is alone."""
    asked = ask(1, num_steps=9, guidance_interval=(0.3, 0.8))
    async with workbench.engine() as engine:
        await result_of(engine.submit(asked))
        alone = workbench.latents.pop(1)
        tickets = [engine.submit(asked), *(engine.submit(ask(seed)) for seed in (2, 3))]
        for ticket in tickets:
            await result_of(ticket)

    assert relative_error(workbench.latents[1], alone) < TOLERANCE


async def test_a_variation_is_the_picture_of_the_noise_between(
    workbench: Workbench, pipe: StableDiffusionXLPipeline
) -> None:
    """A variation is what the pipeline draws from noise between that of both seeds."""
    near = Variation(seed=9, amount=0.3)
    noises = [torch.randn((1, 4, 16, 16), generator=Generator().manual_seed(s)) for s in (1, 9)]
    expected = draw_plainly(pipe, ask(1), latents=between(*noises, amount=near.amount))

    async with workbench.engine() as engine:
        tickets = [engine.submit(ask(1, variation=near)), engine.submit(ask(2))]
        for ticket in tickets:
            await result_of(ticket)

    assert relative_error(workbench.latents[1], expected) < TOLERANCE


async def test_other_words_with_the_same_seed_redraw_the_picture(
    workbench: Workbench, pipe: StableDiffusionXLPipeline
) -> None:
    """The same noise under a changed prompt is what the pipeline makes of it."""
    changed = ask(1, prompt=prompt("a blue dog"))

    async with workbench.engine() as engine:
        await result_of(engine.submit(ask(1)))
        await result_of(engine.submit(changed))

    assert relative_error(workbench.latents[1], draw_plainly(pipe, changed)) < TOLERANCE


async def test_enlarging_draws_over_a_larger_picture(
    workbench: Workbench, pipe: StableDiffusionXLPipeline
) -> None:
    """An enlarged picture is image-to-image at its new size, in ticks with others of that size."""
    large = Start(pixels=photo(64, 64), strength=0.5)
    asked = ask(1, width_px=64, height_px=64, num_steps=8, start=large)

    async with workbench.engine() as engine:
        others = [engine.submit(ask(seed, width_px=64, height_px=64)) for seed in (2, 3)]
        rendered = await result_of(engine.submit(asked))
        for ticket in others:
            await result_of(ticket)

    assert (64, 64) == (rendered.pixels.width_px, rendered.pixels.height_px)
    assert relative_error(workbench.latents[1], draw_plainly(pipe, asked)) < TOLERANCE
