"""A job without an ending, for tests that need no store."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What the order of jobs depends on."""

    id: str
    person: str
    place: str
    cost: float
    start: float
    finish: float
    is_running: bool
    accepted_s: float
