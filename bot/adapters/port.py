"""The neutral vocabulary between chat platforms and the conversation.

An adapter turns what its platform delivers into a `Message` or a `Press` and hands it to the
`Listener`; it shows a `Card` when the conversation says so. Nothing here knows a platform,
a job's insides or the pipeline. Every sentence in a card is finished Korean from `bot/texts.py`:
an adapter lays out, it does not write.

A photo is bounded by its adapter while it is received, and judged by the pipeline. A press of
`EDIT` needs no answer where the card is at hand; elsewhere the answer is a card with a form, and with
the draft for platforms that have no forms. What a person filled in comes back as a `Message`.

What goes wrong on the way to a platform is one of the errors below, whatever the platform's library
calls it: whoever delivers decides by them, and by nothing else.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whoever wrote or pressed; `id` is unique on its platform only."""

    platform: str  # "web", "discord", "telegram"
    id: str
    roles: tuple[str, ...] = ()  # that the platform gives, such as "discord:1234"
    may_moderate: bool = False  # what others asked for in the place where this was done
    may_manage: bool = False  # how the bot behaves there


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a conversation happens: a channel, a chat, a browser's session.

    Two places with the same platform and id are one, whatever else is known of them.
    """

    platform: str
    id: str
    home: str = field(default="", compare=False)  # whose rules hold: a channel's server
    parent: str = field(default="", compare=False)  # the channel that a thread belongs to
    is_age_restricted: bool = field(default=False, compare=False)  # for adults only

    @property
    def home_id(self) -> str:
        """Name what the rules of this place are kept under."""
        return self.home or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A text that somebody sent. `event_id` is the platform's own and never repeats."""

    event_id: str
    person: Person
    place: Place
    text: str
    photo: bytes | None = field(default=None, repr=False)  # a file as it was sent; not judged yet
    options: tuple[
        tuple[str, str], ...
    ] = ()  # by the names that they have in a text: ("크기", "가로")
    about: str = ""  # the job of the card that is answered, or whose form was filled in
    form: "Action | None" = None  # that was filled in: `text` and `options` are its fields


class Action(StrEnum):
    """What a button asks for."""

    AGAIN = "again"
    VARY = "vary"
    ENLARGE = "enlarge"
    EDIT = "edit"  # puts the card's draft into the person's text box, where a platform can
    CANCEL = "cancel"
    FETCH = "fetch"  # shows a picture again that could not be delivered
    ERASE = "erase"  # everything that is kept of the person; needs no job
    ORIGINAL = "original"  # the files of the pictures, where a platform shows something smaller
    INFO = "info"  # how the words were understood, for whoever pressed
    DELETE = "delete"  # the pictures, and the message that shows them
    REPORT = "report"  # the pictures, to those who look after the place
    SETTLE = "settle"  # what was reported; `value` says how
    PAGE = "page"  # of one's own pictures; `value` says which. Needs no job
    OVER = (
        "over"  # draws over a picture that somebody chose; `value` is the adapter's. Needs no job
    )


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
    value: str = ""  # of the button


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One button below a card. Buttons with one action and several values are a choice."""

    action: Action
    label: str
    value: str = ""  # comes back with the press; at most 40 characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One line or box of a form."""

    name: str  # "" is the text of the message; any other is one of its options
    label: str
    value: str = ""
    is_long: bool = False
    is_required: bool = False
    max_chars: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a person is asked to fill in; at most five fields."""

    action: Action  # that opened it, and comes back as `Message.form`
    title: str
    fields: tuple[Field, ...]
    value: str = ""  # of the press that opened it


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
    is_spoiler: bool = False  # shown only to whoever wants to see it


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
    request: str = ""  # what is under way, for platforms that do not show it beside the card
    notes: tuple[str, ...] = ()  # degraded results, unknown words, "AI로 만든 그림이에요"
    credits: tuple[Link, ...] = ()  # whose work is shown, where they ask to be named with a link
    progress: ProgressBar | None = None
    preview: Image | None = None
    pictures: tuple[PictureFile, ...] = ()
    files: tuple[DataFile, ...] = ()
    details_label: str = ""
    details: tuple[DetailRow, ...] = ()
    buttons: tuple[Button, ...] = ()
    unshown: str = ""  # said in the place of pictures that a platform does not take
    choice_label: str = ""  # asks which, where buttons with one action have several values
    form: Form | None = None
    suggestions: tuple[str, ...] = ()  # example requests that a press would send
    draft: str = ""  # the request as text, with its seed: to be changed and sent by the person
    is_private: bool = False  # for the eyes of the person who is answered: shown to nobody else
    is_adult: bool = False  # for adults only: NotForEverybody is raised elsewhere


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


class FileReader(Protocol):
    """Gives what lies under a key."""

    async def __call__(self, key: str, *, max_bytes: int | None = None) -> bytes | None:
        """Give the bytes of a picture or a file; None where it is kept no longer.

        A picture that is larger than `max_bytes` comes as WebP or JPEG, with its marks, that is not;
        any other file is None then. Raises OSError.
        """
        ...


class PortError(Exception):
    """A platform did not do what was asked; the subclass says what may be done about it."""


class MessageGone(PortError):
    """The message that was to be edited is not there any more; a new one can be sent."""


class PlaceGone(PortError):
    """Nothing can be shown there: the place is gone, or we may not write in it."""


class NotForEverybody(PlaceGone):
    """A card is for adults only, and everybody looks there; nothing of it was shown."""


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

    @property
    def recompresses_pictures(self) -> bool:
        """Whether the platform shows pictures smaller than they are, and without their marks."""
        return False

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

    async def remove(self, ref: MessageRef) -> None:
        """Take a message of ours away; doing it twice is doing it once.

        Raises MessageGone where it cannot be taken away any more, and is still there; else like `edit`.
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

    def suggest(self, option: str, typed: str) -> tuple[str, ...]:
        """Give values that an option may have and that fit what was typed; at once, from memory."""
        ...

    async def inspect(self, data: bytes) -> Card:
        """Say which marks a file carries that somebody shows; nothing of it is kept."""
        ...

    async def is_hidden(self, key: str) -> bool:
        """Whether a picture is not to be shown for now, by its key."""
        ...

    async def history(self, place: Place) -> tuple[Past, ...]:
        """Say what an adapter that remembers nothing of a place may show there again, oldest first."""
        ...
