"""The prior notice: whoever asks for the first time reads, beside the card that answers, what the bot is.

The sentence travels with the job, so that all of its cards show it, whichever of them arrives. It is
remembered when the first one was shown; until then it is due with every request.
"""

import asyncio

import structlog

from bot import texts
from bot.adapters.port import Person
from bot.settings import KeepSection, OperatorSection
from bot.store import Store, StoreError

log = structlog.get_logger()

VERSION = 1  # of what the sentence says: whoever was told an older one is told the new one
_READ_S = 0.5


class PriorNotice:
    """Knows who is to be told; lives as long as the chat role."""

    def __init__(self, store: Store, *, operator: OperatorSection, keep: KeepSection) -> None:
        self._store = store
        self._sentence = texts.prior_notice(
            operator=operator.name,
            prompts_days=keep.prompts_days,
            pictures_days=keep.pictures_days,
        )

    async def due(self, person: Person) -> str:
        """Give the sentence that a person is to read, and nothing where they did.

        Where that cannot be known now they read it: twice does no harm.
        """
        try:
            async with asyncio.timeout(_READ_S):
                version = await self._store.told_version(self._store.person_name(person))
        except (StoreError, TimeoutError) as error:
            log.warning("notices cannot be read", kind=type(error).__name__)
            version = 0
        return self._sentence if version < VERSION else ""

    async def told(self, job_id: str) -> None:
        """Remember that the first card of a job was shown; else they read it with the next one, too."""
        try:
            await self._store.keep_notice(job_id, VERSION)
        except StoreError as error:  # the card is there: nobody is to hear that it failed
            log.warning("notice cannot be written down", kind=type(error).__name__)
