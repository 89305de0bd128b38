"""The adapter on the local Discord, with the real gateway client."""

from collections.abc import AsyncIterator

import pytest

from bot.adapters.port import Message
from tests.bot.adapters.discord.stage import (
    Listener,
    running,
)
from tests.discord.server import DiscordServer
from tests.discord.things import CallbackType

DRAW = "그려줘"
TOKEN_S = 16 * 60.0


@pytest.fixture
async def server() -> AsyncIterator[DiscordServer]:
    """A local Discord."""
    async with DiscordServer() as server:
        yield server


async def test_a_command_is_answered_with_its_card(server: DiscordServer) -> None:
    """The first card is the answer itself, and the event says what was asked, by whom and where."""
    listener = Listener()
    async with running(server, listener):
        person = server.person()
        asked = person.slash(server.channel, DRAW, 설명="노을 지는 바다")
        message = await asked.message()
        await listener.done()

    (event,) = listener.events
    assert isinstance(event, Message)
    assert ("/그려줘 노을 지는 바다", str(person.id)) == (event.text, event.person.id)
    assert (str(server.channel.id), str(server.guild.id)) == (event.place.id, event.place.home)
    assert CallbackType.MESSAGE is asked.callback_type
    assert ("순서를 기다려요", ("취소",)) == (
        message.content,
        tuple(b.split()[-1] for b in message.labels),
    )
    assert [] == server.problems
