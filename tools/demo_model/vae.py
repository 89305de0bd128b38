"""The picture codec: an AutoencoderKL from 64 x 64 px to 8 x 8 cells of 32 channels.

`python -m tools.demo_model.vae` trains it; run again, it goes on where it stopped.
`--decoder-only` goes on with the encoder frozen, so that latents (and the UNet) stay valid.

Axes: B pictures, C channels, H and W px or cells (8 px each).
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn import functional

from tools.demo_model.muon import muon_for
from tools.demo_model.scenes import compose, draw
from tools.demo_model.training import (
    CHECKPOINTS,
    Clock,
    Run,
    be_modest,
    cosine,
    newest,
    stop_requested,
)
from tools.demo_model.vocabulary import MODEL_FOLDER, concepts

LATENT_CHANNELS = 32
CHECKPOINT = CHECKPOINTS / "vae.pt"
FINAL = CHECKPOINTS / "vae"
"""The finished codec in diffusers' layout, with its scaling factor."""


def build() -> AutoencoderKL:
    """Return an untrained codec."""
    widths = (24, 48, 96, 192)
    return AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=widths,
        layers_per_block=1,
        latent_channels=LATENT_CHANNELS,
        norm_num_groups=8,
        sample_size=64,
        mid_block_add_attention=False,
        force_upcast=False,
    )


def pictures(rng: random.Random, num: int, *, shift_px: int = 8) -> Tensor:
    """Return random scenes, (num, 3, 64, 64) float32, -1 to 1."""
    names = tuple(concept.name for concept in concepts())
    pixels = np.stack(
        [draw(compose(rng, names=names, shift_px=shift_px)) for _ in range(num)]
    )  # (B, 64, 64, 3)
    batch = torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1
    return batch.contiguous(memory_format=torch.channels_last)


def reconstruction_loss(decoded: Tensor, target: Tensor) -> Tensor:
    """Compare values and their differences to neighbours, both (B, 3, H, W) float32, -1 to 1."""
    error = decoded - target
    edges = error.diff(dim=-1).abs().mean() + error.diff(dim=-2).abs().mean()
    return error.abs().mean() + error.square().mean() + 0.5 * edges


def train(*, steps: int, batch: int, peak_rate: float, checkpoint: Path) -> AutoencoderKL:
    """Train to `steps`, from the checkpoint when there is one, and return the averaged codec."""
    codec = build().to(memory_format=torch.channels_last)
    return _descend(
        codec, _loss, steps=steps, batch=batch, peak_rate=peak_rate, checkpoint=checkpoint
    )


def sharpen(
    codec: AutoencoderKL, *, steps: int, batch: int, peak_rate: float, checkpoint: Path
) -> AutoencoderKL:
    """Train the decoder of a finished codec on; latents and scaling factor stay as they are."""
    codec = codec.to(memory_format=torch.channels_last)
    for part in (codec.encoder, codec.quant_conv):
        part.requires_grad_(requires_grad=False)
    return _descend(
        codec, _decoder_loss, steps=steps, batch=batch, peak_rate=peak_rate, checkpoint=checkpoint
    )


def _descend(
    codec: AutoencoderKL,
    loss_of: Callable[..., tuple[Tensor, str]],
    *,
    steps: int,
    batch: int,
    peak_rate: float,
    checkpoint: Path,
) -> AutoencoderKL:
    run = Run(
        codec,
        path=checkpoint,
        optimiser=muon_for(codec, adam_names=("conv_in", "conv_out", "quant")),
        average_decay=0.995,
    )
    print("resumed" if run.load() else "fresh", "at step", run.step, flush=True)
    clock = Clock()
    with stop_requested() as stop:
        while run.step < steps and not stop():
            loss, facts = loss_of(codec, run, batch=batch)
            run.update(loss, rate=cosine(run.step, total=steps, peak=peak_rate))
            if run.step % 50 == 0:
                print(f"vae {run.step} {clock.seconds():.0f}s {facts}", flush=True)
            if run.step % 500 == 0:
                run.save()
    run.save()
    codec.load_state_dict(run.average)
    return codec.eval()


def _loss(codec: AutoencoderKL, run: Run, *, batch: int) -> tuple[Tensor, str]:
    target = pictures(run.rng(), batch)
    with torch.autocast("cpu", torch.bfloat16):
        posterior = codec.encode(target).latent_dist
        noise = torch.randn(posterior.mean.shape, generator=run.generator())
        decoded = codec.decode(posterior.mean + posterior.std * noise).sample.float()
    mean, log_variance = posterior.mean.float(), posterior.logvar.float()
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()
    loss = reconstruction_loss(decoded, target)
    return loss + 1e-3 * divergence, f"{_facts(loss, decoded, target)} kl {divergence.item():.2f}"


def _decoder_loss(codec: AutoencoderKL, run: Run, *, batch: int) -> tuple[Tensor, str]:
    target = pictures(run.rng(), batch, shift_px=2)
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            latents = codec.encode(target).latent_dist.mode()
            # What a UNet paints is a little off; a decoder used to that stays sharp.
            off = torch.randn(latents.shape, generator=run.generator())
        decoded = codec.decode(latents + 0.1 * latents.std() * off).sample.float()
    loss = reconstruction_loss(decoded, target)
    return loss, _facts(loss, decoded, target)


def _facts(loss: Tensor, decoded: Tensor, target: Tensor) -> str:
    psnr = -10 * math.log10(functional.mse_loss(decoded, target).item() / 4)
    return f"loss {loss.item():.4f} psnr {psnr:.1f}"


@torch.no_grad()
def finish(codec: AutoencoderKL, folder: Path) -> None:
    """Set the scaling factor from the latents' spread and save in diffusers' layout."""
    latents = codec.encode(pictures(random.Random(9), 256)).latent_dist.mode()
    codec.register_to_config(scaling_factor=round(float(1 / latents.std()), 4))
    codec.save_pretrained(folder)
    print(
        "scaling_factor",
        codec.config.scaling_factor,
        "channel std",
        latents.std(dim=(0, 2, 3)).tolist(),
    )


def main() -> None:
    """Train the codec from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3200)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument(
        "--decoder-only", action="store_true", help="sharpen the finished codec; latents stay valid"
    )
    parser.add_argument("--checkpoint", type=Path, default=None)
    parser.add_argument("--out", type=Path, default=FINAL)
    options = parser.parse_args()
    be_modest(options.threads)
    how = {"steps": options.steps, "batch": options.batch, "peak_rate": options.rate}
    if options.decoder_only:
        finished = AutoencoderKL.from_pretrained(newest(FINAL, MODEL_FOLDER / "vae"))
        checkpoint = options.checkpoint or CHECKPOINTS / "decoder.pt"
        sharpen(finished.float(), **how, checkpoint=checkpoint).save_pretrained(options.out)
    else:
        finish(train(**how, checkpoint=options.checkpoint or CHECKPOINT), options.out)


if __name__ == "__main__":
    main()
