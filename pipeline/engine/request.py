"""Everything known about one request: what was asked, what holds, and how far it is.

The requests are the lasting truth; a batch is a view of one tick. Imports no torch, so that the
scheduler and the async side can read it. Does not know who decides, nor how a step is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

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
    Priority,
    RenderPhase,
    RenderRequest,
    SamplerName,
    Start,
    Variation,
    WeightSet,
)

if TYPE_CHECKING:
    from torch import Tensor

    from pipeline.engine.preview import Shot
    from pipeline.engine.sampler import Sampler

Wish = TypeVar("Wish")

MAX_STEPS = 150
MAX_GUIDANCE = 30.0
MAX_LORA_SCALE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a request is really drawn with."""

    width_px: int
    height_px: int
    num_steps: int
    guidance_scale: float
    guidance_interval: tuple[float, float]
    sampler: SamplerName
    seed: int
    weights: WeightSet
    start: Start | None
    variation: Variation | None

    @property
    def num_skipped(self) -> int:
        """Return the steps that a picture to start from has behind it, as diffusers counts them."""
        strength = self.start.strength if self.start else 1.0
        return self.num_steps - int(self.num_steps * strength)

    @property
    def num_calls(self) -> int:
        """Return the UNet calls that the steps come to; Heun corrects every step but the last."""
        num_taken = self.num_steps - self.num_skipped
        return 2 * num_taken - 1 if self.sampler is SamplerName.HEUN else num_taken

    @property
    def guided(self) -> range:
        """Return the calls that compare with the negative prompt."""
        if self.guidance_scale <= 1:
            return range(0)
        first, last = (round(share * self.num_calls) for share in self.guidance_interval)
        return range(first, last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What must be equal for two requests to share a tick."""

    width_px: int  # one UNet call takes latents of one shape
    height_px: int
    weights: WeightSet = ()  # and runs through one set of weights

    @property
    def area_px(self) -> int:
        """Return the number of pixels, to which a row's cost is about proportional."""
        return self.width_px * self.height_px


@dataclass(slots=True, kw_only=True)
class Drawing:
    """The tensors of a request, from its first tick to its decoding. GPU thread only.

    Axes: R rows (2 where any step is guided, negative first; else 1), T tokens, D and P widths,
    C latent channels, h and w latent cells.
    """

    sampler: Sampler
    latents: Tensor  # (1, C, h, w) in the model's dtype
    embeds: Tensor  # (R, T, D)
    pooled: Tensor  # (R, P)
    time_ids: Tensor  # (R, 6)
    scaled: Tensor | None = None  # (1, C, h, w), what the UNet last saw of the latents
    prediction: Tensor | None = None  # (1, C, h, w), what it answered, after guidance


@dataclass(slots=True, kw_only=True, eq=False)
class Request:
    """One picture on its way. Lives from `submit` until its outcome is handed over."""

    prompt: PreparedPrompt
    settings: Settings
    submitted_s: float  # monotonic clock, like all times here
    person: str | None = None
    priority: Priority = Priority.NORMAL
    job_id: str | None = None  # for the log
    group: Group = field(init=False)
    num_steps: int = field(init=False)  # UNet calls from the first to the last
    guided: range = field(init=False)  # those of them that take two rows

    index: int = 0  # steps done
    is_suspect: bool = False  # was in a tick that failed: takes its next one alone
    started_s: float | None = None
    drawing: Drawing | None = None
    shot: Shot | None = None  # a preview on its way from the device
    preview: Pixels | None = None  # the latest that arrived
    preview_index: int = 0
    preview_s: float = 0.0

    def __post_init__(self) -> None:
        settings = self.settings
        self.group = Group(
            width_px=settings.width_px, height_px=settings.height_px, weights=settings.weights
        )
        self.num_steps, self.guided = settings.num_calls, settings.guided

    @property
    def num_rows(self) -> int:
        """Return its rows in the next UNet call; without guidance nothing is compared."""
        return 2 if self.index in self.guided else 1

    @property
    def rows_left(self) -> int:
        """Return the rows of all the UNet calls still to come."""
        return self.steps_left + len(range(max(self.index, self.guided.start), self.guided.stop))

    @property
    def steps_left(self) -> int:
        """Return the steps still to be taken."""
        return self.num_steps - self.index

    @property
    def phase(self) -> RenderPhase:
        """Return where it is; a request that was put aside between two steps is being drawn."""
        if self.steps_left == 0:
            return RenderPhase.DECODING
        return RenderPhase.WAITING if self.started_s is None else RenderPhase.DRAWING

    def develop(self) -> None:
        """Take the preview that is on its way, if it has arrived."""
        if self.shot is not None and self.shot.is_there:
            self.preview, self.shot = self.shot.read(), None


def settle(asked: RenderRequest, *, facts: ModelFacts) -> Settings:
    """Fill in the model's defaults and refuse what it cannot draw, before any work is done.

    Raises a RequestRejected.
    """
    settings = Settings(
        width_px=_or(asked.width_px, facts.width_px),
        height_px=_or(asked.height_px, facts.height_px),
        num_steps=_or(asked.num_steps, facts.steps[asked.quality]),
        guidance_scale=_or(asked.guidance_scale, facts.guidance_scale),
        guidance_interval=asked.guidance_interval,
        sampler=_or(asked.sampler, facts.sampler),
        seed=asked.seed,
        weights=tuple(sorted(dict(asked.weights).items())),  # each once, in any order
        start=asked.start,
        variation=asked.variation,
    )
    assert 0 <= settings.seed < 2**32
    _check_size(settings, facts)
    if not 1 <= settings.num_steps <= MAX_STEPS:
        raise UnsupportedSteps(num_steps=settings.num_steps, max_steps=MAX_STEPS)
    _check_guidance(settings)
    _check_beginning(settings)
    _check_weights(settings.weights, facts)
    return settings


def _or(wish: Wish | None, default: Wish) -> Wish:
    return default if wish is None else wish


def _check_size(settings: Settings, facts: ModelFacts) -> None:
    sides = settings.width_px, settings.height_px
    if (
        any(side_px % facts.side_multiple_px for side_px in sides)
        or not facts.min_side_px <= min(sides) <= max(sides) <= facts.max_side_px
        or settings.width_px * settings.height_px > facts.max_area_px
    ):
        raise UnsupportedSize(
            width_px=settings.width_px,
            height_px=settings.height_px,
            min_px=facts.min_side_px,
            max_px=facts.max_side_px,
            max_area_px=facts.max_area_px,
            multiple_px=facts.side_multiple_px,
        )


def _check_guidance(settings: Settings) -> None:
    scale, (first, last) = settings.guidance_scale, settings.guidance_interval
    if not 0 <= scale <= MAX_GUIDANCE:  # not-a-number fails here too
        raise UnsupportedGuidance(guidance_scale=scale, max_scale=MAX_GUIDANCE)
    if not 0 <= first <= last <= 1:
        raise UnsupportedInterval(interval=settings.guidance_interval)


def _check_beginning(settings: Settings) -> None:
    start, variation = settings.start, settings.variation
    if variation and not 0 <= variation.amount <= 1:
        raise UnsupportedVariation(amount=variation.amount)
    if start is None:
        return
    size = start.pixels.width_px, start.pixels.height_px
    assert size == (settings.width_px, settings.height_px)  # whoever asks has fitted it
    if not 0 < start.strength <= 1 or settings.num_skipped == settings.num_steps:
        raise UnsupportedStrength(strength=start.strength, num_steps=settings.num_steps)


def _check_weights(weights: WeightSet, facts: ModelFacts) -> None:
    for name, scale in weights:
        if name not in facts.loras:
            raise UnknownLora(name=name, known=facts.loras)
        if not abs(scale) <= MAX_LORA_SCALE:
            raise UnsupportedLoraScale(name=name, scale=scale, max_scale=MAX_LORA_SCALE)
