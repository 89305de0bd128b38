"""The page in a real browser while servers come and go: it loses nothing and doubles nothing."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, expect

from bot.adapters.port import Action, Past
from tests.bot.adapters.web.script import (
    ALT,
    ERASE,
    FILE_NAMES,
    ScriptedListener,
    done,
    drawing,
    note,
    port_of,
    preview,
    serving,
    waiting,
)
from tests.bot.adapters.web.stage import REQUEST, Stage, log_of
from tests.browser import LIMIT_MS, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")
expect.set_options(timeout=LIMIT_MS)


async def test_the_page_returns_to_a_restarted_server(browser: Browser, stage: Stage) -> None:
    """The page comes back by itself, sends what waited, and doubles nothing."""
    async with visiting(browser, stage.chat.url) as page:
        status = page.get_by_role("status").first
        await stage.say(page)
        await stage.answer(drawing(3))
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await stage.chat.close()
        await expect(status).to_have_text("연결이 끊겨서 다시 연결하고 있어요")
        await stage.say(page, "기다린 부탁")

        listener = ScriptedListener()
        async with serving(listener, port=port_of(stage.chat)) as chat:
            message = await listener.next_message()
            await chat.send(message.place, note("네"), reply_to=message.event_id)

            await expect(status).to_have_text("연결됨")
            await expect(page.get_by_text("기다린 부탁")).to_have_count(1)
            await expect(page.get_by_text("서버가 다시 시작됐어요.")).to_be_visible()
            await expect(page.get_by_role("article")).to_have_count(4)
            await expect(page.get_by_role("progressbar")).to_have_count(0)


async def test_a_running_job_outlives_the_server(browser: Browser, stage: Stage) -> None:
    """When a later server brings the end of a card, the card that is there shows it."""
    async with visiting(browser, stage.chat.url) as page:
        await stage.say(page)
        ref = await stage.answer(drawing(3))
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await stage.chat.close()

        port = port_of(stage.chat)
        async with serving(ScriptedListener(), port=port) as chat:
            await expect(page.get_by_text("서버가 다시 시작됐어요.")).to_be_visible()
            await chat.edit(ref, done())

            await expect(log_of(page).get_by_text("다 그렸어요!")).to_be_visible()
            await expect(page.get_by_role("article")).to_have_count(2)


async def test_a_card_goes_on_where_it_stands(browser: Browser, stage: Stage) -> None:
    """A job that outlives its server keeps its preview and its button, and ends in the same card."""
    async with visiting(browser, stage.chat.url) as page:
        await stage.say(page)
        message = await stage.listener.next_message()
        ref = await stage.chat.send(
            message.place, waiting(), reply_to=message.event_id, nonce="job-1"
        )
        await stage.chat.edit(ref, drawing(3, preview=preview()))
        await expect(page.get_by_alt_text("그리는 중인 그림")).to_be_visible()
        await stage.chat.close()

        listener = ScriptedListener()
        files, port = stage.files, port_of(stage.chat)
        async with serving(listener, port=port, files=files) as chat:
            await expect(page.get_by_text("서버가 다시 시작됐어요.")).to_be_visible()
            await expect(page.get_by_alt_text("그리는 중인 그림")).to_be_visible()
            await page.get_by_role("button", name="취소").click()
            assert "job-1" == (await listener.next_press()).job_id

            await chat.send(message.place, waiting(), reply_to=message.event_id, nonce="job-1")
            await expect(page.get_by_text("앞에 2명이 있어요")).to_be_visible()
            await chat.edit(ref, done())
            await expect(page.get_by_role("img", name=ALT)).to_be_visible()
            await expect(page.get_by_role("article")).to_have_count(2)
            await expect(page.locator("#announcer")).to_contain_text("다 그렸어요!")


async def test_what_was_finished_stays_as_it_was(browser: Browser, stage: Stage) -> None:
    """Later servers forgot it: the page keeps it in its place, with its picture."""
    async with visiting(browser, stage.chat.url) as page:
        await page.add_init_script(
            """window.WebSocket = class extends WebSocket {
              constructor(...given) { super(...given); window.socketOfThePage = this; }
            };"""
        )
        await page.reload()
        await stage.say(page)
        ref = await stage.answer(drawing(1))
        await stage.say(page, "또 하나")
        await stage.answer(done())
        await expect(page.get_by_role("img", name=ALT)).to_be_visible()
        await stage.chat.close()

        listener = ScriptedListener()
        async with serving(listener, port=port_of(stage.chat)) as chat:
            await chat.edit(ref, drawing(2))
            await page.get_by_role("button", name="변형").click()
            press = await listener.next_press()
            await chat.send(press.place, note("새 답"), reply_to=press.event_id)
            await expect(page.get_by_role("article").last).to_contain_text("새 답")

            await page.evaluate("socketOfThePage.close()")
            await chat.edit(ref, drawing(9))
            await expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "9")
            expected = [REQUEST, "그리고 있어요.", "또 하나", "다 그렸어요!", "새 답"]
            await expect(page.get_by_role("article")).to_contain_text(expected)
            await expect(page.get_by_role("img", name=ALT)).to_have_js_property("naturalWidth", 512)


async def test_the_past_is_there_with_and_without_a_reload(browser: Browser, stage: Stage) -> None:
    """What an open page shows is replaced in its place; a fresh one shows the same."""
    async with visiting(browser, stage.chat.url) as page:
        await stage.say(page)
        message = await stage.listener.next_message()
        sent = await stage.chat.send(message.place, done(), reply_to=message.event_id)
        await stage.say(page, "또 하나")
        other = await stage.listener.next_message()
        ref = await stage.chat.send(other.place, drawing(1), reply_to=other.event_id)
        await expect(page.get_by_role("progressbar")).to_be_visible()
        old = await page.get_by_role("link", name="저장").get_attribute("href")
        await stage.chat.close()

        listener = ScriptedListener()
        listener.past = (
            Past(message=sent, card=done(), event_id=message.event_id, words=REQUEST),
            Past(message=ref, card=waiting(), event_id=other.event_id, words="또 하나"),
        )
        port, files = port_of(stage.chat), stage.files
        async with serving(listener, port=port, files=files) as chat:
            await expect(page.get_by_text("앞에 2명이 있어요")).to_be_visible()
            await chat.edit(ref, drawing(9))
            expected = [REQUEST, "다 그렸어요!", "또 하나", "그리고 있어요."]
            await expect(page.get_by_role("article")).to_contain_text(expected)
            await expect(page.get_by_role("article")).to_have_count(4)
            await expect(page.get_by_role("link", name="저장")).not_to_have_attribute(
                "href", old or ""
            )
            async with page.expect_download() as download:
                await page.get_by_role("link", name="저장").click()
            assert FILE_NAMES[0] == (await download.value).suggested_filename

            await page.reload()
            await expect(page.get_by_role("article")).to_have_count(4)
            await expect(page.get_by_role("article")).to_contain_text(expected)
            await expect(page.get_by_role("img", name=ALT)).to_have_js_property("naturalWidth", 512)


async def test_whoever_has_everything_erased_sees_it_go(browser: Browser, stage: Stage) -> None:
    """Also what an earlier server told of; the answer stands alone."""
    async with visiting(browser, stage.chat.url) as page:
        await stage.say(page)
        await stage.answer(done())
        await expect(page.get_by_role("img", name=ALT)).to_be_visible()
        await stage.chat.close()

        listener = ScriptedListener()
        async with serving(listener, port=port_of(stage.chat)) as chat:
            await stage.say(page, "/내데이터삭제")
            message = await listener.next_message()
            card = replace(note("정말 지울까요?"), buttons=(ERASE,))
            await chat.send(message.place, card, reply_to=message.event_id)
            await page.get_by_role("button", name="모두 지우기").click()
            press = await listener.next_press()
            assert (Action.ERASE, "") == (press.action, press.job_id)

            await chat.forget(press.person)
            await expect(page.get_by_role("heading", name="무엇을 그려 드릴까요?")).to_be_visible()
            await chat.send(press.place, note("모두 지웠어요."), reply_to=press.event_id)
            await expect(page.get_by_role("article")).to_have_text(["그려줘: 모두 지웠어요."])
