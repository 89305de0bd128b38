"""The way of a request through the local Discord: read, limited, spoilt by faults, answered, logged."""

import json
import math
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from aiohttp import web

from tests.discord.faults import Faults, Kind, Rule
from tests.discord.forms import Upload
from tests.discord.limits import Limits, Verdict
from tests.discord.log import Log, Request
from tests.discord.refusal import OUR_MISTAKES, Form, Refused
from tests.discord.world import World
from tests.servers.serving import tear_down

API = "/api/v10"
_MAX_REQUEST_BYTES = 25 * 2**20
_USER_AGENT = re.compile(r"DiscordBot \(\S+ \S+\)")
_FILE_PART = re.compile(r"files\[(\d+)\]")
_VIA = {"Via": "1.1 google"}


@dataclass(slots=True, kw_only=True)
class Call:
    """A request as the routes see it."""

    params: dict[str, str]
    query: dict[str, str]
    request: Request
    payload: Any = None
    uploads: dict[int, Upload] = field(default_factory=dict)
    form: Form = field(default_factory=Form)

    def id(self, name: str) -> int:
        """Give a snowflake of the path; 0 where it is none."""
        text = self.params[name]
        return int(text) if text.isdigit() else 0

    @property
    def fields(self) -> dict[str, Any]:
        """The payload, which must be an object. Raises Refused."""
        if not isinstance(self.payload, dict):
            raise Refused(50109)
        return self.payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a route answers; no body is 204."""

    body: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One address: who may ask, and in which bucket it counts."""

    method: str
    path: str
    handler: Callable[[Call], Reply]
    bucket: str
    owner: str | None = None  # the parameter that names the bucket's owner
    is_for_bot: bool = True  # asks for the bot's token, and counts in the whole


Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Wire:
    """Serves routes."""

    def __init__(
        self, world: World, *, token: str, faults: Faults, limits: Limits, log: Log
    ) -> None:
        self._world, self._token = world, token
        self._faults, self._limits, self._log = faults, limits, log

    def mount(self, app: web.Application, routes: tuple[Route, ...]) -> None:
        """Add the routes to an application, and an answer for all others."""
        for route in routes:
            app.router.add_route(route.method, API + route.path, self._handler(route))
        app.router.add_route("*", "/api/{path:.*}", self._unknown)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        record = self._begin(request)
        self._log.add_problem("unknown route", record)
        self._log.note_end(record, 404)
        self._world.changed()
        return _json({"message": "404: Not Found", "code": 0}, status=404)

    def _begin(self, request: web.Request) -> Request:
        record = Request(
            at_s=time.monotonic(),
            method=request.method,
            path=request.path.removeprefix(API),
            query=dict(request.query),
        )
        self._log.requests.append(record)
        return record

    def _handler(self, route: Route) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            record = self._begin(request)
            call = Call(params=dict(request.match_info), query=dict(request.query), request=record)
            try:
                response = await self._answer(route, request, call)
            finally:
                record.duration_ms = (time.monotonic() - record.at_s) * 1000
                self._log.note_end(record, record.status)
                self._world.changed()
            return response

        return handle

    async def _answer(self, route: Route, request: web.Request, call: Call) -> web.StreamResponse:
        """Let limits and faults decide whether, and how, the route answers."""
        unreadable = await self._read(request, call)
        owner = call.params[route.owner] if route.owner else ""
        verdict = self._limits.take(route.bucket, owner, is_global=route.is_for_bot)
        if verdict.retry_after_s is not None:
            return self._too_many(call.request, verdict)
        rule = self._faults.take(call.request.method, call.request.path)
        if rule is not None:
            call.request.fault = rule.fault.kind.value
            self._world.changed()
            if not rule.fault.is_done:
                return self._spoilt(rule, route, owner, request, call.request)
            if rule.fault.kind is Kind.HOLD_BEFORE:
                await rule.hold()
        response = self._carried_out(route, request, call, verdict, unreadable)
        if rule is not None and rule.fault.kind is Kind.HOLD_AFTER:
            await rule.hold()
        if rule is not None and rule.fault.kind is Kind.CUT_AFTER:
            call.request.status = None
            tear_down(request)
        if rule is not None and rule.fault.kind is Kind.HALF:
            call.request.status = None
            return await half_of(response, request)
        return response

    async def _read(self, request: web.Request, call: Call) -> Refused | None:
        """Read what was sent; gives what is wrong with it."""
        try:
            if request.content_type.startswith("multipart/"):
                await self._read_parts(request, call)
            elif raw := await request.read():
                call.payload = json.loads(raw)
        except ValueError:
            return Refused(50109)
        call.request.payload = call.payload
        call.request.files = tuple(upload.filename for upload in call.uploads.values())
        size = sum(len(upload.data) for upload in call.uploads.values())
        return Refused(40005) if size > _MAX_REQUEST_BYTES else None

    async def _read_parts(self, request: web.Request, call: Call) -> None:
        async for part in await request.multipart():
            name = getattr(part, "name", None) or ""
            raw = bytes(await part.read())  # type: ignore[union-attr]
            if name == "payload_json":
                call.payload = json.loads(raw)
            elif matched := _FILE_PART.fullmatch(name):
                filename = getattr(part, "filename", None) or "unknown"
                call.uploads[int(matched[1])] = Upload(filename=filename, data=raw)
            else:
                call.form.remark(f"unknown part {name!r}")

    def _carried_out(
        self,
        route: Route,
        request: web.Request,
        call: Call,
        verdict: Verdict,
        unreadable: Refused | None,
    ) -> web.Response:
        record, headers = call.request, {**_VIA, **verdict.headers}
        try:
            self._check_sender(route, request, record)
            if unreadable is not None:
                raise unreadable
            reply = route.handler(call)
        except Refused as refused:
            record.code, record.answer = refused.code, refused.body
            record.status = refused.status
            if refused.code in OUR_MISTAKES:
                self._log.add_problem(f"refused: {refused}", record)
            return _json(refused.body, status=refused.status, headers=headers)
        finally:
            for remark in call.form.remarks:
                self._log.add_problem(remark, record)
        record.answer, record.status = reply.body, 204 if reply.body is None else 200
        if reply.body is None:
            return web.Response(status=204, headers=headers)
        return _json(reply.body, headers=headers)

    def _check_sender(self, route: Route, request: web.Request, record: Request) -> None:
        if not route.is_for_bot:
            return
        if not _USER_AGENT.match(request.headers.get("User-Agent", "")):
            self._log.add_problem("the User-Agent is not DiscordBot (url, version)", record)
        if request.headers.get("Authorization") != f"Bot {self._token}":
            raise Refused(0)

    def _spoilt(
        self, rule: Rule, route: Route, owner: str, request: web.Request, record: Request
    ) -> web.Response:
        """Answer with a fault, or not at all; the request is not carried out."""
        fault = rule.fault
        if fault.kind is Kind.CUT_BEFORE:
            tear_down(request)
            return web.Response(status=503)  # nobody reads it
        record.status, record.code = fault.status, fault.code
        if fault.kind is Kind.HTML:
            return html_page(fault.status)
        if fault.kind is Kind.ERROR:
            body = {"message": fault.message, "code": fault.code}
            return _json(body, status=fault.status, headers=_VIA)
        assert fault.seconds is not None
        is_ban = fault.kind is Kind.BANNED
        scope = "banned" if is_ban else fault.scope
        record.fault = scope
        self._limits.close(route.bucket, owner, scope=scope, for_s=fault.seconds)
        return _limited(fault.seconds, scope=scope)

    def _too_many(self, record: Request, verdict: Verdict) -> web.Response:
        assert verdict.retry_after_s is not None
        record.status = 429
        if verdict.is_early:
            record.is_early = True
            self._log.add_problem("sent during a Retry-After", record)
        return _limited(verdict.retry_after_s, scope=verdict.scope)


async def half_of(response: web.Response, request: web.Request) -> web.StreamResponse:
    """Send the first half of a body, and tear the connection down."""
    body = response.body if isinstance(response.body, bytes) else b""
    cut = web.StreamResponse(status=response.status, headers=response.headers)
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    tear_down(request)
    return cut


def html_page(status: int) -> web.Response:
    """Answer as a proxy in front of Discord does."""
    page = f"<html><head><title>{status}</title></head><body>cloudflare</body></html>"
    return web.Response(status=status, text=page, content_type="text/html", headers=_VIA)


def _limited(retry_after_s: float, *, scope: str) -> web.Response:
    seconds = math.ceil(retry_after_s * 1000) / 1000
    headers = {"Retry-After": str(math.ceil(seconds))}
    if scope == "banned":
        return web.Response(
            status=429, text="error code: 1015", content_type="text/plain", headers=headers
        )
    is_global = scope == "global"
    body = {
        "message": "You are being rate limited.",
        "retry_after": seconds,
        "global": is_global,
    }
    headers |= {**_VIA, "X-RateLimit-Scope": scope}
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    return _json(body, status=429, headers=headers)


def _json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Answer as Discord does: its content type names no charset, and clients compare it."""
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        headers={**(headers or {}), "Content-Type": "application/json"},
    )
