"""The real program as an operator starts it, in a process of its own, on a local Discord."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.discord.server import DiscordServer

ROOT = Path(__file__).parents[2]
_UP_LIMIT_S = 120.0
_STOP_LIMIT_S = 40.0


@asynccontextmanager
async def program(server: DiscordServer, folder: Path, **settings: str) -> AsyncIterator[Process]:
    """Run `python -m bot run` from enter to exit, with these settings too; it has come to the gateway.

    Its log lies in the folder. Raises TimeoutError where it does not come.
    """
    values = {
        "DISCORD__TOKEN": server.token,
        "DISCORD__API_BASE": server.url,
        "DATA_DIR": str(folder / "var"),
        "KEY_FILE": str(folder / "data.key"),
        "WEB__PORT": "0",
        "LOG_LEVEL": "info",
        **settings,
    }
    environment = {f"GEURYEOJWO_{name}": value for name, value in values.items()}
    with (folder / "program.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", cwd=ROOT, env={**os.environ, **environment},
            stdin=DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        await server.ready(_UP_LIMIT_S)
        yield process
    finally:
        await _stop(process)


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOP_LIMIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()
