"""The browser sessions of the web chat: what was said, and what each tab has yet to be told.

A session is named by a hash of its cookie, so neither logs nor jobs hold what would open it.
Everything is kept in memory and bounded; a new session is given back what an earlier server showed
of it. Knows no socket: a tab is an `Outbox` that somebody empties.
"""

import hashlib
import re
import secrets
from asyncio import Lock
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from bot.adapters.port import Card, DataFile, Past, PictureFile, Place
from bot.adapters.web.outbox import News, Outbox
from bot.adapters.web.wire import PLATFORM, Json, card_to_json, encode, message_to_json, page_id

MAX_ITEMS = 200  # messages and cards that a session remembers
MAX_SESSIONS = 200
MAX_TABS = 8  # in one session
MAX_UNANSWERED = 32  # messages and presses in one session
_MAX_EVENTS = 2_000  # ids of past events, to know a repeat
_COOKIE = re.compile(r"[0-9A-Za-z_-]{43}")


@dataclass(slots=True)
class Item:
    """A message or a card in its newest version."""

    id: str
    version: int
    reply_to: str | None
    fields: dict[str, Json]
    files: dict[PictureFile | DataFile, str] = field(default_factory=dict)  # → id in the address


class Session:
    """One browser's conversation, shown in any number of tabs."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self._items: list[Item] = []
        self._version = 0
        self._events: OrderedDict[str, bool] = OrderedDict()  # page id → is it answered
        self._tabs: set[Outbox] = set()
        self._restoring = Lock()
        self._is_restored = False

    @property
    def ids(self) -> list[str]:
        """What is remembered, from top to bottom."""
        return [item.id for item in self._items]

    @property
    def num_tabs(self) -> int:
        """Tabs that are connected now."""
        return len(self._tabs)

    @property
    def num_unanswered(self) -> int:
        """Messages and presses that wait for the conversation."""
        return sum(not is_answered for is_answered in self._events.values())

    async def restore(self, read: Callable[[Place], Awaitable[Sequence[Past]]]) -> None:
        """Show again what an earlier server showed; only the first call reads it, others wait."""
        async with self._restoring:
            if self._is_restored:
                return
            past = await read(self.place)
            self._is_restored = True
            since, self._items = self._items, []
            for one in past:
                event_id = page_id(one.event_id)
                self._events[event_id] = True
                if one.words:
                    self.show_message(event_id, one.words, has_photo=one.has_photo)
                if not one.card.is_adult:  # nobody's age is known here
                    self.show_card(one.message.id, one.card, reply_to=event_id)
            for item in since:
                self._put_back(item)

    def _put_back(self, item: Item) -> None:
        """Show what came before the past did: in the place of its older version, or below."""
        old = self.find(item.id)
        if old is None:
            self._items.append(item)
        else:
            index = self._items.index(old)
            self._items[index] = replace(item, reply_to=old.reply_to)

    @contextmanager
    def open_tab(self) -> Iterator[Outbox]:
        """Connect a tab; its outbox starts with the whole conversation."""
        outbox = Outbox()
        for item in self._items:
            outbox.put(News.ITEM, item.id)
        self._tabs.add(outbox)
        try:
            yield outbox
        finally:
            self._tabs.discard(outbox)

    def is_repeat(self, page_id: str) -> bool:
        """Whether this event came before; if it was answered, it is acknowledged again."""
        if self._events.get(page_id):
            self._tell(News.ACK, page_id)
        return page_id in self._events

    def begin(self, page_id: str) -> None:
        """Note an event that waits for its answer."""
        self._events[page_id] = False
        if len(self._events) > _MAX_EVENTS:
            self._events.popitem(last=False)

    def acknowledge(self, page_id: str) -> None:
        """The conversation answered: the page need not send the event again."""
        if self._events.get(page_id) is False:
            self._events[page_id] = True
            self._tell(News.ACK, page_id)

    def show_message(self, page_id: str, text: str, *, has_photo: bool) -> None:
        """Add a person's own message; its photo is not kept."""
        fields = message_to_json(text, has_photo=has_photo)
        self._add(Item(id=page_id, version=0, reply_to=None, fields=fields))

    def show_card(self, card_id: str, card: Card, *, reply_to: str | None = None) -> None:
        """Add a card, or replace what it shows."""
        item = self.find(card_id)
        if item is None:
            item = Item(id=card_id, version=0, reply_to=reply_to, fields={})
            self._write(item, card)
            self._add(item)
        else:
            self._write(item, card)
            self._changed(item)

    def find(self, item_id: str) -> Item | None:
        """What is remembered under an id."""
        return next((item for item in self._items if item.id == item_id), None)

    def file(self, file_id: str) -> PictureFile | DataFile | None:
        """A picture or a file of this session, by the id in its address."""
        served = (
            file for item in self._items for file, id_ in item.files.items() if id_ == file_id
        )
        return next(served, None)

    def remove(self, item_id: str) -> None:
        """Forget one item; tabs that show it take it away."""
        item = self.find(item_id)
        if item is not None:
            self._items.remove(item)
            self._tell(News.ITEM, item_id)

    def empty(self) -> None:
        """Forget what was said; which events came is still known, so that none counts twice."""
        self._items.clear()
        for outbox in self._tabs:
            outbox.put_emptied()

    def frame(self, kind: News, id_: str) -> str:
        """The event that tells a tab the newest about an id."""
        if kind is News.ACK:
            return encode({"type": "ack", "id": id_})
        if kind is News.EMPTIED:
            return encode({"type": "emptied"})
        item = self.find(id_)
        if item is None:
            return encode({"type": "gone", "id": id_})
        head: dict[str, Json] = {"type": "item", "id": id_, "version": item.version}
        return encode(head | {"after": self._answered_before(item)} | item.fields)

    def _write(self, item: Item, card: Card) -> None:
        files: tuple[PictureFile | DataFile, ...] = (*card.pictures, *card.files)
        item.files = {file: item.files.get(file) or secrets.token_urlsafe(16) for file in files}
        item.fields = card_to_json(
            card,
            picture_urls=[f"/pictures/{item.files[picture]}.png" for picture in card.pictures],
            file_urls=[f"/files/{item.files[file]}" for file in card.files],
        )

    def _add(self, item: Item) -> None:
        self._items.insert(self._index_for(item), item)
        self._changed(item)
        if len(self._items) > MAX_ITEMS:
            self._tell(News.ITEM, self._items.pop(0).id)

    def _index_for(self, item: Item) -> int:
        """Below the message it answers and its earlier answers; at the end where there is none."""
        related = [index for index, other in enumerate(self._items) if _are_related(item, other)]
        return related[-1] + 1 if related else len(self._items)

    def _answered_before(self, item: Item) -> str | None:
        """The id that an answer stands below; None for what came last when it came.

        A page may show more than is remembered here, from before a restart: what is not an answer
        stands below all of it.
        """
        index = self._items.index(item)
        above = self._items[index - 1] if index else None
        return above.id if above is not None and _are_related(item, above) else None

    def _changed(self, item: Item) -> None:
        self._version += 1
        item.version = self._version
        self._tell(News.ITEM, item.id)

    def _tell(self, kind: News, id_: str) -> None:
        for outbox in self._tabs:
            outbox.put(kind, id_)


def _are_related(item: Item, other: Item) -> bool:
    """Whether an item answers another, or answers what that one answers."""
    return item.reply_to is not None and item.reply_to in (other.id, other.reply_to)


class Sessions:
    """All sessions, the least recently used dropped first; one that is open in a tab stays."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def of_place(self, place: Place) -> Session:
        """The session with this place; a new one where it was forgotten, after a restart too."""
        session = self._sessions.setdefault(place.id, Session(place))
        self._sessions.move_to_end(place.id)
        if len(self._sessions) > MAX_SESSIONS:
            self._forget_one()
        return session

    def _forget_one(self) -> None:
        idle = (key for key, session in self._sessions.items() if not session.num_tabs)
        self._sessions.pop(next(idle, ""), None)


def new_cookie() -> str:
    """A secret that names a new session."""
    return secrets.token_urlsafe(32)


def is_cookie(value: str) -> bool:
    """Whether this could be one of ours; others are replaced."""
    return _COOKIE.fullmatch(value) is not None


def place_of(cookie: str) -> Place:
    """The public name of a session: it opens nothing."""
    return Place(platform=PLATFORM, id=hashlib.sha256(cookie.encode()).hexdigest()[:32])
