"""Loading a model: files → diffusers' pipeline, on its device, in its dtype, in its memory's recipe.

Does not know what is drawn with it. The thread that loads is the one that will draw. Weights are
read as safetensors only, and no code comes with them.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import diffusers.utils.logging
import structlog
import torch
import transformers.utils.logging
from diffusers import AutoencoderKL, StableDiffusionXLPipeline, UNet2DConditionModel
from safetensors import SafetensorError
from safetensors.torch import load_file

from pipeline.engine.checkpoint import schedule_of
from pipeline.engine.files import ModelFiles, find_model
from pipeline.engine.folder import find_variant
from pipeline.engine.memory import Recipe, choose_recipe
from pipeline.engine.options import ModelOptions
from pipeline.errors import ModelNotLoaded, ModelProblem

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A pipeline on its device, and how its memory is saved there."""

    pipe: Any
    recipe: Recipe | None  # None: everything is on one device


def load_model(options: ModelOptions) -> Loaded:
    """Load a folder, a single file or a hub id, as the options say. Raises ModelNotLoaded."""
    device = torch.device(choose_device(options.device))
    dtype = choose_dtype(options.dtype, device=device)
    files = find_model(options)
    for library in (diffusers, transformers):  # bars are for downloads
        library.utils.logging.disable_progress_bar()
    with _translated(options):
        pipe = _read(files, dtype=dtype)
        _check_kind(pipe, options=options)
        _set_schedule(pipe, options=options, files=files)
    recipe = _choose_recipe(pipe, options=options, device=device)
    with _translated(options):
        place(pipe, device=device, recipe=recipe)
    if options.compile != "none":
        compile_unet(pipe.unet, mode=options.compile)
    log.info(
        "model loaded",
        model=options.name,
        device=str(device),
        dtype=str(dtype).removeprefix("torch."),
        recipe=recipe.name if recipe else None,
        compile=options.compile,
    )
    return Loaded(pipe=pipe, recipe=recipe)


def choose_num_threads() -> int:
    """Take half of the cores: torch's threads wait for each other, and each waits for a busy core."""
    return max(1, (os.cpu_count() or 1) // 2)


def choose_device(wanted: str) -> str:
    """Return what "auto" means on this machine, or what is wanted."""
    if wanted != "auto":
        return wanted
    return "cuda" if torch.cuda.is_available() else "cpu"


def choose_dtype(wanted: str, *, device: torch.device) -> torch.dtype:
    """Return the fastest dtype that draws well on a device, or what is wanted."""
    if wanted != "auto":
        dtype: torch.dtype = getattr(torch, wanted)
        return dtype
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16


def place(pipe: Any, *, device: torch.device, recipe: Recipe | None) -> None:
    """Put every part where the recipe wants it; without one, all of it on the device."""
    unet, vae = pipe.unet, pipe.vae
    dtype = unet.dtype
    if device.type == "cuda":  # its convolutions are made for this layout
        unet.to(memory_format=torch.channels_last)
        vae.to(memory_format=torch.channels_last)
    if vae.config.force_upcast and dtype is torch.float16:  # its numbers leave that range
        vae.to(torch.float32)
    if recipe and recipe.is_vae_tiled:
        vae.enable_tiling()
    if recipe and recipe.is_unet_eight_bit:
        unet.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=dtype)
    if recipe and recipe.is_unet_offloaded:
        unet.enable_group_offload(
            onload_device=device,
            offload_device=torch.device("cpu"),
            offload_type="block_level",
            num_blocks_per_group=1,
            use_stream=device.type == "cuda",
        )
    else:
        unet.to(device)
    vae.to(device)
    for encoder in (pipe.text_encoder, pipe.text_encoder_2):
        if recipe and recipe.are_encoders_on_cpu:
            encoder.to("cpu", torch.float32)  # CPUs compute slowly in half precision
        else:
            encoder.to(device)


def compile_unet(unet: Any, *, mode: str, backend: str = "inductor") -> None:
    """Have the UNet compiled at its first call, for all numbers of rows and all sizes at once.

    mode: "regional" compiles the block that repeats, which is quick; "whole" everything.
    """
    options: dict[str, Any] = {"fullgraph": True, "dynamic": True, "backend": backend}
    if mode == "regional":
        unet.compile_repeated_blocks(**options)
        return
    if backend == "inductor":
        options["mode"] = "max-autotune-no-cudagraphs"  # graphs would need one per shape
    unet.compile(**options)


def _read(files: ModelFiles, *, dtype: torch.dtype) -> Any:
    """Read all parts to the CPU."""
    parts: dict[str, Any] = {}
    if files.unet is not None:
        parts["unet"] = _read_unet(files.unet, folder=files.folder, dtype=dtype)
    if files.vae is not None:
        parts["vae"] = _read_vae(files.vae, folder=files.folder, dtype=dtype)
    if files.checkpoint is not None:
        return StableDiffusionXLPipeline.from_single_file(
            str(files.checkpoint.file),
            config=str(files.folder),
            torch_dtype=dtype,
            local_files_only=True,
            add_watermarker=False,
            **parts,
        )
    return StableDiffusionXLPipeline.from_pretrained(
        files.folder,
        dtype=dtype,
        variant=find_variant(files.folder),
        use_safetensors=True,
        local_files_only=True,
        add_watermarker=False,
        **parts,
    )


def _read_unet(file: Path, *, folder: Path, dtype: torch.dtype) -> Any:
    """Read a UNet's weights into the model's own configuration; one key too many is an error."""
    config = UNet2DConditionModel.load_config(folder / "unet", local_files_only=True)
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(config)
    unet.load_state_dict(load_file(file), assign=True)
    return unet.to(dtype).eval()


def _read_vae(path: Path, *, folder: Path, dtype: torch.dtype) -> Any:
    if path.is_dir():
        return AutoencoderKL.from_pretrained(
            path, dtype=dtype, use_safetensors=True, local_files_only=True
        )
    return AutoencoderKL.from_single_file(
        str(path), config=str(folder), subfolder="vae", torch_dtype=dtype, local_files_only=True
    )


def _check_kind(pipe: Any, *, options: ModelOptions) -> None:
    """Refuse a UNet that wants more than noise, such as one for inpainting. Raises ModelNotLoaded."""
    wanted, given = pipe.unet.config.in_channels, pipe.vae.config.latent_channels
    if wanted != given:
        raise ModelNotLoaded(
            model=options.name,
            reason=f"the UNet takes {wanted} channels, the VAE gives {given}",
            problem=ModelProblem.WRONG_KIND,
        )


def _set_schedule(pipe: Any, *, options: ModelOptions, files: ModelFiles) -> None:
    """Say in the sampler's configuration what the files or the operator know better."""
    found = files.checkpoint
    changes: dict[str, Any] = {}
    if found is not None:
        changes |= schedule_of(
            predicts_velocity=found.predicts_velocity, has_zero_snr=found.has_zero_snr
        )
    if options.prediction != "auto":
        changes["prediction_type"] = options.prediction
    changes |= options.schedule
    if changes:
        pipe.scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config, **changes)


def _choose_recipe(pipe: Any, *, options: ModelOptions, device: torch.device) -> Recipe | None:
    """Choose by what is free, and say so; a CPU has no use for any of them."""
    if device.type != "cuda":
        return None
    free_bytes, total_bytes = torch.cuda.mem_get_info(device)
    recipe = choose_recipe(
        free_bytes=free_bytes, weight_bytes=half_bytes(pipe), wanted=options.recipe
    )
    log.info(
        "memory recipe chosen",
        recipe=recipe.name,
        free_gb=round(free_bytes / 1e9, 1),
        total_gb=round(total_bytes / 1e9, 1),
        encoders_on_cpu=recipe.are_encoders_on_cpu,
        unet_eight_bit=recipe.is_unet_eight_bit,
        unet_offloaded=recipe.is_unet_offloaded,
        vae_tiled=recipe.is_vae_tiled,
    )
    return recipe


def half_bytes(pipe: Any) -> int:
    """Return what a pipeline's weights take in half precision."""
    parts = (pipe.unet, pipe.vae, pipe.text_encoder, pipe.text_encoder_2)
    return sum(2 * weight.numel() for part in parts for weight in part.parameters())


@contextmanager
def _translated(options: ModelOptions) -> Iterator[None]:
    """Name in our words what libraries raise while they read and place. Raises ModelNotLoaded."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ModelNotLoaded(
            model=options.name, reason=_first_line(error), problem=ModelProblem.NO_ROOM
        ) from error
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelNotLoaded(model=options.name, reason=_first_line(error)) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
