"""`python -m tests.discord.screens`: the pictures of a card in Discord that the documents show.

    python -m tests.discord.screens [--out docs]

The real program draws with the demonstration model for people at a local Discord; what Discord tells of
the card while it waits, while it is drawn and when it is done becomes a page that imitates a chat, and the
page a picture. Nothing of it is written by hand, so the pictures show what people see.
"""

import argparse
import asyncio
import io
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Browser, async_playwright

from tests.browser import ARGUMENTS
from tests.discord.chat_page import Recorded, page_of_message, page_of_modal
from tests.discord.payloads import Payloads
from tests.discord.program import ROOT, program
from tests.discord.server import DiscordServer
from tests.discord.things import Message, Version

REQUEST = "노을 지는 하늘 아래 파란 고양이"
_AHEAD = "눈 속의 빨간 여우"  # somebody else's, so that there is a queue
_DRAW = "그려줘"
_WAIT = re.compile(r"앞에 \d+건.* 뒤에")
_CANCEL = "취소"
_NUM_AHEAD = 10  # more than the engine draws at once
_NUM_PATIENT = 2  # of them, who do not give up, so that the drawing is not over at once
_DONE_LIMIT_S = 300.0
_SCALE = 1.5  # pixels of the picture for one of the page
_MAX_BYTES = 200 * 1024


class NothingSeen(Exception):
    """The card never was what is to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screens:
    """The pages, by the names of their pictures."""

    messages: Mapping[str, Recorded]
    modal: Mapping[str, Any]


async def record(folder: Path) -> Screens:
    """Let people use the real program, and keep what they saw. Raises NothingSeen or TimeoutError."""
    async with DiscordServer() as server, program(server, folder):
        minji, other = server.person("민지"), server.person("서준")
        first = await other.slash(server.channel, _DRAW, 설명=_AHEAD).message()
        await server.wait_for(lambda: is_done(first), _DONE_LIMIT_S)  # everything is loaded now
        crowd = [server.person(f"손님 {number}") for number in range(_NUM_AHEAD)]
        ahead = [
            await one.slash(server.channel, _DRAW, 설명=_AHEAD, 품질="정밀", 장수=4).message()
            for one in crowd
        ]
        card = await minji.slash(server.channel, _DRAW, 설명=REQUEST, 품질="정밀").message()
        await server.wait_for(lambda: _WAIT.search(card.content), _DONE_LIMIT_S)
        for one, theirs in zip(crowd[_NUM_PATIENT:], ahead[_NUM_PATIENT:], strict=True):
            if _CANCEL in theirs.labels:
                await one.press(theirs, _CANCEL).acknowledged()
        await server.wait_for(lambda: is_done(card), _DONE_LIMIT_S)
        info = await minji.press(card, "정보").message()
        form = await minji.press(card, "고치기").modal()
        shown = {
            "waiting": version_of(card, waiting_of(card.versions), server.payloads),
            "drawing": version_of(card, drawing_of(card.versions), server.payloads),
            "done": version_of(card, card.last, server.payloads),
            "info": version_of(info, info.last, server.payloads),
        }
        return Screens(messages=shown, modal=form.data)


def is_done(shown: Message | Version) -> bool:
    """Whether a card shows its picture."""
    return any(not _is_preview(file.filename) for file in shown.files)


def waiting_of(versions: Sequence[Version]) -> Version:
    """Find the last moment when a card told how long the wait is. Raises NothingSeen."""
    found = [one for one in versions if _WAIT.search(one.content)]
    if not found:
        raise NothingSeen("a place in the queue")
    return found[-1]


def drawing_of(versions: Sequence[Version]) -> Version:
    """Find the moment in the middle of a drawing that shows a preview. Raises NothingSeen."""
    found = [one for one in versions if any(_is_preview(file.filename) for file in one.files)]
    if not found:
        raise NothingSeen("a preview")
    return found[len(found) // 2]


def version_of(message: Message, version: Version, payloads: Payloads) -> Recorded:
    """Tell of a message as Discord did at that moment."""
    then = replace(message, versions=[version])
    asked = message.interaction
    return Recorded(
        payload=payloads.message(then),
        files={str(file.id): file.data for file in version.files},
        command=str(asked.data.get("name", "")) if asked is not None else "",
    )


def _is_preview(name: str) -> bool:
    return name.startswith("preview.")


async def photograph(browser: Browser, page_html: str) -> bytes:
    """Show a page, and take its picture as a PNG with few colours where that is smaller."""
    context = await browser.new_context(device_scale_factor=_SCALE, offline=True, locale="ko-KR")
    try:
        page = await context.new_page()
        await page.set_content(page_html)
        taken = await page.locator("main").screenshot()
    finally:
        await context.close()
    return taken if len(taken) <= _MAX_BYTES else await asyncio.to_thread(_with_few_colours, taken)


def _with_few_colours(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png)) as picture:
        reduced = picture.convert("RGB").quantize(256, dither=Image.Dither.FLOYDSTEINBERG)
    written = io.BytesIO()
    reduced.save(written, "PNG", optimize=True)
    return written.getvalue()


async def make(out: Path) -> None:
    """Make every picture. Raises NothingSeen, or TimeoutError where the program does not answer."""
    with tempfile.TemporaryDirectory(prefix="screens-") as folder:
        screens = await record(Path(folder))
    pages = {
        name: page_of_message(shown, channel="그림") for name, shown in screens.messages.items()
    }
    pages["edit"] = page_of_modal(screens.modal)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        for name, page in pages.items():
            path = out / f"discord-{name}.png"
            path.write_bytes(await photograph(browser, page))
            print(path, f"{path.stat().st_size / 1024:.0f} KB")
        await browser.close()


def main() -> None:
    """Read the command line, and make the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.discord.screens")
    parser.add_argument("--out", type=Path, default=ROOT / "docs", metavar="FOLDER")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    asyncio.run(make(out))


if __name__ == "__main__":
    main()
