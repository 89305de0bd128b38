"""What goes wrong on the way to a chat platform, planned by a seed: the same seed, the same faults.

Pure: says which call gets which fault; the platform's server carries it out.
"""

import random
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """One thing that a network, or the machines behind it, do to a call."""

    DELAY = "delay"  # nothing is done for a moment, then everything
    RESET_BEFORE = "reset_before"  # nothing is done, and the connection is torn down
    UNAVAILABLE = "503"  # nothing is done, and the answer says so
    TOO_MANY = "429"  # nothing is done, and the answer says when to come again
    DENIED = "401"  # nothing is done: the bot is not let in
    OUTAGE = "outage"  # nothing is done for anybody for a while

    RESET_AFTER = "reset_after"  # everything is done, and the connection is torn down
    LOST_REPLY = "lost_reply"  # everything is done, and silence follows
    BROKEN = "500"  # everything is done, and the answer sounds as if it were not
    BAD_JSON = "bad_json"  # everything is done, and half of the answer comes
    SLOW_BODY = "slow_body"  # everything is done, and the answer comes bit by bit

    MESSAGE_GONE = "message_gone"  # somebody removed the message that is edited
    PLACE_GONE = "place_gone"  # nothing can be shown in that place any more


FOR_EVER = frozenset({Fault.PLACE_GONE})  # what no delivery outlives
PASSING = tuple(fault for fault in Fault if fault not in FOR_EVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which calls fail and how, and which events come twice."""

    seed: int
    share: float = 0.0  # of the calls that get a fault, and of the events that come twice
    faults: tuple[Fault, ...] = PASSING

    def fault_of(self, call: int) -> Fault | None:
        """Give the fault of a call by its number; None where all goes well."""
        chance = random.Random(f"{self.seed} call {call}")
        return chance.choice(self.faults) if chance.random() < self.share else None

    def is_doubled(self, event: int) -> bool:
        """Whether an event comes twice, by its number."""
        return random.Random(f"{self.seed} event {event}").random() < self.share


QUIET = Plan(seed=0)
