"""The seam of the one call: translation, similar sentences and absent things by one question."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """A text in English, and what its translator noticed about it."""

    english: str
    variants: tuple[str, ...] = ()  # English
    absent: tuple[str, ...] = ()  # English; what the text says is not there


class Wordsmith(Protocol):
    """Translates a text and says it in other words at once; `name` stands in the settings and in the trace."""

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

    async def word(self, text: str, *, terms: Mapping[str, str], num_variants: int) -> Worded:
        """Put a Korean text into English, with at most `num_variants` variants.

        `terms` are Korean words with the English that must stand for them. Raises StageFailed.
        """
        ...
