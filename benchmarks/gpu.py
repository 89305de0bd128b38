"""What a CUDA machine takes for full-size SDXL, beside plain diffusers in the same run.

    python -m benchmarks.gpu [--sizes 512 768 1024] [--compile none regional] [--repeats 3] [--tiny]

Needs no download: random weights of the real configuration cost what trained ones cost. First the rate
of a matrix product in the same dtype, then seconds and memory of ticks by their rows and of decoding,
then whole pictures by the quality words: plain `pipe()` and the engine in turns, ratios per repeat.
Correctness first: both must draw the same picture. The last line of standard output is one JSON object.

`--tiny` takes a tiny model, on a CPU where there is no CUDA: it shows that the script runs, and nothing
about SDXL. Pictures of random weights are noise, so nothing here is about their quality.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.full_size import build_full_size, row_tflop, without_weights
from benchmarks.random_model import build_pipeline
from benchmarks.setting import machine, request
from pipeline.engine.conditioning import Conditioning
from pipeline.engine.engine import Engine
from pipeline.engine.loading import choose_device, choose_dtype, compile_unet, place
from pipeline.engine.options import PRESETS, EngineOptions, ModelOptions
from pipeline.engine.request import Request, settle
from pipeline.engine.sampler import make_schedule
from pipeline.engine.sdxl import Sdxl
from pipeline.errors import OutOfGpuMemory
from pipeline.types import Quality, RenderRequest, SamplerName

_NUM_ROWS = (1, 2, 4, 8, 16)
_NUM_WARM_UPS, _NUM_TIMED = 2, 5
_CHECKED_STEPS = 4
_LEAST_PSNR_DB = 35.0  # of two pictures that half precision rounds differently


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is measured, and on what."""

    is_tiny: bool
    device: torch.device
    dtype: torch.dtype
    sizes_px: tuple[int, ...]
    compile_modes: tuple[str, ...]
    num_repeats: int
    backend: str = "inductor"

    @property
    def options(self) -> ModelOptions:
        """Give what the engine is told about the model."""
        largest = max(self.sizes_px)
        options = replace(PRESETS["sdxl"], name="sdxl with random weights", width_px=largest)
        options = replace(options, height_px=largest)
        if self.is_tiny:
            steps = {Quality.FAST: 1, Quality.NORMAL: 2, Quality.FINE: 3}
            options = replace(options, min_side_px=8, side_step_px=8, steps=steps)
        return options

    @property
    def pictures(self) -> dict[str, dict[str, Any]]:
        """Name whole pictures, by what is asked of the engine for each."""
        fast = PRESETS["sdxl-fast"]
        asked: dict[str, dict[str, Any]] = {
            str(quality): {"num_steps": self.options.steps[quality]} for quality in Quality
        }
        few = 1 if self.is_tiny else fast.steps[Quality.NORMAL]
        asked["few steps, no guidance"] = {"num_steps": few, "guidance_scale": 0.0}
        return asked


def build(plan: Plan) -> Any:
    """Build the pipeline that both sides use."""
    if plan.is_tiny:
        pipe = build_pipeline().to(plan.device, plan.dtype)
    else:
        pipe = build_full_size(device=plan.device, dtype=plan.dtype)
    place(pipe, device=plan.device, recipe=None)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def wait(device: torch.device) -> None:
    """Wait until the device has done what it was told."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(work: Callable[[], object], *, device: torch.device) -> float:
    """Return the median seconds of some work, after a few times that do not count."""
    taken_s = []
    for _ in range(_NUM_WARM_UPS + _NUM_TIMED):
        wait(device)
        began_s = time.perf_counter()
        work()
        wait(device)
        taken_s.append(time.perf_counter() - began_s)
    return median(taken_s[_NUM_WARM_UPS:])


def matrix_tflops(plan: Plan) -> float:
    """Measure the rate of one large matrix product, which no model can exceed."""
    side = 256 if plan.is_tiny else 8192
    left, right = (torch.randn(side, side, device=plan.device, dtype=plan.dtype) for _ in range(2))
    return 2 * side**3 / timed(lambda: left @ right, device=plan.device) / 1e12


def measure_ticks(
    model: Sdxl, plan: Plan, *, side_px: int, tflop: float, rate_tflops: float
) -> dict[str, Any]:
    """Measure ticks by their rows, and a decoding, of one size; a row of it takes so many TFLOP."""
    ticks: dict[int, dict[str, float]] = {}
    for num_rows in _NUM_ROWS:
        requests = _requests(model, side_px=side_px, num_rows=num_rows)
        with _peak(plan.device) as peak_gb:
            try:
                seconds = timed(lambda them=requests: model.predict(them), device=plan.device)  # type: ignore[misc]
            except OutOfGpuMemory:
                break
        ticks[num_rows] = {
            "seconds": round(seconds, 5),
            "share_of_matrix_rate": round(num_rows * tflop / seconds / rate_tflops, 4),
            "peak_gb": peak_gb(),
        }
    (one,) = _requests(model, side_px=side_px, num_rows=1)
    with _peak(plan.device) as peak_gb:
        decode_s = timed(lambda: model.decode(one), device=plan.device)
    return {
        "tflop_per_row": round(tflop, 6),
        "ticks_by_rows": ticks,
        "decode": {"seconds": round(decode_s, 5), "peak_gb": peak_gb()},
    }


def _requests(model: Sdxl, *, side_px: int, num_rows: int) -> list[Request]:
    """Enter as many requests as give so many rows: guided ones, and for one row an unguided one."""
    made = []
    for seed in range(max(1, num_rows // 2)):
        asked = request(
            seed, width_px=side_px, height_px=side_px, guidance_scale=min(num_rows, 2), num_steps=1
        )
        settings = settle(asked, facts=model.facts)
        made.append(Request(prompt=asked.prompt, settings=settings, submitted_s=0.0))
        model.enter(made[-1])
    return made


@contextmanager
def _peak(device: torch.device) -> Iterator[Callable[[], float]]:
    """Watch the memory inside; call what is given afterwards for the peak in GB, 0 on a CPU."""
    is_cuda = device.type == "cuda"
    if is_cuda:
        torch.cuda.reset_peak_memory_stats(device)
    yield lambda: round(torch.cuda.max_memory_allocated(device) / 1e9, 2) if is_cuda else 0.0


class Plain:
    """Plain diffusers: one call for one picture."""

    def __init__(self, pipe: Any, options: ModelOptions, *, device: torch.device) -> None:
        self._pipe, self._options, self._device = pipe, options, device
        self._conditioning = Conditioning(pipe)
        self._config = pipe.scheduler.config

    async def draw(self, asked: RenderRequest) -> bytes:
        """Call the pipeline with the embeddings that the engine uses."""
        guidance_scale = asked.guidance_scale
        if guidance_scale is None:
            guidance_scale = self._options.guidance_scale
        assert asked.num_steps is not None
        self._pipe.scheduler = make_schedule(
            SamplerName.DPMPP_2M, config=self._config, num_steps=asked.num_steps
        )
        words = asked.prompt
        with torch.inference_mode():
            positive = self._conditioning.encode(words.prompt, words.prompt_2)
            negative = self._conditioning.encode(words.negative_prompt, words.negative_prompt)
            picture = self._pipe(
                prompt_embeds=positive.embeds,
                pooled_prompt_embeds=positive.pooled,
                negative_prompt_embeds=negative.embeds,
                negative_pooled_prompt_embeds=negative.pooled,
                width=self._options.width_px,
                height=self._options.height_px,
                num_inference_steps=asked.num_steps,
                guidance_scale=guidance_scale,
                generator=torch.Generator().manual_seed(asked.seed),
            ).images[0]
            wait(self._device)
        return bytes(picture.tobytes())


async def compare_pictures(pipe: Any, plan: Plan) -> dict[str, Any]:
    """Draw whole pictures by both sides in turns; seconds of each, and the ratio of every repeat."""

    @contextmanager
    def opened(_: ModelOptions) -> Iterator[Sdxl]:
        with torch.inference_mode():
            yield Sdxl(pipe, options=plan.options)

    plain = Plain(pipe, plan.options, device=plan.device)
    options = EngineOptions(model=plan.options, is_profiled=False)
    async with Engine(options, open_model=opened) as engine:

        async def draw(asked: RenderRequest) -> bytes:
            return (await engine.submit(asked).result()).pixels.rgb

        sides = {"pipe": plain.draw, "engine": draw}
        psnr_db = await _check_equal(sides.values())
        figures: dict[str, Any] = {"psnr_db": psnr_db}
        for name, wish in plan.pictures.items():
            taken_s: dict[str, list[float]] = {side: [] for side in sides}
            for repeat in range(plan.num_repeats):
                for side in sides if repeat % 2 == 0 else reversed(sides):
                    began_s = time.perf_counter()
                    await sides[side](request(repeat, **wish))
                    taken_s[side].append(time.perf_counter() - began_s)
            figures[name] = {
                **wish,
                **{f"{side}_s": round(median(taken), 4) for side, taken in taken_s.items()},
                "ratios_engine_to_pipe": [
                    round(ours / theirs, 4)
                    for ours, theirs in zip(taken_s["engine"], taken_s["pipe"], strict=True)
                ],
            }
    return figures


async def _check_equal(draws: Any) -> float | None:
    """Stop unless both draw the same picture; returns how near they are, None where they are equal."""
    asked = request(0, num_steps=_CHECKED_STEPS, sampler=SamplerName.DPMPP_2M)
    ours, theirs = [np.frombuffer(await draw(asked), np.uint8).astype(float) for draw in draws]
    error = float(((ours - theirs) ** 2).mean())
    if error == 0:
        return None
    psnr_db = float(10 * np.log10(255**2 / error))
    assert psnr_db >= _LEAST_PSNR_DB, f"the pictures differ: {psnr_db:.1f} dB"
    return round(psnr_db, 1)


def measure(plan: Plan) -> dict[str, Any]:
    """Measure everything; each compile mode on a model of its own."""
    with torch.inference_mode():
        rate_tflops = matrix_tflops(plan)
    modes = {}
    for mode in plan.compile_modes:
        print(f"── compile {mode}", file=sys.stderr, flush=True)
        pipe = build(plan)
        shape = without_weights(pipe.unet)
        if mode != "none":
            compile_unet(pipe.unet, mode=mode, backend=plan.backend)
        began_s = time.perf_counter()
        with torch.inference_mode():
            model = Sdxl(pipe, options=plan.options)
            sizes = {
                side_px: measure_ticks(
                    model,
                    plan,
                    side_px=side_px,
                    tflop=row_tflop(shape, num_cells=side_px // pipe.vae_scale_factor),
                    rate_tflops=rate_tflops,
                )
                for side_px in plan.sizes_px
            }
        ticks_s = time.perf_counter() - began_s
        pictures = asyncio.run(compare_pictures(pipe, plan))
        modes[mode] = {"sizes": sizes, "pictures": pictures, "ticks_took_s": round(ticks_s, 1)}
        del pipe, model
        if plan.device.type == "cuda":
            torch.cuda.empty_cache()
    return {
        "benchmark": "gpu",
        "model": plan.options.name + (", tiny" if plan.is_tiny else ""),
        "device": _device_facts(plan.device),
        "dtype": str(plan.dtype).removeprefix("torch."),
        "matrix_tflops": round(rate_tflops, 4),
        "compile": modes,
        "machine": machine(),
    }


def _device_facts(device: torch.device) -> dict[str, Any]:
    """Say what it was measured on."""
    if device.type != "cuda":
        return {"name": device.type}
    facts = torch.cuda.get_device_properties(device)
    return {
        "name": facts.name,
        "memory_gb": round(facts.total_memory / 1e9, 1),
        "capability": f"{facts.major}.{facts.minor}",
        "cuda": torch.version.cuda,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a line for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", metavar="PX")
    parser.add_argument(
        "--compile", nargs="+", choices=("none", "regional", "whole"), default=["none", "regional"]
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--backend", default="inductor", help="what compiles")
    parser.add_argument("--tiny", action="store_true")
    options = parser.parse_args(arguments)
    device = torch.device(choose_device("auto"))
    if device.type != "cuda" and not options.tiny:
        parser.error("there is no CUDA device here; --tiny shows that the script runs")
    plan = Plan(
        is_tiny=options.tiny,
        device=device,
        dtype=choose_dtype("auto", device=device),
        sizes_px=tuple(options.sizes or ((32,) if options.tiny else (512, 768, 1024))),
        compile_modes=tuple(options.compile),
        num_repeats=options.repeats,
        backend=options.backend,
    )
    print(json.dumps(measure(plan)))


if __name__ == "__main__":
    main()
