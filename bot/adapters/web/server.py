"""The local web chat: a page, a socket for each tab, and the pictures of a session.

Offers `ChatPort` to the conversation and hands what people write to a `Listener`. Knows no job,
no sentence and no model. An event is acknowledged when the conversation has answered it, which
it does after its commit; until then the page sends it again, also to the next server.

Sessions are in memory; a new one asks the conversation for its past. A card that was sent with a
nonce has its id from it, so the next server shows it under the same id, and a page that is still
open sees its own card go on.
"""

import asyncio
import errno
import hashlib
import math
import secrets
from dataclasses import dataclass
from pathlib import Path

import structlog
from aiohttp import WSCloseCode, web

from bot.adapters.port import (
    Card,
    ChatPort,
    FileReader,
    Listener,
    MessageRef,
    Person,
    Place,
)
from bot.adapters.web.file import response_of
from bot.adapters.web.guard import Guard, add_headers
from bot.adapters.web.inbox import Inbox
from bot.adapters.web.photo import KEPT_S, PhotoRefused, Photos
from bot.adapters.web.session import (
    MAX_TABS,
    Session,
    Sessions,
    is_cookie,
    new_cookie,
    place_of,
)
from bot.adapters.web.tab import serve_tab
from bot.adapters.web.wire import PLATFORM, encode, page_id

log = structlog.get_logger()

STATIC = Path(__file__).parent / "static"
COOKIE_NAME = "geuryeojwo"
EDIT_INTERVAL_S = 0.2
_MAX_READ_BYTES = 1024 * 1024  # beyond it the socket closes unread
_MAX_SOCKETS = 64
_COOKIE_AGE_S = 30 * 24 * 3600
_HEARTBEAT_S = 20.0
_UPLOAD_S = 60.0
_CLOSE_TIMEOUT_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """Where the web chat listens."""

    host: str = "127.0.0.1"
    port: int = 8765  # 0 takes any free one
    allowed_hosts: tuple[str, ...] = ()  # Host headers beside loopback's, as "name:port"
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

    def __init__(self, options: WebOptions, listener: Listener, *, files: FileReader) -> None:
        self._options = options
        self._listener, self._read = listener, files
        self._sessions = Sessions()
        self._photos = Photos(max_bytes=options.max_photo_bytes)
        self._inbox = Inbox(listener, self, self._photos)
        self._guard = Guard(extra_hosts=options.allowed_hosts)
        self._epoch = secrets.token_hex(8)  # tells a page that another server answers
        self._sockets: set[web.WebSocketResponse] = set()
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
            self._application(), access_log=None, shutdown_timeout=_CLOSE_TIMEOUT_S
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, self._options.host, self._options.port).start()
        except OSError as exc:
            await runner.cleanup()
            kind = PortTaken if exc.errno == errno.EADDRINUSE else CannotListen
            raise kind(host=self._options.host, port=self._options.port) from exc
        self._runner = runner
        self._port = runner.addresses[0][1]
        self._guard.allow_port(self._port)
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
        """Show a new card; answering an event acknowledges it. Raises nothing of the port."""
        session = self._sessions.of_place(place)
        ref = MessageRef(place=place, id=_card_id(nonce))
        answered = None if reply_to is None else page_id(reply_to)
        if session.find(ref.id) is None:
            session.show_card(ref.id, card, reply_to=answered)
        if answered is not None:
            session.acknowledge(answered)
        return ref

    async def edit(self, ref: MessageRef, card: Card) -> None:
        """Replace what a card shows; one that was forgotten is shown anew."""
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

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[self._guard.check])
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._close_sockets)
        app.router.add_get("/", self._page)
        app.router.add_get("/socket", self._socket)
        app.router.add_get("/pictures/{file_id:[0-9A-Za-z_-]{22}}.png", self._file)
        app.router.add_get("/files/{file_id:[0-9A-Za-z_-]{22}}", self._file)
        app.router.add_post("/photo", self._photo)
        app.router.add_static("/static/", STATIC)
        return app

    async def _page(self, request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(STATIC / "index.html")
        if not is_cookie(request.cookies.get(COOKIE_NAME, "")):
            response.set_cookie(
                COOKIE_NAME,
                new_cookie(),
                max_age=_COOKIE_AGE_S,
                httponly=True,
                samesite="Strict",
                secure=request.secure,
            )
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self._session_of(request).file(request.match_info["file_id"])
        data = None if file is None else await self._read(file.key)
        if file is None or data is None:
            raise web.HTTPNotFound
        return response_of(file, data)

    async def _photo(self, request: web.Request) -> web.StreamResponse:
        """Take a photo for the next message of a session; the answer is its id, or why not."""
        session = self._session_of(request)
        try:
            async with asyncio.timeout(_UPLOAD_S):
                photo_id = await self._photos.receive(
                    session.place, request.content.iter_any(), told_bytes=request.content_length
                )
        except PhotoRefused as refused:
            return web.json_response({"reason": refused.reason}, status=refused.status)
        except TimeoutError as exc:
            raise web.HTTPRequestTimeout from exc
        except ConnectionResetError as exc:  # the page went away; nobody reads the answer
            raise web.HTTPBadRequest from exc
        asyncio.get_running_loop().call_later(KEPT_S + 1, self._photos.forget_old)
        return web.json_response({"id": photo_id}, status=201)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        session = self._session_of(request)
        socket = web.WebSocketResponse(
            timeout=_CLOSE_TIMEOUT_S,
            heartbeat=_HEARTBEAT_S,
            max_msg_size=_MAX_READ_BYTES,
            compress=False,
        )
        await socket.prepare(request)
        if session.num_tabs >= MAX_TABS or len(self._sockets) >= _MAX_SOCKETS:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return socket
        self._sockets.add(socket)
        try:
            await session.restore(self._listener.history)
            await serve_tab(socket, session, self._inbox, hello=self._hello(session))
        finally:
            self._sockets.discard(socket)
        return socket

    def _hello(self, session: Session) -> str:
        """Say what is remembered, and what may be sent."""
        return encode(
            {
                "type": "hello",
                "epoch": self._epoch,
                "ids": list(session.ids),
                "max_photo_bytes": self._photos.max_bytes,
            }
        )

    def _session_of(self, request: web.Request) -> Session:
        cookie = request.cookies.get(COOKIE_NAME, "")
        if not is_cookie(cookie):
            raise web.HTTPForbidden
        return self._sessions.of_place(place_of(cookie))

    async def _close_sockets(self, _app: web.Application) -> None:
        await asyncio.gather(
            *(socket.close(code=WSCloseCode.GOING_AWAY) for socket in self._sockets)
        )


def _card_id(nonce: str | None) -> str:
    """The id of a card: always the same for a nonce, so that a repeat and a restart find it."""
    if nonce is None:
        return secrets.token_hex(8)
    return hashlib.sha256(nonce.encode()).hexdigest()[:16]
