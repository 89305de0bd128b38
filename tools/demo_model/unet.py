"""The painter: an SDXL UNet on 8 x 8 cells, trained with codec and text encoders frozen.

`python -m tools.demo_model.unet --steps N` trains up to step N; run again, it goes on where it
stopped. `--learn-until` is where the learning rate has decayed; a longer run starts a new plateau.
Uses a GPU when there is one.

Axes: B pictures, C latent channels (32), H and W latent cells (8 px each), T tokens (77), D text width (512).
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from tools.demo_model import text, vae
from tools.demo_model.captions import prompts, text_of
from tools.demo_model.codes import WIDTH
from tools.demo_model.scenes import SIDE_PX, compose, draw
from tools.demo_model.training import (
    CHECKPOINTS,
    Clock,
    Run,
    be_modest,
    newest,
    plateau,
    stop_requested,
)
from tools.demo_model.vocabulary import MODEL_FOLDER, concepts

CHECKPOINT = CHECKPOINTS / "unet.pt"
POOL_SIZE = 4096
POOL_USES = 8
"""How often a picture is used, with other noise, before the pool is made anew."""

SCHEDULE = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}
"""Shared by training and by the saved sampler."""


def build() -> UNet2DConditionModel:
    """Return an untrained UNet."""
    widths = (192, 192)
    return UNet2DConditionModel(
        sample_size=SIDE_PX // 8,
        in_channels=vae.LATENT_CHANNELS,
        out_channels=vae.LATENT_CHANNELS,
        down_block_types=("CrossAttnDownBlock2D",) * 2,
        up_block_types=("CrossAttnUpBlock2D",) * 2,
        block_out_channels=widths,
        layers_per_block=1,
        transformer_layers_per_block=1,
        attention_head_dim=tuple(
            width // 32 for width in widths
        ),  # heads, by diffusers' old naming
        cross_attention_dim=2 * WIDTH,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=16,
        projection_class_embeddings_input_dim=16 * 6 + WIDTH,
        norm_num_groups=32,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Pictures and their wording, ready for training."""

    latents: Tensor
    """(N, C, H, W) float32, about unit variance"""

    rows: Tensor
    """(N, T, D) float16, both encoders' hidden states side by side"""

    pooled: Tensor
    """(N, D / 2) float32"""


class Frozen:
    """The codec and both encoders, as the saved pipeline will use them."""

    def __init__(self, *, codec: Path, texts: Path, device: str) -> None:
        self.device = device
        self.codec = AutoencoderKL.from_pretrained(codec).eval().to(device)
        self.first = CLIPTextModel.from_pretrained(texts / "text_encoder").eval().to(device)
        self.second = (
            CLIPTextModelWithProjection.from_pretrained(texts / "text_encoder_2").eval().to(device)
        )
        self.tokenizer = CLIPTokenizer.from_pretrained(texts / "tokenizer")

    @torch.no_grad()
    def encode_pictures(self, pixels: np.ndarray) -> Tensor:
        """Turn (B, 64, 64, 3) uint8 into scaled latents, (B, C, H, W) float32."""
        pictures = torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents: Tensor = self.codec.encode(pictures).latent_dist.mode()
        scaled: Tensor = latents * self.codec.config.scaling_factor
        return scaled

    @torch.no_grad()
    def encode_texts(self, firsts: list[str], seconds: list[str]) -> tuple[Tensor, Tensor]:
        """Return rows (B, T, D) and pooled (B, D / 2), as StableDiffusionXLPipeline.encode_prompt does."""
        first = self.first(self._ids(firsts), output_hidden_states=True)
        second = self.second(self._ids(seconds), output_hidden_states=True)
        return torch.cat(
            [first.hidden_states[-2], second.hidden_states[-2]], dim=-1
        ), second.text_embeds

    def _ids(self, texts: list[str]) -> Tensor:
        ids: Tensor = self.tokenizer(
            texts,
            padding="max_length",
            max_length=text.MAX_TOKENS,
            truncation=True,
            return_tensors="pt",
        ).input_ids
        return ids.to(self.device)

    def pool(self, rng: random.Random, *, num: int, names: tuple[str, ...], shift_px: int) -> Pool:
        """Return `num` fresh pictures with their wording."""
        latents, rows, pooled = [], [], []
        for _ in range(0, num, 128):
            scenes = [compose(rng, names=names, shift_px=shift_px) for _ in range(128)]
            said = [prompts(scene, rng) for scene in scenes]
            latents.append(self.encode_pictures(np.stack([draw(scene) for scene in scenes])))
            row, pool = self.encode_texts(
                [text_of(one.first) for one in said], [text_of(one.second) for one in said]
            )
            rows.append(row.half())
            pooled.append(pool)
        return Pool(latents=torch.cat(latents), rows=torch.cat(rows), pooled=torch.cat(pooled))


def timesteps(num: int, generator: torch.Generator) -> Tensor:
    """Draw (num,) int64: mostly where shapes are decided, some anywhere, some at pure noise."""
    chance = torch.rand(num, generator=generator)
    shaped = torch.sigmoid(0.7 + 1.2 * torch.randn(num, generator=generator))
    anywhere = torch.rand(num, generator=generator)
    drawn = (torch.where(chance < 0.7, shaped, anywhere) * 1000).long().clamp(0, 999)
    return torch.where(chance > 0.96, torch.full_like(drawn, 999), drawn)


def size_ids(num: int, generator: torch.Generator) -> Tensor:
    """Return SDXL's six size numbers, (num, 6) float32: the true ones, and at times others, to be indifferent."""
    true = torch.tensor([SIDE_PX, SIDE_PX, 0, 0, SIDE_PX, SIDE_PX], dtype=torch.float32).repeat(
        num, 1
    )
    other = torch.tensor([1, 1, 0, 0, 1, 1]) * 2.0 ** torch.randint(
        6, 11, (num, 1), generator=generator
    )
    return torch.where(torch.rand(num, 1, generator=generator) < 0.1, other, true)


class Trainer:
    """One training of the UNet; the pool of step s is a function of s alone."""

    def __init__(
        self, run: Run, frozen: Frozen, *, batch: int, names: tuple[str, ...], shift_px: int
    ) -> None:
        self._run, self._frozen, self._batch = run, frozen, batch
        self._names, self._shift_px = names, shift_px
        self._schedule = DDPMScheduler(clip_sample=False, **SCHEDULE)
        self._pool: Pool | None = None
        self._pool_index = -1

    def loss(self, unet: Callable[..., Any]) -> Tensor:
        """Return the mean squared error of the velocity for this step's batch."""
        device = self._frozen.device
        pool, generator = self._current_pool(), self._run.generator()
        chosen = torch.randint(0, len(pool.latents), (self._batch,), generator=generator)
        latents = pool.latents[chosen]
        noise = torch.randn(latents.shape, generator=generator).to(device)
        times = timesteps(self._batch, generator).to(device)
        noisy = self._schedule.add_noise(latents, noise, times)
        target = self._schedule.get_velocity(latents, noise, times)
        sizes = size_ids(self._batch, generator).to(device)
        with torch.autocast(device, torch.bfloat16):
            given = unet(
                noisy,
                times,
                pool.rows[chosen].to(torch.bfloat16),
                added_cond_kwargs={"text_embeds": pool.pooled[chosen], "time_ids": sizes},
            ).sample
        error: Tensor = (given.float() - target).square().mean()
        return error

    def _current_pool(self) -> Pool:
        index = self._run.step * self._batch // (POOL_SIZE * POOL_USES)
        if self._pool is None or index != self._pool_index:
            rng = random.Random(7919 * (index + 1) + self._run.seed)
            self._pool = self._frozen.pool(
                rng, num=POOL_SIZE, names=self._names, shift_px=self._shift_px
            )
            self._pool_index = index
        return self._pool


def train(options: argparse.Namespace) -> None:
    """Train to `options.steps`, from the checkpoint when there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    unet = build().to(device)
    run = Run(
        unet,
        path=options.checkpoint,
        # Muon's turns over all matrices cost a third of a step of 32 pictures here.
        optimiser=torch.optim.AdamW(
            unet.parameters(), lr=options.rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True
        ),
        average_decay=options.average_decay,
    )
    resumed = run.load()
    if not resumed and options.from_shipped:
        shipped = UNet2DConditionModel.from_pretrained(MODEL_FOLDER / "unet")
        run.begin_from(shipped.float().state_dict())
    print("resumed" if resumed else "fresh", "at step", run.step, flush=True)
    frozen = Frozen(codec=options.codec, texts=options.texts, device=device)
    names = tuple(concept.name for concept in concepts()[: options.concepts])
    trainer = Trainer(run, frozen, batch=options.batch, names=names, shift_px=options.shift_px)
    clock, smooth = Clock(), None
    painter = torch.compile(unet) if options.compile else unet
    start = run.step
    with stop_requested() as stop:
        while run.step < options.steps and not stop():
            loss = trainer.loss(painter)
            run.update(
                loss,
                rate=plateau(
                    run.step, total=options.learn_until or options.steps, peak=options.rate
                ),
            )
            if not loss.isfinite():
                raise FloatingPointError(
                    f"the loss is {loss.item()} at step {run.step}; the checkpoint is older"
                )
            smooth = loss.item() if smooth is None else 0.98 * smooth + 0.02 * loss.item()
            if run.step % 50 == 0 or run.step == start + 5:
                print(f"unet {run.step} {clock.seconds():.0f}s loss {smooth:.4f}", flush=True)
            if run.step % 250 == 0:
                run.save()
    run.save()


def main() -> None:
    """Train the UNet from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10000)
    parser.add_argument("--learn-until", type=int, default=None)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--average-decay", type=float, default=0.998)
    parser.add_argument(
        "--concepts", type=int, default=len(concepts()), help="train on the commonest only"
    )
    parser.add_argument(
        "--shift-px", type=int, default=0, help="how far a thing may stand from its anchor"
    )
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument(
        "--from-shipped", action="store_true", help="without a checkpoint, start from models/demo"
    )
    parser.add_argument("--codec", type=Path, default=newest(vae.FINAL, MODEL_FOLDER / "vae"))
    parser.add_argument("--texts", type=Path, default=newest(text.FINAL, MODEL_FOLDER))
    options = parser.parse_args()
    be_modest(options.threads)
    train(options)


if __name__ == "__main__":
    main()
