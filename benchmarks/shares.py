"""What people wait, and how much one of them who wants very much changes that for the others.

    python -m benchmarks.shares [--people 20] [--seconds 60] [--heavy 50]

Two programs run at the same time, so that both have the same machine, with an engine that works by waiting.
In each, people ask for one picture after another; in one of them somebody asks for `--heavy` at once.

Predicted: with n people who always want something, and R pictures a second, the k-th of a person's
requests is there after at most (k n + H) / R seconds, where H are the jobs that a worker holds already
when a request comes: fair shares, whatever the others ask for.

The last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.service import Service, service
from benchmarks.setting import machine, percentile
from bot.parts import NUM_HELD

_WORK_S = 0.5  # of a picture; two are drawn at once
_HEAVY = "heavy"


@dataclass(slots=True)
class Waits:
    """How long people waited, in seconds."""

    of_light: list[float] = field(default_factory=list)
    of_heavy: list[float] = field(default_factory=list)  # of the first request, the second, …
    num_drawn: int = 0
    lasted_s: float = 0.0

    @property
    def pictures_per_s(self) -> float:
        """How many pictures came, of everybody."""
        return self.num_drawn / self.lasted_s


async def one_after_another(on: Service, person: str, waits: Waits, *, until_s: float) -> None:
    """Ask as soon as the picture before is there; what is asked is counted when it comes in time."""
    while True:
        event = on.say("고래 그려줘", person=person, place=person)
        ended_s = await on.end_of(event)
        if ended_s > until_s:
            return
        waits.of_light.append(ended_s - on.said_s[event.id])


async def play(folder: Path, options: argparse.Namespace, *, num_heavy: int) -> Waits:
    """Let people ask for a while."""
    async with service(folder, "run", work_s=_WORK_S) as on:
        await on.warm_up("고래 그려줘")
        waits, began_s = Waits(), monotonic()
        until_s = began_s + options.seconds
        people = [
            asyncio.create_task(one_after_another(on, f"person-{number}", waits, until_s=until_s))
            for number in range(options.people)
        ]
        await asyncio.sleep(options.seconds / 10)  # once everybody is in the swing of it
        heavy = [on.say("고래 그려줘", person=_HEAVY, place=_HEAVY) for _ in range(num_heavy)]
        await asyncio.gather(*people)
        ended = [on.ended_s(event) for event in heavy]
        waits.of_heavy = sorted(
            ended_s - on.said_s[event.id]
            for event, ended_s in zip(heavy, ended, strict=True)
            if ended_s is not None and ended_s <= until_s
        )
        waits.num_drawn = len(waits.of_light) + len(waits.of_heavy)
        waits.lasted_s = options.seconds
        return waits


def figures_of(waits: Waits, *, num_people: int) -> dict[str, Any]:
    """Compare what was waited with what is predicted."""
    rate = waits.pictures_per_s
    longest_s = (num_people + NUM_HELD) / rate
    heavy = [
        wait_s * rate / (number * num_people + NUM_HELD)
        for number, wait_s in enumerate(waits.of_heavy, start=1)
    ]
    return {
        "pictures_per_s": round(rate, 2),
        "num_waits": len(waits.of_light),
        "p50_s": round(percentile(waits.of_light, 0.5), 2),
        "p95_s": round(percentile(waits.of_light, 0.95), 2),
        "max_s": round(max(waits.of_light), 2),
        "predicted_max_s": round(longest_s, 2),
        "max_by_predicted": round(max(waits.of_light) / longest_s, 3),
        "num_of_heavy": len(waits.of_heavy),
        "heavy_max_by_predicted": round(max(heavy), 3) if heavy else None,
    }


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Play both at the same time."""
    without, beside = await asyncio.gather(
        play(folder / "without", options, num_heavy=0),
        play(folder / "beside", options, num_heavy=options.heavy),
    )
    figures = {
        "benchmark": "shares",
        "without": figures_of(without, num_people=options.people),
        "beside": figures_of(beside, num_people=options.people + 1),
    }
    p95 = [percentile(waits.of_light, 0.95) for waits in (without, beside)]
    # Somebody more who always wants something takes a share, however little they ask for.
    share = (options.people + 1) / options.people
    return figures | {
        "p95_ratio": round(p95[1] / p95[0], 3),
        "ratio_of_one_person_more": round(share, 3),
    }


def main() -> None:
    """Measure, and print the figures for people and for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--heavy", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shares-") as folder:
        figures = asyncio.run(measure(options, Path(folder)))
    for name, value in figures.items():
        print(name, value, file=sys.stderr)
    print(json.dumps({**figures, "machine": machine()}))


if __name__ == "__main__":
    main()
