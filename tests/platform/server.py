"""A stand-in of a chat platform: a real HTTP server that outlives the bot, with faults by a plan.

Events are handed out as Telegram does it: a long poll with an offset, and an event is gone only when a
later offset confirms it. Beside it the bot says after which number it wants more, so that it can work on
several events at once. Nonces are honoured for a while, as Discord does it. Knows no adapter.
"""

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Self

from aiohttp import web

from bot.adapters.port import Action, CardState
from tests.platform.faults import QUIET, Fault, Plan
from tests.platform.log import Attempt, Call, Event, Log, Shown, Version, numbered
from tests.servers.serving import tear_down

_MAX_CALL_BYTES = 64 * 2**20
_EVENTS_AT_ONCE = 100
_RETRY_AFTER_S = 0.2
_DELAY_S = 0.2

Handler = Callable[[web.Request], Awaitable[dict[str, Any]]]


class Refused(Exception):
    """The platform does not do what it was asked."""

    def __init__(self, status: int, error: str, **facts: object) -> None:
        super().__init__(error)
        self.status, self.body = status, {"error": error, **facts}


class Platform:
    """The server and its memory: an async context manager that serves from enter to exit."""

    def __init__(
        self,
        plan: Plan = QUIET,
        *,
        nonce_window_s: float = 180.0,  # 0 honours no nonce, and there is no looking for one either
        outage_s: float = 1.5,
    ) -> None:
        self.plan, self.nonce_window_s, self.outage_s = plan, nonce_window_s, outage_s
        self.log = Log()
        self._queue: dict[int, Event] = {}  # by number, until confirmed
        self._num_queued = 0
        self._down_until_s = 0.0
        self._changed = asyncio.Event()  # set once, then replaced
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address of the running server, without a path."""
        assert self._runner is not None, "the server has not started"
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    # What people do.

    def say(
        self, text: str, *, person: str = "ann", place: str = "lobby", photo: bytes = b""
    ) -> Event:
        """Let a person write something, perhaps with a photo."""
        written = base64.b64encode(photo).decode("ascii")
        return self._happen(Event(id="", person=person, place=place, text=text, photo=written))

    def press(
        self, action: Action, job_id: str, *, person: str = "ann", place: str = "lobby"
    ) -> Event:
        """Let a person press a button."""
        return self._happen(Event(id="", person=person, place=place, action=action, job_id=job_id))

    def remove_message(self, message_id: str) -> None:
        """Let somebody remove a message of the bot."""
        self.log.messages[message_id].is_removed = True

    def remove_place(self, place: str) -> None:
        """Let nothing be shown in a place any more."""
        self.log.gone_places.add(place)

    def fall(self, for_s: float) -> None:
        """Be down for a while."""
        self._down_until_s = time.monotonic() + for_s

    @property
    def num_unconfirmed(self) -> int:
        """Events that the bot may still be handed."""
        return len(self._queue)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is true of the log or the queue."""
        while not is_so():
            await self._changed.wait()

    def _happen(self, event: Event) -> Event:
        number = len(self.log.events)
        event = numbered(event, number)
        self.log.events.append(event)
        for _ in range(2 if self.plan.is_doubled(number) else 1):
            self._num_queued += 1
            self._queue[self._num_queued] = event
        self._wake()
        return event

    # What the bot asks.

    async def _events(self, request: web.Request) -> dict[str, Any]:
        """Forget what is below the offset, and give what comes after `after` as soon as there is any."""
        offset, wait_s = int(request.query["offset"]), float(request.query["wait_s"])
        after = int(request.query["after"])
        for number in [number for number in self._queue if number < offset]:
            del self._queue[number]
        self._wake()
        try:
            await asyncio.wait_for(
                self.until(lambda: next(reversed(self._queue), 0) > after), wait_s
            )
        except TimeoutError:
            return {"events": []}
        new = [(number, event) for number, event in self._queue.items() if number > after]
        first = new[:_EVENTS_AT_ONCE]
        return {"events": [{"number": number, **event.as_dict()} for number, event in first]}

    async def _send(self, request: web.Request) -> dict[str, Any]:
        """Show a message, or give the one that the same nonce showed."""
        body, place = await request.json(), request.match_info["place"]
        self._check_place(place)
        before = self._find(place, body["nonce"], window_s=self.nonce_window_s)
        if before is not None:  # which somebody may have removed meanwhile
            return {"id": before.id}
        shown = Shown(
            id=f"message-{len(self.log.messages)}",
            place=place,
            reply_to=body["reply_to"],
            nonce=body["nonce"],
            versions=[_version(body)],
        )
        return {"id": self.log.show(shown)}

    async def _delete(self, request: web.Request) -> dict[str, Any]:
        """Take a card away; one that is gone is no mistake."""
        self.log.messages[request.match_info["id"]].is_removed = True
        return {}

    async def _edit(self, request: web.Request) -> dict[str, Any]:
        """Replace what a message shows."""
        shown = self.log.messages[request.match_info["id"]]
        self._check_place(shown.place)
        if shown.is_removed:
            raise Refused(404, "message")
        shown.versions.append(_version(await request.json()))
        return {}

    async def _look(self, request: web.Request) -> dict[str, Any]:
        """Look for a message by its nonce, however old."""
        place = request.match_info["place"]
        self._check_place(place)
        found = self._find(place, request.query["nonce"], window_s=float("inf"))
        return {"id": found.id if found and not found.is_removed else None}

    def _check_place(self, place: str) -> None:
        if place in self.log.gone_places:
            raise Refused(404, "place")

    def _find(self, place: str, nonce: str | None, *, window_s: float) -> Shown | None:
        now_s = time.monotonic()
        for shown in self.log.messages.values():
            is_same = nonce is not None and (shown.place, shown.nonce) == (place, nonce)
            if is_same and now_s - shown.versions[0].at_s < window_s:
                return shown
        return None

    # The wire, and what goes wrong on it.

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MAX_CALL_BYTES)
        app.router.add_get("/events", self._with_faults(self._events))
        app.router.add_post("/places/{place}/messages", self._with_faults(self._send))
        app.router.add_get("/places/{place}/messages", self._with_faults(self._look))
        app.router.add_patch("/messages/{id}", self._with_faults(self._edit))
        app.router.add_delete("/messages/{id}", self._with_faults(self._delete))
        # A call whose sender is dead by the time that it would be done is not done.
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()
        self._runner = None

    def _with_faults(
        self, handler: Handler
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            fault = self._fault_of(request)
            if request.method == "POST":
                self._note_attempt(await request.json())
            try:
                await self._before(fault, request)
                answer = await handler(request)
            except Refused as refused:
                return web.json_response(refused.body, status=refused.status)
            finally:
                self._wake()
            return await self._after(fault, request, answer)

        return handle

    def _fault_of(self, request: web.Request) -> Fault | None:
        fault = self.plan.fault_of(len(self.log.calls))
        self.log.calls.append(
            Call(at_s=time.monotonic(), method=request.method, path=request.path_qs, fault=fault)
        )
        return fault

    def _note_attempt(self, body: dict[str, Any]) -> None:
        state = CardState(body["card"]["state"])
        self.log.attempts.append(Attempt(reply_to=body["reply_to"], state=state))

    async def _before(self, fault: Fault | None, request: web.Request) -> None:
        """Do what a fault does before anything else is done. Raises Refused."""
        if fault is Fault.OUTAGE:
            self.fall(self.outage_s)
        if fault is Fault.UNAVAILABLE or time.monotonic() < self._down_until_s:
            raise Refused(503, "unavailable")
        if fault is Fault.TOO_MANY:
            raise Refused(429, "too_many", retry_after=_RETRY_AFTER_S)
        if fault is Fault.DENIED:
            raise Refused(401, "denied")
        if fault is Fault.RESET_BEFORE:
            tear_down(request)
            raise Refused(503, "reset")  # nobody reads it
        if fault is Fault.DELAY:
            await asyncio.sleep(_DELAY_S)
        if fault is Fault.MESSAGE_GONE and request.method == "PATCH":
            self.remove_message(request.match_info["id"])
        if fault is Fault.PLACE_GONE and "place" in request.match_info:
            self.remove_place(request.match_info["place"])

    async def _after(
        self, fault: Fault | None, request: web.Request, answer: dict[str, Any]
    ) -> web.StreamResponse:
        """Do what a fault does to the answer of a call that was carried out."""
        raw = json.dumps(answer).encode()
        if fault is Fault.RESET_AFTER:
            tear_down(request)
        if fault is Fault.LOST_REPLY:
            await asyncio.Event().wait()  # until the client goes away
        if fault is Fault.BROKEN:
            return web.json_response({"error": "internal"}, status=500)
        if fault is Fault.BAD_JSON:
            raw = raw[: len(raw) // 2]
        if fault is Fault.SLOW_BODY:
            return await _slowly(request, raw)
        return web.Response(body=raw, content_type="application/json")

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _version(body: dict[str, Any]) -> Version:
    return Version(
        at_s=time.monotonic(),
        card=body["card"],
        pictures=tuple(base64.b64decode(data) for data in body["pictures"]),
    )


async def _slowly(request: web.Request, raw: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    for start in range(0, len(raw), 1 + len(raw) // 4):
        await response.write(raw[start : start + 1 + len(raw) // 4])
        await asyncio.sleep(_DELAY_S / 4)
    await response.write_eof()
    return response
