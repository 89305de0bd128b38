"""The queue of updates: polled or pushed, confirmed by offsets, and forgotten when they are too old."""

import asyncio
import json
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.telegram.refusal import Refused, bad
from tests.telegram.things import Clock
from tests.telegram.world import World

_NOT_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
_MAX_WAIT_S = 50
_CONFLICT_GAP_S = 3.0
_SAME_OFFSET_S = 0.5
_PORTS = frozenset({None, 443, 80, 88, 8443})
_TERMINATED = (
    "terminated by other getUpdates request; make sure that only one bot instance is running"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update, frozen as it was when it happened."""

    id: int
    kind: str
    body: dict[str, Any]
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One attempt to push an update."""

    update_id: int
    status: int | None  # None: no answer came


@dataclass(slots=True, kw_only=True)
class Webhook:
    """Where updates are pushed to."""

    url: str
    secret: str = ""
    max_connections: int = 40
    ip_address: str | None = None
    last_error: str = ""
    last_error_at_s: float = 0.0


@dataclass(slots=True, eq=False)
class Updates:
    """What the bot has not confirmed yet."""

    world: World
    clock: Clock
    proxies: dict[str, str] = field(default_factory=dict)  # public origin -> where it leads here
    first_retry_s: float = 0.1
    max_retry_s: float = 60.0
    num_pushes: int = 1  # how often each update is pushed, though it was taken
    allowed: tuple[str, ...] | None = None  # None: what Telegram sends by default
    webhook: Webhook | None = None
    pushes: list[Push] = field(default_factory=list)
    confirmed: list[Update] = field(default_factory=list)
    expired: list[Update] = field(default_factory=list)
    num_conflicts: int = 0
    _queue: list[Update] = field(default_factory=list)
    _next_id: int = field(default_factory=lambda: secrets.randbelow(10**9) + 1)
    _came: asyncio.Event = field(default_factory=asyncio.Event)
    _poll: asyncio.Event | None = None  # set when a later poll ends the one that waits
    _conflict_at_s: float = 0.0
    _last_poll: tuple[int | None, float] = (None, 0.0)
    _pusher: asyncio.Task[None] | None = None
    _closed: bool = False

    @property
    def pending(self) -> tuple[Update, ...]:
        """What waits for the bot."""
        now_s = self.clock.now_s()
        old = [one for one in self._queue if one.until_s <= now_s]
        self.expired += old
        self._queue = [one for one in self._queue if one.until_s > now_s]
        return tuple(self._queue)

    @property
    def is_polled(self) -> bool:
        """Whether a poll is under way."""
        return self._poll is not None

    def add(self, kind: str, body: dict[str, Any], life_s: float) -> None:
        """Put an update into the queue, unless the bot does not want its kind."""
        is_wanted = kind in self.allowed if self.allowed else kind not in _NOT_BY_DEFAULT
        if is_wanted:
            self.add_any(kind, body, life_s)

    def add_any(self, kind: str, body: dict[str, Any], life_s: float = 86_400.0) -> None:
        """Put an update of any kind into the queue, also one that nobody knows yet."""
        until_s = self.clock.now_s() + life_s
        frozen = json.loads(json.dumps(body))
        self._queue.append(Update(id=self._next_id, kind=kind, body=frozen, until_s=until_s))
        self._next_id += 1
        self._wake()

    def _wake(self) -> None:
        self._came.set()
        self._came = asyncio.Event()
        self.world.changed()

    # Polling.

    async def get(self, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Answer getUpdates. Raises Refused."""
        if self.webhook is not None:
            self.num_conflicts += 1
            raise Refused(
                409,
                "can't use getUpdates method while webhook is active; "
                "use deleteWebhook to delete the webhook first",
            )
        if (allowed := params.get("allowed_updates")) is not None:
            self.allowed = tuple(allowed) or None
        if self._poll is not None:
            self._poll.set()
        ended = self._poll = asyncio.Event()
        self.world.changed()
        try:
            offset = params.get("offset")
            self._confirm(offset)
            wait_s = min(max(0, params.get("timeout", 0)), _MAX_WAIT_S)
            limit = min(max(1, params.get("limit", 100)), 100)
            return await self._next(ended, wait_s, self._at_most(offset, limit))
        finally:
            if self._poll is ended:
                self._poll = None
                self.world.changed()

    def _at_most(self, offset: int | None, limit: int) -> int:
        """Give one update only where the same offset is asked again at once."""
        before, at_s = self._last_poll
        now_s = self.clock.now_s()
        self._last_poll = (offset, now_s)
        is_again = offset is not None and offset == before and now_s - at_s < _SAME_OFFSET_S
        return 1 if is_again else limit

    def _confirm(self, offset: int | None) -> None:
        waiting = self.pending
        if offset is None or not waiting:
            return
        first = offset if offset >= 0 else waiting[max(0, len(waiting) + offset)].id
        self.confirmed += [one for one in waiting if one.id < first]
        self._queue = [one for one in waiting if one.id >= first]
        self.world.changed()

    async def _next(self, ended: asyncio.Event, wait_s: float, limit: int) -> list[dict[str, Any]]:
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while not self.pending and not ended.is_set() and not self._closed:
                    tasks = [asyncio.ensure_future(one.wait()) for one in (self._came, ended)]
                    try:
                        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        for task in tasks:
                            task.cancel()
        if ended.is_set():
            await self._conflict()
        return [_told(one) for one in self.pending[:limit]]

    async def _conflict(self) -> None:
        """End a poll that another one took the place of, once in three seconds at most."""
        left_s = self._conflict_at_s + _CONFLICT_GAP_S - self.clock.now_s()
        self.num_conflicts += 1
        if left_s > 0:
            await asyncio.sleep(left_s)
        self._conflict_at_s = self.clock.now_s()
        by_webhook = "terminated by setWebhook request"
        raise Refused(409, _TERMINATED if self.webhook is None else by_webhook)

    # Pushing.

    def set_webhook(self, params: dict[str, Any]) -> None:
        """Push from now on; an empty address polls again. Raises Refused."""
        if params.get("drop_pending_updates"):
            self.drop()
        if (allowed := params.get("allowed_updates")) is not None:
            self.allowed = tuple(allowed) or None
        url = params.get("url", "")
        self._stop_pushing()
        self.webhook = None
        if not url:
            return
        address, secret = urlsplit(url), params.get("secret_token", "")
        if address.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if address.port not in _PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if not all(one.isascii() and (one.isalnum() or one in "_-") for one in secret[:257]):
            raise bad("secret token contains unallowed characters")
        if len(secret) > 256:
            raise bad("secret token is too long")
        connections = min(max(1, params.get("max_connections", 40)), 100)
        self.webhook = Webhook(
            url=url,
            secret=secret,
            max_connections=connections,
            ip_address=params.get("ip_address"),
        )
        if self._poll is not None:
            self._poll.set()
        self._pusher = asyncio.create_task(self._push_all(self.webhook))

    def drop(self) -> None:
        """Forget what waits."""
        self._queue.clear()

    def info(self) -> dict[str, Any]:
        """Answer getWebhookInfo."""
        hook = self.webhook
        told: dict[str, Any] = {
            "url": hook.url if hook else "",
            "has_custom_certificate": False,
            "pending_update_count": len(self.pending),
        }
        if hook is not None:
            told["max_connections"] = hook.max_connections
            if hook.last_error:
                told["last_error_message"] = hook.last_error
                told["last_error_date"] = int(hook.last_error_at_s)
        return {**told, "allowed_updates": list(self.allowed)} if self.allowed else told

    async def _push_all(self, hook: Webhook) -> None:
        running: dict[int, asyncio.Task[None]] = {}
        async with aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
            while True:
                came = self._came
                for update in self.pending:
                    running = {key: task for key, task in running.items() if not task.done()}
                    if update.id not in running and len(running) < hook.max_connections:
                        work = self._push_until_taken(session, hook, update)
                        running[update.id] = group.create_task(work)
                await came.wait()

    async def _push_until_taken(
        self, session: aiohttp.ClientSession, hook: Webhook, update: Update
    ) -> None:
        delay_s = self.first_retry_s
        while update in self.pending:
            taken, asked_s = False, None
            for _ in range(self.num_pushes):
                taken, asked_s = await self._push(session, hook, update)
            if taken:
                self._queue = [one for one in self._queue if one is not update]
                self.confirmed.append(update)
                break
            await asyncio.sleep(min(asked_s if asked_s is not None else delay_s, 3600.0))
            delay_s = min(delay_s * 2, self.max_retry_s)
        self._wake()

    async def _push(
        self, session: aiohttp.ClientSession, hook: Webhook, update: Update
    ) -> tuple[bool, float | None]:
        """Push once; say whether it was taken, and when to try again if the bot said so."""
        headers = {"X-Telegram-Bot-Api-Secret-Token": hook.secret} if hook.secret else {}
        status, asked_s = None, None
        try:
            async with session.post(
                self._local(hook.url), json=_told(update), headers=headers
            ) as answer:
                await answer.read()
                status = answer.status
                if (given := answer.headers.get("Retry-After", "")).isdigit():
                    asked_s = float(given)
        except aiohttp.ClientError as exc:
            hook.last_error = f"Connection failed: {type(exc).__name__}"
        is_taken = status is not None and 200 <= status < 300
        if not is_taken:
            hook.last_error = hook.last_error if status is None else f"Wrong response: {status}"
            hook.last_error_at_s = self.clock.now_s()
        self.pushes.append(Push(update_id=update.id, status=status))
        self.world.changed()
        return is_taken, asked_s

    def _local(self, url: str) -> str:
        """Go where the public address leads on this machine."""
        address = urlsplit(url)
        origin = f"{address.scheme}://{address.netloc}"
        return self.proxies.get(origin, origin) + url.removeprefix(origin)

    def _stop_pushing(self) -> None:
        if self._pusher is not None:
            self._pusher.cancel()
            self._pusher = None

    async def close(self) -> None:
        """Let every poll end and push no more."""
        self._closed = True
        pusher = self._pusher
        self._stop_pushing()
        if pusher is not None:
            await asyncio.wait([pusher])
        self._wake()


def _told(update: Update) -> dict[str, Any]:
    return {"update_id": update.id, update.kind: update.body}
