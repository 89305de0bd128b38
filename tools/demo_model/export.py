"""Puts the trained parts together as a diffusers SDXL folder, in float16.

`python -m tools.demo_model.export` replaces the model in models/demo, part by part, each in one move.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import torch
from diffusers import AutoencoderKL, EulerDiscreteScheduler, StableDiffusionXLPipeline
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from tools.demo_model import text, unet, vae
from tools.demo_model.training import newest
from tools.demo_model.vocabulary import MODEL_FOLDER


def assemble(*, checkpoint: Path, codec: Path, texts: Path) -> StableDiffusionXLPipeline:
    """Return the pipeline with the averaged weights of the UNet's checkpoint, float32."""
    painter = unet.build()
    painter.load_state_dict(
        torch.load(checkpoint, map_location="cpu", weights_only=True)["average"]
    )
    tokenizer = CLIPTokenizer.from_pretrained(texts / "tokenizer")
    return StableDiffusionXLPipeline(
        vae=AutoencoderKL.from_pretrained(codec),
        text_encoder=CLIPTextModel.from_pretrained(texts / "text_encoder"),
        text_encoder_2=CLIPTextModelWithProjection.from_pretrained(texts / "text_encoder_2"),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=painter,
        scheduler=EulerDiscreteScheduler(**unet.SCHEDULE),
        # An empty prompt was trained as a sentence like any other.
        force_zeros_for_empty_prompt=False,
        add_watermarker=False,
    )


def export(pipeline: StableDiffusionXLPipeline, folder: Path) -> None:
    """Save in float16 and swap each part of `folder` for the new one."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".demo-") as name:
        fresh = Path(name)
        pipeline.to(dtype=torch.float16).save_pretrained(fresh, safe_serialization=True)
        for encoder in ("text_encoder", "text_encoder_2"):
            _load_in_float32(fresh / encoder / "config.json")
        for part in sorted(fresh.iterdir()):
            _swap(part, folder / part.name)


def _load_in_float32(config: Path) -> None:
    """Have transformers load an encoder as diffusers loads the rest: a plain `from_pretrained` mixes them otherwise."""
    facts = json.loads(config.read_text())
    config.write_text(json.dumps(facts | {"dtype": "float32"}, indent=2) + "\n")


def _swap(fresh: Path, place: Path) -> None:
    if fresh.is_dir() and place.exists():
        old = fresh.with_name(fresh.name + ".old")
        place.rename(old)
        fresh.rename(place)
        shutil.rmtree(old)
    else:
        fresh.replace(place)


def main() -> None:
    """Assemble and ship from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=unet.CHECKPOINT)
    parser.add_argument("--codec", type=Path, default=newest(vae.FINAL, MODEL_FOLDER / "vae"))
    parser.add_argument("--texts", type=Path, default=newest(text.FINAL, MODEL_FOLDER))
    parser.add_argument("--out", type=Path, default=MODEL_FOLDER)
    options = parser.parse_args()
    export(
        assemble(checkpoint=options.checkpoint, codec=options.codec, texts=options.texts),
        options.out,
    )


if __name__ == "__main__":
    main()
