"""Draws many prompts with the demonstration model, a batch at a time, and lets its recogniser look.

For benchmarks that compare prompts: the engine draws the same, but measures time. Blocking.
"""

from collections.abc import Sequence
from pathlib import Path

import diffusers.utils.logging
import torch
import transformers.utils.logging
from diffusers import StableDiffusionXLPipeline
from PIL import Image

from benchmarks import origin
from pipeline.engine.conditioning import Conditioning, Embedded
from pipeline.engine.options import DEMO
from pipeline.engine.sampler import make_schedule
from pipeline.types import PreparedPrompt
from tools.demo_model.recogniser import Recogniser, Sight

_BATCH = 16


class Studio:
    """The model and who looks at its pictures."""

    def __init__(self, *, num_steps: int) -> None:
        for library in (diffusers, transformers):  # that a text is too long is what is measured
            library.utils.logging.set_verbosity_error()
            library.utils.logging.disable_progress_bar()
        self.pipe = StableDiffusionXLPipeline.from_pretrained(DEMO.path, add_watermarker=False)
        self.pipe.set_progress_bar_config(disable=True)
        self.pipe.scheduler = make_schedule(
            DEMO.sampler, config=self.pipe.scheduler.config, num_steps=num_steps
        )
        self._conditioning, self._num_steps = Conditioning(self.pipe), num_steps
        self._recogniser = Recogniser.load(Path(DEMO.path) / "recogniser")

    def embed(self, prompt: PreparedPrompt) -> Embedded:
        """Encode fragments with their weights, as the engine does."""
        return self._conditioning.encode(prompt.prompt, prompt.prompt_2)

    def embed_plain(self, prompts: origin.Prompts) -> Embedded:
        """Encode texts as diffusers does by itself: signs are text, and what is too long is cut."""
        embeds, _, pooled, _ = self.pipe.encode_prompt(
            prompts.prompt, prompt_2=prompts.prompt_2, do_classifier_free_guidance=False
        )
        return Embedded(embeds=embeds, pooled=pooled)

    @torch.no_grad()
    def look(self, embedded: Sequence[Embedded], negative: Embedded) -> list[Sight]:
        """Draw a picture for each, with its number as its seed, and say what is seen."""
        images: list[Image.Image] = []
        for start in range(0, len(embedded), _BATCH):
            part = embedded[start : start + _BATCH]
            images += self.pipe(
                prompt_embeds=torch.cat([one.embeds for one in part]),
                pooled_prompt_embeds=torch.cat([one.pooled for one in part]),
                negative_prompt_embeds=negative.embeds.expand(len(part), -1, -1),
                negative_pooled_prompt_embeds=negative.pooled.expand(len(part), -1),
                width=DEMO.width_px,
                height=DEMO.height_px,
                num_inference_steps=self._num_steps,
                guidance_scale=DEMO.guidance_scale,
                generator=[torch.Generator().manual_seed(start + i) for i in range(len(part))],
            ).images
        return self._recogniser.look_at(images)
