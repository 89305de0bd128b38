"""Latents to a small picture without the decoder.

A linear map from a cell's channels to the colour that it stands for, fitted to the VAE at hand:
colour patches are encoded once, and least squares finds what their latents have in common with
their colours. Exact for no VAE, recognisable for all. The map is kept on disk: a large VAE encodes
for seconds on a CPU.

Axes: N pictures, C latent channels, h and w latent cells, H and W pixels.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from pipeline.types import Pixels

_SIDE_CELLS = 16
_PATCHES_PER_SIDE = (4, 8, 16, 32)  # flat areas, edges and detail all occur in pictures
_PICTURES_PER_KIND = 2


@dataclass(frozen=True, slots=True)
class LinearPreview:
    """The fitted map of one VAE."""

    matrix: Tensor  # (C + 1, 3) float32; the last row is the offset

    @classmethod
    def read_or_fit(cls, vae: Any, *, cell_px: int, folder: Path | None) -> "LinearPreview":
        """Give the map that was kept for this VAE, or fit and keep one; no folder keeps none."""
        path = folder and folder / f"preview-{_fingerprint(vae)}.safetensors"
        if path and path.is_file():
            try:
                return cls(load_file(path)["matrix"].to(vae.device))
            except (SafetensorError, KeyError, OSError):  # cut short, or another program's
                path.unlink(missing_ok=True)
        fitted = cls.fit(vae, cell_px=cell_px)
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(f".{os.getpid()}.part")
            save_file({"matrix": fitted.matrix.cpu().contiguous()}, partial)
            partial.replace(path)
        return fitted

    @classmethod
    def fit(cls, vae: Any, *, cell_px: int) -> "LinearPreview":
        """Fit the map on the VAE's own encoding of random colour patches."""
        dtype, device = vae.dtype, vae.device
        pictures = torch.cat([_patchwork(num, _SIDE_CELLS * cell_px) for num in _PATCHES_PER_SIDE])
        latents = vae.encode(pictures.to(device, dtype)).latent_dist.mode()
        cells = functional.avg_pool2d(pictures, cell_px)  # (N, 3, h, w)
        solution = torch.linalg.lstsq(_with_ones(latents.float().cpu()), _by_cell(cells)).solution
        return cls(solution.to(device))

    def __call__(self, latents: Tensor) -> Tensor:
        """Turn unscaled latents, (1, C, h, w), into a picture, (1, 3, h, w), about -1 to 1."""
        height, width = latents.shape[-2:]
        colours = _with_ones(latents.float()) @ self.matrix  # (h * w, 3)
        return colours.T.reshape(1, 3, height, width)


class Shot:
    """A picture on its way from the device, which need not be waited for.

    Asking for a value would hold the loop up until the device has come to it, so the levels travel
    to pinned memory by themselves and are read a tick later. On a CPU they are there at once: the
    tests show that way only.
    """

    def __init__(self, image: Tensor) -> None:
        """Round a picture, (1, 3, H, W) of -1.0 to 1.0, to 8 bits; not-a-number becomes black."""
        levels = (image[0].float() * 127.5 + 127.5).nan_to_num(0).round().clamp(0, 255)
        self._rows = levels.to(torch.uint8).permute(1, 2, 0).contiguous()  # (H, W, 3)
        self._arrival: Any = None
        if image.is_cuda:
            pinned = torch.empty_like(self._rows, device="cpu", pin_memory=True)
            self._rows = pinned.copy_(self._rows, non_blocking=True)
            self._arrival = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._arrival.record(torch.cuda.current_stream(image.device))

    @property
    def is_there(self) -> bool:
        """Say whether the picture can be read without waiting."""
        return self._arrival is None or bool(self._arrival.query())

    def read(self) -> Pixels:
        """Return the picture, as soon as it is there."""
        if self._arrival is not None:
            self._arrival.synchronize()
        height, width, _ = self._rows.shape
        return Pixels(width_px=width, height_px=height, rgb=self._rows.numpy().tobytes())


def _fingerprint(vae: Any) -> str:
    """Tell VAEs apart by their configuration and the first weights of their encoder."""
    config = {key: value for key, value in vae.config.items() if not key.startswith("_")}
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    digest.update(vae.encoder.conv_in.weight.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _patchwork(patches_per_side: int, side_px: int) -> Tensor:
    """Make pictures, (_PICTURES_PER_KIND, 3, H, W) of -1 to 1, of squares in random colours."""
    shape = (_PICTURES_PER_KIND, 3, patches_per_side, patches_per_side)
    colours = torch.rand(shape, generator=torch.Generator().manual_seed(patches_per_side))
    return functional.interpolate(colours * 2 - 1, size=side_px, mode="nearest")


def _by_cell(tensor: Tensor) -> Tensor:
    """Reorder (N, C, h, w) to (N * h * w, C)."""
    return tensor.movedim(1, -1).flatten(0, 2)


def _with_ones(latents: Tensor) -> Tensor:
    """Reorder (N, C, h, w) to (N * h * w, C + 1), a 1 in the last column."""
    return functional.pad(_by_cell(latents), (0, 1), value=1.0)
