"""Groups on Telegram: what is meant for the bot there, who may do what, and what those who manage one settle.

The program, its model and the client are real; Telegram is the local one, which notes every rule that the
program breaks: each test ends with none.
"""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio

from bot import texts
from tests.telegram.bot import png
from tests.telegram.people import Person
from tests.telegram.program import (
    MAX_EDITS,
    Bot,
    is_done,
    job_of,
    judge,
    living,
    num_progress_edits,
)
from tests.telegram.things import Chat, ChatKind, Message, Status
from tests.telegram.world import Reading

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(600)]

APPLE = "/draw@geuryeojwo_bot 빨간 사과 품질:빠르게"
LONG = "/draw@geuryeojwo_bot 파란 고양이 스텝:60"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """A program that runs for all tests of this file."""
    folder = tmp_path_factory.mktemp("telegram")
    async with living(folder, TEXT__KEYWORDS='["frequency"]') as bot:  # loads in no time
        yield bot


@pytest.fixture(autouse=True)
def rules_are_kept(bot: Bot) -> Iterator[None]:
    """Nothing that the program sent in a test was against Telegram's rules."""
    yield
    judge(bot.server)


class Room:
    """A group of its own, with somebody who manages it."""

    def __init__(self, bot: Bot, *topics: str, kind: ChatKind = ChatKind.SUPERGROUP) -> None:
        self.bot, self.server = bot, bot.server
        self.chat: Chat = bot.server.group(topics=topics, kind=kind)
        self.manager = self.person("관리인", Status.ADMINISTRATOR)

    def person(self, name: str = "민지", status: Status = Status.MEMBER) -> Person:
        """Let somebody join whose conversation with the bot is open."""
        person = self.server.person(name, has_started=True)
        self.chat.members[person.id] = status
        return person

    async def settle(self, said: str, *, topic: int | None = None) -> str:
        """Change a rule, and give what whoever manages the group is told of it alone."""
        before = len(self.manager.chat.messages)
        self.manager.write(f"/settings@geuryeojwo_bot {said}", self.chat, topic=topic)
        return (await self.bot.next(self.manager.chat, before)).text

    async def draw(self, person: Person | None = None, text: str = APPLE) -> Message:
        """Let a member ask, and wait for what is drawn."""
        return await self.bot.draw(person or self.person(), text, self.chat)


@pytest.fixture
def room(bot: Bot) -> Room:
    """A group whose rules no other has."""
    return Room(bot)


# What is meant for the bot.

MODES = ["letter", "botfather", "off"]
_ALL, _BOTFATHER, _OFF = frozenset(MODES), frozenset({"botfather", "off"}), frozenset({"off"})


@pytest.fixture(params=MODES)
def mode(bot: Bot, request: pytest.FixtureRequest) -> Iterator[str]:
    """Privacy mode by its documents, as BotFather tells it, or switched off, for groups made now."""
    world = bot.server.world
    world.reading = Reading.BOTFATHER if request.param == "botfather" else Reading.LETTER
    world.reads_all = request.param == "off"
    yield request.param
    world.reading, world.reads_all = Reading.LETTER, False


async def test_what_is_meant_for_the_bot_is_drawn(bot: Bot, mode: str) -> None:
    """Whatever Telegram passes on of it is answered, under each reading of privacy mode, and nothing else."""
    rooms = [Room(bot) for _ in range(9)]
    first, spoken, other = rooms[0], rooms[1], rooms[2]
    card = await first.draw()
    spoken.chat.last_bot = bot.server.world.bot
    bot.server.let_say(bot.server.other_bot("다른봇", other.chat), other.chat, "안녕하세요")

    def write(number: int, text: str) -> Callable[[], Message]:
        return lambda: rooms[number].person().write(text, rooms[number].chat)

    table: list[tuple[Callable[[], Message], frozenset[str]]] = [
        (lambda: first.person().write("파랗게", first.chat, reply_to=card), _ALL),
        (write(1, "/draw 새 품질:빠르게"), _ALL),
        (write(2, "/draw 곰 품질:빠르게"), _BOTFATHER),
        (write(3, "/그려줘 고양이 품질:빠르게"), _BOTFATHER),
        (write(4, "@geuryeojwo_bot 용 그려줘"), _BOTFATHER),
        (write(5, "곰 그려줘"), _OFF),
        (
            lambda: rooms[6].person().photo(png(), "빨간 사과 그려줘", rooms[6].chat),
            _OFF,
        ),
        (write(7, "오늘 점심 뭐 먹지?"), frozenset()),
        (write(8, "/draw@someother_bot 고래"), frozenset()),
    ]
    said = [(ask(), modes) for ask, modes in table]
    reached = [(one, mode in modes) for one, modes in said]
    for one, is_meant in reached:
        if is_meant:
            await bot.finished(await bot.answer(one))
    for room in rooms:  # whatever was written before is read by now
        await bot.ask(room.person(), "/status@geuryeojwo_bot", room.chat)

    assert [is_meant for _, is_meant in reached] == [
        any(answer.reply_to is one for answer in bot.ours(one.chat)) for one, _ in reached
    ]


async def test_whoever_adds_the_bot_reads_how_to_call_it(bot: Bot, room: Room) -> None:
    """Where it does not hear everything it says what it hears, and what would change that."""
    room.chat.members[bot.server.world.bot.id] = Status.LEFT

    room.manager.add_bot(room.chat)

    greeting = await bot.next(room.chat, 0)
    assert "/draw@geuryeojwo_bot" in greeting.text
    assert "/setprivacy" in greeting.text
    assert "/setprivacy" in await bot.ask(room.manager, "/상태")


async def test_everything_stays_in_its_topic(bot: Bot) -> None:
    """The card, what is drawn on from it and what answers it are where it was asked for."""
    room = Room(bot, "그림", "잡담")
    topic, _ = room.chat.topics
    person = room.person()

    card = await bot.finished(await bot.answer(person.write(APPLE, room.chat, topic=topic)))
    again = await bot.finished(await bot.press(person, card, texts.AGAIN))
    said = person.write("더 밝게", room.chat, reply_to=card)
    changed = await bot.finished(await bot.answer(said))

    assert {topic} == {one.thread_id for one in (card, again, changed)}


async def test_what_a_channel_passes_on_is_no_request(bot: Bot, room: Room) -> None:
    """Posts that a channel brings into its group are read by nobody."""
    room.chat.reads_all = True
    posted = bot.server.pass_on(room.chat, "고래 그려줘")

    card = await room.draw()

    assert posted.is_delivered
    assert [card] == bot.ours(room.chat)


async def test_a_request_is_offered_in_any_chat(bot: Bot, room: Room) -> None:
    """What is typed behind the bot's name is sent as a request by whoever chooses it."""
    person = room.person()
    asked = person.type_inline("빨간 사과")
    (offered,) = await person.offered(asked)

    said = person.choose(asked, room.chat)
    card = await bot.finished(await bot.answer(said))

    assert "빨간 사과" in offered["title"]
    assert said.via_bot is bot.server.world.bot
    assert "apple" in (await bot.receipt(card)).prompt


# Who may do what.


async def test_what_is_for_one_person_is_told_to_them_alone(bot: Bot, room: Room) -> None:
    """Details go to the conversation with the bot; where there is none a line says so, and no more."""
    owner, card = room.person(), await room.draw()
    stranger = bot.server.person("서준", room.chat)

    before = len(owner.chat.messages)
    await owner.answered(owner.press(card, texts.INFO))
    own = await bot.next(owner.chat, before)
    shown = await bot.press(stranger, card, texts.INFO)
    pictures = await bot.ask(stranger, "/mypictures@geuryeojwo_bot", room.chat)

    assert "a red apple" in own.text
    for text in (shown.text, pictures):
        assert texts.IN_PRIVATE in text
        assert "apple" not in text
    assert [] == bot.ours(stranger.chat)


async def test_only_whoever_asked_or_manages_takes_away(bot: Bot, room: Room) -> None:
    """A stranger is refused; the one who asked and who manages the group take the message away."""
    owner, stranger = room.person(), room.person("서준")
    cards = [await room.draw(owner) for _ in range(2)]

    refused = await bot.press(stranger, cards[0], texts.DELETE)
    assert texts.NOT_YOURS in refused.text
    assert not cards[0].is_deleted
    for card, person in zip(cards, (owner, room.manager), strict=True):
        person.press(card, texts.DELETE)
        await bot.gone(card)
        assert await bot.kept(card) is None


async def test_only_whoever_asked_or_manages_cancels(bot: Bot, room: Room) -> None:
    """What is being drawn is stopped by the one who asked or who manages the group, not by a stranger."""
    owner, stranger = room.person(), room.person("서준")
    endless = f"{LONG} 장수:4 품질:정밀"
    cards = [await bot.answer(owner.write(endless, room.chat)) for _ in range(2)]

    refused = await bot.press(stranger, cards[0], texts.CANCEL)
    assert texts.NOT_YOURS in refused.text
    for card, person in zip(cards, (owner, room.manager), strict=True):
        person.press(card, texts.CANCEL)
        await bot.says(card, texts.CANCELLED)


async def test_progress_is_sparse(bot: Bot, room: Room) -> None:
    """However long it takes, three edits at most come before the picture; one tells of the drawing."""
    card = await room.draw(text="/draw@geuryeojwo_bot 파란 고양이 스텝:150 품질:정밀")

    assert 1 <= num_progress_edits(card) <= MAX_EDITS
    assert any("단계 중" in content.text for _, content in card.versions)


# What is settled for a group.


async def test_settings_are_for_those_who_manage(bot: Bot, room: Room) -> None:
    """They see every rule, in their own conversation; others are told that they may not."""
    before = len(room.chat.messages)
    shown = await room.settle("")
    refused = await bot.ask(room.person(), "/settings@geuryeojwo_bot", room.chat)
    hidden = room.manager.write(
        "/settings@geuryeojwo_bot 품질 빠르게", room.chat, is_anonymous=True
    )
    answer = await bot.next(room.chat, before, lambda one: one.reply_to is hidden)

    for rule in ("채널", "화풍", "설명언어", "가리기", "신고채널", "용어", "금지어"):
        assert rule in shown
    assert "관리하는 분만" in refused
    assert texts.IN_PRIVATE in answer.text  # nobody knows where an anonymous person is
    assert "빠르게" in await room.settle("")


async def test_defaults_and_words_of_a_group_are_used(bot: Bot, room: Room) -> None:
    """What nobody says is drawn as the group has it, and its own words as it translates them."""
    await room.settle("화풍 수채화")
    await room.settle("비율 가로")
    assert "몽실이" in await room.settle("용어 몽실이 white rabbit")

    card = await room.draw(text="/draw@geuryeojwo_bot 눈 속의 몽실이 품질:빠르게")

    receipt = await bot.receipt(card)
    assert "watercolor" in receipt.prompt
    assert "white rabbit" in receipt.prompt
    assert receipt.width_px > receipt.height_px


async def test_a_word_that_a_group_forbids_is_not_drawn(bot: Bot, room: Room) -> None:
    """Until it is taken out again."""
    shown = await room.settle("금지어 빨간 사과")
    refused = await bot.ask(room.person(), "/draw@geuryeojwo_bot 빨간 사과", room.chat)
    taken_out = await room.settle("금지어 빼기 빨간 사과")

    assert "금지어: 빨간 사과" in shown
    assert texts.UNSAFE in refused
    assert "금지어: 빨간 사과" not in taken_out


async def test_pictures_are_hidden_where_a_group_wants_it(bot: Bot, room: Room) -> None:
    """A picture is a spoiler from the rule on, and none before."""
    before = await room.draw()
    await room.settle("가리기 모두")

    after = await room.draw()
    both = await room.draw(text=f"{APPLE} 장수:2")

    assert not before.last.is_spoiler
    assert after.last.is_spoiler
    album = [one for one in bot.ours(room.chat) if one.reply_to is both and one.album]
    assert [True, True] == [one.last.is_spoiler for one in album]


async def test_a_report_comes_where_a_group_wants_it(bot: Bot) -> None:
    """Those who look after a group see the picture hidden, once, and not who reported it."""
    room = Room(bot, "그림", "신고")
    topic, desk = room.chat.topics
    reporter = room.person("서준")
    card = await bot.finished(await bot.answer(room.person().write(APPLE, room.chat, topic=topic)))
    told = list[str]()
    for is_settled in (False, True, True):
        if is_settled and len(told) == 1:
            await room.settle("신고채널 여기", topic=desk)
        before = len(reporter.chat.messages)
        await reporter.answered(reporter.press(card, texts.REPORT))
        told.append((await bot.next(reporter.chat, before)).text)

    (report,) = [one for one in bot.ours(room.chat) if one.thread_id == desk]
    assert texts.REPORT_NOWHERE in told[0]
    assert [True, True] == [texts.REPORTED in one for one in told[1:]]
    assert report.last.is_spoiler
    assert "서준" not in report.text
    await reporter.answered(reporter.press(report, texts.KEEP_REPORTED))
    assert texts.REPORT_KEPT not in report.text  # nobody but those who manage the group decides
    room.manager.press(report, texts.KEEP_REPORTED)
    await bot.says(report, texts.REPORT_KEPT)
    assert not report.last.is_spoiler
    room.manager.press(card, texts.DELETE)
    await bot.gone(card)


# What becomes of a group.


async def test_a_group_that_becomes_a_supergroup_gets_its_picture(bot: Bot) -> None:
    """What was asked for before it moved comes once where it is now, and so does what comes after."""
    room = Room(bot, kind=ChatKind.GROUP)
    person = room.person()
    early = await room.draw(person)
    card = await bot.answer(person.write(LONG, room.chat))

    new = bot.server.migrate(room.chat)

    moved = await bot.next(new, 0, is_done)
    later = await bot.draw(person, APPLE, new)
    assert not is_done(card)
    assert [moved, later] == bot.ours(new)
    assert is_done(early)


async def test_a_picture_of_a_group_that_is_gone_is_kept(bot: Bot, room: Room) -> None:
    """Put out in the middle, the bot keeps what it drew for whoever asked."""
    person = room.person()
    card = await bot.answer(person.write(LONG, room.chat))

    room.manager.remove_bot(room.chat)
    await bot.noted("closing=held", job_of(card))

    own = await bot.answer(person.write("/내그림"))
    assert own.photo is not None


async def test_a_group_without_photos_is_told(bot: Bot, room: Room) -> None:
    """Where the bot may send no pictures the card says so, and its person has them elsewhere."""
    room.chat.forbidden.add("photos")
    person = room.person()

    card = await room.draw(person)

    assert not card.last.is_media
    assert texts.NO_PHOTOS_HERE in card.text
    assert (await bot.answer(person.write("/내그림"))).photo is not None


async def test_a_request_that_was_deleted_is_answered_all_the_same(bot: Bot, room: Room) -> None:
    """Neither the words nor the card have to be there when the picture comes."""
    person = room.person()
    said = [person.write(LONG, room.chat) for _ in range(2)]
    cards = [await bot.answer(one) for one in said]

    for message in (*said, cards[1]):
        room.manager.delete(message)

    await bot.finished(cards[0])
    anew = await bot.next(room.chat, 0, lambda one: is_done(one) and one is not cards[0])
    assert anew.reply_to is None
    assert {cards[0], anew} == set(bot.ours(room.chat))
