"""What is not drawn here, on Discord, on Telegram and in the web chat: refused, paused, suspended, lifted.

One program serves all three at once, with its real gate and its real model; the platforms are the local
ones, and somebody on Discord runs the bot.
"""

import asyncio
import re
from pathlib import Path

import pytest

from bot import error_texts, texts
from bot.strikes import NotOperator
from tests.discord.bot import be_patient
from tests.discord.program import settings_of as discord_settings
from tests.discord.server import DiscordServer
from tests.end_to_end.test_everywhere import (
    DiscordVisitor,
    Shown,
    TelegramVisitor,
    Visitor,
    visiting,
)
from tests.program import LIMIT_S, program
from tests.telegram.program import settings_of as telegram_settings
from tests.telegram.server import TelegramServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

UNSAFE = "누드 그림 그려줘"
APPEAL = "소설 표지를 부탁하려던 것이었어요"
PAUSED = "잠시 쉬어야 해요"
SUSPENDED = "운영자가 풀어 줄 때까지"
_HANDLE = re.compile(r"^([0-9a-f]{8}): ")


def said(shown: Shown) -> str:
    """Give all that was answered."""
    return " ".join(shown.words)


async def offend(visitor: Visitor) -> list[str]:
    """Ask for what is not drawn until that leads to a suspension; gives the first three answers."""
    answers = [said(await visitor.say(UNSAFE)) for _ in range(3)]
    async with asyncio.timeout(LIMIT_S):
        while SUSPENDED not in said(
            await visitor.say(UNSAFE)
        ):  # once a pause is over, it is a strike
            pass
    return answers


async def suspend(visitor: Visitor) -> None:
    """Let somebody be refused, paused and suspended, and appeal; nothing is kept of what they asked for."""
    first, second, third = await offend(visitor)
    assert texts.UNSAFE == first
    assert texts.LAST_WARNING == second
    assert PAUSED in third
    assert SUSPENDED in said(await visitor.say("고래 품질:빠르게"))
    assert texts.APPEAL_KEPT == said(await visitor.say(f"/이의 {APPEAL}"))
    assert {} == await visitor.commands()


async def lift(operator: Visitor, num_people: int) -> None:
    """Let an operator read who may not draw, and let all of them draw again."""
    listed = (await operator.say("/제재")).words
    handles = [found[1] for line in listed if (found := _HANDLE.match(line))]
    assert num_people == len(set(handles)) == " ".join(listed).count(APPEAL)
    for handle in handles:
        assert texts.LIFTED == said(await operator.say(f"/제재 해제 {handle}"))
    assert texts.NOBODY_SANCTIONED == said(await operator.say("/제재"))


@pytest.mark.fault(49)
async def test_who_asks_for_what_is_not_drawn_is_kept_out_until_lifted(tmp_path: Path) -> None:
    """On every platform the same; nobody but the operator sees or lifts it, and then all draw again."""
    async with DiscordServer() as discord, TelegramServer() as telegram:
        be_patient(discord)
        telegram.be_patient()
        runs_it = discord.person("운영자")

        async def ready(limit_s: float) -> None:
            await discord.ready(limit_s)
            await telegram.ready(limit_s)

        settings = {
            **discord_settings(discord),
            **telegram_settings(telegram),
            "OPERATOR__IDS": f'["discord:{runs_it.id}"]',
            "SAFETY__COOL_DOWN_S": "1",
            "TEXT__KEYWORDS": '["frequency"]',
        }
        async with program(tmp_path, ready, **settings), visiting(tmp_path) as visitor:
            visitors: tuple[Visitor, ...] = (
                visitor,  # first: a page that reads nothing is hung up on
                DiscordVisitor(server=discord, person=discord.person()),
                TelegramVisitor(server=telegram, person=telegram.person()),
            )
            for one in visitors:
                await suspend(one)
                tried = await one.say("/제재")
                assert error_texts.of_error(NotOperator(), job_id="") == said(tried)
            await lift(DiscordVisitor(server=discord, person=runs_it), len(visitors))
            for one in visitors:
                assert "다 그렸어요" in said(await one.say("고래 품질:빠르게"))

    written = (tmp_path / "program.log").read_text()
    assert "누드" not in written
    assert APPEAL not in written
    assert [] == [*discord.problems, *telegram.problems]
