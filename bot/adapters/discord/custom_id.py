"""What a button or a form of ours carries on Discord, and how it is read back.

`1:<action>:<job id>:<value>:<nonce>`. Messages stay for years, so every form that was ever written is
read for ever: a new one gets a new number. Actions, job ids and nonces hold no colon, so the value may.
"""

from dataclasses import dataclass

from bot.adapters.port import Action

MAX_CHARS = 100
MAX_VALUE_CHARS = 41  # two of Discord's ids with a dash between them
MAX_NONCE_CHARS = 25
_VERSION = "1"
_PARTED = ":"


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a custom id says: what is asked for, of which job, and the button's value."""

    action: Action
    job_id: str
    value: str


def write(action: Action, job_id: str, value: str = "", nonce: str = "") -> str:
    """Write what a button carries; `nonce` marks what its message was sent with.

    Raises ValueError for what could not be read back or is longer than Discord takes.
    """
    written = _PARTED.join((_VERSION, action.value, job_id, value, nonce))
    if _PARTED in job_id or _PARTED in nonce or len(value) > MAX_VALUE_CHARS:
        raise ValueError(f"job id {job_id!r}, value {len(value)} characters, nonce {nonce!r}")
    if len(written) > MAX_CHARS:
        raise ValueError(f"{len(written)} characters, at most {MAX_CHARS}")
    return written


def read(custom_id: str) -> Pressed | None:
    """Read what a button carries; None where it is not ours, or of a version that is still to come."""
    parts = _parts(custom_id)
    if parts is None or parts[0] not in set(Action):
        return None
    action, job_id, value, _ = parts
    return Pressed(Action(action), job_id, value)


def nonce_in(custom_id: str) -> str:
    """Give what marks the message that a button belongs to; empty where nothing does."""
    parts = _parts(custom_id)
    return parts[3] if parts else ""


def _parts(custom_id: str) -> tuple[str, str, str, str] | None:
    version, *front = custom_id.split(_PARTED, 3)
    if version != _VERSION or len(front) != 3 or _PARTED not in front[2]:
        return None
    value, _, nonce = front[2].rpartition(_PARTED)
    return front[0], front[1], value, nonce
