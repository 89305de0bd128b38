"""The stand-in of a language model's server is as strict as the service."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiohttp import ClientSession

from pipeline.text.answer import Shape
from tests.servers.openai import OpenAiServer

SCHEMA = Shape(name="Worded", texts=("english",)).as_schema()
FORMAT = {"type": "json_schema", "json_schema": {"name": "Worded", "strict": True, "schema": SCHEMA}}  # fmt: skip
BODY: dict[str, Any] = {
    "model": "demo-model",
    "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": '"고래"'}],
    "response_format": FORMAT,
}
KEY = {"Authorization": "Bearer demo-key"}


def formatted(**changes: object) -> dict[str, Any]:
    """A body whose schema is changed."""
    schema = {**SCHEMA, **changes}
    return {**BODY, "response_format": {**FORMAT, "json_schema": {"name": "W", "strict": True, "schema": schema}}}  # fmt: skip


@pytest.fixture
async def server() -> AsyncIterator[OpenAiServer]:
    """The server under test."""
    async with OpenAiServer(translate=lambda _: "a whale") as server:
        yield server


async def status_of(
    server: OpenAiServer, body: object, headers: Mapping[str, str] = KEY, path: str = ""
) -> int:
    """Post a body."""
    url = server.base_url + (path or "/chat/completions")
    async with ClientSession() as client, client.post(url, json=body, headers=headers) as reply:
        return reply.status


async def test_a_right_call_is_answered(server: OpenAiServer) -> None:
    """The reply has what the documentation names."""
    url = f"{server.base_url}/chat/completions"
    async with ClientSession() as client, client.post(url, json=BODY, headers=KEY) as reply:
        body = await reply.json()

    assert ("chat.completion", "stop") == (body["object"], body["choices"][0]["finish_reason"])
    assert '{"english": "a whale", "variants": []}' == body["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "demo-key"}, {"Authorization": "Bearer x"}]
)
async def test_a_wrong_key_is_refused(server: OpenAiServer, headers: dict[str, str]) -> None:
    """The key comes before everything else."""
    assert 401 == await status_of(server, {}, headers)


async def test_a_wrong_address_or_model_is_not_found(server: OpenAiServer) -> None:
    """Both are 404, and so both are the operator's to mend."""
    assert 404 == await status_of(server, BODY, path="/completions")
    assert 404 == await status_of(server, {**BODY, "model": "another"})


WRONG: dict[str, object] = {
    "no object": [],
    "no message": {**BODY, "messages": []},
    "content that is no text": {**BODY, "messages": [{"role": "user", "content": None}]},
    "an unknown role": {**BODY, "messages": [{"role": "boss", "content": "고래"}]},
    "an unknown field": {**BODY, "max_tokens_please": 5},
    "too hot": {**BODY, "temperature": 3},
    "no tokens": {**BODY, "max_completion_tokens": 0},
    "a stream": {**BODY, "stream": True},
    "another format": {**BODY, "response_format": {"type": "json"}},
    "an optional property": formatted(required=[]),
    "other properties allowed": formatted(additionalProperties=True),
    "a limit": formatted(properties={"english": {"type": "string", "maxLength": 3}}),
}


@pytest.mark.parametrize("body", WRONG.values(), ids=list(WRONG))
async def test_a_wrong_body_is_refused(server: OpenAiServer, body: object) -> None:
    """What strict servers refuse is refused here, so that tests cannot pass with it."""
    assert 400 == await status_of(server, body)


async def test_a_server_without_schemas_refuses_them() -> None:
    """As some local servers do."""
    async with OpenAiServer(takes_schema=False) as server:
        assert 400 == await status_of(server, BODY)
