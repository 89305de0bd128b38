"""What the text gate costs, what it refuses of what it must, and what it refuses that it must not.

    python -m benchmarks.gate [--seeds 2] [--quick]

Times are processor time of the gate and of `normalise` on the same texts, side by side: their ratio says
more than milliseconds of a machine that others use. What was caught is counted twice: of texts that the
lists were made for, in every disguise, and of texts that were written afterwards.

The last line of standard output is one JSON object.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

from benchmarks.setting import machine, percentile
from pipeline.safety.text_gate import RuleGate
from pipeline.text.normalise import normalise
from tests.pipeline.safety.corpus import expanded, held_out, lines_of, requests
from tests.pipeline.safety.disguises import DISGUISES, disguised

_LONG = (
    "노을 지는 하늘 아래 파란 고양이가 a photo of a blue cat, 17개의 별과 앉아 있는 그림 그려줘. "
    * 12
)


def measure(*, num_seeds: int, num_times: int) -> dict[str, Any]:
    """Judge everything, and time it."""
    gate = RuleGate()
    harmless = [*requests(), *expanded("harmless_ko.txt"), *lines_of("lookalikes_ko.txt")]
    english = expanded("harmless_en.txt")
    hidden = [
        text
        for kind in DISGUISES
        for seed in range(num_seeds)
        for _, text in disguised(kind, seed=seed)
    ]
    later, later_harmless = held_out()
    return {
        "benchmark": "gate",
        "ms_of_a_request": _ms(gate.judge, harmless[:300], num_times),
        "ms_of_500_characters": _ms(gate.judge, [_LONG[:500]], num_times * 20),
        "ratio_to_normalise": _ratio(gate, harmless[:300], num_times),
        "harmless_korean": _refused(gate, harmless),
        "harmless_english": _refused(gate, english),
        "disguised": _refused(gate, hidden),
        "held_out": _refused(gate, later),
        "held_out_harmless": _refused(gate, later_harmless),
        "machine": machine(),
    }


def _refused(gate: RuleGate, texts: Sequence[str]) -> dict[str, int]:
    num = sum(gate.judge(text).rule is not None for text in texts)
    return {"texts": len(texts), "refused": num}


def _ms(work: Callable[[str], object], texts: Sequence[str], num_times: int) -> dict[str, float]:
    taken = []
    for _ in range(num_times):
        for text in texts:
            begin_s = time.thread_time()
            work(text)
            taken.append(1000 * (time.thread_time() - begin_s))
    return {"p50": round(percentile(taken, 0.5), 3), "p95": round(percentile(taken, 0.95), 3)}


def _ratio(gate: RuleGate, texts: Sequence[str], num_times: int) -> float:
    """Give how often as long as `normalise` the gate takes, pair by pair in turn."""
    ratios = []
    for _ in range(num_times):
        begin_s = time.thread_time()
        for text in texts:
            normalise(text)
        middle_s = time.thread_time()
        for text in texts:
            gate.judge(text)
        ratios.append((time.thread_time() - middle_s) / (middle_s - begin_s))
    return round(percentile(ratios, 0.5), 2)


def show(figures: dict[str, Any]) -> None:
    """Print lines for people."""
    for name, value in figures.items():
        print(f"{name:22} {value}", file=sys.stderr)


def main() -> None:
    """Measure, and print lines for people and a line for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2, help="of every disguise")
    parser.add_argument("--quick", action="store_true", help="only to see that it runs")
    arguments = parser.parse_args()
    figures = measure(num_seeds=arguments.seeds, num_times=1 if arguments.quick else 10)
    show(figures)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
