"""Who may talk to the web chat, and what a browser may do with its answers.

A page bound to loopback is still reached by every site that the person visits: by names that are
pointed at 127.0.0.1 (so the Host is checked) and by scripts of other origins (so the Origin is).
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Refuses foreign hosts and origins before a handler runs."""

    def __init__(self, *, extra_hosts: tuple[str, ...]) -> None:
        self._hosts = {host.lower() for host in extra_hosts}

    def allow_port(self, port: int) -> None:
        """Accept the loopback names with the port that is listened on."""
        self._hosts |= {f"{name}:{port}" for name in LOOPBACK_NAMES}
        if port == 80:
            self._hosts |= set(LOOPBACK_NAMES)

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer 421 to a foreign host and 403 to a foreign origin."""
        if request.host.lower() not in self._hosts:
            raise web.HTTPMisdirectedRequest
        if _changes_something(request) and not _is_same_origin(request):
            raise web.HTTPForbidden
        return await handler(request)


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Tell the browser that nothing but our own files may run, load or frame the page."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-cache")


def _changes_something(request: web.Request) -> bool:
    return request.method not in ("GET", "HEAD") or "Upgrade" in request.headers


def _is_same_origin(request: web.Request) -> bool:
    return request.headers.get("Origin", "").lower() in {
        f"{scheme}://{request.host.lower()}" for scheme in ("http", "https")
    }
