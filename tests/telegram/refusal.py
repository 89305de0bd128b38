"""How Telegram says no: a status, a text, and sometimes what to do instead."""

from typing import Any

_PREFIXES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
}
OUR_MISTAKES = (
    "can't parse entities",
    "message is too long",
    "caption is too long",
    "text is empty",
    "is empty",
    "BUTTON_",
    "BOT_COMMAND",
    "REPLY_MARKUP",
    "REACTION_INVALID",
    "RESULT_",
    "invalid file_id",
    "wrong ",
    "can't parse",
)
OLD_QUERY = "query is too old and response timeout expired or query ID is invalid"


class Refused(Exception):
    """Telegram does not do what it was asked."""

    def __init__(self, status: int, text: str = "", **parameters: int) -> None:
        prefix = _PREFIXES[status]
        self.status = status
        self.description = f"{prefix}: {text}" if text else prefix
        self.parameters = parameters  # retry_after, migrate_to_chat_id
        super().__init__(f"{status} {self.description}")

    @property
    def body(self) -> dict[str, Any]:
        """What is answered."""
        return failure(self.status, self.description, **self.parameters)

    @property
    def is_our_mistake(self) -> bool:
        """Whether a bot that is written well never gets this."""
        return self.status == 400 and any(text in self.description for text in OUR_MISTAKES)


def bad(text: str, **parameters: int) -> Refused:
    """Refuse what makes no sense."""
    return Refused(400, text, **parameters)


def forbidden(text: str) -> Refused:
    """Refuse what the bot may not do."""
    return Refused(403, text)


def failure(status: int, description: str, **parameters: int) -> dict[str, Any]:
    """Build the answer to a call that failed."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return {**body, "parameters": parameters} if parameters else body
