"""What goes wrong on the way to Discord, and which requests it happens to.

Says what is to happen; the wire carries it out. Faults of the gateway are the gateway's own.
"""

import asyncio
import re
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """One thing that a network, or the machines behind it, do to a request."""

    HTML = "html"  # a proxy's page; nothing is done
    ERROR = "error"  # Discord's own refusal
    LIMITED = "limited"  # 429 with JSON
    BANNED = "banned"  # 429 of Cloudflare: no JSON, no Via, for every request
    HOLD_BEFORE = "hold_before"  # nothing is done until it is released, or the time is over
    HOLD_AFTER = "hold_after"  # everything is done, and the answer waits
    CUT_BEFORE = "cut_before"  # nothing is done, and the connection is torn down
    CUT_AFTER = "cut_after"  # everything is done, and the connection is torn down
    HALF = "half"  # everything is done, and half of the answer comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to a request."""

    kind: Kind
    status: int = 500
    code: int = 0
    message: str = ""
    scope: str = "user"  # "user", "shared" or "global"
    seconds: float | None = None  # of a delay or a limit; None: until it is released

    @property
    def is_done(self) -> bool:
        """Whether the request is carried out all the same."""
        return self.kind in (Kind.HOLD_BEFORE, Kind.HOLD_AFTER, Kind.CUT_AFTER, Kind.HALF)


CUT_BEFORE = Fault(kind=Kind.CUT_BEFORE)
CUT_AFTER = Fault(kind=Kind.CUT_AFTER)
HALF = Fault(kind=Kind.HALF)


def html(status: int) -> Fault:
    """A page of a proxy: 500, 502, 503, 520, 524."""
    return Fault(kind=Kind.HTML, status=status)


def error(code: int, *, status: int = 400, message: str = "Something is wrong") -> Fault:
    """A refusal with Discord's code."""
    return Fault(kind=Kind.ERROR, code=code, status=status, message=message)


def limited(seconds: float, *, scope: str = "user") -> Fault:
    """429 as Discord sends it; the same bucket, or all with scope "global", stays closed meanwhile."""
    return Fault(kind=Kind.LIMITED, seconds=seconds, scope=scope, status=429)


def banned(seconds: float) -> Fault:
    """429 as Cloudflare sends it; everything stays closed meanwhile."""
    return Fault(kind=Kind.BANNED, seconds=seconds, status=429)


def held_before(seconds: float | None = None) -> Fault:
    """Nothing happens for a while, then everything."""
    return Fault(kind=Kind.HOLD_BEFORE, seconds=seconds)


def held_after(seconds: float | None = None) -> Fault:
    """Everything happens, and the answer comes after a while."""
    return Fault(kind=Kind.HOLD_AFTER, seconds=seconds)


@dataclass(slots=True, kw_only=True, eq=False)
class Rule:
    """A fault for the requests that it is meant for: the first `count` after `skip` of them."""

    fault: Fault
    method: str | None
    path: re.Pattern[str]
    count: int | None
    skip: int
    num_seen: int = 0
    num_hit: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let go on whatever is held."""
        self.released.set()

    def takes(self, method: str, path: str) -> bool:
        """Say whether a request gets the fault, and count it."""
        if self.method not in (None, method) or not self.path.search(path):
            return False
        self.num_seen += 1
        is_hit = self.num_seen > self.skip and (self.count is None or self.num_hit < self.count)
        self.num_hit += is_hit
        return is_hit

    async def hold(self) -> None:
        """Wait until it is released, or the fault's time is over."""
        try:
            await asyncio.wait_for(self.released.wait(), self.fault.seconds)
        except TimeoutError:
            return


class Faults:
    """The rules of a server; the first that takes a request decides."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(
        self,
        fault: Fault,
        *,
        method: str | None = None,
        path: str = "",
        count: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Let something happen to requests whose path holds the expression `path`.

        The path begins after `/api/v10`, and `@original` and ids stand in it as they are sent;
        downloads are at `/attachments/` and `/ephemeral-attachments/`.
        count: None for all of them.
        """
        rule = Rule(fault=fault, method=method, path=re.compile(path), count=count, skip=skip)
        self.rules.append(rule)
        return rule

    def take(self, method: str, path: str) -> Rule | None:
        """Find the rule of a request."""
        taken = [rule for rule in self.rules if rule.takes(method, path)]
        return taken[0] if taken else None

    def clear(self) -> None:
        """Let everything go well again."""
        for rule in self.rules:
            rule.release()
        self.rules.clear()
