"""The way between latents and pictures: a model's autoencoder, and what shows its half-drawn ones.

Latents outside this file have about unit variance, and the dtype of the UNet. Does not know
requests, steps or noise schedules. GPU thread only.

Axes: C latent channels, h and w latent cells, H and W pixels.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor
from torch.nn import functional

from pipeline.engine.preview import LinearPreview
from pipeline.errors import PictureNotFinite
from pipeline.types import Pixels

MAX_WHOLE_PX = 1536 * 1024  # larger pictures are worked on in tiles: whole, they take gigabytes
_MAX_DECODED_PREVIEW_PX = 128 * 128  # up to here the decoder costs less than a step does
_MAX_PREVIEW_SIDE_PX = 256


class Vae:
    """The autoencoder of a loaded model, and the small decoder of its previews where there is one."""

    def __init__(
        self,
        vae: Any,
        *,
        cell_px: int,
        taesd: Any = None,
        cache: Path | None = None,
        max_whole_px: int = MAX_WHOLE_PX,
    ) -> None:
        self._vae, self._taesd, self._cell_px = vae, taesd, cell_px
        self._cache, self._max_whole_px = cache, max_whole_px

    def encode(self, pixels: Pixels, *, generator: Generator, dtype: torch.dtype) -> Tensor:
        """Turn a picture into latents, (1, C, h, w), with what the VAE leaves to chance drawn."""
        levels = torch.frombuffer(bytearray(pixels.rgb), dtype=torch.uint8)
        rows = levels.view(1, pixels.height_px, pixels.width_px, 3).movedim(-1, 1)  # (1, 3, H, W)
        image = (rows.float() / 255 * 2 - 1).to(self._vae.device, self._vae.dtype)
        with self._in_tiles(pixels.width_px * pixels.height_px):
            latents = self._vae.encode(image).latent_dist.sample(generator).to(dtype)
        mean, deviation = self._statistics(latents)
        scaled: Tensor = (latents - mean) * self._vae.config.scaling_factor / deviation
        return scaled

    def decode(self, latents: Tensor) -> Tensor:
        """Turn latents, (1, C, h, w), into a picture, (1, 3, H, W) of about -1 to 1.

        Half precision can overflow on the way where the latents are sound: then it goes once more
        in single precision. Raises PictureNotFinite.
        """
        if not latents.isfinite().all():
            raise PictureNotFinite
        image = self._decode(latents)
        if not image.isfinite().all() and self._vae.dtype is not torch.float32:
            with self._in_single_precision():
                image = self._decode(latents)
        if not image.isfinite().all():
            raise PictureNotFinite
        return image

    def show(self, clean: Tensor) -> Tensor:
        """Turn the latents of a half-drawn picture, (1, C, h, w), into a small one, cheaply.

        By the decoder itself where the picture is tiny, by the small decoder where there is one,
        else by the linear map. Returns (1, 3, ·, ·) of about -1 to 1, finite or not.
        """
        area_px = clean.shape[-2] * clean.shape[-1] * self._cell_px**2
        if area_px <= _MAX_DECODED_PREVIEW_PX:
            return self._decode(clean)
        if self._taesd is None:
            return self._linear(self._unscale(clean))
        image: Tensor = self._taesd.decode(clean.to(self._taesd.dtype), return_dict=False)[0]
        return functional.avg_pool2d(image, -(-max(image.shape[-2:]) // _MAX_PREVIEW_SIDE_PX))

    def tile(self) -> None:
        """Work in tiles from now on, whatever the size."""
        self._vae.use_tiling = True

    def prepare_previews(self, area_px: int) -> None:
        """Make what previews of this size need, so that the first one makes nobody wait."""
        if area_px > _MAX_DECODED_PREVIEW_PX and self._taesd is None:
            _ = self._linear

    @cached_property
    def _linear(self) -> LinearPreview:
        return LinearPreview.read_or_fit(self._vae, cell_px=self._cell_px, folder=self._cache)

    def _decode(self, latents: Tensor) -> Tensor:
        area_px = latents.shape[-2] * latents.shape[-1] * self._cell_px**2
        with self._in_tiles(area_px):
            image: Tensor = self._vae.decode(self._unscale(latents), return_dict=False)[0]
        return image

    def _unscale(self, latents: Tensor) -> Tensor:
        """Bring latents, (1, C, h, w), to the VAE's own range and dtype."""
        mean, deviation = self._statistics(latents)
        unscaled: Tensor = latents / self._vae.config.scaling_factor * deviation + mean
        return unscaled.to(self._vae.dtype)

    def _statistics(self, like: Tensor) -> tuple[Tensor | float, Tensor | float]:
        """Return the mean and the deviation of the VAE's latents, (1, C, 1, 1), where it tells them."""
        config = self._vae.config
        mean, deviation = config.get("latents_mean"), config.get("latents_std")
        if mean is None or deviation is None:
            return 0.0, 1.0
        return _by_channel(mean, like), _by_channel(deviation, like)

    @contextmanager
    def _in_tiles(self, area_px: int) -> Iterator[None]:
        """Work in tiles while inside, where a picture is too large to be worked on whole."""
        was_tiling = self._vae.use_tiling
        self._vae.use_tiling = was_tiling or area_px > self._max_whole_px
        try:
            yield
        finally:
            self._vae.use_tiling = was_tiling

    @contextmanager
    def _in_single_precision(self) -> Iterator[None]:
        dtype = self._vae.dtype
        self._vae.to(torch.float32)
        try:
            yield
        finally:
            self._vae.to(dtype)


def _by_channel(values: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(values, dtype=like.dtype, device=like.device).view(1, -1, 1, 1)
