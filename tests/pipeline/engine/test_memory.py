"""Which recipe a card gets: by what is free, for a model of its size."""

from itertools import pairwise

import pytest

from pipeline.engine.memory import RECIPES, choose_recipe
from pipeline.engine.options import RecipeName

GIB = 2**30
SDXL_BYTES = int(6.94e9)  # in half precision


@pytest.mark.parametrize(
    ("free_gib", "name"),
    [
        pytest.param(139.0, "24gb", id="a data centre's card"),
        pytest.param(23.0, "24gb", id="24 GB"),
        pytest.param(15.2, "24gb", id="16 GB"),
        pytest.param(11.2, "12gb", id="12 GB"),
        pytest.param(9.2, "12gb", id="10 GB"),
        pytest.param(7.2, "8gb", id="8 GB"),
        pytest.param(5.3, "6gb", id="6 GB"),
        pytest.param(3.4, "6gb", id="4 GB"),
        pytest.param(0.0, "6gb", id="nothing"),
    ],
)
def test_a_card_gets_the_most_generous_recipe_that_fits(free_gib: float, name: str) -> None:
    """Each card's free memory, with a desktop beside, leads to its own recipe for SDXL."""
    recipe = choose_recipe(free_bytes=int(free_gib * GIB), weight_bytes=SDXL_BYTES)

    assert name == recipe.name


def test_a_small_model_needs_no_saving() -> None:
    """What is free counts against the model's own size: the small model fits everywhere."""
    assert "24gb" == choose_recipe(free_bytes=GIB, weight_bytes=100_000_000).name


@pytest.mark.parametrize("wanted", ["24gb", "12gb", "8gb", "6gb"])
def test_the_operator_knows_better(wanted: RecipeName) -> None:
    """A recipe that is named in the settings is taken, whatever is free."""
    assert wanted == choose_recipe(free_bytes=0, weight_bytes=SDXL_BYTES, wanted=wanted).name


def test_recipes_save_ever_more() -> None:
    """A smaller card keeps everything that the larger one saved, and one thing more."""
    savings = [
        {
            name
            for name in (
                "are_encoders_on_cpu",
                "is_unet_eight_bit",
                "is_vae_tiled",
                "is_unet_offloaded",
            )
            if getattr(recipe, name)
        }
        for recipe in RECIPES
    ]

    assert all(larger < smaller for larger, smaller in pairwise(savings))
