"""How a command is written for Discord: one call per command and per option.

Knows the numbers of Discord's types, and the options that several commands share.
"""

from typing import Any

Payload = dict[str, Any]

# Types of commands and of their options.
CHAT_INPUT, MESSAGE = 1, 3
SUB_COMMAND, STRING, INTEGER, BOOLEAN, CHANNEL, ROLE, NUMBER, ATTACHMENT = 1, 3, 4, 5, 7, 8, 10, 11
TEXT_CHANNEL, ANNOUNCEMENTS, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 5, 11, 12, 15
IN_GUILD, FOR_USER = 0, 1  # where the bot may be installed
GUILD, BOT_DM, OTHER_DM = 0, 1, 2  # where a command may be used
MANAGE_GUILD, NOBODY = 1 << 5, 0  # administrators may do everything anyway
_ENGLISH = "en-US"  # en-GB falls back to it

# Options of more than one command.
STYLE, RATIO, QUALITY = "화풍", "비율", "품질"
RATIOS = (
    ("정사각 1:1", "1:1"), ("가로 3:2", "3:2"), ("세로 2:3", "2:3"), ("화면 4:3", "4:3"), ("책장 3:4", "3:4"),
    ("넓게 16:9", "16:9"), ("길게 9:16", "9:16"), ("파노라마 21:9", "21:9"), ("족자 9:21", "9:21"),
)  # fmt: skip
QUALITIES = (("빠르게", "빠르게"), ("보통", "보통"), ("정밀", "정밀"))


def same(*words: str) -> tuple[tuple[str, str], ...]:
    """Offer choices that are sent as they are shown."""
    return tuple((word, word) for word in words)


def option(
    kind: int,
    name: str,
    description: str,
    english: str,
    *,
    choices: tuple[tuple[str, str], ...] = (),
    **rules: Any,
) -> Payload:
    """Write an option, or a subcommand; `rules` are Discord's own fields, such as `max_length`."""
    payload: Payload = {
        "type": kind,
        "name": name,
        "description": description,
        "description_localizations": {_ENGLISH: english},
        **rules,
    }
    if choices:
        payload["choices"] = [{"name": shown, "value": value} for shown, value in choices]
    return payload


def command(
    name: str,
    english_name: str,
    description: str,
    english: str,
    *options: Payload,
    permissions: int | None = None,
) -> Payload:
    """Write a command that begins with a slash; `permissions` are those that a server's members need."""
    is_everywhere = permissions is None
    payload: Payload = {
        "type": CHAT_INPUT,
        "name": name,
        "name_localizations": {_ENGLISH: english_name},
        "description": description,
        "description_localizations": {_ENGLISH: english},
        "options": list(options),
        "integration_types": [IN_GUILD, FOR_USER] if is_everywhere else [IN_GUILD],
        "contexts": [GUILD, BOT_DM, OTHER_DM] if is_everywhere else [GUILD],
    }
    if permissions is not None:
        payload["default_member_permissions"] = str(permissions)
    return payload


def message_command(name: str, english_name: str) -> Payload:
    """Write a command of the menu that every message has."""
    return {
        "type": MESSAGE,
        "name": name,
        "name_localizations": {_ENGLISH: english_name},
        "integration_types": [IN_GUILD, FOR_USER],
        "contexts": [GUILD, BOT_DM, OTHER_DM],
    }
