"""How the real program ends: in good order, in time, with everything left for the next start.

The real parts and the real commands; only the platform of the first test is a stand-in.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot import shell_texts
from bot.adapters.port import CardState
from tests.kill.judge import judge
from tests.kill.role import Form
from tests.platform.server import Platform

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LEAVE_LIMIT_S = 25.0  # what an end may take
START_LIMIT_S = 240.0
DRAW_LIMIT_S = 240.0


@dataclass(slots=True)
class Shell:
    """One `python -m bot` and what it said so far."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def until_said(self, words: str) -> None:
        """Wait until it says something, on standard error as ever."""
        assert self.process.stderr is not None
        while not any(words in line for line in self.said):
            line = (await asyncio.wait_for(self.process.stderr.readline(), START_LIMIT_S)).decode()
            assert line, "".join(self.said)
            self.said.append(line)

    async def ended(self) -> int:
        """Wait for its end, not longer than that may take, and give its exit code."""
        assert self.process.stderr is not None
        rest = await asyncio.wait_for(self.process.stderr.read(), LEAVE_LIMIT_S)
        self.said += rest.decode().splitlines(keepends=True)
        return await asyncio.wait_for(self.process.wait(), LEAVE_LIMIT_S)


@asynccontextmanager
async def shell(folder: Path, *arguments: str) -> AsyncIterator[Shell]:
    """Run a command over a folder; whatever still runs in the end is killed."""
    environment = {
        "GEURYEOJWO_DATA_DIR": str(folder / "var"),
        "GEURYEOJWO_KEY_FILE": str(folder / "data.key"),
        "GEURYEOJWO_WEB__PORT": "0",
        "GEURYEOJWO_LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *arguments,
        cwd=ROOT, env={**os.environ, **environment},
        stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Shell(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def complaints(lines: Sequence[str]) -> list[str]:
    """Give what sounds as if something had gone wrong."""
    words = ("[warning", "[error", "[critical", "Traceback", "Exception")
    return [line for line in lines if any(word in line for word in words)]


async def test_an_end_under_load_is_in_time_and_loses_nothing(tmp_path: Path) -> None:
    """The log of an end in good order says nothing bad; the next start draws the rest (fault 16)."""
    async with Platform() as platform:
        (role,) = Form(folder=tmp_path, platform_url=platform.url, work_s=None).roles("run")
        for number in range(4):
            platform.say("고래 그려줘 품질:정밀 장수:2", person=f"p{number}", place=f"p{number}")
        try:
            await role.start()
            await asyncio.wait_for(
                platform.until(lambda: bool(platform.log.newest(CardState.DRAWING))), START_LIMIT_S
            )
            assert role._process is not None
            role._process.send_signal(signal.SIGTERM)
            status = await asyncio.wait_for(role.end(), LEAVE_LIMIT_S)
            said = role.log.read_text().splitlines()
            num_done = len(platform.log.newest(CardState.DONE))
            await role.start()
            await asyncio.wait_for(
                platform.until(lambda: len(platform.log.newest(CardState.DONE)) == 4), DRAW_LIMIT_S
            )
        finally:
            await role.stop()

    verdict = judge(platform.log)
    assert (0, []) == (status, complaints(said))
    assert num_done < 4
    assert verdict.is_good, verdict.table()


async def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    """Whoever asks twice does not wait for the model that is being loaded."""
    async with shell(tmp_path, "run") as program:
        await program.until_said("http://")
        program.process.send_signal(signal.SIGTERM)
        await program.until_said(shell_texts.STOPPING)
        program.process.send_signal(signal.SIGTERM)
        status = await program.ended()

    assert 128 + signal.SIGTERM == status


@pytest.mark.parametrize(
    "commands", [("run",), ("chat", "worker")], ids=["one process", "roles apart"]
)
async def test_every_role_starts_and_ends_in_good_order(
    commands: Sequence[str], tmp_path: Path
) -> None:
    """It says when it can do its part, ends with 0 when asked to, and complains of nothing."""
    ready = {
        "run": shell_texts.READY,
        "worker": shell_texts.READY,
        "chat": shell_texts.READY_TO_READ,
    }
    for command in commands:
        async with shell(tmp_path, command) as program:
            await program.until_said(ready[command])
            program.process.send_signal(signal.SIGTERM)
            status = await program.ended()
        assert (0, []) == (status, complaints(program.said))
