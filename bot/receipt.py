"""A picture's receipt → the same request once more. Pure.

A receipt comes out of a file that a stranger may have written: nothing of it is believed before it was
checked. What is checked here is its form; whether the model draws such a picture is the engine's to say.
"""

import math
from collections.abc import Iterator
from dataclasses import asdict

from bot import codec
from bot.command import DrawCommand
from bot.commands import MAX_SEED, MAX_TEXT_CHARS
from pipeline import (
    Fragment,
    Preparation,
    PreparedPrompt,
    Receipt,
    RequestRejected,
    SamplerName,
    Variation,
    Verdict,
)

Weights = tuple[tuple[str, float], ...]

_MAX_FRAGMENTS = 150
_MAX_STEPS, _MAX_GUIDANCE, _MAX_SIDE_PX, _MAX_LORAS = 150, 30.0, 65_536, 8
_MIN_WEIGHT, _MAX_WEIGHT = 0.5, 1.5  # of a word
_MAX_LORA_SCALE = 2.0


class PictureMissing(RequestRejected):
    """Neither the number of a picture nor the picture itself came along."""


class PictureUnknown(RequestRejected):
    """No picture of this number is known here."""

    def __init__(self, *, key: str) -> None:
        super().__init__("picture unknown")
        self.key = key


class NoReceipt(RequestRejected):
    """A picture does not carry what it takes to draw it again, or not in a form that can be drawn."""


class DrawnOverPhoto(RequestRejected):
    """The picture was drawn over a photo, which is not kept."""


def checked(receipt: Receipt | None) -> Receipt:
    """Give a receipt back whose every value is of its kind and within bounds. Raises NoReceipt."""
    if receipt is None:
        raise NoReceipt
    try:
        read = codec.read(Receipt, asdict(receipt))
    except codec.CodecError as error:
        raise NoReceipt from error
    if not all(_bounds(read)):
        raise NoReceipt
    return read


def command_of(receipt: Receipt) -> DrawCommand:
    """Ask for the picture of a checked receipt. Raises DrawnOverPhoto."""
    if receipt.strength is not None:
        raise DrawnOverPhoto
    variation = None
    if receipt.variation_seed is not None and receipt.variation_amount is not None:
        variation = Variation(seed=receipt.variation_seed, amount=receipt.variation_amount)
    return DrawCommand(
        text=receipt.text,
        negative=receipt.negative,
        seed=receipt.seed,
        width_px=receipt.width_px,
        height_px=receipt.height_px,
        num_steps=receipt.num_steps,
        guidance_scale=receipt.guidance_scale,
        guidance_interval=receipt.guidance_interval,
        sampler=SamplerName(receipt.sampler),
        loras=receipt.loras,
        variation=variation,
        receipt=receipt,
    )


def preparation_of(receipt: Receipt) -> Preparation:
    """Give what became of the text when the picture was drawn first; no stage runs again."""
    return Preparation(
        text=receipt.text,
        verdict=Verdict.OK,
        subject=receipt.subject or None,
        english=receipt.english,
        keywords=weighed(receipt),
        prompt=PreparedPrompt(
            prompt=_fragments(receipt.prompt_weights, receipt.prompt),
            prompt_2=_fragments(receipt.weights, receipt.prompt_2),
            negative_prompt=_fragments(receipt.negative_weights, receipt.negative_prompt),
        ),
    )


def weighed(receipt: Receipt) -> Weights:
    """Give the words that weighed more or less than the others."""
    return tuple((word.strip(), weight) for word, weight in receipt.weights if weight != 1.0)


def _fragments(weights: Weights, text: str) -> tuple[Fragment, ...]:
    """Give a prompt's fragments; an older receipt knows only the text of some."""
    pairs = weights or ((text, 1.0),)
    return tuple(Fragment(text=word, weight=weight) for word, weight in pairs)


def _bounds(receipt: Receipt) -> Iterator[bool]:
    """Say of every value whether it can be drawn."""
    low, high = receipt.guidance_interval
    yield all(
        len(text) <= MAX_TEXT_CHARS
        for text in (
            receipt.text,
            receipt.subject,
            receipt.english,
            receipt.prompt,
            receipt.prompt_2,
            receipt.negative_prompt,
            receipt.negative,
        )
    )
    yield max(len(receipt.model), len(receipt.version)) <= MAX_TEXT_CHARS
    yield _is_of(receipt.weights, receipt.prompt_2)
    yield not receipt.prompt_weights or _is_of(receipt.prompt_weights, receipt.prompt)
    yield not receipt.negative_weights or _is_of(receipt.negative_weights, receipt.negative_prompt)
    yield 0 <= receipt.seed <= MAX_SEED
    yield 1 <= receipt.width_px <= _MAX_SIDE_PX
    yield 1 <= receipt.height_px <= _MAX_SIDE_PX
    yield 1 <= receipt.num_steps <= _MAX_STEPS
    yield 0 <= receipt.guidance_scale <= _MAX_GUIDANCE
    yield 0 <= low <= high <= 1
    yield receipt.sampler in set(SamplerName)
    yield len(receipt.loras) <= _MAX_LORAS
    yield all(
        len(name) <= MAX_TEXT_CHARS and abs(scale) <= _MAX_LORA_SCALE
        for name, scale in receipt.loras
    )
    yield (receipt.variation_seed is None) == (receipt.variation_amount is None)
    yield 0 <= (receipt.variation_seed or 0) <= MAX_SEED
    yield 0 <= (receipt.variation_amount or 0) <= 1
    yield receipt.strength is None or math.isfinite(receipt.strength)


def _is_of(weights: Weights, text: str) -> bool:
    """Whether weighted fragments are within bounds and say what the text says, and nothing else."""
    return (
        len(weights) <= _MAX_FRAGMENTS
        and "".join(word for word, _ in weights) == text
        and all(_MIN_WEIGHT <= weight <= _MAX_WEIGHT for _, weight in weights)
    )
