"""What an operator may choose about the engine and its model. No torch, no files: values only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pipeline.types import Quality, SamplerName

_DEMO_FOLDER = Path(__file__).parents[2] / "models" / "demo"

_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)

DtypeName = Literal["auto", "bfloat16", "float16", "float32"]
RecipeName = Literal["auto", "24gb", "12gb", "8gb", "6gb"]
CompileMode = Literal["none", "regional", "whole"]
PredictionName = Literal["auto", "epsilon", "v_prediction"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where weights come from: this machine, or the hub."""

    place: str  # a folder in diffusers layout, a `.safetensors` file, or a hub id
    revision: str | None = None  # of a hub id; None takes "main" once and keeps what that was
    file: str | None = None  # the one file that is meant of a hub id

    @property
    def may_be_on_hub(self) -> bool:
        """Whether the place has a hub id's form: "owner/name" and nothing else."""
        return bool(_HUB_ID.fullmatch(self.place))


SDXL_BASE = Origin(
    place="stabilityai/stable-diffusion-xl-base-1.0",
    revision="462165984030d82259a11f4367a4eed129e94a7b",
)
_HALF_SAFE_VAE = Origin(  # SDXL's own VAE leaves half precision's range
    place="madebyollin/sdxl-vae-fp16-fix", revision="207b116dae70ace3637169f1ddd2434b91b3a8cd"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """Which model is loaded, and what it does when a request does not say otherwise."""

    name: str
    path: str  # a folder in diffusers layout, a `.safetensors` file, or a hub id
    revision: str | None = None  # of a hub id
    unet: Origin | None = None  # instead of the model's own
    vae: Origin | None = None
    skeleton: Origin = SDXL_BASE  # where a single file's configuration and tokenizers come from
    schedule: Mapping[str, Any] = field(default_factory=dict)  # over the sampler's configuration
    prediction: PredictionName = "auto"  # "auto": what the model's files say
    lora_dir: str | None = None
    taesd: str | None = None  # a small decoder for previews; None: the model's own, if it has one
    cache_dir: str | None = None  # for what is computed once of a model; None computes it anew
    hub_cache: str | None = None  # None: where the hub's library keeps what it fetched

    device: str = (
        "auto"  # "auto" takes a CUDA device where there is one; or "cpu", "cuda", "cuda:1"
    )
    dtype: DtypeName = "auto"
    recipe: RecipeName = "auto"  # how memory is saved on a CUDA device
    compile: CompileMode = "none"
    num_threads: int | None = None  # of torch on the CPU; None takes half of the cores

    width_px: int = 1024  # as drawn
    height_px: int = 1024
    min_side_px: int = 256
    max_side_px: int = 2048
    max_area_px: int = 1536 * 1536
    side_step_px: int = 64  # between two sizes; or the model's own step where that is larger
    display_px: int = 1024
    can_enlarge: bool = True  # without drawing what is there a second time
    can_look_real: bool = True  # its pictures may be taken for photos
    steps: Mapping[Quality, int] = field(
        default_factory=lambda: {Quality.FAST: 20, Quality.NORMAL: 30, Quality.FINE: 130}
    )
    guidance_scale: float = 7.5
    sampler: SamplerName = SamplerName.DPMPP_2M

    @property
    def origin(self) -> Origin:
        """Return where the model itself comes from."""
        return Origin(place=self.path, revision=self.revision)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """How requests share the device, and how often they are told about it."""

    model: ModelOptions
    max_requests: int = 64  # waiting and drawing together; one more is refused
    max_rows_per_tick: int = 32  # UNet rows; a request with guidance takes two
    rows_per_tick: int | None = None  # so many share a tick; None: as many as were measured to pay
    ageing: float = 0.2  # seconds of remaining work that a second of waiting outweighs
    quantum_s: float = 1.0  # of the device in a turn of a size or weight set, for each person in it
    max_ticks_waiting: int = 1000  # then a request takes a step, whatever else waits

    is_profiled: bool = True  # measure ticks and decoding before the first request is taken
    profiled_sizes: tuple[tuple[int, int], ...] = ()  # in pixels, beside the model's own size
    profile_dir: str | None = None  # where that is kept; None measures at every start

    preview_steps: int = 2  # at least so many steps lie between two previews of a request,
    preview_interval_s: float = 0.15  # and at least so many seconds
    progress_interval_s: float = 0.05  # news of all requests leave the thread together, this often,
    news_share: float = 0.02  # but more rarely where they would take more of the thread's time


DEMO = ModelOptions(
    name="demo",
    path=str(_DEMO_FOLDER),
    width_px=64,
    height_px=64,
    min_side_px=64,  # it has seen no other size, and draws a smaller one cut off,
    max_side_px=128,  # a larger one twice
    max_area_px=128 * 128,
    side_step_px=16,
    display_px=512,
    can_enlarge=False,
    can_look_real=False,
    steps={Quality.FAST: 8, Quality.NORMAL: 20, Quality.FINE: 50},
    guidance_scale=4.0,
    sampler=SamplerName.DPMPP_2M,
)

SDXL = ModelOptions(
    name="sdxl",
    path=SDXL_BASE.place,
    revision=SDXL_BASE.revision,
    vae=_HALF_SAFE_VAE,
    steps={Quality.FAST: 12, Quality.NORMAL: 25, Quality.FINE: 130},
)


def _lightning(name: str, *, num_steps: int) -> ModelOptions:
    """Give SDXL with the UNet of SDXL-Lightning that was distilled for so many steps.

    Source: arXiv 2402.13929; the weights are under CreativeML Open RAIL++-M.
    """
    return ModelOptions(
        name=name,
        path=SDXL_BASE.place,
        revision=SDXL_BASE.revision,
        unet=Origin(
            place="ByteDance/SDXL-Lightning",
            revision="c9a24f48e1c025556787b0c58dd67a091ece2e44",
            file=f"sdxl_lightning_{num_steps}step_unet.safetensors",
        ),
        vae=_HALF_SAFE_VAE,
        schedule={"timestep_spacing": "trailing"},
        steps=dict.fromkeys(Quality, num_steps),  # the checkpoint fixes their number
        guidance_scale=0.0,
        sampler=SamplerName.EULER,
    )


PRESETS = {
    options.name: options
    for options in (
        DEMO,
        SDXL,
        _lightning("sdxl-fast", num_steps=4),
        _lightning("sdxl-fast-8", num_steps=8),
    )
}
