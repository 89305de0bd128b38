"""Models that are slow to load are loaded once for all tests of the text pipeline."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest
import stamina

from pipeline.text.allowance import Allowances
from pipeline.text.http import Http
from pipeline.text.korean import Korean
from pipeline.text.llm import Llm
from pipeline.text.options import OpenAiOptions, TextOptions
from pipeline.text.translate.glossary import Glossary
from tests.servers.openai import OpenAiServer

if TYPE_CHECKING:
    from pipeline.text.prepare import Preparer


def count_tokens(text: str, *, encoder: int) -> int:
    """Count as CLIP does at best: a run of letters, every digit, every sign; long words cost more."""
    assert encoder in {1, 2}
    pieces = re.findall(r"[a-z]+|[0-9]|[^\sa-z0-9]", text.lower())
    return sum(1 + len(piece) // 12 for piece in pieces)


@pytest.fixture(scope="session")
def korean() -> Korean:
    """Kiwi, loaded once."""
    korean = Korean()
    korean.load()
    return korean


@pytest.fixture(scope="session")
def glossary(korean: Korean) -> Glossary:
    """The offline translator with its lists."""
    return Glossary(korean)


@pytest.fixture(scope="session")
def preparer() -> "Iterator[Preparer]":
    """The whole pipeline; keywords by frequency, since the sentence model has a test of its own."""
    from pipeline.text.prepare import Preparer

    preparer = Preparer(
        TextOptions(keyword_extractors=("frequency",), weighs_keywords=True), count_tokens
    )
    asyncio.run(preparer.warm_up())
    yield preparer
    asyncio.run(preparer.close())


@pytest.fixture
async def openai_server() -> AsyncIterator[OpenAiServer]:
    """A server of language models whose model sees a whale in everything."""
    async with OpenAiServer(translate=lambda _: "A whale above the sea") as server:
        yield server


@pytest.fixture
async def llm(openai_server: OpenAiServer) -> AsyncIterator[Llm]:
    """A client of that server."""
    options = OpenAiOptions(
        base_url=openai_server.base_url, api_key="demo-key", model="demo-model", request_s=5.0
    )
    llm = Llm(options)
    yield llm
    await llm.close()


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    """The one session."""
    http = Http()
    yield http
    await http.close()


@pytest.fixture
def allowances() -> Allowances:
    """Counts without a limit."""
    return Allowances(daily_chars=None)


@pytest.fixture
def no_pauses() -> Iterator[None]:
    """Retries come at once."""
    with stamina.set_testing(True, attempts=2, cap=True):
        yield
