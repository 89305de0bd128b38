"""What is known of a job: the accepted command, how far it is, and how it ended. Values only.

A job's id is derived from the platform's event, so that one event cannot make two jobs. Everything
here can be written down and read back (`codec.py`); nothing knows a database, a queue or a thread.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.adapters.port import MessageRef, Person, Place
from bot.command import DrawCommand
from bot.rules import Manner
from pipeline import EngineFailed, Preparation, Receipt, RenderPhase, RequestRejected, Unavailable


class NotAccepted(Unavailable):
    """The request could not be written down, so nothing was promised."""


class NotYours(RequestRejected):
    """Somebody else asked for it."""


class PutAside(EngineFailed):
    """Workers died too often while they drew it; it is not tried again."""


class NoRoomForPicture(Unavailable):
    """A finished picture could not be written."""


def job_id_of(platform: str, event_id: str) -> str:
    """Derive a job's id from the platform's event, so that one event cannot make two jobs."""
    return hashlib.sha256(f"{platform}:{event_id}".encode()).hexdigest()[:20]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One accepted command: who asked for what, and where the answer goes."""

    id: str
    person: Person
    place: Place
    event_id: str  # what is answered
    command: DrawCommand
    seed: int  # of the noise, where the command names none: a second run draws the same picture
    words: str = ""  # as they were written; none where a button asked
    has_photo: bool = False  # kept as the file `photo_key(id)`
    terms: Mapping[str, str] = field(default_factory=dict)  # Korean words with a fixed English
    manner: Manner = field(default_factory=Manner)  # of its cards, by the rules of that time
    forbidden: tuple[str, ...] = ()  # words, by the rules of that time
    notice: str = ""  # on its cards, where its person had never been told what the bot is


def photo_key(job_id: str) -> str:
    """Name the file with the photo that a job draws over."""
    return f"photos/{job_id}"


def picture_key(job_id: str, number: int) -> str:
    """Name the file with a job's picture; the first is number 1. A second run overwrites it."""
    return f"pictures/{job_id}-{number}.png"


def job_of(key: str) -> str:
    """Give the job whose photo or picture a file is."""
    return key.partition("/")[2].partition("-")[0]


class Phase(StrEnum):
    """How far a job is; each follows the one before."""

    ACCEPTED = "accepted"  # committed; its text is being read
    QUEUED = "queued"  # its prompt is ready; it waits for a worker
    DRAWING = "drawing"  # a worker has it
    CONCLUDED = "concluded"  # how it ends is settled; the person is to be told
    CLOSED = "closed"  # the person was told, or cannot be


class Closing(StrEnum):
    """What became of the answer."""

    DELIVERED = "delivered"
    UNCLEAR = "unclear"  # sent, and the platform never said whether it arrived
    HELD = "held"  # it cannot be delivered, and is kept for `/내그림`


class Ending(StrEnum):
    """How a job ends, whether or not the person knows already."""

    DRAWN = "drawn"
    QUESTION = "question"  # the text gave no prompt: the preparation's verdict says why
    FAILED = "failed"
    CANCELLED = "cancelled"
    REMOVED = "removed"  # it was drawn, and somebody had the pictures taken away


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One finished, marked picture in the files."""

    key: str
    sha256: str  # of the PNG, in hex
    receipt: Receipt  # that lies in it
    width_px: int  # of the file
    height_px: int
    timings_ms: Mapping[str, float]  # prepare, wait, render, judge, mark
    is_spoiler: bool = False  # shown only to whoever wants to see it, whatever its place says


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRecord:
    """An error as it is written down; `failures.py` makes one and gives the error back."""

    kind: str  # the name of its class
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a job ends. `DRAWN` has at least one picture, `FAILED` a failure."""

    ending: Ending
    pictures: tuple[Picture, ...] = ()
    num_missing: int = 0  # of those that were asked for
    can_enlarge: bool = False  # the pictures
    has_blocked_minors: bool = False  # one that is missing was refused under `Rule.MINOR`
    failure: FailureRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The newest of what a worker says about a job; a later one replaces an earlier one."""

    phase: RenderPhase
    place: int  # jobs of the same worker that will finish before it
    step: int
    num_steps: int
    eta_s: float | None
    preview: int = 0  # counts the previews; 0 is none yet
    preview_width_px: int = 0
    preview_height_px: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything that is kept of a job."""

    job: Job
    phase: Phase
    accepted_s: float  # Unix time
    cost: float = 1.0  # of an ordinary picture
    start: float = 0.0  # its tag in the fair order
    num_deaths: int = 0  # of workers that were drawing it
    message: MessageRef | None = None  # where the person sees it
    preparation: Preparation | None = None
    outcome: Outcome | None = None
    closing: Closing | None = None


def subject_of(record: Record) -> str:
    """Say what a job draws, in its person's words."""
    return (record.preparation and record.preparation.subject) or record.job.command.text
