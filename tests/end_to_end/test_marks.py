"""Whatever way a picture leaves, it carries its marks: those in the file, and the line beside it.

One program serves Discord, Telegram and the web chat at once, with its real model. People take every
way that there is; then everything that left is looked at, whichever way it took.
"""

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from PIL import Image

from bot import texts
from bot.marking import roots
from bot.settings import Settings
from pipeline import Credentials, SourceType, marks_in
from tests.discord.bot import Bot as OnDiscord
from tests.discord.bot import be_patient, card_of, drawn, job_of, told
from tests.discord.program import settings_of as discord_settings
from tests.discord.server import DiscordServer
from tests.end_to_end.test_discord_commands import House as Guild
from tests.end_to_end.test_everywhere import WebVisitor as Page
from tests.end_to_end.test_everywhere import visiting
from tests.pipeline.marks.corner import likeness
from tests.program import program
from tests.telegram.faults import CUT_AFTER
from tests.telegram.faults import error as telegram_error
from tests.telegram.program import Bot as OnTelegram
from tests.telegram.program import job_of as job_of_telegram
from tests.telegram.program import settings_of as telegram_settings
from tests.telegram.server import TelegramServer

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.fault(53),
]

APPLE = "빨간 사과 시드:7 품질:빠르게"
OVER = "파란 사과 강도:0.5 품질:빠르게"
_MARGIN_BYTES = 64 * 1024  # that is left for everything but the files
_PICTURE = (b"\x89PNG", b"RIFF", b"\xff\xd8\xff")


@dataclass(slots=True, kw_only=True)
class House:
    """A program on three platforms, and what it gave away."""

    folder: Path
    discord: OnDiscord
    telegram: OnTelegram
    web: Page

    @property
    def roots_pem(self) -> bytes:
        """The roots of its signatures."""
        return roots(Settings(data_dir=self.folder / "var", key_file=self.folder / "data.key"))

    def check_all(
        self, left: Sequence[tuple[str, bytes]], *, least: int, albums: bool = False
    ) -> None:
        """Fail where a file that left, with the words beside it, lacks a mark.

        albums: the words of several files stand at one of them, or in the card that they answer.
        """
        assert len(left) >= least
        sources = [SourceType(str(marks_in(data).source_type)) for _, data in left]
        for (words, data), source_type in zip(left, sources, strict=True):
            assert texts.MADE_BY_AI in words or albums, words
            self.check(data, is_over_photo=source_type is SourceType.OVER_PHOTO)

    def check(self, data: bytes, *, is_over_photo: bool = False) -> None:
        """Fail where a file lacks one of the marks that it must have."""
        marks = marks_in(data, roots_pem=self.roots_pem)
        source_type = SourceType.OVER_PHOTO if is_over_photo else SourceType.DRAWN
        with Image.open(io.BytesIO(data)) as image:
            has_label = likeness(image.convert("RGB")) > 0.8

        assert source_type == marks.source_type
        assert Credentials.OURS is marks.credentials
        assert marks.parameters is not None
        assert marks.receipt is not None
        assert is_over_photo == (marks.receipt.strength is not None) == has_label


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A program that runs for all tests of this file."""
    folder = tmp_path_factory.mktemp("marks")
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(DiscordServer())
        telegram = await stack.enter_async_context(TelegramServer())
        be_patient(discord)
        telegram.be_patient()

        async def ready(limit_s: float) -> None:
            await discord.ready(limit_s)
            await telegram.ready(limit_s)

        settings = {**discord_settings(discord), **telegram_settings(telegram)}
        await stack.enter_async_context(program(folder, ready, **settings))
        web = await stack.enter_async_context(visiting(folder))
        await web.say("고래 품질:빠르게")  # when it is drawn, everything is loaded
        yield House(
            folder=folder,
            discord=OnDiscord(server=discord, folder=folder, settings=settings),
            telegram=OnTelegram(server=telegram, folder=folder),
            web=web,
        )


def photo() -> bytes:
    """A photo that somebody took: it has no marks."""
    file = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(file, "JPEG")
    return file.getvalue()


def is_picture(data: bytes) -> bool:
    """Whether a file is one that a picture may lie in."""
    return data.startswith(_PICTURE)


async def test_nothing_leaves_to_the_page_without_its_marks(house: House) -> None:
    """What the page shows and what is saved from it is the file with all its marks."""
    left: list[tuple[str, bytes]] = []  # before the others: a page that reads nothing is hung up on
    for text in (APPLE, f"{APPLE} 장수:2", "/내그림"):
        card = await house.web.answer(text)
        for picture in card["pictures"]:
            async with house.web.client.get(picture["src"]) as response:
                left.append((f"{card['text']} {card['notes']} {card}", await response.read()))

    house.check_all(left, least=4)


async def test_nothing_leaves_to_discord_without_its_marks(house: House) -> None:
    """Drawn, again, varied, over a photo, several, in fewer bytes, one's own, once more, reported."""
    bot, server = house.discord, house.discord.server
    guild = Guild(bot)
    channel, owner = guild.channel, guild.person()
    first = await bot.draw(owner, APPLE, channel=channel)
    await drawn(server, owner.press(first, texts.AGAIN), owner.press(first, texts.VARY))
    await bot.draw(owner, APPLE, channel=channel, 장수=2)
    over = {"참고그림": ("a.jpg", photo()), "변형정도": 0.5}
    await bot.draw(owner, "파란 사과", channel=channel, **over)
    poor = guild.person()
    poor.user.upload_limit_bytes = _MARGIN_BYTES + len(first.files[0].data) - 1
    (smaller,) = await drawn(server, poor.slash(channel, "그려줘", 설명=APPLE))
    await card_of(owner.slash(channel, "내그림"))
    by_number = owner.slash(channel, "재현", 번호=job_of(first))
    by_file = owner.slash(channel, "재현", 그림=("a.png", first.files[0].data))
    await drawn(server, by_number, by_file)
    desk = guild.add_channel()
    await guild.settle("신고채널", 채널=desk)
    await told(owner.press(first, texts.REPORT))

    left = [
        (message.text, file.data)
        for message in server.world.messages.values()
        if message.author.is_bot
        for version in message.versions
        for file in version.files
        if is_picture(file.data) and not file.filename.startswith("preview.")
    ]
    assert smaller.files[0].data.startswith(b"RIFF")  # written again as WebP
    assert len(guild.world.messages_in(desk)) == 1
    house.check_all(left, least=16)


async def test_nothing_leaves_to_telegram_without_its_marks(house: House) -> None:
    """The same there, with the file itself, an album, and what is asked for in any chat."""
    bot, server = house.telegram, house.telegram.server
    owner = server.person()
    first = await bot.draw(owner, APPLE)
    for label in (texts.AGAIN, texts.VARY):
        await bot.finished(await bot.press(owner, first, label))
    several = await bot.draw(owner, f"{APPLE} 장수:2")
    await bot.press(owner, first, texts.ORIGINAL)
    await bot.press(owner, several, texts.ORIGINAL)
    await bot.finished(await bot.answer(owner.photo(photo(), caption=OVER)))
    rule = server.faults.add(
        telegram_error(413, "Request Entity Too Large"),
        method="editMessageMedia",
        text=f'"chat_id": {owner.id}',
    )
    await bot.draw(owner, APPLE)
    await bot.answer(owner.write("/내그림"))
    await bot.draw(owner, f"/재현 {job_of_telegram(first)}")
    asked = owner.type_inline("빨간 사과")
    await owner.offered(asked)
    await bot.finished(await bot.answer(owner.choose(asked, owner.chat)))

    unsure = server.person()
    server.faults.add(CUT_AFTER, method="sendPhoto", text=f'"chat_id": {unsure.id}')
    card = await bot.answer(unsure.write("빨간 사과 품질:정밀"))
    unsure.delete(card)  # so that a new one is sent
    offer = await bot.next(unsure.chat, 0, lambda one: texts.FETCH in one.labels)
    await bot.finished(await bot.press(unsure, offer, texts.FETCH))

    assert 1 == rule.num_hit
    assert 2 == sum(one.last.is_media for one in bot.ours(unsure.chat))
    calls = [one for one in server.log.calls if one.files]
    left = [
        (str(call.params), data)
        for call in calls
        for _, data in call.files.values()
        if is_picture(data)
    ]
    house.check_all(left, least=16, albums=True)
