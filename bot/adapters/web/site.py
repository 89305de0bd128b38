"""The routes of the web chat: its pages, a socket for each tab, pictures and files, photos, logins.

Who may ask is the guard's to say. Knows the conversation only through its sessions and the `Listener`;
nothing that comes from outside becomes a path: files of the page are looked up by name, pictures by id.
"""

import asyncio
import json
import mimetypes
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from aiohttp import WSCloseCode, web

from bot.adapters.port import FileReader, Listener
from bot.adapters.web.file import response_of
from bot.adapters.web.guard import (
    BYTES,
    COOKIE_NAME,
    JSON,
    LOGIN_NAME,
    SUBPROTOCOL,
    Guard,
    Handler,
    add_headers,
    is_encrypted,
)
from bot.adapters.web.inbox import Inbox
from bot.adapters.web.login import LOGIN_AGE_S, Logins, TooManyTries, WrongPassword
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
from bot.adapters.web.wire import card_to_json, encode

STATIC = Path(__file__).parent / "static"
PAGES = {"/": "index.html", "/verify": "verify.html"}
_OPEN_PATHS = (*PAGES, "/token", "/login")  # a page asks strangers for the password
_STATIC_PATH = "/static/"
_ERROR_PAGES = {404: "unknown.html", 421: "misdirected.html"}
_MAX_JSON_BYTES = 4 * 1024
_MAX_READ_BYTES = 1024 * 1024  # beyond it the socket closes unread
_MAX_SOCKETS = 64
_COOKIE_AGE_S = 30 * 24 * 3600
_HEARTBEAT_S = 20.0
_RECEIVE_S = 60.0
CLOSE_TIMEOUT_S = 2.0


class Site:
    """Everything that is served; lives as long as the server."""

    def __init__(
        self,
        *,
        listener: Listener,
        files: FileReader,
        sessions: Sessions,
        photos: Photos,
        inbox: Inbox,
        logins: Logins,
        hosts: tuple[str, ...],
    ) -> None:
        self._listener, self._read = listener, files
        self._sessions, self._photos, self._inbox = sessions, photos, inbox
        self._logins = logins
        self.guard = Guard(
            extra_hosts=hosts, logins=logins, open_paths=_OPEN_PATHS, open_folder=_STATIC_PATH
        )
        self._epoch = secrets.token_hex(8)  # tells a page that another server answers
        self._sockets: dict[web.WebSocketResponse, str] = {}  # → the cookie of its login
        self._pages = {path.name: path.read_bytes() for path in STATIC.glob("*.html")}
        self._static = {path.name: path for path in STATIC.iterdir() if path.suffix != ".html"}

    def application(self) -> web.Application:
        """Give all routes behind the guard."""
        app = web.Application(
            middlewares=[self._say_in_korean, self.guard.check], client_max_size=_MAX_JSON_BYTES
        )
        app.on_response_prepare.append(add_headers)
        app.on_shutdown.append(self._close_sockets)
        for path in PAGES:
            app.router.add_get(path, self._page)
        app.router.add_get(_STATIC_PATH + "{name}", self._static_file)
        app.router.add_get("/token", self._token)
        app.router.add_get("/socket", self._socket)
        app.router.add_get("/pictures/{file_id:[0-9A-Za-z_-]{22}}.png", self._file)
        app.router.add_get("/files/{file_id:[0-9A-Za-z_-]{22}}", self._file)
        app.router.add_post("/photo", self._photo)
        app.router.add_post("/inspect", self._inspect)
        app.router.add_post("/login", self._login)
        app.router.add_post("/logout", self._logout)
        return app

    @web.middleware
    async def _say_in_korean(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Give whoever opens a wrong address a page that says what to do."""
        try:
            return await handler(request)
        except web.HTTPException as error:
            name = _ERROR_PAGES.get(error.status)
            if name is None or "text/html" not in request.headers.get("Accept", ""):
                raise
            return self._html(name, status=error.status)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        """Give a page, or the question for the password in its place."""
        if self.guard.is_known(request):
            response = self._html(PAGES[request.path])
        else:
            response = self._html("login.html", status=HTTPStatus.UNAUTHORIZED)
        if not is_cookie(request.cookies.get(COOKIE_NAME, "")):
            _set_cookie(request, response, COOKIE_NAME, new_cookie(), max_age=_COOKIE_AGE_S)
        return response

    def _html(self, name: str, *, status: int = HTTPStatus.OK) -> web.Response:
        return web.Response(
            body=self._pages[name],
            status=status,
            headers={"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"},
        )

    async def _static_file(self, request: web.Request) -> web.StreamResponse:
        path = self._static.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        kind = mimetypes.types_map[path.suffix]
        return web.FileResponse(path, headers={"Content-Type": f"{kind}; charset=utf-8"})

    async def _token(self, request: web.Request) -> web.StreamResponse:
        """Give our own page what it shows with everything that it does; others cannot read it."""
        token = self.guard.token_for(_cookie_of(request))
        fields = {
            "token": token,
            "is_known": self.guard.is_known(request),
            "max_photo_bytes": self._photos.max_bytes,
        }
        return web.json_response(fields, headers={"Cache-Control": "no-store"})

    async def _login(self, request: web.Request) -> web.StreamResponse:
        if not self._logins.is_needed:
            raise web.HTTPNotFound
        password = await _password_in(request)
        try:
            cookie = await self._logins.enter(password, address=request.remote)
        except WrongPassword:
            return _refused("password_wrong", status=HTTPStatus.UNAUTHORIZED)
        except TooManyTries as error:
            response = _refused("password_tries", status=HTTPStatus.TOO_MANY_REQUESTS)
            response.headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
            return response
        answer = web.Response(status=HTTPStatus.NO_CONTENT)
        _set_cookie(request, answer, LOGIN_NAME, cookie, max_age=LOGIN_AGE_S)
        return answer

    async def _logout(self, request: web.Request) -> web.StreamResponse:
        """End a login, and what its tabs still show of the conversation."""
        cookie = request.cookies.get(LOGIN_NAME, "")
        self._logins.leave(cookie)
        await _close((one for one, login in self._sockets.items() if login == cookie))
        response = web.Response(status=HTTPStatus.NO_CONTENT)
        response.del_cookie(LOGIN_NAME, httponly=True, samesite="Strict")
        return response

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self._session_of(request).file(request.match_info["file_id"])
        if file is None or await self._listener.is_hidden(file.key):
            raise web.HTTPNotFound
        data = await self._read(file.key)
        if data is None:
            raise web.HTTPNotFound
        return response_of(file, data)

    async def _photo(self, request: web.Request) -> web.StreamResponse:
        """Take a photo for the next message of a session; the answer is its id, or why not."""
        session = self._session_of(request)
        try:
            async with _while_it_comes(request):
                photo_id = await self._photos.receive(
                    session.place, request.content.iter_any(), told_bytes=request.content_length
                )
        except PhotoRefused as refused:
            return _refused(refused.reason, status=refused.status)
        asyncio.get_running_loop().call_later(KEPT_S + 1, self._photos.forget_old)
        return web.json_response({"id": photo_id}, status=HTTPStatus.CREATED)

    async def _inspect(self, request: web.Request) -> web.StreamResponse:
        """Say which marks a file carries, without keeping it; the answer is a card, or why not."""
        self._session_of(request)
        try:
            async with (
                _while_it_comes(request),
                self._photos.received(
                    request.content.iter_any(), told_bytes=request.content_length
                ) as data,
            ):
                card = await self._listener.inspect(data)
        except PhotoRefused as refused:
            return _refused(refused.reason, status=refused.status)
        headers = {"Cache-Control": "no-store"}
        return web.Response(text=encode(card_to_json(card)), content_type=JSON, headers=headers)

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        session = self._session_of(request)
        socket = web.WebSocketResponse(
            timeout=CLOSE_TIMEOUT_S,
            heartbeat=_HEARTBEAT_S,
            max_msg_size=_MAX_READ_BYTES,
            compress=False,
            protocols=(SUBPROTOCOL,),
        )
        await socket.prepare(request)
        if session.num_tabs >= MAX_TABS or len(self._sockets) >= _MAX_SOCKETS:
            await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)
            return socket
        self._sockets[socket] = request.cookies.get(LOGIN_NAME, "")
        try:
            await session.restore(self._listener.history)
            await serve_tab(socket, session, self._inbox, hello=self._hello(session))
        finally:
            self._sockets.pop(socket, None)
        return socket

    def _hello(self, session: Session) -> str:
        """Say what is remembered, and what may be sent."""
        return encode(
            {
                "type": "hello",
                "epoch": self._epoch,
                "ids": list(session.ids),
                "has_login": self._logins.is_needed,
            }
        )

    def _session_of(self, request: web.Request) -> Session:
        return self._sessions.of_place(place_of(_cookie_of(request)))

    async def _close_sockets(self, _app: web.Application) -> None:
        await _close(self._sockets)


async def _close(sockets: Iterable[web.WebSocketResponse]) -> None:
    await asyncio.gather(*(one.close(code=WSCloseCode.GOING_AWAY) for one in tuple(sockets)))


@asynccontextmanager
async def _while_it_comes(request: web.Request) -> AsyncIterator[None]:
    """Bound how long a body may take; other kinds than bytes are not read."""
    if request.content_type != BYTES:
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(_RECEIVE_S):
            yield
    except TimeoutError as exc:
        raise web.HTTPRequestTimeout from exc
    except ConnectionResetError as exc:  # the page went away; nobody reads the answer
        raise web.HTTPBadRequest from exc


async def _password_in(request: web.Request) -> str:
    if request.content_type != JSON:
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(_RECEIVE_S):
            fields = json.loads(await request.read())
    except TimeoutError as exc:
        raise web.HTTPRequestTimeout from exc
    except (ValueError, RecursionError) as exc:
        raise web.HTTPBadRequest from exc
    match fields:
        case {"password": str(password)}:
            return password
        case _:
            raise web.HTTPBadRequest


def _cookie_of(request: web.Request) -> str:
    cookie = request.cookies.get(COOKIE_NAME, "")
    if not is_cookie(cookie):
        raise web.HTTPForbidden
    return cookie


def _set_cookie(
    request: web.Request, response: web.StreamResponse, name: str, value: str, *, max_age: int
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        httponly=True,
        samesite="Strict",
        secure=is_encrypted(request),
    )


def _refused(reason: str, *, status: HTTPStatus) -> web.Response:
    """Name why something is not taken; the page has a sentence for each reason."""
    return web.json_response({"reason": reason}, status=status)
