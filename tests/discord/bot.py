"""The real bot on the local Discord, as a test sees it: its cards, and how long it may take.

The times are Discord's, and a machine that is busy with other tests must not fail for being slow: what
is measured here is what happens, not when. How fast people are answered is for the benchmarks.
"""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot import texts
from bot.adapters.discord import custom_id
from bot.files import Files
from bot.job import picture_key
from bot.sealing import load_or_create
from pipeline import Receipt, marks_in
from tests.discord.asked import Asked
from tests.discord.people import Person
from tests.discord.program import program
from tests.discord.server import DiscordServer
from tests.discord.things import Channel, Message, Version

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


@dataclass(slots=True, kw_only=True)
class Bot:
    """The program with the demonstration model, at a Discord of its own."""

    server: DiscordServer
    folder: Path
    settings: Mapping[str, str]
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    process: Process | None = None

    async def start(self) -> None:
        """Begin, or begin again with what was kept."""
        running = program(self.server, self.folder, **self.settings)
        self.process = await self.stack.enter_async_context(running)

    async def kill(self) -> None:
        """End as a power cut would."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()
        await self.server.wait_for(lambda: not self.server.gateway.is_ready, LIMIT_S)

    def channel(self, **more: Any) -> Channel:
        """Make a channel for one test, so that nobody else's messages are in it."""
        return self.server.add_channel("그림", **more)

    async def draw(
        self, person: Person, text: str, *, channel: Channel | None = None, **options: Any
    ) -> Message:
        """Let somebody ask with a command, and wait for what is drawn."""
        asked = person.slash(channel or self.channel(), "그려줘", 설명=text, **options)
        (card,) = await drawn(self.server, asked)
        return card

    async def kept(self, card: Message, number: int = 1) -> bytes | None:
        """Read the file of a card's picture as the program keeps it."""
        sealer = load_or_create(self.folder / "data.key", may_create=False)
        return await Files(str(self.folder / "var"), sealer).read(picture_key(job_of(card), number))

    async def noted(self, *words: str) -> None:
        """Wait until a line of the program's log has all of these words. Raises TimeoutError."""
        log = self.folder / "program.log"
        async with asyncio.timeout(LIMIT_S):
            while True:  # a file tells nobody that it has grown
                lines = log.read_text().splitlines()
                if any(all(word in line for word in words) for line in lines):
                    return
                await asyncio.sleep(0.05)


@asynccontextmanager
async def living(folder: Path, **settings: str) -> AsyncIterator[Bot]:
    """Run the program from enter to exit, with these settings too; it has loaded everything."""
    async with DiscordServer() as server:
        bot = Bot(server=server, folder=folder, settings=settings)
        async with bot.stack:
            await bot.start()
            be_patient(server)
            await bot.draw(server.person("첫손님"), "고래", 품질="빠르게")
            yield bot


def job_of(card: Message) -> str:
    """Read from its buttons which job a card is about."""
    pressed = custom_id.read(card.buttons[0]["custom_id"])
    assert pressed is not None
    return pressed.job_id


def receipt_of(card: Message, number: int = 0) -> Receipt:
    """Read what a picture of a card says of itself."""
    receipt = marks_in(card.files[number].data).receipt
    assert receipt is not None
    return receipt


async def cancelled(server: DiscordServer, card: Message) -> None:
    """Wait until a card says that its job was cancelled."""
    await server.wait_for(lambda: texts.CANCELLED in card.text, LIMIT_S)


async def removed(server: DiscordServer, card: Message) -> None:
    """Wait until a card is taken away."""
    await server.wait_for(lambda: card.is_deleted, LIMIT_S)


async def told(asked: Asked) -> str:
    """Wait for what only whoever asked is told, and give it as it is read."""
    message = await card_of(asked)
    assert message.is_ephemeral
    return message.text
