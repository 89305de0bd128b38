"""One person on Discord and in the web chat: joined by a code, with one history, and parted again.

The program, its model, the client and the sockets are real; Discord is the local one.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from bot import texts
from tests.bot.adapters.web.script import Tab, tab_at
from tests.discord.bot import LIMIT_S, Bot, card_of, living, told

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(600)]

_CODE = re.compile("[2-9A-Z]{4}-[2-9A-Z]{4}")


class Visitor:
    """Somebody in the web chat."""

    def __init__(self, tab: Tab) -> None:
        self._tab, self._num_said = tab, 0

    async def say(self, text: str, wanted: str) -> str:
        """Write something, and wait for a card whose text matches; gives what matches."""
        self._num_said += 1
        await self._tab.say(text, event_id=f"{self._num_said:016x}")
        async with asyncio.timeout(LIMIT_S):
            while True:
                event = await self._tab.next()
                if found := re.search(wanted, str(event)):
                    return found[0]


@asynccontextmanager
async def visiting(bot: Bot) -> AsyncIterator[Visitor]:
    """Open the web chat as a new visitor."""
    await bot.noted("웹 채팅을 열었어요", "http://127.0.0.1")
    log = (bot.folder / "program.log").read_text()
    found = re.search(r"웹 채팅을 열었어요.*(http://127\.0\.0\.1:\d+)", log)
    assert found is not None
    jar = CookieJar(unsafe=True)  # of an address rather than a name
    async with (
        ClientSession(found[1], headers={"Origin": found[1]}, cookie_jar=jar) as client,
        tab_at(client, found[1] + "/") as tab,
    ):
        yield Visitor(tab)


async def test_one_person_is_known_on_two_platforms(tmp_path: Path) -> None:
    """What was drawn on one is shown on the other, until they part; a code works once."""
    async with living(tmp_path, TEXT__KEYWORDS='["frequency"]') as bot, visiting(bot) as visitor:
        person, stranger = bot.server.person(), bot.server.person()
        channel = bot.channel()
        await bot.draw(person, "초록 개구리", channel=channel)
        offered = await told(person.slash(channel, "연결"))
        found = _CODE.search(offered)
        assert found is not None
        joined = await visitor.say(f"/연결 {found[0]}", "디스코드 계정과 연결했어요")
        seen = await visitor.say("/내그림", "초록 개구리")
        late = await told(stranger.slash(channel, "연결", 코드=found[0]))
        linked = await told(person.slash(channel, "연결"))
        parted = await told(person.slash(channel, "연결", 코드="끊기"))
        unseen = await visitor.say("/내그림", texts.NO_PICTURES)
        own = await card_of(person.slash(channel, "내그림"))

        assert [] == list(bot.server.problems)
    assert "코드가 맞지 않거나" in late
    assert "웹 채팅 계정과 연결되어" in linked
    assert texts.parted(("web",)) in parted
    assert all((joined, seen, unseen))
    assert "초록 개구리" in str(own.last)
