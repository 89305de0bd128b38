"""What a button of ours carries on Telegram, and how it is read back.

`1:<action>:<job id>:<value>`, in at most 64 bytes. Messages stay for years, so every form that was
ever written is read for ever: a new one gets a new number. Actions and job ids hold no colon.
"""

from dataclasses import dataclass

from bot.adapters.port import Action

MAX_BYTES = 64
_VERSION = "1"
_PARTED = ":"


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button says: what is asked for, of which job, and the button's value."""

    action: Action
    job_id: str
    value: str


def write(action: Action, job_id: str, value: str = "") -> str:
    """Write what a button carries; a value that finds no room is cut between two characters.

    Raises ValueError for a job id that could not be read back.
    """
    if _PARTED in job_id:
        raise ValueError(f"job id {job_id!r}")
    front = _PARTED.join((_VERSION, action.value, job_id, ""))
    room = MAX_BYTES - len(front.encode())
    if room < 0:
        raise ValueError(f"job id of {len(job_id)} characters")
    return front + value.encode()[:room].decode(errors="ignore")


def read(data: str) -> Pressed | None:
    """Read what a button carries; None where it is not ours, or of a version that is still to come."""
    version, *rest = data.split(_PARTED, 3)
    if version != _VERSION or len(rest) != 3 or rest[0] not in set(Action):
        return None
    return Pressed(Action(rest[0]), rest[1], rest[2])
