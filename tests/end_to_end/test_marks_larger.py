"""A picture that is drawn once more at a larger size carries its marks, and its label, everywhere.

The demonstration model says of itself that it cannot do this; here it is told that it can, and that
its pictures look real, as those of SDXL do. All else is the real program on its three platforms.
"""

import asyncio
import io
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar
from PIL import Image
from pydantic import SecretStr

from bot import texts
from bot.app import App
from bot.marking import roots
from bot.settings import DiscordSection, Settings, TelegramSection, WebSection
from pipeline import DEMO, PRESETS, Credentials, SourceType, marks_in
from tests.bot.adapters.web.script import tab_at
from tests.discord.bot import Bot as OnDiscord
from tests.discord.bot import be_patient, drawn
from tests.discord.server import DiscordServer
from tests.end_to_end.conftest import Announcements
from tests.end_to_end.test_everywhere import WebVisitor
from tests.pipeline.marks.corner import likeness
from tests.telegram.program import Bot as OnTelegram
from tests.telegram.server import TelegramServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600), pytest.mark.fault(53)]

APPLE = "빨간 사과 시드:7 품질:빠르게"
LIMIT_S = 240.0


async def test_nothing_leaves_larger_without_its_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """크게 is pressed on every platform, and every file that left is looked at."""
    demo = replace(DEMO, can_enlarge=True, can_look_real=True)
    monkeypatch.setitem(PRESETS, "demo", demo)
    async with DiscordServer() as discord, TelegramServer() as telegram:
        be_patient(discord)
        telegram.be_patient()
        settings = Settings(
            data_dir=tmp_path / "var",
            key_file=tmp_path / "data.key",
            log_level="error",
            web=WebSection(port=0),
            discord=DiscordSection(token=SecretStr(discord.token), api_base=discord.url),
            telegram=TelegramSection(
                token=SecretStr(telegram.token),
                base_url=telegram.base_url,
                base_file_url=telegram.base_file_url,
            ),
        )
        announce, stop = Announcements(), asyncio.Event()
        running = asyncio.create_task(App(settings).run(stop, announce))
        try:
            said = await asyncio.wait_for(announce.wait_for(r"http://127\S+?(?=/)"), LIMIT_S)
            await discord.ready(LIMIT_S)
            await telegram.ready(LIMIT_S)
            files = [
                *await from_page(said[0]),
                *await from_discord(OnDiscord(server=discord, folder=tmp_path, settings={})),
                *await from_telegram(OnTelegram(server=telegram, folder=tmp_path)),
            ]
        finally:
            stop.set()
            await asyncio.wait_for(running, LIMIT_S)

    for data, width_px in zip(files, [64, 128] * 3, strict=True):
        marks = marks_in(data, roots_pem=roots(settings))
        with Image.open(io.BytesIO(data)) as image:
            assert likeness(image.convert("RGB")) > 0.8
        assert SourceType.DRAWN == marks.source_type
        assert Credentials.OURS is marks.credentials
        assert marks.parameters is not None
        assert marks.receipt is not None
        assert width_px == marks.receipt.width_px  # as drawn


async def from_page(url: str) -> list[bytes]:
    """Draw there, and once more at a larger size; gives both files."""
    jar = CookieJar(unsafe=True)  # of an address rather than a name
    async with (
        ClientSession(url, headers={"Origin": url}, cookie_jar=jar) as client,
        tab_at(client, url + "/") as tab,
    ):
        page = WebVisitor(client=client, tab=tab)
        first = await page.answer(APPLE)
        await tab.press("enlarge", first["job_id"])
        found = []
        for card in (first, await page.next_card()):
            assert texts.MADE_BY_AI in str(card)
            async with client.get(card["pictures"][0]["src"]) as response:
                found.append(await response.read())
        return found


async def from_discord(bot: OnDiscord) -> list[bytes]:
    """The same in a channel."""
    owner = bot.server.person()
    first = await bot.draw(owner, APPLE)
    (larger,) = await drawn(bot.server, owner.press(first, texts.ENLARGE))
    for card in (first, larger):
        assert texts.MADE_BY_AI in card.text
    return [card.files[0].data for card in (first, larger)]


async def from_telegram(bot: OnTelegram) -> list[bytes]:
    """The same in a private chat, where a photo loses its marks and the file keeps them."""
    owner = bot.server.person()
    first = await bot.draw(owner, APPLE)
    larger = await bot.finished(await bot.press(owner, first, texts.ENLARGE))
    found = []
    for card in (first, larger):
        assert texts.MADE_BY_AI in card.text
        assert card.photo is not None
        with Image.open(io.BytesIO(card.photo.data)) as image:
            assert likeness(image.convert("RGB")) > 0.8
        file = (await bot.press(owner, card, texts.ORIGINAL)).document
        assert file is not None
        found.append(file.data)
    return found
