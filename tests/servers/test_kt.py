"""The stand-in of KT is as strict as is known of the service."""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from aiohttp import ClientSession

from tests.clock import ManualCalendar
from tests.servers.kt import KtServer

STAMP = "20240131123456789"
NOW = datetime(2024, 1, 31, 12, 34, 56, tzinfo=timezone(timedelta(hours=9)))
HEADERS = {
    "x-client-key": "key",
    "x-auth-timestamp": STAMP,
    # Computed once by KT's own sample, not by the code under test.
    "x-client-signature": "23e5a7890854b8c62c695da9acc132e238a534ee70f14f7e1283216784a6555e",
    "charset": "utf-8",
}
BODY: dict[str, Any] = {
    "user_id": "anybody",
    "ret_sentences": 3,
    "diversity": "2",
    "domain": "3",
    "data": ["바다 위의 고래"],
}


@pytest.fixture
def clock() -> ManualCalendar:
    """The server's clock."""
    return ManualCalendar(NOW)


@pytest.fixture
async def server(clock: ManualCalendar) -> AsyncIterator[KtServer]:
    """The server under test."""
    async with KtServer(
        client_id="dummy-client", client_secret="dummy-secret", client_key="key", now=clock
    ) as server:
        yield server


async def reply_to(
    server: KtServer, body: object = BODY, headers: Mapping[str, str] = HEADERS
) -> tuple[int, Any]:
    """Post a body; give the status and the reply."""
    async with (
        ClientSession() as client,
        client.post(server.endpoint, json=body, headers=headers) as reply,
    ):
        return reply.status, await reply.json()


async def test_a_right_call_is_answered(server: KtServer) -> None:
    """One list of as many sentences as were asked for comes back."""
    status, body = await reply_to(server)

    assert (200, 1, 3) == (status, len(body["result"]), len(body["result"][0]))


@pytest.mark.parametrize("minutes", [-5, 5])
async def test_a_clock_may_differ_by_five_minutes(
    server: KtServer, clock: ManualCalendar, minutes: int
) -> None:
    """No more, in either direction."""
    clock.now = NOW + timedelta(minutes=minutes)
    assert 200 == (await reply_to(server))[0]

    clock.now += timedelta(seconds=minutes / 5)
    assert 401 == (await reply_to(server))[0]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-client-key": "another"},
        {"x-client-signature": "0" * 64},
        {"x-auth-timestamp": "20240131123456788"},  # not the one that was signed
        {"x-auth-timestamp": "20240131123456"},
        {"x-auth-timestamp": "2024013112345x789"},
        {"x-auth-timestamp": "20241331123456789"},
    ],
)
async def test_a_wrong_signature_is_refused(server: KtServer, headers: dict[str, str]) -> None:
    """Every part of it is checked."""
    sent = {**HEADERS, **headers} if headers else {"charset": "utf-8"}

    assert 401 == (await reply_to(server, headers=sent))[0]


WRONG = {
    "no text": {"data": []},
    "eleven texts": {"data": ["고래"] * 11},
    "an empty text": {"data": [""]},
    "a long text": {"data": ["가" * 257]},
    "a number among the texts": {"data": ["고래", 256]},
    "a text that is no list": {"data": "고래"},
    "numbers for words": {"diversity": 2},
    "no sentences": {"ret_sentences": 0},
    "another field": {"language": "ko"},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=list(WRONG))
async def test_a_wrong_body_is_refused(server: KtServer, changes: dict[str, object]) -> None:
    """The limits that are known hold."""
    assert 400 == (await reply_to(server, {**BODY, **changes}))[0]
