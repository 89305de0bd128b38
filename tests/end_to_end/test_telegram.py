"""People on Telegram ask for pictures and go on from them; the program, its model and the client are real.

Telegram is the local one, which notes every rule that the program breaks: each test ends with none.
"""

import io
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from PIL import Image

from bot import texts
from pipeline import marks_in
from tests.telegram.people import Person
from tests.telegram.program import Bot, is_done, job_of, judge, living
from tests.telegram.things import Message, NotPossible

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(600)]

LONG = "파란 고양이 스텝:120"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """A program that runs for all tests of this file."""
    async with living(tmp_path_factory.mktemp("telegram")) as bot:
        yield bot


@dataclass(frozen=True, slots=True, kw_only=True)
class Apple:
    """A picture that is there, with whoever asked for it and the file that is kept."""

    owner: Person
    card: Message
    png: bytes


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apple(bot: Bot) -> Apple:
    """A red apple of seed 7, which no test takes away."""
    owner = bot.server.person()
    card = await bot.draw(owner, "빨간 사과 시드:7")
    png = await bot.kept(card)
    assert png is not None
    return Apple(owner=owner, card=card, png=png)


@pytest.fixture(autouse=True)
def rules_are_kept(bot: Bot) -> Iterator[None]:
    """Nothing that the program sent in a test was against Telegram's rules."""
    yield
    judge(bot.server)


async def test_the_bot_says_what_it_is(bot: Bot) -> None:
    """Its menu is in Korean with names that Telegram takes, and nobody writes to it without knowing of AI."""
    (menu,) = bot.server.settings.commands.values()
    names = {one["command"] for one in menu}

    assert {"draw", "mypictures", "queue", "status", "settings", "help"} < names
    assert {"privacy", "mydata", "erase", "link"} < names
    assert all(any("가" <= char <= "힣" for char in one["description"]) for one in menu)
    assert 2 == len(bot.server.settings.descriptions)
    assert all("AI" in one for one in bot.server.settings.descriptions.values())


async def test_a_sentence_becomes_a_picture(bot: Bot) -> None:
    """One message says that it was understood, shows the way, and ends as the picture with its label."""
    person = bot.server.person()
    asked = person.write(LONG)
    card = await bot.answer(asked)
    assert (texts.CANCEL,) == card.labels
    await bot.finished(card)

    assert [card] == bot.ours(person.chat)
    assert asked is card.reply_to
    shown = [content.text for _, content in card.versions]
    assert any("단계 중" in text and "▰" in text for text in shown[:-1])
    assert "upload_photo" in [action for _, action in person.chat.actions]
    assert "‘파란 고양이’, 다 그렸어요!" in card.text
    assert texts.MADE_BY_AI in card.text
    assert card.photo is not None
    assert (512, 512) == (card.photo.width_px, card.photo.height_px)
    kept = await bot.kept(card)
    assert kept is not None
    assert marks_in(kept).says_ai


@pytest.mark.fault(46)
async def test_words_are_never_markup(bot: Bot) -> None:
    """Signs of every way of writing are shown as they were written, and nobody is called by them."""
    person, words = (
        bot.server.person(),
        r"**고양이** _개_ [고래](http://a.b) <b>새</b> \* @everyone",
    )

    card = await bot.draw(person, words)
    info = await bot.press(person, card, texts.INFO)

    assert "**고양이** _개_" in info.text
    kinds = [{one["type"] for one in message.last.entities} for message in (card, info)]
    assert kinds[0] <= {"italic", "url"}  # what Telegram finds by itself, and our notes
    assert kinds[1] <= {"italic", "url", "mention"}  # for the eyes of whoever wrote it
    sent = [one.params for one in bot.server.log.calls]
    assert not any("parse_mode" in one for one in sent)


async def test_a_long_request_has_a_caption_that_fits(bot: Bot) -> None:
    """A caption of 1,024 characters ends with a sign that it was cut, and keeps the label."""
    card = await bot.draw(bot.server.person(), "빨간 사과와 파란 고래 " * 130)

    assert len(card.text) <= 1024
    assert texts.MADE_BY_AI in card.text


async def test_buttons_draw_on(bot: Bot, apple: Apple) -> None:
    """Again draws the same words from other noise; a variation stays near the picture."""
    again, varied = [
        await bot.finished(await bot.press(apple.owner, apple.card, label))
        for label in (texts.AGAIN, texts.VARY)
    ]

    first, second, third = [await bot.receipt(one) for one in (apple.card, again, varied)]
    assert {apple.card} == {again.reply_to, varied.reply_to}
    assert 7 == first.seed != second.seed
    assert 7 == third.seed
    assert third.variation_seed is not None
    assert first.prompt == second.prompt == third.prompt
    assert texts.ENLARGE not in apple.card.labels  # beyond the demonstration model
    assert is_done(apple.card)


async def test_the_file_is_had_as_it_is(bot: Bot, apple: Apple) -> None:
    """A photo lost its marks on the way; the file has every byte."""
    shown = apple.card.photo
    assert shown is not None
    assert not marks_in(shown.data).says_ai

    file = (await bot.press(apple.owner, apple.card, texts.ORIGINAL)).document

    assert file is not None
    assert apple.png == file.data
    assert marks_in(file.data).says_ai


async def test_a_draft_is_put_right_by_an_answer(bot: Bot, apple: Apple) -> None:
    """The words are asked back with their seed; what is sent back is drawn from the same noise."""
    draft = await bot.press(apple.owner, apple.card, texts.EDIT)
    assert draft.forced_markup is not None
    assert "빨간 사과 시드:7" in draft.text
    code = [one for one in draft.last.entities if one["type"] == "code"]

    changed = apple.owner.write("파란 사과 시드:7", reply_to=draft)

    card = await bot.finished(await bot.answer(changed))
    receipt = await bot.receipt(card)
    assert 1 == len(code)
    assert 7 == receipt.seed
    assert "blue" in receipt.prompt


async def test_words_below_a_picture_change_it(bot: Bot) -> None:
    """A reply to a card draws it once more, brighter and without what is to go."""
    person = bot.server.person()
    card = await bot.draw(person, "바다 위의 고래 시드:7")

    said = person.write("더 밝게, 바다 빼고", reply_to=card)

    receipt = await bot.receipt(await bot.finished(await bot.answer(said)))
    assert 7 == receipt.seed
    assert "sea" not in receipt.prompt
    assert "고래" in receipt.text


async def test_how_words_were_understood_is_told(bot: Bot, apple: Apple) -> None:
    """Whoever presses reads the translation."""
    text = (await bot.press(apple.owner, apple.card, texts.INFO)).text

    assert texts.ROW_ENGLISH in text
    assert "a red apple" in text


async def test_a_picture_is_taken_away(bot: Bot) -> None:
    """The message goes, and the file with it; so do all messages of several pictures."""
    person = bot.server.person()
    cards = [await bot.draw(person, f"빨간 사과 품질:빠르게{more}") for more in ("", " 장수:2")]
    assert 4 == len(bot.ours(person.chat))

    for card in cards:
        person.press(card, texts.DELETE)
        await bot.gone(card)
        assert await bot.kept(card) is None

    assert [] == bot.ours(person.chat)


async def test_a_picture_is_cancelled(bot: Bot) -> None:
    """What is being drawn is stopped, and can be asked for again."""
    person = bot.server.person()
    card = await bot.answer(person.write(f"{LONG} 장수:4 품질:정밀"))

    person.press(card, texts.CANCEL)

    await bot.says(card, texts.CANCELLED)
    assert (texts.AGAIN,) == card.labels
    assert [card] == bot.ours(person.chat)


async def test_several_pictures_are_an_album(bot: Bot) -> None:
    """The pictures answer the card, which says with its buttons which of them goes on."""
    person = bot.server.person()
    card = await bot.draw(person, "빨간 사과 시드:40 장수:3 품질:빠르게")
    album = bot.ours(person.chat)[1:]

    varied = await bot.finished(await bot.press(person, card, "2번 변형"))
    files = await bot.press(person, card, texts.ORIGINAL)

    assert [card] * 3 == [one.reply_to for one in album]
    assert 1 == len({one.album for one in album})
    assert 3 == len({one.photo.data for one in album if one.photo})
    assert [40, 41, 42] == [(await bot.receipt(card, number)).seed for number in (1, 2, 3)]
    assert 41 == (await bot.receipt(varied)).seed
    assert files.album
    sent = [one.document.data for one in bot.ours(person.chat) if one.document]
    assert [await bot.kept(card, number) for number in (1, 2, 3)] == sent


@pytest.mark.parametrize(
    ("is_file", "words"),
    [(False, "이걸 수채화로 강도:0.5"), (True, "빨간 사과를 수채화로 그려줘 강도:0.5")],
    ids=["photo", "file"],
)
async def test_a_picture_is_drawn_over(
    bot: Bot, apple: Apple, *, is_file: bool, words: str
) -> None:
    """A photo or a file with words below it is drawn over, as strongly as was said."""
    person = bot.server.person()

    send = person.document if is_file else person.photo
    card = await bot.finished(await bot.answer(send(apple.png, caption=words)))

    receipt = await bot.receipt(card)
    assert 0.5 == receipt.strength
    assert "watercolor" in receipt.prompt


async def test_a_picture_is_drawn_once_more_exactly(bot: Bot, apple: Apple) -> None:
    """By its number, or by the file, the same comes again; a photo says nothing of itself any more."""
    by_number = await bot.draw(apple.owner, f"/재현 {job_of(apple.card)}")
    stranger = bot.server.person("서준")
    by_file = await bot.finished(await bot.answer(stranger.document(apple.png, caption="/재현")))

    receipts = [await bot.receipt(one) for one in (by_number, by_file)]
    assert {7} == {one.seed for one in receipts}
    assert {(await bot.receipt(apple.card)).prompt} == {one.prompt for one in receipts}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("/start", "그림으로 그려 드려요"),
        ("/도움말", "그림으로 그려 드려요"),
        ("/status", "준비되어 있어요"),
        ("/대기열", "기다리는"),
        ("/privacy", "보관해요"),
        ("/개인정보", "보관해요"),
        ("/mypictures", texts.NO_PICTURES),
        ("/settings", texts.RULES_ELSEWHERE),
        ("/link", "/연결"),
        ("/없는명령", "명령은 없어요"),
        ("ㅁㄴㅇㄹ", "주세요"),
    ],
)
async def test_what_is_asked_is_told(bot: Bot, command: str, said: str) -> None:
    """Each command has its answer, by its Korean name and the one of the menu."""
    person = bot.server.person()
    answer = await bot.answer(person.write(command))

    await bot.says(answer, said)


async def test_ones_own_pictures_are_shown_and_given_and_erased(bot: Bot) -> None:
    """Everything that is kept of a person can be had, and is gone after one press."""
    person = bot.server.person()
    card = await bot.draw(person, "초록 개구리 품질:빠르게")

    own = await bot.answer(person.write("/내그림"))
    copy = await bot.answer(person.write("/내데이터"))
    sure = await bot.answer(person.write("/내데이터삭제"))
    erased = await bot.press(person, sure, texts.ERASE)
    gone = await bot.press(person, card, texts.AGAIN)

    assert "초록 개구리" in own.text
    assert own.photo is not None
    assert copy.document is not None
    asked = json.loads(copy.document.data)["requests"]
    assert [job_of(card)] == [one["job"]["id"] for one in asked]
    assert texts.ERASED in erased.text
    assert texts.GONE in gone.text
    assert await bot.kept(card) is None


async def test_what_is_edited_is_not_asked_again(bot: Bot) -> None:
    """A request that its person puts right afterwards goes on as it was."""
    person = bot.server.person()
    said = person.write("빨간 사과")
    card = await bot.answer(said)

    person.edit(said, "파란 사과")
    await bot.finished(card)
    await bot.ask(person, "/대기열")

    assert "red" in (await bot.receipt(card)).prompt
    assert 2 == len(bot.ours(person.chat))


async def test_an_album_is_refused_once(bot: Bot, apple: Apple) -> None:
    """Several photos are answered by one sentence."""
    person = bot.server.person()
    photos = person.album([apple.png] * 3, caption="이걸 수채화로")

    answers = [await bot.next(person.chat, 0)]
    await bot.ask(person, "/대기열")

    assert texts.ONE_PHOTO == answers[0].text
    assert answers[0].reply_to in photos
    assert 2 == len(bot.ours(person.chat))


def png(colour: str, size: tuple[int, int] = (64, 64)) -> bytes:
    """Draw a plain picture."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "media_type"),
    [
        pytest.param("글.png", "그림이 아니에요".encode(), "image/png", id="text"),
        pytest.param("잘린.png", png("red")[:60], "image/png", id="cut off"),
        pytest.param("x.svg", b"<svg/>", "image/svg+xml", id="vector"),
    ],
)
async def test_a_file_that_is_no_picture_is_told(
    bot: Bot, name: str, data: bytes, media_type: str
) -> None:
    """Whoever sends what cannot be drawn over reads why, and nothing is drawn."""
    person = bot.server.person()
    answer = await bot.answer(person.document(data, name, "빨간 사과", media_type=media_type))

    await bot.says(answer, "사진")
    assert not is_done(answer)


async def test_a_file_that_telegram_does_not_give_is_told(bot: Bot) -> None:
    """Beyond 20 MB a sentence comes at once."""
    person = bot.server.person()
    large = png("red") + bytes(21 * 2**20)

    answer = await bot.answer(person.document(large, "큰.png", "빨간 사과"))

    assert texts.PHOTO_FOR_TELEGRAM == answer.text


async def test_what_was_forged_is_answered(bot: Bot, apple: Apple) -> None:
    """A button that nobody of us made does nothing but stop turning; others' pictures stay theirs."""
    stranger = bot.server.person("서준", has_started=True)
    with pytest.raises(NotPossible):
        stranger.press(apple.card, texts.DELETE)
    mine = await bot.draw(stranger, "빨간 사과 품질:빠르게")

    for data in ("1:again:0000000000:", "1:page::999999 고래", "nonsense", "9:again:x:y"):
        await stranger.answered(stranger.send_data(mine, data))
    await stranger.answered(stranger.send_data(mine, f"1:delete:{job_of(apple.card)}:"))
    await bot.ask(stranger, "/대기열")

    assert apple.png == await bot.kept(apple.card)
    assert not apple.card.is_deleted
