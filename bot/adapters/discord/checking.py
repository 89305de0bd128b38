"""A look at Discord before the bot is started: what works, what is missing, are the commands current.

Asks plainly and once, with a short limit, where the adapter would wait and try again. Changes nothing
but the registered commands. Knows no sentence, and never gives the token to anybody but the address
that the settings name.
"""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, TypeAlias, TypeVar

import aiohttp

from bot.adapters.discord.app_commands import COMMANDS, is_same
from bot.adapters.discord.finding import (
    ApplicationFound,
    BotFound,
    Cause,
    CommandsFound,
    Finding,
    GatewayFound,
    Obstacle,
    Part,
    Refusal,
    Server,
    ServersFound,
    missing,
)

_LIMIT_S = 10.0  # for one answer
_USER_AGENT = "DiscordBot (https://discord.com/developers/applications, 1)"  # the form is Discord's
_PAGE, _MAX_PAGES = 200, 5  # servers in an answer; more pages run into its limit of one a second
_AI = re.compile(r"인공지능|(?<![a-z])ai(?![a-z])", re.IGNORECASE)
_TO_SERVERS, _TO_USERS = "0", "1"  # the two ways of installing

T = TypeVar("T")
Look: TypeAlias = Callable[["Calls"], Awaitable[Finding]]


class _Refused(Exception):
    """A call had no good answer."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        super().__init__(cause)
        self.cause, self.detail = cause, detail


async def examine(*, token: str, api_base: str) -> AsyncGenerator[Finding]:
    """Look at everything that the bot needs of Discord, and register the commands if they changed.

    What needs a part that was refused is left out.
    """
    timeout = aiohttp.ClientTimeout(total=_LIMIT_S)
    async with aiohttp.ClientSession(
        headers={"User-Agent": _USER_AGENT}, timeout=timeout
    ) as session:
        calls = Calls(session=session, api_base=api_base, token=token)
        bot = await _finding(Part.TOKEN, _bot, calls)
        yield bot
        if bot.is_problem:
            return
        application = await _finding(Part.APPLICATION, _application, calls)
        yield application
        yield await _finding(Part.GATEWAY, _gateway, calls)
        yield await _finding(Part.SERVERS, _servers, calls)
        if isinstance(application, ApplicationFound):
            commands = partial(_commands, application_id=application.id)
            yield await _finding(Part.COMMANDS, commands, calls)


async def _finding(part: Part, look: Look, calls: "Calls") -> Finding:
    try:
        return await look(calls)
    except _Refused as refused:
        return Refusal(part=part, cause=refused.cause, detail=refused.detail)
    except (aiohttp.ClientError, OSError):  # TimeoutError is one
        return Refusal(part=part, cause=Cause.UNREACHABLE)
    except (AttributeError, LookupError, TypeError, ValueError):  # an answer of another shape
        return Refusal(part=part, cause=Cause.NOT_DISCORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """Discord's interface, asked with the bot's token."""

    session: aiohttp.ClientSession
    api_base: str
    token: str = field(repr=False)

    async def get(self, path: str, kind: type[T], **parameters: str) -> T:
        """Give an answer that is an object of this kind. Raises _Refused, ClientError or OSError."""
        return await self._ask("GET", path, kind, params=parameters)

    async def put(self, path: str, body: Any, kind: type[T]) -> T:
        """Replace something, and give what it is now. Raises like `get`."""
        return await self._ask("PUT", path, kind, json=body)

    async def _ask(self, method: str, path: str, kind: type[T], **details: Any) -> T:
        async with self.session.request(
            method,
            self.api_base + path,
            headers={"Authorization": f"Bot {self.token}"},
            allow_redirects=False,  # which would take the token along
            **details,
        ) as response:
            content = await _json(response)
            _judge(response, content)
        if not isinstance(content, kind):
            raise _Refused(Cause.NOT_DISCORD)
        return content


async def _json(response: aiohttp.ClientResponse) -> Any:
    try:
        return await response.json(content_type=None)
    except ValueError:
        return None


def _judge(response: aiohttp.ClientResponse, content: Any) -> None:
    """Raise _Refused where the answer is not what was asked for."""
    match response.status:
        case HTTPStatus.UNAUTHORIZED:
            raise _Refused(Cause.TOKEN_REFUSED)
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise _Refused(Cause.BUSY, response.headers.get("Retry-After", ""))
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _Refused(Cause.DOWN, str(status))
        case status if status >= HTTPStatus.BAD_REQUEST and isinstance(content, dict):
            raise _Refused(Cause.REFUSED, f"{content.get('code')}: {content.get('message')}")
        case status if status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _Refused(Cause.NOT_DISCORD)


async def _bot(calls: Calls) -> BotFound:
    user = await calls.get("/users/@me", dict)
    return BotFound(name=_printable(user.get("username")))


async def _application(calls: Calls) -> ApplicationFound:
    application = await calls.get("/oauth2/applications/@me", dict)
    installs = application.get("integration_types_config") or {_TO_SERVERS: {}}
    stands_in_the_way = {
        Obstacle.ENDPOINT: bool(application.get("interactions_endpoint_url")),
        Obstacle.CODE_GRANT: bool(application.get("bot_require_code_grant")),
        Obstacle.NO_SERVERS: _TO_SERVERS not in installs,
    }
    return ApplicationFound(
        id=_printable(application.get("id")),
        name=_printable(application.get("name")),
        is_public=bool(application.get("bot_public", True)),
        is_for_users=_TO_USERS in installs,
        says_ai=_AI.search(str(application.get("description", "AI"))) is not None,
        obstacles=tuple(one for one, does in stands_in_the_way.items() if does),
    )


async def _gateway(calls: Calls) -> GatewayFound:
    """Hear the gateway's greeting; a session, of which there are few a day, is not begun."""
    found = await calls.get("/gateway/bot", dict)
    form = {"v": "10", "encoding": "json"}
    async with calls.session.ws_connect(found["url"], params=form) as socket:
        greeting = await socket.receive(_LIMIT_S)
        if greeting.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
            raise _Refused(Cause.UNREACHABLE)
    num_left = int(found.get("session_start_limit", {}).get("remaining", 1))
    return GatewayFound(num_starts_left=num_left, is_problem=num_left < 1)


async def _servers(calls: Calls) -> ServersFound:
    servers: list[dict[str, Any]] = []
    for _ in range(_MAX_PAGES):
        after = {"after": str(servers[-1]["id"])} if servers else {}
        page = await calls.get("/users/@me/guilds", list, limit=str(_PAGE), **after)
        servers += page
        if len(page) < _PAGE:
            break
    lacking = tuple(
        Server(name=_printable(server.get("name")), missing=permissions)
        for server in servers
        if (permissions := missing(int(server.get("permissions", 0))))
    )
    return ServersFound(num=len(servers), lacking=lacking)


async def _commands(calls: Calls, *, application_id: str) -> CommandsFound:
    path = f"/applications/{application_id}/commands"
    registered = await calls.get(path, list, with_localizations="true")
    were_changed = not is_same(registered, COMMANDS)
    if were_changed:
        await calls.put(path, COMMANDS, list)
    return CommandsFound(num=len(COMMANDS), were_changed=were_changed)


def _printable(name: object) -> str:
    """Keep a name that somebody chose from steering the operator's terminal."""
    return "".join(char for char in str(name or "") if char.isprintable())
