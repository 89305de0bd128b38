"""Pictures that not everybody wants to see, in a real browser."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, expect

from bot.adapters.port import Card
from tests.bot.adapters.web.script import ALT, KEY, done, gallery, png
from tests.bot.adapters.web.stage import Stage, assert_readable, log_of
from tests.browser import LIMIT_MS, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")
expect.set_options(timeout=LIMIT_MS)


def hidden(card: Card) -> Card:
    """Give a card whose pictures are all hidden."""
    return replace(card, pictures=tuple(replace(one, is_spoiler=True) for one in card.pictures))


async def test_a_hidden_picture_is_shown_when_it_is_asked_for(page: Page, stage: Stage) -> None:
    """Until then it is blurred and not read out; the keyboard is enough, and keeps its place."""
    await stage.say(page)
    await stage.answer(hidden(done()))
    button = log_of(page).get_by_role("button", name="눌러서 보기")
    await expect(button).to_be_visible()
    await expect(page.get_by_role("img", name=ALT)).to_have_count(0)
    blurred = await page.locator(".covered").evaluate("(one) => getComputedStyle(one).filter")
    assert "blur(40px)" in blurred

    await button.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("img", name=ALT)).to_be_visible()
    await expect(page.get_by_title("새 탭에서 크게 보기")).to_be_focused()
    await expect(button).to_have_count(0)


async def test_each_picture_is_asked_for_alone(page: Page, stage: Stage) -> None:
    """Showing one leaves its neighbours hidden; their buttons say which is which."""
    await stage.say(page)
    ref = await stage.answer(hidden(gallery(3)))
    buttons = log_of(page).get_by_role("button", name="눌러서 보기")
    await expect(buttons).to_have_count(3)
    await log_of(page).get_by_role("button", name="그림 2: 눌러서 보기").click()
    await expect(page.get_by_role("img", name=f"{ALT} 2")).to_be_visible()
    await expect(buttons).to_have_count(2)

    await stage.chat.edit(ref, replace(hidden(gallery(3)), text="최근 그림이에요."))
    await expect(log_of(page).get_by_text("최근 그림이에요.")).to_be_visible()
    await expect(buttons).to_have_count(2)


async def test_other_pictures_are_simply_there(page: Page, stage: Stage) -> None:
    """Nobody has to press anything for what is for everybody."""
    await stage.say(page)
    await stage.answer(done())

    await expect(page.get_by_role("img", name=ALT)).to_be_visible()
    await expect(log_of(page).get_by_role("button", name="눌러서 보기")).to_have_count(0)


@pytest.mark.parametrize("number", [1, 2, 6])
async def test_the_button_fits_its_picture(browser: Browser, stage: Stage, number: int) -> None:
    """Also where many small ones stand side by side on a phone."""
    async with visiting(browser, stage.chat.url, width_px=360) as page:
        await stage.say(page)
        await stage.answer(hidden(gallery(number)))
        buttons = log_of(page).get_by_role("button", name="눌러서 보기")
        await expect(buttons).to_have_count(number)
        for index in range(number):
            frame = await page.locator(".frame").nth(index).bounding_box()
            button = await buttons.nth(index).bounding_box()

            assert frame is not None
            assert button is not None
            assert frame["x"] <= button["x"]
            assert button["x"] + button["width"] <= frame["x"] + frame["width"]
            assert button["y"] + button["height"] <= frame["y"] + frame["height"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_why_it_is_hidden_can_be_read(browser: Browser, stage: Stage, *, dark: bool) -> None:
    """Over whatever is behind, on a phone too."""
    stage.files[KEY] = png(64)
    async with visiting(browser, stage.chat.url, width_px=360, dark=dark) as page:
        await stage.say(page)
        await stage.answer(hidden(done()))
        await expect(log_of(page).get_by_role("button", name="눌러서 보기")).to_be_visible()

        await assert_readable(page, ".cover-front button")
        assert 360 >= await page.evaluate("document.documentElement.scrollWidth")
