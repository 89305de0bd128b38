"""What names an update and a message of ours, in events and in references.

Everything that an answer needs stands in the name, which is kept with the job: the message that is
answered, and the person, to whom goes what nobody else may see.
"""

from dataclasses import dataclass

from bot.adapters.port import Place

PLATFORM = "telegram"
_PARTED = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One update of one bot."""

    bot_id: int
    update_id: int
    message_id: int = 0  # that is answered; 0 where there is none
    person_id: int = 0  # negative where a chat speaks for somebody

    def __str__(self) -> str:
        parts = (self.bot_id, self.update_id, self.message_id, self.person_id)
        return _PARTED.join(map(str, parts))


def read_event(event_id: str) -> Event | None:
    """Read which update an event is; None where that cannot be read."""
    try:
        bot_id, update_id, message_id, person_id = map(int, event_id.split(_PARTED))
    except ValueError:
        return None
    return Event(bot_id=bot_id, update_id=update_id, message_id=message_id, person_id=person_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """A chat, or a topic of one."""

    chat_id: int
    thread_id: int | None = None

    @property
    def is_group(self) -> bool:
        """Whether several people are there: Telegram numbers groups below zero."""
        return self.chat_id < 0

    def place(self) -> Place:
        """Name it for the conversation."""
        topic = "" if self.thread_id is None else f"/{self.thread_id}"
        home = str(self.chat_id) if self.is_group else ""
        return Place(platform=PLATFORM, id=f"{self.chat_id}{topic}", home=home)


def where(place: Place) -> Where:
    """Read which chat a place is. Raises ValueError for one of another platform."""
    chat, _, thread = place.id.partition("/")
    return Where(chat_id=int(chat), thread_id=int(thread) if thread else None)
