"""What becomes of somebody who asks again and again for what is not drawn here. Pure.

Strikes of one day count together: a few pause somebody for a while, some more suspend them until an
operator lifts that. Whoever was lifted begins anew. Does not know where strikes are kept, nor the time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline import RequestRejected, Rule, Unavailable

WINDOW_S = 24 * 3600.0
# A word that a place forbids harms nobody, and people cannot know all of them. Minors weigh double: with
# the usual settings the second attempt pauses and the third suspends, and one misread text does neither.
_WEIGHTS = {Rule.FORBIDDEN: 0, Rule.MINOR: 2}


class MustPause(Unavailable):
    """Somebody asked too often for what is not drawn here, and has to wait."""

    def __init__(self, *, wait_s: float, has_appealed: bool = False) -> None:
        super().__init__(f"wait {wait_s} s")
        self.wait_s, self.has_appealed = wait_s, has_appealed


class Suspended(RequestRejected):
    """Somebody may not draw until an operator lifts that."""

    def __init__(self, *, has_appealed: bool = False) -> None:
        super().__init__("suspended")
        self.has_appealed = has_appealed


class LastWarning(RequestRejected):
    """A text asks for something that is not drawn here, and the next one like it leads to a pause."""


class NotOperator(RequestRejected):
    """Only whoever runs the bot may do this."""


class NotInPrivate(RequestRejected):
    """What an operator does is done where nobody else reads it."""


class PersonUnknown(RequestRejected):
    """Nobody, or more than one, is known by what an operator wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One request for what is not drawn here."""

    struck_s: float  # Unix time
    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Why somebody may not draw: a pause where it has an end, else until an operator lifts it."""

    since_s: float  # Unix time, like the others
    until_s: float | None = None
    lifted_s: float | None = None  # by an operator; before `since_s` where that was an earlier one
    appealed_s: float | None = None
    appeal: str = ""

    def holds(self, now_s: float) -> bool:
        """Whether it keeps somebody from drawing."""
        is_lifted = self.lifted_s is not None and self.lifted_s >= self.since_s
        return not is_lifted and (self.until_s is None or now_s < self.until_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalties:
    """How many strikes of a day lead to what."""

    to_cool_down: int = 3
    cool_down_s: float = 3_600.0
    to_suspend: int = 5


def weight_of(rule: Rule) -> int:
    """Say for how many strikes a broken rule counts."""
    return _WEIGHTS.get(rule, 1)


def counted(strikes: Sequence[Strike], *, now_s: float, lifted_s: float | None) -> int:
    """Add up the strikes of the last day that came after an operator lifted what earlier ones led to."""
    began_s = now_s - WINDOW_S
    return sum(
        weight_of(one.rule)
        for one in strikes
        if one.struck_s > began_s and (lifted_s is None or one.struck_s > lifted_s)
    )


def is_last_warning(num_strikes: int, penalties: Penalties) -> bool:
    """Whether one more strike leads to a pause or a suspension, after none of both yet."""
    return num_strikes + 1 == min(penalties.to_cool_down, penalties.to_suspend)


def suspension_for(num_strikes: int, penalties: Penalties, *, now_s: float) -> Suspension | None:
    """Say what so many strikes of a day lead to."""
    if num_strikes >= penalties.to_suspend:
        return Suspension(since_s=now_s)
    if num_strikes >= penalties.to_cool_down:
        return Suspension(since_s=now_s, until_s=now_s + penalties.cool_down_s)
    return None


def stricter(one: Suspension | None, other: Suspension | None) -> Suspension | None:
    """Give the one of two that lasts longer, both of which hold; the first where they are alike."""
    if one is None or other is None:
        return one or other
    if one.until_s is None:
        return one
    return other if other.until_s is None or other.until_s > one.until_s else one


def refusal_of(suspension: Suspension, *, now_s: float) -> MustPause | Suspended:
    """Say why somebody may not draw now."""
    has_appealed = suspension.appealed_s is not None
    if suspension.until_s is None:
        return Suspended(has_appealed=has_appealed)
    return MustPause(wait_s=suspension.until_s - now_s, has_appealed=has_appealed)
