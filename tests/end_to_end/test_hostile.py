"""Texts, addresses and names that are meant to do harm, sent to the running program on every platform.

One program with its real model serves them all. What is asked of it: an answer in words, nothing
fetched, nothing outside its folder, and a program that still draws.
"""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image

from tests.discord.bot import be_patient
from tests.discord.payloads import Payloads
from tests.discord.program import settings_of as discord_settings
from tests.discord.server import DiscordServer
from tests.end_to_end.test_everywhere import (
    DiscordVisitor,
    TelegramVisitor,
    Visitor,
    visiting,
)
from tests.program import LIMIT_S, program
from tests.telegram.program import settings_of as telegram_settings
from tests.telegram.server import TelegramServer

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(900)]

PLATFORMS = ("web", "discord", "telegram")
QUICKLY = " 품질:빠르게"
QUICK = "빨간 사과" + QUICKLY


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A program, and somebody on each platform that it serves."""

    folder: Path
    discord: DiscordServer
    telegram: TelegramServer

    @asynccontextmanager
    async def visitor(self, platform: str) -> AsyncIterator[Visitor]:
        """Give somebody who has not written yet. A page that nobody looks at is hung up on."""
        if platform == "web":
            async with visiting(self.folder) as visitor:
                yield visitor
        elif platform == "discord":
            yield DiscordVisitor(server=self.discord, person=self.discord.person())
        else:
            yield TelegramVisitor(server=self.telegram, person=self.telegram.person())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A program that has drawn once, for all tests of this file."""
    folder = tmp_path_factory.mktemp("hostile")
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(DiscordServer())
        telegram = await stack.enter_async_context(TelegramServer())
        be_patient(discord)
        telegram.be_patient()

        async def ready(limit_s: float) -> None:
            await discord.ready(limit_s)
            await telegram.ready(limit_s)

        settings = {**discord_settings(discord), **telegram_settings(telegram)}
        await stack.enter_async_context(
            program(folder, ready, **settings, TEXT__KEYWORDS='["frequency"]')
        )
        house = House(folder=folder, discord=discord, telegram=telegram)
        async with house.visitor("web") as visitor:
            await visitor.say(QUICK)
        yield house


TEXTS = {
    "blank": " \u3000\t ",
    "one letter": "가",
    "one jamo": "ㄱ",
    "emoji alone": "🐳🌊🌅",
    "turned around": "\u202e고래\u2066 그려줘\u2069\u202c",
    "nothing between": "고\u200b래\u200d \u2060그려\ufeff줘",
    "a zero": "고\x00래 그려줘",
    "half a pair": "고래 \ud83d 그려줘 \udc00",
    "Zalgo": "고" + "\u0301\u0489" * 200 + "래 그려줘",
    "control characters": "고래\x1b[31m\x07\x7f\x85 그려줘\r\n\x1b]0;제목\x07",
    "other lines": "고래 그려줘\u2028[info] job accepted\u2029",
    "markup": "**고래** `@everyone` <@1> <b>새</b> [x](http://a.b) <script>alert(1)</script>",
    "as long as Discord lets": "가나다라마 " * 330,
    "braces and percents": "고래 {settings.discord.token} %s %n {{7*7}} ${HOME} `id` $(id)",
    "SQL": "고래'; DROP TABLE jobs; --",
}


# What a platform lets nobody send.
UNSENDABLE = {"web": (), "discord": ("blank",), "telegram": ("blank", "half a pair")}


@pytest.mark.fault(40)
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_every_text_is_answered(house: House, platform: str) -> None:
    """However odd a text is, a picture or a sentence comes, and the next one is drawn as ever."""
    unanswered = []
    async with house.visitor(platform) as visitor:
        for name, text in TEXTS.items():
            if name in UNSENDABLE[platform]:
                continue
            if not (await visitor.say(text + QUICKLY if text.strip() else text)).words:
                unanswered.append(name)

        assert [] == unanswered
        assert (await visitor.say(QUICK)).job_id


@pytest.mark.fault(40)
@pytest.mark.parametrize(("platform", "most"), [("web", 10_000), ("telegram", 4_096)])
async def test_a_text_that_is_too_long_is_refused(house: House, platform: str, most: int) -> None:
    """It is answered with how long a text may be, and makes no job."""
    async with house.visitor(platform) as visitor:
        shown = await visitor.say("가" * most)

    assert not shown.job_id
    assert any("자" in line for line in shown.words)


@pytest.mark.fault(40)
async def test_a_text_without_end_is_not_read(house: House) -> None:
    """A page that sends 100,000 characters is told so before anybody looks at them."""
    async with visiting(house.folder) as visitor:
        await visitor.tab.say("가" * 100_000)
        async with asyncio.timeout(LIMIT_S):
            refusal = await visitor.tab.next_of("refused")

    assert "too_long" == refusal["reason"]


@pytest.mark.fault(40)
async def test_the_log_is_printable(house: House) -> None:
    """Nothing that somebody wrote coloured the operator's terminal or began a line there."""
    async with house.visitor("web") as visitor:
        await visitor.say(TEXTS["control characters"])

    log = (house.folder / "program.log").read_text(encoding="utf-8", errors="replace")

    assert all(line.isprintable() for line in log.split("\n"))


@dataclass(slots=True)
class Trap:
    """Counts whoever connects to this machine's loopback addresses."""

    port: int = 0
    num_connections: int = 0

    async def take(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note a connection and end it."""
        self.num_connections += 1
        writer.close()

    @property
    def urls(self) -> tuple[str, ...]:
        """Spell the trap in many ways, with others that nobody may ask either."""
        hosts = ("127.0.0.1", "localhost", "0x7f.1", "2130706433", "0177.0.0.1", "127.1", "[::1]",
                 "[::ffff:127.0.0.1]", "0.0.0.0", "a@127.0.0.1")  # fmt: skip
        return (
            *(f"http://{host}:{self.port}/x.png" for host in hosts),
            f"HTTPS://127.0.0.1:{self.port}/x.png",
            "file:///etc/passwd",
        )


@asynccontextmanager
async def trap() -> AsyncIterator[Trap]:
    """Listen on both kinds of loopback, as far as there are both."""
    found = Trap()
    first = await asyncio.start_server(found.take, "127.0.0.1", 0)
    found.port = first.sockets[0].getsockname()[1]
    servers = [first]
    with suppress(OSError):  # no IPv6 here
        servers.append(await asyncio.start_server(found.take, "::1", found.port))
    try:
        yield found
    finally:
        for server in servers:
            server.close()
            await server.wait_closed()


@pytest.mark.fault(45)
async def test_a_trap_notices_whoever_connects() -> None:
    """The listener of the next test counts."""
    async with trap() as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        assert b"" == await reader.read()
        writer.close()

    assert 1 == listener.num_connections


@pytest.mark.fault(45)
@pytest.mark.parametrize("platform", PLATFORMS)
async def test_no_address_in_a_text_is_fetched(house: House, platform: str) -> None:
    """Addresses in the words and in what is left out are words."""
    async with house.visitor(platform) as visitor, trap() as listener:
        for number in range(0, len(listener.urls), 4):
            some = " ".join(listener.urls[number : number + 4])
            assert (await visitor.say(f"고래 {some} 그려줘 품질:빠르게")).words
        assert (await visitor.say(f"고래 그려줘 제외:{listener.urls[0]} 품질:빠르게")).words

        assert 0 == listener.num_connections


def photo() -> bytes:
    """A small picture."""
    file = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(file, "PNG")
    return file.getvalue()


@pytest.mark.fault(45)
async def test_an_attachment_from_elsewhere_is_not_fetched(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform that were made to say that a file lies on this machine is not believed."""
    original = Payloads.attachment
    person = house.discord.person()
    async with trap() as listener:

        def elsewhere(self: Payloads, *given: Any) -> dict[str, Any]:
            return original(self, *given) | {
                "url": listener.urls[0],
                "proxy_url": listener.urls[0],
            }

        monkeypatch.setattr(Payloads, "attachment", elsewhere)
        said = person.say(person.dm, "고래 그려줘 품질:빠르게", files=[("x.png", photo())])

        def answer() -> Any:
            messages = house.discord.world.messages_in(said.channel)
            return next((one for one in messages if one.reference is said and one.text), None)

        await house.discord.wait_for(answer, LIMIT_S)

        assert 0 == listener.num_connections


NAMES = ("../../canary-x.png", "/tmp/canary-y.png", "CON", "canary" * 50 + ".png", "can\x00ary.png")


@pytest.mark.fault(47)
async def test_a_files_name_names_nothing(house: House) -> None:
    """Whatever a file is called, what is kept of it has a name of ours, inside the program's folder."""
    telegram, person = house.telegram, house.telegram.person()

    for name in NAMES:
        said = person.document(photo(), name, "고래 그려줘 품질:빠르게", media_type="image/png")

        def is_answered(said: Any = said) -> bool:
            return any(one.reply_to is said and one.text for one in said.chat.shown)

        await telegram.wait_for(is_answered, LIMIT_S)

    kept = {name for _, _, names in os.walk(house.folder) for name in names}
    assert [] == [
        name for name in kept if "canary" in name or "can\x00ary" in name or name == "CON"
    ]
    outside = (house.folder.parent / "canary-x.png", Path("/tmp/canary-y.png"))
    assert not any(map(os.path.exists, outside))
