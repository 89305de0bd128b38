"""What a played trace comes to: latencies, slowdowns, fairness, promises kept."""

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from math import inf
from statistics import fmean, median

from benchmarks.policy import Played
from benchmarks.setting import percentile
from benchmarks.trace import Arrival
from pipeline.types import RenderRequest

_SHORT_STEPS = 8  # what a person calls quick
_NOTHING_S = 1e-9  # of work, left by rounding


def figures_of(
    trace: Sequence[Arrival], played: Played, *, solo_s: Callable[[RenderRequest], float]
) -> dict[str, float]:
    """Summarise a trace: seconds, pictures per second, and shares.

    A slowdown is a latency by what the request takes alone. Jain's index of n values is 1 where all
    are equal and 1/n where one has everything. `jain_slowdown` is that of the persons' mean slowdowns:
    whoever asks for much waits for much, so it is low where light users are kept from waiting too.
    `jain_share` takes the latencies by those of an ideal device that all persons share equally at
    every moment: it is low where somebody has less, or more, than an equal share would give.
    """
    finished = [one for one in trace if one.number in played.latency_s]
    latency_s = played.latency_s
    all_s = [latency_s[one.number] for one in finished]
    short_s = [
        latency_s[one.number] for one in finished if (one.asked.num_steps or 0) <= _SHORT_STEPS
    ]
    slowdowns = [latency_s[one.number] / solo_s(one.asked) for one in finished]
    ideal_s = equal_share_latencies(finished, solo_s=solo_s)
    by_ideal = [latency_s[one.number] / ideal_s[one.number] for one in finished]
    figures = {
        "num_finished": float(len(finished)),
        "mean_s": fmean(all_s),
        "p50_s": percentile(all_s, 0.5),
        "p95_s": percentile(all_s, 0.95),
        "p99_s": percentile(all_s, 0.99),
        "short_p95_s": percentile(short_s or all_s, 0.95),
        "pictures_per_s": len(finished) / played.total_s,
        "mean_slowdown": fmean(slowdowns),
        "max_slowdown": max(slowdowns),
        "jain_requests": jain(slowdowns),
        "jain_slowdown": jain(_by_person(finished, slowdowns)),
        "jain_share": jain(_by_person(finished, by_ideal)),
        "wasted_s": sum(played.wasted_s),
    }
    for kind in sorted({one.cost_class for one in finished}):
        of_kind = [latency_s[one.number] for one in finished if one.cost_class == kind]
        for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
            figures[f"{name}_s of {kind}"] = percentile(of_kind, share)
    if errors := _eta_errors(played):
        figures["eta_error"] = median(errors)
    return figures


def jain(values: Sequence[float]) -> float:
    """Return Jain's fairness index.

    Source: Jain, Chiu, Hawe, "A quantitative measure of fairness", 1984.
    """
    return sum(values) ** 2 / (len(values) * sum(value**2 for value in values))


def equal_share_latencies(
    trace: Sequence[Arrival], *, solo_s: Callable[[RenderRequest], float]
) -> dict[int, float]:
    """Return the latencies on a device that works for all waiting persons at once, equally fast.

    Within a person's requests the first comes first. Source: Parekh, Gallager, "A generalized
    processor sharing approach to flow control", 1993.
    """
    coming = deque(sorted(trace, key=lambda one: one.at_s))
    queues: dict[str, deque[tuple[Arrival, float]]] = {}  # what is left of a person's requests
    latency_s: dict[int, float] = {}
    now_s = 0.0
    while coming or queues:
        if not queues:
            now_s = max(now_s, coming[0].at_s)
        while coming and coming[0].at_s <= now_s:
            arrival = coming.popleft()
            work = arrival, solo_s(arrival.asked)
            queues.setdefault(_person(arrival), deque()).append(work)
        until_end_s = min(queue[0][1] for queue in queues.values()) * len(queues)
        until_next_s = coming[0].at_s - now_s if coming else inf
        passed_s = min(until_end_s, until_next_s)
        now_s += passed_s
        share_s = passed_s / len(queues)
        for queue in queues.values():
            arrival, left_s = queue[0]
            left_s -= share_s
            queue[0] = arrival, left_s
            if left_s <= _NOTHING_S:
                queue.popleft()
                latency_s[arrival.number] = now_s - arrival.at_s
        queues = {person: queue for person, queue in queues.items() if queue}
    return latency_s


def _by_person(finished: Sequence[Arrival], values: Sequence[float]) -> list[float]:
    """Return the mean of every person's values."""
    of_person: dict[str, list[float]] = defaultdict(list)
    for one, value in zip(finished, values, strict=True):
        of_person[_person(one)].append(value)
    return [fmean(own) for own in of_person.values()]


def _person(arrival: Arrival) -> str:
    return arrival.asked.person or f"stranger {arrival.number}"


def _eta_errors(played: Played) -> list[float]:
    """Return by which share of the latency each promise at arrival was off."""
    return [
        abs(eta_s - played.latency_s[number]) / played.latency_s[number]
        for number, eta_s in played.etas_s.items()
        if number in played.latency_s
    ]
