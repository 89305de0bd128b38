"""The public face of the pipeline: Korean text in, a picture out. Everyone outside imports from here.

Names load on first use (PEP 562), so that reading settings or preparing a text does not import torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.engine.engine import Engine
    from pipeline.engine.files import unfetched
    from pipeline.engine.options import DEMO, PRESETS, EngineOptions, ModelOptions, Origin
    from pipeline.engine.ticket import Ticket
    from pipeline.engine.tokens import token_counter_of
    from pipeline.errors import (
        Cancelled,
        CannotEnlarge,
        EmptyPrompt,
        EngineFailed,
        Failure,
        ModelNotLoaded,
        PipelineError,
        QueueFull,
        RequestRejected,
        ShuttingDown,
        StageFailed,
        Unavailable,
        Untranslatable,
    )
    from pipeline.marks import MarkedPicture, Marks, Receipt, mark, marks_in, read_marks, smaller
    from pipeline.photo import MAX_PHOTO_BYTES, enlarged, fit, png_of, read_photo
    from pipeline.size import size_enlarged, size_like, size_of
    from pipeline.text.options import (
        DeepLOptions,
        KtOptions,
        MarianOptions,
        OpenAiOptions,
        PapagoOptions,
        TextOptions,
    )
    from pipeline.text.prepare import Preparer
    from pipeline.text.revise import Revised
    from pipeline.text.styles import STYLE_NAMES
    from pipeline.text.translate.marian_download import DownloadFailed, Obstacle, download_marian
    from pipeline.text.trial import Trial
    from pipeline.types import (
        EngineStats,
        Fragment,
        ModelFacts,
        Pixels,
        Preparation,
        PreparedPrompt,
        Priority,
        ProviderFailure,
        ProviderHealth,
        Quality,
        Ratio,
        Rendered,
        RenderPhase,
        RenderProgress,
        RenderRequest,
        SamplerName,
        StageRecord,
        Start,
        TokenCounter,
        Variation,
        Verdict,
        WeightSet,
    )
    from pipeline.vocabulary import ModelVocabulary

_HOMES = {
    "pipeline.engine.engine": ("Engine",),
    "pipeline.engine.files": ("unfetched",),
    "pipeline.engine.options": ("DEMO", "PRESETS", "EngineOptions", "ModelOptions", "Origin"),
    "pipeline.engine.ticket": ("Ticket",),
    "pipeline.engine.tokens": ("token_counter_of",),
    "pipeline.errors": (
        "Cancelled",
        "CannotEnlarge",
        "EmptyPrompt",
        "EngineFailed",
        "Failure",
        "ModelNotLoaded",
        "PipelineError",
        "QueueFull",
        "RequestRejected",
        "ShuttingDown",
        "StageFailed",
        "Unavailable",
        "Untranslatable",
    ),
    "pipeline.marks": (
        "MarkedPicture",
        "Marks",
        "Receipt",
        "mark",
        "marks_in",
        "read_marks",
        "smaller",
    ),
    "pipeline.photo": ("MAX_PHOTO_BYTES", "enlarged", "fit", "png_of", "read_photo"),
    "pipeline.size": ("size_enlarged", "size_like", "size_of"),
    "pipeline.text.options": (
        "DeepLOptions",
        "KtOptions",
        "MarianOptions",
        "OpenAiOptions",
        "PapagoOptions",
        "TextOptions",
    ),
    "pipeline.text.prepare": ("Preparer",),
    "pipeline.text.styles": ("STYLE_NAMES",),
    "pipeline.text.revise": ("Revised",),
    "pipeline.text.translate.marian_download": ("DownloadFailed", "Obstacle", "download_marian"),
    "pipeline.text.trial": ("Trial",),
    "pipeline.vocabulary": ("ModelVocabulary",),
    "pipeline.types": (
        "EngineStats",
        "Fragment",
        "ModelFacts",
        "Pixels",
        "Preparation",
        "PreparedPrompt",
        "Priority",
        "ProviderFailure",
        "ProviderHealth",
        "Quality",
        "Ratio",
        "RenderPhase",
        "RenderProgress",
        "RenderRequest",
        "Rendered",
        "SamplerName",
        "StageRecord",
        "Start",
        "TokenCounter",
        "Variation",
        "Verdict",
        "WeightSet",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "DEMO",
    "MAX_PHOTO_BYTES",
    "PRESETS",
    "STYLE_NAMES",
    "Cancelled",
    "CannotEnlarge",
    "DeepLOptions",
    "DownloadFailed",
    "EmptyPrompt",
    "Engine",
    "EngineFailed",
    "EngineOptions",
    "EngineStats",
    "Failure",
    "Fragment",
    "KtOptions",
    "MarianOptions",
    "MarkedPicture",
    "Marks",
    "ModelFacts",
    "ModelNotLoaded",
    "ModelOptions",
    "ModelVocabulary",
    "Obstacle",
    "OpenAiOptions",
    "Origin",
    "PapagoOptions",
    "PipelineError",
    "Pixels",
    "Preparation",
    "PreparedPrompt",
    "Preparer",
    "Priority",
    "ProviderFailure",
    "ProviderHealth",
    "Quality",
    "QueueFull",
    "Ratio",
    "Receipt",
    "RenderPhase",
    "RenderProgress",
    "RenderRequest",
    "Rendered",
    "RequestRejected",
    "Revised",
    "SamplerName",
    "ShuttingDown",
    "StageFailed",
    "StageRecord",
    "Start",
    "TextOptions",
    "Ticket",
    "TokenCounter",
    "Trial",
    "Unavailable",
    "Untranslatable",
    "Variation",
    "Verdict",
    "WeightSet",
    "download_marian",
    "enlarged",
    "fit",
    "mark",
    "marks_in",
    "png_of",
    "read_marks",
    "read_photo",
    "size_enlarged",
    "size_like",
    "size_of",
    "smaller",
    "token_counter_of",
    "unfetched",
]


def __getattr__(name: str) -> object:
    """Load a public name from its home when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(name)
    return getattr(import_module(_HOME_OF[name]), name)
