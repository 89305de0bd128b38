"""How Discord says no: a status, a code, a text, and for forms a tree of errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_TEXTS = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    30032: (400, "Maximum number of application commands reached"),
    30034: (400, "Max number of daily application command creates has been reached (200)"),
    40005: (413, "Request entity too large"),
    40060: (400, "Interaction has already been acknowledged."),
    40094: (400, "Maximum number of follow-up messages reached for this interaction"),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    160002: (403, "Cannot reply without permission to read message history"),
}
OUR_MISTAKES = frozenset({0, 40094, 50005, 50006, 50035, 50109})


class Refused(Exception):
    """Discord does not do what it was asked."""

    def __init__(
        self,
        code: int,
        *,
        errors: dict[str, Any] | None = None,
        status: int | None = None,
        message: str | None = None,
    ) -> None:
        usual_status, usual_message = _TEXTS.get(code, (400, "Something is wrong"))
        self.code, self.status = code, status or usual_status
        self.body: dict[str, Any] = {"message": message or usual_message, "code": code}
        if errors:
            self.body["errors"] = errors
        super().__init__(f"{self.status} {code}: {self.body}")


class Form:
    """What is wrong with a form, by the path of its fields."""

    def __init__(self) -> None:
        self.errors: dict[str, Any] = {}
        self.remarks: list[str] = []  # breaches of our own rules, which Discord lets pass
        self._path: list[str] = []

    @contextmanager
    def at(self, *keys: object) -> Iterator[None]:
        """Name the field that the errors inside belong to."""
        self._path += [str(key) for key in keys]
        try:
            yield
        finally:
            del self._path[len(self._path) - len(keys) :]

    def wrong(self, message: str, code: str = "BASE_TYPE_BAD") -> None:
        """Note an error of the field at hand."""
        place = self.errors
        for key in self._path:
            place = place.setdefault(key, {})
        place.setdefault("_errors", []).append({"code": code, "message": message})

    def remark(self, text: str) -> None:
        """Note what Discord lets pass and we do not."""
        self.remarks.append(" ".join([".".join(self._path), text]).strip())

    def refuse(self) -> None:
        """Raise Refused if anything was wrong."""
        if self.errors:
            raise Refused(50035, errors=self.errors)

    # Checks that many fields share. Each says whether the value is as it should be.

    def text(
        self, owner: dict[str, Any], key: str, *, low: int = 0, high: int, is_needed: bool = False
    ) -> bool:
        """Check a text and its length."""
        value = owner.get(key)
        with self.at(key):
            if value is None:
                if is_needed:
                    self.wrong("This field is required", "BASE_TYPE_REQUIRED")
                return not is_needed
            if not isinstance(value, str):
                self.wrong("Could not interpret as string.", "STRING_TYPE_CONVERT")
                return False
            if not low <= len(value) <= high:
                self.wrong(f"Must be between {low} and {high} in length.", "BASE_TYPE_BAD_LENGTH")
                return False
        return True

    def number(
        self, owner: dict[str, Any], key: str, *, low: float, high: float, is_whole: bool = True
    ) -> bool:
        """Check a number and its range, where there is one."""
        value = owner.get(key)
        if value is None:
            return True
        is_right_type = isinstance(value, int if is_whole else (int, float))
        with self.at(key):
            if isinstance(value, bool) or not is_right_type:
                self.wrong("Value is not a number.", "NUMBER_TYPE_COERCE")
                return False
            if not low <= value <= high:
                self.wrong(f"Value must be between {low} and {high}.", "NUMBER_TYPE_RANGE")
                return False
        return True

    def items(
        self, owner: dict[str, Any], key: str, *, low: int = 0, high: int
    ) -> list[dict[str, Any]]:
        """Check a list of objects and its length; gives those that are objects."""
        value = owner.get(key)
        if value is None:
            value = []
        with self.at(key):
            if not isinstance(value, list):
                self.wrong("Only iterables may be used in a ListType.", "LIST_TYPE_CONVERT")
                return []
            if not low <= len(value) <= high:
                self.wrong(f"Must be between {low} and {high} in length.", "BASE_TYPE_BAD_LENGTH")
            if not all(isinstance(item, dict) for item in value):
                self.wrong("Only dictionaries may be used in a ModelType", "MODEL_TYPE_CONVERT")
        return [item for item in value if isinstance(item, dict)]

    def keys(self, owner: dict[str, Any], allowed: str) -> None:
        """Remark on fields that nobody knows; Discord ignores them."""
        unknown = sorted(set(owner) - set(allowed.split()))
        if unknown:
            self.remark(f"unknown fields {unknown}")
