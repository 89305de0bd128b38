"""What draws: the real model, or its measured costs played again. Both by the same three ways.

`draw` is a whole call of diffusers' pipeline for one or several requests, `stepwise` is one that
pauses after every step, and `model` is what the engine's loop works with.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from diffusers import StableDiffusionXLPipeline

from benchmarks.clock import Clock, standing_still
from benchmarks.trace import SAMPLER, Size
from pipeline.engine.conditioning import Conditioning
from pipeline.engine.options import ModelOptions
from pipeline.engine.pace import Curve
from pipeline.engine.request import Request
from pipeline.engine.sampler import make_schedule
from pipeline.engine.sdxl import Sdxl
from pipeline.types import ModelFacts, Pixels, RenderRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class PipeCost:
    """A call of diffusers' pipeline for a number of pictures at once."""

    once_s: float  # text, noise, decoding
    step_s: float

    def of(self, num_steps: int) -> float:
        """Return the seconds of a whole call."""
        return self.once_s + num_steps * self.step_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one size was measured to take, all in seconds."""

    pipe: Mapping[int, PipeCost]  # by pictures at once
    tick_s: Mapping[int, float]  # of the engine's loop, by rows
    enter_s: float
    decode_s: float


class Device(Protocol):
    """What the policies are played on."""

    clock: Clock
    model: Any  # what the engine's loop needs of a model

    def draw(self, batch: Sequence[RenderRequest]) -> None:
        """Call the pipeline once for requests of equal steps and size."""
        ...

    def stepwise(self, batch: Sequence[RenderRequest]) -> Iterator[None]:
        """Call the pipeline once, and pause after every step."""
        ...


class Real:
    """The model itself; the clock runs by what it takes."""

    def __init__(self, options: ModelOptions) -> None:
        self.clock = Clock()
        self._pipe = StableDiffusionXLPipeline.from_pretrained(options.path, local_files_only=True)
        self._pipe.set_progress_bar_config(disable=True)
        self._conditioning = Conditioning(self._pipe)
        self._guidance_scale = options.guidance_scale
        self.model = Sdxl(self._pipe, options=options)

    def draw(self, batch: Sequence[RenderRequest]) -> None:
        """Call the pipeline, and throw the pictures away."""
        self.pictures(batch)

    def pictures(self, batch: Sequence[RenderRequest]) -> list[bytes]:
        """Call the pipeline as its users do, with the embeddings that the engine uses."""
        return self._call(self._new_pipe(), batch)

    def stepwise(self, batch: Sequence[RenderRequest]) -> Iterator[None]:
        """Call a pipeline with a sampler of its own on a thread of its own, that runs in turns."""
        pipe, turn, is_paused = self._new_pipe(), threading.Semaphore(0), threading.Semaphore(0)

        def pause(_pipe: Any, _step: int, _timestep: Any, values: dict[str, Any]) -> dict[str, Any]:
            is_paused.release()
            turn.acquire()
            return values

        def run() -> None:
            turn.acquire()
            with torch.inference_mode():  # a mode of the thread
                self._call(pipe, batch, callback_on_step_end=pause)
            is_paused.release()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        while True:
            turn.release()
            is_paused.acquire()
            if not thread.is_alive():
                return
            yield

    def _new_pipe(self) -> StableDiffusionXLPipeline:
        """Share the modules; what a call changes is its own."""
        pipe = StableDiffusionXLPipeline(**self._pipe.components, add_watermarker=False)
        pipe.set_progress_bar_config(disable=True)
        pipe.scheduler = deepcopy(self._pipe.scheduler)
        return pipe

    def _call(self, pipe: Any, batch: Sequence[RenderRequest], **extra: Any) -> list[bytes]:
        asked, count = batch[0], len(batch)
        pipe.scheduler = make_schedule(
            SAMPLER, config=pipe.scheduler.config, num_steps=asked.num_steps or 1
        )
        words = asked.prompt
        positive = self._conditioning.encode(words.prompt, words.prompt_2)
        negative = self._conditioning.encode(words.negative_prompt, words.negative_prompt)
        images = pipe(
            prompt_embeds=positive.embeds.expand(count, -1, -1),
            pooled_prompt_embeds=positive.pooled.expand(count, -1),
            negative_prompt_embeds=negative.embeds.expand(count, -1, -1),
            negative_pooled_prompt_embeds=negative.pooled.expand(count, -1),
            width=asked.width_px,
            height=asked.height_px,
            num_inference_steps=asked.num_steps,
            guidance_scale=self._guidance_scale,
            generator=[torch.Generator().manual_seed(one.seed) for one in batch],
            **extra,
        ).images
        return [bytes(image.tobytes()) for image in images]


class Replayed:
    """The same calls, that take what was measured and compute nothing."""

    def __init__(self, costs: Mapping[Size, Costs], *, facts: ModelFacts) -> None:
        self.clock = Clock(standing_still)
        self._costs = costs
        self.model = ReplayedModel(costs, facts=facts, advance=self.clock.advance)

    def draw(self, batch: Sequence[RenderRequest]) -> None:
        """Take as long as the call would, between the numbers of pictures that were measured."""
        costs, count = self._costs[size_of(batch[0])].pipe, len(batch)
        known = max(num for num in costs if num <= count)
        above = min((num for num in costs if num >= count), default=known)
        share = (count - known) / (above - known) if above > known else 0.0
        low_s, high_s = (costs[num].of(batch[0].num_steps or 0) for num in (known, above))
        self.clock.advance(low_s + share * (high_s - low_s))

    def stepwise(self, batch: Sequence[RenderRequest]) -> Iterator[None]:
        """Take as long as every step would; a batch of one."""
        (asked,) = batch
        cost = self._costs[size_of(asked)].pipe[1]
        for _ in range(asked.num_steps or 0):
            self.clock.advance(cost.step_s)
            yield
        self.clock.advance(cost.once_s)


class ReplayedModel:
    """What the loop asks of a model, at its measured cost."""

    def __init__(
        self,
        costs: Mapping[Size, Costs],
        *,
        facts: ModelFacts,
        advance: Callable[[float], None],
    ) -> None:
        self.facts, self._costs, self._advance = facts, costs, advance
        self._curves = {size: Curve(size[0] * size[1], it.tick_s) for size, it in costs.items()}

    def use(self, _: object) -> bool:
        """Have no weights to switch."""
        return False

    def enter(self, request: Request) -> None:
        """Prepare nothing."""
        self._advance(self._of(request).enter_s)
        request.drawing = _NO_DRAWING

    def predict(self, requests: Sequence[Request]) -> list[None]:
        """Take as long as a tick of so many rows."""
        size = requests[0].group.width_px, requests[0].group.height_px
        num_rows = sum(request.num_rows for request in requests)
        self._advance(self._curves[size].expect_s(num_rows))
        return [None] * len(requests)

    def step(self, request: Request, _: None) -> None:
        """Count the step."""
        request.index += 1

    def keep(self, _: Request) -> Callable[[], None]:
        """Keep nothing: nothing fails here."""
        return lambda: None

    def wait(self) -> None:
        """Wait for nothing."""

    def decode(self, request: Request) -> Pixels:
        """Take as long as a decoding."""
        self._advance(self._of(request).decode_s)
        return _NO_PIXELS

    def _of(self, request: Request) -> Costs:
        return self._costs[request.group.width_px, request.group.height_px]


_NO_DRAWING: Any = object()
_NO_PIXELS = Pixels(width_px=1, height_px=1, rgb=bytes(3))


def size_of(asked: RenderRequest) -> Size:
    """Return the size that a request names."""
    assert asked.width_px is not None
    assert asked.height_px is not None
    return asked.width_px, asked.height_px


@contextmanager
def real_device(options: ModelOptions) -> Iterator[Real]:
    """Load a model on one thread, for this is compared on one."""
    torch.set_num_threads(options.num_threads or 1)
    with torch.inference_mode():
        yield Real(options)
