"""A small network that says what it sees in a picture of the demonstration model.

Used by the evaluation and by acceptance tests: needs neither the emoji font nor the training tools.
A picture may come at any size that is a multiple of 64 px, enlarged without smoothing.

Axes: B pictures, C channels, H and W px or cells, S slots (centre, left, right), N concepts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

SIDE_PX = 64
SLOTS = ("centre", "left", "right")
OWN_COLOURS = "own"
"""The colour of a thing that is not tinted."""

PLAIN = "plain"
"""The ground and the time of a background that is one colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A background: a plain colour, or a ground (`none` for sky alone) at a time."""

    plain: str | None
    ground: str
    time: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What the recogniser sees."""

    concepts: tuple[tuple[str, float], ...]
    """The ten likeliest things with their probability, the likeliest first; two things may both be near 1."""

    is_pair: bool
    left: tuple[tuple[str, float], ...]
    right: tuple[tuple[str, float], ...]
    """What stands left and right, the likeliest five each; only meant when `is_pair`."""

    colour: str
    """Of the thing in the middle, or of the left one of a pair; `own` when it is not tinted."""

    right_colour: str
    background: Seen

    def probability(self, concept: str) -> float:
        """Return how sure it is of a concept, 0 when it is not among the ten."""
        return dict(self.concepts).get(concept, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The names behind the outputs, in order."""

    concepts: tuple[str, ...]
    colours: tuple[str, ...]
    plains: tuple[str, ...]
    grounds: tuple[str, ...]
    times: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """Raw outputs for a batch."""

    concepts: Tensor
    """(B, S, N) logits"""

    colours: Tensor
    """(B, S, 12) logits"""

    pair: Tensor
    """(B,) logit of two things"""

    plain: Tensor
    """(B, 12) logits, the last for a scenic background"""

    ground: Tensor
    """(B, 10) logits, the last for a plain background"""

    time: Tensor
    """(B, 5) logits, the last for a plain background"""


class _Block(nn.Module):
    """Two convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.second = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.first_norm, self.second_norm = nn.BatchNorm2d(width), nn.BatchNorm2d(width)

    def forward(self, x: Tensor) -> Tensor:
        inner = functional.relu(self.first_norm(self.first(x)))
        return functional.relu(x + self.second_norm(self.second(inner)))


class _Down(nn.Module):
    """Half the side, another width."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(before, after, 4, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(after)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.norm(self.convolution(x)))


class Recogniser(nn.Module):
    """The network with its labels."""

    def __init__(self, labels: Labels) -> None:
        super().__init__()
        self.labels = labels
        width = 144
        self.body = nn.Sequential(
            _Down(3, 32), _Block(32), _Down(32, 64), _Block(64), _Block(64), _Down(64, width), _Block(width), _Block(width)
        )  # fmt: skip
        self.glance = nn.Parameter(torch.zeros(len(SLOTS), 8, 8))
        self.look_closer = nn.Linear(width * 2, 320)
        self.concept_head = nn.Linear(320, len(labels.concepts))
        self.colour_head = nn.Linear(320, len(labels.colours))
        self.scene = nn.Linear(width * 4, 192)
        num_scene = 1 + len(labels.plains) + 1 + len(labels.grounds) + 1 + len(labels.times) + 1
        self.scene_head = nn.Linear(192, num_scene)

    def forward(self, pictures: Tensor) -> Scores:
        """Look at (B, 3, 64, 64) float32 pictures, -1 to 1."""
        features = self.body(pictures)  # (B, C, 8, 8)
        weights = self.glance.flatten(1).softmax(dim=-1)  # (S, 64)
        pooled = torch.einsum("bck,sk->bsc", features.flatten(2), weights * 8)
        half = features.shape[-1] // 2
        peaks = torch.stack(
            [
                features.amax(dim=(2, 3)),
                features[..., :half].amax(dim=(2, 3)),
                features[..., half:].amax(dim=(2, 3)),
            ],
            dim=1,
        )  # (B, S, C)
        closer = functional.relu(
            self.look_closer(torch.cat([pooled, peaks], dim=-1))
        )  # (B, S, 320)
        rows = functional.adaptive_avg_pool2d(features, (4, 1)).flatten(1)  # (B, C * 4)
        scene = self.scene_head(functional.relu(self.scene(rows)))
        labels = self.labels
        sizes = [1, len(labels.plains) + 1, len(labels.grounds) + 1, len(labels.times) + 1]
        pair, plain, ground, time = scene.split(sizes, dim=-1)
        return Scores(
            concepts=self.concept_head(closer),
            colours=self.colour_head(closer),
            pair=pair[:, 0],
            plain=plain,
            ground=ground,
            time=time,
        )

    @torch.no_grad()
    def look(self, image: Image.Image) -> Sight:
        """Say what one picture shows."""
        return self.look_at([image])[0]

    @torch.no_grad()
    def look_at(self, images: list[Image.Image]) -> list[Sight]:
        """Say what each picture shows."""
        scores = self.eval()(torch.cat([to_tensor(image) for image in images]))
        return [self._sight(scores, index) for index in range(len(images))]

    def _sight(self, scores: Scores, index: int) -> Sight:
        labels = self.labels
        pair = scores.pair[index].sigmoid()
        slots = scores.concepts[index].softmax(dim=-1)  # (S, N)
        merged = torch.maximum((1 - pair) * slots[0], pair * torch.maximum(slots[1], slots[2]))
        colours = [labels.colours[slot.argmax()] for slot in scores.colours[index]]
        is_pair = bool(pair > 0.5)
        return Sight(
            concepts=self._likeliest(merged, num=10),
            is_pair=is_pair,
            left=self._likeliest(slots[1], num=5),
            right=self._likeliest(slots[2], num=5),
            colour=colours[1] if is_pair else colours[0],
            right_colour=colours[2],
            background=Seen(
                plain=(*labels.plains, None)[scores.plain[index].argmax()],
                ground=(*labels.grounds, PLAIN)[scores.ground[index].argmax()],
                time=(*labels.times, PLAIN)[scores.time[index].argmax()],
            ),
        )

    def _likeliest(self, probabilities: Tensor, *, num: int) -> tuple[tuple[str, float], ...]:
        values, indices = probabilities.topk(num)
        return tuple(
            (self.labels.concepts[i], float(p)) for p, i in zip(values, indices, strict=True)
        )

    def save(self, folder: Path) -> None:
        """Write weights (float16) and labels."""
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            name: value.half() if value.is_floating_point() else value
            for name, value in self.state_dict().items()
        }
        save_file(
            {name: value.contiguous() for name, value in state.items()},
            folder / "model.safetensors",
        )
        names = {field: getattr(self.labels, field) for field in Labels.__dataclass_fields__}
        (folder / "labels.json").write_text(
            json.dumps(names, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
        )

    @classmethod
    def load(cls, folder: Path) -> Recogniser:
        """Read a saved recogniser, ready to look."""
        names = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
        recogniser = cls(Labels(**{field: tuple(values) for field, values in names.items()}))
        state = load_file(folder / "model.safetensors")
        recogniser.load_state_dict(
            {
                name: value.float() if value.is_floating_point() else value
                for name, value in state.items()
            }
        )
        return recogniser.eval()


def to_tensor(image: Image.Image) -> Tensor:
    """Return the picture as (1, 3, 64, 64) float32, -1 to 1, reduced by box averaging when it is larger."""
    small = image.convert("RGB")
    if small.size != (SIDE_PX, SIDE_PX):
        small = small.resize((SIDE_PX, SIDE_PX), Image.Resampling.BOX)
    pixels = torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1)[None]
    return pixels.float() / 127.5 - 1
