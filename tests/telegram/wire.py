"""The way of a call through the local Bot API: read, checked, limited, spoilt by faults, answered, logged."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.servers.serving import tear_down
from tests.telegram.contract import METHODS, Contract
from tests.telegram.faults import DOWNLOAD, Faults, Kind, Rule
from tests.telegram.limits import Limits
from tests.telegram.log import Call, Log
from tests.telegram.refusal import Refused, bad, failure
from tests.telegram.sending import weight_of
from tests.telegram.updates import Updates
from tests.telegram.world import World

MAX_REQUEST_BYTES = 50 * 2**20
Method = Callable[[Call], Any]


@dataclass(slots=True, eq=False)
class Wire:
    """Serves the methods and the files."""

    world: World
    updates: Updates
    methods: Mapping[str, Method]
    faults: Faults
    limits: Limits
    log: Log
    token: str
    _running: set[asyncio.Task[web.StreamResponse]] = field(default_factory=set)

    def mount(self, app: web.Application) -> None:
        """Add the addresses to an application."""
        app.router.add_route("*", "/bot{token}/{method}", self._serve)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        call = Call(at_s=self.world.clock.now_s(), method=METHODS.get(name.lower(), name))
        began_s = time.monotonic()
        self.log.calls.append(call)
        answering = asyncio.create_task(self._answer(request, call))
        self._running.add(answering)
        answering.add_done_callback(self._running.discard)
        try:
            if call.method == "getUpdates":
                return await answering
            return await asyncio.shield(answering)  # it is carried out for whoever went away
        finally:
            call.duration_ms = (time.monotonic() - began_s) * 1000
            self.world.changed()

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        """Let limits and faults decide whether, and how, a call is answered."""
        unreadable = await self._read(request, call)
        rule = self.faults.take(call.method, json.dumps(call.params, ensure_ascii=False))
        if rule is not None:
            call.fault = rule.fault.kind.value
            self.world.changed()
            if not rule.fault.is_done:
                return self._spoilt(rule, request, call)
            if rule.fault.kind is Kind.HOLD_BEFORE:
                await rule.hold()
        response = await self._carried_out(request, call, unreadable)
        return await self._returned(response, rule, request, call)

    async def _returned(
        self, response: web.Response, rule: Rule | None, request: web.Request, call: Call
    ) -> web.StreamResponse:
        if rule is None:
            return response
        self.world.changed()
        if rule.fault.kind is Kind.HOLD_AFTER:
            await rule.hold()
        if rule.fault.kind is Kind.CUT_AFTER:
            call.status = None
            tear_down(request)
        if rule.fault.kind is Kind.HALF:
            call.status = None
            return await half_of(response, request)
        return response

    # Reading.

    async def _read(self, request: web.Request, call: Call) -> Refused | None:
        """Read what was sent; gives what is wrong with it."""
        sent: dict[str, Any] = dict(request.query)
        try:
            sent |= await self._body(request, call)
        except ValueError:
            return bad("can't parse request")
        if call.method.lower() in METHODS:
            contract = Contract(call.method, sent, frozenset(call.files))
            call.params = contract.params
            for problem in contract.problems:
                self.log.add_problem(problem, call)
            if not contract.is_usable:
                return bad("wrong parameter in request")
        size = sum(len(data) for _, data in call.files.values())
        return Refused(413) if size > MAX_REQUEST_BYTES else None

    @staticmethod
    async def _body(request: web.Request, call: Call) -> dict[str, Any]:
        if request.content_type == "application/json":
            sent = await request.json()
            if not isinstance(sent, dict):
                raise ValueError("no object")
            return sent
        if request.content_type == "application/x-www-form-urlencoded":
            return dict(await request.post())
        if not request.content_type.startswith("multipart/"):
            return {}
        fields: dict[str, Any] = {}
        async for part in await request.multipart():
            name, raw = getattr(part, "name", None) or "", await part.read()  # type: ignore[union-attr]
            filename = getattr(part, "filename", None)
            if filename is None:
                fields[name] = bytes(raw).decode()
            else:
                call.files[name] = (filename, bytes(raw))
        return fields

    # Carrying out.

    async def _carried_out(
        self, request: web.Request, call: Call, unreadable: Refused | None
    ) -> web.Response:
        try:
            result = await self._result(request.match_info["token"], call, unreadable)
        except Refused as refused:
            return self._refused(refused, call)
        call.status, call.answer = 200, result
        return _json({"ok": True, "result": result})

    async def _result(self, token: str, call: Call, unreadable: Refused | None) -> Any:
        """Do what a call asks for. Raises Refused."""
        if token != self.token:
            raise Refused(401)
        if call.method not in self.methods and call.method != "getUpdates":
            self.log.add_problem("unknown method", call)
            raise Refused(404)
        if unreadable is not None:
            raise unreadable
        self._count(call)
        if call.method == "getUpdates":
            return await self.updates.get(call.params)
        return self.methods[call.method](call)

    def _count(self, call: Call) -> None:
        """Let flood control look at a call. Raises Refused."""
        weight = weight_of(call.method, call.params)
        if not weight or call.chat_id is None:
            return
        verdict = self.limits.take(call.chat_id, weight, arrived_s=call.at_s)
        if verdict.retry_after_s is None:
            call.weight = weight
            return
        if verdict.is_early:
            call.is_early = True
            self.log.add_problem("sent before a retry_after was over", call)
        seconds = verdict.retry_after_s
        raise Refused(429, f"retry after {seconds}", retry_after=seconds)

    def _refused(self, refused: Refused, call: Call) -> web.Response:
        call.status, call.answer = refused.status, refused.body
        is_ours = refused.is_our_mistake and not call.problems
        if refused.status != 429:
            self.log.note_refusal(call, refused.description, is_our_mistake=is_ours)
        return _json(refused.body, status=refused.status)

    def _spoilt(self, rule: Rule, request: web.Request, call: Call) -> web.Response:
        """Answer with a fault, or not at all; the call is not carried out."""
        fault = rule.fault
        if fault.kind is Kind.CUT_BEFORE:
            tear_down(request)
            return web.Response(status=503)  # nobody reads it
        call.status = fault.status
        if fault.kind is Kind.HTML:
            return html_page(fault.status)
        if "retry_after" in fault.parameters and call.chat_id is not None:
            self.limits.close(call.chat_id, fault.parameters["retry_after"])
        call.answer = failure(fault.status, fault.description, **fault.parameters)
        return _json(call.answer, status=fault.status)

    # Files.

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        call = Call(at_s=self.world.clock.now_s(), method=DOWNLOAD, params={"path": path})
        self.log.calls.append(call)
        rule = self.faults.take(DOWNLOAD, path)
        self.world.changed()
        if rule is not None:
            call.fault = rule.fault.kind.value
            if not rule.fault.is_done:
                return self._spoilt(rule, request, call)
            if rule.fault.kind is Kind.HOLD_BEFORE:
                await rule.hold()
        response = self._file(request, call, path)
        return await self._returned(response, rule, request, call)

    def _file(self, request: web.Request, call: Call, path: str) -> web.Response:
        is_allowed = request.match_info["token"] == self.token
        file = self.world.files.at(path) if is_allowed else None
        call.status = 200 if file else 404 if is_allowed else 401
        if file is None:
            return _json(Refused(call.status).body, status=call.status)
        return web.Response(body=file.data, content_type="application/octet-stream")


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
    """Answer as a proxy in front of Telegram does."""
    page = f"<html><head><title>{status}</title></head><body>nginx</body></html>"
    return web.Response(status=status, text=page, content_type="text/html")


def _json(body: Any, *, status: int = 200) -> web.Response:
    headers = {}
    if status == 429:
        headers["Retry-After"] = str(body.get("parameters", {}).get("retry_after", 1))
    raw = json.dumps(body, ensure_ascii=False).encode()
    return web.Response(status=status, body=raw, content_type="application/json", headers=headers)
