"""What the local Telegram finds wrong with a call."""

import json
from typing import Any

import pytest

from tests.telegram.bot import call
from tests.telegram.contract import METHODS, Contract
from tests.telegram.server import TelegramServer

_TEXT: dict[str, Any] = {"chat_id": 1, "text": "네"}
_PHOTO = {"type": "photo", "media": "attach://a"}


def problems(method: str, sent: dict[str, Any], *parts: str) -> list[str]:
    """Check one call."""
    return Contract(method, sent, frozenset(parts)).problems


@pytest.mark.parametrize(
    ("method", "sent", "parts"),
    [
        ("getMe", {}, ()),
        ("sendMessage", _TEXT, ()),
        ("sendMessage", {"chat_id": "-1", "text": "네", "protect_content": "true"}, ()),
        ("sendMessage", {**_TEXT, "reply_parameters": '{"message_id": 3}'}, ()),
        ("sendMessage", {**_TEXT, "reply_markup": {"force_reply": True}}, ()),
        ("sendPhoto", {"chat_id": 1}, ("photo",)),
        ("sendPhoto", {"chat_id": 1, "photo": "attach://a"}, ("a",)),
        ("editMessageMedia", {"chat_id": 1, "message_id": 2, "media": json.dumps(_PHOTO)}, ("a",)),
        ("sendMediaGroup", {"chat_id": 1, "media": [_PHOTO, {**_PHOTO, "media": "id"}]}, ("a",)),
    ],
)
def test_a_call_by_the_manual_has_no_problems(
    method: str, sent: dict[str, Any], parts: tuple[str, ...]
) -> None:
    """Numbers and objects may come as text, files as parts or by id."""
    assert problems(method, sent, *parts) == []


@pytest.mark.parametrize(
    ("method", "sent", "parts", "problem"),
    [
        ("sendMessage", {"chat_id": 1}, (), "lacks 'text'"),
        ("sendMessage", {**_TEXT, "reply_to_message_id": 3}, (), "no 'reply_to_message_id'"),
        ("sendMessage", {**_TEXT, "text": 5}, (), "text is no str"),
        ("sendMessage", {**_TEXT, "chat_id": 1.5}, (), "chat_id is no id"),
        ("sendMessage", {**_TEXT, "entities": {}}, (), "entities is no list"),
        ("sendMessage", {**_TEXT, "reply_parameters": "{"}, (), "is no JSON"),
        ("sendMessage", {**_TEXT, "reply_parameters": {}}, (), "lacks 'message_id'"),
        ("sendMessage", {**_TEXT, "reply_markup": {}}, (), "is no Markup"),
        (
            "sendMessage",
            {**_TEXT, "reply_markup": {"inline_keyboard": [[{"label": "네"}]]}},
            (),
            "inline_keyboard[0][0] lacks 'text'",
        ),
        ("sendPhoto", {"chat_id": 1, "photo": "attach://a"}, (), "a part that was not sent"),
        ("sendPhoto", {"chat_id": 1, "photo": "id"}, ("b",), "'b' is named nowhere"),
        ("sendMediaGroup", {"chat_id": 1, "media": [{"type": "song"}]}, (), "is no InputMedia"),
    ],
)
def test_what_the_manual_does_not_know_is_a_problem(
    method: str, sent: dict[str, Any], parts: tuple[str, ...], problem: str
) -> None:
    """Unknown, missing and wrong parameters, nested objects and parts are found."""
    assert any(problem in one for one in problems(method, sent, *parts))


async def test_a_problem_is_noted_with_the_call(server: TelegramServer) -> None:
    """The call is carried out all the same, as the real server does."""
    minji = server.person(has_started=True)

    status, _ = await call(server, "sendMessage", chat_id=minji.id, text="네", nonce="a")

    assert status == 200
    assert server.problems == ["sendMessage: sendMessage has no 'nonce'"]


async def test_what_cannot_be_read_is_refused(server: TelegramServer) -> None:
    """A wrong type or a missing parameter is noted once."""
    status, body = await call(server, "getUpdates", offset="soon")

    assert (status, body["description"]) == (400, "Bad Request: wrong parameter in request")
    assert server.problems == ["getUpdates: getUpdates.offset is no int"]


def test_every_method_of_the_contract_is_served(server: TelegramServer) -> None:
    """And no other."""
    served = {*server._methods(), "getUpdates"}

    assert set(METHODS.values()) == served
