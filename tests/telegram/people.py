"""People in the local Telegram: what they can do is what their app lets them do."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from tests.telegram import payloads
from tests.telegram.entities import found
from tests.telegram.sending import checked_markup
from tests.telegram.things import (
    CallbackQuery,
    Chat,
    Content,
    InlineQuery,
    Message,
    NotPossible,
    Status,
    User,
)
from tests.telegram.world import DAY_S, QUEUE_LIFE_S, World

PATIENCE_S = 30.0
T = TypeVar("T")


class Waiting(Protocol):
    """Waits until something is true of the world."""

    def __call__(self, question: Callable[[], T], timeout_s: float = PATIENCE_S) -> Awaitable[T]:
        """Give the answer once it is true."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Somebody with an app. Every method raises NotPossible where the app would not let them."""

    user: User
    world: World
    wait: Waiting

    @property
    def id(self) -> int:
        """The account's id."""
        return self.user.id

    @property
    def chat(self) -> Chat:
        """The private conversation with the bot."""
        return self.world.chats[self.user.id]

    # Writing.

    def write(
        self,
        text: str,
        chat: Chat | None = None,
        *,
        reply_to: Message | None = None,
        topic: int | None = None,
        is_anonymous: bool = False,
    ) -> Message:
        """Write a text: to the bot, unless a chat is named.

        An anonymous administrator seems to be the group itself, and a bot.
        """
        content = Content(text=text, entities=found(text))
        if not is_anonymous:
            return self._post(chat, content, reply_to, topic)
        if chat is None or not self._status(chat).is_manager:
            raise NotPossible("only administrators are anonymous")
        return self._post(chat, content, reply_to, topic, sender_chat=chat)

    def photo(
        self,
        data: bytes,
        caption: str = "",
        chat: Chat | None = None,
        *,
        reply_to: Message | None = None,
        topic: int | None = None,
    ) -> Message:
        """Send a photo, which loses everything but its looks."""
        sizes = self.world.files.photo(data)
        content = Content(text=caption, entities=found(caption), photo=sizes)
        return self._post(chat, content, reply_to, topic)

    def document(
        self,
        data: bytes,
        name: str = "image.png",
        caption: str = "",
        chat: Chat | None = None,
        *,
        media_type: str = "",
        reply_to: Message | None = None,
        topic: int | None = None,
    ) -> Message:
        """Send a file as it is."""
        file = self.world.files.document(data, name, media_type)
        content = Content(text=caption, entities=found(caption), document=file)
        return self._post(chat, content, reply_to, topic)

    def album(
        self, pictures: Sequence[bytes], caption: str = "", chat: Chat | None = None
    ) -> tuple[Message, ...]:
        """Send several photos together; the caption stands at the first one."""
        album, messages = str(secrets.randbits(62)), []
        for number, data in enumerate(pictures):
            words = "" if number else caption
            photo = self.world.files.photo(data)
            content = Content(text=words, entities=found(words), photo=photo)
            messages.append(self._post(chat, content, None, None, album=album))
        return tuple(messages)

    def edit(self, message: Message, text: str) -> None:
        """Change a message of one's own."""
        if message.author is not self.user or message.is_deleted:
            raise NotPossible("somebody else wrote it, or it is gone")
        self.world.revise(message, replace(message.last, text=text, entities=found(text)))

    def delete(self, message: Message) -> None:
        """Delete a message: any in a private chat, one's own or as an administrator in a group."""
        chat = message.chat
        self._check_sees(chat)
        is_manager = self.world.status(chat, self.user).is_manager
        if not (chat.is_private or message.author is self.user or is_manager):
            raise NotPossible("it is not theirs")
        self.world.remove(message)

    def _post(
        self,
        chat: Chat | None,
        content: Content,
        reply_to: Message | None,
        topic: int | None,
        **facts: Any,
    ) -> Message:
        chat = chat or self.chat
        self._check_sees(chat)
        if topic is not None and topic not in chat.topics:
            raise NotPossible("no such topic")
        if chat.is_private:
            if chat.is_blocked:
                raise NotPossible("the bot is blocked")
            chat.has_started = True
        author = self.world.anonymous if facts.get("sender_chat") else self.user
        if reply_to is not None and topic is None:
            topic = reply_to.thread_id
        return self.world.post(chat, author, content, reply_to=reply_to, thread_id=topic, **facts)

    def _check_sees(self, chat: Chat) -> None:
        is_in = chat.user is self.user if chat.is_private else self._status(chat).is_in
        if not is_in or chat.migrated_to is not None:
            raise NotPossible("the chat is not seen")

    def _status(self, chat: Chat) -> Status:
        return self.world.status(chat, self.user)

    # Pressing and reacting.

    def press(self, message: Message, label: str) -> CallbackQuery:
        """Press a button by what it says."""
        self._check_sees(message.chat)
        if message.is_deleted:
            raise NotPossible("the message is gone")
        found_ones = [one for one in message.buttons if one["text"] == label]
        if not found_ones or "callback_data" not in found_ones[0]:
            raise NotPossible(f"no button {label!r}, but {message.labels}")
        return self.send_data(message, found_ones[0]["callback_data"])

    def send_data(self, message: Message, data: str) -> CallbackQuery:
        """Press a button that the message need not have: an old one, or one that is made up."""
        inline = self.world.inline_messages
        inline_id = next((key for key, one in inline.items() if one is message), "")
        query = CallbackQuery(
            id=self.world.new_key(),
            user=self.user,
            data=data,
            asked_s=self.world.clock.now_s(),
            message=None if inline_id else message,
            inline_message_id=inline_id,
        )
        self.world.callbacks[query.id] = query
        told = payloads.callback_query(query)
        self.world.emit("callback_query", told, QUEUE_LIFE_S["callback_query"])
        self.world.changed()
        return query

    async def answered(self, query: CallbackQuery) -> dict[str, Any]:
        """Wait until a press is answered. Raises TimeoutError."""
        await self.wait(lambda: query.is_answered)
        return query.answer or {}

    def react(self, message: Message, emoji: str) -> None:
        """Put a sign at a message; administrators among the bots are told if they asked for it."""
        self._check_sees(message.chat)
        before = message.reactions.get(self.user.id)
        message.reactions[self.user.id] = emoji
        bot = self.world.bot
        if message.chat.is_private or self.world.status(message.chat, bot).is_manager:
            told = {
                "chat": payloads.chat(message.chat),
                "message_id": message.id,
                "user": payloads.user(self.user),
                "date": int(self.world.clock.now_s()),
                "old_reaction": _reactions(before),
                "new_reaction": _reactions(emoji),
            }
            self.world.emit("message_reaction", told, DAY_S)
        self.world.changed()

    # Coming and going.

    def block(self) -> None:
        """Want to hear nothing from the bot any more."""
        self.chat.is_blocked = True
        self.world.tell_member(self.chat, self.user, Status.MEMBER, Status.KICKED)

    def unblock(self) -> None:
        """Want to hear from the bot again."""
        self.chat.is_blocked = False
        self.world.tell_member(self.chat, self.user, Status.KICKED, Status.MEMBER)

    def join(self, chat: Chat, status: Status = Status.MEMBER) -> None:
        """Come into a group."""
        chat.members[self.user.id] = status
        told = {"new_chat_members": [payloads.user(self.user)]}
        self.world.announce(chat, self.user, told)

    def leave(self, chat: Chat) -> None:
        """Go out of a group."""
        self._check_sees(chat)
        self.world.announce(chat, self.user, {"left_chat_member": payloads.user(self.user)})
        chat.members[self.user.id] = Status.LEFT

    def add_bot(self, chat: Chat, status: Status = Status.MEMBER) -> None:
        """Let the bot into a group, with the privacy mode that it has now."""
        self._check_sees(chat)
        self.world.set_status(chat, self.world.bot, status, self.user)
        self.world.announce(chat, self.user, {"new_chat_members": [payloads.user(self.world.bot)]})

    def remove_bot(self, chat: Chat) -> None:
        """Put the bot out of a group."""
        self._check_sees(chat)
        self.world.set_status(chat, self.world.bot, Status.KICKED, self.user)

    # Inline.

    def type_inline(self, query: str) -> InlineQuery:
        """Type behind the bot's name in any chat."""
        if not self.world.allows_inline:
            raise NotPossible("the bot is not for that")
        asked = InlineQuery(
            id=self.world.new_key(),
            user=self.user,
            query=query[:256],
            asked_s=self.world.clock.now_s(),
        )
        self.world.inlines[asked.id] = asked
        told = payloads.inline_query(asked)
        self.world.emit("inline_query", told, QUEUE_LIFE_S["inline_query"])
        self.world.changed()
        return asked

    async def offered(self, asked: InlineQuery) -> tuple[dict[str, Any], ...]:
        """Wait until results are offered. Raises TimeoutError."""
        await self.wait(lambda: asked.results is not None)
        return asked.results or ()

    def choose(self, asked: InlineQuery, chat: Chat, number: int = 0) -> Message:
        """Send one of the articles that were offered."""
        self._check_sees(chat)
        if not asked.results or number >= len(asked.results):
            raise NotPossible("nothing was offered")
        chosen = asked.results[number]
        if chosen["type"] == "photo":
            photo = self.world.files.sizes_of(chosen["photo_file_id"])
            content = Content(text=chosen.get("caption", ""), photo=photo)
        else:
            text = chosen["input_message_content"]["message_text"]
            content = Content(text=text, entities=found(text))
        markup = checked_markup(chosen.get("reply_markup"))
        content = replace(content, markup=markup)
        if chat.is_private:
            chat.has_started = True
        message = self.world.post(chat, self.user, content, via_bot=self.world.bot)
        told = {
            "result_id": chosen["id"],
            "from": payloads.user(self.user),
            "query": asked.query,
        }
        if markup is not None:
            key = self.world.new_key()
            self.world.inline_messages[key] = message
            told["inline_message_id"] = key
        self.world.emit("chosen_inline_result", told, QUEUE_LIFE_S["chosen_inline_result"])
        return message


def _reactions(emoji: str | None) -> list[dict[str, str]]:
    return [{"type": "emoji", "emoji": emoji}] if emoji else []
