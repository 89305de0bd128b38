"""A pipeline's weights under the names of SDXL's authors: what people trade as one file.

The inverse of what diffusers does when it reads such a file, for UNets and VAEs of this tree's tiny
shape. It shows that our way through diffusers' reader is right. It does not show that a file which
somebody published years ago has exactly these keys.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from diffusers import StableDiffusionXLPipeline
from safetensors.torch import save_file
from torch import Tensor

_RESNET = {
    "norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0", "conv2": "out_layers.3", "conv_shortcut": "skip_connection",
}  # fmt: skip
_UNET_ENDS = {
    "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
}  # fmt: skip
_ATTENTION = {
    "group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out",
}  # fmt: skip
_TRANSFORMER = {
    "layer_norm1": "ln_1", "layer_norm2": "ln_2", "self_attn.out_proj": "attn.out_proj",
    "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj",
}  # fmt: skip

_SAMPLING = {"downsamplers": "downsample", "upsamplers": "upsample"}


def save_single_file(
    pipe: StableDiffusionXLPipeline, file: Path, *, markers: Iterable[str] = ()
) -> Path:
    """Write a pipeline as one file; `markers` are the empty keys that say how it was trained."""
    weights = {
        **{f"model.diffusion_model.{k}": v for k, v in _unet(pipe.unet).items()},
        **{f"first_stage_model.{k}": v for k, v in _vae(pipe.vae).items()},
        **{
            f"conditioner.embedders.0.transformer.text_model.{k}": v
            for k, v in pipe.text_encoder.state_dict().items()
        },
        **{f"conditioner.embedders.1.model.{k}": v for k, v in _clip(pipe.text_encoder_2).items()},
        **{marker: torch.zeros(0) for marker in markers},
    }
    save_file({key: value.contiguous().clone() for key, value in weights.items()}, file)
    return file


def _unet(unet: Any) -> dict[str, Tensor]:
    per_block = unet.config.layers_per_block + 1
    return {_unet_key(key, per_block=per_block): value for key, value in unet.state_dict().items()}


def _unet_key(key: str, *, per_block: int) -> str:
    for theirs, ours in _UNET_ENDS.items():
        if key.startswith(f"{theirs}."):
            return key.replace(theirs, ours, 1)
    if found := re.match(r"mid_block\.(resnets|attentions)\.(\d)\.(.*)", key):
        place = {"resnets0": 0, "attentions0": 1, "resnets1": 2}[found[1] + found[2]]
        return f"middle_block.{place}.{_renamed(found[3], _RESNET)}"
    found = re.match(r"(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)", key)
    assert found, key
    way, block, kind, layer, rest = found.groups()
    first = int(block) * per_block + (way == "down")
    blocks = "input_blocks" if way == "down" else "output_blocks"
    if kind == "downsamplers":
        return f"{blocks}.{first + per_block - 1}.0.{rest.replace('conv', 'op', 1)}"
    if kind == "upsamplers":
        return f"{blocks}.{first + per_block - 1}.2.{rest}"  # after the attention
    place = 0 if kind == "resnets" else 1
    return f"{blocks}.{first + int(layer)}.{place}.{_renamed(rest, _RESNET)}"


def _vae(vae: Any) -> dict[str, Tensor]:
    last = len(vae.config.block_out_channels) - 1
    weights = {}
    for key, value in vae.state_dict().items():
        name = _vae_key(key, last=last)
        is_projection = ".attn_1." in name and name.endswith("weight") and ".norm." not in name
        weights[name] = value[:, :, None, None] if is_projection else value
    return weights


def _vae_key(key: str, *, last: int) -> str:
    key = key.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    if found := re.match(r"(\w+)\.mid_block\.(resnets|attentions)\.(\d)\.(.*)", key):
        side, kind, number, rest = found.groups()
        if kind == "attentions":
            return f"{side}.mid.attn_1.{_renamed(rest, _ATTENTION)}"
        return f"{side}.mid.block_{int(number) + 1}.{rest}"
    if found := re.match(r"(\w+)\.(down|up)_blocks\.(\d)\.(\w+)\.(\d)\.(.*)", key):
        side, way, block, kind, layer, rest = found.groups()
        number = int(block) if way == "down" else last - int(block)
        if kind == "resnets":
            return f"{side}.{way}.{number}.block.{layer}.{rest}"
        return f"{side}.{way}.{number}.{_SAMPLING[kind]}.{rest}"
    return key


def _clip(encoder: Any) -> dict[str, Tensor]:
    weights = {key.removeprefix("text_model."): v for key, v in encoder.state_dict().items()}
    renamed: dict[str, Tensor] = {
        "text_projection": weights.pop("text_projection.weight").T,
        "token_embedding.weight": weights.pop("embeddings.token_embedding.weight"),
        "positional_embedding": weights.pop("embeddings.position_embedding.weight"),
        "ln_final.weight": weights.pop("final_layer_norm.weight"),
        "ln_final.bias": weights.pop("final_layer_norm.bias"),
    }
    for key, value in weights.items():
        found = re.match(r"encoder\.layers\.(\d+)\.(.*)", key)
        assert found, key
        block = f"transformer.resblocks.{found[1]}"
        if ".self_attn." not in key or "out_proj" in key:
            renamed[f"{block}.{_renamed(found[2], _TRANSFORMER)}"] = value
        elif "q_proj" in key:  # the three stand together there
            parts = [weights[key.replace("q_proj", f"{one}_proj")] for one in "qkv"]
            renamed[f"{block}.attn.in_proj_{key.rpartition('.')[2]}"] = torch.cat(parts)
    return renamed


def _renamed(key: str, names: dict[str, str]) -> str:
    for theirs, ours in names.items():
        if key == theirs or key.startswith(f"{theirs}."):
            return ours + key.removeprefix(theirs)
    return key
