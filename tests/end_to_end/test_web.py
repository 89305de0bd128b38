"""A person opens the page, asks in Korean, watches, gets the picture, goes on from it, cancels.

Everything is real here: the page, the socket, the text pipeline, the engine and the shipped model.
"""

import io
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from PIL import Image, ImageChops, ImageDraw, ImageStat
from playwright.async_api import Browser, FilePayload, Locator, Page, expect

from tests.browser import visiting
from tools.demo_model.recogniser import Recogniser

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

LOAD_LIMIT_MS = 240_000  # the model loads while the first request waits
DRAW_LIMIT_MS = 120_000


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, url: str) -> AsyncIterator[Page]:
    """A new visitor's page."""
    async with visiting(browser, url) as page:
        yield page


async def ask(page: Page, text: str) -> Locator:
    """Type a request as a person does, and give its card once it is there.

    Whoever asks twice in a row would count the cards before the first one came.
    """
    cards = page.get_by_role("log").locator("article.card")
    number = await cards.count()
    await page.get_by_label("그릴 내용").fill(text)
    await page.keyboard.press("Enter")
    await expect(cards).to_have_count(number + 1)
    return cards.nth(number)


async def picture_of(page: Page, card: Locator) -> Image.Image:
    """Download the picture of a card as the button 저장 does."""
    async with page.expect_download() as download:
        await card.get_by_role("link", name="저장").click()
    path = await (await download.value).path()
    return Image.open(io.BytesIO(path.read_bytes()))


async def next_picture(page: Page, number: int) -> Image.Image:
    """Wait for the picture of a card, counted from 0, and download it."""
    card = page.get_by_role("log").locator("article.card").nth(number)
    await expect(card.get_by_role("link", name="저장")).to_be_visible(timeout=LOAD_LIMIT_MS)
    return await picture_of(page, card)


def distance(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are from each other: 0 to 255, the mean over the demo model's pixels."""
    small = [image.convert("RGB").resize((64, 64)) for image in (one, other)]
    means = ImageStat.Stat(ImageChops.difference(*small)).mean
    return sum(means) / len(means)


async def test_a_sentence_becomes_the_picture_it_describes(
    page: Page, recogniser: Recogniser
) -> None:
    """Progress and preview come first, then a picture of what was asked for."""
    card = await ask(page, "노을 지는 하늘 아래 파란 고양이 그려줘 스텝:40")

    await expect(card.get_by_role("progressbar")).to_be_visible(timeout=LOAD_LIMIT_MS)
    await expect(card.locator("img").first).to_be_visible(timeout=DRAW_LIMIT_MS)
    await expect(card.get_by_role("link", name="저장")).to_be_visible(timeout=DRAW_LIMIT_MS)
    image = await picture_of(page, card)

    sight = recogniser.look(image)
    assert (512, 512) == image.size
    assert "cat" in [name for name, _ in sight.concepts[:5]]
    assert "blue" == sight.colour


async def test_a_saved_picture_says_what_it_is(page: Page) -> None:
    """What was saved is known on the page that reads marks; a byte that is changed later is noticed."""
    card = await ask(page, "초록 개구리 시드:3")
    await expect(card.get_by_role("link", name="저장")).to_be_visible(timeout=LOAD_LIMIT_MS)
    async with page.expect_download() as download:
        await card.get_by_role("link", name="저장").click()
    data = (await (await download.value).path()).read_bytes()
    await page.get_by_role("link", name="그림 확인").click()
    await page.wait_for_url("**/verify")  # until its script has run

    result = page.get_by_role("region", name="확인한 것")
    for picture, answer in ((data, "네, 이 봇에서 AI로 그린"), (changed(data), "바뀐 파일")):
        async with page.expect_file_chooser() as choosing:
            await page.get_by_role("button", name="그림 고르기").click()
        file: FilePayload = {"name": "받은 그림.png", "mimeType": "image/png", "buffer": picture}
        await (await choosing.value).set_files(file)
        await expect(result).to_contain_text(answer)
        await expect(result).to_contain_text("초록 개구리")


def changed(png: bytes) -> bytes:
    """Change one byte of the pixels."""
    middle = png.rindex(b"IDAT") + 40
    return png[:middle] + bytes([png[middle] ^ 1]) + png[middle + 1 :]


async def test_the_trace_opens_below_the_picture(page: Page) -> None:
    """Text, translation, weighted words and both prompts can be read by whoever wants to."""
    card = await ask(page, "초록 개구리")
    await expect(card.get_by_role("link", name="저장")).to_be_visible(timeout=LOAD_LIMIT_MS)
    details = card.locator("details")
    await expect(details.locator("dl")).to_be_hidden()
    await details.locator("summary").click()

    await expect(details.locator("dl")).to_contain_text("a green frog")
    await expect(details.locator("dl")).to_contain_text("prompt_2")
    await expect(card.get_by_role("img", name="AI가 그린 그림: 초록 개구리")).to_be_visible()


async def test_again_draws_another_picture_on_its_own_card(page: Page) -> None:
    """The button draws the same words with another seed and leaves the first picture alone."""
    card = await ask(page, "빨간 사과")
    await expect(card.get_by_role("link", name="저장")).to_be_visible(timeout=LOAD_LIMIT_MS)
    await card.get_by_role("button", name="다시 그리기").click()
    second = page.get_by_role("log").locator("article.card").nth(1)
    await expect(second.get_by_role("link", name="저장")).to_be_visible(timeout=DRAW_LIMIT_MS)

    first_image, second_image = await picture_of(page, card), await picture_of(page, second)
    assert first_image.tobytes() != second_image.tobytes()


async def test_a_photo_is_drawn_over(page: Page, recogniser: Recogniser) -> None:
    """The picture shows what was asked for, and is nearer to the photo than without it."""
    photo = Image.new("RGB", (300, 300), (30, 40, 120))
    ImageDraw.Draw(photo).ellipse((60, 60, 240, 240), fill=(220, 20, 20))
    file = io.BytesIO()
    photo.save(file, "JPEG")
    await ask(page, "빨간 사과 시드:5")
    without = await next_picture(page, 0)

    async with page.expect_file_chooser() as choosing:
        await page.get_by_role("button", name="사진 올리기").click()
    await (await choosing.value).set_files(
        {"name": "공.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}
    )
    await ask(page, "빨간 사과 시드:5 강도:0.5")
    over = await next_picture(page, 1)

    # Measured: 50 with the photo, 131 without.
    assert distance(over, photo) < distance(without, photo) / 2
    assert "apple" in [name for name, _ in recogniser.look(over).concepts[:3]]


async def test_a_variation_is_another_picture_of_the_same_family(
    page: Page, recogniser: Recogniser
) -> None:
    """It differs, but less than one that is drawn again from other noise."""
    card = await ask(page, "노을 지는 하늘 아래 파란 고양이")
    first = await next_picture(page, 0)
    await card.get_by_role("button", name="변형").click()
    varied = await next_picture(page, 1)
    await card.get_by_role("button", name="다시 그리기").click()
    again = await next_picture(page, 2)

    assert 0 < distance(varied, first) < distance(again, first)
    assert "cat" in [name for name, _ in recogniser.look(varied).concepts[:5]]
    await expect(card.get_by_role("button", name="크게")).to_have_count(0)  # beyond the demo model


async def test_a_request_is_changed_and_drawn_with_its_seed(
    page: Page, recogniser: Recogniser
) -> None:
    """고치기 gives the words back with the seed; another colour makes another picture of it."""
    card = await ask(page, "빨간 사과 스텝:30")
    await next_picture(page, 0)
    await card.get_by_role("button", name="고치기").click()
    box = page.get_by_label("그릴 내용")
    await expect(box).to_have_value(re.compile(r"^빨간 사과 시드:\d+ 스텝:30$"))
    draft = await box.input_value()
    changed = await ask(page, draft.replace("빨간", "초록"))
    picture = await next_picture(page, 1)

    assert "green" == recogniser.look(picture).colour
    seed = re.search(r"시드:(\d+)", draft)
    assert seed is not None
    await expect(changed.locator("dl")).to_contain_text(f"시드 {seed[1]}")


async def test_cancel_stops_a_drawing_and_two_can_be_under_way(page: Page) -> None:
    """A cancelled card says so; the request beside it gets its picture."""
    long_one = await ask(page, "고래 스텝:150 샘플러:ddim")
    short_one = await ask(page, "펭귄 품질:빠르게")
    await long_one.get_by_role("button", name="취소").click(timeout=LOAD_LIMIT_MS)

    await expect(long_one).to_contain_text("취소했어요", timeout=DRAW_LIMIT_MS)
    await expect(short_one.get_by_role("link", name="저장")).to_be_visible(timeout=LOAD_LIMIT_MS)


BAD_TEXTS = [
    ("그려줘", "무엇을 그릴까요?"),
    ("뷁쉙 뛟뽥", "모르는 낱말"),
    ("가" * 10_000, "글이 너무 길어요"),
    ("고래 크기:63x64", "크기로는 그릴 수 없어요"),
    ("고래 스텝:999", "스텝은 1~150"),
    ("/없는명령", "명령은 없어요"),
    ("\u200b\u200b", "무엇을 그릴까요?"),
]


@pytest.mark.parametrize(("text", "answer"), BAD_TEXTS, ids=[answer for _, answer in BAD_TEXTS])
async def test_what_cannot_be_drawn_gets_a_clear_sentence(
    page: Page, text: str, answer: str
) -> None:
    """Each answer is Korean, on the page, and leaves the page usable."""
    card = await ask(page, text)

    await expect(card).to_contain_text(answer, timeout=LOAD_LIMIT_MS)


async def test_a_page_that_is_closed_in_the_middle_finds_its_picture_again(page: Page) -> None:
    """Leaving does not stop the drawing; coming back shows it."""
    card = await ask(page, "노란 병아리 스텝:60")
    await expect(card).to_contain_text("그리고 있어요", timeout=LOAD_LIMIT_MS)
    address = page.url
    await page.goto("about:blank")
    await page.goto(address)

    again = page.get_by_role("log").locator("article.card").first
    await expect(again.get_by_role("link", name="저장")).to_be_visible(timeout=DRAW_LIMIT_MS)
