"""What a request is drawn with, and what is refused before any work."""

import math
from typing import Any

import pytest
import torch
from diffusers import EulerDiscreteScheduler

from pipeline.engine.request import Request, settle
from pipeline.engine.sampler import Sampler
from pipeline.errors import (
    UnknownLora,
    UnsupportedGuidance,
    UnsupportedInterval,
    UnsupportedLoraScale,
    UnsupportedSize,
    UnsupportedSteps,
    UnsupportedStrength,
    UnsupportedVariation,
)
from pipeline.types import (
    ModelFacts,
    Pixels,
    PreparedPrompt,
    Quality,
    RenderPhase,
    RenderRequest,
    SamplerName,
    Start,
    Variation,
)

FACTS = ModelFacts(
    name="tiny",
    width_px=32,
    height_px=48,
    min_side_px=16,
    max_side_px=64,
    max_area_px=64 * 48,
    side_multiple_px=16,
    steps={Quality.FAST: 2, Quality.NORMAL: 4, Quality.FINE: 8},
    guidance_scale=5.0,
    sampler=SamplerName.EULER,
    display_px=128,
    loras=("ink", "pastel"),
)
SMALL = Pixels(width_px=32, height_px=48, rgb=bytes(32 * 48 * 3))
NO_WORDS = PreparedPrompt(prompt=(), prompt_2=(), negative_prompt=())


def ask(**changes: Any) -> RenderRequest:
    """A request with no words, which are of no interest here."""
    return RenderRequest(prompt=NO_WORDS, seed=7, **changes)


def over(strength: float) -> Start:
    """A picture to draw over."""
    return Start(pixels=SMALL, strength=strength)


def request(**wishes: Any) -> Request:
    """A request as the scheduler knows it."""
    return Request(prompt=NO_WORDS, settings=settle(ask(**wishes), facts=FACTS), submitted_s=0.0)


def test_what_is_not_said_comes_from_the_model() -> None:
    """A request without wishes is drawn as the model does by default."""
    settings = settle(ask(quality=Quality.FINE), facts=FACTS)

    assert (32, 48, 8, 5.0) == (
        settings.width_px,
        settings.height_px,
        settings.num_steps,
        settings.guidance_scale,
    )
    assert SamplerName.EULER is settings.sampler


def test_what_is_said_wins() -> None:
    """A number of steps outweighs the quality word, and zero guidance is a wish, not a gap."""
    settings = settle(ask(num_steps=3, guidance_scale=0.0, sampler=SamplerName.LCM), facts=FACTS)

    assert (3, 0.0, SamplerName.LCM) == (
        settings.num_steps,
        settings.guidance_scale,
        settings.sampler,
    )


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        pytest.param({"width_px": 80}, UnsupportedSize, id="too wide"),
        pytest.param({"height_px": 40}, UnsupportedSize, id="between two sizes"),
        pytest.param({"width_px": 64, "height_px": 64}, UnsupportedSize, id="too many pixels"),
        pytest.param({"height_px": 0}, UnsupportedSize, id="no height"),
        pytest.param({"width_px": -16}, UnsupportedSize, id="negative width"),
        pytest.param({"num_steps": 0}, UnsupportedSteps, id="no steps"),
        pytest.param({"num_steps": 151}, UnsupportedSteps, id="too many steps"),
        pytest.param({"guidance_scale": -0.1}, UnsupportedGuidance, id="negative guidance"),
        pytest.param({"guidance_scale": 31.0}, UnsupportedGuidance, id="too much guidance"),
        pytest.param({"guidance_scale": math.nan}, UnsupportedGuidance, id="guidance not a number"),
        pytest.param(
            {"guidance_interval": (0.8, 0.2)}, UnsupportedInterval, id="interval reversed"
        ),
        pytest.param(
            {"guidance_interval": (0.0, 1.1)}, UnsupportedInterval, id="interval too long"
        ),
        pytest.param({"start": over(0.0)}, UnsupportedStrength, id="no strength"),
        pytest.param({"start": over(1.1)}, UnsupportedStrength, id="more than all steps"),
        pytest.param({"start": over(0.2)}, UnsupportedStrength, id="less than one of four steps"),
        pytest.param({"start": over(math.nan)}, UnsupportedStrength, id="strength not a number"),
        pytest.param(
            {"variation": Variation(seed=1, amount=1.5)},
            UnsupportedVariation,
            id="beyond the other",
        ),
        pytest.param({"weights": (("oil", 1.0),)}, UnknownLora, id="no such LoRA"),
        pytest.param({"weights": (("ink", 2.5),)}, UnsupportedLoraScale, id="too much of a LoRA"),
    ],
)
def test_what_the_model_cannot_draw_is_refused(wish: dict[str, Any], error: type) -> None:
    """Every wish outside the model's limits has its own error."""
    with pytest.raises(error):
        settle(ask(**wish), facts=FACTS)


def test_rows_and_phases_follow_from_the_settings_and_the_index() -> None:
    """Guidance takes two rows; a request waits, is drawn, and is decoded when no step is left."""
    plain, guided = request(guidance_scale=1.0), request()

    rows, phases = guided.num_rows, [guided.phase]
    guided.started_s = 1.0
    phases.append(guided.phase)
    guided.index = 4
    phases.append(guided.phase)

    assert (1, 2) == (plain.num_rows, rows)
    assert [RenderPhase.WAITING, RenderPhase.DRAWING, RenderPhase.DECODING] == phases


def test_a_step_outside_the_interval_takes_one_row() -> None:
    """The rows of the steps to come are foretold, whichever of them are guided."""
    partly = request(num_steps=10, guidance_interval=(0.2, 0.7))

    foretold, rows = [], []
    for index in range(10):
        partly.index = index
        foretold.append(partly.rows_left)
        rows.append(partly.num_rows)

    assert [1, 1, 2, 2, 2, 2, 2, 1, 1, 1] == rows
    assert [sum(rows[index:]) for index in range(10)] == foretold


@pytest.mark.parametrize("sampler", SamplerName)
@pytest.mark.parametrize("strength", [0.05, 0.3, 0.55, 1.0])
def test_the_calls_are_known_before_there_is_a_sampler(
    sampler: SamplerName, strength: float
) -> None:
    """What the queue reckons with is what the sampler of such a request will take."""
    settings = request(sampler=sampler, num_steps=23, start=over(strength)).settings
    real = Sampler(
        sampler,
        config=EulerDiscreteScheduler().config,
        num_steps=settings.num_steps,
        num_skipped=settings.num_skipped,
        generator=torch.Generator(),
    )

    assert real.num_steps == settings.num_calls


def test_one_set_of_weights_is_one_group() -> None:
    """The order in which LoRAs are named means nothing; their scales do."""
    ink, pastel = ("ink", 0.5), ("pastel", 1.0)

    assert request(weights=(ink, pastel)).group == request(weights=(pastel, ink)).group
    assert request(weights=(ink,)).group != request(weights=(("ink", 0.6),)).group
    assert request(weights=(ink,)).group != request().group
