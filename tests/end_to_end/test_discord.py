"""People on Discord ask for pictures and go on from them; the program, its model and the client are real.

Discord is the local one, which notes every rule that the program breaks: each test ends with none.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from bot import texts
from pipeline import marks_in
from tests.discord.bot import (
    LIMIT_S,
    Bot,
    cancelled,
    card_of,
    drawn,
    finished,
    is_done,
    job_of,
    living,
    receipt_of,
    removed,
    told,
)
from tests.discord.people import Person
from tests.discord.things import Channel, Message, Permission

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(600)]

LONG = "파란 고양이 스텝:120"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """A program that runs for all tests of this file."""
    async with living(tmp_path_factory.mktemp("discord")) as bot:
        yield bot


@dataclass(frozen=True, slots=True, kw_only=True)
class Apple:
    """A picture that is there, with whoever asked for it and where."""

    owner: Person
    channel: Channel
    card: Message

    @property
    def png(self) -> bytes:
        """The file."""
        return self.card.files[0].data


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apple(bot: Bot) -> Apple:
    """A red apple of seed 7, which no test takes away."""
    owner, channel = bot.server.person(), bot.channel()
    card = await bot.draw(owner, "빨간 사과 시드:7", channel=channel)
    return Apple(owner=owner, channel=channel, card=card)


@pytest.fixture(autouse=True)
def rules_are_kept(bot: Bot) -> Iterator[None]:
    """Nothing that the program sent in a test was against Discord's rules."""
    yield
    broken = list(bot.server.problems)
    bot.server.problems.clear()
    assert [] == broken


async def test_a_command_is_there_in_korean(bot: Bot) -> None:
    """Everybody finds the commands by their Korean names; those of managers are theirs alone."""
    everybody = {one["name"] for one in bot.server.person().commands(bot.server.channel)}
    manager = bot.server.person(permissions=Permission.MANAGE_GUILD)

    assert {"그려줘", "내그림", "대기열", "도움말", "상태", "재현"} < everybody
    assert {"이 그림으로 그리기", "그림 정보"} < everybody
    assert "설정" not in everybody
    assert "설정" in {one["name"] for one in manager.commands(bot.server.channel)}


async def test_a_sentence_becomes_a_picture(bot: Bot) -> None:
    """One message says that it was understood, shows the way, and ends as the picture with its marks."""
    person, channel = bot.server.person(), bot.channel()
    asked = person.slash(channel, "그려줘", 설명=LONG)
    await asked.acknowledged(LIMIT_S)
    card = await card_of(asked)
    assert (texts.CANCEL,) == card.labels
    await finished(bot.server, [card])

    shown = [version for version in card.versions if "단계" in version.content]
    assert any(file.filename.startswith("preview.") for one in shown for file in one.files)
    assert any("곧 그리기" in one.content or "앞에" in one.content for one in card.versions[:-1])
    assert (card,) == bot.server.world.messages_in(channel)
    assert "‘파란 고양이’, 다 그렸어요!" in card.text
    assert texts.MADE_BY_AI in card.text
    (file,) = card.files
    assert texts.alt("파란 고양이") == file.description
    assert (512, 512, "image/png") == (file.width_px, file.height_px, file.content_type)
    assert marks_in(file.data).says_ai
    assert file.data == await bot.kept(card)


@pytest.mark.fault(46)
async def test_nobody_is_called(bot: Bot) -> None:
    """Words that call people, links and signs of Discord's writing do nothing in an answer."""
    person = bot.server.person()
    other = bot.server.person("서준")
    words = f"@everyone <@{other.id}> **고양이** https://discord.gg/abcdef [고래](http://a.b)"

    card = await bot.draw(person, words)
    info = await card_of(person.press(card, texts.INFO))

    for message in (card, info):
        assert not re.search(r"https?://|(?<!\\)[\[\]`]|\*\*고양이", message.content)
    sent = [one.payload for one in bot.server.log.requests if one.payload]
    shown = [one.get("data", one) for one in sent if isinstance(one, dict)]
    shown = [one for one in shown if isinstance(one, dict) and "content" in one]
    assert shown
    assert all({"parse": []} == one["allowed_mentions"] for one in shown)


async def test_buttons_draw_on(bot: Bot, apple: Apple) -> None:
    """Again draws the same words from other noise; a variation stays near the picture."""
    again, varied = await drawn(
        bot.server,
        apple.owner.press(apple.card, texts.AGAIN),
        apple.owner.press(apple.card, texts.VARY),
    )

    first = receipt_of(apple.card)
    assert 7 == first.seed != receipt_of(again).seed
    assert 7 == receipt_of(varied).seed
    assert receipt_of(varied).variation_seed is not None
    assert first.prompt == receipt_of(again).prompt == receipt_of(varied).prompt
    assert is_done(apple.card)


async def test_a_form_puts_a_picture_right(bot: Bot, apple: Apple) -> None:
    """The form holds how the words were understood; what is changed in it is drawn from the same noise."""
    owner = apple.owner

    forms = [await owner.press(apple.card, texts.EDIT).modal(LIMIT_S) for _ in range(2)]
    values = {label: one.get("value", "") for label, one in forms[0].inputs.items()}
    changed, english = await drawn(
        bot.server,
        owner.submit(forms[0], {texts.FIELD_TEXT: "파란 사과", texts.FIELD_NEGATIVE: "나무"}),
        owner.submit(forms[1], {texts.FIELD_ENGLISH: "a green whale"}),
    )

    assert texts.EDIT_TITLE == forms[0].title
    assert "빨간 사과" in values[texts.FIELD_TEXT]
    assert "apple" in values[texts.FIELD_ENGLISH]
    assert "apple" in values[texts.FIELD_WORDS]
    assert "blue" in receipt_of(changed).prompt
    assert "나무" == receipt_of(changed).negative
    assert "green whale" in receipt_of(english).prompt
    assert {7} == {receipt_of(one).seed for one in (changed, english)}


async def test_whoever_wants_to_know_is_told_alone(bot: Bot, apple: Apple) -> None:
    """How a picture was understood is told to whoever presses, and to nobody else."""
    before = bot.server.world.messages_in(apple.channel)

    text = await told(bot.server.person("서준").press(apple.card, texts.INFO))

    assert "apple" in text
    assert texts.ROW_ENGLISH in text
    assert before == bot.server.world.messages_in(apple.channel)


async def test_only_whoever_asked_or_moderates_takes_away(bot: Bot) -> None:
    """A stranger is refused; the one who asked and a moderator take the message away with its file."""
    channel, owner = bot.channel(), bot.server.person()
    moderator = bot.server.person("지킴이", permissions=Permission.MANAGE_MESSAGES)
    cards = await drawn(
        bot.server,
        *(owner.slash(channel, "그려줘", 설명="빨간 사과", 품질="빠르게") for _ in range(2)),
    )

    refused = await told(bot.server.person("서준").press(cards[0], texts.DELETE))
    assert texts.NOT_YOURS in refused
    assert not cards[0].is_deleted
    for card, person in zip(cards, (owner, moderator), strict=True):
        person.press(card, texts.DELETE)
        await removed(bot.server, card)
        assert await bot.kept(card) is None


async def test_only_whoever_asked_or_moderates_cancels(bot: Bot) -> None:
    """What is being drawn is stopped by the one who asked or a moderator, not by a stranger."""
    channel, owner = bot.channel(), bot.server.person()
    moderator = bot.server.person("지킴이", permissions=Permission.MANAGE_MESSAGES)
    cards = [
        await card_of(owner.slash(channel, "그려줘", 설명=LONG, 장수=4, 품질="정밀"))
        for _ in range(2)
    ]

    refused = await told(bot.server.person("서준").press(cards[0], texts.CANCEL))
    assert texts.NOT_YOURS in refused
    for card, person in zip(cards, (owner, moderator), strict=True):
        person.press(card, texts.CANCEL)
        await cancelled(bot.server, card)
        assert (texts.AGAIN,) == card.labels
        assert () == card.files


async def test_one_of_several_pictures_is_chosen(bot: Bot) -> None:
    """Several pictures are one message; a menu says which of them is varied."""
    person = bot.server.person()
    card = await bot.draw(person, "빨간 사과 시드:40", 장수=3)

    (varied,) = await drawn(bot.server, person.select(card, texts.vary_number(2)))

    assert [40, 41, 42] == [receipt_of(card, number).seed for number in range(3)]
    assert 3 == len({file.data for file in card.files})
    assert (41, 1) == (receipt_of(varied).seed, len(varied.files))


async def test_a_picture_is_drawn_over(bot: Bot, apple: Apple) -> None:
    """What comes with a command is what is drawn over, as strongly as was said."""
    photo = ("사진.png", apple.png)

    card = await bot.draw(bot.server.person(), "파란 사과", 참고그림=photo, 변형정도=0.5)

    assert 0.5 == receipt_of(card).strength


async def test_any_picture_is_drawn_over_from_its_menu(bot: Bot, apple: Apple) -> None:
    """A command of a message's menu asks in a form what is to be drawn over its picture."""
    person, channel = bot.server.person(), bot.channel()
    said = bot.server.person("서준").say(channel, "봐", files=[("photo.png", apple.png)])
    bare = person.say(channel, "그림이 없는 글")

    form = await person.context(said, "이 그림으로 그리기").modal(LIMIT_S)
    empty = await person.context(bare, "이 그림으로 그리기").modal(LIMIT_S)
    asked = person.submit(form, {texts.FIELD_WHAT: "파란 사과"})
    refused = await card_of(person.submit(empty, {texts.FIELD_WHAT: "파란 사과"}))
    await bot.server.wait_for(lambda: "PNG, JPEG, WebP" in refused.text, LIMIT_S)
    (card,) = await drawn(bot.server, asked)

    assert texts.OVER_TITLE == form.title
    assert receipt_of(card).strength is not None


async def test_a_picture_tells_of_itself(bot: Bot, apple: Apple) -> None:
    """A command of a message's menu tells what a card, or a saved file of ours, says of itself."""
    person = bot.server.person()
    saved = person.say(bot.channel(), files=[("a.png", apple.png)])

    of_card = await told(person.context(apple.card, "그림 정보"))
    of_file = await told(person.context(saved, "그림 정보"))

    assert job_of(apple.card) in of_card
    for text in (of_card, of_file):
        assert "apple" in text
        assert "AI로 만들었다는 표시" in text


async def test_words_below_a_picture_change_it(bot: Bot) -> None:
    """A reply to a card draws it once more, brighter and without what is to go."""
    person, channel = bot.server.person(), bot.channel()
    card = await bot.draw(person, "바다 위의 고래 시드:7", channel=channel)

    said = person.say(channel, "더 밝게, 바다 빼고", reply_to=card)
    changed = await answer_to(bot, said)

    assert 7 == receipt_of(changed).seed
    assert "sea" not in receipt_of(changed).prompt
    assert "고래" in receipt_of(changed).text


async def test_a_mention_and_a_direct_message_are_requests(bot: Bot) -> None:
    """Where the bot is called, or alone with somebody, plain words are enough; elsewhere it is silent."""
    person, channel = bot.server.person(), bot.channel()
    ignored = person.say(channel, "빨간 사과 그려줘")
    called = person.say(channel, f"{bot.server.mention} 빨간 사과 그려줘")
    private = person.say(person.dm, "빨간 사과 그려줘")

    for card in [await answer_to(bot, said) for said in (called, private)]:
        assert "apple" in receipt_of(card).prompt
    assert 3 == len(bot.server.world.messages_in(channel))
    assert ignored.reference is None


async def answer_to(bot: Bot, said: Message) -> Message:
    """Wait until a message is answered by what is drawn."""

    def found() -> Message | None:
        messages = bot.server.world.messages_in(said.channel)
        return next((one for one in messages if one.reference is said and is_done(one)), None)

    answer = await bot.server.wait_for(found, LIMIT_S)
    assert answer is not None
    return answer
