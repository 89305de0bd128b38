"""The seam of paraphrasing: what every provider of similar sentences takes and gives."""

from typing import Protocol


class Paraphraser(Protocol):
    """Says a sentence in other words; `name` stands in the trace.

    The sentences are in the language of the text.
    """

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

    async def paraphrase(self, text: str, *, num_variants: int) -> tuple[str, ...]:
        """Give at most `num_variants` sentences unlike the text; raise `StageFailed` when it cannot."""
        ...
