"""The neutral vocabulary between chat platforms and the conversation.

An adapter turns what its platform delivers into a `Message` or a `Press` and hands it to the
`Listener`; it shows a `Card` when the conversation says so. Nothing here knows a platform,
a job's insides or the pipeline. Every sentence in a card is finished Korean from `bot/texts.py`:
an adapter lays out, it does not write.

A photo is bounded by its adapter while it is received, and judged by the pipeline. A press of
`EDIT` needs no answer where the card is at hand; elsewhere the answer is a card with the draft.

What goes wrong on the way to a platform is one of the errors below, whatever the platform's library
calls it: whoever delivers decides by them, and by nothing else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whoever wrote or pressed; `id` is unique on its platform only."""

    platform: str  # "web", "discord", "telegram"
    id: str
    roles: tuple[str, ...] = ()  # that the platform gives, such as "discord:1234"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a conversation happens: a channel, a chat, a browser's session."""

    platform: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A text that somebody sent. `event_id` is the platform's own and never repeats."""

    event_id: str
    person: Person
    place: Place
    text: str
    photo: bytes | None = field(default=None, repr=False)  # a file as it was sent; not judged yet


class Action(StrEnum):
    """What a button asks for."""

    AGAIN = "again"
    VARY = "vary"
    ENLARGE = "enlarge"
    EDIT = "edit"  # puts the card's draft into the person's text box, where a platform can
    CANCEL = "cancel"
    FETCH = "fetch"  # shows a picture again that could not be delivered
    ERASE = "erase"  # everything that is kept of the person; needs no job


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A button that somebody pressed; it carries the job, so it works for ever.

    `job_id` is empty where the card has no job.
    """

    event_id: str
    person: Person
    place: Place
    action: Action
    job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button below a card."""

    action: Action
    label: str


class CardState(StrEnum):
    """What a card is about; adapters choose colours and icons by it."""

    WAITING = "waiting"
    DRAWING = "drawing"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    NOTE = "note"  # an answer without a job: help, a question back


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressBar:
    """How far a drawing is."""

    step: int
    num_steps: int
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """Encoded picture bytes with their alternative text; PNG or WebP by `media_type`."""

    data: bytes
    media_type: str
    alt: str
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFile:
    """A finished, marked picture; its bytes are read by key when they are needed."""

    key: str
    alt: str
    file_name: str  # to save it under
    width_px: int
    height_px: int
    caption: str = ""  # told beside it, where a card shows pictures of several requests


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A file to be saved that is no picture; its bytes are read by key when they are needed."""

    key: str
    file_name: str  # to save it under
    label: str  # of what is pressed to save it


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailRow:
    """One row of "어떻게 이해했나요?": a label and a text, or words with weights."""

    label: str
    text: str = ""
    words: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A text that leads somewhere: who must be credited, and where they are."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything that one message of ours shows; each version replaces the one before."""

    job_id: str | None
    state: CardState
    text: str
    notes: tuple[str, ...] = ()  # degraded results, unknown words, "AI로 만든 그림이에요"
    credits: tuple[Link, ...] = ()  # whose work is shown, where they ask to be named with a link
    progress: ProgressBar | None = None
    preview: Image | None = None
    pictures: tuple[PictureFile, ...] = ()
    files: tuple[DataFile, ...] = ()
    details_label: str = ""
    details: tuple[DetailRow, ...] = ()
    buttons: tuple[Button, ...] = ()
    suggestions: tuple[str, ...] = ()  # example requests that a press would send
    draft: str = ""  # the request as text, with its seed: to be changed and sent by the person
    is_private: bool = False  # for the eyes of the person who is answered: shown to nobody else


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRef:
    """A message of ours on a platform: what an edit needs."""

    place: Place
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A card that was shown before, and what the person wrote above it."""

    message: MessageRef
    card: Card
    event_id: str  # that the card answers
    words: str = ""  # none where the event was a button
    has_photo: bool = False


FileReader: TypeAlias = Callable[[str], Awaitable[bytes | None]]
"""Gives the bytes of a picture or a file by its key; None where it is kept no longer."""


class PortError(Exception):
    """A platform did not do what was asked; the subclass says what may be done about it."""


class MessageGone(PortError):
    """The message that was to be edited is not there any more; a new one can be sent."""


class PlaceGone(PortError):
    """Nothing can be shown there: the place is gone, or we may not write in it."""


class PortClosed(PortError):
    """The platform refuses this bot altogether: nothing is sent until the operator did something."""


class PlatformDown(PortError):
    """The platform certainly did nothing, and can be asked again."""

    def __init__(self, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"retry after {retry_after_s} s")
        self.retry_after_s = retry_after_s  # what the platform asked for, to be obeyed


class Unclear(PortError):
    """No answer came: it may be shown, or not."""


class ChatPort(Protocol):
    """What an adapter offers to the conversation."""

    @property
    def platform(self) -> str:
        """The name in every person and place of this platform."""
        ...

    @property
    def repeat_s(self) -> float:
        """For how long a second `send` with the same nonce shows nothing twice; 0 where it does."""
        ...

    @property
    def edit_interval_s(self) -> float:
        """The least time between two edits that only tell of progress."""
        ...

    async def send(
        self, place: Place, card: Card, *, reply_to: str | None = None, nonce: str | None = None
    ) -> MessageRef:
        """Show a new card, below the message with the event id `reply_to` where that is possible.

        Within `repeat_s`, a second call with the same nonce in the same place gives the message of
        the first one, which goes on showing what it shows.
        Raises PlaceGone, PortClosed, PlatformDown or Unclear.
        """
        ...

    async def edit(self, ref: MessageRef, card: Card) -> None:
        """Replace what a message shows; doing it twice is doing it once.

        Raises MessageGone, PlaceGone, PortClosed, PlatformDown or Unclear.
        """
        ...

    async def find(self, place: Place, nonce: str) -> MessageRef | None:
        """Look for a message that was sent with a nonce; None says that there is surely none.

        Raises PlaceGone, PortClosed, PlatformDown, or Unclear where there is no way to look.
        """
        ...

    async def forget(self, person: Person) -> None:
        """Drop whatever the adapter itself remembers of a person; messages that are sent stay."""
        ...


class Listener(Protocol):
    """What the conversation offers to an adapter. No method raises for a person's mistake."""

    async def on_message(self, message: Message, port: ChatPort) -> None:
        """Answer a text; returns when the answer is complete."""
        ...

    async def on_press(self, press: Press, port: ChatPort) -> None:
        """Answer a button; returns when the answer is complete."""
        ...

    async def history(self, place: Place) -> tuple[Past, ...]:
        """Say what an adapter that remembers nothing of a place may show there again, oldest first."""
        ...
