"""What Discord delivers, as the neutral values of the port.

Knows discord.py's objects and the commands' names. Loads nothing: a photo is only named here.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import discord

from bot.adapters.discord import app_commands, command_form, custom_id, forms
from bot.adapters.discord.setting_command import SETTINGS
from bot.adapters.port import Action, Message, Person, Place, Press

PLATFORM = "discord"
Interaction: TypeAlias = "discord.Interaction[discord.Client]"
_Options: TypeAlias = tuple[tuple[str, str], ...]

# The options of a command → what they are called in a text.
_NAMES = {
    command_form.STYLE: "화풍",
    command_form.RATIO: "크기",
    command_form.QUALITY: "품질",
    app_commands.COUNT: "장수",
    app_commands.EXCEPT: "제외",
    app_commands.STRENGTH: "강도",
    app_commands.SEED: "시드",
    app_commands.LORA: "로라",
}
# Follow the command's name.
_WORDS = (
    app_commands.TEXT, app_commands.SEARCH, app_commands.KEY, app_commands.CODE, app_commands.REASON,
    app_commands.DEED, app_commands.WHOM,
)  # fmt: skip
_PUBLIC_COMMANDS = frozenset({app_commands.DRAW, app_commands.RECALL, app_commands.DRAW_OVER})
_PUBLIC_ACTIONS = frozenset({Action.AGAIN, Action.VARY, Action.ENLARGE, Action.FETCH, Action.OVER})
_PICTURE_NAME = re.compile(r".+\.(png|jpe?g|webp|gif|bmp|avif|heic)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What somebody did; an event is None where nothing of it is for us."""

    event: Message | Press | None = None
    photo: discord.Attachment | None = None  # to be loaded for the event
    is_private: bool = False  # the answer is for whoever did it alone
    suggest: tuple[str, str] | None = (
        None  # an option that is being typed, and what is there so far
    )
    form_value: str = ""  # of the form that was filled in


def read_interaction(interaction: Interaction, *, event_id: str) -> Reading:
    """Read a command, a press, a form or an option that is being typed."""
    data = cast("Mapping[str, Any]", interaction.data or {})
    match interaction.type:
        case discord.InteractionType.application_command:
            return _Reader(interaction, event_id).command(data)
        case discord.InteractionType.component:
            return _Reader(interaction, event_id).press(data)
        case discord.InteractionType.modal_submit:
            return _Reader(interaction, event_id).form(data)
        case discord.InteractionType.autocomplete:
            return Reading(suggest=_typed(data), is_private=True)
        case _:
            return Reading()


def read_message(message: discord.Message, *, bot_id: int, event_id: str) -> Reading:
    """Read a message that is meant for the bot: it is mentioned, answered, or alone with the person."""
    answered = _answered(message)
    is_ours = answered is not None and answered.author.id == bot_id
    is_meant = is_ours or message.guild is None or any(one.id == bot_id for one in message.mentions)
    text = re.sub(rf"\s*<@!?{bot_id}>\s*", " ", message.content).strip()
    photo = _picture(message.attachments) or next(iter(message.attachments), None)
    if message.author.bot or not is_meant or not (text or photo):
        return Reading()
    about = _job_of(_ids_of(answered.components)) if answered is not None and is_ours else ""
    event = Message(
        event_id=event_id,
        person=_person(message.author, _permissions(message)),
        place=_place(message.channel, message.guild.id if message.guild else None),
        text=text,
        about=about,
    )
    return Reading(event=event, photo=photo)


class _Reader:
    """Reads one interaction."""

    def __init__(self, interaction: Interaction, event_id: str) -> None:
        self._interaction, self._event_id = interaction, event_id
        self._person = _person(interaction.user, interaction.permissions)
        self._place = _place(interaction.channel, interaction.guild_id)

    def command(self, data: Mapping[str, Any]) -> Reading:
        """Read a command that was typed or chosen from a message's menu."""
        name = data["name"]
        if data.get("type") == command_form.MESSAGE:
            return self._on_message(name, data)
        given = {one["name"]: one for one in data.get("options", ())}
        if name == SETTINGS:
            return Reading(event=self._message(f"/{name}", _setting(data)), is_private=True)
        words = " ".join(str(given[word]["value"]) for word in _WORDS if word in given)
        options = tuple(
            (_NAMES[key], _written(one["value"])) for key, one in given.items() if key in _NAMES
        )
        return Reading(
            event=self._message(f"/{name} {words}".strip(), options),
            photo=self._attached(data, given),
            is_private=name not in _PUBLIC_COMMANDS,
        )

    def press(self, data: Mapping[str, Any]) -> Reading:
        """Read a button, or what was chosen in a menu in its place."""
        carried = next(iter(data.get("values") or ()), data["custom_id"])
        pressed = custom_id.read(carried)
        if pressed is None:
            return Reading(is_private=True)
        return Reading(
            event=self._press(pressed.action, pressed.job_id, pressed.value),
            is_private=pressed.action not in _PUBLIC_ACTIONS,
        )

    def form(self, data: Mapping[str, Any]) -> Reading:
        """Read a form that was filled in."""
        opened = custom_id.read(data["custom_id"])
        if opened is None:
            return Reading(is_private=True)
        text, options = forms.fields_of(data)
        event = self._message(text, options, about=opened.job_id, form=opened.action)
        return Reading(event=event, form_value=opened.value)

    def _on_message(self, name: str, data: Mapping[str, Any]) -> Reading:
        target = data.get("resolved", {}).get("messages", {}).get(str(data.get("target_id")), {})
        photo = _picture(map(self._attachment, target.get("attachments", ())))
        is_private = name not in _PUBLIC_COMMANDS
        if name == app_commands.DRAW_OVER:
            channel_id = target.get("channel_id") or self._place.id
            event = self._press(Action.OVER, "", f"{channel_id}-{data.get('target_id')}")
            return Reading(event=event, photo=photo, is_private=is_private)
        about = _job_of(_raw_ids(target.get("components", ()))) if self._is_ours(target) else ""
        return Reading(
            event=self._message("/그림정보", about=about),
            photo=None if about else photo,
            is_private=is_private,
        )

    def _is_ours(self, target: Mapping[str, Any]) -> bool:
        return str(self._interaction.application_id) in (
            str(target.get("application_id")),
            str(target.get("author", {}).get("id")),
        )

    def _message(
        self, text: str, options: _Options = (), *, about: str = "", form: Action | None = None
    ) -> Message:
        return Message(
            event_id=self._event_id,
            person=self._person,
            place=self._place,
            text=text,
            options=options,
            about=about,
            form=form,
        )

    def _press(self, action: Action, job_id: str, value: str) -> Press:
        return Press(
            event_id=self._event_id,
            person=self._person,
            place=self._place,
            action=action,
            job_id=job_id,
            value=value,
        )

    def _attached(
        self, data: Mapping[str, Any], given: Mapping[str, Any]
    ) -> discord.Attachment | None:
        files = data.get("resolved", {}).get("attachments", {})
        ids = (one["value"] for one in given.values() if one["type"] == command_form.ATTACHMENT)
        return next((self._attachment(files[id_]) for id_ in ids if id_ in files), None)

    def _attachment(self, payload: Any) -> discord.Attachment:
        return discord.Attachment(data=payload, state=self._interaction._state)


def _person(user: discord.User | discord.Member, permissions: discord.Permissions) -> Person:
    # A member's own list of ids: `roles` leaves out what is not known of a server that we are not in.
    roles = user._roles if isinstance(user, discord.Member) else ()
    return Person(
        platform=PLATFORM,
        id=str(user.id),
        roles=tuple(f"{PLATFORM}:{role_id}" for role_id in roles),
        may_moderate=permissions.administrator or permissions.manage_messages,
        may_manage=permissions.administrator or permissions.manage_guild,
    )


def _place(channel: Any, guild_id: int | None) -> Place:
    is_known = isinstance(channel, discord.abc.GuildChannel | discord.Thread)
    return Place(
        platform=PLATFORM,
        id=str(channel.id) if channel is not None else "",
        home=str(guild_id or ""),
        parent=str(channel.parent_id) if isinstance(channel, discord.Thread) else "",
        is_age_restricted=is_known and bool(channel.is_nsfw()),
    )


def _permissions(message: discord.Message) -> discord.Permissions:
    """What an author may do in a channel; nothing where it is not known."""
    channel, author = message.channel, message.author
    if not isinstance(author, discord.Member):
        return discord.Permissions.none()
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return discord.Permissions.none()
    return channel.permissions_for(author)


def _answered(message: discord.Message) -> discord.Message | None:
    """Give the message that this one answers, where it is there."""
    if message.type is not discord.MessageType.reply or message.reference is None:
        return None
    resolved = message.reference.resolved
    return resolved if isinstance(resolved, discord.Message) else None


def _setting(data: Mapping[str, Any]) -> _Options:
    """Name the subcommand, and what was entered for it."""
    subcommand: Mapping[str, Any] = next(iter(data.get("options", ())), {"name": ""})
    entered = tuple((one["name"], _written(one["value"])) for one in subcommand.get("options", ()))
    return (("", subcommand["name"]), *entered)


def _written(value: object) -> str:
    """Write a value as people do: `0.4`, `true`."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{round(value, 3):g}" if isinstance(value, float) else str(value)


def _typed(data: Mapping[str, Any]) -> tuple[str, str] | None:
    """Find the option that is being typed, in a subcommand too."""
    for option in data.get("options", ()):
        if option.get("focused"):
            return _NAMES.get(option["name"], option["name"]), str(option.get("value", ""))
        if (found := _typed(option)) is not None:
            return found
    return None


def _picture(attachments: Iterable[discord.Attachment]) -> discord.Attachment | None:
    """Find the first file that says that it is a picture; whether it is one is judged later."""
    return next(
        (
            one
            for one in attachments
            if (one.content_type or "").startswith("image/")
            or _PICTURE_NAME.fullmatch(one.filename)
        ),
        None,
    )


def _job_of(custom_ids: Iterable[str]) -> str:
    """Find the job that a message of ours is about; empty where it carries none."""
    pressed = (custom_id.read(one) for one in custom_ids)
    return next((one.job_id for one in pressed if one is not None and one.job_id), "")


def _ids_of(components: Iterable[Any]) -> list[str]:
    """Collect the custom ids of discord.py's components."""
    return _raw_ids(component.to_dict() for component in components)


def _raw_ids(components: Iterable[Mapping[str, Any]]) -> list[str]:
    ids: list[str] = []
    for component in components:
        ids += [component["custom_id"]] if component.get("custom_id") else []
        ids += _raw_ids(component.get("components", ()))
    return ids
