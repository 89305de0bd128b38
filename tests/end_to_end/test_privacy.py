"""What people read of the bot before and after it keeps something of them, and that nothing is left of it.

The program, its model and the clients are real; the platforms are the local ones.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot import texts
from tests.discord.bot import Bot as DiscordBot
from tests.discord.bot import card_of, told
from tests.discord.bot import living as living_on_discord
from tests.kill.traces import files_in, spellings, traces
from tests.telegram.program import Bot as TelegramBot
from tests.telegram.program import living as living_on_telegram

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow, pytest.mark.timeout(600)]

OPERATOR = {"OPERATOR__NAME": "별빛 그림방", "OPERATOR__CONTACT": "help@example.com"}
NAME = "은하수를 건너는 사람"
WORDS = "초록 개구리 품질:빠르게"
NOTICE = ("생성형 인공지능(AI)", "운영자는 별빛 그림방이에요", "365일", "만 14세 미만", "/개인정보")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def telegram(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[TelegramBot]:
    """A program on Telegram whose operator is named."""
    async with living_on_telegram(tmp_path_factory.mktemp("telegram"), **OPERATOR) as bot:
        yield bot


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def discord(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DiscordBot]:
    """A program on Discord whose operator is named."""
    async with living_on_discord(tmp_path_factory.mktemp("discord"), **OPERATOR) as bot:
        yield bot


def tells(text: str) -> bool:
    """Whether a card says all that has to be said beforehand; signs that are escaped count as well."""
    return all(words in text.replace("\\", "") for words in NOTICE)


def left_of(folder: Path, *secrets: str) -> list[str]:
    """Name the files of a program, its log among them, in which something of a person stands."""
    needles = frozenset().union(*(spellings(one) for one in secrets))
    return traces(needles, files_in(folder))


async def test_people_on_telegram_are_told_beforehand_and_once(telegram: TelegramBot) -> None:
    """The very first message says it, and the picture's; who asks again does not read it again."""
    person = telegram.server.person(NAME)
    first = await telegram.draw(person, WORDS)
    second = await telegram.draw(person, WORDS)

    assert all(tells(content.text) for _, content in first.versions)
    assert not any(tells(content.text) for _, content in second.versions)


async def test_telegram_s_commands_say_who_runs_the_bot(telegram: TelegramBot) -> None:
    """`/start` and `/help` name generative AI; `/privacy` says where somebody who never wrote turns to."""
    person = telegram.server.person(NAME)
    started, helped = [await telegram.ask(person, one) for one in ("/start", "/help")]
    policy = await telegram.ask(person, "/privacy")

    assert "생성형 인공지능(AI)" in started
    assert "생성형 인공지능(AI)" in helped
    for words in ("별빛 그림방이에요", "help@example.com", "하루 안에", "365일", "30일"):
        assert words in policy


async def test_nothing_is_left_of_a_person_on_telegram(telegram: TelegramBot) -> None:
    """Neither id nor name nor words, in the data or in the log; and who comes back is told again."""
    person = telegram.server.person(NAME)
    await telegram.draw(person, WORDS)
    sure = await telegram.answer(person.write("/erase"))
    erased = await telegram.press(person, sure, texts.ERASE)
    left = left_of(telegram.folder, str(person.id), NAME, "초록 개구리")
    again = await telegram.draw(person, WORDS)

    assert texts.ERASED in erased.text
    assert [] == left
    assert tells(again.text)


async def test_people_on_discord_are_told_beforehand_and_once(discord: DiscordBot) -> None:
    """Also where a server's name was told before: it is the person that counts."""
    person, channel = discord.server.person(NAME), discord.channel()
    first = await discord.draw(person, "초록 개구리", channel=channel, 품질="빠르게")
    second = await discord.draw(person, "초록 개구리", channel=channel, 품질="빠르게")

    said = [one.content for one in first.versions if one.content]  # Discord's own wait says nothing
    assert said
    assert all(map(tells, said))
    assert not any(tells(version.content) for version in second.versions)


async def test_discord_s_commands_say_who_runs_the_bot(discord: DiscordBot) -> None:
    """Help and policy are for the eyes of whoever asks."""
    person, channel = discord.server.person(NAME), discord.channel()
    helped = await told(person.slash(channel, "도움말"))
    policy = (await told(person.slash(channel, "개인정보"))).replace("\\", "")

    assert "생성형 인공지능(AI)" in helped
    for words in ("별빛 그림방이에요", "help@example.com", "하루 안에"):
        assert words in policy


async def test_nothing_is_left_of_a_person_on_discord(discord: DiscordBot) -> None:
    """Neither id nor name nor words, in the data or in the log."""
    person, channel = discord.server.person(NAME), discord.channel()
    await discord.draw(person, "초록 개구리", channel=channel, 품질="빠르게")
    sure = await card_of(person.slash(channel, "내데이터삭제"))
    erased = await told(person.press(sure, texts.ERASE))
    left = left_of(discord.folder, str(person.user.id), NAME, "초록 개구리")

    assert texts.ERASED in erased
    assert [] == left
