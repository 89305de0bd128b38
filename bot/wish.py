"""A command, and the photo that came with it → what the engine is asked for. Pure.

Knows what a model draws by its facts. Everything that is not said is left to the settings or to
the model.
"""

from dataclasses import dataclass, field, replace

from bot.command import DrawCommand
from bot.commands import MAX_SEED
from bot.settings import DrawSection
from pipeline import (
    CannotEnlarge,
    ModelFacts,
    PreparedPrompt,
    Priority,
    Quality,
    Receipt,
    RenderRequest,
    RequestRejected,
    Start,
    Variation,
    fit,
    read_photo,
    size_enlarged,
    size_like,
    size_of,
)

_STEPS = {Quality.FAST: 20, Quality.NORMAL: 30, Quality.FINE: 130}
STRENGTH = 0.6  # what is drawn over keeps its composition
_STRENGTH_OF_ENLARGING = 0.2  # and what is enlarged everything but its detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A command, and the photo that it is drawn over."""

    command: DrawCommand
    photo: bytes | None = field(repr=False)


class PhotoMissing(RequestRejected):
    """Something is to be drawn over a photo, and there is none."""


def over(command: DrawCommand, *, has_photo: bool) -> DrawCommand:
    """Settle how strongly a photo is drawn over, so that every such command says so.

    Raises PhotoMissing.
    """
    if has_photo:
        default = _STRENGTH_OF_ENLARGING if command.is_enlarging else STRENGTH
        return replace(command, strength=default if command.strength is None else command.strength)
    if command.is_enlarging or command.strength is not None:
        raise PhotoMissing
    return command


def read_start(command: DrawCommand, photo: bytes | None, facts: ModelFacts) -> Start | None:
    """Read a photo and fit it to the size that is drawn; it takes a while, so not in the event loop.

    Raises PhotoTooLarge, PhotoUnreadable or CannotEnlarge.
    """
    if photo is None:
        return None
    assert command.strength is not None
    pixels = read_photo(photo)
    width_px, height_px = _size(command, facts) or size_like(
        pixels.width_px, pixels.height_px, facts
    )
    strength = command.strength
    if command.is_enlarging:
        width_px, height_px = size_enlarged(width_px, height_px, facts)
        # A model of few steps takes one of them at least.
        strength = max(strength, 1 / min(facts.steps.values()))
    return Start(pixels=fit(pixels, width_px=width_px, height_px=height_px), strength=strength)


def can_enlarge(receipt: Receipt, facts: ModelFacts) -> bool:
    """Whether a model draws a picture larger than it is."""
    try:
        size_enlarged(receipt.width_px, receipt.height_px, facts)
    except CannotEnlarge:
        return False
    return True


def requests(
    command: DrawCommand,
    *,
    prompt: PreparedPrompt,
    start: Start | None,
    facts: ModelFacts,
    default: DrawSection,
    seed: int,
    job_id: str,
    person: str | None,
) -> tuple[RenderRequest, ...]:
    """Ask for every picture of a command: with one seed after the other, or one variation.

    `seed` is the first where the command names none.
    """
    seed = seed if command.seed is None else command.seed
    size = (start.pixels.width_px, start.pixels.height_px) if start else _size(command, facts)
    width_px, height_px = size or (None, None)
    guidance_scale = command.guidance_scale
    return tuple(
        RenderRequest(
            prompt=prompt,
            job_id=job_id,
            person=person,
            priority=Priority.DRAFT if command.quality is Quality.FAST else Priority.NORMAL,
            seed=seed if command.variation else _next_seed(seed, number),
            width_px=width_px,
            height_px=height_px,
            # A quality word that was said wins over the default number of steps.
            num_steps=command.num_steps or (None if command.quality else default.num_steps),
            guidance_scale=default.guidance_scale if guidance_scale is None else guidance_scale,
            guidance_interval=command.guidance_interval,
            sampler=command.sampler,
            quality=command.quality or default.quality,
            weights=command.loras,
            start=start,
            variation=_next_variation(command.variation, number),
        )
        for number in range(command.num_pictures)
    )


def cost_of(command: DrawCommand, facts: ModelFacts | None) -> float:
    """Estimate a command's work, where 1 is one picture as it is drawn when nothing is said.

    Steps and area count, whatever the model; a model that is not known yet is taken for SDXL.
    """
    steps = facts.steps if facts else _STEPS
    normal = steps[Quality.NORMAL]
    num_steps = command.num_steps or steps[command.quality or Quality.NORMAL]
    area = 1.0
    if facts is not None and (size := _size(command, facts)) is not None:
        area = (size[0] * size[1]) / (facts.width_px * facts.height_px)
    if command.is_enlarging:
        area *= 4
    share = command.strength if command.strength is not None else 1.0
    return max(0.05, command.num_pictures * area * share * num_steps / normal)


def _size(command: DrawCommand, facts: ModelFacts) -> tuple[int, int] | None:
    """Return the size that was asked for, in px."""
    if command.ratio is not None:
        return size_of(command.ratio, facts)
    if command.width_px is not None and command.height_px is not None:
        return command.width_px, command.height_px
    return None


def _next_seed(seed: int, number: int) -> int:
    return (seed + number) % (MAX_SEED + 1)


def _next_variation(variation: Variation | None, number: int) -> Variation | None:
    if variation is None:
        return None
    return Variation(seed=_next_seed(variation.seed, number), amount=variation.amount)
