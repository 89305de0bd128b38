"""A tiny SDXL of real classes with seeded random weights, and an engine that can be held between ticks."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
import torch
from diffusers import StableDiffusionXLImg2ImgPipeline, StableDiffusionXLPipeline
from torch import Tensor

from benchmarks.random_model import EPSILON, VELOCITY_ZERO_SNR, save_model
from pipeline.engine.conditioning import Conditioning
from pipeline.engine.engine import Engine
from pipeline.engine.options import EngineOptions, ModelOptions
from pipeline.engine.request import Request
from pipeline.engine.sampler import make_schedule
from pipeline.engine.sdxl import Sdxl
from pipeline.engine.ticket import Ticket
from pipeline.types import (
    Fragment,
    Pixels,
    PreparedPrompt,
    Quality,
    Rendered,
    RenderRequest,
    SamplerName,
)

LIMIT_S = 60.0  # of any wait; nothing here takes a second
TOLERANCE = 1e-4  # of the largest latent, float32; row counts change the order of sums


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Leave the other cores to whoever else is testing."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def plain_tracebacks() -> None:
    """Log failures without the value of every variable: to write out a model takes seconds."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[renderer])


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two model folders, by what their UNet predicts."""
    schedules = {"epsilon": EPSILON, "velocity": VELOCITY_ZERO_SNR}
    return {
        name: save_model(tmp_path_factory.mktemp(name), schedule=schedule)
        for name, schedule in schedules.items()
    }


@pytest.fixture(scope="session")
def pipes(folders: dict[str, Path]) -> dict[str, StableDiffusionXLPipeline]:
    """The same two as diffusers loads them: what the engine is compared with."""
    return {name: load_pipe(folder) for name, folder in folders.items()}


@pytest.fixture
def pipe(pipes: dict[str, StableDiffusionXLPipeline]) -> Iterator[StableDiffusionXLPipeline]:
    """The pipeline of the tiny velocity model; a test that ran out of memory leaves it tiling."""
    yield pipes["velocity"]
    pipes["velocity"].vae.use_tiling = False


@pytest.fixture
def workbench(pipe: StableDiffusionXLPipeline) -> "Workbench":
    """An engine's model under observation."""
    return Workbench(pipe)


def load_pipe(folder: Path) -> StableDiffusionXLPipeline:
    """Load a folder the plain way."""
    pipe = StableDiffusionXLPipeline.from_pretrained(folder, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def model_options(path: Path | str = "", **changes: Any) -> ModelOptions:
    """Options that fit the tiny model."""
    values: dict[str, Any] = {
        "name": "tiny",
        "path": str(path),
        "device": "cpu",
        "num_threads": 1,
        "width_px": 32,
        "height_px": 32,
        "min_side_px": 8,
        "max_side_px": 64,
        "max_area_px": 64 * 64,
        "side_step_px": 1,
        "display_px": 128,
        "steps": {Quality.FAST: 2, Quality.NORMAL: 4, Quality.FINE: 8},
        "guidance_scale": 5.0,
        "sampler": SamplerName.EULER,
    }
    return ModelOptions(**(values | changes))


def prompt(text: str = "a red cat", *, negative: str = "blurry") -> PreparedPrompt:
    """A prompt of one fragment for each encoder."""
    return PreparedPrompt(
        prompt=(Fragment(text=text),),
        prompt_2=(Fragment(text=f"{text}, art"),),
        negative_prompt=(Fragment(text=negative),) if negative else (),
    )


def ask(seed: int = 0, **changes: Any) -> RenderRequest:
    """A request that its seed can be told by."""
    values: dict[str, Any] = {"prompt": prompt(), "job_id": f"job {seed}"}
    return RenderRequest(seed=seed, **(values | changes))


def as_tensor(pixels: Pixels) -> Tensor:
    """A picture as diffusers takes it: (1, 3, H, W) of 0.0 to 1.0."""
    levels = torch.tensor(list(pixels.rgb)).view(pixels.height_px, pixels.width_px, 3)
    return levels.permute(2, 0, 1)[None] / 255


def draw_plainly(pipe: StableDiffusionXLPipeline, asked: RenderRequest, **more: Any) -> Tensor:
    """Draw a request with diffusers' own call, and return the final latents."""
    conditioning, schedule = Conditioning(pipe), pipe.scheduler
    sampler, num_steps = asked.sampler or SamplerName.EULER, asked.num_steps or 4
    words, negative = asked.prompt, asked.prompt.negative_prompt
    if asked.start is None:
        call, more = pipe, more | {"width": asked.width_px or 32, "height": asked.height_px or 32}
    else:
        call = StableDiffusionXLImg2ImgPipeline(**pipe.components)
        call.set_progress_bar_config(disable=True)
        more |= {"image": as_tensor(asked.start.pixels), "strength": asked.start.strength}
    call.scheduler = make_schedule(sampler, config=schedule.config, num_steps=num_steps)
    with torch.no_grad():
        positive_half = conditioning.encode(words.prompt, words.prompt_2)
        negative_half = conditioning.encode(negative, negative)
        latents: Tensor = call(
            prompt_embeds=positive_half.embeds,
            pooled_prompt_embeds=positive_half.pooled,
            negative_prompt_embeds=negative_half.embeds,
            negative_pooled_prompt_embeds=negative_half.pooled,
            num_inference_steps=num_steps,
            guidance_scale=5.0 if asked.guidance_scale is None else asked.guidance_scale,
            eta=0.3 if sampler is SamplerName.TCD else 0.0,  # as the class has it, not the pipeline
            generator=torch.Generator().manual_seed(asked.seed),
            output_type="latent",
            **more,
        ).images
    pipe.scheduler = schedule
    return latents


def relative_error(ours: Tensor, expected: Tensor) -> float:
    """The largest difference, as a share of the largest value."""
    return float((ours - expected).abs().max() / expected.abs().max())


async def result_of(ticket: Ticket) -> Rendered:
    """Wait for an outcome with a time limit."""
    async with asyncio.timeout(LIMIT_S):
        return await ticket.result()


class Workbench(Sdxl):
    """The real model, watched: every tick's company and all final latents, by seed.

    `hold()` makes the loop wait before each UNet call until the test lets so many `pass_`.
    """

    def __init__(self, pipe: StableDiffusionXLPipeline) -> None:
        super().__init__(pipe, options=model_options())
        self.companies: list[tuple[int, ...]] = []
        self.latents: dict[int, Tensor] = {}
        self.num_decoded_previews = 0
        self.on_rows: Callable[[int], None] | None = None  # hears the rows of every UNet call
        self.faults: dict[int, Callable[[Request], None]] = {}  # before the UNet call
        self.step_faults: dict[int, Callable[[Request], None]] = {}  # after its step, by seed
        self._permits: threading.Semaphore | None = None
        self._at_gate = threading.Semaphore(0)

    def hold(self) -> None:
        """Stop before every UNet call from now on."""
        self._permits = threading.Semaphore(0)

    async def pass_(self, num_ticks: int = 1) -> None:
        """Let so many UNet calls through, and wait until the loop stands before the next one."""
        assert self._permits is not None
        for _ in range(num_ticks):
            self._permits.release()
            await self.at_gate()

    async def at_gate(self) -> None:
        """Wait until the loop stands before a UNet call."""
        assert await asyncio.to_thread(self._at_gate.acquire, timeout=LIMIT_S)

    def let_go(self) -> None:
        """Stop no more."""
        permits, self._permits = self._permits, None
        assert permits is not None
        permits.release(1000)

    def predict(self, requests: Sequence[Request]) -> list[Tensor]:
        """Note the company, wait at the gate, inject the faults that were ordered."""
        if (permits := self._permits) is not None:
            self._at_gate.release()
            assert permits.acquire(timeout=LIMIT_S)
        self.companies.append(tuple(sorted(request.settings.seed for request in requests)))
        if self.on_rows is not None:
            self.on_rows(sum(request.num_rows for request in requests))
        for request in requests:
            if fault := self.faults.get(request.settings.seed):
                fault(request)
        return super().predict(requests)

    def step(self, request: Request, prediction: Tensor) -> None:
        """Take the step, then inject the fault that was ordered."""
        super().step(request, prediction)
        if fault := self.step_faults.get(request.settings.seed):
            fault(request)

    def decode(self, request: Request) -> Pixels:
        """Keep the latents that the picture is made of."""
        assert request.drawing is not None
        self.latents[request.settings.seed] = request.drawing.latents.clone()
        return super().decode(request)

    @contextmanager
    def opened(self, _: ModelOptions) -> Iterator[Sdxl]:
        """Stand in for `open_model`; everything after loading is real."""
        with torch.inference_mode():
            yield self

    @asynccontextmanager
    async def engine(self, **options: Any) -> AsyncIterator[Engine]:
        """Run an engine on this model, with news and previews as often as they can be."""
        frequent: dict[str, Any] = {
            "progress_interval_s": 0.0,
            "news_share": 1.0,
            "preview_interval_s": 0.0,
            "preview_steps": 1,
            "rows_per_tick": 8,
            "is_profiled": False,
        }
        settings = EngineOptions(model=model_options(), **frequent | options)
        async with Engine(settings, open_model=self.opened) as engine:
            yield engine
            if self._permits is not None:
                self.let_go()
