"""A small SDXL with seeded random weights, in diffusers' folder layout: real classes, no download.

Costs what a trained model of its size costs, and draws nothing. Tests and benchmarks use it.
"""

from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer
from transformers.convert_slow_tokenizer import bytes_to_unicode

EPSILON = {"timestep_spacing": "leading", "steps_offset": 1}
VELOCITY_ZERO_SNR = {
    "prediction_type": "v_prediction",
    "rescale_betas_zero_snr": True,
    "timestep_spacing": "trailing",
}
_TEXT_WIDTHS = (16, 32)
_TIME_WIDTH = 8


def build_pipeline(
    *, schedule: dict[str, Any] = EPSILON, channels: tuple[int, ...] = (8, 16), seed: int = 0
) -> StableDiffusionXLPipeline:
    """Build a pipeline that draws 32 px with a VAE of factor 2; `channels` sizes the UNet."""
    torch.manual_seed(seed)
    tokenizer = build_tokenizer()
    return StableDiffusionXLPipeline(
        vae=AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            block_out_channels=(8, 16),
            norm_num_groups=4,
            latent_channels=4,
            sample_size=32,
            force_upcast=False,
        ).eval(),
        text_encoder=CLIPTextModel(_text_config(tokenizer, width=_TEXT_WIDTHS[0])).eval(),
        text_encoder_2=CLIPTextModelWithProjection(
            _text_config(tokenizer, width=_TEXT_WIDTHS[1])
        ).eval(),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        unet=_build_unet(channels),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", **schedule
        ),
        add_watermarker=False,
    )


def save_model(folder: Path, **options: Any) -> Path:
    """Write such a pipeline as safetensors, and return its folder."""
    build_pipeline(**options).save_pretrained(folder, safe_serialization=True)
    return folder


def _build_unet(channels: tuple[int, ...]) -> UNet2DConditionModel:
    deeper = len(channels) - 1
    return UNet2DConditionModel(
        sample_size=16,
        down_block_types=("DownBlock2D", *("CrossAttnDownBlock2D",) * deeper),
        up_block_types=(*("CrossAttnUpBlock2D",) * deeper, "UpBlock2D"),
        block_out_channels=channels,
        layers_per_block=1,
        norm_num_groups=4,
        attention_head_dim=tuple(max(1, width // 32) for width in channels),
        cross_attention_dim=sum(_TEXT_WIDTHS),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=_TIME_WIDTH,
        projection_class_embeddings_input_dim=6 * _TIME_WIDTH + _TEXT_WIDTHS[1],
    ).eval()


def _text_config(tokenizer: CLIPTokenizer, *, width: int) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        projection_dim=width,
        intermediate_size=2 * width,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def build_tokenizer() -> CLIPTokenizer:
    """Build a CLIP tokenizer without merges: every byte is a token."""
    letters = list(bytes_to_unicode().values())
    pieces = [
        *letters,
        *(f"{letter}</w>" for letter in letters),
        "<|startoftext|>",
        "<|endoftext|>",
    ]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    return CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77)
