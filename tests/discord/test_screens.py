"""The page that imitates a chat shows what Discord told of a message, and nothing else."""

import io
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser

from tests.browser import browser as browser
from tests.discord.chat_page import Recorded, page_of_message, page_of_modal
from tests.discord.screens import NothingSeen, drawing_of, is_done, photograph, waiting_of
from tests.discord.things import StoredFile, Version

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (512, 512), "navy").save(written, "PNG")
    return written.getvalue()


_BOT = {"id": "1", "username": "그려줘", "global_name": None, "bot": True}
_PERSON = {"id": "2", "username": "민지", "global_name": "민지", "bot": False}
_CONTENT = (
    "‘노을 지는 하늘 아래 파란 고양이’, 다 그렸어요!\n"
    "**prompt\\_2** a blue cat under the sunset sky\n"
    "`고래 그려줘`\n"
    "```\n파란 고양이 시드:7\n```\n"
    "[Papago로 옮겼어요](<https://papago.naver.com>)\n"
    "-# AI로 만든 그림이에요."
)
_DONE: dict[str, Any] = {
    "id": "3",
    "type": 20,
    "author": _BOT,
    "content": _CONTENT,
    "timestamp": "2026-11-28T12:04:01.626000+00:00",
    "attachments": [
        {
            "id": "4", "filename": "geuryeojwo-46c0f99d.png", "content_type": "image/png",
            "description": "AI가 그린 그림: 노을 지는 하늘 아래 파란 고양이", "width": 512, "height": 512,
        },
        {"id": "5", "filename": "data.zip", "content_type": "application/zip"},
    ],
    "components": [
        {
            "type": 1,
            "components": [
                {"type": 2, "style": 1, "label": "다시 그리기", "custom_id": "a", "emoji": {"name": "🔁"}},
                {"type": 2, "style": 4, "label": "삭제", "custom_id": "b", "disabled": True},
            ],
        },
        {
            "type": 1,
            "components": [
                {
                    "type": 3, "custom_id": "c", "placeholder": "어느 그림을 변형할까요?",
                    "options": [{"label": "1번", "value": "1"}],
                }
            ],
        },
    ],
    "flags": 0,
    "interaction_metadata": {"id": "6", "type": 2, "user": _PERSON},
}  # fmt: skip
_SHOWN = Recorded(payload=_DONE, files={"4": _png()}, command="그려줘")
_VERSION = Version(at_s=0.0)
_PREVIEW, _PICTURE = (
    StoredFile(id=1, filename=name, data=b"", content_type="image/png")
    for name in ("preview.png", "geuryeojwo-1.png")
)


async def test_a_message_is_shown_with_everything_in_it(browser: Browser) -> None:
    """Texts lose their marks and nothing else; buttons, menu, file and alternative text are there."""
    page = await browser.new_page()
    await page.set_content(page_of_message(_SHOWN, channel="그림"))

    lines = [line.strip() for line in (await page.inner_text("main")).splitlines() if line.strip()]
    pictures = page.locator("img")
    for text in (
        "# 그림",
        "🙂민지 님이 /그려줘 사용",
        "‘노을 지는 하늘 아래 파란 고양이’, 다 그렸어요!",
        "prompt_2 a blue cat under the sunset sky",
        "고래 그려줘",
        "파란 고양이 시드:7",
        "Papago로 옮겼어요",
        "AI로 만든 그림이에요.",
        "📄 data.zip",
    ):
        assert text in lines
    assert "오후 9:04" in await page.inner_text(".head")
    assert ["🔁다시 그리기", "삭제"] == await page.locator(".button").all_text_contents()
    assert ["삭제"] == await page.locator(".danger.off").all_inner_texts()
    assert ["어느 그림을 변형할까요?"] == await page.locator(".menu").all_inner_texts()
    assert [512] == await pictures.evaluate_all("all => all.map(one => one.naturalWidth)")
    assert _DONE["attachments"][0]["description"] == await pictures.get_attribute("alt")
    assert "https://papago.naver.com" == await page.locator("a").get_attribute("href")
    assert ["pre", "code", "small"] == [
        name for name in ("pre", "code", "small") if await page.locator(f".content {name}").count()
    ]
    assert 0 == await page.locator(".private").count()
    await page.close()


async def test_what_people_write_is_no_html(browser: Browser) -> None:
    """A text with tags and escaped marks is read as it stands."""
    payload = {
        **_DONE,
        "content": "<img src=x onerror=alert(1)> \\*별\\* \\<b\\>",
        "attachments": [],
    }
    page = await browser.new_page()
    await page.set_content(page_of_message(replace(_SHOWN, payload=payload), channel="그림"))

    assert "<img src=x onerror=alert(1)> *별* <b>" == await page.inner_text(".content")
    assert 0 == await page.locator("img").count()
    await page.close()


async def test_a_private_message_says_so(browser: Browser) -> None:
    """What one person sees is marked."""
    page = await browser.new_page()
    private = replace(_SHOWN, payload={**_DONE, "flags": 1 << 6})
    await page.set_content(page_of_message(private, channel="그림"))

    assert "나에게만" in await page.inner_text(".private")
    await page.close()


async def test_a_modal_is_shown_with_what_is_filled_in(browser: Browser) -> None:
    """Title, labels and values are there, and a star where something must be written."""
    box = {"type": 4, "custom_id": "text", "style": 2, "required": True, "value": "파란 고양이"}
    empty = {"type": 4, "custom_id": "제외", "style": 1, "required": False}
    modal = {
        "title": "그림 고치기",
        "components": [
            {"type": 18, "label": "한국어", "component": box},
            {"type": 18, "label": "빼고 싶은 것", "component": empty},
        ],
    }
    page = await browser.new_page()
    await page.set_content(page_of_modal(modal))

    assert "그림 고치기" in await page.inner_text("h1")
    assert ["파란 고양이", ""] == await page.locator(".box").all_inner_texts()
    assert ["한국어*", "빼고 싶은 것"] == [
        text.splitlines()[0] for text in await page.locator("label").all_inner_texts()
    ]
    await page.close()


async def test_the_picture_of_a_page_is_a_png(browser: Browser) -> None:
    """A page becomes a picture of a size that documents can carry."""
    taken = await photograph(browser, page_of_message(_SHOWN, channel="그림"))

    with Image.open(io.BytesIO(taken)) as picture:
        assert ("PNG", 900) == (picture.format, picture.width)
    assert len(taken) <= 200 * 1024


async def test_the_moments_of_a_card_are_found() -> None:
    """The last wait that was told, the middle of the previews, and the end."""
    waits = [
        replace(_VERSION, content=f"앞에 {n}건이 있어요. 약 {n}초 뒤에 완성돼요.") for n in (3, 2)
    ]
    previews = [replace(_VERSION, content=f"{n}단계", files=(_PREVIEW,)) for n in range(3)]
    done = replace(_VERSION, content="다 그렸어요!", files=(_PICTURE,))
    versions = [replace(_VERSION, content="말씀을 읽고 있어요."), *waits, *previews, done]

    assert waits[1] is waiting_of(versions)
    assert previews[1] is drawing_of(versions)
    assert [done] == [one for one in versions if is_done(one)]


async def test_a_moment_that_never_was_is_not_made_up() -> None:
    """Without a wait or a preview there is no picture of it."""
    with pytest.raises(NothingSeen):
        waiting_of([_VERSION])
    with pytest.raises(NothingSeen):
        drawing_of([replace(_VERSION, files=(_PICTURE,))])
