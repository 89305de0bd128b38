"""Small classifiers of the real kind, in both layouts that are read: the brighter, the less safe.

One place of the network's width, its first, carries how bright a picture is; nothing else counts. The
weights are written, not trained: the class token looks at all patches alike, and the head reads the sum.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import ViTConfig, ViTForImageClassification

from pipeline import Pixels

SIDE_PX, PATCH_PX, WIDTH = 32, 16, 128  # two heads
DARK, GREY, BRIGHT = 20, 140, 250
LABELS = ("NSFW", "SFW")


def plain(level: int, *, width_px: int = 32, height_px: int = 32) -> Pixels:
    """A picture of one grey, 0 to 255."""
    return Pixels(
        width_px=width_px, height_px=height_px, rgb=bytes([level]) * (3 * width_px * height_px)
    )


def timm_weights(seed: int = 0, *, depth: int = 1) -> dict[str, Tensor]:
    """Random weights as timm names them, of which nothing is true."""
    torch.manual_seed(seed)
    shapes: dict[str, tuple[int, ...]] = {
        "cls_token": (1, 1, WIDTH),
        "pos_embed": (1, (SIDE_PX // PATCH_PX) ** 2 + 1, WIDTH),
        "patch_embed.proj.weight": (WIDTH, 3, PATCH_PX, PATCH_PX),
        "patch_embed.proj.bias": (WIDTH,),
        "norm.weight": (WIDTH,),
        "norm.bias": (WIDTH,),
        "head.weight": (len(LABELS), WIDTH),
        "head.bias": (len(LABELS),),
    }
    for number in range(depth):
        block = f"blocks.{number}"
        for name, outputs, inputs in (
            ("attn.qkv", 3 * WIDTH, WIDTH),
            ("attn.proj", WIDTH, WIDTH),
            ("mlp.fc1", 2 * WIDTH, WIDTH),
            ("mlp.fc2", WIDTH, 2 * WIDTH),
        ):
            shapes[f"{block}.{name}.weight"] = (outputs, inputs)
            shapes[f"{block}.{name}.bias"] = (outputs,)
        for name in ("norm1", "norm2"):
            shapes[f"{block}.{name}.weight"] = shapes[f"{block}.{name}.bias"] = (WIDTH,)
    return {name: torch.randn(shape) * 0.2 for name, shape in shapes.items()}


def bright_weights() -> dict[str, Tensor]:
    """Weights by which the share of the first label rises from near 0 to near 1 with the brightness."""
    weights = {name: torch.zeros_like(weight) for name, weight in timm_weights().items()}
    # A patch gives its mean, -1 to 1, in place 0; place 1 is 3 everywhere, so that a norm keeps the scale.
    weights["patch_embed.proj.weight"][0] = 1 / (3 * PATCH_PX**2)
    weights["patch_embed.proj.bias"][1] = 3.0
    weights["cls_token"][..., 1] = 3.0
    for name in ("blocks.0.norm1.weight", "norm.weight"):
        weights[name] += 1.0
    # Without queries every place looks at all alike; the value is place 0, which the class token takes.
    weights["blocks.0.attn.qkv.weight"][2 * WIDTH, 0] = 1.0
    weights["blocks.0.attn.proj.weight"][0, 0] = 1.0
    weights["head.weight"][0, 0] = 0.25
    weights["head.weight"][1, 0] = -0.25
    return weights


def write_timm(folder: Path, weights: dict[str, Tensor] | None = None, **config: Any) -> Path:
    """Write a folder as timm pushes one to the hub."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(weights or bright_weights(), folder / "model.safetensors")
    said = {
        "architecture": "vit_tiny_patch16_384",
        "num_classes": len(LABELS),
        "label_names": list(LABELS),
        "pretrained_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bicubic"},
    }
    (folder / "config.json").write_text(json.dumps(said | config))
    return folder


def write_transformers(
    folder: Path, *, labels: tuple[str, ...] = ("normal", "nsfw"), seed: int = 0
) -> Path:
    """Write a folder as transformers saves one, with random weights."""
    torch.manual_seed(seed)
    config = ViTConfig(
        hidden_size=64,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=64,
        image_size=SIDE_PX,
        patch_size=PATCH_PX,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        initializer_range=0.5,
    )
    ViTForImageClassification(config).save_pretrained(folder)
    said = {"image_mean": [0.4] * 3, "image_std": [0.6] * 3, "resample": 2}
    (folder / "preprocessor_config.json").write_text(json.dumps(said))
    return folder
