"""Stopping under load: how long it takes, and whether anything is lost before the next start.

    python -m benchmarks.stop [--requests 12] [--repeats 4]

The whole program with the demonstration model is asked to end (SIGTERM) at some moment while it has
many requests, and is started again; in the end everybody must have their picture, once.

The last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.load import text_of
from benchmarks.service import service
from benchmarks.setting import machine
from tests.kill.judge import judge
from tests.platform.log import Event

_MOMENTS_S = (0.0, 4.0)  # after the last request


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Stop again and again while people ask, then let everything end."""
    chance = random.Random(0)
    stops_s: list[float] = []
    starts_s: list[float] = []
    async with service(folder, "run") as on:
        await on.warm_up(text_of(0))
        role, events = on.roles[0], list[Event]()
        for number in range(options.repeats):
            for _ in range(options.requests):
                person = f"person-{len(events) % 7}"
                events.append(on.say(text_of(len(events)), person=person))
            await on.until(lambda: on.answer(events[-1]) is not None)
            await asyncio.sleep(chance.uniform(*_MOMENTS_S))
            began_s = monotonic()
            await role.stop()
            stops_s.append(round(monotonic() - began_s, 2))
            began_s = monotonic()
            await role.start(**on.environment)
            await role.up()
            starts_s.append(round(monotonic() - began_s, 2))
            print(number, stops_s[-1], starts_s[-1], file=sys.stderr, flush=True)
        for event in events:
            await on.end_of(event)
        verdict = judge(on.platform.log)
    return {
        "benchmark": "stop",
        "stops_s": stops_s,
        "longest_stop_s": max(stops_s),
        "starts_s": starts_s,
        "num_requests": len(events),
        "num_drawn": verdict.counts["drawn"]
        - 1,  # without the one that everything was warmed up with
        "num_lost": len(verdict.wrong["lost"]) + len(verdict.wrong["swallowed"]),
        "num_doubled": len(verdict.wrong["doubled"]),
    }


def main() -> None:
    """Measure, and print a line for each stop and one for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stop-") as folder:
        figures = asyncio.run(measure(options, Path(folder)))
    print(json.dumps({**figures, "machine": machine()}))


if __name__ == "__main__":
    main()
