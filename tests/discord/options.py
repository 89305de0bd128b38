"""What a client lets people put into commands and modals, and how it sends that."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.discord import command_forms, component_forms
from tests.discord.forms import Upload
from tests.discord.things import Channel, Interaction, Role, StoredFile, User

Storing = Callable[[Upload], StoredFile]
FileLike = tuple[str, bytes]  # name and content


class NotPossible(Exception):
    """A client would not let a person do this."""


def name_of(thing: Mapping[str, Any], locale: str) -> str:
    """Give the name of a command, option or choice as somebody sees it."""
    name: str = (thing.get("name_localizations") or {}).get(locale) or thing["name"]
    return name


def find_by_name(things: Sequence[dict[str, Any]], name: str, locale: str) -> dict[str, Any] | None:
    """Find by the name that is seen, or else by the default name."""
    seen = [thing for thing in things if name_of(thing, locale) == name]
    return next(iter(seen or [thing for thing in things if thing["name"] == name]), None)


class CommandInput:
    """Fills in the options of one command."""

    def __init__(self, locale: str, store: Storing) -> None:
        self.locale, self._store = locale, store
        self.resolved: dict[str, dict[str, Any]] = {"users": {}, "channels": {}, "roles": {}}
        self.files: list[StoredFile] = []

    def fill(
        self,
        owner: Mapping[str, Any],
        path: Sequence[str],
        values: Mapping[str, Any],
        *,
        focused: str | None = None,
    ) -> list[dict[str, Any]]:
        """Give the options as they are sent. Raises NotPossible.

        path: subcommands below the owner. focused: the option that is still being typed; with it
        nothing is required.
        """
        options = list(owner.get("options") or ())
        if path:
            below = find_by_name(options, path[0], self.locale)
            if below is None:
                raise NotPossible(f"no subcommand {path[0]!r}")
            inside = self.fill(below, path[1:], values, focused=focused)
            return [{"name": below["name"], "type": below["type"], "options": inside}]
        return self._fill_values(options, values, focused)

    def _fill_values(
        self, options: list[dict[str, Any]], values: Mapping[str, Any], focused: str | None
    ) -> list[dict[str, Any]]:
        given = {}
        for name, value in values.items():
            option = find_by_name(options, name, self.locale)
            if option is None:
                raise NotPossible(f"no option {name!r}")
            given[option["name"]] = value
        missing = [
            option["name"]
            for option in options
            if option.get("required") and option["name"] not in given
        ]
        if missing and focused is None:
            raise NotPossible(f"{missing} must be filled in")
        return [
            self._sent(option, given[option["name"]], focused)
            for option in options
            if option["name"] in given
        ]

    def _sent(self, option: dict[str, Any], value: Any, focused: str | None) -> dict[str, Any]:
        told = {"name": option["name"], "type": option["type"]}
        if focused is not None and focused in (option["name"], name_of(option, self.locale)):
            return {**told, "value": str(value), "focused": True}
        return {**told, "value": self._checked(option, value)}

    def _checked(self, option: dict[str, Any], value: Any) -> Any:
        """Give the value as it is sent. Raises NotPossible."""
        if choices := option.get("choices"):
            choice = find_by_name(choices, str(value), self.locale)
            if choice is None:
                raise NotPossible(f"{value!r} is no choice of {option['name']}")
            return choice["value"]
        kind = option["type"]
        if kind == command_forms.STRING:
            return _text(option, value)
        if kind in (command_forms.INTEGER, command_forms.NUMBER):
            return _number(option, value)
        if kind == command_forms.BOOLEAN:
            return bool(value)
        if kind == command_forms.FILE:
            file = self._store(Upload(filename=value[0], data=value[1]))
            self.files.append(file)
            return str(file.id)
        return self._resolve(value)

    def _resolve(self, value: Any) -> str:
        """Name somebody, a channel or a role, and tell what it is."""
        told: dict[str, Any]
        if isinstance(value, User):
            told = {"username": value.name, "discriminator": "0", "avatar": None}
            kind = "users"
        elif isinstance(value, Channel):
            told = {"name": value.name, "type": int(value.type), "permissions": "0"}
            kind = "channels"
        elif isinstance(value, Role):
            told = {"name": value.name, "permissions": "0", "position": 0}
            kind = "roles"
        else:
            raise NotPossible(f"{value!r} is nothing to be chosen")
        self.resolved[kind][str(value.id)] = {"id": str(value.id), **told}
        return str(value.id)


def _text(option: Mapping[str, Any], value: Any) -> str:
    low, high = option.get("min_length") or 0, option.get("max_length") or 6000
    if not low <= len(str(value)) <= high:
        raise NotPossible(f"{option['name']} takes {low} to {high} characters")
    return str(value)


def _number(option: Mapping[str, Any], value: Any) -> int | float:
    whole = option["type"] == command_forms.INTEGER
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise NotPossible(f"{option['name']} takes a number")
    low, high = option.get("min_value"), option.get("max_value")
    if (low is not None and value < low) or (high is not None and value > high):
        raise NotPossible(f"{option['name']} takes {low} to {high}")
    number: int | float = value
    return number


class ModalInput:
    """Fills in a modal; what is not touched stays as it was prefilled."""

    def __init__(self, opened_by: Interaction, store: Storing) -> None:
        self._store, self._user = store, opened_by.user
        self.files: list[StoredFile] = []

    def fill(self, data: Mapping[str, Any], values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Give the components as they are sent. Raises NotPossible."""
        left, sent = dict(values), []
        for number, part in enumerate(data["components"], start=1):
            if part["type"] == component_forms.TEXT:
                sent.append({"type": part["type"], "id": 2 * number})
                continue
            inside = part["component"]
            value = left.pop(part["label"], left.pop(inside["custom_id"], None))
            told = {"type": inside["type"], "id": 2 * number + 1, "custom_id": inside["custom_id"]}
            told |= self._filled(part["label"], inside, value)
            sent.append({"type": part["type"], "id": 2 * number, "component": told})
        if left:
            raise NotPossible(f"the modal has no {sorted(left)}")
        return sent

    def _filled(self, label: str, part: Mapping[str, Any], value: Any) -> dict[str, Any]:
        kind, is_needed = part["type"], part.get("required", True)
        if kind == component_forms.INPUT:
            text = part.get("value") or "" if value is None else str(value)
            low, high = part.get("min_length") or 0, part.get("max_length") or 4000
            if (is_needed and not text) or (text and not low <= len(text) <= high):
                raise NotPossible(f"{label} takes {low} to {high} characters")
            return {"value": text}
        if kind == component_forms.CHECK:
            return {"value": bool(part.get("default") if value is None else value)}
        if kind == component_forms.UPLOAD:
            return {"values": self._uploaded(label, part, value or (), is_needed=is_needed)}
        chosen = _chosen_values(label, part, value)
        if is_needed and not chosen:
            raise NotPossible(f"{label} must be chosen")
        if kind == component_forms.RADIO:
            return {"value": chosen[0] if chosen else None}
        return {"values": chosen}

    def _uploaded(
        self, label: str, part: Mapping[str, Any], files: Sequence[FileLike], *, is_needed: bool
    ) -> list[str]:
        low = part.get("min_values", 1) if is_needed or files else 0
        if not low <= len(files) <= (part.get("max_values") or 1):
            raise NotPossible(f"{label} does not take {len(files)} files")
        stored = [self._store(Upload(filename=name, data=data)) for name, data in files]
        self.files += stored
        return [str(file.id) for file in stored]


def _chosen_values(label: str, part: Mapping[str, Any], value: Any) -> list[str]:
    options = part.get("options", ())
    if value is None:
        return [option["value"] for option in options if option.get("default")]
    return chosen(options, [value] if isinstance(value, str) else value, label)


def chosen(options: Sequence[Mapping[str, Any]], wanted: Sequence[str], label: str) -> list[str]:
    """Give the values of options by their labels or values. Raises NotPossible."""
    values = []
    for want in wanted:
        found = [one["value"] for one in options if want in (one["label"], one["value"])]
        if not found:
            raise NotPossible(f"{label} has no {want!r}")
        values.append(found[0])
    return values
