"""What a single `.safetensors` file holds, read from its header: seconds for gigabytes, no weights.

People trade whole models as one file in the layout of SDXL's authors. Nothing but its keys says
which model it is, so they are asked before diffusers is. No torch.
"""

from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from pipeline.errors import ModelNotLoaded, ModelProblem

SUFFIX = ".safetensors"
PICKLES = (".ckpt", ".bin", ".pt", ".pth")

_UNET = "model.diffusion_model."
_VAE = "first_stage_model."
_ENCODERS = ("conditioner.embedders.0.transformer.", "conditioner.embedders.1.model.")
# What else is traded as one file → what its keys begin with.
_OTHER_KINDS = {
    "LoRA": ("lora_unet_", "lora_te", "unet.", "text_encoder"),
    "SD 1.x": ("cond_stage_model.transformer.",),
    "SD 2.x": ("cond_stage_model.model.",),
    "SDXL refiner": ("conditioner.embedders.0.model.",),
    "SD 3": ("joint_blocks.", "model.diffusion_model.joint_blocks."),
    "Flux": ("double_blocks.", "model.diffusion_model.double_blocks."),
    "VAE": ("decoder.", "encoder.", _VAE),
    "UNet": ("down_blocks.", _UNET),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """An SDXL in one file, and what its header says that its configuration cannot."""

    file: Path
    predicts_velocity: bool
    has_zero_snr: bool  # trained with a schedule that ends in pure noise


def read_checkpoint(file: Path, *, name: str, is_vae_replaced: bool) -> Checkpoint:
    """Read a header. Raises ModelNotLoaded for anything that is no whole SDXL."""
    check_suffix(file, name=name)
    keys, facts = _read_header(file, name=name)
    if not any(key.startswith(_ENCODERS) for key in keys):
        kind = next(
            (kind for kind, starts in _OTHER_KINDS.items() if _any_starts(keys, starts)),
            "unknown keys",
        )
        raise ModelNotLoaded(
            model=name, reason=f"{file.name}: {kind}", problem=ModelProblem.WRONG_KIND
        )
    needed = (_UNET, *_ENCODERS) if is_vae_replaced else (_UNET, _VAE, *_ENCODERS)
    if missing := [start for start in needed if not _any_starts(keys, (start,))]:
        raise ModelNotLoaded(
            model=name,
            reason=f"missing in {file.name}: {', '.join(missing)}",
            problem=ModelProblem.INCOMPLETE,
        )
    predicted = facts.get("modelspec.prediction_type", "")
    return Checkpoint(
        file=file,
        predicts_velocity="v_pred" in keys or predicted in ("v", "v_prediction"),
        has_zero_snr="ztsnr" in keys,
    )


def check_suffix(path: Path, *, name: str) -> None:
    """Refuse a pickle by its name. Raises ModelNotLoaded."""
    if path.suffix in PICKLES:
        raise ModelNotLoaded(model=name, reason=path.name, problem=ModelProblem.PICKLE)


def schedule_of(*, predicts_velocity: bool, has_zero_snr: bool) -> dict[str, object]:
    """Return what the sampler's configuration must say about a model that is not the usual one.

    Source: arXiv 2305.08891, sections 3.1 and 3.3: noise that ends in pure noise, steps from there.
    """
    schedule: dict[str, object] = {}
    if predicts_velocity:
        schedule["prediction_type"] = "v_prediction"
    if has_zero_snr:
        schedule |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
    return schedule


def _read_header(file: Path, *, name: str) -> tuple[frozenset[str], dict[str, str]]:
    try:
        with safe_open(file, framework="np") as content:
            return frozenset(content.keys()), content.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ModelNotLoaded(
            model=name, reason=f"broken file {file}: {error}", problem=ModelProblem.BROKEN
        ) from error


def _any_starts(keys: frozenset[str], starts: tuple[str, ...]) -> bool:
    return any(key.startswith(starts) for key in keys)
