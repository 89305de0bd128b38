"""A served page with its conversation in the test's hands; `conftest.py` offers it as fixtures."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page

from bot.adapters.port import Card, MessageRef
from bot.adapters.web.server import WebChat
from tests.bot.adapters.web.script import ScriptedListener

REQUEST = "노을 지는 하늘 아래 파란 고양이 그려줘"


@dataclass(slots=True)
class Stage:
    """A served page with its conversation in the test's hands."""

    chat: WebChat
    listener: ScriptedListener
    files: dict[str, bytes]

    async def say(self, page: Page, text: str = REQUEST) -> None:
        """Type a text and send it with the keyboard."""
        await page.get_by_label("그릴 내용").fill(text)
        await page.keyboard.press("Enter")

    async def answer(self, card: Card) -> MessageRef:
        """Answer the next text."""
        message = await self.listener.next_message()
        return await self.chat.send(message.place, card, reply_to=message.event_id)


def log_of(page: Page) -> Locator:
    """The conversation, without the welcome and the unseen announcements."""
    return page.get_by_role("log", name="주고받은 말과 그림")


CONTRAST = """(element) => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  let behind = element;
  const isClear = (color) => channels(color)[3] === 0;
  while (isClear(getComputedStyle(behind).backgroundColor)) behind = behind.parentElement;
  const pair = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor];
  const [light, dark] = pair.map((color) => luminance(channels(color))).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}"""


async def assert_readable(page: Page, selector: str) -> None:
    """Fail for a text that does not reach WCAG AA: a contrast of 4.5."""
    for element in await page.locator(selector).all():
        assert await element.evaluate(CONTRAST) >= 4.5, await element.evaluate("(e) => e.outerHTML")
