"""SDXL at its full size with random weights: costs what the real one costs, and needs no download.

The configurations are those of SDXL base 1.0 and of its half-precision-safe VAE. It draws nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from torch.utils.flop_counter import FlopCounterMode
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from benchmarks.random_model import EPSILON, build_tokenizer

_VOCABULARY_SIZE = 49_408


def build_full_size(*, device: torch.device, dtype: torch.dtype) -> StableDiffusionXLPipeline:
    """Build the pipeline on its device, in its dtype: 2.6 billion weights in the UNet."""
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    small = _text_config(tokenizer, width=768, num_layers=12, num_heads=12, act="quick_gelu")
    large = _text_config(tokenizer, width=1280, num_layers=32, num_heads=20, act="gelu")
    with _made_on(device, dtype):
        parts = {
            "vae": _build_vae(),
            "text_encoder": CLIPTextModel(small).eval(),
            "text_encoder_2": CLIPTextModelWithProjection(large).eval(),
            "unet": build_unet(),
        }
    return StableDiffusionXLPipeline(
        **parts,
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", **EPSILON
        ),
        add_watermarker=False,
    )


def without_weights(unet: Any) -> Any:
    """Copy a UNet's shape: what counts its work need not compute it."""
    with torch.device("meta"):
        return UNet2DConditionModel.from_config(unet.config)


def row_tflop(unet: Any, *, num_cells: int) -> float:
    """Count a row of a square picture so many cells wide, in 10^12 operations.

    unet: without weights. By torch's own counter: two for each multiplication with its addition.
    """
    config = unet.config
    num_pooled = config.projection_class_embeddings_input_dim - 6 * config.addition_time_embed_dim
    counter = FlopCounterMode(display=False)
    with torch.device("meta"):
        latents = torch.empty(1, config.in_channels, num_cells, num_cells)
        embeds = torch.empty(1, 77, config.cross_attention_dim)
        added = {"text_embeds": torch.empty(1, num_pooled), "time_ids": torch.empty(1, 6)}
        timestep = torch.empty(1)
    with counter:
        unet(latents, timestep, encoder_hidden_states=embeds, added_cond_kwargs=added)
    return float(counter.get_total_flops() / 1e12)


def build_unet() -> UNet2DConditionModel:
    """Build the UNet wherever torch makes tensors now."""
    return UNet2DConditionModel(
        sample_size=128,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(320, 640, 1280),
        layers_per_block=2,
        transformer_layers_per_block=(1, 2, 10),
        attention_head_dim=(5, 10, 20),
        cross_attention_dim=2048,
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=2816,
    ).eval()


def _build_vae() -> AutoencoderKL:
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        latent_channels=4,
        sample_size=1024,
        scaling_factor=0.13025,
        force_upcast=False,
    ).eval()


def _text_config(
    tokenizer: Any, *, width: int, num_layers: int, num_heads: int, act: str
) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=_VOCABULARY_SIZE,
        hidden_size=width,
        projection_dim=width,
        intermediate_size=4 * width,
        num_hidden_layers=num_layers,
        num_attention_heads=num_heads,
        hidden_act=act,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


@contextmanager
def _made_on(device: torch.device, dtype: torch.dtype) -> Iterator[None]:
    """Make weights where and how they are wanted: made on the CPU they would take minutes."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)
