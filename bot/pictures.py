"""A finished picture: its marks, its receipt, and how it is read. Does not know jobs.

The receipt in the file holds what it takes to draw the picture again.
"""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bot.adapters.port import FileReader
from bot.files import Files
from bot.marking import VERSION, Due, Marking
from bot.scrutiny import Scrutiny
from pipeline import (
    Fragment,
    NotMarked,
    Preparation,
    PreparedPrompt,
    Receipt,
    Rendered,
    RenderRequest,
    mark,
)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """One marked picture that lies nowhere yet."""

    png: bytes = field(repr=False)
    preparation: Preparation
    rendered: Rendered
    receipt: Receipt  # that lies in the PNG
    width_px: int  # of the PNG
    height_px: int
    is_spoiler: bool  # shown only to whoever wants to see it
    timings_ms: dict[str, float]  # prepare, wait, render, judge, mark

    def as_dict(self, path: Path) -> dict[str, object]:
        """Give what `draw --json` says of a picture, with keys that never change."""
        rendered = self.rendered
        return {
            "picture": str(path),
            "seed": rendered.seed,
            "width": self.width_px,
            "height": self.height_px,
            "drawn_width": rendered.pixels.width_px,
            "drawn_height": rendered.pixels.height_px,
            "steps": rendered.num_steps,
            "guidance": rendered.guidance_scale,
            "sampler": str(rendered.sampler),
            "model": rendered.model,
            "trace": self.preparation.as_dict(),
            "timings_ms": {name: round(ms, 1) for name, ms in self.timings_ms.items()},
        }


async def finish(
    preparation: Preparation,
    request: RenderRequest,
    rendered: Rendered,
    *,
    scrutiny: Scrutiny,
    due: Due,
    negative: str,
    display_px: int,
) -> Finished:
    """Judge and mark a picture, beside the event loop: from here on it never goes without its marks.

    Raises PictureUnsafe, NotJudged or NotMarked.
    """
    judged_s = time.monotonic()
    is_spoiler = await scrutiny.is_spoiler(rendered.pixels)
    start_s = time.monotonic()
    receipt = _receipt(preparation, request, rendered, negative=negative)
    marked = await asyncio.to_thread(
        mark,
        rendered.pixels,
        receipt,
        display_px=display_px,
        source_type=due.source_type,
        has_label=due.has_label,
        sign=due.sign,
    )
    return Finished(
        png=marked.png,
        preparation=preparation,
        rendered=rendered,
        receipt=receipt,
        width_px=marked.width_px,
        height_px=marked.height_px,
        is_spoiler=is_spoiler,
        timings_ms={
            "prepare": sum(stage.ms for stage in preparation.stages),
            "wait": rendered.wait_s * 1000,
            "render": rendered.render_s * 1000,
            "judge": (start_s - judged_s) * 1000,
            "mark": (time.monotonic() - start_s) * 1000,
        },
    )


def reader_of(files: Files, marking: Marking) -> FileReader:
    """Give adapters what lies in the files; a picture that is too large for them is made smaller."""

    async def read(key: str, *, max_bytes: int | None = None) -> bytes | None:
        data = await files.read(key)
        if data is None or max_bytes is None or len(data) <= max_bytes:
            return data
        try:
            return await asyncio.to_thread(marking.smaller, data, max_bytes=max_bytes)
        except ValueError:  # no picture
            return None
        except NotMarked:
            log.exception("picture left out")
            return None

    return read


def _receipt(
    preparation: Preparation, request: RenderRequest, rendered: Rendered, *, negative: str
) -> Receipt:
    prompt, variation = request.prompt, request.variation
    return Receipt(
        text=preparation.text,
        subject=preparation.subject or "",
        english=preparation.english or "",
        prompt=PreparedPrompt.text_of(prompt.prompt),
        prompt_2=PreparedPrompt.text_of(prompt.prompt_2),
        negative_prompt=PreparedPrompt.text_of(prompt.negative_prompt),
        weights=_pairs(prompt.prompt_2),
        prompt_weights=_pairs(prompt.prompt),
        negative_weights=_pairs(prompt.negative_prompt),
        seed=rendered.seed,
        width_px=rendered.pixels.width_px,
        height_px=rendered.pixels.height_px,
        num_steps=rendered.num_steps,
        guidance_scale=rendered.guidance_scale,
        guidance_interval=request.guidance_interval,
        sampler=str(rendered.sampler),
        negative=negative,
        loras=request.weights,
        variation_seed=variation.seed if variation else None,
        variation_amount=variation.amount if variation else None,
        strength=request.start.strength if request.start else None,
        model=rendered.model,
        version=VERSION,
    )


def _pairs(fragments: tuple[Fragment, ...]) -> tuple[tuple[str, float], ...]:
    return tuple((fragment.text, fragment.weight) for fragment in fragments)
