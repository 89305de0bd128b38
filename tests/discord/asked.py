"""What a person who asked a bot something sees come back."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from tests.discord.things import CallbackType, Interaction, Message

PATIENCE_S = 30.0
T = TypeVar("T")


class Waiting(Protocol):
    """Waits until something is true of the world."""

    def __call__(self, question: Callable[[], T], timeout_s: float = PATIENCE_S) -> Awaitable[T]:
        """Give the answer once it is true."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Modal:
    """A modal that opened, to be filled in and submitted."""

    opened_by: Interaction
    data: dict[str, Any]

    @property
    def title(self) -> str:
        """What stands above it."""
        title: str = self.data["title"]
        return title

    @property
    def inputs(self) -> dict[str, dict[str, Any]]:
        """What can be filled in, by its label."""
        return {
            part["label"]: part["component"]
            for part in self.data["components"]
            if part["type"] == 18
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The first thing that a person saw: exactly one of these, or an acknowledgement without words."""

    message: Message | None = None  # filled, where it was deferred
    modal: Modal | None = None
    choices: tuple[dict[str, Any], ...] | None = None
    has_failed: bool = False  # "the application did not respond"


class Asked:
    """Something that a person did, and what comes of it."""

    def __init__(self, interaction: Interaction, wait: Waiting) -> None:
        self.interaction, self._wait = interaction, wait

    @property
    def ack_ms(self) -> float | None:
        """How long the first answer took; None while there is none."""
        return self.interaction.ack_ms

    @property
    def callback_type(self) -> CallbackType | None:
        """How the bot answered first."""
        return self.interaction.callback_type

    @property
    def original(self) -> Message | None:
        """The message that answers, loading or not."""
        return self.interaction.original

    @property
    def follow_ups(self) -> tuple[Message, ...]:
        """Further messages."""
        return tuple(self.interaction.follow_ups)

    async def acknowledged(self, timeout_s: float = PATIENCE_S) -> CallbackType:
        """Wait for the first answer of any kind."""
        await self._wait(self._is_answered, timeout_s)
        assert self.callback_type is not None, "the application did not respond"
        return self.callback_type

    async def answer(self, timeout_s: float = PATIENCE_S) -> Answer:
        """Wait until there is something to see: a deferred message counts once it is filled."""
        await self._wait(self._is_seen, timeout_s)
        asked = self.interaction
        if asked.callback_type is None:
            return Answer(has_failed=True)
        if asked.modal is not None:
            return Answer(modal=Modal(opened_by=asked, data=asked.modal))
        return Answer(message=asked.original, choices=asked.choices)

    async def message(self, timeout_s: float = PATIENCE_S) -> Message:
        """Wait for the message that answers."""
        answer = await self.answer(timeout_s)
        assert answer.message is not None, f"no message but {answer}"
        return answer.message

    async def modal(self, timeout_s: float = PATIENCE_S) -> Modal:
        """Wait for a modal."""
        answer = await self.answer(timeout_s)
        assert answer.modal is not None, f"no modal but {answer}"
        return answer.modal

    async def choices(self, timeout_s: float = PATIENCE_S) -> tuple[dict[str, Any], ...]:
        """Wait for what is offered to be chosen."""
        answer = await self.answer(timeout_s)
        assert answer.choices is not None, f"no choices but {answer}"
        return answer.choices

    async def follow_up(self, number: int = 0, timeout_s: float = PATIENCE_S) -> Message:
        """Wait for a further message."""
        await self._wait(lambda: len(self.follow_ups) > number, timeout_s)
        return self.follow_ups[number]

    def _is_answered(self) -> bool:
        return self.callback_type is not None or self.interaction.has_failed

    def _is_seen(self) -> bool:
        original = self.original
        is_loading = original is not None and original.is_loading and not original.is_deleted
        return self._is_answered() and not is_loading
