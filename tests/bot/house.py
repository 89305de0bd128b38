"""Whole programs in this process, one after the other, over one folder and one platform.

Only the text pipeline and the engine are stand-ins, which work by waiting; the platform is the one
of the kill tests, with its own adapter. What a process leaves behind is the next one's.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from bot.adapters.port import CardState, Person, Place
from bot.app import App
from bot.command import DrawCommand
from bot.job import Job
from bot.locks import Lock, lock_for
from bot.sealing import load_or_create
from bot.settings import QueueSection, Settings, WebSection, WorkerSection
from bot.store import Store
from tests.kill.judge import Verdict, judge
from tests.kill.work import WaitingEngine, WaitingText
from tests.platform.adapter import LineOptions, LinePort
from tests.platform.log import PLATFORM, Shown
from tests.platform.server import Platform

LIMIT_S = 60.0
FOR_EVER_S = 3600.0


class Engine(WaitingEngine):
    """An engine whose model loads when the test lets it."""

    may_start: asyncio.Event

    async def start(self) -> None:
        """Wait for the test."""
        await self.may_start.wait()


class Text(WaitingText):
    """A text pipeline that fails when the test says so."""

    error: Exception | None = None

    async def prepare(self, *arguments: object, **named: object) -> object:  # type: ignore[override]
        """Fail, or work."""
        if self.error is not None:
            raise self.error
        return await super().prepare(*arguments, **named)  # type: ignore[arg-type]


@dataclass(slots=True, kw_only=True)
class Process:
    """One program that runs."""

    engine: Engine
    text: Text
    said: list[str]
    stop: asyncio.Event
    running: asyncio.Task[None]


@dataclass(slots=True)
class House:
    """A folder with a key beside it, and a platform."""

    folder: Path
    platform: Platform
    patch: pytest.MonkeyPatch
    work_s: float = 0.05
    text_s: float = 0.01
    error: Exception | None = None  # of every text
    may_start: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_start.set()

    @property
    def data(self) -> Path:
        """Where everything is kept."""
        return self.folder / "var"

    def settings(self, *, worker: str = "worker-0") -> Settings:
        """Give the settings of every process here."""
        return Settings(
            data_dir=self.data,
            key_file=self.folder / "data.key",
            web=WebSection(port=0),
            queue=QueueSection(max_per_person=30),
            worker=WorkerSection(name=worker),
        )

    def app(self, role: str = "run", *, worker: str = "worker-0") -> tuple[App, Engine, Text]:
        """Make a program that was not started yet."""
        engine, text = Engine(work_s=self.work_s), Text(text_s=self.text_s)
        engine.may_start, text.error = self.may_start, self.error
        self.patch.setattr("bot.worker_role.make_engine", lambda *_: engine)
        self.patch.setattr("bot.chat_role.make_preparer", lambda *_: text)
        line = partial(LinePort, LineOptions(url=self.platform.url))
        return App(self.settings(worker=worker), role=role, adapters=[line]), engine, text

    @asynccontextmanager
    async def running(
        self, role: str = "run", *, worker: str = "worker-0"
    ) -> AsyncIterator[Process]:
        """Run a program inside, and end it in good order."""
        app, engine, text = self.app(role, worker=worker)
        said: list[str] = []
        stop = asyncio.Event()
        running = asyncio.create_task(app.run(stop, said.append))
        try:
            yield Process(engine=engine, text=text, said=said, stop=stop, running=running)
        finally:
            stop.set()
            await asyncio.wait_for(running, LIMIT_S)

    @asynccontextmanager
    async def store(self, *, ago_s: float = 0.0) -> AsyncIterator[Store]:
        """Open the tables of the programs here, so many seconds ago."""
        self.data.mkdir(exist_ok=True)
        store = await Store.open(
            f"sqlite:///{self.data}/app.db",
            sealer=load_or_create(self.folder / "data.key", may_create=True),
            clock=lambda: time.time() - ago_s,
        )
        try:
            yield store
        finally:
            await store.close()

    def lock(self, name: str) -> Lock:
        """Give the lock of a name."""
        return lock_for(name, folder=self.data / "locks")

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is true of the platform, with a limit."""
        await asyncio.wait_for(self.platform.until(is_so), LIMIT_S)

    async def until_shown(self, state: CardState, *, num: int = 1) -> tuple[Shown, ...]:
        """Wait until so many messages show a state, and give them."""
        await self.until(lambda: len(self.platform.log.newest(state)) >= num)
        return self.platform.log.newest(state)

    def judged(self) -> Verdict:
        """Judge what people saw."""
        return judge(self.platform.log)


async def eventually(is_so: Callable[[], bool]) -> None:
    """Wait for something of which nobody tells."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            if is_so():
                return
            await asyncio.sleep(0.02)


def row(job_id: str, *, event_id: str) -> Job:
    """Make a job of the platform's that nobody queued."""
    return Job(
        id=job_id,
        person=Person(platform=PLATFORM, id="ann"),
        place=Place(platform=PLATFORM, id="lobby"),
        event_id=event_id,
        command=DrawCommand(text="고래"),
        seed=7,
    )
