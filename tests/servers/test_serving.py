"""The shared part of the local stand-ins does to a client what it says."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientConnectionError, ClientSession

from tests.servers.serving import Answer, Call, Fault, LocalServer


class Echo(LocalServer):
    """Answers with what it was sent; refuses what is no JSON."""

    def refusal(self, call: Call) -> Answer | None:
        """Want JSON."""
        return Answer(status=400) if call.body is None else None

    async def answer(self, call: Call) -> Answer:
        """Send it back."""
        return Answer(body={"said": call.body})


@pytest.fixture
async def server() -> AsyncIterator[Echo]:
    """The simplest of servers."""
    async with Echo() as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    """Any client."""
    async with ClientSession() as client:
        yield client


async def test_the_script_is_read_line_by_line(server: Echo, client: ClientSession) -> None:
    """Every line answers one call; after the last, answers are ordinary again."""
    server.script.extend([Answer(status=503), None, lambda call: Answer(body=[call.body])])

    replies = []
    for number in range(4):
        async with client.post(server.url, json=number) as reply:
            replies.append((reply.status, await reply.text()))

    assert [(503, ""), (200, '{"said": 1}'), (200, "[2]"), (200, '{"said": 3}')] == replies
    assert [0, 1, 2, 3] == [call.body for call in server.calls]


async def test_a_refused_call_uses_no_line_of_the_script(
    server: Echo, client: ClientSession
) -> None:
    """A wrong call cannot pass as a scripted success."""
    server.script.append(Answer(body="scripted"))

    async with client.post(server.url, data=b"no json") as reply:
        assert (400, 1) == (reply.status, len(server.script))


async def test_a_truncated_answer_is_no_json(server: Echo, client: ClientSession) -> None:
    """Half of an answer cannot be parsed."""
    server.always = Fault.TRUNCATED

    async with client.post(server.url, json="고래") as reply:
        raw = await reply.read()

    assert json.dumps({"said": "고래"}, ensure_ascii=False).encode().startswith(raw)
    with pytest.raises(ValueError, match=r"decode|Expecting|Unterminated"):
        json.loads(raw)


async def test_a_reset_breaks_the_connection(server: Echo, client: ClientSession) -> None:
    """The client sees a broken connection instead of an answer."""
    server.always = Fault.RESET

    with pytest.raises((ClientConnectionError, ConnectionResetError)):
        await client.post(server.url, json=1)


async def test_a_stalled_call_ends_with_its_client(server: Echo, client: ClientSession) -> None:
    """A call whose client gave up waits no longer, and the server stops at once."""
    server.script.append(Fault.STALL)

    stalled = asyncio.create_task(client.post(server.url, json=1))
    await server.wait_for_calls(1)
    stalled.cancel()
    await asyncio.gather(stalled, return_exceptions=True)
    async with client.post(server.url, json=2) as reply:
        assert 200 == reply.status


async def test_the_gate_holds_calls_together(server: Echo, client: ClientSession) -> None:
    """How many calls waited at once is counted, not guessed from the clock."""
    server.gate.clear()

    calls = [asyncio.create_task(client.post(server.url, json=number)) for number in range(3)]
    await server.wait_for_calls(3)
    server.gate.set()
    for reply in await asyncio.gather(*calls):
        reply.release()

    assert 3 == server.max_at_once
