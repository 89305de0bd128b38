"""What `check` finds at Discord, asked of a server that answers as a test wants."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.discord.app_commands import COMMANDS
from bot.adapters.discord.checking import examine
from bot.adapters.discord.finding import (
    ApplicationFound,
    BotFound,
    Cause,
    CommandsFound,
    Finding,
    GatewayFound,
    Obstacle,
    Part,
    Permission,
    Refusal,
    Server,
    ServersFound,
    missing,
)

TOKEN = "the.bot.token"
APPLICATION_ID = "1300000000000000001"
EVERYTHING = str(sum(Permission))
PART_OF = {
    "/users/@me": Part.TOKEN,
    "/oauth2/applications/@me": Part.APPLICATION,
    "/gateway/bot": Part.GATEWAY,
    "/users/@me/guilds": Part.SERVERS,
    f"/applications/{APPLICATION_ID}/commands": Part.COMMANDS,
}


@dataclass
class Discord:
    """What the server answers to each path, and what it was asked."""

    url: str = ""
    answers: dict[str, Any] = field(default_factory=dict)
    refusals: dict[str, web.Response] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    tokens: set[tuple[str, str | None]] = field(default_factory=set)
    registered: list[Any] = field(default_factory=list)  # each time that commands were put
    greets: bool = True

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a call."""
        self.asked.append((request.method, request.path_qs))
        self.tokens.add((request.path, request.headers.get("Authorization")))
        if refusal := self.refusals.get(request.path):
            return refusal
        if request.path == "/gateway":
            return await self._greet(request)
        if request.method == "PUT":
            self.registered.append(await request.json())
            return web.json_response(self.registered[-1])
        return web.json_response(self.answers[request.path])

    async def _greet(self, request: web.Request) -> web.StreamResponse:
        greeting = web.WebSocketResponse()
        await greeting.prepare(request)
        if self.greets:
            await greeting.send_json({"op": 10, "d": {"heartbeat_interval": 41250}})
        await greeting.close()
        return greeting

    async def findings(self) -> list[Finding]:
        """Look at it."""
        async with asyncio.timeout(30), aclosing(examine(token=TOKEN, api_base=self.url)) as found:
            return [finding async for finding in found]

    async def finding(self, part: Part) -> Finding:
        """Give what was found of one part."""
        kinds = dict(zip(Part, (BotFound, ApplicationFound, GatewayFound, ServersFound, CommandsFound), strict=True))  # fmt: skip
        for finding in await self.findings():
            if isinstance(finding, kinds[part]) or getattr(finding, "part", None) is part:
                return finding
        raise AssertionError(f"nothing was found of {part}")


def as_registered() -> Any:
    """Give our commands as Discord gives them back: with numbers, versions and empty fields."""
    extra = {"id": "7", "version": "8", "nsfw": False, "application_id": APPLICATION_ID}
    return json.loads(json.dumps([command | extra for command in COMMANDS]))


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    """A Discord in which all is well: one server, and the commands are current."""
    one = Discord()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", one.handle)
    async with TestServer(app) as server:
        one.url = str(server.make_url("/")).rstrip("/")
        one.answers = {
            "/users/@me": {"id": "5", "username": "그려줘"},
            "/oauth2/applications/@me": {
                "id": APPLICATION_ID,
                "name": "그려줘",
                "bot_public": True,
                "bot_require_code_grant": False,
                "interactions_endpoint_url": None,
                "integration_types_config": {"0": {}, "1": {}},
            },
            "/gateway/bot": {
                "url": f"{one.url}/gateway",
                "shards": 1,
                "session_start_limit": {"total": 1000, "remaining": 998, "reset_after": 1},
            },
            "/users/@me/guilds": [{"id": "1", "name": "마을", "permissions": EVERYTHING}],
            f"/applications/{APPLICATION_ID}/commands": as_registered(),
        }
        yield one


async def test_where_all_is_well_nothing_is_changed(discord: Discord) -> None:
    """Every part is looked at once, in order, and nothing is written."""
    assert [
        BotFound(name="그려줘"),
        ApplicationFound(id=APPLICATION_ID, name="그려줘", is_public=True, is_for_users=True),
        GatewayFound(num_starts_left=998),
        ServersFound(num=1),
        CommandsFound(num=len(COMMANDS), were_changed=False),
    ] == await discord.findings()
    assert {"GET"} == {method for method, _ in discord.asked}


async def test_the_token_goes_to_discord_only(discord: Discord) -> None:
    """The calls carry it; the gateway, whose address Discord names, is greeted without it."""
    await discord.findings()

    assert ("/users/@me", f"Bot {TOKEN}") in discord.tokens
    assert ("/gateway", None) in discord.tokens


async def test_a_redirection_does_not_take_the_token_along(discord: Discord) -> None:
    """Whoever answers like that is not Discord."""
    discord.refusals["/users/@me"] = web.Response(
        status=302, headers={"Location": f"{discord.url}/elsewhere"}
    )

    assert [Refusal(part=Part.TOKEN, cause=Cause.NOT_DISCORD)] == await discord.findings()
    assert [("GET", "/users/@me")] == discord.asked


@pytest.mark.parametrize("path", PART_OF)
@pytest.mark.parametrize(
    ("status", "text", "headers", "cause", "detail"),
    [
        (401, '{"message": "401: Unauthorized", "code": 0}', {}, Cause.TOKEN_REFUSED, ""),
        (429, "{}", {"Retry-After": "7"}, Cause.BUSY, "7"),
        (429, "<html>", {}, Cause.BUSY, ""),
        (502, "<html>", {}, Cause.DOWN, "502"),
        (400, '{"message": "Max", "code": 30034}', {}, Cause.REFUSED, "30034: Max"),
        (404, "<html>", {}, Cause.NOT_DISCORD, ""),
        (200, "<html>", {}, Cause.NOT_DISCORD, ""),
        (200, '"text"', {}, Cause.NOT_DISCORD, ""),
    ],
)
async def test_a_refusal_says_which_part_and_why(
    discord: Discord,
    path: str,
    status: int,
    text: str,
    headers: dict[str, str],
    cause: Cause,
    detail: str,
) -> None:
    """Whatever comes instead of an answer is a finding; Discord's own words go with it."""
    discord.refusals[path] = web.Response(status=status, text=text, headers=headers)

    found = await discord.finding(PART_OF[path])

    assert Refusal(part=PART_OF[path], cause=cause, detail=detail) == found


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/gateway/bot", {}),
        ("/gateway/bot", {"url": "not an address"}),
        ("/users/@me/guilds", ["text"]),
        ("/users/@me/guilds", [{"id": "1", "permissions": "many"}]),
    ],
)
async def test_an_answer_of_another_shape_is_a_finding(
    discord: Discord, path: str, answer: Any
) -> None:
    """A look never ends in a traceback, and the parts behind it are still looked at."""
    discord.answers[path] = answer

    findings = await discord.findings()

    assert [PART_OF[path]] == [one.part for one in findings if isinstance(one, Refusal)]
    assert CommandsFound(num=len(COMMANDS), were_changed=False) == findings[-1]


async def test_nobody_at_the_address() -> None:
    """The look ends with the first part: nothing else could be asked."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))  # nobody listens there, and nobody else can
        discord = Discord(url=f"http://127.0.0.1:{silent.getsockname()[1]}/api/v10")
        findings = await discord.findings()

    assert [Refusal(part=Part.TOKEN, cause=Cause.UNREACHABLE)] == findings


async def test_a_gateway_that_does_not_greet_is_unreachable(discord: Discord) -> None:
    """A socket that opens is not enough."""
    discord.greets = False

    refusal = Refusal(part=Part.GATEWAY, cause=Cause.UNREACHABLE)
    assert refusal == await discord.finding(Part.GATEWAY)


async def test_no_start_left_is_a_problem(discord: Discord) -> None:
    """Discord would refuse the session."""
    discord.answers["/gateway/bot"]["session_start_limit"]["remaining"] = 0

    found = GatewayFound(num_starts_left=0, is_problem=True)
    assert found == await discord.finding(Part.GATEWAY)


@pytest.mark.parametrize(
    ("change", "obstacles"),
    [
        ({"interactions_endpoint_url": "https://a.example"}, (Obstacle.ENDPOINT,)),
        ({"bot_require_code_grant": True}, (Obstacle.CODE_GRANT,)),
        ({"integration_types_config": {"1": {}}}, (Obstacle.NO_SERVERS,)),
        ({"integration_types_config": None}, ()),
        ({"bot_public": False}, ()),
    ],
)
async def test_what_stands_in_the_way_of_an_installation_is_found(
    discord: Discord, change: dict[str, Any], obstacles: tuple[Obstacle, ...]
) -> None:
    """Settings of the portal with which no command would arrive, or nobody could be invited."""
    discord.answers["/oauth2/applications/@me"] |= change

    found = await discord.finding(Part.APPLICATION)

    assert isinstance(found, ApplicationFound)
    assert (obstacles, bool(obstacles)) == (found.obstacles, found.is_problem)


async def test_the_invitation_asks_for_the_least(discord: Discord) -> None:
    """Both links are complete; neither asks for a permission that is not needed."""
    found = await discord.finding(Part.APPLICATION)

    assert isinstance(found, ApplicationFound)
    address = f"https://discord.com/oauth2/authorize?client_id={APPLICATION_ID}"
    wanted = "&scope=bot+applications.commands&permissions=274878024704"
    assert address + wanted == found.invitation
    assert f"{address}&scope=applications.commands&integration_type=1" == found.own_invitation


async def test_a_server_that_gives_too_little_is_named(discord: Discord) -> None:
    """Its name cannot steer a terminal."""
    held = sum(Permission) & ~Permission.ATTACH_FILES
    discord.answers["/users/@me/guilds"].append(
        {"id": "2", "name": "산\x1b[2J\n골", "permissions": str(held)}
    )

    server = Server(name="산[2J골", missing=(Permission.ATTACH_FILES,))
    assert ServersFound(num=2, lacking=(server,)) == await discord.finding(Part.SERVERS)


async def test_all_servers_are_looked_at(discord: Discord) -> None:
    """Beyond a page the next is asked for, from the last server on."""
    full = [{"id": str(n), "name": "마을", "permissions": EVERYTHING} for n in range(200)]
    discord.answers["/users/@me/guilds"] = full

    assert ServersFound(num=1_000) == await discord.finding(Part.SERVERS)
    assert ("GET", "/users/@me/guilds?limit=200&after=199") in discord.asked


@pytest.mark.parametrize(
    ("held", "lacks"),
    [
        (sum(Permission), ()),
        (1 << 3, ()),  # an administrator
        (0, tuple(Permission)),
        *((sum(Permission) & ~permission, (permission,)) for permission in Permission),
    ],
)
def test_every_missing_permission_is_named(held: int, lacks: tuple[Permission, ...]) -> None:
    """An administrator lacks nothing."""
    assert lacks == missing(held)


@pytest.mark.parametrize("change", ["none", "fewer", "another description"])
async def test_commands_are_registered_when_they_changed(discord: Discord, change: str) -> None:
    """All of them are put at once, and only then."""
    path = f"/applications/{APPLICATION_ID}/commands"
    registered = discord.answers[path]
    if change == "none":
        registered.clear()
    elif change == "fewer":
        registered.pop()
    else:
        registered[0]["description"] = "예전의 설명이에요."

    found = await discord.finding(Part.COMMANDS)

    assert CommandsFound(num=len(COMMANDS), were_changed=True) == found
    assert [json.loads(json.dumps(COMMANDS))] == discord.registered
    assert ("GET", f"{path}?with_localizations=true") in discord.asked
