"""The local web chat: a page, a socket for each tab, and the pictures of a session.

Offers `ChatPort` to the conversation and hands what people write to a `Listener`. Knows no job,
no sentence and no model. An event is acknowledged when the conversation has answered it, which
it does after its commit; until then the page sends it again, also to the next server.

Sessions are in memory; a new one asks the conversation for its past. A card that was sent with a
nonce has its id from it, so the next server shows it under the same id, and a page that is still
open sees its own card go on.
"""

import errno
import hashlib
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from aiohttp import web

from bot.adapters.port import (
    Card,
    ChatPort,
    FileReader,
    Listener,
    MessageRef,
    Person,
    Place,
    PlaceGone,
)
from bot.adapters.web.inbox import Inbox
from bot.adapters.web.listening import Listening, server_log
from bot.adapters.web.login import Logins
from bot.adapters.web.photo import Photos
from bot.adapters.web.session import Sessions
from bot.adapters.web.site import CLOSE_TIMEOUT_S, Site
from bot.adapters.web.wire import PLATFORM, page_id

log = structlog.get_logger()

EDIT_INTERVAL_S = 0.2
_HEADERS_S = 15.0  # that a connection may take to ask for something, at first and again


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """Where the web chat listens."""

    host: str = "127.0.0.1"
    port: int = 8765  # 0 takes any free one
    # Host headers beside loopback's, as "name:port"; "name" is also the name with our own port.
    allowed_hosts: tuple[str, ...] = ()
    password: str = field(default="", repr=False)  # without one everybody who reaches us may draw
    max_photo_bytes: int = 20 * 2**20


class CannotListen(Exception):
    """The operating system does not let us listen there."""

    def __init__(self, *, host: str, port: int) -> None:
        super().__init__(f"cannot listen on {host}:{port}")
        self.host, self.port = host, port


class PortTaken(CannotListen):
    """Another program listens there already."""


class WebChat(ChatPort):
    """The adapter of the web chat; lives from `start` to `close`."""

    def __init__(
        self,
        options: WebOptions,
        listener: Listener,
        *,
        files: FileReader,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._sessions = Sessions()
        self._photos = Photos(max_bytes=options.max_photo_bytes)
        self._inbox = Inbox(listener, self, self._photos)
        self._site = Site(
            listener=listener,
            files=files,
            sessions=self._sessions,
            photos=self._photos,
            inbox=self._inbox,
            logins=Logins(options.password, clock=clock),
            hosts=options.allowed_hosts,
        )
        self._runner: web.AppRunner | None = None
        self._port = options.port

    @property
    def platform(self) -> str:
        """The name in every person and place of the web chat."""
        return PLATFORM

    @property
    def repeat_s(self) -> float:
        """A card's id comes from its nonce: a repeat never shows anything twice."""
        return math.inf

    @property
    def edit_interval_s(self) -> float:
        """Nobody limits edits here; a slow tab skips what was replaced."""
        return EDIT_INTERVAL_S

    @property
    def url(self) -> str:
        """Where a browser finds the page."""
        host = self._options.host
        return f"http://[{host}]:{self._port}/" if ":" in host else f"http://{host}:{self._port}/"

    async def start(self) -> None:
        """Serve the page; raises PortTaken or CannotListen."""
        runner = web.AppRunner(
            self._site.application(),
            access_log=None,
            logger=server_log(),
            shutdown_timeout=CLOSE_TIMEOUT_S,
            keepalive_timeout=_HEADERS_S,
        )
        await runner.setup()
        try:
            await Listening(runner, self._options.host, self._options.port).start()
        except OSError as exc:
            await runner.cleanup()
            kind = PortTaken if exc.errno == errno.EADDRINUSE else CannotListen
            raise kind(host=self._options.host, port=self._options.port) from exc
        self._runner = runner
        self._port = runner.addresses[0][1]
        self._site.guard.allow_port(self._port)
        log.info("web chat listening", url=self.url)

    async def close(self) -> None:
        """Stop listening and let go of all tabs; answers that are still being given are cancelled."""
        runner, self._runner = self._runner, None
        if runner is None:
            return
        await runner.cleanup()
        await self._inbox.close()  # last, because a tab that is still open may bring an event
        log.info("web chat closed")

    async def send(
        self, place: Place, card: Card, *, reply_to: str | None = None, nonce: str | None = None
    ) -> MessageRef:
        """Show a new card; answering an event acknowledges it. Raises PlaceGone and no other of the port's."""
        _check_for_everybody(card)
        session = self._sessions.of_place(place)
        ref = MessageRef(place=place, id=_card_id(nonce))
        answered = None if reply_to is None else page_id(reply_to)
        if session.find(ref.id) is None:
            session.show_card(ref.id, card, reply_to=answered)
        if answered is not None:
            session.acknowledge(answered)
        return ref

    async def edit(self, ref: MessageRef, card: Card) -> None:
        """Replace what a card shows; one that was forgotten is shown anew. Raises PlaceGone."""
        _check_for_everybody(card)
        self._sessions.of_place(ref.place).show_card(ref.id, card)

    async def find(self, place: Place, nonce: str) -> MessageRef | None:
        """Look whether the session has the card with this nonce."""
        item = self._sessions.of_place(place).find(_card_id(nonce))
        return None if item is None else MessageRef(place=place, id=item.id)

    async def remove(self, ref: MessageRef) -> None:
        """Take a card out of its session, in all its tabs."""
        self._sessions.of_place(ref.place).remove(ref.id)

    async def forget(self, person: Person) -> None:
        """Empty a person's session, in all its tabs."""
        place = Place(platform=PLATFORM, id=person.id)
        self._photos.forget(place)
        self._sessions.of_place(place).empty()


def _card_id(nonce: str | None) -> str:
    """The id of a card: always the same for a nonce, so that a repeat and a restart find it."""
    if nonce is None:
        return secrets.token_hex(8)
    return hashlib.sha256(nonce.encode()).hexdigest()[:16]


def _check_for_everybody(card: Card) -> None:
    """Nobody's age is known here. Raises PlaceGone for what is for adults."""
    if card.is_adult:
        raise PlaceGone
