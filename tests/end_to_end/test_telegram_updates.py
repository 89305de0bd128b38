"""How updates come from Telegram: brought to a webhook, brought twice, and asked for by somebody else, too.

The program and its client are real, only the text pipeline and the engine work by waiting; Telegram is the
local one, which notes every rule that the program breaks: each test ends with none.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.kill.role import Role
from tests.program import LIMIT_S, noted
from tests.telegram.bot import call
from tests.telegram.program import Bot, judge, judge_amount, settings_of
from tests.telegram.server import TelegramServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ORIGIN = "https://bot.example.org"


@asynccontextmanager
async def running(folder: Path, **settings: str) -> AsyncIterator[Bot]:
    """Run the program from enter to exit, with these settings too."""
    async with TelegramServer() as server:
        server.be_patient()
        values = {
            **settings_of(server),
            "DATA_DIR": str(folder / "var"),
            "KEY_FILE": str(folder / "data.key"),
            "LOG_LEVEL": "info",
            "WEB__PORT": "0",
            **settings,
        }
        role = Role(
            name="run",
            arguments=("run", "--work", "0.1"),
            environment={f"GEURYEOJWO_{key}": value for key, value in values.items()},
            log=folder / "program.log",
        )
        try:
            await role.start()
            await server.ready(LIMIT_S)
            yield Bot(server=server, folder=folder)
            judge(server)
            judge_amount(server)
        finally:
            await role.stop()


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


async def test_what_is_brought_twice_to_a_webhook_is_done_once(tmp_path: Path) -> None:
    """Each update is taken when it is written down; whoever does not know the secret is refused."""
    port = free_port()
    hook = {"TELEGRAM__WEBHOOK__URL": f"{ORIGIN}/hook", "TELEGRAM__WEBHOOK__PORT": str(port)}
    async with running(tmp_path, **hook) as bot:
        updates, person = bot.server.updates, bot.server.person()
        local = updates.proxies[ORIGIN] = f"http://127.0.0.1:{port}"
        updates.num_pushes = 2
        card = await bot.draw(person, "고래 시드:7")
        again = await bot.finished(await bot.press(person, card, "다시 그리기"))
        await bot.server.wait_for(lambda: not updates.pending, LIMIT_S)
        forged = {"update_id": 1, "message": {"message_id": 1, "date": 0, "text": "고래"}}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{local}/hook", json=forged) as answer,
        ):
            status = answer.status

        assert [card, again] == bot.ours(person.chat)
        assert {200} == {one.status for one in updates.pushes}
        assert 4 == len(updates.pushes)
        assert 403 == status
        assert [] == bot.server.log.of("getUpdates")


async def test_of_two_who_ask_ours_stops_and_says_so(tmp_path: Path) -> None:
    """Where another program asks for the updates of the same bot, the log tells the operator."""
    async with running(tmp_path) as bot:
        await bot.draw(bot.server.person(), "고래")
        stop = asyncio.Event()

        async def rival() -> None:
            while not stop.is_set():
                await call(bot.server, "getUpdates", timeout=50)

        asking = asyncio.create_task(rival())
        try:
            await noted(tmp_path, "another program asks")
            stop.set()
        finally:
            asking.cancel()
        log = (tmp_path / "program.log").read_text()

        assert 1 == log.count("another program asks")
        assert bot.server.token not in log
