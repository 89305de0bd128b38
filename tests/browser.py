"""Debian's Chromium under Playwright, for every test that looks at a page.

One browser for the whole run, one context per page. Tests that use it run in the session's event
loop: `pytestmark = pytest.mark.asyncio(loop_scope="session")`, and so do their async fixtures. A
`conftest.py` beside them offers the fixture: `from tests.browser import browser as browser`. A
missing browser is a failure: `make test` installs it.
"""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

LIMIT_MS = 60_000
ARGUMENTS = (
    "--no-sandbox",  # tests run as root in containers, where Chromium's sandbox cannot start
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
    "--no-first-run",
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of this run."""
    path = shutil.which("chromium")
    assert path is not None, "Chromium is missing: install it with apt, or run `make test`"
    async with async_playwright() as playwright:
        # Proxy settings of the machine are not for loopback.
        environment: dict[str, str | float | bool] = {
            name: value for name, value in os.environ.items() if "proxy" not in name.lower()
        }
        browser = await playwright.chromium.launch(
            executable_path=path, args=ARGUMENTS, env=environment
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def visiting(
    browser: Browser,
    url: str,
    *,
    width_px: int = 1000,
    height_px: int = 800,
    dark: bool = False,
    still: bool = True,
) -> AsyncIterator[Page]:
    """Open a page in a context of its own; `still` asks it for reduced motion.

    Fails in the end if a script of the page broke, if its policy was violated, or if it asked
    another server for anything.
    """
    context = await browser.new_context(
        viewport={"width": width_px, "height": height_px},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce" if still else "no-preference",
        locale="ko-KR",
    )
    context.set_default_timeout(LIMIT_MS)
    faults: list[str] = []

    def note_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    def note_request(request: Request) -> None:
        if not request.url.startswith((url, "data:")):
            faults.append(request.url)

    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", note_console)
    context.on("request", note_request)
    page = await context.new_page()
    try:
        await page.goto(url)
        yield page
    finally:
        await context.close()
    assert faults == []
