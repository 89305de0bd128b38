"""The real program on the local Telegram, as a test sees it: its cards, and how long it may take.

The times are Telegram's, and a machine that is busy with other tests must not fail for being slow.
"""

from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot import texts
from bot.adapters.telegram import callback_data
from pipeline import Receipt, marks_in
from tests import program as started
from tests.program import LIMIT_S as LIMIT_S
from tests.program import kept, noted
from tests.telegram.people import Person
from tests.telegram.server import TelegramServer
from tests.telegram.things import Chat, Content, Message

MAX_EDITS = 3  # of a card, before the picture


def settings_of(server: TelegramServer) -> dict[str, str]:
    """Name this Telegram to the program."""
    return {
        "TELEGRAM__TOKEN": server.token,
        "TELEGRAM__BASE_URL": server.base_url,
        "TELEGRAM__BASE_FILE_URL": server.base_file_url,
    }


def program(
    server: TelegramServer, folder: Path, **settings: str
) -> AbstractAsyncContextManager[Process]:
    """Run `python -m bot run` from enter to exit, with these settings too; it asks for updates.

    Its log lies in the folder. Raises TimeoutError where it does not come.
    """
    return started.program(folder, server.ready, **settings_of(server), **settings)


def shows_picture(content: Content) -> bool:
    """Whether a card showed what was drawn, with what can be done next."""
    return has_button(content, texts.DELETE)


def has_button(content: Content, label: str) -> bool:
    """Whether there was a button that says this."""
    rows = (content.markup or {}).get("inline_keyboard", ())
    return any(button["text"] == label for row in rows for button in row)


def is_done(card: Message) -> bool:
    """Whether a card shows what was drawn."""
    return shows_picture(card.last)


def job_of(card: Message) -> str:
    """Read from its buttons which job a card is about."""
    pressed = callback_data.read(card.buttons[0]["callback_data"])
    assert pressed is not None
    return pressed.job_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The program with the demonstration model, at a Telegram of its own."""

    server: TelegramServer
    folder: Path

    def ours(self, chat: Chat) -> list[Message]:
        """Give what the bot shows in a chat."""
        return [one for one in chat.shown if one.author is self.server.world.bot]

    async def next(
        self, chat: Chat, after: int, is_it: Callable[[Message], bool] = lambda _: True
    ) -> Message:
        """Wait for a message of the bot behind the first `after` of a chat. Raises TimeoutError."""

        def found() -> Message | None:
            new = (one for one in chat.messages[after:] if one in self.ours(chat))
            return next((one for one in new if is_it(one)), None)

        message = await self.server.wait_for(found, LIMIT_S)
        assert message is not None
        return message

    async def answer(self, said: Message) -> Message:
        """Wait for the message that answers somebody."""
        return await self.next(said.chat, 0, lambda one: one.reply_to is said)

    async def draw(self, person: Person, text: str, chat: Chat | None = None) -> Message:
        """Let somebody ask with words, and wait for what is drawn."""
        return await self.finished(await self.answer(person.write(text, chat)))

    async def finished(self, card: Message) -> Message:
        """Wait until a card shows its picture; gives it."""
        await self.server.wait_for(lambda: is_done(card), LIMIT_S)
        return card

    async def gone(self, card: Message) -> None:
        """Wait until a message is deleted."""
        await self.server.wait_for(lambda: card.is_deleted, LIMIT_S)

    async def says(self, card: Message, text: str) -> None:
        """Wait until a message says something."""
        await self.server.wait_for(lambda: text in card.text, LIMIT_S)

    async def press(
        self, person: Person, card: Message, label: str, *, where: Chat | None = None
    ) -> Message:
        """Press a button, and wait until it stops turning and a new message answers it."""
        chat = where or card.chat
        before = len(chat.messages)
        await person.answered(person.press(card, label))
        return await self.next(chat, before)

    async def ask(self, person: Person, text: str, chat: Chat | None = None) -> str:
        """Write something, and give what is answered."""
        return (await self.answer(person.write(text, chat))).text

    async def kept(self, card: Message, number: int = 1) -> bytes | None:
        """Read the file of a card's picture as the program keeps it."""
        return await kept(self.folder, job_of(card), number)

    async def receipt(self, card: Message, number: int = 1) -> Receipt:
        """Read what a picture says of itself, in the file that is kept."""
        data = await self.kept(card, number)
        assert data is not None
        receipt = marks_in(data).receipt
        assert receipt is not None
        return receipt

    async def noted(self, *words: str) -> str:
        """Wait until a line of the program's log has all of these words. Raises TimeoutError."""
        return await noted(self.folder, *words)


def judge(server: TelegramServer) -> None:
    """Fail where a rule was broken since this was asked last, or something was sent too early."""
    broken = list(server.problems)
    server.problems.clear()

    assert [] == broken
    assert [] == server.log.early


def judge_amount(server: TelegramServer) -> None:
    """Fail where more was sent in some window than Telegram takes, or a card was changed too often."""
    log, limits = server.log, server.limits

    assert log.most_in(1.0) <= limits.per_second
    for chat in server.world.chats.values():
        if not chat.is_private:
            assert log.most_in(limits.per_group_window_s, chat.id) <= limits.per_group
        for card in chat.messages:
            assert num_progress_edits(card) <= MAX_EDITS


def num_progress_edits(card: Message) -> int:
    """Count how often a card was changed while what was asked for was under way."""
    return max(0, sum(has_button(content, texts.CANCEL) for _, content in card.versions) - 1)


@asynccontextmanager
async def living(folder: Path, **settings: str) -> AsyncIterator[Bot]:
    """Run the program from enter to exit, with these settings too; it has loaded everything.

    Fails at the end where it sent too much.
    """
    async with TelegramServer() as server:
        server.be_patient()
        async with program(server, folder, **settings):
            bot = Bot(server=server, folder=folder)
            await bot.draw(server.person("첫손님"), "고래 품질:빠르게")
            yield bot
            judge_amount(server)
