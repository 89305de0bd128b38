"""Similar sentences by KT, over a real socket: the signature, the limits, and every fault.

Does not show that the real service still runs, nor what it answers.
"""

import logging
import traceback
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from pipeline.errors import Failure, StageFailed
from pipeline.text.http import Http
from pipeline.text.options import KtOptions
from pipeline.text.paraphrase.kt import KtParaphraser, signature, timestamp
from tests.clock import ManualCalendar
from tests.servers.kt import KtServer, error, success
from tests.servers.serving import Answer, Fault, Scripted

TEXT = "노을 지는 바다 위의 고래"
NOW = datetime(2026, 3, 1, 15, 30, 5, 67_999, tzinfo=UTC)  # after midnight in Korea


@pytest.fixture
def clock() -> ManualCalendar:
    """The client's clock; the server's stands at NOW."""
    return ManualCalendar(NOW)


@pytest.fixture
async def server() -> AsyncIterator[KtServer]:
    """KT on this machine."""
    async with KtServer(now=lambda: NOW) as server:
        yield server


@pytest.fixture
async def kt(server: KtServer, clock: ManualCalendar) -> AsyncIterator[KtParaphraser]:
    """The provider under test."""
    http = Http()
    yield KtParaphraser(options(server), http, spend=lambda _: None, now=clock)
    await http.close()


def options(
    server: KtServer, *, client_secret: str = "demo-secret", request_s: float = 4.0
) -> KtOptions:
    """The options for a server."""
    return KtOptions(
        endpoint=server.endpoint,
        client_id="demo-id",
        client_secret=client_secret,
        client_key="demo-key",
        request_s=request_s,
    )


async def failure_of(kt: KtParaphraser, text: str = TEXT) -> StageFailed:
    """Ask in vain."""
    with pytest.raises(StageFailed) as caught:
        await kt.paraphrase(text, num_variants=8)
    return caught.value


def test_the_signature_is_the_documented_one() -> None:
    """The vector that was computed with KT's own sample comes out."""
    assert "23e5a7890854b8c62c695da9acc132e238a534ee70f14f7e1283216784a6555e" == signature(
        client_id="dummy-client", client_secret="dummy-secret", stamp="20240131123456789"
    )


def test_the_time_is_koreas_down_to_milliseconds() -> None:
    """Seventeen digits, with the zeros that milliseconds begin with; parts of them are cut off."""
    assert "20260302003005067" == timestamp(NOW)


async def test_sentences_are_distinct_and_unlike_the_text(
    kt: KtParaphraser, server: KtServer
) -> None:
    """Repetitions and the text itself are dropped, and no more are given than wanted."""
    server.script.append(
        success([TEXT, "석양의 고래", "석양의 고래", "노을과 고래", "바다의 고래"])
    )

    assert ("석양의 고래", "노을과 고래") == await kt.paraphrase(TEXT, num_variants=2)


async def test_the_body_is_the_documented_one(kt: KtParaphraser, server: KtServer) -> None:
    """One text, ten sentences, and nobody's name but the program's."""
    await kt.paraphrase(TEXT, num_variants=3)

    assert {
        "user_id": "geuryeojwo",
        "ret_sentences": 10,
        "diversity": "2",
        "domain": "3",
        "data": [TEXT],
    } == server.calls[0].body


async def test_every_request_is_signed_anew(
    kt: KtParaphraser, server: KtServer, clock: ManualCalendar
) -> None:
    """A signature that is a few minutes old would be refused."""
    for minutes in range(3):
        clock.now = NOW + timedelta(minutes=minutes)
        await kt.paraphrase(TEXT, num_variants=3)

    signatures = {call.headers["x-client-signature"] for call in server.calls}
    assert 3 == len(signatures)


async def test_a_clock_that_is_wrong_is_denied(
    kt: KtParaphraser, server: KtServer, clock: ManualCalendar
) -> None:
    """Nothing but setting the clock helps, so the operator must hear of it."""
    clock.now = NOW - timedelta(minutes=5, seconds=1)

    assert (Failure.DENIED, 1) == ((await failure_of(kt)).failure, len(server.calls))


@pytest.mark.parametrize("num_chars", [0, 257])
async def test_a_text_outside_the_limits_is_not_sent(
    kt: KtParaphraser, server: KtServer, num_chars: int
) -> None:
    """It is another provider's; this one has done nothing wrong."""
    assert Failure.UNFIT is (await failure_of(kt, "가" * num_chars)).failure
    assert [] == server.calls


async def test_the_longest_text_is_sent(kt: KtParaphraser, server: KtServer) -> None:
    """256 characters are within the limit."""
    server.script.append(success(["고래"]))

    assert ("고래",) == await kt.paraphrase("가" * 256, num_variants=3)


REPLIES: dict[str, tuple[Scripted, Failure]] = {
    "401": (error(401, "wrong"), Failure.DENIED),
    "403": (error(403, "wrong"), Failure.DENIED),
    "404": (error(404, "wrong"), Failure.DENIED),
    "400": (error(400, "wrong"), Failure.UNREADABLE),
    "429": (error(429, "wrong"), Failure.BUSY),
    "500": (error(500, "wrong"), Failure.BUSY),
    "an HTML 502": (Fault.HTML_502, Failure.BUSY),
    "truncated JSON": (Fault.TRUNCATED, Failure.UNREADABLE),
    "a reset": (Fault.RESET, Failure.UNREACHABLE),
    "a redirect": (Answer(status=302, headers={"Location": "/"}), Failure.UNREADABLE),
    "an error in a success": (error(200, "wrong"), Failure.UNREADABLE),
    "no list": (Answer(body={"code": 200, "result": "고래"}), Failure.UNREADABLE),
    "a flat list": (success("고래", "큰 고래"), Failure.UNREADABLE),
    "two lists": (success(["고래"], ["고래"]), Failure.UNREADABLE),
    "a number among them": (success(["고래", 1]), Failure.UNREADABLE),
    "an empty list": (success([]), Failure.UNREADABLE),
    "only the text": (success([TEXT]), Failure.UNREADABLE),
    "English": (success(["a whale"]), Failure.UNREADABLE),
}


@pytest.mark.parametrize(("reply", "failure"), REPLIES.values(), ids=list(REPLIES))
async def test_anything_but_sentences_fails_after_one_attempt(
    kt: KtParaphraser, server: KtServer, reply: Scripted, failure: Failure
) -> None:
    """The service is optional: nobody waits for a second attempt."""
    server.always = reply

    assert (failure, 1) == ((await failure_of(kt)).failure, len(server.calls))


async def test_a_pause_that_is_asked_for_is_told(kt: KtParaphraser, server: KtServer) -> None:
    """How long the service wants to be left alone is passed on."""
    server.script.append(Answer(status=429, headers={"Retry-After": "7"}))

    assert 7.0 == (await failure_of(kt)).retry_after_s


async def test_a_stall_ends_at_the_limit(server: KtServer) -> None:
    """Silence is a failure like any other."""
    server.script.append(Fault.STALL)
    http = Http()
    kt = KtParaphraser(options(server, request_s=0.1), http, spend=lambda _: None, now=lambda: NOW)

    failed = await failure_of(kt)
    await http.close()

    assert Failure.TIMED_OUT is failed.failure


async def test_the_characters_are_booked_before_they_are_sent(server: KtServer) -> None:
    """Where the day's characters are spent nothing is sent."""

    def refuse(num_chars: int) -> None:
        raise StageFailed(
            stage="paraphrase", provider="kt", failure=Failure.SPENT, detail=str(num_chars)
        )

    http = Http()
    failed = await failure_of(KtParaphraser(options(server), http, spend=refuse))
    await http.close()

    assert (Failure.SPENT, str(len(TEXT))) == (failed.failure, failed.detail)
    assert [] == server.calls


async def test_neither_key_nor_words_are_written_anywhere(
    server: KtServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in the error, not in its traceback, not in a log."""
    caplog.set_level(logging.DEBUG)
    http = Http()
    wrong = options(server, client_secret="a-secret-that-nobody-may-read")

    with capture_logs() as logs:
        failed = await failure_of(KtParaphraser(wrong, http, spend=lambda _: None))
    await http.close()

    written = "".join(traceback.format_exception(failed)) + caplog.text + str(logs) + repr(wrong)
    assert Failure.DENIED is failed.failure
    for secret in ("a-secret-that-nobody-may-read", "demo-id", "demo-key", "고래"):
        assert secret not in written
