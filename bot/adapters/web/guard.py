"""Who may talk to the web chat, and what a browser may do with its answers.

A page bound to loopback is still reached by every site that the person visits: by names that are
pointed at 127.0.0.1 (so the Host is checked) and by scripts of other origins (so the Origin is, and a
token that only our own page can read). Checks stand before the routes: those that come later have them too.
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable, Collection

from aiohttp import web

from bot.adapters.web.login import Logins

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
COOKIE_NAME = "geuryeojwo"
LOGIN_NAME = "geuryeojwo-login"
TOKEN_HEADER = "X-CSRF-Token"
SUBPROTOCOL = "geuryeojwo"  # a page cannot give a socket headers: the token comes beside this
JSON, BYTES = "application/json", "application/octet-stream"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Refuses foreign hosts, foreign origins and strangers before a handler runs."""

    def __init__(
        self,
        *,
        extra_hosts: tuple[str, ...],
        logins: Logins,
        open_paths: Collection[str],
        open_folder: str,
    ) -> None:
        self._hosts = {host.lower() for host in extra_hosts}
        self._logins = logins
        self._open_paths, self._open_folder = open_paths, open_folder
        self._secret = secrets.token_bytes(32)  # of this run

    def allow_port(self, port: int) -> None:
        """Accept the loopback names, and those that name no port, with the port that is listened on."""
        bare = {host for host in self._hosts if ":" not in host.rpartition("]")[2]}
        self._hosts |= {f"{name}:{port}" for name in (*LOOPBACK_NAMES, *bare)}
        if port == 80:
            self._hosts |= set(LOOPBACK_NAMES)

    def token_for(self, cookie: str) -> str:
        """Give the token that a session shows with everything that it does, until the program ends."""
        return hmac.new(self._secret, cookie.encode("utf-8", "replace"), hashlib.sha256).hexdigest()

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 421 to a foreign host, 403 to a foreign page, 415 to another body, 401 to a stranger."""
        if request.host.lower() not in self._hosts:
            raise web.HTTPMisdirectedRequest
        if _changes_something(request):
            if not (_is_same_origin(request) and self._has_token(request)):
                raise web.HTTPForbidden
            if request.method == "POST" and request.content_type not in (JSON, BYTES):
                raise web.HTTPUnsupportedMediaType
        if not self._is_open(request.path) and not self.is_known(request):
            raise web.HTTPUnauthorized
        return await handler(request)

    def is_known(self, request: web.Request) -> bool:
        """Whether whoever asks is logged in, or need not be."""
        return self._logins.admits(request.cookies.get(LOGIN_NAME, ""))

    def _is_open(self, path: str) -> bool:
        return path in self._open_paths or path.startswith(self._open_folder)

    def _has_token(self, request: web.Request) -> bool:
        shown = request.headers.get(TOKEN_HEADER, "")
        if "Upgrade" in request.headers:
            offered = request.headers.get("Sec-WebSocket-Protocol", "").split(",")
            shown = offered[-1].strip()
        token = self.token_for(request.cookies.get(COOKIE_NAME, ""))
        return hmac.compare_digest(shown.encode("utf-8", "replace"), token.encode())


def is_encrypted(request: web.Request) -> bool:
    """Whether the browser came by https, perhaps to a proxy.

    Anybody can say so: what follows from it may only ask for more, never for less.
    """
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Tell the browser that nothing but our own files may run, load or frame the page."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-cache")


def _changes_something(request: web.Request) -> bool:
    return request.method not in ("GET", "HEAD") or "Upgrade" in request.headers


def _is_same_origin(request: web.Request) -> bool:
    schemes = ("https",) if is_encrypted(request) else ("http", "https")
    return request.headers.get("Origin", "").lower() in {
        f"{scheme}://{request.host.lower()}" for scheme in schemes
    }
