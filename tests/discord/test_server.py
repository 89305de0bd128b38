"""The local Discord, with the real client of discord.py in it."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import discord
import pytest
import yarl
from discord import app_commands

from tests.discord.asked import PATIENCE_S
from tests.discord.server import DiscordServer
from tests.discord.things import CallbackType, Flag

Draw = Callable[[discord.Interaction], Awaitable[None]]
PICTURE = b"not looked at"
NOBODY = discord.AllowedMentions.none()


@pytest.fixture(autouse=True)
def endpoints(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let discord.py take the local Discord for the real one."""
    monkeypatch.setattr(discord.http.Route, "BASE", server.url)
    monkeypatch.setattr(
        discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url)
    )


class Bot(discord.Client):
    """A client with one command, whose answer is a test's own."""

    def __init__(self, draw: Draw, *, intents: discord.Intents | None = None) -> None:
        super().__init__(
            intents=intents or discord.Intents(guilds=True, dm_messages=True, guild_messages=True),
            allowed_mentions=NOBODY,
            guild_ready_timeout=0.05,
        )
        self.tree = app_commands.CommandTree(
            self,
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=True, private_channel=True
            ),
        )
        self.draw = draw
        self.seen: list[discord.Interaction] = []
        self.heard: list[discord.Message] = []

        @self.tree.command(name="그려줘", description="그림을 그려요")
        @app_commands.rename(words="설명", num="장수")
        async def command(interaction: discord.Interaction, words: str, num: int = 1) -> None:
            await self.draw(interaction)

    async def setup_hook(self) -> None:
        """Register."""
        await self.tree.sync()

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Remember it, and let the test answer what is no command."""
        self.seen.append(interaction)
        if interaction.type is not discord.InteractionType.application_command:
            await self.draw(interaction)

    async def on_message(self, message: discord.Message) -> None:
        """Remember it."""
        self.heard.append(message)


@asynccontextmanager
async def running(
    server: DiscordServer, draw: Draw, *, intents: discord.Intents | None = None
) -> AsyncIterator[Bot]:
    """A bot from its login to its end."""
    bot = Bot(draw, intents=intents)
    task = asyncio.create_task(bot.start(server.token))
    try:
        await server.wait_for(lambda: server.gateway.is_ready or task.done())
        if task.done():
            task.result()
        async with asyncio.timeout(PATIENCE_S):
            await bot.wait_until_ready()
        yield bot
    finally:
        await bot.close()
        with suppress(asyncio.CancelledError):
            await task


async def nothing(_interaction: discord.Interaction) -> None:
    """Answer nothing."""


async def defer(interaction: discord.Interaction) -> None:
    """Acknowledge, and say something else later."""
    await interaction.response.defer()


async def test_a_client_logs_in_and_sees_its_server(server: DiscordServer) -> None:
    """Login, gateway, READY and GUILD_CREATE work, and the command is registered."""
    async with running(server, nothing) as bot:
        assert bot.user is not None
        assert server.world.bot.id == bot.user.id
        assert [server.guild.name] == [guild.name for guild in bot.guilds]
        assert [server.channel.name] == [channel.name for channel in bot.guilds[0].channels]
        assert ["그려줘"] == [one["name"] for one in server.world.commands[None]]
    assert [] == server.problems


async def test_a_deferred_answer_is_filled_and_followed(server: DiscordServer) -> None:
    """A command is deferred, edited with a file and a button, and followed by another message."""

    async def draw(interaction: discord.Interaction) -> None:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="다시", custom_id="1:again:job"))
        await interaction.response.defer()
        file = discord.File(io.BytesIO(PICTURE), filename="picture.png", description="고래")
        await interaction.edit_original_response(content="다 됐어요", attachments=[file], view=view)
        await interaction.followup.send("또 있어요", ephemeral=True)

    async with running(server, draw):
        asked = server.person().slash(server.channel, "그려줘", 설명="고래")
        message = await asked.message()
        more = await asked.follow_up()

    assert CallbackType.DEFERRED_MESSAGE is asked.callback_type
    assert ("다 됐어요", ("다시",)) == (message.content, message.labels)
    assert [Flag.LOADING, Flag.NONE] == [version.flags for version in message.versions]
    assert [PICTURE] == [file.data for file in message.files]
    assert "고래" == message.files[0].description
    assert more.is_ephemeral
    assert [] == server.problems


async def test_what_was_missed_is_told_after_a_lost_connection(server: DiscordServer) -> None:
    """An abrupt loss is resumed, and an event of the gap arrives once."""
    async with running(server, defer) as bot:
        server.gateway.drop()
        asked = server.person().slash(server.channel, "그려줘", 설명="고래")
        await server.wait_for(lambda: server.gateway.num_resumes)
        await asked.acknowledged()

        assert [asked.interaction.id] == [one.id for one in bot.seen]
    assert 1 == server.gateway.num_identifies


async def test_a_forgotten_session_begins_anew(server: DiscordServer) -> None:
    """Op 9 makes the client identify again, and it goes on."""
    async with running(server, defer):
        server.gateway.invalidate(is_resumable=False)
        await server.wait_for(lambda: server.gateway.num_identifies == 2)
        await server.ready()
        asked = server.person().slash(server.channel, "그려줘", 설명="고래")
        await asked.acknowledged()
