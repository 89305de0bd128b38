"""The page that reads marks, in a real browser: a file is chosen, dropped or pasted, and told about."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, Page, expect

from bot.adapters.port import DetailRow
from tests.bot.adapters.web.script import ScriptedListener, note, png, serving
from tests.bot.adapters.web.stage import Stage, assert_readable
from tests.browser import LIMIT_MS, visiting

pytestmark = pytest.mark.asyncio(loop_scope="session")
expect.set_options(timeout=LIMIT_MS)

ANSWER = "네, AI로 그렸다는 표시가 있어요."
CARD = replace(
    note(ANSWER),
    details_label="어떤 표시가 있나요?",
    details=(
        DetailRow(label="AI로 만들었다는 표시(XMP)", text="있어요"),
        DetailRow(label="변조를 알 수 있는 서명(C2PA)", text="없어요"),
        DetailRow(label="적어 주신 말", text="<script>alert(1)</script> " + "긴낱말" * 40),
    ),
)


async def choose(page: Page, data: bytes, name: str = "받은 그림.png") -> None:
    """Choose a file as the picker gives it."""
    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="그림 고르기").click()
    chooser = await choosing.value
    await chooser.set_files({"name": name, "mimeType": "image/png", "buffer": data})


async def test_a_chosen_file_is_told_about(page: Page, stage: Stage) -> None:
    """The conversation's page leads there and back; every row can be read without another press."""
    stage.listener.inspection = CARD
    await page.get_by_role("link", name="그림 확인").click()
    await page.wait_for_url("**/verify")  # until its script has run
    await choose(page, png(64))

    result = page.get_by_role("region", name="확인한 것")
    await expect(result).to_contain_text(ANSWER)
    await expect(result.get_by_text("변조를 알 수 있는 서명(C2PA)")).to_be_visible()
    await expect(page.locator("#thumbnail")).to_have_js_property("naturalWidth", 64)
    await expect(page.get_by_text("받은 그림.png")).to_be_visible()
    assert [png(64)] == stage.listener.inspected
    await page.get_by_role("link", name="대화로 돌아가기").click()
    await expect(page.get_by_label("그릴 내용")).to_be_visible()


@pytest.mark.parametrize("kind", ["drop", "paste"])
async def test_a_file_may_be_dropped_or_pasted(browser: Browser, stage: Stage, kind: str) -> None:
    """Both do what the picker does; the last file holds."""
    async with visiting(browser, stage.chat.url) as page:
        await page.goto(stage.chat.url + "verify")
        await choose(page, png(8))
        await expect(page.get_by_role("region", name="확인한 것")).to_contain_text("표시가 없어요")
        await page.evaluate(
            """([kind, bytes]) => {
              const data = new DataTransfer();
              data.items.add(new File([Uint8Array.from(bytes)], "끌어온 그림.png"));
              const options = { bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data };
              const [Kind, names] = kind === "paste"
                ? [ClipboardEvent, ["paste"]] : [DragEvent, ["dragenter", "dragover", "drop"]];
              for (const name of names) document.body.dispatchEvent(new Kind(name, options));
            }""",
            [kind, list(png(16))],
        )
        await expect(page.get_by_text("끌어온 그림.png")).to_be_visible()
        await expect(page.get_by_role("region", name="확인한 것")).to_contain_text("표시가 없어요")

    assert [png(8), png(16)] == stage.listener.inspected


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(png(64) + bytes(2**20), "1MB보다 작은", id="too large"),
        pytest.param(b"GIF89a" + bytes(50), "PNG, JPEG, WebP", id="wrong kind"),
        pytest.param(b"", "PNG, JPEG, WebP", id="nothing"),
    ],
)
async def test_what_is_no_picture_is_refused_before_it_is_sent(
    browser: Browser, data: bytes, sentence: str
) -> None:
    """The page says what is wrong, and shows nothing of an earlier file."""
    listener = ScriptedListener()
    async with (
        serving(listener, max_photo_bytes=2**20) as chat,
        visiting(browser, chat.url) as page,
    ):
        await page.goto(chat.url + "verify")
        await choose(page, png(8))
        await expect(page.get_by_role("article")).to_have_count(1)
        await choose(page, data)

        await expect(page.locator("#notice")).to_contain_text(sentence)
        await expect(page.get_by_role("article")).to_have_count(0)
    assert [png(8)] == listener.inspected


async def test_a_server_that_is_gone_is_said(page: Page, stage: Stage) -> None:
    """Nobody waits for an answer that does not come."""
    await page.goto(stage.chat.url + "verify")
    await stage.chat.close()
    await choose(page, png(8))

    await expect(page.locator("#notice")).to_contain_text("그림을 보내지 못했어요")


@pytest.mark.fault(56)
async def test_what_a_file_says_is_text(page: Page, stage: Stage) -> None:
    """A stranger's script in a receipt is shown, and does nothing."""
    stage.listener.inspection = CARD
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    await page.goto(stage.chat.url + "verify")
    await choose(page, png(8))

    await expect(page.get_by_text("<script>alert(1)</script>")).to_be_visible()
    await expect(page.locator("#result script")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width_px", [360, 1000])
async def test_the_page_is_readable(
    browser: Browser, stage: Stage, width_px: int, *, dark: bool
) -> None:
    """Nothing is wider than a phone, and every sentence stands out."""
    stage.listener.inspection = CARD
    async with visiting(browser, stage.chat.url, width_px=width_px, dark=dark) as page:
        await page.goto(stage.chat.url + "verify")
        await choose(page, png(64))
        await expect(page.get_by_role("article")).to_have_count(1)

        await assert_readable(page, "h1, main p, button, dt, dd, summary, a")
        assert width_px >= await page.evaluate("document.documentElement.scrollWidth")
