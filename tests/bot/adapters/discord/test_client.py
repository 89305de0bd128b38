"""The session with Discord: begun, taken up again, begun anew, and refused."""

import asyncio

import pytest

from bot.adapters.discord.adapter import DiscordChat, DiscordOptions
from bot.adapters.discord.app_commands import COMMANDS
from bot.adapters.discord.client import DiscordRefused, Gateway, Reason
from bot.adapters.port import Message, Place, PlatformDown, PortClosed
from tests.bot.adapters.discord.stage import LIMIT_S, NONCE, Listener, Pictures, done, running
from tests.discord.faults import error, html
from tests.discord.server import DiscordServer

DRAW = "그려줘"
INTENTS_CLOSED = 4014


def adapter(
    server: DiscordServer, listener: Listener, *, url: str = "", token: str = ""
) -> DiscordChat:
    """An adapter that has not started."""
    options = DiscordOptions(token=token or server.token, api_base=url or server.url)
    return DiscordChat(options, listener, files=Pictures())


class Sleeps:
    """Lets nobody wait, and notes who wanted to; after so many, it stops them."""

    def __init__(self, *, most: int) -> None:
        self.asked_s: list[float] = []
        self._most = most

    async def __call__(self, seconds: float) -> None:
        """Note a pause."""
        self.asked_s.append(seconds)
        if len(self.asked_s) >= self._most:
            raise asyncio.CancelledError
        await asyncio.sleep(0)


async def test_commands_are_registered_once(server: DiscordServer) -> None:
    """They are written where others stand, and left alone where they are current."""
    for _ in range(2):
        async with running(server, Listener()):
            pass

    names = [one["name"] for one in server.world.commands[None]]
    assert [one["name"] for one in COMMANDS] == names
    assert 1 == len(server.log.of("PUT", "/commands"))


async def test_commands_that_cannot_be_registered_stop_nothing(server: DiscordServer) -> None:
    """The bot goes on with the old ones."""
    async with running(server, Listener()):
        pass
    server.world.commands[None] = server.world.commands[None][:1]
    server.faults.add(error(30034), method="PUT", count=None)

    listener = Listener()
    async with running(server, listener):
        await server.person().slash(server.channel, DRAW, 설명="고래").message()
        await listener.done()

    assert 1 == len(listener.events)


async def test_a_command_during_a_lost_connection_is_answered(server: DiscordServer) -> None:
    """The session is resumed, and what was missed is heard once."""
    listener = Listener()
    async with running(server, listener):
        server.gateway.drop()
        await server.person().slash(server.channel, DRAW, 설명="고래").message()
        await listener.done()

    assert 1 == len(listener.events)
    assert 1 == server.gateway.num_resumes
    assert [] == server.problems


async def test_a_session_that_is_forgotten_is_begun_anew(server: DiscordServer) -> None:
    """Commands are answered again, without another program."""
    listener = Listener()
    async with running(server, listener):
        server.gateway.invalidate(is_resumable=False)
        await server.wait_for(lambda: server.gateway.num_identifies == 2)
        await server.ready()
        await server.person().slash(server.channel, DRAW, 설명="고래").message()
        await listener.done()

    assert 1 == len(listener.events)


async def test_a_dead_token_is_told_at_once(server: DiscordServer) -> None:
    """Whoever starts hears that the token is not taken, and nothing is left running."""
    chat = adapter(server, Listener(), token="dead.token.dead")

    with pytest.raises(DiscordRefused) as refused:
        await chat.start()
    await chat.close()

    assert Reason.TOKEN is refused.value.reason
    assert 1 == len(server.log.requests)


async def test_an_unreachable_discord_keeps_nobody_from_starting() -> None:
    """What is sent meanwhile is to be tried again, and stopping is quick."""
    chat = DiscordChat(
        DiscordOptions(token="token", api_base="http://127.0.0.1:1/api/v10"),
        Listener(),
        files=Pictures(),
    )
    await chat.start()
    try:
        with pytest.raises(PlatformDown):
            await chat.send(Place(platform="discord", id="1"), done(), nonce=NONCE)
        assert not chat.is_connected
    finally:
        await chat.close()


async def test_a_discord_that_fails_at_first_is_tried_again(
    server: DiscordServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot listens as soon as Discord answers."""
    monkeypatch.setattr("bot.adapters.discord.client._LEAST_PAUSE_S", 0.1)
    server.faults.add(html(503), path="/users/@me", count=1)
    server.faults.add(html(503), path="/gateway/bot", count=2)
    listener = Listener()
    async with running(server, listener) as chat:
        await server.person().slash(server.channel, DRAW, 설명="고래").message()
        await listener.done()
        assert chat.is_connected


async def test_a_session_that_is_closed_for_good_leaves_the_sending(server: DiscordServer) -> None:
    """Discord wants no session any more; cards that are on their way arrive all the same."""
    listener = Listener()
    async with running(server, listener) as chat:
        card = await server.person().slash(server.channel, DRAW, 설명="고래").message()
        await listener.done()
        await server.gateway.close(INTENTS_CLOSED)
        await asyncio.wait_for(_ended(chat), LIMIT_S)
        await chat.edit(listener.refs[0], done())
        refused = chat.refused

    assert "고래를 그렸어요" == card.content
    assert refused is not None
    assert Reason.INTENTS is refused.reason
    assert 1 == server.gateway.num_identifies


async def test_a_token_that_dies_later_closes_the_port(server: DiscordServer) -> None:
    """Nothing more is sent with it, and whoever delivers knows."""
    async with running(server, Listener()) as chat:
        server.faults.add(error(0, status=401), method="POST", path="/messages$")
        with pytest.raises(PortClosed):
            await chat.send(
                Place(platform="discord", id=str(server.channel.id)), done(), nonce=NONCE
            )


async def test_pauses_grow_while_discord_is_not_there() -> None:
    """The longer it is away, the less often it is asked; never without a pause."""
    sleeps = Sleeps(most=12)

    async def unreachable() -> str:
        raise PlatformDown

    gateway = Gateway(
        token="token",
        api_base="http://127.0.0.1:1",
        ask_address=unreachable,
        on_interaction=lambda _: None,
        on_message=lambda _: None,
        sleep=sleeps,
    )
    with pytest.raises(asyncio.CancelledError):
        await gateway.run()

    assert 2.5 <= sleeps.asked_s[0] <= 5.0
    assert all(150.0 <= pause_s <= 300.0 for pause_s in sleeps.asked_s[7:])


async def test_sessions_are_not_begun_too_often() -> None:
    """A thousand a day are all there are: after twenty in an hour there are few."""
    sleeps = Sleeps(most=100)
    gateway = Gateway(
        token="token",
        api_base="http://127.0.0.1:1",
        ask_address=lambda: asyncio.sleep(0, ""),
        on_interaction=lambda _: None,
        on_message=lambda _: None,
        clock=lambda: 0.0,
        sleep=sleeps,
    )
    for _ in range(25):
        await gateway.before_identify()

    assert [5.0] * 19 + [120.0] * 5 == sleeps.asked_s


async def test_what_is_being_answered_ends_with_the_adapter(server: DiscordServer) -> None:
    """Closing waits for nobody who thinks for ever."""
    listener, began, ended = Listener(), asyncio.Event(), asyncio.Event()

    async def think(event: object, port: object) -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    listener.reaction = think
    async with running(server, listener):
        server.person().slash(server.channel, DRAW, 설명="고래")
        await asyncio.wait_for(began.wait(), LIMIT_S)

    assert ended.is_set()
    assert [Message] == [type(event) for event in listener.events]


async def _ended(chat: DiscordChat) -> None:
    """Wait until an adapter listens no more."""
    assert chat._listening is not None
    await asyncio.wait({chat._listening})
