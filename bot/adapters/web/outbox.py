"""What one tab of the web chat has yet to be told. Knows no socket and no contents."""

import asyncio
from enum import StrEnum


class News(StrEnum):
    """What a tab can be told about an id."""

    ITEM = "item"
    ACK = "ack"
    EMPTIED = "emptied"  # about no id: everything that was shown before is to go


class Outbox:
    """What one tab has yet to be told: names, not contents.

    A tab that is slow gets the newest version of a card and never the ones in between, so
    nothing piles up however fast previews come.
    """

    def __init__(self) -> None:
        self._news: dict[tuple[News, str], None] = {}
        self._filled = asyncio.Event()

    def put(self, kind: News, id_: str) -> None:
        """Remember that there is something new about an id."""
        self._news[kind, id_] = None
        self._filled.set()

    def put_emptied(self) -> None:
        """Tell of no item that was there; one that comes from now on is told of after this."""
        self._news = {news: None for news in self._news if news[0] is News.ACK}
        self.put(News.EMPTIED, "")

    async def take(self) -> list[tuple[News, str]]:
        """Wait for news and empty the box, oldest first."""
        await self._filled.wait()
        self._filled.clear()
        news, self._news = list(self._news), {}
        return news
