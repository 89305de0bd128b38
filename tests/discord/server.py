"""The local Discord: gateway, REST and downloads on one port of loopback, and people in it.

It keeps Discord's rules as they are written, and notes in `problems` whatever a bot does against them.
"""

import asyncio
from collections.abc import Callable
from typing import Self, TypeVar

from aiohttp import web

from tests.discord.answers import Answers
from tests.discord.asked import PATIENCE_S
from tests.discord.channels import Channels
from tests.discord.downloads import Downloads
from tests.discord.faults import Faults
from tests.discord.gateway import Gateway
from tests.discord.limits import Limits
from tests.discord.log import Log
from tests.discord.payloads import Links, Payloads
from tests.discord.people import People, Person
from tests.discord.posting import Posting
from tests.discord.things import Channel, Guild, Member, Permission, Role
from tests.discord.wire import API, Wire
from tests.discord.world import World

TOKEN = "MTIzNDU2Nzg5MDEyMzQ1Njc4OQ.Glocal.for-tests-on-loopback-only"
_MAX_REQUEST_BYTES = 64 * 2**20  # above what Discord takes, so that it refuses by itself
T = TypeVar("T")


class DiscordServer:
    """A Discord with one guild and one channel: an async context manager from start to end."""

    def __init__(self, *, port: int = 0, token: str = TOKEN) -> None:
        self.token, self._port = token, port
        self.world, self.faults, self.limits, self.log = World(), Faults(), Limits(), Log()
        self.links = Links(self.world)
        self.payloads = Payloads(self.world, self.links)
        self.downloads = Downloads(self.world, self.links, self.faults)
        self._posting = Posting(self.world)
        self.answers = Answers(self.world, self.payloads, self._posting, self.log)
        self.channels = Channels(self.world, self.payloads, self._posting, self.log)
        self.gateway = Gateway(self.world, self.payloads, self.log, token=token)
        self.people = People(self.world, self.payloads, self._posting, self.answers, self.wait_for)
        self.guild = self.world.add_guild("그림방")
        self.channel = self.world.add_channel(self.guild, "그림")
        self._changed = asyncio.Event()  # set once, then replaced
        self.world.on_change = self._wake
        self._runner: web.AppRunner | None = None

    # Where it is.

    @property
    def origin(self) -> str:
        """The address without a path."""
        assert self._runner is not None, "the server has not started"
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    @property
    def url(self) -> str:
        """The base of the REST routes."""
        return f"{self.origin}{API}"

    @property
    def gateway_url(self) -> str:
        """The address of the gateway."""
        return f"{self.origin.replace('http', 'ws', 1)}/"

    async def start(self) -> None:
        """Serve."""
        app = web.Application(client_max_size=_MAX_REQUEST_BYTES)
        wire = Wire(
            self.world, token=self.token, faults=self.faults, limits=self.limits, log=self.log
        )
        wire.mount(app, (*self.answers.routes, *self.channels.routes))
        app.router.add_get("/", self.gateway.serve)
        self.downloads.mount(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.links.base = self.origin
        self.gateway.url = self.channels.gateway_url = self.gateway_url

    async def close(self) -> None:
        """Stop serving; whatever is held is let go."""
        if self._runner is None:
            return
        self.faults.clear()
        self.gateway.drop()
        await self._runner.cleanup()
        self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    # What is in it.

    @property
    def problems(self) -> list[str]:
        """Every rule that the bot broke."""
        return self.log.problems

    @property
    def mention(self) -> str:
        """How people call the bot."""
        return f"<@{self.world.bot.id}>"

    def person(
        self,
        name: str = "민지",
        *,
        guild: Guild | None = None,
        roles: tuple[Role, ...] = (),
        permissions: Permission = Permission.NONE,
        locale: str = "ko",
        is_member: bool = True,
    ) -> Person:
        """Let somebody join: the first guild, unless another is named, or none."""
        user = self.world.add_user(name, locale=locale)
        if is_member:
            guild = guild or self.guild
            held = list(roles)
            if permissions:
                held.append(self.world.add_role(guild, f"{name} 권한", permissions))
            guild.members[user.id] = Member(user=user, roles=held)
        return Person(user, self.people)

    def leave(self, person: Person, guild: Guild | None = None) -> None:
        """Let somebody leave a guild."""
        del (guild or self.guild).members[person.id]

    def add_channel(
        self,
        name: str,
        *,
        is_nsfw: bool = False,
        deny: Permission = Permission.NONE,
        parent: Channel | None = None,
    ) -> Channel:
        """Make a channel in the first guild; with a parent it is a thread."""
        return self.world.add_channel(self.guild, name, is_nsfw=is_nsfw, deny=deny, parent=parent)

    # Waiting.

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait_for(self, question: Callable[[], T], timeout_s: float = PATIENCE_S) -> T:
        """Wait until a question has a true answer, asked anew at every change; gives the answer.

        Raises TimeoutError.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while not (answer := question()):
                    await self._changed.wait()
                return answer
        except TimeoutError as exc:
            exc.add_note(self._told())
            raise

    def _told(self) -> str:
        """Say what a reader of a failed test wants to know."""
        last = [
            f"{one.method} {one.path} {one.status} {one.code or ''} {one.fault or ''}"
            for one in self.log.requests[-10:]
        ]
        return "\n".join(["the last requests:", *last, "problems:", *self.problems])

    async def ready(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until a bot listens to the gateway."""
        await self.wait_for(lambda: self.gateway.is_ready, timeout_s)
