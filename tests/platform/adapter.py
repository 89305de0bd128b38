"""`LinePort`: an adapter for the stand-in platform, as small as an adapter can be.

It hands over events as they come, several at once. It confirms one only after the listener has returned
from it and from all before it, so that it is handed out again when the process dies in between. What goes wrong on the wire becomes one of the port's errors here.
"""

import asyncio
import base64
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import aiohttp
import structlog

from bot.adapters.port import (
    Action,
    Card,
    ChatPort,
    FileReader,
    Listener,
    Message,
    MessageGone,
    MessageRef,
    Person,
    Place,
    PlaceGone,
    PlatformDown,
    PortClosed,
    PortError,
    Press,
    Unclear,
)
from tests.platform.log import PLATFORM

log = structlog.get_logger()

_POLL_S = 5.0
_SOON_S = 0.05  # between two polls while there is something to confirm
_PAUSE_S = 0.2  # after a poll or an event that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class LineOptions:
    """Where the platform is, and what it promises."""

    url: str
    repeat_s: float = 180.0  # for how long it honours a nonce; 0: never, and nothing can be found
    edit_interval_s: float = 0.2
    timeout_s: float = 2.0


class LinePort(ChatPort):
    """Talks to the platform from `start` to `close`."""

    def __init__(self, options: LineOptions, listener: Listener, files: FileReader) -> None:
        self._options, self._listener, self._files = options, listener, files
        self._session: aiohttp.ClientSession | None = None
        self._polling: asyncio.Task[None] | None = None
        self._open: dict[int, asyncio.Task[None]] = {}  # events that are not answered, by number
        self._last = 0  # the number of the newest event that was handed over

    @property
    def platform(self) -> str:
        """Its name."""
        return PLATFORM

    @property
    def repeat_s(self) -> float:
        """For how long a nonce is honoured."""
        return self._options.repeat_s

    @property
    def edit_interval_s(self) -> float:
        """The least time between two edits that tell of progress."""
        return self._options.edit_interval_s

    async def start(self) -> None:
        """Begin to ask for events."""
        self._session = aiohttp.ClientSession(self._options.url)
        self._polling = asyncio.create_task(self._poll())

    async def close(self) -> None:
        """Stop; an event that was not answered is handed out again."""
        tasks = [*self._open.values(), *([self._polling] if self._polling else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def send(
        self, place: Place, card: Card, *, reply_to: str | None = None, nonce: str | None = None
    ) -> MessageRef:
        """Show a new card. Raises PlaceGone, PortClosed, PlatformDown or Unclear."""
        body = {**await self._body(card), "reply_to": reply_to, "nonce": nonce}
        answer = await self._call("POST", f"/places/{place.id}/messages", body)
        return MessageRef(place=place, id=answer["id"])

    async def edit(self, ref: MessageRef, card: Card) -> None:
        """Replace a card. Raises MessageGone, PlaceGone, PortClosed, PlatformDown or Unclear."""
        await self._call("PATCH", f"/messages/{ref.id}", await self._body(card))

    async def find(self, place: Place, nonce: str) -> MessageRef | None:
        """Look for a card by its nonce. Raises PlaceGone, PortClosed, PlatformDown or Unclear."""
        if not self._options.repeat_s:
            raise Unclear
        try:
            answer = await self._call("GET", f"/places/{place.id}/messages?nonce={nonce}")
        except Unclear as error:  # looking changes nothing, so it can be done again
            raise PlatformDown from error
        return MessageRef(place=place, id=answer["id"]) if answer["id"] else None

    async def remove(self, ref: MessageRef) -> None:
        """Take a card away. Raises PlaceGone, PortClosed, PlatformDown or Unclear."""
        with suppress(MessageGone):
            await self._call("DELETE", f"/messages/{ref.id}")

    async def forget(self, person: Person) -> None:
        """Do nothing: nothing is remembered here."""

    async def _body(self, card: Card) -> dict[str, Any]:
        pictures = [await self._files(picture.key) or b"" for picture in card.pictures]
        return {
            "card": asdict(replace(card, preview=None)) | {"has_preview": bool(card.preview)},
            "pictures": [base64.b64encode(data).decode("ascii") for data in pictures],
        }

    async def _poll(self) -> None:
        # A fresh start is handed everything that no earlier one confirmed.
        while True:
            wait_s = _SOON_S if self._open else _POLL_S
            offset = min(self._open, default=self._last + 1)
            path = f"/events?offset={offset}&after={self._last}&wait_s={wait_s}"
            try:
                answer = await self._call("GET", path, wait_s=wait_s)
            except PortError:
                await asyncio.sleep(_PAUSE_S)
                continue
            for fields in answer["events"]:
                self._last = fields["number"]
                self._open[self._last] = asyncio.create_task(self._see_to(fields))

    async def _see_to(self, fields: dict[str, Any]) -> None:
        """Have an event answered, until that goes well."""
        while True:
            try:
                await self._hand_over(fields)
            except Exception:
                log.exception("event not handled")
                await asyncio.sleep(_PAUSE_S)
            else:
                del self._open[fields["number"]]
                return

    async def _hand_over(self, fields: dict[str, Any]) -> None:
        person = Person(platform=PLATFORM, id=fields["person"])
        place = Place(platform=PLATFORM, id=fields["place"])
        if fields["action"] is None:
            message = Message(
                event_id=fields["id"],
                person=person,
                place=place,
                text=fields["text"],
                photo=base64.b64decode(fields["photo"]) or None,
            )
            await self._listener.on_message(message, self)
            return
        press = Press(
            event_id=fields["id"],
            person=person,
            place=place,
            action=Action(fields["action"]),
            job_id=fields["job_id"],
        )
        await self._listener.on_press(press, self)

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, wait_s: float = 0.0
    ) -> dict[str, Any]:
        """Ask for something. Raises PortError."""
        assert self._session is not None
        limit = aiohttp.ClientTimeout(total=wait_s + self._options.timeout_s)
        try:
            async with self._session.request(method, path, json=body, timeout=limit) as response:
                status, answer = response.status, await _json_of(response)
        except aiohttp.ClientConnectorError as error:
            raise PlatformDown from error
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unclear from error
        match status, answer:
            case 200, dict():
                return answer
            case 404, {"error": "place"}:
                raise PlaceGone
            case 404, {"error": "message"}:
                raise MessageGone
            case 401, _:
                raise PortClosed
            case 429, {"retry_after": float(retry_after_s)}:
                raise PlatformDown(retry_after_s=retry_after_s)
            case 503, _:
                raise PlatformDown
            case _:
                raise Unclear


async def _json_of(response: aiohttp.ClientResponse) -> Any:
    try:
        return await response.json()
    except ValueError:
        return None
