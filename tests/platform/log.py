"""What a chat platform remembers: what people did, what it was asked, and every version of every message.

Values only. Whoever judges a bot from the outside reads nothing but this.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bot.adapters.port import Action, CardState
from tests.platform.faults import Fault

PLATFORM = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a person did. It may be handed out several times, and under several numbers."""

    id: str
    person: str
    place: str
    text: str = ""
    photo: str = ""  # in base64
    action: Action | None = None  # of a press
    job_id: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Give it as it goes over the wire."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of the bot, as it arrived."""

    at_s: float  # of the loop's clock
    method: str
    path: str
    fault: Fault | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a message showed from some moment on."""

    at_s: float
    card: Mapping[str, Any]
    pictures: tuple[bytes, ...] = field(default=(), repr=False)

    @property
    def state(self) -> CardState:
        """What the card was about."""
        return CardState(self.card["state"])

    @property
    def job_id(self) -> str | None:
        """The job that the card named."""
        job_id: str | None = self.card["job_id"]
        return job_id

    def has_button(self, action: Action) -> bool:
        """Whether something could be pressed on it."""
        return any(button["action"] == action for button in self.card["buttons"])


@dataclass(slots=True, kw_only=True)
class Shown:
    """A message of the bot with all its versions; the last is what people see."""

    id: str
    place: str
    reply_to: str | None
    nonce: str | None
    versions: list[Version]
    is_removed: bool = False

    @property
    def last(self) -> Version:
        """What it shows now."""
        return self.versions[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A card that was to be shown, whether or not a fault let it through."""

    reply_to: str | None
    state: CardState


@dataclass(slots=True)
class Log:
    """Everything, in the order in which it happened."""

    events: list[Event] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    messages: dict[str, Shown] = field(default_factory=dict)
    gone_places: set[str] = field(default_factory=set)

    def show(self, message: Shown) -> str:
        """Take a new message; gives its id."""
        self.messages[message.id] = message
        return message.id

    def newest(self, state: CardState, *, person: str | None = None) -> tuple[Shown, ...]:
        """Give the messages that show a state now, latest first; those that answer a person, if named."""
        theirs = {event.id for event in self.events if event.person == person}
        return tuple(
            message
            for message in reversed(self.messages.values())
            if message.last.state is state and not message.is_removed
            if person is None or message.reply_to in theirs
        )


def numbered(event: Event, number: int) -> Event:
    """Give an event the id that its number makes."""
    return replace(event, id=f"event-{number}")
