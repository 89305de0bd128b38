"""The program dies in the middle of a drawing; whoever looks at the page loses nothing by it."""

import asyncio
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from bot import texts
from tests.browser import visiting

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

ROOT = Path(__file__).parents[2]
LOAD_LIMIT_S = 120
DRAW_LIMIT_MS = 120_000


@asynccontextmanager
async def program(folder: Path, *, port: int = 0) -> AsyncIterator[tuple[Process, str]]:
    """Run `python -m bot run` as people do; gives the process and the page's address, and kills it."""
    environ = {
        "PYTHONPATH": str(ROOT),
        "GEURYEOJWO_DATA_DIR": str(folder / "var"),
        "GEURYEOJWO_KEY_FILE": str(folder / "keys" / "data.key"),
        "GEURYEOJWO_WEB__PORT": str(port),
        "GEURYEOJWO_TEXT__KEYWORDS": '["frequency"]',  # loads in no time
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", cwd=folder, env=os.environ | environ, stderr=PIPE
    )
    try:
        address = await asyncio.wait_for(_address(process), LOAD_LIMIT_S)
        reading = asyncio.create_task(_read_on(process))
        yield process, address
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()
    await reading


async def _address(process: Process) -> str:
    assert process.stderr is not None
    said = b""
    while line := await process.stderr.readline():
        said += line
        if found := re.search(rb"http://\S+", line):
            return found[0].decode()
    raise AssertionError(said.decode())


async def _read_on(process: Process) -> None:
    """Keep the pipe from filling up."""
    assert process.stderr is not None
    while await process.stderr.readline():
        pass


async def ask(page: Page, text: str) -> Locator:
    """Type a request as a person does, and give its card once it is there."""
    cards = page.get_by_role("log").locator("article.card")
    number = await cards.count()
    await page.get_by_label("그릴 내용").fill(text)
    await page.keyboard.press("Enter")
    await expect(cards).to_have_count(number + 1)
    return cards.nth(number)


async def assert_saved(card: Locator) -> None:
    """Fail for a card whose picture cannot be had."""
    async with card.page.expect_download() as download:
        await card.get_by_role("link", name="저장").click()
    assert (await (await download.value).path()).read_bytes().startswith(b"\x89PNG")


async def test_a_card_goes_on_after_a_kill(browser: Browser, tmp_path: Path) -> None:
    """It says that the bot came back, ends as a picture in its place, and is still there after a reload."""
    async with program(tmp_path) as (process, address), visiting(browser, address) as page:
        first = await ask(page, "빨간 사과 품질:빠르게")
        await expect(first.get_by_role("link", name="저장")).to_be_visible(timeout=DRAW_LIMIT_MS)
        second = await ask(page, "초록 개구리 스텝:80")
        await expect(second.get_by_role("progressbar")).to_be_visible(timeout=DRAW_LIMIT_MS)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await expect(page.get_by_role("status").first).to_contain_text("연결이 끊겨서")

        port = int(address.rstrip("/").rpartition(":")[2])
        async with program(tmp_path, port=port):
            await expect(second).to_contain_text(texts.RESUMED, timeout=DRAW_LIMIT_MS)
            await expect(second.get_by_role("link", name="저장")).to_be_visible(
                timeout=DRAW_LIMIT_MS
            )
            shown = ["빨간 사과 품질:빠르게", "빨간 사과", "초록 개구리 스텝:80", "초록 개구리"]
            for _ in range(2):
                await expect(page.get_by_role("article")).to_have_count(4)
                await expect(page.get_by_role("article")).to_contain_text(shown)
                await assert_saved(first)
                await assert_saved(second)
                await page.reload()
