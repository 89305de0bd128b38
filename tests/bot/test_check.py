"""`check` and Discord: what an operator reads, with the local Discord."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot import check_texts
from bot.check import _check_discord, _operator
from bot.settings import DiscordSection, OperatorSection, Settings, TelegramSection
from tests.discord.server import DiscordServer
from tests.discord.things import Permission

ROOT = Path(__file__).parents[2]
LIMIT_S = 120.0


@pytest.fixture
async def discord() -> AsyncIterator[DiscordServer]:
    """A Discord with one server, which gives the bot what it needs."""
    async with DiscordServer() as server:
        yield server


async def check(discord: DiscordServer, token: str) -> tuple[list[str], bool]:
    """Give the lines about Discord, and whether something has to be mended."""
    section = DiscordSection(api_base=discord.url, token=SecretStr(token))
    lines, has_problem = [], False
    async with aclosing(_check_discord(Settings(discord=section))) as found:
        async for line, is_problem in found:
            lines += line.splitlines()
            has_problem = has_problem or is_problem
    return lines, has_problem


async def test_where_all_is_well_every_part_is_ticked(discord: DiscordServer) -> None:
    """Both links are shown, for servers and for oneself, and Discord has nothing to complain about."""
    lines, has_problem = await check(discord, discord.token)

    assert not has_problem
    assert ["✓", "✓", " ", " ", "✓", "✓", "✓"] == [line[0] for line in lines]
    assert "&permissions=274878024704" in lines[2]
    assert "integration_type=1" in lines[3]
    assert [] == discord.problems


async def test_a_description_without_ai_is_missed(discord: DiscordServer) -> None:
    """People see it before they write; what it lacks is said, and stops nothing."""
    discord.world.application_facts["description"] = "고래를 그려요"
    without, has_problem = await check(discord, discord.token)
    discord.world.application_facts["description"] = "AI가 고래를 그려요"
    within, _ = await check(discord, discord.token)

    assert not has_problem
    assert [1, 0] == [
        sum("디스코드 앱 소개" in one for one in lines) for lines in (without, within)
    ]


@pytest.mark.parametrize(
    ("operator", "is_told"),
    [
        (OperatorSection(), False),
        (OperatorSection(name="별빛"), False),
        (OperatorSection(contact="help@example.com"), False),
        (OperatorSection(name="별빛", contact="help@example.com"), True),
    ],
)
def test_a_bot_for_others_names_its_operator(operator: OperatorSection, is_told: bool) -> None:
    """Name and contact are asked for where people come from outside; nothing fails without them."""
    telegram = TelegramSection(token=SecretStr(f"123456:{'A' * 35}"))
    line, has_problem = _operator(Settings(telegram=telegram, operator=operator))

    assert (is_told, False) == (line.startswith("✓"), has_problem)
    assert is_told or "operator.contact" in line


def test_a_bot_for_oneself_needs_no_operator() -> None:
    """On this machine alone nobody has to be told who runs it."""
    line, has_problem = _operator(Settings())

    assert (True, False) == (line.startswith("✓"), has_problem)


async def test_commands_are_registered_once(discord: DiscordServer) -> None:
    """The second look finds what the first one left there, and puts nothing."""
    first, _ = await check(discord, discord.token)
    second, _ = await check(discord, discord.token)

    assert "다시 등록했어요" in first[-1]
    assert "등록된 그대로예요" in second[-1]
    assert 1 == len(discord.log.of("PUT"))


async def test_a_missing_permission_is_named(discord: DiscordServer) -> None:
    """With the server in which it is missing."""
    assert discord.guild.bot_permissions is not None
    discord.guild.bot_permissions &= ~Permission.ATTACH_FILES

    lines, has_problem = await check(discord, discord.token)

    assert has_problem
    assert 1 == sum("‘그림방’: 권한이 모자라요: 파일 첨부." in line for line in lines)


async def test_without_a_token_one_line_says_how_to_set_it(discord: DiscordServer) -> None:
    """Nobody is asked, and nothing is wrong."""
    assert ([check_texts.DISCORD_LEFT_OUT], False) == await check(discord, "")
    assert [] == discord.log.requests


async def test_a_wrong_token_ends_with_1_and_is_never_shown(
    discord: DiscordServer, tmp_path: Path
) -> None:
    """From the shell: the line says where a new one comes from; the other parts are looked at too."""
    environ = {
        "GEURYEOJWO_DISCORD__TOKEN": "MTIz.s3cr3t.token",
        "GEURYEOJWO_DISCORD__API_BASE": discord.url,
        "GEURYEOJWO_DATA_DIR": str(tmp_path),
        "GEURYEOJWO_MODEL__SOURCE": "some/model",  # that is not here, so that none is loaded
        "GEURYEOJWO_WEB__PORT": "0",
        "HF_HOME": str(tmp_path),
        "HF_HUB_OFFLINE": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "check",
        cwd=ROOT,
        env=os.environ | environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(LIMIT_S):
        said = (await process.communicate())[0].decode()

    assert 1 == process.returncode
    assert "✗ 디스코드 토큰: 디스코드가 받아 주지 않는 토큰이에요." in said
    assert "그림 모델" in said
    assert "s3cr3t" not in said
    assert 1 == len(discord.log.requests)
