"""Training of the recogniser on rendered scenes, softened as the codec and the UNet soften them.

A tenth of all combinations of things and backgrounds is never shown in training; accuracy is
measured on those. `python -m tools.demo_model.recogniser_training` trains and ships it.
"""

from __future__ import annotations

import argparse
import random
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKL
from torch import Tensor
from torch.nn import functional

from tools.demo_model import vae
from tools.demo_model.muon import muon_for
from tools.demo_model.recogniser import OWN_COLOURS, Labels, Recogniser, Scores
from tools.demo_model.scenes import COLOUR_NAMES, GROUND_NAMES, TIME_NAMES, Scene, compose, draw
from tools.demo_model.training import CHECKPOINTS, Clock, Run, be_modest, cosine, stop_requested
from tools.demo_model.vocabulary import MODEL_FOLDER, concepts

CHECKPOINT = CHECKPOINTS / "recogniser.pt"
LABELS = Labels(
    concepts=tuple(concept.name for concept in concepts()),
    colours=(OWN_COLOURS, *COLOUR_NAMES),
    plains=COLOUR_NAMES,
    grounds=GROUND_NAMES,
    times=TIME_NAMES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The truth of a batch; -1 marks a slot with nothing in it."""

    concepts: Tensor
    """(B, S) int64"""

    colours: Tensor
    """(B, S) int64"""

    pair: Tensor
    """(B,) float32"""

    plain: Tensor
    ground: Tensor
    time: Tensor
    """(B,) int64 each"""


def is_held_out(scene: Scene) -> bool:
    """Whether a combination is kept from training."""
    said = repr([(thing.concept, thing.colour) for thing in scene.things]) + repr(scene.background)
    return zlib.crc32(said.encode()) % 10 == 0


def scenes(rng: random.Random, num: int, *, held_out: bool) -> list[Scene]:
    """Return random scenes from one side of the divide."""
    found: list[Scene] = []
    while len(found) < num:
        scene = compose(rng, names=LABELS.concepts, shift_px=3, pair_share=0.35)
        if is_held_out(scene) == held_out:
            found.append(scene)
    return found


def answers(chosen: list[Scene]) -> Answers:
    """Return what a perfect recogniser would say."""
    slots = [_slots(scene) for scene in chosen]
    backgrounds = [scene.background for scene in chosen]
    return Answers(
        concepts=torch.tensor([[concept for concept, _ in row] for row in slots]),
        colours=torch.tensor([[colour for _, colour in row] for row in slots]),
        pair=torch.tensor([float(len(scene.things) == 2) for scene in chosen]),
        plain=torch.tensor(
            [
                len(LABELS.plains) if b.plain is None else LABELS.plains.index(b.plain)
                for b in backgrounds
            ]
        ),
        ground=torch.tensor(
            [
                len(LABELS.grounds) if b.plain else LABELS.grounds.index(b.ground)
                for b in backgrounds
            ]
        ),
        time=torch.tensor(
            [
                len(LABELS.times) if b.plain else LABELS.times.index(b.time or "day")
                for b in backgrounds
            ]
        ),
    )


def _slots(scene: Scene) -> list[tuple[int, int]]:
    things = [
        (LABELS.concepts.index(thing.concept), LABELS.colours.index(thing.colour or OWN_COLOURS))
        for thing in scene.things
    ]
    nothing = (-1, -1)
    return [things[0], nothing, nothing] if len(things) == 1 else [nothing, things[0], things[1]]


def soften(pictures: Tensor, rng: random.Random) -> Tensor:
    """Blur, shift the tone and add noise, a different amount for each picture, (B, 3, 64, 64) float32."""
    small = functional.interpolate(pictures, scale_factor=0.5, mode="area")
    blurred = functional.interpolate(
        small, size=pictures.shape[-2:], mode="bilinear", align_corners=False
    )
    shape = (len(pictures), 1, 1, 1)
    generator = torch.Generator().manual_seed(rng.randrange(2**31))
    amount = (torch.rand(shape, generator=generator) * 1.4 - 0.4).clamp(0, 1)
    tone = 1 + 0.08 * torch.randn(shape, generator=generator)
    grain = (
        0.06
        * torch.rand(shape, generator=generator)
        * torch.randn(pictures.shape, generator=generator)
    )
    return ((pictures.lerp(blurred, amount)) * tone + grain).clamp(-1, 1)


@torch.no_grad()
def round_trip(codec: AutoencoderKL, pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Send pictures through the codec with latents a little off, as a UNet's are."""
    latents = codec.encode(pictures).latent_dist.mode()
    off = latents + latents.std() * 0.25 * torch.rand(
        len(latents), 1, 1, 1, generator=generator
    ) * torch.randn(latents.shape, generator=generator)
    decoded: Tensor = codec.decode(off).sample
    return decoded.clamp(-1, 1)


def pictures_of(chosen: list[Scene]) -> Tensor:
    """Draw the scenes, (B, 3, 64, 64) float32, -1 to 1."""
    pixels = np.stack([draw(scene) for scene in chosen])
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 127.5 - 1


def loss_of(scores: Scores, truth: Answers) -> Tensor:
    """Add up the errors of all heads."""
    return (
        functional.cross_entropy(
            scores.concepts.flatten(0, 1), truth.concepts.flatten(), ignore_index=-1
        )
        + 0.5
        * functional.cross_entropy(
            scores.colours.flatten(0, 1), truth.colours.flatten(), ignore_index=-1
        )
        + 0.3 * functional.binary_cross_entropy_with_logits(scores.pair, truth.pair)
        + 0.2 * functional.cross_entropy(scores.plain, truth.plain)
        + 0.2 * functional.cross_entropy(scores.ground, truth.ground)
        + 0.2 * functional.cross_entropy(scores.time, truth.time)
    )


@torch.no_grad()
def accuracy(recogniser: Recogniser, chosen: list[Scene], pictures: Tensor) -> dict[str, float]:
    """Return the share that each head gets right."""
    scores, truth = recogniser.eval()(pictures), answers(chosen)
    there = truth.concepts >= 0
    best = scores.concepts.topk(5, dim=-1).indices  # (B, S, 5)
    background = (scores.ground.argmax(-1) == truth.ground) & (scores.time.argmax(-1) == truth.time)
    background &= scores.plain.argmax(-1) == truth.plain
    return {
        "concept_top1": _share(best[..., 0][there] == truth.concepts[there]),
        "concept_top5": _share((best == truth.concepts[..., None]).any(-1)[there]),
        "colour": _share(scores.colours.argmax(-1)[there] == truth.colours[there]),
        "background": _share(background),
        "pair": _share((scores.pair > 0) == (truth.pair > 0.5)),
    }


def _share(right: Tensor) -> float:
    return round(right.float().mean().item(), 4)


def train(
    *, steps: int, batch: int, peak_rate: float, checkpoint: Path, codec: AutoencoderKL | None
) -> Recogniser:
    """Train to `steps`, from the checkpoint when there is one."""
    recogniser = Recogniser(LABELS)
    run = Run(
        recogniser,
        path=checkpoint,
        optimiser=muon_for(
            recogniser, adam_names=("head", "glance", "body.0"), weight_decay=0.05, adam_factor=1.0
        ),
        average_decay=0.99,
    )
    print("resumed" if run.load() else "fresh", "at step", run.step, flush=True)
    clock = Clock()
    with stop_requested() as stop:
        while run.step < steps and not stop():
            loss = _loss(recogniser, run, batch=batch, codec=codec)
            run.update(loss, rate=cosine(run.step, total=steps, peak=peak_rate))
            if run.step % 100 == 0:
                print(
                    f"recogniser {run.step} {clock.seconds():.0f}s loss {loss.item():.3f}",
                    flush=True,
                )
            if run.step % 500 == 0:
                run.save()
    if run.step < steps:
        raise SystemExit(f"stopped at step {run.step}; run again to go on")
    run.save()
    recogniser.load_state_dict(run.average)
    return recogniser.eval()


def _loss(recogniser: Recogniser, run: Run, *, batch: int, codec: AutoencoderKL | None) -> Tensor:
    rng = run.rng()
    chosen = scenes(rng, batch, held_out=False)
    pictures = pictures_of(chosen)
    if codec is not None and run.step % 2:
        num = batch // 4  # decoding costs more than all else
        pictures[:num] = round_trip(codec, pictures[:num], run.generator())
    with torch.autocast("cpu", torch.bfloat16):
        scores = recogniser.train()(soften(pictures, rng))
        return loss_of(scores, answers(chosen))


def main() -> None:
    """Train, measure on held-out scenes, and ship."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--codec", type=Path, default=vae.FINAL)
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER / "recogniser")
    options = parser.parse_args()
    be_modest(options.threads)
    codec = AutoencoderKL.from_pretrained(options.codec).eval() if options.codec.exists() else None
    recogniser = train(
        steps=options.steps,
        batch=options.batch,
        peak_rate=options.rate,
        checkpoint=options.checkpoint,
        codec=codec,
    )
    chosen = scenes(random.Random(424242), 2000, held_out=True)
    pictures = pictures_of(chosen)
    print("rendered, held out:", accuracy(recogniser, chosen, pictures))
    if codec is not None:
        decoded = round_trip(codec, pictures[:500], torch.Generator().manual_seed(1))
        print("through the codec:", accuracy(recogniser, chosen[:500], decoded))
    recogniser.save(options.out)


if __name__ == "__main__":
    main()
