"""How late the event loop is while pictures are drawn, beside how late it is when idle.

    python -m benchmarks.event_loop_lag [--seconds 5] [--threads N]

A task sleeps for 5 ms again and again; its lag is how much longer that took. The engine draws one
picture after another meanwhile, on its own thread, with news and previews as in service.
The last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import math
import sys
import time
from typing import Any

from benchmarks.setting import machine, percentile, request, small_model
from pipeline.engine.engine import Engine
from pipeline.engine.options import EngineOptions, ModelOptions

_NAP_S = 0.005


async def watch_lag(
    *, seconds: float = math.inf, work: asyncio.Future[Any] | None = None
) -> list[float]:
    """Return the lags of naps, in seconds, for so long or until work is done."""
    lags, end_s = [], time.perf_counter() + seconds
    while (began_s := time.perf_counter()) < end_s and not (work and work.done()):
        await asyncio.sleep(_NAP_S)
        lags.append(time.perf_counter() - began_s - _NAP_S)
    return lags


async def measure(model: ModelOptions, *, seconds: float) -> dict[str, Any]:
    """Watch the loop idle and while the engine draws; lags in milliseconds."""
    num_pictures, preview_count = 0, 0

    async def draw_on(engine: Engine) -> None:
        nonlocal num_pictures, preview_count
        while True:
            ticket = engine.submit(request(num_pictures))
            async for news in ticket.progress():
                preview_count += news.preview is not None
            await ticket.result()
            num_pictures += 1

    async with Engine(EngineOptions(model=model)) as engine:
        await engine.submit(request(0, num_steps=2)).result()  # warm
        idle = await watch_lag(seconds=seconds)
        drawing = asyncio.create_task(draw_on(engine))
        busy = await watch_lag(seconds=seconds)
        drawing.cancel()
    return {
        "benchmark": "event_loop_lag",
        "model": model.name,
        "num_threads": model.num_threads,
        "num_pictures": num_pictures,
        "idle_ms": summary(idle),
        "drawing_ms": summary(busy),
        "machine": machine(),
    }


def summary(lags: list[float]) -> dict[str, float]:
    """Summarise lags, in milliseconds."""
    shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(1000 * percentile(lags, share), 3) for name, share in shares.items()}


def main() -> None:
    """Measure, and print a line for people and a line for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    with small_model(num_threads=arguments.threads) as model:
        figures = asyncio.run(measure(model, seconds=arguments.seconds))
    for state in ("idle_ms", "drawing_ms"):
        print(state, figures[state], file=sys.stderr)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
