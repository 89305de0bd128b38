"""What pages send: each event reaches the conversation once, and is acknowledged when it answered.

Refuses what is too long, too much or not ours. Knows sessions and photos, and no socket.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace

import structlog

from bot.adapters.port import ChatPort, Listener, Message
from bot.adapters.web.photo import Photos
from bot.adapters.web.session import MAX_UNANSWERED, Session
from bot.adapters.web.wire import UnreadableFrame, page_id, parse_frame

log = structlog.get_logger()

MAX_FRAME_BYTES = 64 * 1024  # beyond it a frame is refused with an answer
MAX_SHOWN_CHARS = 4_000  # of a message that a session remembers; nobody may ask for so much


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an event is not taken; the page has a sentence for each reason."""

    reason: str
    event_id: str | None = None  # None where the frame could not be read


class Inbox:
    """Hands events to the conversation; lives as long as the server."""

    def __init__(self, listener: Listener, port: ChatPort, photos: Photos) -> None:
        self._listener, self._port, self._photos = listener, port, photos
        self._answers: set[asyncio.Task[None]] = set()

    def receive(self, session: Session, data: str) -> Refusal | None:
        """Take an event of a session; one that came before is only acknowledged again."""
        if len(data.encode("utf-8", "replace")) > MAX_FRAME_BYTES:
            return Refusal(reason="too_long")
        try:
            frame = parse_frame(data, place=session.place)
        except UnreadableFrame:
            return Refusal(reason="unreadable")
        event, photo = frame.event, None
        event_id = page_id(event.event_id)
        if session.is_repeat(event_id):
            return None
        if session.num_unanswered >= MAX_UNANSWERED:
            return Refusal(reason="busy", event_id=event_id)
        if frame.photo_id is not None:
            photo = self._photos.take(session.place, frame.photo_id)
            if photo is None:
                return Refusal(reason="photo_gone", event_id=event_id)
        session.begin(event_id)
        if isinstance(event, Message):
            event = replace(event, photo=photo)
            shown = event.text[:MAX_SHOWN_CHARS]
            session.show_message(event_id, shown, has_photo=photo is not None)
            self._answer(session, event_id, self._listener.on_message(event, self._port))
        else:
            self._answer(session, event_id, self._listener.on_press(event, self._port))
        return None

    async def close(self) -> None:
        """Cancel the answers that are still being given: the next server gets their events again."""
        for task in self._answers:
            task.cancel()
        await asyncio.gather(*self._answers, return_exceptions=True)

    def _answer(self, session: Session, event_id: str, answer: Coroutine[None, None, None]) -> None:
        def finished(task: asyncio.Task[None]) -> None:
            self._answers.discard(task)
            if task.cancelled():  # the server stops
                return
            session.acknowledge(event_id)
            if (error := task.exception()) is not None:
                log.error("listener failed", event_id=event_id, exc_info=error)

        task = asyncio.create_task(answer)
        self._answers.add(task)
        task.add_done_callback(finished)
