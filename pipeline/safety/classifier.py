"""A classifier of pictures: its files → how likely it is that a picture is not for everybody.

Reads vision transformers, as timm or as transformers writes them: safetensors only, and no code that
comes with them. A picture is looked at as a whole: one that is not square as several squares, of which
the worst counts. Runs on whatever thread calls it, on the CPU; does not know what becomes of the answer.

Axes: N squares of a picture, S pixels of a side, L labels.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
import torch
import transformers.utils.logging
from PIL import Image
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from transformers import ViTConfig, ViTForImageClassification

from pipeline.engine.options import Origin
from pipeline.errors import ClassifierNotLoaded, ModelProblem
from pipeline.safety.classifier_files import (
    CONFIG,
    PREPROCESSING,
    WEIGHTS,
    find_classifier,
    read_json,
)
from pipeline.safety.timm_layout import ARCHITECTURE, config_of, renamed
from pipeline.types import Pixels

log = structlog.get_logger(__name__)

_HALF = (0.5, 0.5, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a classifier wants pictures: how large, and how their colours are counted."""

    side_px: int
    mean: tuple[float, float, float] = _HALF
    std: tuple[float, float, float] = _HALF
    resampling: Image.Resampling = Image.Resampling.BICUBIC


class Classifier:
    """A loaded classifier; one thread at a time."""

    def __init__(self, model: Any, *, look: Look, unsafe: tuple[int, ...]) -> None:
        self._model, self._look, self._unsafe = model, look, unsafe

    @torch.inference_mode()
    def unsafe(self, pixels: Pixels) -> float:
        """Say how likely a picture is not for everybody, 0 to 1, or NaN where it computes nonsense."""
        logits = self._model(_squares(pixels, self._look)).logits  # (N, L)
        shares = torch.softmax(logits.float(), dim=-1)[:, list(self._unsafe)].sum(dim=-1)  # (N,)
        return float(shares.max())


def load_classifier(
    origin: Origin, *, unsafe_labels: Collection[str], hub_cache: str | None = None
) -> Classifier:
    """Load a folder or a hub id. Raises ClassifierNotLoaded."""
    folder, name = find_classifier(origin, hub_cache=hub_cache), origin.place
    config = read_json(folder / CONFIG, name=name)
    with _translated(name):
        if ARCHITECTURE.fullmatch(str(config.get("architecture"))):
            model, labels, look = _read_timm(folder, config)
        elif config.get("model_type") == "vit":
            model, labels, look = _read_transformers(folder, config)
        else:
            raise ClassifierNotLoaded(
                model=name, reason="no vision transformer", problem=ModelProblem.WRONG_KIND
            )
        if not all(bool(weight.isfinite().all()) for weight in model.parameters()):
            raise ValueError("weights that are no numbers")
    wanted = {label.casefold() for label in unsafe_labels}
    unsafe = tuple(number for number, label in enumerate(labels) if label.casefold() in wanted)
    if not 0 < len(unsafe) < len(labels):
        raise ClassifierNotLoaded(
            model=name, reason=f"labels {', '.join(labels)}", problem=ModelProblem.WRONG_KIND
        )
    log.info("classifier loaded", model=name, labels=labels, side_px=look.side_px)
    return Classifier(model.eval(), look=look, unsafe=unsafe)


def _read_timm(folder: Path, config: Mapping[str, Any]) -> tuple[Any, tuple[str, ...], Look]:
    """Read what `timm` pushes to the hub: its own names, and how it wants pictures beside them."""
    weights = load_file(folder / WEIGHTS)
    model = ViTForImageClassification(ViTConfig(**config_of(weights)))
    model.load_state_dict(renamed(weights))  # one too many or too few is an error
    wanted = config.get("pretrained_cfg") or {}
    labels = config.get("label_names") or wanted["label_names"]
    is_bilinear = wanted.get("interpolation") == "bilinear"
    return (
        model,
        _as_many(labels, model),
        Look(
            side_px=model.config.image_size,
            mean=_colours(wanted.get("mean")),
            std=_colours(wanted.get("std")),
            resampling=Image.Resampling.BILINEAR if is_bilinear else Image.Resampling.BICUBIC,
        ),
    )


def _read_transformers(
    folder: Path, config: Mapping[str, Any]
) -> tuple[Any, tuple[str, ...], Look]:
    """Read what `save_pretrained` writes of a `ViTForImageClassification`."""
    transformers.utils.logging.disable_progress_bar()  # bars are for downloads
    model, found = ViTForImageClassification.from_pretrained(
        folder,
        dtype=torch.float32,
        use_safetensors=True,
        local_files_only=True,
        output_loading_info=True,
    )
    if lacks := [*found["missing_keys"], *found["mismatched_keys"], *found["unexpected_keys"]]:
        raise KeyError(lacks[0])  # what is missing would be made up
    file = folder / PREPROCESSING
    wanted = read_json(file, name=str(folder)) if file.is_file() else {}
    labels = [label for _, label in sorted(model.config.id2label.items())]
    return (
        model,
        _as_many(labels, model),
        Look(
            side_px=model.config.image_size,
            mean=_colours(wanted.get("image_mean")),
            std=_colours(wanted.get("image_std")),
            resampling=Image.Resampling(wanted.get("resample", Image.Resampling.BILINEAR)),
        ),
    )


def _as_many(labels: Any, model: Any) -> tuple[str, ...]:
    """Give the labels, of which there must be one for each output. Raises ValueError."""
    if len(labels) != model.classifier.out_features:
        raise ValueError(f"{len(labels)} labels, {model.classifier.out_features} outputs")
    return tuple(str(label) for label in labels)


def _colours(values: Any) -> tuple[float, float, float]:
    if values is None:
        return _HALF
    red, green, blue = (float(value) for value in values)
    return red, green, blue


def _squares(pixels: Pixels, look: Look) -> Tensor:
    """Give a picture as the fewest squares that cover it; (N, 3, S, S) float32, about -1 to 1."""
    image = Image.frombytes("RGB", (pixels.width_px, pixels.height_px), pixels.rgb)
    short_px, long_px = sorted(image.size)
    num_squares = -(-long_px // short_px)
    squares = []
    for number in range(num_squares):
        start_px = (long_px - short_px) * number / max(1, num_squares - 1)
        left, top = (start_px, 0.0) if image.width == long_px else (0.0, start_px)
        square = image.resize(
            (look.side_px, look.side_px),
            look.resampling,
            box=(left, top, left + short_px, top + short_px),
        )
        squares.append(torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8))
    batch = torch.stack(squares).reshape(num_squares, look.side_px, look.side_px, 3)
    colours = batch.permute(0, 3, 1, 2) / 255  # (N, 3, S, S), 0 to 1
    mean, std = (torch.tensor(part)[:, None, None] for part in (look.mean, look.std))  # (3, 1, 1)
    return (colours - mean) / std


@contextmanager
def _translated(name: str) -> Iterator[None]:
    """Name in our words what libraries raise while they read. Raises ClassifierNotLoaded."""
    try:
        yield
    except (
        OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, SafetensorError
    ) as error:  # fmt: skip
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ClassifierNotLoaded(
            model=name, reason=reason, problem=ModelProblem.UNREADABLE
        ) from error
