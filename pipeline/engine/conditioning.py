"""Weighted fragments to embeddings, with a memory of the latest ones. GPU thread only.

Uses Compel's fragment interface and never its parser: no sign in a text means anything here.
Does not know guidance, nor which prompt is the negative one.

Axes: T = 77 tokens, D width of both encoders together, P width of the pooled vector.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from compel import CompelForSDXL
from torch import Tensor

from pipeline.types import Fragment, PreparedPrompt, WeightSet

_MAX_CACHED = 256  # 0.3 MB each for SDXL in half precision
# The tokenizers read these as their begin and end tokens, and the pooled vector would stop there.
_SPECIAL_TOKEN = re.compile(r"<\|.*?\|>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded:
    """What the UNet gets of a prompt."""

    embeds: Tensor  # (1, T, D)
    pooled: Tensor  # (1, P)


class Conditioning:
    """The two encoders of a pipeline. Lives as long as the model; remembers recent prompts."""

    def __init__(self, pipe: Any) -> None:
        compel = CompelForSDXL(pipe)  # only for its choice of hidden states
        self._provider_1 = compel.compel_1.conditioning_provider
        self._provider_2 = compel.compel_2.conditioning_provider
        self._device = pipe.text_encoder.device
        # Where the UNet reads it: the encoders may be on the CPU to save memory.
        self._target = {"device": pipe.unet.device, "dtype": pipe.unet.dtype}
        # Nearly every request has the same negative prompt: it is encoded once.
        self.encode = lru_cache(_MAX_CACHED)(self._encode)

    def _encode(
        self,
        fragments: tuple[Fragment, ...],
        fragments_2: tuple[Fragment, ...],
        _weights: WeightSet = (),
    ) -> Embedded:
        """Encode the fragments of encoder 1 and of encoder 2; at most 75 tokens each.

        `_weights` only tells remembered results apart: those that now act on the encoders.
        The pooled vector knows no weights: it comes from the plain text of encoder 2.
        """
        left = self._weigh(self._provider_1, fragments)
        right = self._weigh(self._provider_2, fragments_2)
        assert left.shape[1] == right.shape[1] == self._provider_1.max_token_count
        plain = _SPECIAL_TOKEN.sub("", PreparedPrompt.text_of(fragments_2))
        pooled = self._provider_2.get_pooled_embeddings([plain], device=self._device)
        embeds = torch.cat([left, right], dim=-1)
        return Embedded(embeds=embeds.to(**self._target), pooled=pooled.to(**self._target))

    def _weigh(self, provider: Any, fragments: Sequence[Fragment]) -> Tensor:
        """Return one encoder's embeddings, (1, T, its width); no fragments stand for no text."""
        assert all(fragment.weight > 0 for fragment in fragments)
        texts = [_SPECIAL_TOKEN.sub("", fragment.text) for fragment in fragments] or [""]
        weights = [fragment.weight for fragment in fragments] or [1.0]
        embeds: Tensor = provider.get_embeddings_for_weighted_prompt_fragments(
            [texts], [weights], device=self._device
        )
        return embeds
