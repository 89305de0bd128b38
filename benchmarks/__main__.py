"""`python -m benchmarks`: every benchmark, each in a process of its own; the last line is one JSON object."""

import json
import subprocess
import sys

BENCHMARKS = (
    "engine", "event_loop_lag", "text", "gate", "picture_gate", "marks", "ablation", "load", "shares", "workers", "stop", "discord",
)  # fmt: skip


def figures_of(name: str) -> object:
    """Run one benchmark and give the JSON object of its last line; its words go to standard error."""
    print(f"── {name}", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}"], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    print(json.dumps({name: figures_of(name) for name in BENCHMARKS}))
