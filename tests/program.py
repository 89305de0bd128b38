"""The real program as an operator starts it, in a process of its own, and what it leaves in its folder."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bot.files import Files
from bot.job import picture_key
from bot.sealing import load_or_create
from tests.leaks import leaks_in

ROOT = Path(__file__).parents[1]
LIMIT_S = 120.0  # that anything may take: what is measured is what happens, not when
_STOP_LIMIT_S = 40.0
_LOOK_S = 0.05
_SECRET = ("TOKEN", "KEY", "SECRET", "PASSWORD")


@asynccontextmanager
async def program(
    folder: Path, ready: Callable[[float], Awaitable[object]], **settings: str
) -> AsyncIterator[Process]:
    """Run `python -m bot run` from enter to exit, with these settings; `ready` waits until it has come.

    Its log lies in the folder, and holds neither a secret nor somebody's words. Raises what `ready`
    raises where it does not come.
    """
    values = {
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
        await ready(LIMIT_S)
        yield process
    finally:
        await _stop(process)
    secrets = [value for name, value in settings.items() if name.endswith(_SECRET)]
    found = leaks_in((folder / "program.log").read_text(errors="replace"), secrets=secrets)
    assert found == [], f"in {folder / 'program.log'}"


async def _stop(process: Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOP_LIMIT_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def kept(folder: Path, job_id: str, number: int = 1) -> bytes | None:
    """Read the file of a job's picture as the program keeps it."""
    sealer = load_or_create(folder / "data.key", may_create=False)
    return await Files(str(folder / "var"), sealer).read(picture_key(job_id, number))


async def noted(folder: Path, *words: str) -> str:
    """Wait until a line of the program's log has all of these words; gives it. Raises TimeoutError."""
    log = folder / "program.log"
    async with asyncio.timeout(LIMIT_S):
        while True:  # a file tells nobody that it has grown
            for line in log.read_text().splitlines():
                if all(word in line for word in words):
                    return line
            await asyncio.sleep(_LOOK_S)
