"""The start-up self-test: small pictures of one step, before anybody waits for one.

What loads does not always draw: a model of another shape, numbers that half precision cannot hold, a
card that is too small. Where the UNet is compiled, this is also its warm-up. GPU thread only.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import structlog

from pipeline.engine.options import ModelOptions
from pipeline.engine.request import Request, settle
from pipeline.errors import ModelNotLoaded, ModelProblem, OutOfGpuMemory, PictureNotFinite
from pipeline.types import ModelFacts, PreparedPrompt, RenderRequest

if TYPE_CHECKING:
    from pipeline.engine.sdxl import Sdxl

log = structlog.get_logger(__name__)

_NO_WORDS = PreparedPrompt(prompt=(), prompt_2=(), negative_prompt=())


def try_out(model: "Sdxl", *, options: ModelOptions) -> None:
    """Draw what a model must be able to draw. Raises ModelNotLoaded."""
    problem = None
    try:
        for request in _requests(model.facts, is_compiled=options.compile != "none"):
            model.enter(request)
            (prediction,) = model.predict([request])
            model.step(request, prediction)
            model.decode(request)
    except PictureNotFinite:
        problem, reason = ModelProblem.NOT_FINITE, "its first picture is not finite"
    except OutOfGpuMemory:
        problem, reason = ModelProblem.NO_ROOM, "its first picture found no memory"
    except (RuntimeError, ValueError, TypeError, IndexError) as error:  # parts that do not fit
        problem, reason = ModelProblem.WRONG_KIND, str(error).strip().partition("\n")[0]
    if problem is not None:
        raise ModelNotLoaded(model=options.name, reason=reason, problem=problem)
    log.info("self-test passed", model=options.name)


def _requests(facts: ModelFacts, *, is_compiled: bool) -> Iterator[Request]:
    """Give the smallest picture; for a compiled UNet also what makes it compile: rows and shapes."""
    least = facts.min_side_px
    yield _request(facts, width_px=least, height_px=least, guidance_scale=2.0)
    if is_compiled:
        wide_px = min(2 * least, facts.max_side_px)
        for width_px, height_px in ((facts.width_px, facts.height_px), (wide_px, least)):
            for guidance_scale in (2.0, 1.0):
                yield _request(
                    facts, width_px=width_px, height_px=height_px, guidance_scale=guidance_scale
                )


def _request(facts: ModelFacts, *, width_px: int, height_px: int, guidance_scale: float) -> Request:
    asked = RenderRequest(
        prompt=_NO_WORDS,
        seed=0,
        width_px=width_px,
        height_px=height_px,
        num_steps=1,
        guidance_scale=guidance_scale,
    )
    return Request(prompt=_NO_WORDS, settings=settle(asked, facts=facts), submitted_s=0.0)
