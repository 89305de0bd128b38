"""One process of the program, that is started, killed and started again; and which of them there are."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.sealing import load_or_create

ROOT = Path(__file__).parents[2]
_UP_LIMIT_S = 90.0
_STOP_LIMIT_S = 30.0


class Died(Exception):
    """A process ended that nobody had killed."""


@dataclass(slots=True, kw_only=True)
class Role:
    """One role in one process at a time; what it writes to standard error is kept in a file."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    _process: asyncio.subprocess.Process | None = field(default=None, repr=False)
    _up: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    _reading: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        """Return the id of the running process."""
        assert self._process is not None
        return self._process.pid

    async def start(self, **environment: str) -> None:
        """Begin a process, with these variables too."""
        assert self._process is None
        self._up = asyncio.Event()
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.kill.program", *self.arguments,
                env={**os.environ, **self.environment, **environment},
                cwd=ROOT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._reading = asyncio.create_task(self._read(self._process))

    async def up(self) -> None:
        """Wait until it says that it serves. Raises Died."""
        await asyncio.wait_for(self._up.wait(), _UP_LIMIT_S)
        self.check()

    async def end(self) -> int:
        """Wait until it ends by itself; gives the exit status, -9 of one that was killed."""
        assert self._process is not None
        status = await self._process.wait()
        await self._let_go()
        return status

    async def kill(self) -> None:
        """End it as a power cut would. Raises Died where it had ended by itself."""
        self.check()
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self.end()

    async def stop(self) -> None:
        """Ask it to end, and make it."""
        if self._process is None:
            return
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_LIMIT_S)
        except TimeoutError:
            self._process.send_signal(signal.SIGKILL)
        await self.end()

    def check(self) -> None:
        """Raise Died, with the end of the log, where it has ended."""
        if self._process is None or self._process.returncode is not None:
            status = self._process and self._process.returncode
            raise Died(f"{self.name} ended with {status}:\n{self.log.read_text()[-4000:]}")

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        """Take the first thing that it says for a sign of life, and all else so that it is not stuck."""
        assert process.stdout is not None
        with self.log.with_suffix(".out").open("ab") as said:
            async for line in process.stdout:
                said.write(line)
                self._up.set()
        await process.wait()
        self._up.set()  # whoever waits is told that it died

    async def _let_go(self) -> None:
        if self._reading is not None:
            await self._reading
        self._process = self._reading = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Which roles there are, over what they share."""

    folder: Path
    platform_url: str
    repeat_s: float = 180.0
    work_s: float | None = 0.3  # None draws with the demonstration model
    database_url: str | None = None
    max_deaths: int = 1000  # of workers that draw a job; most die on purpose here

    def roles(self, *names: str) -> tuple[Role, ...]:
        """Give the processes: `run`, or `chat` and workers by their names."""
        if self.database_url:  # where several machines share data, the operator brings the key
            load_or_create(self._key_file, may_create=True)
        return tuple(self._role(name) for name in names)

    @property
    def _key_file(self) -> Path:
        return self.folder / "data.key"

    def _role(self, name: str) -> Role:
        values = {
            "DATA_DIR": str(self.folder / "var"),
            "KEY_FILE": str(self._key_file),
            "MARKS__KEY_DIR": str(self.folder / "marks"),
            "LOG_LEVEL": "warning",
            "WEB__PORT": "0",
            "QUEUE__MAX_PER_PERSON": "30",
            "QUEUE__MAX_WORKER_DEATHS": str(self.max_deaths),
            **({"WORKER__NAME": name} if name.startswith("worker") else {}),
            **({"DATABASE__URL": self.database_url} if self.database_url else {}),
        }
        work = () if self.work_s is None else ("--work", str(self.work_s))
        return Role(
            name=name,
            arguments=(
                name.partition("-")[0], "--platform", self.platform_url,
                "--repeat", str(self.repeat_s), *work,
            ),
            environment={f"GEURYEOJWO_{key}": value for key, value in values.items()},
            log=self.folder / f"{name}.log",
        )  # fmt: skip
