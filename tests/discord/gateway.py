"""The gateway of the local Discord: sessions, heartbeats, events in order, and what goes wrong there."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, NoReturn

from aiohttp import WSCloseCode, WSMsgType, web

from tests.discord.channels import is_hidden_from_bot
from tests.discord.log import Log
from tests.discord.payloads import Payloads
from tests.discord.session import Closed, Connection, Session
from tests.discord.things import Guild, Message
from tests.discord.world import World

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT = 1, 2, 3, 4, 6, 7
MEMBERS, INVALID, HELLO, ACK = 8, 9, 10, 11
UNKNOWN_ERROR, UNKNOWN_OP, BAD_PAYLOAD, NOT_IDENTIFIED, WRONG_TOKEN = 4000, 4001, 4002, 4003, 4004
IDENTIFIED_TWICE, BAD_SEQ, TOO_MANY, TIMED_OUT, BAD_INTENTS, FORBIDDEN_INTENTS = (
    4005, 4007, 4008, 4009, 4013, 4014,
)  # fmt: skip
GUILDS, GUILD_MESSAGES, DIRECT_MESSAGES, CONTENT = 1 << 0, 1 << 9, 1 << 12, 1 << 15
PRIVILEGED = 1 << 1 | 1 << 8 | CONTENT
_ALL_INTENTS = (1 << 26) - 1
_MAX_SEND_BYTES, _MAX_SENDS, _SENDS_WINDOW_S = 4096, 120, 60.0


class Gateway:
    """All sessions and connections, and the faults that a test wants."""

    def __init__(self, world: World, payloads: Payloads, log: Log, *, token: str) -> None:
        self._world, self._payloads, self._log, self._token = world, payloads, log, token
        self.url = ""
        self.heartbeat_interval_ms = 41_250
        self.allowed_intents = 0  # of the privileged ones
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        self.num_identifies = 0
        self.num_resumes = 0  # those that went well

        self.num_refused_handshakes = 0  # how many are still to be refused
        self.is_deaf = False  # heartbeats are not answered
        self.is_doubling = False  # every event comes twice
        self._held: list[Callable[[], None]] | None = None
        world.listeners.append(self._on_event)

    @property
    def is_ready(self) -> bool:
        """Whether somebody listens."""
        return any(one.session is not None for one in self.connections)

    # What goes wrong.

    async def close(self, code: int) -> None:
        """Close every connection with a code."""
        for connection in list(self.connections):
            await connection.close(code)

    def drop(self) -> None:
        """Lose every connection abruptly."""
        for connection in list(self.connections):
            connection.abort()

    def ask_to_reconnect(self) -> None:
        """Send op 7."""
        for connection in self.connections:
            connection.send({"op": RECONNECT})

    def invalidate(self, *, is_resumable: bool) -> None:
        """Send op 9; without resuming the sessions are forgotten."""
        if not is_resumable:
            self.forget_sessions()
        for connection in self.connections:
            connection.send({"op": INVALID, "d": is_resumable})

    def forget_sessions(self) -> None:
        """Let nobody resume."""
        for session in self.sessions.values():
            session.connection = None
        for connection in self.connections:
            connection.session = None
        self.sessions.clear()

    def hold(self) -> None:
        """Keep events back."""
        self._held = [] if self._held is None else self._held

    def release(self) -> None:
        """Let the events go that were kept back."""
        held, self._held = self._held or [], None
        for tell in held:
            tell()

    def repeat(self, name: str) -> None:
        """Send the last event of a name again, as a new one."""
        for session in self.sessions.values():
            told = [event for event in session.events if event["t"] == name]
            if told:
                session.tell(name, told[-1]["d"])

    # Events.

    def _on_event(self, name: str, subject: Any) -> None:
        for session in list(self.sessions.values()):
            if self._is_wanted(name, subject, session):
                data = self._data(name, subject, session)
                for _ in range(2 if self.is_doubling else 1):
                    self._tell(session, name, data)

    def _tell(self, session: Session, name: str, data: Any) -> None:
        if self._held is not None:
            self._held.append(lambda: session.tell(name, data))
        else:
            session.tell(name, data)

    def _is_wanted(self, name: str, subject: Any, session: Session) -> bool:
        if name == "INTERACTION_CREATE":
            return True
        if name.startswith("MESSAGE_"):
            return self._is_message_wanted(subject, session)
        if name.startswith(("GUILD_", "CHANNEL_", "THREAD_")):
            return bool(session.intents & GUILDS) and self._is_member(name, subject)
        return False

    def _is_message_wanted(self, message: Message, session: Session) -> bool:
        if message.is_ephemeral or not self._world.bot_permissions(message.channel):
            return False
        in_guild = message.channel.guild is not None
        return bool(session.intents & (GUILD_MESSAGES if in_guild else DIRECT_MESSAGES))

    @staticmethod
    def _is_member(name: str, subject: Any) -> bool:
        if name == "GUILD_DELETE":
            return True
        guild = subject[0] if isinstance(subject, tuple) else subject
        guild = guild if isinstance(guild, Guild) else guild.guild
        return guild is not None and guild.bot_permissions is not None

    def _data(self, name: str, subject: Any, session: Session) -> dict[str, Any]:
        if name == "INTERACTION_CREATE":
            return self._payloads.interaction(subject)
        if name == "GUILD_CREATE":
            return self._payloads.guild(subject)
        if name == "GUILD_DELETE":
            return {"id": str(subject.id)}
        if name.startswith("GUILD_ROLE_"):
            return {"guild_id": str(subject[0].id), "role": self._payloads.role(subject[1])}
        if name.startswith(("CHANNEL_", "THREAD_")):
            return self._payloads.channel(subject)
        if name == "MESSAGE_DELETE":
            return self._deletion(subject)
        return self._message_event(subject, session)

    def _deletion(self, message: Message) -> dict[str, Any]:
        told = {"id": str(message.id), "channel_id": str(message.channel.id)}
        guild = message.channel.guild
        return told if guild is None else {**told, "guild_id": str(guild.id)}

    def _message_event(self, message: Message, session: Session) -> dict[str, Any]:
        is_blank = not session.intents & CONTENT and is_hidden_from_bot(message, self._world)
        told = self._payloads.message(message, is_blank=is_blank)
        guild = message.channel.guild
        if guild is not None and message.author.id in guild.members:
            member = self._payloads.member(guild.members[message.author.id], guild)
            told["member"] = {key: value for key, value in member.items() if key != "user"}
        return told

    # The wire.

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection from its handshake to its end."""
        if self.num_refused_handshakes > 0:
            self.num_refused_handshakes -= 1
            return web.Response(status=503, text="Service Unavailable")
        socket_ = web.WebSocketResponse()
        await socket_.prepare(request)
        connection = Connection(request, socket_)
        self.connections.append(connection)
        tasks = [
            asyncio.create_task(connection.pump()),
            asyncio.create_task(self._watch(connection)),
        ]
        try:
            connection.send({"op": HELLO, "d": {"heartbeat_interval": self.heartbeat_interval_ms}})
            await self._listen(connection)
        except Closed as closed:
            await connection.close(closed.code)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._end(connection)
        return socket_

    def _end(self, connection: Connection) -> None:
        self.connections.remove(connection)
        session = connection.session
        if session is not None and session.connection is connection:
            session.connection = None
            said_goodbye = connection.socket.close_code in (WSCloseCode.OK, WSCloseCode.GOING_AWAY)
            if said_goodbye and not connection.is_ended_here:
                self.sessions.pop(session.id, None)
        self._world.changed()

    async def _watch(self, connection: Connection) -> None:
        """Close a connection whose client has gone silent."""
        patience_s = self.heartbeat_interval_ms / 1000 * 2
        try:
            while True:
                await asyncio.wait_for(connection.beats.get(), patience_s)
        except TimeoutError:
            await connection.close(TIMED_OUT)

    async def _listen(self, connection: Connection) -> None:
        async for message in connection.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            if len(message.data.encode()) > _MAX_SEND_BYTES:
                self._blame(BAD_PAYLOAD, "a gateway frame is too long")
            self._count(connection)
            try:
                frame = json.loads(message.data)
            except ValueError:
                self._blame(BAD_PAYLOAD, "a gateway frame is no JSON")
            self._receive(connection, frame)

    def _blame(self, code: int, text: str) -> NoReturn:
        self._log.add_problem(f"gateway: {text}")
        raise Closed(code)

    def _count(self, connection: Connection) -> None:
        now_s = time.monotonic()
        connection.sends.append(now_s)
        while connection.sends[0] < now_s - _SENDS_WINDOW_S:
            connection.sends.popleft()
        if len(connection.sends) > _MAX_SENDS:
            self._blame(TOO_MANY, "too many frames")

    def _receive(self, connection: Connection, frame: dict[str, Any]) -> None:
        op, data = frame.get("op"), frame.get("d")
        if op == HEARTBEAT:
            connection.beats.put_nowait(None)
            if not self.is_deaf:
                connection.send({"op": ACK})
        elif op == IDENTIFY:
            self._identify(connection, data or {})
        elif op == RESUME:
            self._resume(connection, data or {})
        elif connection.session is None:
            self._blame(NOT_IDENTIFIED, "something was sent before IDENTIFY")
        elif op not in (PRESENCE, VOICE, MEMBERS):
            self._blame(UNKNOWN_OP, f"unknown op {op}")

    def _identify(self, connection: Connection, data: dict[str, Any]) -> None:
        if connection.session is not None:
            self._blame(IDENTIFIED_TWICE, "identified twice")
        self.num_identifies += 1
        if data.get("token") != self._token:
            raise Closed(WRONG_TOKEN)
        intents = data.get("intents", -1)
        if (
            not isinstance(intents, int)
            or intents < 0
            or intents & ~_ALL_INTENTS
            or "properties" not in data
        ):
            self._blame(BAD_INTENTS, f"bad intents {intents}")
        if intents & PRIVILEGED & ~self.allowed_intents:
            raise Closed(FORBIDDEN_INTENTS)
        session = Session(intents)
        self.sessions[session.id] = session
        session.connection, connection.session = connection, session
        self._greet(session)
        self._world.changed()

    def _greet(self, session: Session) -> None:
        guilds = [one for one in self._world.guilds.values() if one.bot_permissions is not None]
        application = {"id": str(self._world.application_id), "flags": 0}
        session.tell(
            "READY",
            {
                "v": 10,
                "user": self._payloads.me(),
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "session_type": "normal",
                "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
                "application": application,
            },
        )
        if session.intents & GUILDS:
            for guild in guilds:
                session.tell("GUILD_CREATE", self._payloads.guild(guild))

    def _resume(self, connection: Connection, data: dict[str, Any]) -> None:
        session = self.sessions.get(data.get("session_id", ""))
        if data.get("token") != self._token:
            raise Closed(WRONG_TOKEN)
        if session is None:
            connection.send({"op": INVALID, "d": False})
            return
        seq = data.get("seq") or 0
        if seq > len(session.events):
            raise Closed(BAD_SEQ)
        session.connection, connection.session = connection, session
        for event in session.events[seq:]:
            connection.send(event)
        session.tell("RESUMED", {"_trace": []})
        self.num_resumes += 1
        self._world.changed()
