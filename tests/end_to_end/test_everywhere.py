"""One conversation on Discord, on Telegram and in the web chat: the same jobs, words and pictures.

One program serves all three at once, with its real model; the platforms are the local ones.
"""

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
from aiohttp import ClientSession, CookieJar
from PIL import Image, ImageChops

from bot import texts
from bot.adapters.discord import custom_id
from tests.bot.adapters.web.script import Tab, tab_at
from tests.discord.bot import be_patient
from tests.discord.people import Person as OnDiscord
from tests.discord.program import settings_of as discord_settings
from tests.discord.server import DiscordServer
from tests.program import LIMIT_S, kept, noted, program
from tests.telegram.people import Person as OnTelegram
from tests.telegram.program import settings_of as telegram_settings
from tests.telegram.server import TelegramServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SCRIPT = (
    "안녕",
    "빨간 사과 그려줘 시드:7 품질:빠르게",
    "ㅁㄴㅇㄹ",
    "/그려줘 눈 속의 파란 고래 시드:40 크기:가로 장수:2 품질:빠르게 제외:나무",
    "고래 스텝:999",
    "뷁쉙 뛟뽥",
    "/대기열",
    "/없는명령",
    "초록 개구리를 수채화로 시드:3 스텝:12 가이던스:5 품질:정밀",
    "/도움말",
)
DRAWN = (1, 3, 8)  # lines of the script that become pictures, one, two and one
_NUM_PICTURES = (1, 2, 1)
_ROUNDING = 4  # of 255
_MARKS = re.compile(r"\\(?=\W)|^-# |[*_`]", re.MULTILINE)  # of Discord's writing


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What answered somebody, when nothing more came."""

    words: tuple[str, ...]  # lines, without the platform's own signs
    job_id: str


class Visitor(Protocol):
    """Somebody alone with the bot on a platform."""

    async def say(self, text: str) -> Shown:
        """Write something, and wait for the answer. Raises TimeoutError."""
        ...

    async def commands(self) -> dict[str, Any]:
        """Say what was asked for, as the program keeps it, by the ids of its jobs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordVisitor:
    """Somebody in a direct message."""

    server: DiscordServer
    person: OnDiscord

    async def say(self, text: str) -> Shown:
        """Write, and wait for the message that answers."""
        said = self.person.say(self.person.dm, text)

        def answer() -> Any:
            messages = self.server.world.messages_in(said.channel)
            return next((one for one in messages if one.reference is said), None)

        message = await self.server.wait_for(answer, LIMIT_S)
        await self.server.wait_for(
            lambda: message.text and texts.CANCEL not in message.labels, LIMIT_S
        )
        pressed = custom_id.read(message.buttons[0]["custom_id"]) if message.buttons else None
        return Shown(words=_lines(message.text), job_id=pressed.job_id if pressed else "")

    async def commands(self) -> dict[str, Any]:
        """Read the copy of what is kept."""
        asked = self.person.slash(self.person.dm, "내데이터")
        copy = await asked.message(LIMIT_S)
        return _commands(copy.files[0].data)


@dataclass(frozen=True, slots=True, kw_only=True)
class TelegramVisitor:
    """Somebody in a private chat."""

    server: TelegramServer
    person: OnTelegram

    async def say(self, text: str) -> Shown:
        """Write, and wait for the message that answers."""
        message = await self._answer(text)
        pressed = message.buttons[0]["callback_data"].split(":") if message.buttons else ()
        return Shown(words=_lines(message.text), job_id=pressed[2] if pressed else "")

    async def commands(self) -> dict[str, Any]:
        """Read the copy of what is kept."""
        copy = await self._answer("/내데이터")
        assert copy.document is not None
        return _commands(copy.document.data)

    async def _answer(self, text: str) -> Any:
        said = self.person.write(text)

        def answer() -> Any:
            found = (one for one in said.chat.shown if one.reply_to is said)
            return next((one for one in found if texts.CANCEL not in one.labels), None)

        message = await self.server.wait_for(answer, LIMIT_S)
        is_whole = lambda: len(message.versions) == 1 or message.labels  # noqa: E731
        await self.server.wait_for(is_whole, LIMIT_S)
        return message


@dataclass(slots=True, kw_only=True)
class WebVisitor:
    """Somebody at the page."""

    client: ClientSession
    tab: Tab
    num_said: int = 0
    seen: set[str] = field(default_factory=set)  # answers

    async def say(self, text: str) -> Shown:
        """Write, and wait for the card that answers."""
        card = await self.answer(text)
        lines = (card["text"], *card["notes"], *card["suggestions"])
        return Shown(words=_lines("\n".join(lines)), job_id=card["job_id"] or "")

    async def commands(self) -> dict[str, Any]:
        """Read the copy of what is kept."""
        card = await self.answer("/내데이터")
        async with self.client.get(card["files"][0]["src"]) as response:
            return _commands(await response.read())

    async def answer(self, text: str) -> Any:
        """Write something, and wait for the card that answers."""
        self.num_said += 1
        await self.tab.say(text, event_id=f"{self.num_said:016x}")
        return await self.next_card()

    async def next_card(self) -> Any:
        """Wait for the last form of a card that was not there before."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                item: Any = await self.tab.next_of("item")
                is_answer = item["kind"] == "card" and item["id"] not in self.seen
                if is_answer and item["state"] not in ("waiting", "drawing"):
                    self.seen.add(item["id"])
                    return item


def _lines(text: str) -> tuple[str, ...]:
    """Give the lines of an answer, without what everybody is told once before their first picture."""
    lines = (line.strip() for line in _MARKS.sub("", text).splitlines())
    return tuple(line for line in lines if line and not line.startswith("그림은 생성형 인공지능"))


def _commands(copy: bytes) -> dict[str, Any]:
    jobs = [one["job"] for one in json.loads(copy)["requests"]]
    return {job["id"]: job["command"] for job in jobs}


@asynccontextmanager
async def visiting(folder: Path) -> AsyncIterator[WebVisitor]:
    """Open the page that the program announced."""
    found = re.search(r"http://127\.0\.0\.1:\d+", await noted(folder, "웹 채팅을 열었어요"))
    assert found is not None
    jar = CookieJar(unsafe=True)  # of an address rather than a name
    async with (
        ClientSession(found[0], headers={"Origin": found[0]}, cookie_jar=jar) as client,
        tab_at(client, found[0] + "/") as tab,
    ):
        yield WebVisitor(client=client, tab=tab)


async def pictures_of(folder: Path, shown: Sequence[Shown]) -> list[Image.Image]:
    """Read the pictures that are kept of a conversation."""
    found = []
    for line, num_pictures in zip(DRAWN, _NUM_PICTURES, strict=True):
        for number in range(1, num_pictures + 1):
            data = await kept(folder, shown[line].job_id, number)
            assert data is not None
            found.append(Image.open(io.BytesIO(data)).convert("RGB"))
    return found


def is_same(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures are one; beside its neighbours each is rounded a little differently."""
    most: Any = ImageChops.difference(one, other).getextrema()  # a pair for each colour
    return all(high <= _ROUNDING for _, high in most)


async def test_a_conversation_is_the_same_everywhere(tmp_path: Path) -> None:
    """What is said on one platform makes the jobs, words and pictures that it makes on the others."""
    async with DiscordServer() as discord, TelegramServer() as telegram:
        be_patient(discord)
        telegram.be_patient()

        async def ready(limit_s: float) -> None:
            await discord.ready(limit_s)
            await telegram.ready(limit_s)

        settings = {**discord_settings(discord), **telegram_settings(telegram)}
        async with (
            program(tmp_path, ready, **settings, TEXT__KEYWORDS='["frequency"]'),
            visiting(tmp_path) as visitor,
        ):
            visitors: dict[str, Visitor] = {
                "web": visitor,  # first: a page that reads nothing is hung up on
                "discord": DiscordVisitor(server=discord, person=discord.person()),
                "telegram": TelegramVisitor(server=telegram, person=telegram.person()),
            }
            await visitor.say("고래 품질:빠르게")  # when it is drawn, everything is loaded
            shown, commands, pictures = {}, {}, {}
            for (
                name,
                one,
            ) in visitors.items():  # one after the other: nobody's picture has neighbours
                shown[name] = [await one.say(text) for text in SCRIPT]
                kept_commands = await one.commands()
                commands[name] = [kept_commands[shown[name][line].job_id] for line in DRAWN]
                pictures[name] = await pictures_of(tmp_path, shown[name])

    words = {name: [one.words for one in answers] for name, answers in shown.items()}
    for name in ("telegram", "web"):
        for said, expected, found in zip(SCRIPT, words["discord"], words[name], strict=True):
            assert expected == found, (name, said)
        assert commands["discord"] == commands[name]
        assert all(map(is_same, pictures["discord"], pictures[name]))
    assert len(DRAWN) == len(commands["discord"])
    assert {sum(_NUM_PICTURES)} == {len(one) for one in pictures.values()}
    assert not any(map(is_same, pictures["web"][1:2], pictures["web"][2:3]))
    assert [] == [*discord.problems, *telegram.problems]
