"""Commands that people on Discord use beside drawing, and what those who manage a server settle there.

The program, its model and the client are real; Discord is the local one, which notes every rule that
the program breaks: each test ends with none.
"""

import io
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image, ImageChops

from bot import error_texts, texts
from bot.job import NotYours
from bot.rules import BarredHere
from tests.discord.bot import (
    LIMIT_S,
    Bot,
    card_of,
    drawn,
    is_done,
    job_of,
    living,
    receipt_of,
    told,
)
from tests.discord.people import Person
from tests.discord.things import Channel, Guild, Message, Permission, Role

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(600)]

APPLE = "빨간 사과"
_ROUNDING = 4  # of 255


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bot]:
    """A program that runs for all tests of this file."""
    folder = tmp_path_factory.mktemp("discord")
    keywords = '["frequency"]'  # loads in no time
    async with living(folder, TEXT__KEYWORDS=keywords, SAFETY__ADULTS="true") as bot:
        yield bot


@pytest.fixture(autouse=True)
def rules_are_kept(bot: Bot) -> Iterator[None]:
    """Nothing that the program sent in a test was against Discord's rules."""
    yield
    broken = list(bot.server.problems)
    bot.server.problems.clear()
    assert [] == broken


class House:
    """A server of its own with somebody who manages it, and a channel."""

    def __init__(self, bot: Bot) -> None:
        self.bot, self.world = bot, bot.server.world
        self.guild: Guild = self.world.add_guild("집")
        self.channel = self.add_channel()
        self.manager = bot.server.person(
            "관리인", guild=self.guild, permissions=Permission.MANAGE_GUILD
        )

    def add_channel(self, **more: Any) -> Channel:
        """Make another channel."""
        return self.world.add_channel(self.guild, "그림", **more)

    def person(self, *roles: Role) -> Person:
        """Let somebody join."""
        return self.bot.server.person(guild=self.guild, roles=roles)

    async def settle(self, rule: str, **values: Any) -> str:
        """Change a rule, and give what is told of it."""
        return await told(self.manager.slash(self.channel, f"설정 {rule}", **values))

    async def draw(self, text: str, *, channel: Channel | None = None, **options: Any) -> Message:
        """Let a member ask, and wait for what is drawn."""
        return await self.bot.draw(self.person(), text, channel=channel or self.channel, **options)


@pytest.fixture
def house(bot: Bot) -> House:
    """A server whose rules nobody else has."""
    return House(bot)


# What everybody may ask.


@pytest.mark.parametrize(
    ("command", "said"),
    [
        pytest.param("도움말", "/그려줘", id="help"),
        pytest.param("상태", "준비되어 있어요", id="status"),
        pytest.param("대기열", "기다리는", id="queue"),
        pytest.param("개인정보", "보관해요", id="privacy"),
        pytest.param("내그림", texts.NO_PICTURES, id="no pictures"),
        pytest.param("내그림 ", texts.NO_PICTURES, id="in a direct message"),
    ],
)
async def test_what_is_asked_is_told_to_whoever_asks(bot: Bot, command: str, said: str) -> None:
    """Each command has its answer, and nobody else sees it."""
    person, channel = bot.server.person(), bot.channel()
    there = person.dm if command.endswith(" ") else channel

    assert said in await told(person.slash(there, command.strip()))
    assert () == bot.server.world.messages_in(channel)


async def test_the_queue_tells_of_ones_own(bot: Bot) -> None:
    """Somebody who waits reads how far their pictures are."""
    person, channel = bot.server.person(), bot.channel()
    asked = person.slash(channel, "그려줘", 설명=APPLE)
    await card_of(asked)

    text = await told(person.slash(channel, "대기열"))
    await drawn(bot.server, asked)

    assert f"‘{APPLE}" in text


async def test_styles_are_offered_while_one_types(bot: Bot) -> None:
    """What begins with what was typed comes first; a style is drawn in."""
    person, channel = bot.server.person(), bot.channel()

    choices = await person.autocomplete(channel, "그려줘", "화풍", "수채", 설명=APPLE).choices(
        LIMIT_S
    )
    none = await person.autocomplete(channel, "그려줘", "로라", "없는것", 설명=APPLE).choices(
        LIMIT_S
    )
    card = await bot.draw(person, APPLE, channel=channel, 화풍=choices[0]["value"], 비율="가로 3:2")

    assert "수채화" == choices[0]["name"]
    assert () == none
    assert "watercolor" in receipt_of(card).prompt
    assert receipt_of(card).width_px > receipt_of(card).height_px


async def test_ones_own_pictures_come_by_pages(bot: Bot) -> None:
    """The newest come first, those before are a press away, and words find the ones that speak of them."""
    person, channel = bot.server.person(), bot.channel()
    asked = [
        person.slash(channel, "그려줘", 설명=text, 장수=4, 품질="빠르게")
        for text in ("파란 고래", APPLE, APPLE)
    ]
    await drawn(bot.server, *asked)

    first = await card_of(person.slash(channel, "내그림"))
    second = await card_of(person.press(first, texts.OLDER))
    found = await card_of(person.slash(channel, "내그림", 검색="고래"))
    others = await told(bot.server.person("서준").slash(channel, "내그림"))

    assert (8, 4) == (len(first.files), len(second.files))
    assert (texts.NEWER,) == second.labels
    assert 4 == len(found.files)
    assert all("고래" in str(file.description) for file in found.files)
    assert all(one.is_ephemeral for one in (first, second, found))
    assert texts.NO_PICTURES in others


async def test_a_picture_is_drawn_once_more_exactly(bot: Bot) -> None:
    """By its number or by its file the same picture comes again; a number of elsewhere is unknown."""
    person, channel = bot.server.person(), bot.channel()
    card = await bot.draw(person, APPLE, channel=channel)
    (file,) = card.files

    by_number, by_file = await drawn(
        bot.server,
        person.slash(channel, "재현", 번호=job_of(card)),
        bot.server.person("서준").slash(channel, "재현", 그림=("a.png", file.data)),
    )
    stranger = bot.server.person("하은")
    unknown = await told(stranger.slash(stranger.dm, "재현", 번호=job_of(card)))
    missing = await told(person.slash(channel, "재현"))

    for again in (by_number, by_file):
        assert receipt_of(card).seed == receipt_of(again).seed
        assert is_same(file.data, again.files[0].data)
    assert "찾지 못했어요" in unknown
    assert "어느 그림인지" in missing


def is_same(one: bytes, other: bytes) -> bool:
    """Whether two files show the same picture; beside others it is rounded a little differently."""
    images = [Image.open(io.BytesIO(data)).convert("RGB") for data in (one, other)]
    return max(ImageChops.difference(*images).tobytes()) <= _ROUNDING


async def test_a_person_gets_what_is_kept_and_has_it_erased(bot: Bot) -> None:
    """A file says everything; after a press nothing is kept, and the buttons of old cards say so."""
    person, channel = bot.server.person(), bot.channel()
    card = await bot.draw(person, "초록 개구리", channel=channel)

    copy = await card_of(person.slash(channel, "내데이터"))
    sure = await card_of(person.slash(channel, "내데이터삭제"))
    erased = await told(person.press(sure, texts.ERASE))
    gone = await told(person.press(card, texts.AGAIN))

    assert copy.is_ephemeral
    assert sure.is_ephemeral
    kept = json.loads(copy.files[0].data)
    assert [job_of(card)] == [one["job"]["id"] for one in kept["requests"]]
    assert texts.ERASED in erased
    assert texts.GONE in gone
    assert await bot.kept(card) is None


# What is settled for a server.


async def test_settings_are_shown_to_managers(bot: Bot, house: House) -> None:
    """Whoever manages a server sees every rule; elsewhere there are none."""
    shown = await house.settle("보기")

    for rule in (
        "채널", "화풍", "할당량", "설명언어", "성인", "가리기", "신고채널", "막기", "용어", "금지어",
    ):  # fmt: skip
        assert rule in shown


async def test_a_channel_that_is_closed_draws_nothing(bot: Bot, house: House) -> None:
    """Only where a server lets the bot draw it does; the other channels tell where not."""
    other, person = house.add_channel(), house.person()

    await house.settle("채널", 채널=other, 허용=True)
    refused = await told(person.slash(house.channel, "그려줘", 설명=APPLE))
    card = await bot.draw(person, APPLE, channel=other)
    await house.settle("채널", 채널=other, 허용=False)
    closed = await told(person.slash(other, "그려줘", 설명=APPLE))

    assert "여기서는 그리지 않기로" in refused
    assert "여기서는 그리지 않기로" in closed
    assert is_done(card)


async def test_defaults_and_words_of_a_server_are_used(bot: Bot, house: House) -> None:
    """What nobody says is drawn as the server has it, and its own words as it translates them."""
    await house.settle("기본값", 화풍="수채화", 비율="가로 3:2", 품질="빠르게")
    told_terms = await house.settle("용어", 한국어="몽실이", 영어="white rabbit")

    card = await house.draw("눈 속의 몽실이")

    receipt = receipt_of(card)
    assert "몽실이" in told_terms
    assert "watercolor" in receipt.prompt
    assert "white rabbit" in receipt.prompt
    assert receipt.width_px > receipt.height_px


async def test_a_word_that_a_server_forbids_is_not_drawn(bot: Bot, house: House) -> None:
    """Nor in another writing; nobody reads which word it was, and it can be taken out again."""
    shown = await house.settle("금지어", 말="빨간 사과")
    person = house.person()
    refused = [
        await told(person.slash(house.channel, "그려줘", 설명=text))
        for text in (APPLE, "빨 간 사.과")
    ]
    await house.settle("금지어", 말="빨간 사과", 빼기=True)
    card = await house.draw(APPLE)

    assert "빨간 사과" in shown
    assert all(texts.UNSAFE in one for one in refused)
    assert is_done(card)


async def test_a_quota_of_a_role_holds_while_one_waits(bot: Bot, house: House) -> None:
    """Who has drawn a role's pictures of a day is told so; a quota that changes frees them at once."""
    role = house.world.add_role(house.guild, "손님")
    person = house.person(role)
    await house.settle("할당량", 역할=role, 하루=1)

    waiting = person.slash(house.channel, "그려줘", 설명=APPLE)
    await card_of(waiting)
    refused = await told(person.slash(house.channel, "그려줘", 설명=APPLE))
    await house.settle("할당량", 역할=role, 하루=5)
    cards = await drawn(
        bot.server, waiting, person.slash(house.channel, "그려줘", 설명=APPLE, 품질="빠르게")
    )

    assert "오늘 그릴 수 있는 1장" in refused
    assert all(map(is_done, cards))


async def test_details_have_the_language_of_a_server(bot: Bot, house: House) -> None:
    """A server that wants Korean alone reads no English."""
    await house.settle("설명언어", 언어="한국어")
    card = await house.draw(APPLE)

    info = await told(house.person().press(card, texts.INFO))

    assert texts.ROW_SUBJECT in info
    assert texts.ROW_ENGLISH not in info


async def test_pictures_are_hidden_where_a_server_wants_it(bot: Bot, house: House) -> None:
    """A picture is a spoiler from the rule on, and none before."""
    before = await house.draw(APPLE)
    await house.settle("가리기", 가리기="모두")

    after = await house.draw(APPLE)

    assert [False] == [file.is_spoiler for file in before.files]
    assert [True] == [file.is_spoiler for file in after.files]


async def test_a_report_comes_where_a_server_wants_it(bot: Bot, house: House) -> None:
    """Those who look after a server see the picture hidden, once, and not who reported it."""
    desk, reporter = house.add_channel(), bot.server.person("서준", guild=house.guild)
    card = await house.draw(APPLE)

    nowhere = await told(reporter.press(card, texts.REPORT))
    await house.settle("신고채널", 채널=desk)
    thanks = [await told(reporter.press(card, texts.REPORT)) for _ in range(2)]
    (report,) = house.world.messages_in(desk)

    assert texts.REPORT_NOWHERE in nowhere
    assert [True, True] == [texts.REPORTED in one for one in thanks]
    assert [True] == [file.is_spoiler for file in report.files]
    assert card.files[0].data == report.files[0].data
    assert str(reporter.id) not in report.text
    moderator = bot.server.person(
        "지킴이", guild=house.guild, permissions=Permission.MANAGE_MESSAGES
    )
    moderator.press(report, texts.DELETE)
    await bot.server.wait_for(lambda: card.is_deleted, LIMIT_S)


@pytest.mark.fault(31)
async def test_what_is_reported_is_hidden_until_somebody_decides(bot: Bot, house: House) -> None:
    """Only those who look after the server do; whoever is barred there draws elsewhere."""
    desk, asker = house.add_channel(), house.person()
    reporter = bot.server.person("서준", guild=house.guild)
    moderator = bot.server.person(
        "지킴이", guild=house.guild, permissions=Permission.MANAGE_MESSAGES
    )
    await house.settle("신고채널", 채널=desk)
    card = await bot.draw(asker, APPLE, channel=house.channel)
    await told(reporter.press(card, texts.REPORT))
    (report,) = house.world.messages_in(desk)

    own = await card_of(asker.slash(house.channel, "내그림"))
    refused = await told(reporter.press(report, texts.KEEP_REPORTED))
    moderator.press(report, texts.BAR)
    await bot.server.wait_for(lambda: texts.BAR not in report.labels, LIMIT_S)
    barred = await told(asker.slash(house.channel, "그려줘", 설명=APPLE))
    moderator.press(report, texts.KEEP_REPORTED)
    await bot.server.wait_for(lambda: texts.REPORT_KEPT in report.text, LIMIT_S)
    again = await card_of(asker.slash(house.channel, "내그림"))

    assert texts.HIDDEN_FOR_REVIEW in own.text
    assert not own.files
    assert error_texts.of_error(NotYours(), job_id="") in refused
    assert error_texts.of_error(BarredHere(), job_id="") in barred
    assert not report.files
    assert [card.files[0].data] == [file.data for file in again.files]
    assert "1명" in await house.settle("보기")
    await house.settle("막기", 막기="해제")
    assert is_done(await bot.draw(asker, APPLE, channel=house.channel))


async def test_adults_pictures_stay_where_adults_are(bot: Bot, house: House) -> None:
    """A channel that is open to everybody before the picture comes does not get it, and reads why."""
    await house.settle("성인", 방침="연령제한채널")
    club, person = house.add_channel(is_nsfw=True), house.person()

    shown = await bot.draw(person, APPLE, channel=club)
    card = await card_of(person.slash(club, "그려줘", 설명=APPLE))
    club.is_nsfw = False
    house.world.emit("CHANNEL_UPDATE", club)
    job = job_of(card)
    await bot.noted("picture for adults withdrawn", job)
    await bot.noted("closing=delivered", job)
    own = await card_of(person.slash(house.add_channel(is_nsfw=True), "내그림"))

    assert [True] == [file.is_spoiler for file in shown.files]
    assert texts.WITHDRAWN in card.text
    assert not card.files
    assert [shown.files[0].data] == [file.data for file in own.files]
