"""Seeded traces of arrivals: who asks for what, when, and who gives up. Values only."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.setting import request
from pipeline.types import RenderRequest, SamplerName

SAMPLER = SamplerName.DPMPP_2M
_HEAVY_SHARE = 0.5  # of all requests come from the one heavy user
_NUM_LIGHT = 12
_CANCEL_SHARE = 0.1
_PATIENCE = 6.0  # times its own work alone, at most, until somebody gives up

Size = tuple[int, int]  # px


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One request, when it comes, and when it is withdrawn if nothing came of it until then."""

    number: int
    at_s: float
    asked: RenderRequest
    cancel_s: float | None = None

    @property
    def cost_class(self) -> str:
        """Name what the request takes, for figures by class."""
        return f"{self.asked.num_steps} steps, {self.asked.width_px} px"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What people ask for, in equal shares, and how they behave."""

    steps: tuple[int, ...]
    sizes: tuple[Size, ...]
    has_heavy_user: bool = False
    has_cancels: bool = False


def mixes(sizes: Sequence[Size]) -> dict[str, Mix]:
    """Give the mixes of the protocol; `sizes` are a small and a large one."""
    small, two = (sizes[0],), tuple(sizes)
    return {
        "equal": Mix(steps=(30,), sizes=small),
        "mixed": Mix(steps=(4, 8, 30, 50), sizes=small),
        "long": Mix(steps=(8, 25, 130), sizes=small),
        "two sizes": Mix(steps=(4, 8, 30, 50), sizes=two),
        "one heavy": Mix(steps=(8, 30), sizes=small, has_heavy_user=True),
        "cancels": Mix(steps=(4, 8, 30, 50), sizes=small, has_cancels=True),
    }


def make_trace(
    mix: Mix, *, num_requests: int, load: float, solo_s: Callable[[RenderRequest], float], seed: int
) -> tuple[Arrival, ...]:
    """Make Poisson arrivals at a share of what pictures one after the other can just bear.

    `solo_s` gives the seconds that a request takes alone; an infinite load lets all come at once.
    """
    rng = random.Random(seed)
    kinds = [(steps, size) for steps in mix.steps for size in mix.sizes]
    wishes = (kinds * (num_requests // len(kinds) + 1))[:num_requests]
    rng.shuffle(wishes)
    persons = _persons(rng, num_requests) if mix.has_heavy_user else [None] * num_requests
    asked = [
        request(
            number,
            num_steps=steps,
            width_px=width_px,
            height_px=height_px,
            sampler=SAMPLER,
            person=person,
        )
        for number, ((steps, (width_px, height_px)), person) in enumerate(
            zip(wishes, persons, strict=True)
        )
    ]
    mean_gap_s = sum(solo_s(one) for one in asked) / num_requests / load
    trace, at_s = [], 0.0
    for number, one in enumerate(asked):
        gives_up = mix.has_cancels and rng.random() < _CANCEL_SHARE
        patience_s = rng.uniform(0, _PATIENCE) * solo_s(one)
        cancel_s = at_s + patience_s if gives_up else None
        trace.append(Arrival(number=number, at_s=at_s, asked=one, cancel_s=cancel_s))
        if mean_gap_s:
            at_s += rng.expovariate(1 / mean_gap_s)
    return tuple(trace)


def _persons(rng: random.Random, num_requests: int) -> list[str | None]:
    return [
        "heavy" if rng.random() < _HEAVY_SHARE else f"light {rng.randrange(_NUM_LIGHT)}"
        for _ in range(num_requests)
    ]
