"""The small decoder is found, fits, or is named."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from diffusers import AutoencoderTiny

from pipeline.engine.taesd import load_taesd
from pipeline.errors import ModelNotLoaded, ModelProblem

from .conftest import model_options

UNET = SimpleNamespace(
    dtype=torch.float32, device=torch.device("cpu"), config=SimpleNamespace(in_channels=4)
)


def build_taesd(*, latent_channels: int = 4) -> AutoencoderTiny:
    """A small decoder of the real class, for cells of 8 px, with random weights."""
    torch.manual_seed(0)
    return AutoencoderTiny(
        encoder_block_out_channels=(8,) * 4,
        decoder_block_out_channels=(8,) * 4,
        num_encoder_blocks=(1,) * 4,
        num_decoder_blocks=(1,) * 4,
        latent_channels=latent_channels,
    ).eval()


def test_one_beside_the_model_is_taken(tmp_path: Path) -> None:
    """The folder `taesd` of a model is its small decoder; without it there is none."""
    assert load_taesd(model_options(tmp_path), like=UNET) is None

    build_taesd().save_pretrained(tmp_path / "taesd")

    taesd = load_taesd(model_options(tmp_path), like=UNET)
    with torch.inference_mode():
        assert (1, 3, 32, 48) == taesd.decode(torch.zeros(1, 4, 4, 6)).sample.shape


def test_one_that_was_named_must_be_there(tmp_path: Path) -> None:
    """Where the operator points somewhere, nothing else is taken in silence."""
    with pytest.raises(ModelNotLoaded) as caught:
        load_taesd(model_options(tmp_path, taesd=str(tmp_path / "none")), like=UNET)

    assert ModelProblem.MISSING is caught.value.problem


def test_one_of_another_kind_of_model_is_named(tmp_path: Path) -> None:
    """Latents of four channels cannot be shown by a decoder of sixteen."""
    build_taesd(latent_channels=16).save_pretrained(tmp_path)

    with pytest.raises(ModelNotLoaded) as caught:
        load_taesd(model_options("", taesd=str(tmp_path)), like=UNET)

    assert ModelProblem.WRONG_KIND is caught.value.problem


def test_a_broken_one_is_named(tmp_path: Path) -> None:
    """Half a download ends with its folder's name."""
    build_taesd().save_pretrained(tmp_path)
    weights = tmp_path / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])

    with pytest.raises(ModelNotLoaded, match=tmp_path.name):
        load_taesd(model_options("", taesd=str(tmp_path)), like=UNET)
