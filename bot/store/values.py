"""What the store gives back beside the values of `bot/job.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.adapters.port import MessageRef
from bot.job import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A job whose end is not settled, as far as its place among the others is concerned."""

    id: str
    person: str  # keyed names, as `Store.person_name` and `place_name` give them; not of an account
    place: str
    cost: float  # as they were given to `Store.accept`
    start: float
    finish: float
    phase: Phase
    accepted_s: float  # Unix time

    @property
    def is_running(self) -> bool:
        """Whether a worker has it."""
        return self.phase is Phase.DRAWING


class DeliveryState(StrEnum):
    """How far the sending of one part of an answer is."""

    NONE = "none"  # it was never tried
    SENDING = "sending"  # it was tried, and nobody wrote down how that ended
    SENT = "sent"
    UNCLEAR = "unclear"  # given up: it may be shown, or not


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is known of sending one part of an answer."""

    state: DeliveryState = DeliveryState.NONE
    first_s: float | None = None  # Unix time of the first try
    num_attempts: int = 0
    message: MessageRef | None = None  # where it is shown; only `SENT` has one


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """Which accounts are one person's, by keyed names, at one moment."""

    person_of: Mapping[str, str] = field(default_factory=dict)  # of accounts that are joined
    accounts_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def person(self, account: str) -> str:
        """Name the person of an account: its own name where it is joined with no other."""
        return self.person_of.get(account, account)

    def accounts(self, person: str) -> tuple[str, ...]:
        """Name all accounts of a person."""
        return self.accounts_of.get(person, (person,))


class Joining(StrEnum):
    """What came of a code that is to join two accounts."""

    JOINED = "joined"
    UNKNOWN = "unknown"  # never given, used before, or too old
    OWN = "own"  # given to this account itself
    ALREADY = "already"  # both accounts are one person's
    FULL = "full"  # the person would have too many


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker as it last spoke of itself."""

    name: str
    seen_s: float  # Unix time
    info: str  # JSON text
    is_ready: bool
    has_left: bool  # it said so itself: its silence is no death
