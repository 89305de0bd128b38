"""What comes in from Discord: each event reaches the conversation once, and nobody waits in vain.

Discord may bring an event twice, late and in any order. An interaction that cannot be answered any
more is left alone: its person read that the bot did not respond, and nothing was promised.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace

import discord
import structlog
from cachetools import LRUCache

from bot.adapters.discord.answers import Answers
from bot.adapters.discord.attachments import UNREADABLE, Attachments
from bot.adapters.discord.channels import Channels
from bot.adapters.discord.first_answer import FIRST_WITHIN_S, Answer
from bot.adapters.discord.handle import Handle
from bot.adapters.discord.reading import Interaction, Reading, read_interaction, read_message
from bot.adapters.port import Action, ChatPort, Listener, Message, PortError, Press

log = structlog.get_logger()

_HOPELESS_S = 15.0  # the age at which it is not even tried to answer
_MAX_TASKS = 1_000  # two for an interaction
_MAX_SEEN = 10_000


class Inbox:
    """Hands events to the conversation; lives as long as the adapter."""

    def __init__(
        self,
        listener: Listener,
        port: ChatPort,
        *,
        answers: Answers,
        channels: Channels,
        attachments: Attachments,
        bot_id: Callable[[], int],
    ) -> None:
        self._listener, self._port, self._bot_id = listener, port, bot_id
        self._answers, self._channels, self._attachments = answers, channels, attachments
        self._seen: LRUCache[int, bool] = LRUCache(maxsize=_MAX_SEEN)
        self._tasks: set[asyncio.Task[None]] = set()

    def on_interaction(self, interaction: Interaction) -> None:
        """Take a command, a button, a form or what is being typed."""
        if self._is_repeat(interaction.id) or self._is_full():
            return
        handle = handle_of(interaction)
        age_s = self._answers.age_s(handle)
        if age_s > _HOPELESS_S:
            log.warning("interaction came too late", age_s=round(age_s, 1))
            return
        reading = read_interaction(interaction, event_id=str(handle))
        if reading.suggest is not None:
            texts = self._listener.suggest(*reading.suggest)
            self._begin(self._answers.complete(handle, texts))
            return
        answer = Answer(
            handle=handle,
            is_private=reading.is_private,
            is_press=interaction.message is not None,
            max_file_bytes=interaction.filesize_limit,
        )
        self._answers.begin(answer)
        if reading.event is not None:
            self._begin(self._answers.defer_late(answer))
        else:
            log.info("interaction not understood", kind=interaction.type.name)
        self._begin(self._answer(reading, interaction, answer))

    def on_message(self, message: discord.Message) -> None:
        """Take a message that means the bot."""
        if self._is_repeat(message.id) or self._is_full():
            return
        reading = read_message(message, bot_id=self._bot_id(), event_id=str(message.id))
        if isinstance(reading.event, Message):
            self._begin(self._hear(reading, reading.event))

    async def close(self) -> None:
        """Cancel what is being answered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _answer(self, reading: Reading, interaction: Interaction, answer: Answer) -> None:
        is_late = self._answers.age_s(answer.handle) > FIRST_WITHIN_S
        # Clocks differ, and Discord decides; but nothing is promised before it did.
        if is_late and not await self._answers.defer(answer):
            return
        try:
            if isinstance(reading.event, Message):
                event = await self._with_photo(reading, reading.event, interaction)
                await self._listener.on_message(event, self._port)
            elif reading.event is not None:
                self._remember(reading, reading.event)
                await self._listener.on_press(reading.event, self._port)
        finally:
            if not self._is_cancelled():
                await self._answers.finish(answer)

    async def _hear(self, reading: Reading, event: Message) -> None:
        if reading.photo is not None:
            event = replace(event, photo=await self._attachments.fetch(reading.photo.url))
        await self._listener.on_message(event, self._port)

    async def _with_photo(
        self, reading: Reading, event: Message, interaction: Interaction
    ) -> Message:
        """Fetch the picture that belongs to a command or to a filled form."""
        if reading.photo is not None:
            return replace(event, photo=await self._attachments.fetch(reading.photo.url))
        if event.form is Action.OVER:
            return replace(event, photo=await self._chosen(reading.form_value, interaction))
        return event

    async def _chosen(self, value: str, interaction: Interaction) -> bytes:
        """Fetch the picture of the message that was chosen before the form was filled in."""
        ids = _ids_of(value)
        if ids is None or ids[0] != interaction.channel_id:  # nobody reads elsewhere through us
            return UNREADABLE
        url = self._attachments.chosen(*ids)
        if url is None:
            try:
                url = await self._channels.photo_url(*ids)
            except PortError as error:
                log.info("chosen picture not found", kind=type(error).__name__)
        return UNREADABLE if url is None else await self._attachments.fetch(url)

    def _remember(self, reading: Reading, press: Press) -> None:
        ids = _ids_of(press.value) if press.action is Action.OVER else None
        if ids is not None and reading.photo is not None:
            self._attachments.choose(*ids, person_id=press.person.id, url=reading.photo.url)

    def _is_repeat(self, event_id: int) -> bool:
        if event_id in self._seen:
            return True
        self._seen[event_id] = True
        return False

    def _is_full(self) -> bool:
        """Whether nothing more can be taken; who is left unanswered sees it."""
        is_full = len(self._tasks) >= _MAX_TASKS
        if is_full:
            log.error("event dropped", num_tasks=len(self._tasks))
        return is_full

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("event not answered", exc_info=error)

    def _is_cancelled(self) -> bool:
        task = asyncio.current_task()
        return task is not None and task.cancelling() > 0


def handle_of(interaction: Interaction) -> Handle:
    """Name an interaction; with its user where the bot cannot write into the channel by itself."""
    if interaction.guild_id is not None:
        has_access = interaction.is_guild_integration() and interaction.app_permissions.view_channel
    else:
        has_access = not interaction.context.private_channel
    user_id = None if has_access else interaction.user.id
    return Handle(id=interaction.id, token=interaction.token, user_id=user_id)


def _ids_of(value: str) -> tuple[int, int] | None:
    """Read a channel and a message from the value of a form that draws over a picture."""
    channel, _, message = value.partition("-")
    return (int(channel), int(message)) if channel.isdecimal() and message.isdecimal() else None
