"""`check` and Telegram: what an operator reads, with the local Telegram."""

import socket
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest
from pydantic import SecretStr

from bot import check_texts
from bot.check import _check_telegram
from bot.settings import Settings, TelegramSection
from tests.telegram.faults import Fault, error, html, limited
from tests.telegram.server import TelegramServer


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramServer]:
    """A Telegram on this machine."""
    async with TelegramServer() as server:
        yield server


async def check(base_url: str, token: str) -> tuple[list[str], bool]:
    """Give the lines about Telegram, and whether something has to be mended."""
    section = TelegramSection(base_url=base_url, token=SecretStr(token) if token else None)
    lines, has_problem = [], False
    async with aclosing(_check_telegram(Settings(telegram=section))) as found:
        async for line, is_problem in found:
            lines += line.splitlines()
            has_problem = has_problem or is_problem
    return lines, has_problem


async def test_where_all_is_well_every_part_is_ticked(telegram: TelegramServer) -> None:
    """The second look finds what the first one left there."""
    telegram.world.reads_all = telegram.world.allows_inline = True
    first, has_problem = await check(telegram.base_url, telegram.token)
    second, _ = await check(telegram.base_url, telegram.token)

    assert not has_problem
    assert ["✓", " ", "✓"] == [line[0] for line in first]
    assert f"https://t.me/{telegram.world.bot.username}" in first[1]
    assert "다시 등록했어요" in first[-1]
    assert "등록된 그대로예요" in second[-1]
    assert [] == telegram.problems


async def test_what_the_bot_does_not_hear_is_said_and_how_to_change_it(
    telegram: TelegramServer,
) -> None:
    """It is the operator's choice, and no mistake."""
    telegram.world.reads_all = telegram.world.allows_inline = False
    lines, has_problem = await check(telegram.base_url, telegram.token)

    assert not has_problem
    assert 1 == sum("/setprivacy" in line for line in lines)
    assert 1 == sum("/setinline" in line for line in lines)


async def test_without_a_token_one_line_says_how_to_set_it(telegram: TelegramServer) -> None:
    """Nobody is asked, and nothing is wrong."""
    assert ([check_texts.TELEGRAM_LEFT_OUT], False) == await check(telegram.base_url, "")
    assert [] == telegram.log.calls


async def test_a_wrong_token_is_said_and_never_shown(telegram: TelegramServer) -> None:
    """With the variable that has to be changed."""
    (line,), has_problem = await check(telegram.base_url, "123:s3cr3t-token")

    assert has_problem
    assert "GEURYEOJWO_TELEGRAM__TOKEN" in line
    assert "s3cr3t" not in line


async def test_a_telegram_that_is_not_there_is_said() -> None:
    """With the setting that has its address."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/bot"
        (line,), has_problem = await check(url, "123:token")

    assert has_problem
    assert "telegram.base_url" in line


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        pytest.param(html(), "제대로 답하지 못해요", id="proxy"),
        pytest.param(error(500, "Internal Server Error"), "제대로 답하지 못해요", id="broken"),
        pytest.param(limited(7), "조금 뒤에 다시 해 주세요 (7)", id="busy"),
    ],
)
async def test_a_telegram_that_fails_is_said(
    telegram: TelegramServer, fault: Fault, said: str
) -> None:
    """One line tells what to do."""
    telegram.faults.add(fault, method="getMe")
    (line,), has_problem = await check(telegram.base_url, telegram.token)

    assert has_problem
    assert said in line
