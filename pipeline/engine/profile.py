"""The start-up measurement: seconds of a tick by its rows, and of a decoding; kept on disk.

Draws a few steps of pictures that nobody asked for, by the very calls that the loop makes, so that
what is measured is what will be paid; the device is warm afterwards. Runs on the engine's thread.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import structlog

from pipeline.engine.request import Group, Request, settle
from pipeline.errors import OutOfGpuMemory
from pipeline.types import PreparedPrompt, RenderRequest

if TYPE_CHECKING:
    from pipeline.engine.sdxl import Sdxl

log = structlog.get_logger(__name__)

_NUM_ROWS = (1, 2, 4, 8, 16, 32)
_NUM_WARM_UPS, _NUM_TIMED = 2, 3
_LEAST_GAIN = 1.05  # by more rows, from which on they pay
_NO_WORDS = PreparedPrompt(prompt=(), prompt_2=(), negative_prompt=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one size costs."""

    tick_s: Mapping[int, float]  # by rows
    decode_s: float


def load_or_measure(
    model: "Sdxl",
    group: Group,
    *,
    max_rows: int,
    clock: Callable[[], float],
    folder: Path | None,
) -> Profile:
    """Give the profile that was kept for this model on this machine, or make and keep one."""
    path = folder and folder / f"{_fingerprint(model.identity, group, max_rows)}.json"
    if path and (profile := _read(path)):
        return profile
    profile = measure(model, group, max_rows=max_rows, clock=clock)
    log.info(
        "ticks measured", width_px=group.width_px, height_px=group.height_px, **asdict(profile)
    )
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(profile) | {"of": dict(model.identity)}), "utf-8")
    return profile


def measure(model: "Sdxl", group: Group, *, max_rows: int, clock: Callable[[], float]) -> Profile:
    """Time ticks of ever more rows until more do not pay or do not fit."""
    tick_s: dict[int, float] = {}
    for rows in (rows for rows in _NUM_ROWS if rows <= max_rows):
        try:
            seconds = _tick_s(model, group, rows=rows, clock=clock)
        except OutOfGpuMemory:
            log.info("no memory for more rows", rows=rows)
            break
        fewer = max(tick_s, default=0)
        tick_s[rows] = seconds
        if fewer and (rows / seconds) / (fewer / tick_s[fewer]) < _LEAST_GAIN:
            break
    return Profile(tick_s=tick_s, decode_s=_decode_s(model, group, clock=clock))


def _tick_s(model: "Sdxl", group: Group, *, rows: int, clock: Callable[[], float]) -> float:
    """Return the median seconds of ticks of so many rows, two for each request but in a single row."""
    num_steps = _NUM_WARM_UPS + _NUM_TIMED
    requests = [
        _request(model, group, guidance_scale=min(rows, 2), num_steps=num_steps)
        for _ in range((rows + 1) // 2)
    ]
    for request in requests:
        model.enter(request)
    taken_s = []
    for _ in range(num_steps):
        began_s = clock()
        for request, prediction in zip(requests, model.predict(requests), strict=True):
            model.step(request, prediction)
        model.wait()
        taken_s.append(clock() - began_s)
    return median(taken_s[_NUM_WARM_UPS:])


def _decode_s(model: "Sdxl", group: Group, *, clock: Callable[[], float]) -> float:
    """Return the least seconds of a decoding: the first one prepares things."""
    request = _request(model, group, guidance_scale=1, num_steps=1)
    model.enter(request)
    taken_s = []
    for _ in range(2):
        began_s = clock()
        model.decode(request)
        taken_s.append(clock() - began_s)
    return min(taken_s)


def _request(model: "Sdxl", group: Group, *, guidance_scale: float, num_steps: int) -> Request:
    asked = RenderRequest(
        prompt=_NO_WORDS,
        seed=0,
        width_px=group.width_px,
        height_px=group.height_px,
        num_steps=num_steps,
        guidance_scale=guidance_scale,
    )
    return Request(prompt=_NO_WORDS, settings=settle(asked, facts=model.facts), submitted_s=0.0)


def _fingerprint(identity: Mapping[str, str], group: Group, max_rows: int) -> str:
    """Name what the measurement depends on."""
    facts = json.dumps([dict(identity), group.width_px, group.height_px, max_rows])
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _read(path: Path) -> Profile | None:
    """Read a kept profile; one that is missing or broken is measured anew."""
    try:
        kept = json.loads(path.read_text("utf-8"))
        tick_s = {int(rows): float(seconds) for rows, seconds in kept["tick_s"].items()}
        return Profile(tick_s=tick_s, decode_s=float(kept["decode_s"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
