"""What Telegram delivers, as the neutral values of the port. Pure: nothing is loaded or asked here.

Everything is matched as text, in captions too: Telegram knows no command in Hangul. In a group only
what is meant for the bot is read: a command of ours, its name, an answer to it, or words that ask for a
drawing. Who may manage a group is not in an update: where it matters, the reading says so.
"""

import re
from dataclasses import dataclass

from telegram import (
    CallbackQuery,
    Chat,
    ChatMember,
    ChatMemberUpdated,
    InlineKeyboardMarkup,
    MaybeInaccessibleMessage,
    Update,
    User,
)
from telegram import Message as Sent

from bot.adapters.port import Action, Message, Person, Press
from bot.adapters.telegram import callback_data
from bot.adapters.telegram.handle import PLATFORM, Event, Where
from bot.adapters.telegram.layout import album_of
from bot.commands import MessageTooLong as TooLong
from bot.commands import OptionInvalid, UnknownCommand, parse

HELP = "/도움말"
INLINE_COMMAND = "/그려줘"  # what a request that was offered in any chat begins with
_COMMAND = re.compile(r"\s*/([^\s@/]+)(?:@(\w+))?(?=\s|$)")
_GLUED = re.compile(r"(\s*/draw)_?(?=[가-힣])")  # "/draw고양이", "/draw_고양이"
_DRAW = r"그려\s?(?:줘|주세|주실|주라|주시|줄래|줄\s?수\s?있|달라|라|봐(?=줘|라|요|[\s.!?~…]|$))"
_ASKING = re.compile(  # at the beginning, or at the end but for options; each text is read once
    rf"\A\s*{_DRAW}|{_DRAW}\S{{0,6}}(?:\s+[^\s:]+:\S+)*[\s.!?~…ㅎㅋㅠ^]*\Z"
)
_SETTINGS = re.compile(r"\s*/(?:설정|settings)\b")
# What may be done for somebody else.
_FOR_OTHERS = frozenset({Action.CANCEL, Action.DELETE, Action.SETTLE})
_OUT = frozenset({ChatMember.LEFT, ChatMember.BANNED})
_SERVICE_BOTS = frozenset({1_087_968_824, 136_817_688})  # speak for anonymous people in groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Us:
    """The bot that reads."""

    id: int
    username: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture that came along."""

    file_id: str
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What somebody did; everything is empty where nothing of it is for us."""

    event: Message | Press | None = None
    photo: Photo | None = None  # to be loaded for the event
    member: tuple[int, int] | None = None  # a group and who has to be looked up in it
    album_id: str = ""  # of pictures that came together; each is an update of its own
    card_album: tuple[int, ...] = ()  # messages with the pictures of the card that was pressed
    card: tuple[int, int] | None = None  # the card, by its chat and message
    callback_id: str = ""  # to be answered at once
    inline: tuple[str, str] | None = None  # a query and its text
    joined: Where | None = None  # a group that the bot was added to
    moved: tuple[int, int] | None = None  # a group's old number and its new one


def read(update: Update, us: Us) -> Reading:
    """Read one update."""
    if update.message is not None:
        return _message(update.message, update.update_id, us)
    if update.callback_query is not None:
        return _press(update.callback_query, update.update_id, us)
    if update.inline_query is not None:
        return Reading(inline=(update.inline_query.id, " ".join(update.inline_query.query.split())))
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    return Reading()  # edited messages, and kinds that are still to come


def _message(message: Sent, update_id: int, us: Us) -> Reading:
    if message.migrate_to_chat_id:
        return Reading(moved=(message.chat.id, message.migrate_to_chat_id))
    text = _GLUED.sub(r"\1 ", _addressed(message.text or message.caption or "", us))
    person = _person(message.from_user, message.sender_chat, message.chat)
    if person is None or message.is_automatic_forward or not _may_speak(message, text, us):
        return Reading()
    where = _where(message)
    answered = _answered(message)
    is_ours = (
        answered is not None and answered.from_user is not None and answered.from_user.id == us.id
    )
    photo = _photo(message)
    if not _is_meant(message, text, us, is_answer=is_ours):
        return Reading()
    if not text and photo is None:
        is_said = message.text or message.caption  # our name and nothing else
        if not is_said and message.effective_attachment is None:  # somebody came, or left
            return Reading()
        text = HELP
    about = _job_of(answered.reply_markup) if answered is not None and is_ours else ""
    event = Event(
        bot_id=us.id,
        update_id=update_id,
        message_id=message.message_id,
        person_id=int(person.id),
    )
    needs_member = where.is_group and not person.may_manage and _SETTINGS.match(text)
    return Reading(
        event=Message(
            event_id=str(event), person=person, place=where.place(), text=text, about=about
        ),
        photo=photo,
        album_id=message.media_group_id or "",
        member=(where.chat_id, int(person.id)) if needs_member else None,
    )


def _press(query: CallbackQuery, update_id: int, us: Us) -> Reading:
    pressed = callback_data.read(query.data or "")
    message = query.message
    person = _person(query.from_user, None, message.chat if message else None)
    if pressed is None or message is None or person is None:
        return Reading(callback_id=query.id)
    where = _where(message)
    value, album = pressed.value, tuple[int, ...]()
    if pressed.action is Action.DELETE:
        value, album = "", album_of(value)
    event = Event(
        bot_id=us.id,
        update_id=update_id,
        message_id=message.message_id,
        person_id=int(person.id),
    )
    needs_member = where.is_group and pressed.action in _FOR_OTHERS
    return Reading(
        event=Press(
            event_id=str(event),
            person=person,
            place=where.place(),
            action=pressed.action,
            job_id=pressed.job_id,
            value=value,
        ),
        callback_id=query.id,
        member=(where.chat_id, int(person.id)) if needs_member else None,
        card=(where.chat_id, message.message_id),
        card_album=album,
    )


def _membership(update: ChatMemberUpdated) -> Reading:
    """Read that the bot was added to a group; that it was removed shows when it sends."""
    is_new = update.old_chat_member.status in _OUT and update.new_chat_member.status not in _OUT
    is_group = update.chat.type in (Chat.GROUP, Chat.SUPERGROUP)
    return Reading(joined=Where(chat_id=update.chat.id) if is_new and is_group else None)


def _addressed(text: str, us: Us) -> str:
    """Drop our own name from a text: it was only to call us."""
    ours = rf"(?i:@{re.escape(us.username)}\b)"
    text = re.sub(rf"^(\s*/[^\s@/]+){ours}", r"\1", text)
    return re.sub(rf"\s*{ours}\s*", " ", text).strip() if re.search(ours, text) else text.strip()


def _is_meant(message: Sent, text: str, us: Us, *, is_answer: bool) -> bool:
    if message.chat.type == Chat.PRIVATE:
        command = _COMMAND.match(text)
        return command is None or command[2] is None  # of another bot
    if message.chat.type == Chat.CHANNEL:
        return False
    command = _COMMAND.match(text)
    if command is not None:
        was_called = _is_named(message, us)
        return command[2] is None and (was_called or _is_ours(text))
    return is_answer or _is_named(message, us) or bool(_ASKING.search(text))


def _is_named(message: Sent, us: Us) -> bool:
    """Whether our name stands in a message, as text or as a mention of somebody without one."""
    entities = message.entities or message.caption_entities
    said = message.text or message.caption or ""
    return bool(re.search(rf"(?i)@{re.escape(us.username)}\b", said)) or any(
        entity.user is not None and entity.user.id == us.id for entity in entities
    )


def _is_ours(text: str) -> bool:
    """Whether a command is one of ours, well or badly written."""
    try:
        parse(text)
    except UnknownCommand:
        return False
    except (OptionInvalid, TooLong):
        return True
    return True


def _may_speak(message: Sent, text: str, us: Us) -> bool:
    """Whether a message is a person's own; what we offered them in any chat is."""
    sender = message.from_user
    if sender is not None and sender.is_bot and sender.id not in _SERVICE_BOTS:
        return False
    if message.via_bot is not None and message.via_bot.id == us.id:
        return text.startswith(f"{INLINE_COMMAND} ")
    return True


def _person(user: User | None, speaker: Chat | None, chat: Chat | None) -> Person | None:
    """Say who it was: where a chat speaks, that chat; for its own group, one who manages it."""
    if speaker is not None:
        is_manager = chat is not None and speaker.id == chat.id
        return Person(
            platform=PLATFORM,
            id=str(speaker.id),
            may_moderate=is_manager,
            may_manage=is_manager,
        )
    return None if user is None else Person(platform=PLATFORM, id=str(user.id))


def _where(message: Sent | MaybeInaccessibleMessage) -> Where:
    thread_id = None
    if isinstance(message, Sent) and message.is_topic_message:
        thread_id = message.message_thread_id
    return Where(chat_id=message.chat.id, thread_id=thread_id)


def _answered(message: Sent) -> Sent | None:
    """Give the message that this one answers; in a topic everything answers its beginning."""
    answered = message.reply_to_message
    return None if answered is None or answered.forum_topic_created else answered


def _photo(message: Sent) -> Photo | None:
    """Find the picture of a message: the largest size of a photo, or a file that says it is one."""
    if message.photo:
        largest = message.photo[-1]
        return Photo(file_id=largest.file_id, size_bytes=largest.file_size)
    document = message.document
    if document is not None and (document.mime_type or "").startswith("image/"):
        return Photo(file_id=document.file_id, size_bytes=document.file_size)
    return None


def _job_of(markup: InlineKeyboardMarkup | None) -> str:
    """Find the job that a message of ours is about; empty where it carries none."""
    for row in markup.inline_keyboard if markup else ():
        for button in row:
            pressed = callback_data.read(str(button.callback_data or ""))
            if pressed is not None and pressed.job_id:
                return pressed.job_id
    return ""
