"""The door of the page in a real browser: the password, what is said of a wrong one, and leaving."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.adapters.web.login import MAX_TRIES
from bot.adapters.web.server import WebChat
from tests.bot.adapters.web.script import ScriptedListener, serving
from tests.bot.adapters.web.stage import assert_readable, log_of
from tests.browser import LIMIT_MS, visiting
from tests.clock import ManualClock

pytestmark = pytest.mark.asyncio(loop_scope="session")
expect.set_options(timeout=LIMIT_MS)

PASSWORD = "열려라 참깨야!"


@pytest_asyncio.fixture(loop_scope="session")
async def clock() -> ManualClock:
    """The clock of the server."""
    return ManualClock()


@pytest_asyncio.fixture(loop_scope="session")
async def locked(clock: ManualClock) -> AsyncIterator[WebChat]:
    """A web chat with a password."""
    async with serving(ScriptedListener(), clock=clock, password=PASSWORD) as chat:
        yield chat


async def enter(page: Page, password: str = PASSWORD) -> None:
    """Type the password and press Enter."""
    await page.get_by_label("비밀번호").fill(password)
    await page.keyboard.press("Enter")


async def test_whoever_knows_the_password_comes_in(browser: Browser, locked: WebChat) -> None:
    """A wrong one is said and can be typed over; a reload does not ask again."""
    async with visiting(browser, locked.url) as page:
        await expect(page.get_by_label("비밀번호")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_have_text("비밀번호를 적어 주세요.")
        await enter(page, "열려라 들깨야!")
        await expect(page.get_by_role("status")).to_contain_text("비밀번호가 달라요")
        await expect(page.get_by_label("비밀번호")).to_have_attribute("aria-invalid", "true")
        await page.keyboard.type(PASSWORD)  # over the selected one
        await page.keyboard.press("Enter")

        await expect(page.locator("#connection")).to_have_text("연결됨")
        await page.reload()
        await expect(page.locator("#connection")).to_have_text("연결됨")


async def test_too_many_tries_are_said(
    browser: Browser, locked: WebChat, clock: ManualClock
) -> None:
    """The page says when to come again, and then it works."""
    async with visiting(browser, locked.url) as page:
        for _ in range(MAX_TRIES + 1):
            async with page.expect_response("**/login"):
                await enter(page, "열려라 들깨야!")
        await expect(page.get_by_role("status")).to_contain_text("1분쯤 뒤에")

        clock.pass_(61)
        await enter(page)
        await expect(page.locator("#connection")).to_have_text("연결됨")


async def test_leaving_closes_every_tab(browser: Browser, locked: WebChat) -> None:
    """Neither the tab where it is pressed nor another one shows the conversation any longer."""
    async with visiting(browser, locked.url) as page:
        await enter(page)
        await expect(page.locator("#connection")).to_have_text("연결됨")
        other = await page.context.new_page()
        await other.goto(locked.url)
        await expect(other.locator("#connection")).to_have_text("연결됨")
        await page.get_by_role("button", name="로그아웃").click()

        for tab in (page, other):
            await expect(tab.get_by_label("비밀번호")).to_be_visible()
            await expect(log_of(tab)).to_have_count(0)


async def test_a_server_that_was_started_again_asks_again(
    browser: Browser, locked: WebChat
) -> None:
    """Logins end with the program: the page does not go on as if nothing had happened."""
    port = int(locked.url.rstrip("/").rpartition(":")[2])
    async with visiting(browser, locked.url) as page:
        await enter(page)
        await expect(page.locator("#connection")).to_have_text("연결됨")
        await locked.close()
        async with serving(ScriptedListener(), port=port, password=PASSWORD):
            await enter(page)
            await expect(page.locator("#connection")).to_have_text("연결됨")


async def test_the_page_of_this_machine_has_no_door(browser: Browser) -> None:
    """Without a password there is nothing to leave."""
    async with serving(ScriptedListener()) as chat, visiting(browser, chat.url) as page:
        await expect(page.locator("#connection")).to_have_text("연결됨")

        await expect(page.get_by_role("button", name="로그아웃")).to_be_hidden()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width_px", [360, 1000])
async def test_the_door_is_readable(
    browser: Browser, locked: WebChat, width_px: int, *, dark: bool
) -> None:
    """Nothing is wider than a phone, and every sentence stands out."""
    async with visiting(browser, locked.url, width_px=width_px, dark=dark) as page:
        await enter(page, "열려라 들깨야!")
        await expect(page.get_by_role("status")).to_contain_text("비밀번호가 달라요")

        await assert_readable(page, "h1, p, label, button")
        assert width_px >= await page.evaluate("document.documentElement.scrollWidth")
