"""What judging a picture costs beside drawing one.

    python -m benchmarks.picture_gate [--repeats 10] [--side 1024]

A vision transformer of the default classifier's size (ViT-tiny, 384 px) with random weights judges noise
of the given size, and the demonstration model draws a picture in its usual steps: in turns, and then both
at once, as where previews are judged. The last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from transformers import ViTConfig, ViTForImageClassification

from benchmarks.setting import machine
from pipeline import (
    DEMO,
    ClassifierGate,
    Engine,
    EngineOptions,
    Fragment,
    GateOptions,
    Origin,
    Pixels,
    PreparedPrompt,
    RenderRequest,
)


def write_classifier(folder: Path) -> Origin:
    """Write a classifier of the default one's size."""
    config = ViTConfig(
        hidden_size=192,
        num_hidden_layers=12,
        num_attention_heads=3,
        intermediate_size=768,
        image_size=384,
        num_labels=2,
        id2label={0: "NSFW", 1: "SFW"},
    )
    ViTForImageClassification(config).save_pretrained(folder)
    return Origin(place=str(folder))


async def draw(engine: Engine) -> None:
    """Draw one picture in the model's usual steps."""
    words = (Fragment(text="a whale"),)
    prompt = PreparedPrompt(prompt=words, prompt_2=words, negative_prompt=())
    ticket = engine.submit(RenderRequest(prompt=prompt, seed=1, job_id="benchmark"))
    await ticket.result()


async def took_ms(work: Callable[[], Awaitable[object]]) -> float:
    """Do something once; gives milliseconds."""
    start_s = time.perf_counter()
    await work()
    return 1000 * (time.perf_counter() - start_s)


async def measure(*, repeats: int, side_px: int) -> dict[str, float]:
    """Judge and draw in turns, then at once; one of each before that does not count."""
    pixels = Pixels(width_px=side_px, height_px=side_px, rgb=os.urandom(3 * side_px * side_px))
    judged, drawn, beside = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        gate = ClassifierGate(GateOptions(classifier=write_classifier(Path(folder)), judge_s=600.0))
        await gate.start()
        async with Engine(EngineOptions(model=DEMO)) as engine:
            for number in range(repeats + 1):
                judge_ms = await took_ms(lambda: gate.judge(pixels))
                draw_ms = await took_ms(lambda: draw(engine))
                drawing = asyncio.create_task(draw(engine))
                await asyncio.sleep(0)
                beside_ms = await took_ms(lambda: gate.judge(pixels))
                await drawing
                if number:
                    judged.append(judge_ms)
                    drawn.append(draw_ms)
                    beside.append(beside_ms)
        gate.close()
    judge_ms, draw_ms = statistics.median(judged), statistics.median(drawn)
    return {
        "judge_ms": round(judge_ms, 1),
        "draw_ms": round(draw_ms, 1),
        "judge_per_draw": round(
            statistics.median(a / b for a, b in zip(judged, drawn, strict=True)), 3
        ),
        "judge_beside_drawing_ms": round(statistics.median(beside), 1),
        "judge_beside_drawing_worst_ms": round(max(beside), 1),
    }


def main() -> None:
    """Measure, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--side", type=int, default=1024)
    options = parser.parse_args()
    figures = asyncio.run(measure(repeats=options.repeats, side_px=options.side))
    print(f"judging: {figures['judge_ms']} ms; drawing: {figures['draw_ms']} ms")
    print(json.dumps({"machine": machine(), "side_px": options.side, **figures}))


if __name__ == "__main__":
    main()
