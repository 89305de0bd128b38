"""What a bot called, and which rules it broke by it."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

_MAX_SAME_REFUSALS = 3


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """One call, from its arrival to its answer."""

    at_s: float  # by the clock of the local Telegram
    method: str  # as it is written in the manual, whatever case was sent
    params: dict[str, Any] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict, repr=False)
    weight: int = 0  # messages that it counts as in flood control
    fault: str | None = None
    is_early: bool = False  # sent before a retry_after was over
    status: int | None = None  # None: it was not answered
    answer: Any = None
    duration_ms: float | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def chat_id(self) -> int | None:
        """The chat it is for."""
        chat_id = self.params.get("chat_id")
        return chat_id if isinstance(chat_id, int) else None

    @property
    def is_ok(self) -> bool:
        """Whether it was done, and the bot was told so."""
        return self.status == 200


@dataclass(slots=True)
class Log:
    """All calls in the order in which they arrived, and everything that was wrong with them."""

    calls: list[Call] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _refusals: Counter[str] = field(default_factory=Counter)

    def of(self, method: str, chat_id: int | None = None) -> list[Call]:
        """Give the calls of a method."""
        return [
            one
            for one in self.calls
            if one.method == method and chat_id in (None, one.params.get("chat_id"))
        ]

    @property
    def early(self) -> list[Call]:
        """Everything that was sent before a retry_after was over."""
        return [one for one in self.calls if one.is_early]

    def most_in(self, window_s: float, chat_id: int | None = None) -> int:
        """Count the messages of the fullest window, of one chat or of all."""
        times = [
            one.at_s
            for one in self.calls
            for _ in range(one.weight)
            if chat_id in (None, one.chat_id)
        ]
        return max((sum(a <= b < a + window_s for b in times) for a in times), default=0)

    def add_problem(self, text: str, call: Call | None = None) -> None:
        """Note a broken rule."""
        if call is not None:
            call.problems.append(text)
            text = f"{call.method}: {text}"
        self.problems.append(text)

    def note_refusal(self, call: Call, description: str, *, is_our_mistake: bool) -> None:
        """Judge a refusal that no fault gave."""
        if is_our_mistake:
            self.add_problem(f"refused: {description}", call)
        same = f"{call.method} {call.chat_id} {call.params.get('message_id')} {description}"
        self._refusals[same] += 1
        if self._refusals[same] == _MAX_SAME_REFUSALS + 1:
            self.add_problem(f"refused again and again: {description}", call)
