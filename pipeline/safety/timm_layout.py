"""Vision transformers as timm writes them → the same weights under transformers' names.

timm itself wants torchvision, which nothing else here needs; the networks are the same. Names differ,
timm keeps query, key and value in one matrix, and its layer norms add 1e-6, not 1e-12.

Source: timm/models/vision_transformer.py and transformers' models/vit/modeling_vit.py. Compared once with
timm 1.0.31 itself: `vit_tiny_patch16_384` and `vit_small_patch16_224` with random weights give the same
logits for noise in float32, bit for bit.

Axes: W width of the network, T places of its input with the class token.
"""

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

ARCHITECTURE = re.compile(r"vit_(tiny|small|base|large)_patch\d+_\d+")
_HEAD_WIDTH = 64  # in each of these architectures
_NORM_EPSILON = 1e-6

_WHOLE = {
    "cls_token": "vit.embeddings.cls_token",
    "pos_embed": "vit.embeddings.position_embeddings",
    "patch_embed.proj": "vit.embeddings.patch_embeddings.projection",
    "norm": "vit.layernorm",
    "head": "classifier",
}
_IN_BLOCK = {
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
    "attn.proj": "attention.o_proj",
    "mlp.fc1": "mlp.fc1",
    "mlp.fc2": "mlp.fc2",
}
_JOINED = ("q_proj", "k_proj", "v_proj")  # as they lie in `attn.qkv`, one after the other
_BLOCK = re.compile(r"blocks\.(?P<number>\d+)\.(?P<part>[\w.]+)\.(?P<kind>weight|bias)")


def config_of(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """Read from the shapes of timm's weights what `ViTConfig` wants to know. Raises KeyError."""
    places, width = weights["pos_embed"].shape[1:]  # (1, T, W)
    patch_px = weights["patch_embed.proj.weight"].shape[-1]
    numbers = [int(found["number"]) for found in map(_BLOCK.fullmatch, weights) if found]
    return {
        "hidden_size": width,
        "num_hidden_layers": max(numbers, default=-1) + 1,
        "num_attention_heads": max(1, width // _HEAD_WIDTH),
        "intermediate_size": weights["blocks.0.mlp.fc1.weight"].shape[0],
        "image_size": round((places - 1) ** 0.5) * patch_px,
        "patch_size": patch_px,
        "num_labels": weights["head.weight"].shape[0],
        "layer_norm_eps": _NORM_EPSILON,
    }


def renamed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Give timm's weights under transformers' names. Raises KeyError for one that is not known."""
    found: dict[str, Tensor] = {}
    for name, weight in weights.items():
        block = _BLOCK.fullmatch(name)
        if block is None:
            part, _, kind = name.rpartition(".")
            found[_WHOLE[name] if name in _WHOLE else f"{_WHOLE[part]}.{kind}"] = weight
            continue
        layer, kind = f"vit.layers.{block['number']}", block["kind"]
        if block["part"] == "attn.qkv":
            for part, piece in zip(
                _JOINED, weight.chunk(3), strict=True
            ):  # (3 W, …) → three (W, …)
                found[f"{layer}.attention.{part}.{kind}"] = piece
        else:
            found[f"{layer}.{_IN_BLOCK[block['part']]}.{kind}"] = weight
    return found
