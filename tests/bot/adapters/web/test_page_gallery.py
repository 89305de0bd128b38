"""The page in a real browser: a card with many pictures, and one with a file to save."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.bot.adapters.web.script import ALT, CAPTIONS, KEY, data_file, done, gallery, png
from tests.bot.adapters.web.stage import Stage, assert_readable
from tests.browser import LIMIT_MS, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")
expect.set_options(timeout=LIMIT_MS)


async def test_all_pictures_of_a_card_are_shown_and_saved(page: Page, stage: Stage) -> None:
    """Several pictures stand in one card, each with its own link to save it."""
    stage.files["second"] = png(256)
    await stage.say(page)
    await stage.answer(done(KEY, others=("second",)))

    await expect(page.locator(".frame[data-shows=picture]")).to_have_count(2)
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="저장 2").click()

    download = await downloading.value
    assert "파란 고양이-2.png" == download.suggested_filename
    assert png(256) == (await download.path()).read_bytes()


@pytest.mark.parametrize("width_px", [360, 1000])
@pytest.mark.parametrize("number", [1, 2, 8])
async def test_pictures_of_several_requests_stand_in_one_card(
    browser: Browser, stage: Stage, width_px: int, number: int
) -> None:
    """Each is told apart, opened and saved by itself, and nothing reaches over the edge."""
    async with visiting(browser, stage.chat.url, width_px=width_px) as page:
        await stage.say(page, "/내그림")
        await stage.answer(gallery(number))

        await expect(page.locator(".frame[data-shows=picture]")).to_have_count(number)
        pictures = page.get_by_role("figure")
        await expect(pictures).to_have_count(number)
        for index in range(number):
            one = pictures.nth(index)
            await expect(one).to_contain_text(CAPTIONS[index % 2])
            await expect(one.get_by_role("img", name=f"{ALT} {index + 1}")).to_be_visible()
        overflow = "(e) => e.scrollWidth - e.clientWidth"
        assert 0 >= await page.locator("#scroller").evaluate(overflow)

        link = pictures.last.get_by_role("link", name=ALT)
        src = await link.get_by_role("img").get_attribute("src")
        await expect(link).to_have_attribute("href", src or "")
        await expect(link).to_have_attribute("target", "_blank")
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="저장").last.click()
        download = await downloading.value
        assert f"geuryeojwo-{number}.png" == download.suggested_filename


async def test_a_file_is_saved_under_its_name(page: Page, stage: Stage) -> None:
    """What is no picture is a link below the card."""
    stage.files["exports/1.json"] = b"{}"
    await stage.say(page, "/내데이터")
    await stage.answer(data_file())

    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="내려받기").click()
    download = await downloading.value
    assert "내 데이터.json" == download.suggested_filename
    assert b"{}" == (await download.path()).read_bytes()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_captions_and_the_button_that_erases_are_readable(
    browser: Browser, stage: Stage, dark: bool
) -> None:
    """They reach WCAG AA in both schemes."""
    async with visiting(browser, stage.chat.url, dark=dark) as page:
        await stage.say(page)
        ref = await stage.answer(gallery(2))
        await stage.chat.send(ref.place, data_file())
        await expect(page.get_by_role("button", name="모두 지우기")).to_be_visible()

        await assert_readable(page, ".caption p, .button")
