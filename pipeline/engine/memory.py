"""How memory is saved on a CUDA device: a recipe, chosen by what is free. No torch: values only.

The names are those of the cards that they were thought for; what decides is the room that a model
of its own size finds. The figures are derived from SDXL's weights and published peaks, not measured here.
"""

from dataclasses import dataclass

from pipeline.engine.options import RecipeName


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What stays where, and in which form."""

    name: RecipeName
    free_per_weight: float  # free bytes that it needs for each byte of weights in half precision
    are_encoders_on_cpu: bool = False  # prompts repeat and are remembered: little is lost
    is_unet_eight_bit: bool = False  # stored in 8 bits, computed in the model's own dtype
    is_vae_tiled: bool = False
    is_unet_offloaded: bool = False  # its blocks come from the CPU one after the other
    max_requests_per_tick: int | None = None  # None: what pays


# SDXL weighs 6.5 GiB in half precision: these are 14, 9 and 6 GiB of free memory for it.
RECIPES = (
    Recipe(name="24gb", free_per_weight=2.15),
    Recipe(name="12gb", free_per_weight=1.38, are_encoders_on_cpu=True, max_requests_per_tick=2),
    Recipe(
        name="8gb",
        free_per_weight=0.92,
        are_encoders_on_cpu=True,
        is_unet_eight_bit=True,
        is_vae_tiled=True,
        max_requests_per_tick=1,
    ),
    Recipe(
        name="6gb",
        free_per_weight=0.0,
        are_encoders_on_cpu=True,
        is_unet_eight_bit=True,
        is_vae_tiled=True,
        is_unet_offloaded=True,
        max_requests_per_tick=1,
    ),
)


def choose_recipe(*, free_bytes: int, weight_bytes: int, wanted: RecipeName = "auto") -> Recipe:
    """Return the recipe that is wanted, or the most generous one for which enough is free.

    weight_bytes: of the whole model in half precision.
    """
    if wanted != "auto":
        return next(recipe for recipe in RECIPES if recipe.name == wanted)
    return next(recipe for recipe in RECIPES if free_bytes >= recipe.free_per_weight * weight_bytes)
