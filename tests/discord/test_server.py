"""The local Discord, with the real client of discord.py in it."""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import discord
import pytest
import yarl
from discord import app_commands

from tests.discord import faults
from tests.discord.asked import PATIENCE_S
from tests.discord.server import DiscordServer
from tests.discord.things import CallbackType, Flag

Draw = Callable[[discord.Interaction], Awaitable[None]]
PICTURE = b"not looked at"
NOBODY = discord.AllowedMentions.none()


@pytest.fixture(autouse=True)
def endpoints(server: DiscordServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let discord.py take the local Discord for the real one, and take its time."""
    server.answers.ack_deadline_s = PATIENCE_S
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
        self._arrived = asyncio.Event()

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
        self._arrived.set()

    async def heard_all(self, num: int) -> None:
        """Wait for so many messages."""
        while len(self.heard) < num:
            self._arrived.clear()
            await self._arrived.wait()


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


async def test_a_press_opens_a_modal_that_updates_the_message(server: DiscordServer) -> None:
    """Button, modal with a text and a file, and the update of the message below the button."""
    texts: list[str] = []

    async def draw(interaction: discord.Interaction) -> None:
        if interaction.type is discord.InteractionType.component:
            await interaction.response.send_modal(EditForm())
        elif interaction.type is discord.InteractionType.modal_submit:
            texts.extend(values_of(interaction))
            await interaction.response.edit_message(content="고쳤어요", view=None)
        else:
            view = discord.ui.View(timeout=None)
            view.add_item(discord.ui.Button(label="고치기", custom_id="1:edit:job"))
            await interaction.response.send_message("다 됐어요", view=view)

    async with running(server, draw):
        person = server.person()
        message = await person.slash(server.channel, "그려줘", 설명="고래").message()
        modal = await person.press(message, "고치기").modal()
        changed = await person.submit(modal, 설명="작은 고래", 사진=[("a.png", PICTURE)]).message()

    assert "고래" == modal.inputs["설명"]["value"]
    assert changed is message
    assert ("고쳤어요", ()) == (message.content, message.labels)
    assert ["작은 고래", "a.png"] == texts
    assert [] == server.problems


class EditForm(discord.ui.Modal, title="고치기"):
    """A text that is filled in before, and a file."""

    words: discord.ui.Label = discord.ui.Label(
        text="설명", component=discord.ui.TextInput(custom_id="words", default="고래")
    )
    photo: discord.ui.Label = discord.ui.Label(
        text="사진",
        component=discord.ui.FileUpload(custom_id="photo", required=False, min_values=0),
    )


def values_of(interaction: discord.Interaction) -> list[str]:
    """Give the text and the names of the files that were submitted."""
    data: Any = interaction.data
    words, photo = (part["component"] for part in data["components"])
    files = data["resolved"]["attachments"]
    return [words["value"], *(files[one]["filename"] for one in photo["values"])]


async def test_choices_are_offered_while_one_types(server: DiscordServer) -> None:
    """An option that offers choices asks the bot, and what is offered is seen."""

    async with running(server, nothing) as bot:

        async def offer(
            _interaction: discord.Interaction, typed: str
        ) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{typed} 화풍", value="style")]

        @bot.tree.command(name="화풍", description="화풍을 골라요")
        @app_commands.autocomplete(style=offer)
        async def choose(interaction: discord.Interaction, style: str) -> None:
            await interaction.response.send_message(style)

        await bot.tree.sync()
        person = server.person()
        offered = await person.autocomplete(server.channel, "화풍", "style", "수채").choices()
        answer = await person.slash(server.channel, "화풍", style="style").message()

    assert [{"name": "수채 화풍", "value": "style"}] == list(offered)
    assert "style" == answer.content
    assert [] == server.problems


async def test_a_message_command_knows_its_message(server: DiscordServer) -> None:
    """The menu of a message gives its text and its files, whose addresses can be read."""
    read: list[bytes] = []

    async with running(server, nothing) as bot:

        @bot.tree.context_menu(name="그림 정보")
        async def about(interaction: discord.Interaction, message: discord.Message) -> None:
            read.append(await message.attachments[0].read())
            await interaction.response.send_message(message.content, ephemeral=True)

        await bot.tree.sync()
        person = server.person()
        said = person.say(server.channel, "바다", files=[("a.png", PICTURE)])
        answer = await person.context(said, "그림 정보").message()

    assert ("바다", True, [PICTURE]) == (answer.content, answer.is_ephemeral, read)
    assert [] == server.problems


async def test_only_what_is_meant_for_the_bot_is_told(server: DiscordServer) -> None:
    """Without the privileged intent others' words are blank, but not where the bot is called."""
    person = server.person()
    async with running(server, nothing) as bot:
        person.say(server.channel, "우리끼리")
        person.say(server.channel, f"{server.mention} 고래")
        person.say(person.dm, "귓속말")
        bot_said = await bot.get_partial_messageable(server.channel.id).send("그림이에요")
        mine = server.world.messages[bot_said.id]
        person.say(server.channel, "더 밝게", reply_to=mine)
        person.say(server.channel, "혼잣말", reply_to=mine, is_pinging=False)
        async with asyncio.timeout(PATIENCE_S):
            await bot.heard_all(6)

    told = [message.content for message in bot.heard]
    assert ["", f"{server.mention} 고래", "귓속말", "그림이에요", "더 밝게", ""] == told


async def test_the_same_nonce_is_one_message(server: DiscordServer) -> None:
    """Sending twice with a nonce shows one message, and history finds it."""
    async with running(server, nothing) as bot:
        channel = bot.get_partial_messageable(server.channel.id)
        first = await channel.send("한 번", nonce="job-1")
        second = await channel.send("한 번", nonce="job-1")
        history = [message.id async for message in channel.history()]

    assert first.id == second.id
    assert [first.id] == history
    assert [] == server.problems


async def test_a_limit_is_waited_for(server: DiscordServer) -> None:
    """The client comes again after a 429, and not before."""
    async with running(server, nothing) as bot:
        server.faults.add(faults.limited(0.3), method="POST", path="/messages$")
        await bot.get_partial_messageable(server.channel.id).send("늦었어요")

    statuses = [request.status for request in server.log.of("POST", "/messages")]
    assert [429, 200] == statuses
    assert [] == server.problems


@pytest.mark.parametrize("how", ["op 7", "close", "op 9"])
async def test_a_session_is_resumed(how: str, server: DiscordServer) -> None:
    """After a reconnect that keeps the session, what happened meanwhile is told."""
    async with running(server, defer) as bot:
        if how == "op 7":
            server.gateway.ask_to_reconnect()
        elif how == "op 9":
            server.gateway.invalidate(is_resumable=True)
        else:
            await server.gateway.close(4000)
        await server.wait_for(lambda: not server.gateway.is_ready or server.gateway.num_resumes)
        asked = server.person().slash(server.channel, "그려줘", 설명="고래")
        await asked.acknowledged()

        assert [asked.interaction.id] == [one.id for one in bot.seen]
    assert (1, 1) == (server.gateway.num_identifies, server.gateway.num_resumes)


async def test_a_handshake_may_be_refused(server: DiscordServer) -> None:
    """A client that cannot come back at once tries again."""
    async with running(server, defer):
        server.gateway.num_refused_handshakes = 1
        server.gateway.drop()
        await server.wait_for(lambda: server.gateway.num_resumes)

    assert 0 == server.gateway.num_refused_handshakes


async def test_a_privileged_intent_is_forbidden(server: DiscordServer) -> None:
    """Asking for what was not switched on ends the client."""
    intents = discord.Intents(guilds=True, message_content=True)

    with pytest.raises(discord.PrivilegedIntentsRequired):
        async with running(server, nothing, intents=intents):
            pass


async def test_events_are_held_back_and_doubled(server: DiscordServer) -> None:
    """An event may come late, and twice."""
    server.gateway.is_doubling = True
    async with running(server, nothing) as bot:
        server.gateway.hold()
        server.person().say(server.channel, "안녕")
        before = len(bot.heard)
        server.gateway.release()
        async with asyncio.timeout(PATIENCE_S):
            await bot.heard_all(2)

    assert 0 == before
    assert 1 == len({message.id for message in bot.heard})
