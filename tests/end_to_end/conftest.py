"""The whole program with its real parts: the shipped model, the real text pipeline, a real page."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import App
from bot.settings import Settings, WebSection
from tests.browser import browser as browser
from tools.demo_model.recogniser import Recogniser

LOAD_LIMIT_S = 240.0
DEMO = Path(__file__).parents[2] / "models" / "demo"


class Announcements:
    """What the program says while it runs; waits for a sentence that matches."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._changed = asyncio.Event()

    def __call__(self, sentence: str) -> None:
        """Take a sentence from the program."""
        self._said.append(sentence)
        self._changed.set()

    async def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until a sentence has the pattern in it."""
        while True:
            self._changed.clear()
            for sentence in self._said:
                if found := re.search(pattern, sentence):
                    return found
            await self._changed.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a program that runs for all tests of a file, on a free port."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("var"),
        key_file=tmp_path_factory.mktemp("keys") / "data.key",
        web=WebSection(port=0),
        log_level="error",
    )
    announce, stop = Announcements(), asyncio.Event()
    running = asyncio.create_task(App(settings).run(stop, announce))
    try:
        said = asyncio.create_task(announce.wait_for(r"http://\S+"))
        await asyncio.wait((said, running), timeout=LOAD_LIMIT_S, return_when="FIRST_COMPLETED")
        if running.done():
            running.result()
        yield said.result()[0]
    finally:
        stop.set()
        await asyncio.wait_for(running, LOAD_LIMIT_S)


@pytest.fixture(scope="session")
def recogniser() -> Recogniser:
    """The small network that says what a picture shows."""
    return Recogniser.load(DEMO / "recogniser")
