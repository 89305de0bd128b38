"""The whole program with Papago and a language model, which are stand-ins on real sockets.

What a person sees of them: the picture, whose translation it is, and in one line who did not answer.
Does not show what the real services say; they were never called.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from pydantic import SecretStr

from bot.app import App
from bot.settings import OpenAiSection, PapagoSection, Settings, TextSection, WebSection
from tests.browser import visiting
from tests.end_to_end.conftest import LOAD_LIMIT_S, Announcements
from tests.servers.openai import OpenAiServer
from tests.servers.papago import PapagoServer
from tests.servers.serving import Answer, Fault

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

LIMIT_MS = 240_000


@dataclass(frozen=True, slots=True)
class Program:
    """A running program and the services that it asks."""

    url: str
    papago: PapagoServer
    openai: OpenAiServer


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def program(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Program]:
    """The program with both services configured, for all tests of this file."""
    async with PapagoServer() as papago, OpenAiServer() as openai:
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("var"),
            key_file=tmp_path_factory.mktemp("keys") / "data.key",
            web=WebSection(port=0),
            log_level="error",
            text=TextSection(keywords=("frequency",), place_glossaries={}),
            papago=PapagoSection(
                endpoint=papago.endpoint,
                client_id=SecretStr("demo-id"),
                client_secret=SecretStr("demo-secret"),
            ),
            openai=OpenAiSection(
                base_url=openai.base_url, model="demo-model", api_key=SecretStr("demo-key")
            ),
        )
        announce, stop = Announcements(), asyncio.Event()
        running = asyncio.create_task(App(settings).run(stop, announce))
        try:
            found = await asyncio.wait_for(announce.wait_for(r"http://\S+"), LOAD_LIMIT_S)
            yield Program(found[0], papago, openai)
        finally:
            stop.set()
            await asyncio.wait_for(running, LOAD_LIMIT_S)


async def drawn(page: Page, text: str) -> Locator:
    """Ask for a picture and wait for it."""
    await page.get_by_label("그릴 내용").fill(text)
    await page.keyboard.press("Enter")
    card = page.get_by_role("log").locator("article.card").first
    await expect(card.get_by_role("link", name="저장")).to_be_visible(timeout=LIMIT_MS)
    return card


async def test_one_call_makes_the_prompt(browser: Browser, program: Program) -> None:
    """The language model is asked once, Papago not at all, and nobody is credited or blamed."""
    async with visiting(browser, program.url) as page:
        card = await drawn(page, "노을 지는 바다 위의 고래 그려줘 품질:빠르게")

        assert (1, 0) == (len(program.openai.calls), len(program.papago.calls))
        await expect(card).not_to_contain_text("Papago")
        await expect(card.locator(".notes li")).to_have_count(2)  # made by AI, and the first notice


async def test_papago_steps_in_and_is_credited(browser: Browser, program: Program) -> None:
    """One line says why; the credit leads to Papago, as its terms ask."""
    program.openai.script.extend([Answer(status=500)] * 2)  # the client asks once more
    async with visiting(browser, program.url) as page:
        card = await drawn(page, "초록 개구리 그려줘 품질:빠르게")

        await expect(card).to_contain_text("언어 모델이 바빠서 파파고로 옮겼어요.")
        link = card.get_by_role("link", name="Translated by Papago")
        assert "https://papago.naver.com" == await link.get_attribute("href")


async def test_without_anybody_the_glossary_still_translates(
    browser: Browser, program: Program
) -> None:
    """A key that is refused and a server that is gone cost a line, not the picture."""
    program.openai.script.append(Answer(status=401))
    program.papago.script.extend([Fault.RESET] * 2)
    async with visiting(browser, program.url) as page:
        card = await drawn(page, "노란 병아리 그려줘 품질:빠르게")

        await expect(card).to_contain_text("사전으로 옮겼어요.")
        await expect(card).not_to_contain_text("Papago")
        await page.get_by_label("그릴 내용").fill("/상태")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("언어 모델은 쉬고 있어요: ")
        await expect(page.get_by_role("log")).to_contain_text("파파고에 오늘 ")
