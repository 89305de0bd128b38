"""What goes wrong on the way to Telegram, and which calls it happens to.

Says what is to happen; the wire carries it out.
"""

import asyncio
import re
from dataclasses import dataclass, field
from enum import StrEnum

DOWNLOAD = "download"  # stands for a method where a file is fetched


class Kind(StrEnum):
    """One thing that a network, or the machines behind it, do to a call."""

    HTML = "html"  # a proxy's page; nothing is done
    ERROR = "error"  # Telegram's own refusal; nothing is done
    HOLD_BEFORE = "hold_before"  # nothing is done until it is released, or the time is over
    HOLD_AFTER = "hold_after"  # everything is done, and the answer waits
    CUT_BEFORE = "cut_before"  # nothing is done, and the connection is torn down
    CUT_AFTER = "cut_after"  # everything is done, and the connection is torn down
    HALF = "half"  # everything is done, and half of the answer comes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to a call."""

    kind: Kind
    status: int = 500
    description: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    seconds: float | None = None  # of a delay; None: until it is released

    @property
    def is_done(self) -> bool:
        """Whether the call is carried out all the same."""
        return self.kind in (Kind.HOLD_BEFORE, Kind.HOLD_AFTER, Kind.CUT_AFTER, Kind.HALF)


CUT_BEFORE = Fault(kind=Kind.CUT_BEFORE)
CUT_AFTER = Fault(kind=Kind.CUT_AFTER)
HALF = Fault(kind=Kind.HALF)


def html(status: int = 502) -> Fault:
    """A page of a proxy."""
    return Fault(kind=Kind.HTML, status=status)


def error(status: int, description: str, **parameters: int) -> Fault:
    """A refusal; the description is whole, with its "Bad Request: "."""
    return Fault(kind=Kind.ERROR, status=status, description=description, parameters=parameters)


def limited(seconds: int) -> Fault:
    """429; the chat of the call stays closed meanwhile."""
    return error(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def held_before(seconds: float | None = None) -> Fault:
    """Nothing happens for a while, then everything."""
    return Fault(kind=Kind.HOLD_BEFORE, seconds=seconds)


def held_after(seconds: float | None = None) -> Fault:
    """Everything happens, and the answer comes after a while."""
    return Fault(kind=Kind.HOLD_AFTER, seconds=seconds)


@dataclass(slots=True, kw_only=True, eq=False)
class Rule:
    """A fault for the calls that it is meant for: the first `count` after `skip` of them."""

    fault: Fault
    method: re.Pattern[str]
    text: str
    count: int | None
    skip: int
    num_seen: int = 0
    num_hit: int = 0
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let go on whatever is held."""
        self.released.set()

    def takes(self, method: str, told: str) -> bool:
        """Say whether a call gets the fault, and count it."""
        if not self.method.fullmatch(method) or self.text not in told:
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
    """The rules of a server; the first that takes a call decides."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(
        self,
        fault: Fault,
        *,
        method: str = ".*",
        text: str = "",
        count: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Let something happen to calls.

        method: an expression for the whole name, in any case; DOWNLOAD for files.
        text: what the parameters must hold, as JSON in plain Korean; of a file, its path.
        count: None for all of them.
        """
        rule = Rule(fault=fault, method=re.compile(method, re.I), text=text, count=count, skip=skip)
        self.rules.append(rule)
        return rule

    def take(self, method: str, told: str) -> Rule | None:
        """Find the rule of a call."""
        taken = [rule for rule in self.rules if rule.takes(method, told)]
        return taken[0] if taken else None

    def clear(self) -> None:
        """Let everything go well again."""
        for rule in self.rules:
            rule.release()
        self.rules.clear()
