"""The local Telegram: the Bot API and its files on one port of loopback, and people in it.

It keeps Telegram's rules as they are written, and notes in `problems` whatever a bot does against them.
"""

import asyncio
from collections.abc import Callable
from typing import Self, TypeVar

from aiohttp import web

from tests.telegram.editing import Editing
from tests.telegram.faults import Faults
from tests.telegram.files import Files
from tests.telegram.limits import Limits
from tests.telegram.log import Log
from tests.telegram.people import PATIENCE_S, Person
from tests.telegram.sending import Sending
from tests.telegram.settings import Settings
from tests.telegram.things import Chat, ChatKind, Clock, Content, Message, Status, User
from tests.telegram.updates import Updates
from tests.telegram.wire import Method, Wire
from tests.telegram.world import World

TOKEN = "7000000001:AAlocal-for-tests-on-loopback-only-xx"
_MAX_REQUEST_BYTES = 64 * 2**20  # above what Telegram takes, so that it refuses by itself
T = TypeVar("T")


class TelegramServer:
    """A Telegram with one bot and nobody else: an async context manager from start to end."""

    def __init__(self, *, port: int = 0, token: str = TOKEN) -> None:
        self.token, self._port = token, port
        self.clock, self.faults, self.log = Clock(), Faults(), Log()
        self.limits, self.files = Limits(self.clock), Files(self.clock)
        self.world = World(self.clock, self.files)
        self.updates = Updates(self.world, self.clock)
        self.sending = Sending(self.world)
        self.settings = Settings(self.world, self.updates, self.sending, self.log)
        self._editing = Editing(self.world, self.sending)
        self._changed = asyncio.Event()  # set once, then replaced
        self.world.on_change, self.world.emit = self._wake, self.updates.add
        self._runner: web.AppRunner | None = None

    # Where it is.

    @property
    def origin(self) -> str:
        """The address without a path."""
        assert self._runner is not None, "the server has not started"
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    @property
    def base_url(self) -> str:
        """What stands before the token in the address of a method."""
        return f"{self.origin}/bot"

    @property
    def base_file_url(self) -> str:
        """What stands before the token in the address of a file."""
        return f"{self.origin}/file/bot"

    async def start(self) -> None:
        """Serve."""
        app = web.Application(client_max_size=_MAX_REQUEST_BYTES)
        Wire(
            self.world,
            self.updates,
            self._methods(),
            self.faults,
            self.limits,
            self.log,
            self.token,
        ).mount(app)
        self._runner = web.AppRunner(
            app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    def _methods(self) -> dict[str, Method]:
        sending, editing, settings = self.sending, self._editing, self.settings
        return {
            "getMe": settings.me,
            "setWebhook": settings.set_webhook,
            "deleteWebhook": settings.delete_webhook,
            "getWebhookInfo": settings.webhook_info,
            "sendMessage": sending.text,
            "sendPhoto": sending.photo,
            "sendDocument": sending.document,
            "sendMediaGroup": sending.album,
            "sendChatAction": sending.action,
            "editMessageText": editing.text,
            "editMessageCaption": editing.caption,
            "editMessageMedia": editing.media,
            "editMessageReplyMarkup": editing.keyboard,
            "deleteMessage": editing.delete,
            "deleteMessages": editing.delete_all,
            "answerCallbackQuery": settings.answer_callback,
            "answerInlineQuery": settings.answer_inline,
            "setMessageReaction": settings.react,
            "getFile": settings.file,
            "setMyCommands": settings.set_commands,
            "getMyCommands": settings.get_commands,
            "deleteMyCommands": settings.delete_commands,
            "setMyDescription": settings.describe,
            "setMyShortDescription": settings.describe_shortly,
            "getMyDescription": settings.description,
            "getMyShortDescription": settings.short_description,
            "getChat": settings.chat,
            "getChatMember": settings.member,
            "getChatAdministrators": settings.managers,
            "leaveChat": settings.leave,
        }

    async def close(self) -> None:
        """Stop serving; whatever is held is let go."""
        if self._runner is None:
            return
        self.faults.clear()
        await self.updates.close()
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

    def person(self, name: str = "민지", *groups: Chat, has_started: bool = False) -> Person:
        """Let somebody join Telegram, and some groups; `has_started` where they wrote before."""
        person = Person(self.world.add_user(name), self.world, self.wait_for)
        person.chat.has_started = has_started
        for group in groups:
            group.members[person.id] = Status.MEMBER
        return person

    def group(
        self,
        title: str = "그림방",
        *,
        kind: ChatKind = ChatKind.SUPERGROUP,
        bot: Status = Status.MEMBER,
        topics: tuple[str, ...] = (),
    ) -> Chat:
        """Make a group that the bot is in, and a forum where topics are named."""
        chat = self.world.add_group(title, kind=kind, is_forum=bool(topics))
        chat.members[self.world.bot.id] = bot
        chat.reads_all = self.world.reads_all
        for name in topics:
            chat.topics[self.world.new_message_id(chat)] = name
        return chat

    def other_bot(self, name: str, *groups: Chat) -> User:
        """Let another bot in."""
        bot = self.world.add_user(name, username=f"bot{self.world.new_key()}_bot", is_bot=True)
        for group in groups:
            group.members[bot.id] = Status.MEMBER
        return bot

    def let_say(self, bot: User, chat: Chat, text: str) -> Message:
        """Let another bot write."""
        return self.world.post(chat, bot, Content(text=text))

    def pass_on(self, chat: Chat, text: str, channel: str = "그림 채널") -> Message:
        """Let a channel's post appear in its group, as Telegram passes it on by itself."""
        sender = Chat(id=-1_009_000_000_000, kind=ChatKind.CHANNEL, title=channel)
        return self.world.post(
            chat,
            self.world.telegram,
            Content(text=text),
            sender_chat=sender,
            is_automatic_forward=True,
        )

    def migrate(self, chat: Chat) -> Chat:
        """Turn a group into a supergroup; the old one answers with the new one's id from now on.

        Somebody besides the bot has to be in it.
        """
        new = self.world.add_group(chat.title)
        new.members, new.reads_all = dict(chat.members), chat.reads_all
        author = next(self.world.users[one] for one in chat.members if one != self.world.bot.id)
        self.world.announce(chat, author, {"migrate_to_chat_id": new.id})
        chat.migrated_to = new
        self.world.announce(new, author, {"migrate_from_chat_id": chat.id})
        return new

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

    async def ready(self, timeout_s: float = PATIENCE_S) -> None:
        """Wait until a bot polls, or has set a webhook."""
        await self.wait_for(
            lambda: self.updates.is_polled or self.updates.webhook is not None, timeout_s
        )

    def be_patient(self) -> None:
        """Let a slow machine take its time; a bot that does not wait at all is still seen."""
        self.settings.callback_life_s = 600.0
        self.limits.grace_s = 1.0

    def _told(self) -> str:
        """Say what a reader of a failed test wants to know."""
        last = [
            f"{one.method} {one.chat_id or ''} {one.status} {one.fault or ''}"
            for one in self.log.calls[-15:]
        ]
        return "\n".join(["the last calls:", *last, "problems:", *self.problems])
