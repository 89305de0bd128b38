"""Two workers on one PostgreSQL beside one: how many pictures a second, and whether any is drawn twice.

    python -m benchmarks.workers [--requests 60] [--repeats 2]

The roles are real processes; the engines work by waiting, as if each had a GPU of its own, so what is
measured is how work finds its workers. One and two take turns, each with a new database.

The last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import Any

from benchmarks.service import service
from benchmarks.setting import machine
from tests.kill.judge import judge
from tests.postgres import database, postgres

_WORK_S = 1.0  # of a picture; an engine draws two at once


async def measure(folder: Path, url: str, *, num_workers: int, num_requests: int) -> dict[str, Any]:
    """Have many requests drawn, and count pictures."""
    workers = [f"worker-{number}" for number in range(num_workers)]
    async with service(folder, "chat", *workers, work_s=_WORK_S, database_url=url) as on:
        await on.warm_up("고래 그려줘")
        began_s = monotonic()
        events = [on.say("고래 그려줘", person=f"person-{n % 10}") for n in range(num_requests)]
        lasted_s = max([await on.end_of(event) for event in events]) - began_s
        verdict = judge(on.platform.log)
        names = list((folder / "var" / "pictures").glob("*.png*"))
        return {
            "pictures_per_s": round(num_requests / lasted_s, 3),
            "num_drawn": verdict.counts["drawn"],
            "num_files": len(names),
            "num_wrong": sum(len(ids) for ids in verdict.wrong.values()),
            "num_pictures_begun": sum(
                (folder / f"{name}.log").read_text().count("picture done") for name in workers
            ),
        }


def rounds_of(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure one and two in turns. Raises FileNotFoundError where PostgreSQL is not installed."""
    rounds: list[dict[str, Any]] = []
    with postgres() as cluster, tempfile.TemporaryDirectory(prefix="workers-") as folder:
        for number in range(options.repeats):
            for num_workers in (1, 2):
                with database(cluster) as url:
                    figures = asyncio.run(
                        measure(
                            Path(folder) / f"{number}-{num_workers}",
                            url,
                            num_workers=num_workers,
                            num_requests=options.requests,
                        )
                    )
                rounds.append({"num_workers": num_workers, **figures})
                print(json.dumps(rounds[-1]), file=sys.stderr, flush=True)
    return rounds


def main() -> None:
    """Measure one and two in turns, and print a line for each and one for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    try:
        rounds = rounds_of(options)
    except FileNotFoundError as error:  # none of PostgreSQL's programs: nothing is measured
        print(json.dumps({"benchmark": "workers", "missing": str(error)}))
        return
    ratios = [
        round(two["pictures_per_s"] / one["pictures_per_s"], 3)
        for one, two in zip(rounds[::2], rounds[1::2], strict=True)
    ]
    expected = options.requests + 1  # and the one that everything was warmed up with
    figures = {
        "benchmark": "workers",
        "rounds": rounds,
        "ratios": ratios,
        "ratio": round(fmean(ratios), 3),
        "num_drawn_twice": sum(one["num_pictures_begun"] - expected for one in rounds),
        "num_wrong": sum(one["num_wrong"] for one in rounds),
        "machine": machine(),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
