"""The page in a real browser: what a person sees, types, hears and presses."""

import asyncio
from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, expect

from bot.adapters.port import Action, CardState
from tests.bot.adapters.web.script import (
    ALT,
    DRAFT,
    EDIT,
    KEY,
    ScriptedListener,
    done,
    drawing,
    ended,
    note,
    png,
    port_of,
    preview,
    serving,
    waiting,
)
from tests.bot.adapters.web.stage import REQUEST, Stage, assert_readable, log_of
from tests.browser import LIMIT_MS, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")
expect.set_options(timeout=LIMIT_MS)


async def test_a_request_goes_the_whole_way(page: Page, stage: Stage) -> None:
    """A person sees the place, the steps, the preview, the picture and how it was understood."""
    await stage.say(page)
    ref = await stage.answer(waiting())
    await expect(page.get_by_text("앞에 2명이 있어요")).to_be_visible()

    await stage.chat.edit(ref, drawing(5, preview=preview()))
    await expect(page.get_by_role("progressbar", name="그린 정도")).to_have_attribute(
        "aria-valuenow", "5"
    )
    await expect(page.get_by_alt_text("그리는 중인 그림")).to_have_css(
        "image-rendering", "pixelated"
    )

    await stage.chat.edit(ref, done())
    await expect(page.get_by_role("img", name=ALT)).to_have_js_property("naturalWidth", 512)
    await expect(page.get_by_role("progressbar")).to_have_count(0)
    await expect(log_of(page).get_by_text("AI로 만든 그림이에요.")).to_be_visible()

    translation = page.get_by_text("a blue cat under a sunset sky", exact=True)
    await expect(translation).to_be_hidden()
    await page.get_by_text("어떻게 이해했나요?").click()
    await expect(translation).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="blue cat")).to_contain_text("1.46")


async def choose(page: Page, data: bytes, name: str = "바다.png") -> None:
    """Choose a photo as the picker gives it."""
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="사진 올리기").click()
    chooser = await choosing.value
    await chooser.set_files({"name": name, "mimeType": "image/png", "buffer": data})


async def hand_over(page: Page, kind: str, data: bytes, *, num_files: int = 1) -> None:
    """Drop a photo on the page, or paste it."""
    await page.evaluate(
        """([kind, bytes, number]) => {
          const data = new DataTransfer();
          const blob = Uint8Array.from(bytes);
          for (let i = 0; i < number; i++) data.items.add(new File([blob], `${i}.png`));
          const options = { bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data };
          const [Kind, names] = kind === "paste"
            ? [ClipboardEvent, ["paste"]] : [DragEvent, ["dragenter", "dragover", "drop"]];
          for (const name of names) document.activeElement.dispatchEvent(new Kind(name, options));
        }""",
        [kind, list(data), num_files],
    )


async def test_a_photo_goes_with_the_message(page: Page, stage: Stage) -> None:
    """It is shown before and after it is sent, and arrives as it is; a reload leaves a mark of it."""
    await choose(page, png(300))
    chosen = page.get_by_role("group", name="함께 보낼 사진")
    await expect(chosen).to_contain_text("바다.png")
    await expect(chosen.locator("img")).to_have_js_property("naturalWidth", 224)
    await expect(page.locator("#notice")).to_contain_text("무엇을 그릴지 적어 주세요")
    await expect(page.get_by_label("그릴 내용")).to_be_focused()

    await stage.say(page, "수채화로 고양이")
    message = await stage.listener.next_message()
    assert ("수채화로 고양이", png(300)) == (message.text, message.photo)
    await expect(chosen).to_be_hidden()
    sent = log_of(page).get_by_role("img", name="함께 보낸 사진")
    await expect(sent).to_have_js_property("naturalWidth", 224)
    await expect(log_of(page).get_by_text("보내고 있어요")).to_have_count(0)

    await page.reload()
    await expect(log_of(page).get_by_text("함께 보낸 사진")).to_be_visible()
    await expect(sent).to_have_count(0)


async def test_the_next_message_has_no_photo(page: Page, stage: Stage) -> None:
    """A photo is sent once, also by whoever sends before it is shown."""
    await choose(page, png(8))
    await stage.say(page, "고양이")
    await stage.say(page, "개")

    assert None is not (await stage.listener.next_message()).photo
    assert None is (await stage.listener.next_message()).photo


async def test_a_photo_is_taken_out_with_the_keyboard(page: Page, stage: Stage) -> None:
    """Whoever thinks better of it sends the words alone."""
    await choose(page, png(8))
    await expect(page.get_by_label("그릴 내용")).to_be_focused()
    for name in ("사진 올리기", "사진 빼기"):
        await page.keyboard.press("Shift+Tab")
        await expect(page.get_by_role("button", name=name)).to_be_focused()
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("group", name="함께 보낼 사진")).to_be_hidden()
    await expect(page.locator("#notice")).to_have_text("사진을 뺐어요.")
    await expect(page.get_by_role("button", name="사진 올리기")).to_be_focused()
    await stage.say(page, "고양이")
    assert None is (await stage.listener.next_message()).photo


@pytest.mark.parametrize("kind", ["drop", "paste"])
async def test_a_photo_may_be_dropped_or_pasted(page: Page, stage: Stage, kind: str) -> None:
    """Both do what the picker does, and the later photo holds."""
    await choose(page, png(8))
    await hand_over(page, kind, png(16))
    await expect(page.locator("#photo")).to_contain_text("0.png")
    await expect(page.locator("body")).not_to_have_class("dropping")
    await stage.say(page, "고양이")

    assert png(16) == (await stage.listener.next_message()).photo


async def test_pasted_words_stay_words(page: Page) -> None:
    """Programs that copy a picture of the text beside the text do not make a photo of it."""
    is_left_to_the_browser = await page.evaluate(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["x"], "x.png"));
          transfer.setData("text/plain", "고양이");
          const event = new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true });
          return document.querySelector("#text").dispatchEvent(event);
        }"""
    )

    assert is_left_to_the_browser  # which goes on and pastes the words
    await expect(page.locator("#notice")).to_be_empty()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(png(64) + bytes(2**20), "1MB보다 작은", id="too large"),
        pytest.param(b"GIF89a" + bytes(50), "PNG, JPEG, WebP", id="wrong kind"),
        pytest.param(b"", "PNG, JPEG, WebP", id="nothing"),
        pytest.param(png(64)[:60], "읽을 수 없어요", id="broken"),
    ],
)
async def test_a_file_that_is_no_photo_is_refused_before_it_is_sent(
    browser: Browser, data: bytes, sentence: str
) -> None:
    """The page says what is wrong, and what to do; nothing goes to the server."""
    async with (
        serving(ScriptedListener(), max_photo_bytes=2**20) as chat,
        visiting(browser, chat.url) as page,
    ):
        await expect(page.get_by_role("status").first).to_have_text("연결됨")
        posts: list[str] = []
        page.on("request", lambda request: posts.append(request.method))
        await choose(page, data)

        await expect(page.locator("#notice")).to_contain_text(sentence)
        await expect(page.locator("#notice")).to_contain_text("골라 주세요")
        await expect(page.locator("#photo")).to_be_hidden()
        assert "POST" not in posts


async def test_two_photos_at_once_are_refused(page: Page) -> None:
    """None of them is taken silently."""
    await hand_over(page, "drop", png(8), num_files=2)

    await expect(page.locator("#notice")).to_contain_text("한 장만")
    await expect(page.locator("#photo")).to_be_hidden()


async def test_a_photo_without_words_stays_until_there_are_some(page: Page, stage: Stage) -> None:
    """The page asks what to draw, and the photo need not be chosen again."""
    await choose(page, png(8))
    await expect(page.locator("#photo")).to_be_visible()
    await stage.say(page, " ")
    await expect(page.locator("#notice")).to_have_text("사진 위에 무엇을 그릴지 적어 주세요.")
    await stage.say(page, "고양이")

    message = await stage.listener.next_message()
    assert ("고양이", png(8)) == (message.text, message.photo)


async def test_a_photo_reaches_the_next_server(browser: Browser, stage: Stage) -> None:
    """A server that was stopped forgot the photo; the page sends it again with its message."""
    async with visiting(browser, stage.chat.url) as page:
        await choose(page, png(8))
        await stage.say(page, "고양이")
        await stage.listener.next_message()
        await stage.chat.close()

        listener = ScriptedListener()
        port = port_of(stage.chat)
        async with serving(listener, port=port):
            message = await listener.next_message()

            assert ("고양이", png(8)) == (message.text, message.photo)


async def test_a_photo_that_the_server_refuses_is_marked(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says why it was not taken."""
    monkeypatch.setattr("bot.adapters.web.photo.MAX_RECEIVING", 0)
    async with serving(ScriptedListener()) as chat, visiting(browser, chat.url) as page:
        await choose(page, png(8))
        await page.get_by_label("그릴 내용").fill("고양이")
        await page.keyboard.press("Enter")

        await expect(page.locator(".message")).to_contain_text("다른 사진을 받는 중이에요.")


async def test_a_request_is_put_back_to_be_changed(page: Page, stage: Stage) -> None:
    """고치기 asks nobody: the text with its seed stands in the box, and undo brings back the other."""
    await stage.say(page)
    await stage.answer(done())
    box = page.get_by_label("그릴 내용")
    await box.press_sequentially("다른 생각")
    await page.get_by_role("button", name="고치기").click()

    await expect(box).to_have_value(DRAFT)
    await expect(box).to_be_focused()
    await expect(page.locator("#notice")).to_contain_text("같은 시드")
    assert stage.listener.presses.empty()
    await page.keyboard.press("Control+z")
    await expect(box).to_have_value("다른 생각")


async def test_what_was_not_understood_is_put_back_too(page: Page, stage: Stage) -> None:
    """Without a picture there is no seed to speak of."""
    await stage.say(page)
    question = replace(note("아는 낱말이 없어요."), job_id="job-1", draft="뷁", buttons=(EDIT,))
    await stage.answer(question)
    await page.get_by_role("button", name="고치기").click()

    await expect(page.get_by_label("그릴 내용")).to_have_value("뷁")
    await expect(page.locator("#notice")).to_have_text("고쳐서 다시 보내 주세요.")


async def test_buttons_bring_their_job_back(page: Page, stage: Stage) -> None:
    """취소 and 다시 그리기 reach the conversation with the job of their card."""
    await stage.say(page)
    ref = await stage.answer(waiting("job-1"))

    await page.get_by_role("button", name="취소").click()
    press = await stage.listener.next_press()
    assert (Action.CANCEL, "job-1") == (press.action, press.job_id)

    await stage.chat.edit(ref, ended(CardState.CANCELLED, "그리기를 취소했어요.", "job-1"))
    await page.get_by_role("button", name="다시 그리기").click()
    press = await stage.listener.next_press()
    assert (Action.AGAIN, "job-1") == (press.action, press.job_id)

    await stage.chat.edit(ref, done(KEY, "job-1"))
    await page.get_by_role("button", name="변형").click()
    press = await stage.listener.next_press()
    assert (Action.VARY, "job-1") == (press.action, press.job_id)

    await stage.chat.send(press.place, drawing(1, job_id="job-2"), reply_to=press.event_id)
    await expect(page.get_by_role("button", name="취소")).to_be_in_viewport()


async def test_a_button_is_not_pressed_twice(page: Page, stage: Stage) -> None:
    """Until its answer comes, a pressed button does nothing more."""
    await stage.say(page)
    await stage.answer(waiting())
    button = page.get_by_role("button", name="취소")

    await button.dblclick()

    await expect(button).to_be_disabled()
    stage.listener.may_answer.set()
    await expect(button).to_be_enabled()
    assert stage.listener.presses.qsize() == 1


async def test_a_picture_is_saved_under_its_name(page: Page, stage: Stage) -> None:
    """저장 downloads the picture as it is kept, marks and all."""
    await stage.say(page)
    await stage.answer(done())

    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="저장").click()

    download = await downloading.value
    assert download.suggested_filename == "파란 고양이.png"
    assert stage.files[KEY] == (await download.path()).read_bytes()


async def test_a_missing_picture_says_so(page: Page, stage: Stage) -> None:
    """A file that is gone is a sentence, not a broken image."""
    await stage.say(page)
    await stage.answer(done("nowhere"))

    await expect(page.get_by_text("그림 파일을 불러올 수 없어요.")).to_be_visible()


async def test_a_reload_keeps_the_conversation(page: Page, stage: Stage) -> None:
    """Whoever reloads sees the same messages, and the welcome does not come back."""
    await expect(page.get_by_role("heading", name="무엇을 그려 드릴까요?")).to_be_visible()
    await stage.say(page)
    ref = await stage.answer(drawing(3))
    await page.reload()

    await expect(log_of(page).get_by_text(REQUEST)).to_be_visible()
    await stage.chat.edit(ref, done())
    await expect(page.get_by_role("img", name=ALT)).to_be_visible()
    await expect(page.get_by_role("article")).to_have_count(2)
    await expect(page.locator("#welcome")).to_be_hidden()


async def test_tabs_of_a_session_show_the_same(page: Page, stage: Stage) -> None:
    """A second tab follows what the first one does."""
    other = await page.context.new_page()
    await other.goto(stage.chat.url)
    await stage.say(page)
    await stage.answer(drawing(7))

    await expect(log_of(other).get_by_text(REQUEST)).to_be_visible()
    await expect(other.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "7")


async def test_examples_send_themselves(page: Page, stage: Stage) -> None:
    """A newcomer's press and a suggestion in a card are ordinary requests."""
    await page.get_by_role("button", name=REQUEST).click()
    await stage.answer(note("이런 건 어때요?", suggestions=("빨간 사과 그려줘",)))
    await page.get_by_role("button", name="빨간 사과 그려줘").click()

    assert (await stage.listener.next_message()).text == "빨간 사과 그려줘"


async def test_enter_sends_but_not_while_a_syllable_is_composed(page: Page, stage: Stage) -> None:
    """The Enter that ends a composition sends nothing; Shift+Enter makes a line."""
    box = page.get_by_label("그릴 내용")
    await box.fill("고양")
    await box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    await box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    await expect(box).to_have_value("고양")

    await box.press("Shift+Enter")
    await box.press_sequentially("이")
    await box.press("Enter")

    assert (await stage.listener.next_message()).text == "고양\n이"
    await expect(box).to_have_value("")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param(" \n ", "그릴 내용을 먼저 적어 주세요.", id="empty"),
        pytest.param("가" * 30_000, "글이 너무 길어서 보내지 못했어요.", id="too long"),
    ],
)
async def test_what_cannot_be_sent_stays_in_the_box(
    page: Page, stage: Stage, text: str, sentence: str
) -> None:
    """The page says what to do, and the text is not lost."""
    await stage.say(page, text)

    await expect(page.locator("#notice")).to_contain_text(sentence)
    await expect(page.get_by_label("그릴 내용")).to_have_value(text)
    assert stage.listener.messages.empty()


@pytest.mark.fault(56)
@pytest.mark.parametrize(
    "text",
    [
        "<script>document.title='당했다'</script>",
        "<img src=x onerror=\"document.title='당했다'\">",
        "javascript:alert(1)",
        "\u202e거꾸로\u202c &lt;b&gt;",
    ],
)
async def test_what_a_person_writes_is_only_text(page: Page, stage: Stage, text: str) -> None:
    """Markup in messages and in cards is shown, never run; in a card nothing is turned around."""
    await stage.say(page, text)
    await stage.answer(note(f"이렇게 이해했어요: {text}", suggestions=(text,)))

    plain = text.replace("\u202e", "").replace("\u202c", "")
    await expect(page.get_by_role("button", name=plain)).to_be_visible()
    await expect(page.locator(".bubble")).to_have_text(text, use_inner_text=True)
    assert await page.locator("#log script, #log img").count() == 0
    assert await page.title() == "그려줘"


async def test_a_command_is_not_broken_at_its_slash(page: Page, stage: Stage) -> None:
    """Wherever a line ends: who reads the name alone would write it without its slash."""
    lines = [f"{'가' * number} /내데이터라고 적어 주세요." for number in range(1, 60)]
    await stage.say(page)
    await stage.answer(replace(note("\n".join(lines)), notes=("/도움말에 더 있어요.",)))

    await expect(log_of(page).get_by_text("/도움말에")).to_be_visible()
    commands = log_of(page).locator(".command")
    num_parts = await commands.evaluate_all(
        "(all) => all.map((one) => one.getClientRects().length)"
    )
    assert [1] * 60 == num_parts


async def test_a_phone_never_scrolls_sideways(browser: Browser, stage: Stage) -> None:
    """At 360 px everything fits, endless words included."""
    async with visiting(browser, stage.chat.url, width_px=360, height_px=700) as page:
        await stage.say(page, "가" * 2_000 + " " + "W" * 500)
        ref = await stage.answer(drawing(2))
        await stage.chat.edit(ref, done())
        await stage.chat.send(ref.place, note("나" * 500, suggestions=("다" * 200,)))
        await page.get_by_text("어떻게 이해했나요?").click()
        await expect(page.get_by_role("article")).to_have_count(3)
        await choose(page, png(64), "이름이아주긴" * 20 + ".png")
        await expect(page.get_by_role("button", name="사진 빼기")).to_be_in_viewport(ratio=1)

        overflow = "(e) => e.scrollWidth - e.clientWidth"
        for selector in ("html", "#scroller"):
            assert await page.locator(selector).evaluate(overflow) <= 0
        await expect(page.get_by_role("button", name="모두 보기")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_text_is_readable_in_both_schemes(
    browser: Browser, stage: Stage, dark: bool
) -> None:
    """All text reaches WCAG AA: a contrast of 4.5."""
    async with visiting(browser, stage.chat.url, dark=dark) as page:
        await expect(page.get_by_role("heading", level=2)).to_be_visible()
        await assert_readable(page, "#welcome p, .suggestion")
        await stage.say(page, REQUEST * 30)
        ref = await stage.answer(done())
        await stage.chat.send(ref.place, drawing(4))
        await page.get_by_text("어떻게 이해했나요?").click()
        await choose(page, png(8))
        await expect(page.locator("#photo")).to_be_visible()
        await stage.say(page, " ")

        await expect(page.get_by_role("progressbar")).to_be_visible()
        await assert_readable(page, "h1, #connection, .bubble, .fold, .card p, .button, .notes li")
        await assert_readable(page, "summary, dt, dd, .number, .notice, .hint, .photo-name")
        background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ("rgb(22, 21, 19)" if dark else "rgb(250, 247, 242)") == background


async def test_everything_works_with_the_keyboard(page: Page, stage: Stage) -> None:
    """Send, open, press: in reading order, with a focus that can be seen and is never lost."""
    await expect(page.get_by_label("그릴 내용")).to_be_focused()
    await page.keyboard.type("고양이")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="보내기")).to_be_focused()
    await page.keyboard.press("Enter")
    ref = await stage.answer(drawing(1))

    cancel = page.get_by_role("button", name="취소")
    await cancel.focus()
    await page.keyboard.press("Space")
    await stage.listener.next_press()
    await expect(cancel).to_have_css("outline-style", "solid")
    await stage.chat.edit(ref, done())
    await expect(page.get_by_role("article").last).to_be_focused()

    await expect(page.get_by_role("link", name=ALT)).to_be_visible()
    for name in (ALT, "저장"):
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name=name)).to_be_focused()
    for name in ("다시 그리기", "변형", "고치기"):
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name=name)).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("a blue cat under a sunset sky", exact=True)).to_be_visible()


async def test_an_opened_fold_stays_open(page: Page, stage: Stage) -> None:
    """A new version of a card leaves alone what did not change."""
    await stage.say(page)
    ref = await stage.answer(done())
    await page.get_by_text("어떻게 이해했나요?").click()

    await stage.chat.edit(ref, done(KEY, "job-9"))
    await page.get_by_role("button", name="다시 그리기").click()

    assert (await stage.listener.next_press()).job_id == "job-9"
    await expect(page.get_by_text("a blue cat under a sunset sky", exact=True)).to_be_visible()


async def test_a_screen_reader_hears_the_end_and_not_every_step(page: Page, stage: Stage) -> None:
    """New cards are read out politely; steps change in silence; the end is said once."""
    await stage.say(page)
    ref = await stage.answer(drawing(1))
    log = log_of(page)
    await expect(log).to_have_attribute("aria-relevant", "additions")
    await expect(log).to_have_attribute("aria-busy", "false")
    await expect(page.locator(".progress")).to_have_attribute("aria-live", "off")
    await expect(page.locator(".frames")).to_have_attribute("aria-live", "off")

    await stage.chat.edit(ref, drawing(2))
    await expect(page.get_by_role("progressbar")).to_have_attribute(
        "aria-valuetext", "2/20 단계 · 약 5초 남았어요"
    )
    await expect(page.locator("#announcer")).to_be_empty()

    await stage.chat.edit(ref, done())
    await expect(page.locator("#announcer")).to_contain_text("다 그렸어요!")


async def test_the_parts_have_names(page: Page, stage: Stage) -> None:
    """The accessibility tree says what everything is."""
    await expect(page.locator("body")).to_match_aria_snapshot("""
        - banner:
          - heading "그려줘" [level=1]
          - status: 연결됨
        - main "대화":
          - region "무엇을 그려 드릴까요?":
            - heading "무엇을 그려 드릴까요?" [level=2]
            - list "이렇게 부탁해 보세요":
              - listitem:
                - button "노을 지는 하늘 아래 파란 고양이 그려줘"
        - contentinfo:
          - button "사진 올리기"
          - textbox "그릴 내용"
          - button "보내기"
    """)


async def test_the_end_stays_in_sight_unless_one_looks_elsewhere(
    browser: Browser, stage: Stage
) -> None:
    """The page follows what comes; whoever scrolled up is left in peace and can come back."""
    async with visiting(browser, stage.chat.url, height_px=500) as page:
        await stage.say(page)
        ref = await stage.answer(drawing(1))
        await expect(page.get_by_role("button", name="취소")).to_be_in_viewport()

        await page.get_by_role("article").last.hover()
        await page.mouse.wheel(0, -1_000)
        await expect(page.get_by_role("button", name="맨 아래로")).to_be_visible()
        await stage.chat.send(ref.place, note("새 소식"))
        await expect(page.get_by_role("article")).to_have_count(3)
        await expect(page.get_by_text("새 소식")).not_to_be_in_viewport()

        await page.get_by_role("button", name="맨 아래로").click()
        await expect(page.get_by_text("새 소식")).to_be_in_viewport()


async def test_images_fade_only_for_those_who_like_motion(browser: Browser, stage: Stage) -> None:
    """A preview is laid over the one before, at once with reduced motion, and replaces it."""
    for still in (True, False):
        async with visiting(browser, stage.chat.url, still=still) as page:
            await stage.say(page)
            ref = await stage.answer(drawing(1, preview=preview(16, alt="처음")))
            await expect(page.get_by_alt_text("처음")).to_have_css(
                "animation-name", "none" if still else "fade-in"
            )
            await stage.chat.edit(ref, drawing(2, preview=preview(128, alt="다음")))

            await expect(page.get_by_alt_text("처음")).to_have_count(0)
            await expect(page.get_by_alt_text("다음")).to_have_css("image-rendering", "auto")


async def test_many_steps_leave_one_card(page: Page, stage: Stage) -> None:
    """However fast the versions come, the newest stands in one card in the end."""
    await stage.say(page)
    ref = await stage.answer(waiting())
    await asyncio.gather(
        *(stage.chat.edit(ref, drawing(step, preview=preview())) for step in range(20))
    )
    await stage.chat.edit(
        ref, ended(CardState.FAILED, "그리지 못했어요. 다시 그리기를 눌러 주세요.")
    )

    await expect(log_of(page).get_by_text("그리지 못했어요.")).to_be_visible()
    await expect(page.get_by_role("article")).to_have_count(2)


async def test_a_refused_message_says_so(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that the server does not take is marked, and not sent again."""
    monkeypatch.setattr("bot.adapters.web.inbox.MAX_UNANSWERED", 0)
    async with serving(ScriptedListener()) as chat, visiting(browser, chat.url) as page:
        await page.get_by_label("그릴 내용").fill("고양이")
        await page.keyboard.press("Enter")

        await expect(page.locator(".message")).to_contain_text("아직 답하지 못한 부탁이 많아요.")
