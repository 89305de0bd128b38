"""Measures the shipped model with the recogniser, and draws the sheet of samples.

`python -m tools.demo_model.evaluate` prints a markdown table and writes evaluation.json and samples.png
into the model's folder. Sentences and seeds are fixed, so that two runs measure the same pictures.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import StableDiffusionXLPipeline
from PIL import Image

from tools.demo_model.captions import sentence, text_of
from tools.demo_model.recogniser import PLAIN, Recogniser, Sight
from tools.demo_model.scenes import (
    COLOUR_NAMES,
    SIDE_PX,
    Background,
    Scene,
    Thing,
    choose_background,
)
from tools.demo_model.vocabulary import MODEL_FOLDER, NUM_LEARNED, concepts

NUM_STEPS = 20
GUIDANCE = 4.0
BATCH = 32

SAMPLES = (
    "a blue cat under a sunset sky", "a red apple", "a cat and a red dog on a yellow background",
    "a whale above the sea at sunset", "a small white rabbit in a snowy field at night", "a rocket in the night sky",
    "pizza", "a teddy bear, blue background", "a big elephant in the desert", "a penguin in the snow",
    "a purple butterfly in a meadow", "a robot in the city at night", "a ghost in the forest at night",
    "a strawberry and a banana", "a yellow car on the street", "a palm tree on the beach", "a green dragon",
    "a frog in the rain", "an orange tiger in the forest", "a castle in the mountains", "a pink unicorn in the sky",
    "a snowman", "a black cat and a white rabbit", "a guitar and a red heart on a pink background",
)  # fmt: skip


class Painter:
    """The shipped pipeline with fixed steps and fixed seeds."""

    def __init__(self, folder: Path) -> None:
        self.pipeline = StableDiffusionXLPipeline.from_pretrained(folder, add_watermarker=False)
        self.pipeline.set_progress_bar_config(disable=True)

    def paint(
        self,
        sentences: Sequence[str],
        *,
        seeds: Sequence[int],
        guidance: float = GUIDANCE,
        negative: str = "",
        rows_weight: float | None = None,
    ) -> list[Image.Image]:
        """Draw every sentence with its seed; `rows_weight` scales what all its words mean, as a fragment's weight does."""
        images: list[Image.Image] = []
        for start in range(0, len(sentences), BATCH):
            part = list(sentences[start : start + BATCH])
            generators = [
                torch.Generator().manual_seed(seed) for seed in seeds[start : start + BATCH]
            ]
            words: dict[str, object] = {"prompt": part, "negative_prompt": [negative] * len(part)}
            if rows_weight is not None:
                words = self._weighted(part, rows_weight)
            images += self.pipeline(
                **words,
                height=SIDE_PX,
                width=SIDE_PX,
                num_inference_steps=NUM_STEPS,
                guidance_scale=guidance,
                generator=generators,
            ).images
        return images

    @torch.no_grad()
    def _weighted(self, sentences: list[str], weight: float) -> dict[str, object]:
        """Return embeddings with z = z_empty + weight * (z - z_empty) in every row; pooled of the clean text."""
        rows, empty, pooled, empty_pooled = self.pipeline.encode_prompt(
            sentences, negative_prompt=[""] * len(sentences), do_classifier_free_guidance=True
        )
        return {
            "prompt_embeds": empty + weight * (rows - empty),
            "negative_prompt_embeds": empty,
            "pooled_prompt_embeds": pooled,
            "negative_pooled_prompt_embeds": empty_pooled,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A row of the table."""

    name: str
    pictures: int
    figures: dict[str, float]
    seeds: str


def share(right: Sequence[bool]) -> float:
    """Return the share of True."""
    return round(sum(right) / max(1, len(right)), 4)


def background_right(sight: Sight, background: Background) -> bool:
    """Whether colour, or ground and time, are the ones asked for."""
    seen = sight.background
    if background.plain is not None:
        return seen.plain == background.plain
    return (
        seen.plain is None
        and seen.ground == background.ground
        and seen.time == (background.time or PLAIN)
    )


def single_scenes(*, per_concept: int, num_concepts: int, seed: int) -> list[Scene]:
    """Return scenes that go through the concepts in turn; half of them name a colour."""
    rng = random.Random(seed)
    scenes = []
    for _ in range(per_concept):
        for concept in concepts()[:num_concepts]:
            colour = rng.choice(COLOUR_NAMES) if rng.random() < 0.5 else None
            scenes.append(
                Scene(
                    things=(Thing(concept=concept.name, colour=colour),),
                    background=choose_background(rng),
                )
            )
    return scenes


def pair_scenes(*, num: int, num_concepts: int, seed: int) -> list[Scene]:
    """Return scenes of two different concepts."""
    rng = random.Random(seed)
    names = [concept.name for concept in concepts()[:num_concepts]]
    return [
        Scene(
            things=tuple(
                Thing(concept=name, colour=rng.choice(COLOUR_NAMES) if rng.random() < 0.3 else None)
                for name in rng.sample(names, 2)
            ),
            background=choose_background(rng),
        )
        for _ in range(num)
    ]


def _sentences(scenes: Sequence[Scene], seed: int) -> list[str]:
    rng = random.Random(seed)
    return [text_of(sentence(scene, rng)) for scene in scenes]


def _looked(
    painter: Painter, recogniser: Recogniser, sentences: Sequence[str], **how: object
) -> list[Sight]:
    seeds = list(range(len(sentences)))
    return recogniser.look_at(painter.paint(sentences, seeds=seeds, **how))  # type: ignore[arg-type]


def measure_singles(painter: Painter, recogniser: Recogniser, scenes: list[Scene]) -> Task:
    """Measure concept, colour and background of one thing."""
    sights = _looked(painter, recogniser, _sentences(scenes, 1))
    ranks = [[name for name, _ in sight.concepts] for sight in sights]
    wanted = [scene.things[0] for scene in scenes]
    coloured = [(sight, thing) for sight, thing in zip(sights, wanted, strict=True) if thing.colour]
    return Task(
        name="one thing",
        pictures=len(scenes),
        seeds=f"0-{len(scenes) - 1}",
        figures={
            "concept_top1": share(
                [thing.concept == rank[0] for rank, thing in zip(ranks, wanted, strict=True)]
            ),
            "concept_top5": share(
                [thing.concept in rank[:5] for rank, thing in zip(ranks, wanted, strict=True)]
            ),
            "colour": share([sight.colour == thing.colour for sight, thing in coloured]),
            "background": share(
                [
                    background_right(s, scene.background)
                    for s, scene in zip(sights, scenes, strict=True)
                ]
            ),
        },
    )


def measure_pairs(painter: Painter, recogniser: Recogniser, scenes: list[Scene]) -> Task:
    """Measure whether both things of a pair are there, each among the five likeliest of its side."""
    sights = _looked(painter, recogniser, _sentences(scenes, 2))
    both, both_first = [], []
    for sight, scene in zip(sights, scenes, strict=True):
        left, right = ([name for name, _ in side] for side in (sight.left, sight.right))
        first, second = (thing.concept for thing in scene.things)
        both.append(sight.is_pair and first in left and second in right)
        both_first.append(sight.is_pair and first == left[0] and second == right[0])
    return Task(
        name="two things",
        pictures=len(scenes),
        seeds=f"0-{len(scenes) - 1}",
        figures={"both_present_top5": share(both), "both_present_top1": share(both_first)},
    )


def measure_controls(painter: Painter, recogniser: Recogniser, *, num: int) -> Task:
    """Measure what weights, a negative prompt and guidance do to the mean probability of the concept."""
    names = [concept.name for concept in concepts()[:num]]
    sentences = [f"a {name}" for name in names]

    def sure(**how: object) -> float:
        sights = _looked(painter, recogniser, sentences, **how)
        return round(
            sum(sight.probability(name) for sight, name in zip(sights, names, strict=True)) / num, 4
        )

    figures = {f"weight_{weight}": sure(rows_weight=weight) for weight in (0.25, 0.5, 1.0, 1.4)}
    figures |= {f"guidance_{scale:g}": sure(guidance=scale) for scale in (1.5, 4.0)}
    pairs = [f"a {name} and a cat" for name in names if name != "cat"]
    seeds = list(range(len(pairs)))
    for key, negative in (("cat_without_negative", ""), ("cat_with_negative_cat", "cat")):
        sights = recogniser.look_at(painter.paint(pairs, seeds=seeds, negative=negative))
        figures[key] = round(sum(sight.probability("cat") for sight in sights) / len(sights), 4)
    return Task(name="controls", pictures=num, seeds=f"0-{num - 1}", figures=figures)


def sheet(painter: Painter, path: Path) -> None:
    """Draw the sample sentences as pixel art, six to a row."""
    images = painter.paint(SAMPLES, seeds=list(range(len(SAMPLES))))
    side = 2 * SIDE_PX
    canvas = Image.new("RGB", (6 * side, -(-len(images) // 6) * side), "white")
    for index, image in enumerate(images):
        canvas.paste(
            image.resize((side, side), Image.Resampling.NEAREST),
            (index % 6 * side, index // 6 * side),
        )
    canvas.save(path, optimize=True)


def table(tasks: Sequence[Task]) -> str:
    """Return the results as markdown."""
    lines = ["| task | pictures | seeds | figure | value |", "|---|---|---|---|---|"]
    for task in tasks:
        lines += [
            f"| {task.name} | {task.pictures} | {task.seeds} | {key} | {value} |"
            for key, value in task.figures.items()
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure the shipped model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL_FOLDER)
    parser.add_argument("--concepts", type=int, default=NUM_LEARNED, help="only the commonest")
    parser.add_argument("--per-concept", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--controls", type=int, default=24)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only-print", action="store_true", help="write no files")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    painter, recogniser = Painter(options.model), Recogniser.load(options.model / "recogniser")
    start = time.monotonic()
    tasks = [
        measure_singles(
            painter,
            recogniser,
            single_scenes(per_concept=options.per_concept, num_concepts=options.concepts, seed=5),
        ),
        measure_pairs(
            painter,
            recogniser,
            pair_scenes(num=options.pairs, num_concepts=options.concepts, seed=6),
        ),
    ]
    if options.controls:
        tasks.append(measure_controls(painter, recogniser, num=options.controls))
    print(table(tasks))
    print(
        f"{time.monotonic() - start:.0f} s, {NUM_STEPS} steps, guidance {GUIDANCE}, {options.concepts} concepts"
    )
    if not options.only_print:
        results = {
            task.name: {"pictures": task.pictures, "seeds": task.seeds, **task.figures}
            for task in tasks
        }
        results["settings"] = {
            "steps": NUM_STEPS,
            "guidance": GUIDANCE,
            "concepts": options.concepts,
        }
        (options.model / "evaluation.json").write_text(
            json.dumps(results, indent=1) + "\n", encoding="utf-8"
        )
        sheet(painter, options.model / "samples.png")


if __name__ == "__main__":
    main()
