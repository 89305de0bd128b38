"""Between latents and pictures: there and back, in tiles, in half precision, small and early."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKL, StableDiffusionXLPipeline
from torch import Generator, Tensor

from pipeline.engine.vae import Vae
from pipeline.errors import PictureNotFinite
from pipeline.types import Pixels

from .test_taesd import build_taesd

CELL_PX = 2  # of the tiny model


@pytest.fixture(autouse=True)
def inference() -> Iterator[None]:
    """The mode that the engine's thread is in."""
    with torch.inference_mode():
        yield


@pytest.fixture
def vae(pipe: StableDiffusionXLPipeline) -> AutoencoderKL:
    """A tiny autoencoder that a test may spoil."""
    return deepcopy(pipe.vae)


def latents(height: int = 16, width: int = 16) -> Tensor:
    """Latents of unit variance."""
    return torch.randn((1, 4, height, width), generator=Generator().manual_seed(1))


def grey(width_px: int, height_px: int) -> Pixels:
    """A plain picture."""
    return Pixels(
        width_px=width_px, height_px=height_px, rgb=bytes([128]) * width_px * height_px * 3
    )


def test_the_statistics_of_a_vae_are_used_both_ways(vae: AutoencoderKL) -> None:
    """A model that tells the mean and the deviation of its latents gets them normalised."""
    plain = Vae(vae, cell_px=CELL_PX).encode(
        grey(32, 32), generator=Generator().manual_seed(1), dtype=torch.float32
    )
    mean, deviation = [0.1, 0.2, 0.3, 0.4], [2.0, 3.0, 4.0, 5.0]
    vae.register_to_config(latents_mean=mean, latents_std=deviation)
    told = Vae(vae, cell_px=CELL_PX)

    normalised = told.encode(
        grey(32, 32), generator=Generator().manual_seed(1), dtype=torch.float32
    )

    factor = vae.config.scaling_factor
    expected = (plain / factor - torch.tensor(mean).view(1, 4, 1, 1)) * factor
    expected = expected / torch.tensor(deviation).view(1, 4, 1, 1)
    assert (normalised - expected).abs().max() < 1e-5
    assert (told._unscale(normalised) - plain / factor).abs().max() < 1e-5


def test_a_large_picture_is_worked_on_in_tiles(vae: AutoencoderKL) -> None:
    """Beyond the limit no call sees the whole picture; below it, and afterwards, nothing is cut."""
    seen: list[int] = []
    hook: Any = vae.decoder.register_forward_pre_hook(
        lambda _, given: seen.append(given[0].shape[-1])
    )
    tiled = Vae(vae, cell_px=CELL_PX, max_whole_px=64 * 64)

    image = tiled.decode(latents(64, 64))
    large = max(seen)
    seen.clear()
    tiled.decode(latents(32, 32))
    hook.remove()

    assert (1, 3, 128, 128) == image.shape
    assert large < 64
    assert [32] == seen
    assert vae.use_tiling is False


def test_a_recipe_that_tiles_always_is_left_alone(vae: AutoencoderKL) -> None:
    """What saves memory for small pictures too is not switched off by them."""
    vae.enable_tiling()

    Vae(vae, cell_px=CELL_PX).decode(latents())

    assert vae.use_tiling is True


def overflowing(vae: AutoencoderKL) -> AutoencoderKL:
    """A VAE whose numbers leave half precision's range on the way, and come back."""
    vae.decoder.conv_in.weight.mul_(6e4 / vae.decoder.conv_in.weight.abs().max())
    return vae.half()


def test_an_overflow_in_half_precision_is_decoded_once_more(vae: AutoencoderKL) -> None:
    """The picture is that of single precision, and the VAE is in half precision again."""
    expected = Vae(deepcopy(overflowing(vae)).float(), cell_px=CELL_PX).decode(latents())
    assert not vae.decode(latents().half()).sample.isfinite().all(), "it does overflow"

    image = Vae(vae, cell_px=CELL_PX).decode(latents())

    assert (image - expected).abs().max() < 1e-3
    assert torch.float16 is vae.dtype


def test_latents_that_are_no_numbers_fail_without_another_try(vae: AutoencoderKL) -> None:
    """No precision of the decoder can mend them."""
    calls: list[int] = []
    vae.decoder.register_forward_pre_hook(lambda *_: calls.append(1))

    with pytest.raises(PictureNotFinite):
        Vae(vae.half(), cell_px=CELL_PX).decode(latents() * torch.nan)

    assert [] == calls


def test_a_vae_that_fails_in_single_precision_too_is_said_to(vae: AutoencoderKL) -> None:
    """After one more try the failure is honest."""
    vae.decoder.conv_out.bias.fill_(torch.inf)
    calls: list[torch.dtype] = []
    vae.decoder.register_forward_pre_hook(lambda _, given: calls.append(given[0].dtype))

    with pytest.raises(PictureNotFinite):
        Vae(vae.half(), cell_px=CELL_PX).decode(latents())

    assert [torch.float16, torch.float32] == calls


def test_a_tiny_preview_is_the_picture_itself(vae: AutoencoderKL) -> None:
    """Up to 128 px a side the decoder is cheap enough."""
    own = Vae(vae, cell_px=CELL_PX)

    assert torch.equal(own.decode(latents(64, 64)), own.show(latents(64, 64)))


def test_a_large_preview_is_small(vae: AutoencoderKL) -> None:
    """The linear map gives a pixel for each cell; the small decoder at most 256 a side."""
    clean = latents(80, 96)

    by_map = Vae(vae, cell_px=CELL_PX).show(clean)
    by_taesd = Vae(vae, cell_px=CELL_PX, taesd=build_taesd()).show(clean)

    assert (1, 3, 80, 96) == by_map.shape
    assert (1, 3, 213, 256) == by_taesd.shape


def test_the_map_is_fitted_once_for_a_vae(vae: AutoencoderKL, tmp_path: Path) -> None:
    """What was kept is read by the next start; another VAE, or half a file, is fitted anew."""
    first = Vae(vae, cell_px=CELL_PX, cache=tmp_path).show(latents(80, 96))
    (kept,) = tmp_path.iterdir()
    encodings: list[int] = []
    vae.encoder.register_forward_pre_hook(lambda *_: encodings.append(1))

    read = Vae(vae, cell_px=CELL_PX, cache=tmp_path).show(latents(80, 96))
    assert (read - first).abs().max() < 1e-6
    assert [] == encodings

    kept.write_bytes(b"half")
    again = Vae(vae, cell_px=CELL_PX, cache=tmp_path).show(latents(80, 96))
    assert (again - first).abs().max() < 1e-3  # least squares are not exact to the bit
    assert [1] == encodings

    vae.encoder.conv_in.weight.mul_(2)
    Vae(vae, cell_px=CELL_PX, cache=tmp_path).show(latents(80, 96))
    assert [1, 1] == encodings
    assert 2 == len(list(tmp_path.iterdir()))
