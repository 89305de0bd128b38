"""What the page's tests share: a browser, a served page, and a tab that shows it."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.bot.adapters.web.script import KEY, ScriptedListener, png, serving
from tests.bot.adapters.web.stage import Stage
from tests.browser import browser as browser
from tests.browser import visiting


@pytest_asyncio.fixture(loop_scope="session")
async def stage() -> AsyncIterator[Stage]:
    """A web chat and a finished picture."""
    listener, files = ScriptedListener(), {KEY: png(512)}
    async with serving(listener, files=files) as chat:
        yield Stage(chat=chat, listener=listener, files=files)


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, stage: Stage) -> AsyncIterator[Page]:
    """A tab that shows the page."""
    async with visiting(browser, stage.chat.url) as page:
        yield page
