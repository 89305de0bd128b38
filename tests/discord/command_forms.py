"""Which application commands Discord takes."""

import re
import unicodedata
from typing import Any

from tests.discord.refusal import Form, Refused

CHAT, USER, MESSAGE = 1, 2, 3
SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, NUMBER, FILE = 1, 2, 3, 4, 5, 10, 11
_MAX_OF_TYPE = {CHAT: 100, USER: 15, MESSAGE: 15}
_MAX_SIZE, _MAX_WHOLE = 8000, 2**53 - 1
_LOCALES = frozenset(
    "id da de en-GB en-US es-ES es-419 fr hr it lt hu nl no pl pt-BR ro fi sv-SE vi tr cs el bg"
    " ru uk hi th zh-CN ja zh-TW ko".split()
)
_COMMAND_KEYS = (
    "id application_id guild_id version name name_localizations description"
    " description_localizations options default_member_permissions dm_permission"
    " default_permission type nsfw integration_types contexts handler"
)
_OPTION_KEYS = (
    "type name name_localizations description description_localizations required choices options"
    " channel_types min_value max_value min_length max_length autocomplete file_types"
)


def check_commands(commands: Any, form: Form) -> list[dict[str, Any]]:
    """Check a whole set, as a bulk overwrite sends it. Raises Refused."""
    if not isinstance(commands, list):
        raise Refused(50035, errors={"_errors": [{"code": "LIST_TYPE_CONVERT", "message": "list"}]})
    for index, command in enumerate(commands):
        with form.at(index):
            _check_command(form, command)
    names = [(command.get("type", CHAT), command.get("name")) for command in commands]
    for name in {name for name in names if names.count(name) > 1}:
        form.wrong(f"{name} is there twice.", "APPLICATION_COMMANDS_DUPLICATE_NAME")
    form.refuse()
    for kind, most in _MAX_OF_TYPE.items():
        if sum(one == kind for one, _ in names) > most:
            raise Refused(
                30032, message=f"Maximum number of application commands reached ({most})."
            )
    return commands


def _check_command(form: Form, command: dict[str, Any]) -> None:
    form.keys(command, _COMMAND_KEYS)
    kind = command.get("type", CHAT)
    if kind not in _MAX_OF_TYPE:
        form.wrong(f"Unknown command type {kind}.")
    if kind == CHAT:
        _check_names(form, command)
        form.text(command, "description", low=1, high=100, is_needed=True)
        _check_options(form, command)
    else:
        form.text(command, "name", low=1, high=32, is_needed=True)
        _check_localizations(form, command, "name", high=32)
        if command.get("description") or command.get("options"):
            form.wrong("Context menu commands have neither description nor options.")
    _check_localizations(form, command, "description", high=100)
    if _size(command) > _MAX_SIZE:
        form.wrong(f"The command exceeds {_MAX_SIZE} characters.", "APPLICATION_COMMAND_TOO_LARGE")
    permissions = command.get("default_member_permissions")
    if permissions is not None and not str(permissions).isdigit():
        with form.at("default_member_permissions"):
            form.wrong("Not a bit set.", "NUMBER_TYPE_COERCE")
    for key, allowed in (("integration_types", {0, 1}), ("contexts", {0, 1, 2})):
        if command.get(key) is None:
            form.remark(f"{key} is not set")
        elif not set(command[key]) <= allowed:
            with form.at(key):
                form.wrong(f"Only {sorted(allowed)}.")


def _check_names(form: Form, owner: dict[str, Any]) -> None:
    form.text(owner, "name", low=1, high=32, is_needed=True)
    _check_localizations(form, owner, "name", high=32)
    localized = (owner.get("name_localizations") or {}).values()
    for name in (owner.get("name"), *localized):
        if isinstance(name, str) and not is_command_name(name):
            with form.at("name"):
                form.wrong(f"{name!r} is no command name.", "APPLICATION_COMMAND_INVALID_NAME")
        elif isinstance(name, str) and unicodedata.normalize("NFC", name) != name:
            form.remark(f"name {name!r} is not in NFC")


def is_command_name(name: str) -> bool:
    """Whether a chat command or an option can be called so."""
    fits = all(char in "-_'" or unicodedata.category(char)[0] in "LN" for char in name)
    return bool(re.fullmatch(r".{1,32}", name)) and fits and name == name.lower()


def _check_localizations(form: Form, owner: dict[str, Any], key: str, *, high: int) -> None:
    name = f"{key}_localizations"
    texts = owner.get(name) or {}
    with form.at(name):
        for locale in texts:
            if locale not in _LOCALES:
                form.wrong(f"{locale!r} is no locale.", "DICT_TYPE_INVALID_KEY")
            form.text(texts, locale, low=1, high=high)


def _check_options(form: Form, owner: dict[str, Any], *, depth: int = 0) -> None:
    options = form.items(owner, "options", high=25)
    with form.at("options"):
        for index, option in enumerate(options):
            with form.at(index):
                _check_option(form, option, depth=depth)
        _check_order_and_names(form, options)


def _check_order_and_names(form: Form, options: list[dict[str, Any]]) -> None:
    needed = [bool(option.get("required")) for option in options]
    if sorted(needed, reverse=True) != needed:
        form.wrong(
            "Required options must be placed before non-required options",
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        )
    for locale in {None, *_LOCALES}:
        names = [_localized(option, locale) for option in options]
        if len(set(names)) < len(names):
            form.wrong(
                f"Option names are not unique ({locale}).",
                "APPLICATION_COMMAND_OPTIONS_NAME_INVALID",
            )
    kinds = {option.get("type") in (SUBCOMMAND, GROUP) for option in options}
    if len(kinds) > 1:
        form.wrong("Subcommands and other options do not mix.")


def _localized(option: dict[str, Any], locale: str | None) -> str:
    name: str = (option.get("name_localizations") or {}).get(locale) or option.get("name", "")
    return name


def _check_option(form: Form, option: dict[str, Any], *, depth: int) -> None:
    form.keys(option, _OPTION_KEYS)
    kind = option.get("type")
    _check_names(form, option)
    form.text(option, "description", low=1, high=100, is_needed=True)
    _check_localizations(form, option, "description", high=100)
    if kind in (SUBCOMMAND, GROUP):
        if depth > 1 or (kind == GROUP and depth):
            form.wrong("Too deep.")
        _check_options(form, option, depth=depth + 1)
    elif not isinstance(kind, int) or not STRING <= kind <= FILE:
        form.wrong(f"Unknown option type {kind}.")
    if option.get("autocomplete") and (
        option.get("choices") or kind not in (STRING, INTEGER, NUMBER)
    ):
        form.wrong("autocomplete does not go with choices, or with this type.")
    _check_choices(form, option)
    _check_range(form, option)


def _check_choices(form: Form, option: dict[str, Any]) -> None:
    choices = form.items(option, "choices", high=25)
    with form.at("choices"):
        for index, choice in enumerate(choices):
            with form.at(index):
                form.keys(choice, "name name_localizations value")
                form.text(choice, "name", low=1, high=100, is_needed=True)
                _check_localizations(form, choice, "name", high=100)
                if option.get("type") == STRING:
                    form.text(choice, "value", low=1, high=100, is_needed=True)
        names = [choice.get("name") for choice in choices]
        if len(set(names)) < len(names):
            form.wrong("Choice names are not unique.")


def _check_range(form: Form, option: dict[str, Any]) -> None:
    if option.get("type") == STRING:
        form.number(option, "min_length", low=0, high=6000)
        form.number(option, "max_length", low=1, high=6000)
    elif option.get("min_length") is not None or option.get("max_length") is not None:
        form.wrong("Only texts have lengths.")
    for key in ("min_value", "max_value"):
        is_whole = option.get("type") == INTEGER
        form.number(option, key, low=-_MAX_WHOLE, high=_MAX_WHOLE, is_whole=is_whole)


def _size(owner: dict[str, Any]) -> int:
    """Count names, descriptions and values; of each field its longest localisation."""
    total = 0
    for key in ("name", "description"):
        texts = [owner.get(key) or "", *(owner.get(f"{key}_localizations") or {}).values()]
        total += max(len(text) for text in texts)
    if isinstance(owner.get("value"), str):
        total += len(owner["value"])
    inside = [*(owner.get("options") or ()), *(owner.get("choices") or ())]
    return total + sum(_size(one) for one in inside)
