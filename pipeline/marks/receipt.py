"""What a picture says of how it was drawn, so that the same one can be drawn again.

It is read from files that a stranger may have written: nothing of it is believed here.
"""

import json
from dataclasses import asdict, dataclass

_NOT_OURS = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What it takes to draw the same picture again."""

    text: str  # as the person wrote it
    english: str
    prompt: str
    prompt_2: str
    negative_prompt: str
    weights: tuple[tuple[str, float], ...]

    seed: int
    width_px: int  # as drawn
    height_px: int
    num_steps: int
    guidance_scale: float
    sampler: str
    model: str
    version: str

    # Of pictures that had nothing but their noise to start from, and of older ones, none is known.
    subject: str = ""  # what was drawn, in the person's words
    negative: str = ""  # as the person wrote it
    guidance_interval: tuple[float, float] = (0.0, 1.0)
    loras: tuple[tuple[str, float], ...] = ()
    prompt_weights: tuple[tuple[str, float], ...] = ()  # of the first encoder
    negative_weights: tuple[tuple[str, float], ...] = ()
    variation_seed: int | None = None
    variation_amount: float | None = None
    strength: float | None = None  # where a photo was drawn over; the photo itself is not kept

    def parameters(self) -> str:
        """Give the text that other tools look for under the key `parameters`."""
        return (
            f"{self.prompt_2}\nNegative prompt: {self.negative_prompt}\n"
            f"Steps: {self.num_steps}, Sampler: {self.sampler}, CFG scale: {self.guidance_scale:g}, "
            f"Seed: {self.seed}, Size: {self.width_px}x{self.height_px}, "
            f"Model: {self.model}, Version: {self.version}"
        )

    def as_json(self, *, is_ascii: bool) -> str:
        """Write it down; `receipt_in` reads it."""
        return json.dumps(asdict(self), ensure_ascii=is_ascii)


def receipt_in(text: str | None) -> Receipt | None:
    """Read a receipt; None where there is none, or none that we wrote."""
    if text is None:
        return None
    try:
        facts = json.loads(text)
        for key in ("weights", "loras", "prompt_weights", "negative_weights"):
            facts[key] = tuple((str(word), float(scale)) for word, scale in facts.get(key, ()))
        facts["guidance_interval"] = tuple(map(float, facts.get("guidance_interval", (0, 1))))
        return Receipt(**facts)
    except _NOT_OURS:  # written by somebody else
        return None
