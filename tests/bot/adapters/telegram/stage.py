"""What the tests of the Telegram adapter share: the adapter on a local Telegram, and a listener of theirs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from bot.adapters.port import (
    Action,
    Button,
    Card,
    CardState,
    ChatPort,
    Message,
    MessageRef,
    Past,
    PictureFile,
    Place,
    Press,
    ProgressBar,
)
from bot.adapters.telegram.adapter import TelegramChat, TelegramOptions
from bot.adapters.telegram.webhook import WebhookOptions
from bot.adapters.telegram.words import Words
from tests.telegram.bot import png
from tests.telegram.server import TelegramServer

LIMIT_S = 30.0
JOB = "0190b6b2a7c87b3f9d1e"

WORDS = Words(
    in_private="둘만의 대화에서 볼 수 있어요",
    one_photo="한 장만 보내 주세요",
    photo_too_large="너무 커요",
    no_photos="그림을 보낼 수 없어요",
    greeting="안녕하세요",
    greeting_deaf="‘/draw@{bot} 고래’라고 불러 주세요",
    inline_title="‘{text}’ 그리기",
    inline_about="그려요",
    description="그림을 그려요. AI가 만들어요",
    short_description="AI가 그려요",
)

Reaction = Callable[[Message | Press, ChatPort], Awaitable[None]]


class Listener:
    """Notes what comes and reacts as the test says."""

    def __init__(self) -> None:
        self.events: list[Message | Press] = []
        self.refs: list[MessageRef] = []
        self.reaction: Reaction = self.accept
        self.num_done = 0
        self._changed = asyncio.Condition()

    async def on_message(self, message: Message, port: ChatPort) -> None:
        """React to a text."""
        await self._react(message, port)

    async def on_press(self, press: Press, port: ChatPort) -> None:
        """React to a button."""
        await self._react(press, port)

    def suggest(self, option: str, typed: str) -> tuple[str, ...]:
        """Know nothing."""
        return ()

    async def is_hidden(self, key: str) -> bool:
        """Hide nothing."""
        return False

    async def inspect(self, data: bytes) -> Card:
        """Never asked here: only the web chat has a page for it."""
        raise AssertionError

    async def history(self, place: Place) -> tuple[Past, ...]:
        """Remember nothing."""
        return ()

    async def accept(self, event: Message | Press, port: ChatPort) -> None:
        """Answer with the first card of a job."""
        self.refs.append(await port.send(event.place, waiting(), reply_to=event.event_id))

    async def done(self, number: int = 1) -> None:
        """Wait until so many events are answered."""
        async with asyncio.timeout(LIMIT_S), self._changed:
            await self._changed.wait_for(lambda: self.num_done >= number)

    async def _react(self, event: Message | Press, port: ChatPort) -> None:
        self.events.append(event)
        try:
            await self.reaction(event, port)
        finally:
            async with self._changed:
                self.num_done += 1
                self._changed.notify_all()

    @property
    def texts(self) -> list[str]:
        """What was written."""
        return [one.text for one in self.events if isinstance(one, Message)]


class Pictures:
    """Gives pictures by key; a test may change them."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {"picture": png(), "other": png(48, 64), "data": b"{}"}

    async def __call__(self, key: str, *, max_bytes: int | None = None) -> bytes | None:
        """Read one."""
        return self.data.get(key)


@asynccontextmanager
async def running(
    server: TelegramServer,
    listener: Listener,
    pictures: Pictures | None = None,
    *,
    webhook: WebhookOptions | None = None,
) -> AsyncIterator[TelegramChat]:
    """Run an adapter that listens to a local Telegram."""
    options = TelegramOptions(
        token=server.token,
        words=WORDS,
        base_url=server.base_url,
        base_file_url=server.base_file_url,
        webhook=webhook,
    )
    chat = TelegramChat(options, listener, files=pictures or Pictures())
    await chat.start()
    try:
        yield chat
    finally:
        await chat.close()


def button(action: Action, label: str, value: str = "") -> Button:
    """A button below a card."""
    return Button(action=action, label=label, value=value)


CANCEL, AGAIN = button(Action.CANCEL, "취소"), button(Action.AGAIN, "다시")
DELETE = button(Action.DELETE, "삭제")


def waiting(text: str = "순서를 기다려요") -> Card:
    """The first card of a job."""
    return Card(job_id=JOB, state=CardState.WAITING, text=text, buttons=(CANCEL,))


def drawing(step: int) -> Card:
    """A card that tells of progress."""
    return Card(
        job_id=JOB,
        state=CardState.DRAWING,
        text="그리고 있어요",
        progress=ProgressBar(step=step, num_steps=10, label=f"{step}/10단계"),
        buttons=(CANCEL,),
    )


def picture(key: str = "picture") -> PictureFile:
    """A picture of a card."""
    return PictureFile(
        key=key,
        alt="고래",
        file_name=f"geuryeojwo-{key}.png",
        width_px=64,
        height_px=48,
    )


def done(text: str = "고래를 그렸어요", pictures: Sequence[PictureFile] = (picture(),)) -> Card:
    """A finished card with a picture."""
    return Card(
        job_id=JOB,
        state=CardState.DONE,
        text=text,
        notes=("AI로 만든 그림이에요.",),
        pictures=tuple(pictures),
        buttons=(AGAIN, DELETE),
    )


def note(text: str = "도움말이에요", *, is_private: bool = False) -> Card:
    """An answer without a job."""
    return Card(job_id=None, state=CardState.NOTE, text=text, is_private=is_private)


def place_of(person_id: int) -> Place:
    """The private chat of somebody."""
    return Place(platform="telegram", id=str(person_id))
