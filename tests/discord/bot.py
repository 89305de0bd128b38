"""The real bot on the local Discord, as a test sees it: its cards, and how long it may take.

The times are Discord's, and a machine that is busy with other tests must not fail for being slow: what
is measured here is what happens, not when. How fast people are answered is for the benchmarks.
"""

from collections.abc import Sequence

from bot import texts
from tests.discord.asked import Asked
from tests.discord.server import DiscordServer
from tests.discord.things import Message, Version

LIMIT_S = 120.0
_PREVIEW = "preview."


def be_patient(server: DiscordServer) -> None:
    """Let a slow machine take its time; a bot that does not wait at all is still seen."""
    server.answers.ack_deadline_s = 60.0
    server.log.edit_tolerance_s = server.limits.grace_s = 1.0


def is_done(message: Message) -> bool:
    """Whether a card shows what was drawn."""
    return shows_pictures(message.last)


def shows_pictures(version: Version) -> bool:
    """Whether a card showed what was drawn, with what can be done next."""
    return any(not file.filename.startswith(_PREVIEW) for file in version.files) and (
        texts.DELETE in str(version.components)
    )


async def card_of(asked: Asked) -> Message:
    """Wait for the message that answers somebody."""
    return await asked.message(LIMIT_S)


async def drawn(server: DiscordServer, *asked: Asked) -> list[Message]:
    """Wait until everything is drawn that was asked for."""
    cards = [await card_of(one) for one in asked]
    await finished(server, cards)
    return cards


async def finished(server: DiscordServer, cards: Sequence[Message]) -> None:
    """Wait until these cards show their pictures."""
    await server.wait_for(lambda: all(map(is_done, cards)), LIMIT_S)
