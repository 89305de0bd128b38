"""The page in a real browser: a card with many pictures, and one with a file to save."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, expect

from bot.adapters.port import Action, Button
from tests.bot.adapters.web.script import (
    ALT,
    CAPTIONS,
    KEY,
    data_file,
    done,
    gallery,
    png,
    several,
)
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


@pytest.mark.parametrize("width_px", [360, 1000])
async def test_each_of_several_pictures_has_buttons(
    browser: Browser, stage: Stage, width_px: int
) -> None:
    """They say which one is meant, in one line for each picture, and it comes back with the press."""
    async with visiting(browser, stage.chat.url, width_px=width_px) as page:
        await stage.say(page)
        await stage.answer(several(4))
        choice = page.get_by_role("group", name="어느 그림을 다듬을까요?")
        await expect(choice.get_by_role("button")).to_have_count(8)

        # All at once: the page may scroll.
        tops = "(all) => all.map((one) => Math.round(one.getBoundingClientRect().y))"
        lines = await choice.get_by_role("button").evaluate_all(tops)
        assert lines[0::2] == lines[1::2] == sorted(set(lines))
        overflow = "(e) => e.scrollWidth - e.clientWidth"
        assert 0 >= await page.locator("#scroller").evaluate(overflow)
        await assert_readable(page, ".choice p, .choice .button")

        await page.get_by_role("button", name="3번 크게").click()
        press = await stage.listener.next_press()
        assert (Action.ENLARGE, "job-1", "3") == (press.action, press.job_id, press.value)


async def test_a_button_leads_to_another_page(page: Page, stage: Stage) -> None:
    """What it says is sent, without a job."""
    turn = Button(action=Action.PAGE, label="다음", value="2 고래")
    await stage.say(page, "/내그림 고래")
    await stage.answer(replace(gallery(2), buttons=(turn,)))
    await page.get_by_role("button", name="다음").click()

    press = await stage.listener.next_press()
    assert (Action.PAGE, "", "2 고래") == (press.action, press.job_id, press.value)


async def test_what_the_fold_tells_needs_no_button(page: Page, stage: Stage) -> None:
    """The details stand in the card already."""
    await stage.say(page)
    await stage.answer(several(1))
    await expect(page.get_by_role("button", name="삭제")).to_be_visible()

    await expect(page.get_by_role("button", name="정보")).to_have_count(0)
    await expect(page.get_by_text("어떻게 이해했나요?")).to_be_visible()


async def test_a_card_that_is_taken_away_goes_from_every_tab(page: Page, stage: Stage) -> None:
    """Whoever pressed can go on with the keyboard."""
    await stage.say(page)
    ref = await stage.answer(several(2))
    other = await page.context.new_page()
    await other.goto(stage.chat.url)
    await expect(other.get_by_role("button", name="삭제")).to_be_visible()
    await page.get_by_role("button", name="삭제").click()
    await stage.listener.next_press()
    await stage.chat.remove(ref)

    for tab in (page, other):
        await expect(tab.get_by_role("button", name="삭제")).to_have_count(0)
    await expect(page.locator("#scroller")).to_be_focused()


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
