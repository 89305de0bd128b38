"""One tab of the web chat: it is told the news of its session, and sends what the person does."""

import asyncio
import contextlib

from aiohttp import WSMsgType, web

from bot.adapters.web.inbox import Inbox, Refusal
from bot.adapters.web.outbox import Outbox
from bot.adapters.web.session import Session
from bot.adapters.web.wire import encode


async def serve_tab(
    socket: web.WebSocketResponse, session: Session, inbox: Inbox, *, hello: str
) -> None:
    """Serve a tab until its socket closes, from the frame with which every tab is greeted."""
    with session.open_tab() as outbox:
        await socket.send_str(hello)
        writer = asyncio.create_task(_tell(socket, session, outbox))
        try:
            async for frame in socket:
                if frame.type is not WSMsgType.TEXT:
                    continue
                if (refusal := inbox.receive(session, frame.data)) is not None:
                    await _refuse(socket, refusal)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)


async def _tell(socket: web.WebSocketResponse, session: Session, outbox: Outbox) -> None:
    with contextlib.suppress(ConnectionResetError):
        while True:
            for kind, id_ in await outbox.take():
                await socket.send_str(session.frame(kind, id_))


async def _refuse(socket: web.WebSocketResponse, refusal: Refusal) -> None:
    frame = encode({"type": "refused", "id": refusal.event_id, "reason": refusal.reason})
    with contextlib.suppress(ConnectionResetError):
        await socket.send_str(frame)
