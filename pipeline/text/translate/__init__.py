"""The seam of translation: what every translator takes and gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """One sentence in English, and what became of its words."""

    english: str  # empty where no word was known
    unknown_words: tuple[str, ...] = ()  # Korean words that were left out
    absent: tuple[str, ...] = ()  # English; what the sentence denies


class Translator(Protocol):
    """Turns Korean into English; `name` stands in the settings and in the trace."""

    @property
    def name(self) -> str:
        """The provider's name in the settings and in the trace."""
        ...

    @property
    def is_local(self) -> bool:
        """Whether it works on this machine, without a network and without a price."""
        ...

    @property
    def num_places(self) -> int | None:
        """How many may ask it at once; None for as many as like."""
        ...

    @property
    def knows_culture(self) -> bool:
        """Whether it has the fixed English of Korean things itself and need not be told."""
        ...

    async def translate(self, texts: Sequence[str]) -> tuple[Translation, ...]:
        """Translate all texts, in their order and number; an empty one needs no call and stays empty.

        The first is the person's own sentence: raises StageFailed when it cannot be translated.
        Another that fails is empty in the answer.
        """
        ...
