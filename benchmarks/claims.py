"""What is claimed of the engine, each beside the figure of this run that shows it or does not."""

from collections.abc import Iterator, Mapping
from typing import Any

_OVERHEAD, _ARITHMETIC = "bound by overhead", "bound by arithmetic"
_BURST, _FULL, _BUSY = "all at once", "1.3", "0.95"


def claims(subjects: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Judge every claim for which this run has a figure; a value is the mean of the repeats."""
    return [
        {
            "claim": claim,
            "subject": subject,
            "limit": f"{'at most' if is_upper else 'at least'} {limit:g}",
            "value": round(value, 3),
            "holds": value <= limit if is_upper else value >= limit,
        }
        for subject, claim, limit, is_upper, value in _all(subjects)
    ]


def _all(
    subjects: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, str, float, bool, float]]:
    for name, report in subjects.items():
        points = report["replayed"]
        yield name, "alone, engine / pipe()", 1.03, True, report["alone"]["ratio"]
        if name == _ARITHMETIC:
            for load, point in points.get("equal", {}).items():
                if load == _BURST:
                    continue
                value = _mean(point["ratios_to_sequential"]["engine"]["p50_s"])
                yield name, f"p50 of equal jobs at {load}, engine / sequential", 1.05, True, value
        if busy := points.get("mixed", {}).get(_BUSY):
            ratios = busy["ratios_to_sequential"]["engine"]
            claim = "mixed load at 0.95, p95 of {}, engine / sequential"
            yield name, claim.format("short jobs"), 0.25, True, _mean(ratios["short_p95_s"])
            yield name, claim.format("all jobs"), 1.0, True, _mean(ratios["p95_s"])
        if full := points.get("mixed", {}).get(_FULL):
            value = _mean(full["ratios_to_static"]["engine"]["pictures_per_s"])
            yield name, "throughput at 1.3, engine / static batches", 1.0, False, value
        if burst := points.get("mixed", {}).get(_BURST):
            value = _mean(burst["ratios_to_sequential"]["engine"]["pictures_per_s"])
            if name == _OVERHEAD:
                yield (
                    name,
                    "throughput when all come at once, engine / sequential",
                    1.3,
                    False,
                    value,
                )
        if heavy := points.get("one heavy", {}).get(_BUSY):
            value = heavy["figures"]["engine"]["jain_share"]
            yield (
                name,
                "one heavy and many light users at 0.95, Jain of their shares",
                0.9,
                False,
                value,
            )
        if busy:
            value = busy["figures"]["engine"]["eta_error"]
            yield name, "mixed load at 0.95, median error of the ETA at arrival", 0.15, True, value


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
