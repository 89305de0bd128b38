"""Shapes become sizes that the model draws."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine.options import DEMO, ModelOptions
from pipeline.engine.request import settle
from pipeline.errors import CannotEnlarge
from pipeline.size import size_enlarged, size_like, size_of
from pipeline.types import ModelFacts, PreparedPrompt, Quality, Ratio, RenderRequest

NO_WORDS = PreparedPrompt(prompt=(), prompt_2=(), negative_prompt=())


def facts_of(options: ModelOptions) -> ModelFacts:
    """What a model of these options says of itself, without loading it."""
    return ModelFacts(
        name=options.name,
        width_px=options.width_px,
        height_px=options.height_px,
        min_side_px=options.min_side_px,
        max_side_px=options.max_side_px,
        max_area_px=options.max_area_px,
        side_multiple_px=options.side_step_px,
        steps={quality: options.steps[quality] for quality in Quality},
        guidance_scale=options.guidance_scale,
        sampler=options.sampler,
        display_px=options.display_px,
    )


SDXL = facts_of(ModelOptions(name="sdxl", path=""))
SMALL = facts_of(DEMO)
BUCKETS = {
    Ratio.SQUARE: (1024, 1024),
    Ratio.LANDSCAPE: (1216, 832),
    Ratio.PORTRAIT: (832, 1216),
    Ratio.SCREEN: (1152, 896),
    Ratio.PAGE: (896, 1152),
    Ratio.WIDE: (1344, 768),
    Ratio.TALL: (768, 1344),
    Ratio.PANORAMA: (1536, 640),
    Ratio.SCROLL: (640, 1536),
}


@pytest.mark.parametrize("ratio", Ratio)
def test_sdxl_draws_its_own_buckets(ratio: Ratio) -> None:
    """At a megapixel every shape is one of the sizes that SDXL was trained on."""
    assert BUCKETS[ratio] == size_of(ratio, SDXL)


def test_a_small_model_gets_room_for_the_subject() -> None:
    """Where a shape of the same area would be too narrow for what the model knows, it is larger."""
    assert (64, 64) == size_of(Ratio.SQUARE, SMALL)
    assert (112, 64) == size_of(Ratio.WIDE, SMALL)
    assert (64, 112) == size_of(Ratio.TALL, SMALL)


def test_a_photo_keeps_its_shape() -> None:
    """A photo of a phone is drawn over in about its ratio and in about the model's area."""
    width_px, height_px = size_like(4032, 3024, SDXL)

    assert abs(width_px / height_px - 4 / 3) < 0.06
    assert abs(width_px * height_px / 2**20 - 1) < 0.06


def test_an_endless_photo_is_cut_to_the_longest_shape() -> None:
    """A panorama of ten to one becomes the longest picture that the model knows."""
    assert size_of(Ratio.PANORAMA, SMALL) == size_like(10_000, 1_000, SMALL)


def test_enlarging_doubles_where_there_is_room() -> None:
    """A small picture gets twice its sides, one near the budget what the budget allows."""
    assert (128, 128) == size_enlarged(64, 64, SMALL)
    assert (1536, 1536) == size_enlarged(1024, 1024, SDXL)
    assert (2048, 832) == size_enlarged(1536, 640, SDXL)


@pytest.mark.parametrize(
    ("size", "facts"),
    [((128, 128), SMALL), ((64, 64), replace(SMALL, can_enlarge=False))],
    ids=["no room", "no skill"],
)
def test_what_cannot_grow_is_refused(size: tuple[int, int], facts: ModelFacts) -> None:
    """The largest picture stays as it is, and so does one of a model that knows one size alone."""
    with pytest.raises(CannotEnlarge) as caught:
        size_enlarged(*size, facts)

    assert size == (caught.value.width_px, caught.value.height_px)


@given(
    width_px=st.integers(1, 20_000),
    height_px=st.integers(1, 20_000),
    facts=st.sampled_from([SDXL, SMALL, replace(SDXL, width_px=512, height_px=512)]),
)
def test_every_size_that_is_chosen_can_be_drawn(
    width_px: int, height_px: int, facts: ModelFacts
) -> None:
    """Whatever the photo, its size and its enlargement are inside the model's limits."""
    sizes = [size_like(width_px, height_px, facts)]
    with suppress(CannotEnlarge):
        sizes.append(size_enlarged(*sizes[0], facts))
    sizes += [size_of(ratio, facts) for ratio in Ratio]

    for width, height in sizes:
        settle(
            RenderRequest(prompt=NO_WORDS, seed=0, width_px=width, height_px=height), facts=facts
        )
