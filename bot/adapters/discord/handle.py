"""What names an interaction and the messages that it made, in events and in references.

The library forgets an interaction with the process, so everything that an answer needs stands in the
name: it is kept with the job, and a token outlives a restart. A token is good for fifteen minutes; the
user stands there where the bot cannot reach the channel by itself and could only write to them.
"""

from dataclasses import dataclass, field

EPOCH_MS = 1_420_070_400_000
TOKEN_LIFE_S = 14.5 * 60  # half a minute less than Discord gives
_PARTED = ":"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """One interaction."""

    id: int
    token: str = field(repr=False)
    user_id: int | None = None  # whom a direct message goes to, where there is no other way

    @property
    def born_s(self) -> float:
        """When it was made, by Discord's clock."""
        return (self.id >> 22) / 1000 + EPOCH_MS / 1000

    def __str__(self) -> str:
        parts = (
            (self.id, self.token) if self.user_id is None else (self.id, self.token, self.user_id)
        )
        return _PARTED.join(map(str, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One message of ours; id 0 where there is none any more, or never was."""

    id: int
    handle: Handle | None = None  # of the interaction that made it

    def __str__(self) -> str:
        return str(self.id) if self.handle is None else f"{self.id}{_PARTED}{self.handle}"


def read_event(event_id: str) -> Handle | None:
    """Read the interaction that an event is; None where the event is a message."""
    front, parted, rest = event_id.partition(_PARTED)
    if not parted:
        return None
    token, _, user = rest.partition(_PARTED)
    return Handle(id=int(front), token=token, user_id=int(user) if user else None)


def read_shown(ref_id: str) -> Shown:
    """Read what message of ours a reference means."""
    front, parted, rest = ref_id.partition(_PARTED)
    return Shown(id=int(front), handle=read_event(rest) if parted else None)
