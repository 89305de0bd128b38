"""What goes wrong on the wire has a name, and nothing that is secret leaves by the back door."""

import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from pipeline.errors import Failure, StageFailed
from pipeline.text.http import Http, Reply
from tests.servers.serving import Answer, Call, Fault, LocalServer


class Echo(LocalServer):
    """Says what it was told."""

    def refusal(self, call: Call) -> Answer | None:
        """Take everything."""
        return None

    async def answer(self, call: Call) -> Answer:
        """Say it back."""
        return Answer(body={"heard": call.body})


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Echo]:
    """A running server."""
    async with Echo() as server:
        yield server


async def post(http: Http, url: str, *, limit_s: float = 5.0) -> Reply:
    """Send a sentence with a key."""
    return await http.post(
        url,
        headers={"X-Key": "s3cr3t"},
        body={"text": "고래"},
        limit_s=limit_s,
        stage="translate",
        provider="papago",
    )


async def failure_of(http: Http, url: str, *, limit_s: float = 5.0) -> Failure:
    """Send, and say how it failed; neither the key nor the text stands in the error."""
    with pytest.raises(StageFailed) as caught:
        await post(http, url, limit_s=limit_s)
    error: BaseException | None = caught.value
    assert "s3cr3t" not in str(error)
    assert "고래" not in str(error)
    return caught.value.failure


async def test_json_goes_and_comes_back(http: Http, server: Echo) -> None:
    """Body and headers arrive, the answer is parsed."""
    reply = await post(http, server.url)

    assert (200, {"heard": {"text": "고래"}}) == (reply.status, reply.body)
    assert "s3cr3t" == server.calls[0].headers["X-Key"]


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(Fault.HTML_502, 502, id="a gateway's page"),
        pytest.param(Fault.TRUNCATED, 200, id="half a body"),
        pytest.param(Answer(status=500, body=""), 500, id="nothing"),
    ],
)
async def test_what_is_no_json_has_no_body(
    http: Http, server: Echo, answer: Answer | Fault, status: int
) -> None:
    """The status is there for the provider to judge."""
    server.script.append(answer)
    reply = await post(http, server.url)

    assert (status, None) == (reply.status, reply.body)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("3", 3.0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0), ("soon", None), ("-1", None), ("", None)],
)
async def test_retry_after_is_read(
    http: Http, server: Echo, header: str, seconds: float | None
) -> None:
    """Seconds or a date; what is neither is nothing."""
    server.script.append(Answer(status=429, headers={"Retry-After": header}))

    assert seconds == (await post(http, server.url)).retry_after_s


async def test_no_answer_in_time_is_a_time_out(http: Http, server: Echo) -> None:
    """The limit holds for the whole request."""
    server.script.append(Fault.STALL)

    assert Failure.TIMED_OUT is await failure_of(http, server.url, limit_s=0.05)


async def test_a_broken_connection_is_unreachable(http: Http, server: Echo) -> None:
    """A reset in the middle is no answer."""
    server.script.append(Fault.RESET)

    assert Failure.UNREACHABLE is await failure_of(http, server.url)


async def test_nobody_there_is_unreachable(http: Http) -> None:
    """A refused connection is named as well."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    assert Failure.UNREACHABLE is await failure_of(http, f"http://127.0.0.1:{port}/")


async def test_an_address_that_is_none_is_the_operators_mistake(http: Http) -> None:
    """It is told apart from a server that is away."""
    assert Failure.DENIED is await failure_of(http, "http://")


async def test_a_key_with_a_line_break_is_the_operators_mistake(http: Http, server: Echo) -> None:
    """What was pasted badly is named as a key that does not work, without showing it."""
    with pytest.raises(StageFailed) as caught:
        await http.post(
            server.url,
            headers={"X-Key": "s3cr3t\n"},
            body={},
            limit_s=5.0,
            stage="translate",
            provider="papago",
        )

    assert Failure.DENIED is caught.value.failure
    assert None is caught.value.__cause__
    assert [] == server.calls


async def test_an_endless_answer_is_not_read(http: Http, server: Echo) -> None:
    """Two megabytes are no translation."""
    server.script.append(Answer(body="x" * 2_000_000))

    assert Failure.UNREADABLE is await failure_of(http, server.url)


async def test_a_key_does_not_follow_a_redirect(http: Http, server: Echo) -> None:
    """The status says so, and the other address is not asked."""
    server.script.append(Answer(status=302, headers={"Location": f"{server.url}/elsewhere"}))
    reply = await post(http, server.url)

    assert (302, 1) == (reply.status, len(server.calls))


async def test_nothing_is_logged(http: Http, server: Echo) -> None:
    """Not even at DEBUG."""
    with capture_logs() as logs:
        await post(http, server.url)

    assert [] == logs
    assert "고래" not in repr(await post(http, server.url))


async def test_close_may_be_called_twice(server: Echo) -> None:
    """And before anything was opened."""
    http = Http()
    await http.close()
    await post(http, server.url)

    await http.close()
    await http.close()
