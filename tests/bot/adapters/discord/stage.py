"""What the tests of the Discord adapter share: the adapter on a local Discord, and a listener of theirs."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from bot.adapters.discord.adapter import DiscordChat, DiscordOptions
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
from tests.discord.server import DiscordServer

LIMIT_S = 30.0
JOB = "0190b6b2a7c87b3f9d1e4c5a6b7d8e9f"
NONCE = "abcdefghijklmnopqrstuvwxy"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 100

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
        """Know two styles."""
        return tuple(one for one in ("수채화", "유화") if one.startswith(typed))

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
        nonce = NONCE if not self.refs else f"nonce {event.event_id}"[:25]
        self.refs.append(
            await port.send(event.place, waiting(), reply_to=event.event_id, nonce=nonce)
        )

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


class Pictures:
    """Gives pictures by key; a test may change them, and sees what was asked."""

    def __init__(self) -> None:
        self.data: dict[str, bytes] = {"picture": PNG}
        self.asked: list[int | None] = []

    async def __call__(self, key: str, *, max_bytes: int | None = None) -> bytes | None:
        """Read one; it is cut where it is too large, as the real reader makes it smaller."""
        self.asked.append(max_bytes)
        data = self.data.get(key)
        return data if data is None or max_bytes is None else data[:max_bytes]


@asynccontextmanager
async def running(
    server: DiscordServer, listener: Listener, pictures: Pictures | None = None
) -> AsyncIterator[DiscordChat]:
    """Run an adapter that listens to a local Discord."""
    options = DiscordOptions(token=server.token, api_base=server.url)
    chat = DiscordChat(options, listener, files=pictures or Pictures())
    await chat.start()
    try:
        await server.ready()
        yield chat
    finally:
        await chat.close()


def waiting(text: str = "순서를 기다려요") -> Card:
    """The first card of a job."""
    return Card(
        job_id=JOB,
        state=CardState.WAITING,
        text=text,
        buttons=(Button(action=Action.CANCEL, label="취소"),),
    )


def drawing(step: int) -> Card:
    """A card that tells of progress."""
    return Card(
        job_id=JOB,
        state=CardState.DRAWING,
        text="그리고 있어요",
        progress=ProgressBar(step=step, num_steps=10, label=f"{step}/10단계"),
        buttons=(Button(action=Action.CANCEL, label="취소"),),
    )


def done(text: str = "고래를 그렸어요", *, is_adult: bool = False) -> Card:
    """A finished card with a picture."""
    picture = PictureFile(
        key="picture", alt="고래", file_name="geuryeojwo-1.png", width_px=8, height_px=8
    )
    return Card(
        job_id=JOB,
        state=CardState.DONE,
        text=text,
        pictures=(picture,),
        buttons=(Button(action=Action.AGAIN, label="다시"),),
        is_adult=is_adult,
    )


def note(text: str = "도움말이에요", *, is_private: bool = False) -> Card:
    """An answer without a job."""
    return Card(job_id=None, state=CardState.NOTE, text=text, is_private=is_private)
