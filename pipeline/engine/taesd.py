"""The small decoder that shows half-drawn pictures, for models that have one.

A distilled autoencoder costs a twentieth of the model's own, and takes latents as the UNet leaves
them. It lies in the folder `taesd` of a model, or where the operator says.
"""

from pathlib import Path
from typing import Any

from diffusers import AutoencoderTiny
from safetensors import SafetensorError

from pipeline.engine.options import ModelOptions
from pipeline.errors import ModelNotLoaded, ModelProblem

_FOLDER = "taesd"


def load_taesd(options: ModelOptions, *, like: Any) -> Any:
    """Load the small decoder to the device and the dtype of a UNet; None where there is none.

    Raises ModelNotLoaded.
    """
    folder = Path(options.taesd or Path(options.path) / _FOLDER)
    if not folder.is_dir():
        if options.taesd:
            raise _not_loaded(folder, "no such folder", ModelProblem.MISSING)
        return None
    try:
        taesd = AutoencoderTiny.from_pretrained(
            folder, torch_dtype=like.dtype, use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise _not_loaded(folder, reason, ModelProblem.UNREADABLE) from error
    if taesd.config.latent_channels != like.config.in_channels:
        reason = f"{taesd.config.latent_channels} channels for {like.config.in_channels}"
        raise _not_loaded(folder, reason, ModelProblem.WRONG_KIND)
    return taesd.to(like.device).eval()


def _not_loaded(folder: Path, reason: str, problem: ModelProblem) -> ModelNotLoaded:
    return ModelNotLoaded(model=str(folder), reason=reason, problem=problem)
