"""What the Bot API says of accounts, chats and messages."""

from typing import Any

from tests.telegram.things import (
    CallbackQuery,
    Chat,
    ChatKind,
    InlineQuery,
    Message,
    Status,
    StoredFile,
    User,
)


def user(one: User) -> dict[str, Any]:
    """An account."""
    told: dict[str, Any] = {"id": one.id, "is_bot": one.is_bot, "first_name": one.name}
    if one.username:
        told["username"] = one.username
    return told if one.is_bot else {**told, "language_code": one.language}


def chat(one: Chat) -> dict[str, Any]:
    """A chat."""
    told: dict[str, Any] = {"id": one.id, "type": one.kind.value}
    if one.user is not None:
        told["first_name"] = one.user.name
        return told
    told["title"] = one.title
    return {**told, "is_forum": True} if one.is_forum else told


def full_chat(one: Chat) -> dict[str, Any]:
    """A chat, as it is told to whoever asks for it."""
    told = {
        **chat(one),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": False,
            "limited_gifts": False,
            "unique_gifts": False,
            "premium_subscription": False,
            "gifts_from_channels": False,
        },
    }
    if one.kind is not ChatKind.PRIVATE:
        told["permissions"] = {
            "can_send_messages": "text messages" not in one.forbidden,
            "can_send_photos": "photos" not in one.forbidden,
            "can_send_documents": "documents" not in one.forbidden,
        }
    return told


_RIGHTS = (
    "can_be_edited can_manage_chat can_delete_messages can_manage_video_chats can_restrict_members "
    "can_promote_members can_change_info can_invite_users can_post_stories can_edit_stories "
    "can_delete_stories"
).split()


def member(one: User, status: Status) -> dict[str, Any]:
    """What somebody is in a chat."""
    told: dict[str, Any] = {"status": status.value, "user": user(one)}
    if status.is_manager:
        told["is_anonymous"] = False
    if status is Status.ADMINISTRATOR:
        told |= dict.fromkeys(_RIGHTS, True)
    if status is Status.KICKED:
        told["until_date"] = 0
    return told


def photo_size(one: StoredFile) -> dict[str, Any]:
    """One size of a photo."""
    return {
        "file_id": one.id,
        "file_unique_id": one.unique_id,
        "width": one.width_px,
        "height": one.height_px,
        "file_size": len(one.data),
    }


def document(one: StoredFile) -> dict[str, Any]:
    """A file."""
    return {
        "file_id": one.id,
        "file_unique_id": one.unique_id,
        "file_name": one.name,
        "mime_type": one.media_type,
        "file_size": len(one.data),
    }


def message(one: Message, *, is_reply: bool = False) -> dict[str, Any]:
    """A message as it is now; what it replies to is told without its own reply."""
    told: dict[str, Any] = {
        "message_id": one.id,
        "from": user(one.author),
        "chat": chat(one.chat),
        "date": int(one.date_s),
        **one.service,
        **_content(one),
    }
    if len(one.versions) > 1:
        told["edit_date"] = int(one.versions[-1][0])
    if one.sender_chat is not None:
        told["sender_chat"] = chat(one.sender_chat)
    if one.thread_id is not None:
        told["message_thread_id"] = one.thread_id
        told["is_topic_message"] = True
    if one.album:
        told["media_group_id"] = one.album
    if one.via_bot is not None:
        told["via_bot"] = user(one.via_bot)
    if one.is_automatic_forward:
        told["is_automatic_forward"] = True
    if one.reply_to is not None and not is_reply and not one.reply_to.is_deleted:
        told["reply_to_message"] = message(one.reply_to, is_reply=True)
    return told


def _content(one: Message) -> dict[str, Any]:
    shown, told = one.last, dict[str, Any]()
    if shown.photo:
        told["photo"] = [photo_size(size) for size in shown.photo]
    if shown.document is not None:
        told["document"] = document(shown.document)
    if shown.is_spoiler:
        told["has_media_spoiler"] = True
    if shown.text:
        told["caption" if shown.is_media else "text"] = shown.text
        if shown.entities:
            key = "caption_entities" if shown.is_media else "entities"
            told[key] = [dict(entity) for entity in shown.entities]
    if shown.markup is not None:
        told["reply_markup"] = shown.markup
    return told


def callback_query(one: CallbackQuery) -> dict[str, Any]:
    """A press; a message that is gone is told without its content."""
    told: dict[str, Any] = {
        "id": one.id,
        "from": user(one.user),
        "chat_instance": "-42",
        "data": one.data,
    }
    if one.message is None:
        return {**told, "inline_message_id": one.inline_message_id}
    if one.message.is_deleted:
        gone = {"chat": chat(one.message.chat), "message_id": one.message.id, "date": 0}
        return {**told, "message": gone}
    return {**told, "message": message(one.message)}


def inline_query(one: InlineQuery) -> dict[str, Any]:
    """What somebody types behind the bot's name."""
    return {"id": one.id, "from": user(one.user), "query": one.query, "offset": ""}
