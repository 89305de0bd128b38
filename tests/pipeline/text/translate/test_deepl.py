"""DeepL's contract, and every way in which it or the network can fail, over a real socket."""

import traceback
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from pipeline.errors import Failure, StageFailed
from pipeline.text.allowance import Allowances
from pipeline.text.http import Http
from pipeline.text.options import DeepLOptions
from pipeline.text.translate.deepl import MAX_TEXTS, DeepLTranslator
from tests.servers.deepl import DeepLServer, echo, error, success
from tests.servers.serving import Answer, Fault, Scripted

pytestmark = pytest.mark.usefixtures("no_pauses")

KEY = "c0ffee-7f3a91:fx"
TEXT = "노을 지는 바다 위의 고래"
ENGLISH = {TEXT: "A whale above the sea at sunset", "고래": "a whale", "큰 고래": "a big whale"}


@pytest.fixture
async def server() -> AsyncIterator[DeepLServer]:
    """DeepL on this machine."""
    async with DeepLServer(auth_key=KEY, translate=ENGLISH.__getitem__) as server:
        yield server


@pytest.fixture
def options(server: DeepLServer) -> DeepLOptions:
    """The right key."""
    return DeepLOptions(endpoint=server.endpoint, auth_key=KEY, request_s=2.0)


@pytest.fixture
def deepl(options: DeepLOptions, http: Http, allowances: Allowances) -> DeepLTranslator:
    """The adapter."""
    return made(options, http, allowances)


def made(options: DeepLOptions, http: Http, allowances: Allowances) -> DeepLTranslator:
    """Make an adapter of other options."""
    return DeepLTranslator(options, http, spend=allowances.spender("deepl"))


async def failure_of(deepl: DeepLTranslator, *texts: str) -> StageFailed:
    """Translate what cannot be translated."""
    with pytest.raises(StageFailed) as caught:
        await deepl.translate(texts or (TEXT,))
    return caught.value


async def test_one_call_translates_all_texts(server: DeepLServer, deepl: DeepLTranslator) -> None:
    """Several texts are one call, in their order; empty ones are not sent and keep their places."""
    translations = await deepl.translate([TEXT, "", "고래", "큰 고래", ""])

    assert [ENGLISH[TEXT], "", "a whale", "a big whale", ""] == [t.english for t in translations]
    (call,) = server.calls
    assert {
        "text": [TEXT, "고래", "큰 고래"],
        "source_lang": "KO",
        "target_lang": "EN-US",
    } == call.body
    assert f"DeepL-Auth-Key {KEY}" == call.headers["authorization"]


async def test_empty_texts_make_no_call(server: DeepLServer, deepl: DeepLTranslator) -> None:
    """Nothing to translate costs nothing."""
    translations = await deepl.translate(["", ""])

    assert (["", ""], []) == ([one.english for one in translations], server.calls)


async def test_no_call_is_larger_than_allowed(server: DeepLServer, deepl: DeepLTranslator) -> None:
    """Texts beyond the fiftieth are left out instead of spoiling the call."""
    translations = await deepl.translate(["고래"] * (MAX_TEXTS + 2))

    assert ["a whale"] * MAX_TEXTS + ["", ""] == [one.english for one in translations]


ROWS = {  # by status: an answer, what it means, how many calls are made
    "400": (error(400, "Bad request."), Failure.UNREADABLE, 1),
    "401": (error(401), Failure.DENIED, 1),
    "403": (error(403, "Authorization failed"), Failure.DENIED, 1),
    "404": (error(404), Failure.DENIED, 1),
    "413": (error(413), Failure.UNFIT, 1),
    "414": (error(414), Failure.UNFIT, 1),
    "429": (error(429), Failure.BUSY, 2),
    "456": (error(456, "Quota exceeded"), Failure.QUOTA, 1),
    "500": (error(500), Failure.BUSY, 2),
    "503": (error(503), Failure.BUSY, 2),
    "504": (error(504), Failure.BUSY, 2),
    "529": (error(529), Failure.BUSY, 2),
    "418": (error(418), Failure.UNREADABLE, 1),
}


@pytest.mark.parametrize(("answer", "failure", "num_calls"), ROWS.values(), ids=list(ROWS))
async def test_every_documented_error(
    request: pytest.FixtureRequest,
    server: DeepLServer,
    deepl: DeepLTranslator,
    answer: Answer,
    failure: Failure,
    num_calls: int,
) -> None:
    """A status has one meaning and is retried only where that helps."""
    server.always = answer

    failed = await failure_of(deepl)

    assert (failure, num_calls) == (failed.failure, len(server.calls))
    assert request.node.callspec.id == failed.detail


async def test_a_wrong_key_is_denied(
    server: DeepLServer, options: DeepLOptions, http: Http, allowances: Allowances
) -> None:
    """A wrong key is asked for once."""
    failed = await failure_of(made(replace(options, auth_key="wrong"), http, allowances))

    assert (Failure.DENIED, 1) == (failed.failure, len(server.calls))


FAULTS = {
    "truncated": (Fault.TRUNCATED, Failure.UNREADABLE, 1),
    "a gateway's page": (Fault.HTML_502, Failure.BUSY, 2),
    "reset": (Fault.RESET, Failure.UNREACHABLE, 2),
    "empty": (success(""), Failure.UNREADABLE, 1),
    "echo": (echo, Failure.UNREADABLE, 1),
    "too few": (success(), Failure.UNREADABLE, 1),
    "too many": (success("a whale", "a whale"), Failure.UNREADABLE, 1),
    "no texts": (Answer(body={"translations": [{"text": 1}]}), Failure.UNREADABLE, 1),
    "another shape": (Answer(body={"translations": "a whale"}), Failure.UNREADABLE, 1),
    "a list": (Answer(body=["a whale"]), Failure.UNREADABLE, 1),
}


@pytest.mark.parametrize(("answer", "failure", "num_calls"), FAULTS.values(), ids=list(FAULTS))
async def test_every_fault(
    server: DeepLServer,
    deepl: DeepLTranslator,
    answer: Scripted,
    failure: Failure,
    num_calls: int,
) -> None:
    """Whatever comes instead of a translation is a named failure."""
    server.always = answer

    failed = await failure_of(deepl)

    assert (failure, num_calls) == (failed.failure, len(server.calls))


async def test_a_stall_ends_at_the_limit(
    server: DeepLServer, options: DeepLOptions, http: Http, allowances: Allowances
) -> None:
    """A request takes no longer than it may, and a stalled one is not repeated."""
    server.always = Fault.STALL

    failed = await failure_of(made(replace(options, request_s=0.1), http, allowances))

    assert (Failure.TIMED_OUT, 1) == (failed.failure, len(server.calls))


async def test_a_second_try_can_succeed(server: DeepLServer, deepl: DeepLTranslator) -> None:
    """Too many requests is asked once more, and paid once more."""
    server.script.append(error(429))

    (translation,) = await deepl.translate(["고래"])

    assert ("a whale", 2) == (translation.english, len(server.calls))


async def test_a_similar_sentence_may_become_nonsense(
    server: DeepLServer, deepl: DeepLTranslator
) -> None:
    """Only the person's own sentence must be good."""
    server.script.append(success("a whale", "큰 고래"))

    translations = await deepl.translate(["고래", "큰 고래"])

    assert ["a whale", ""] == [one.english for one in translations]


async def test_nothing_is_sent_beyond_the_daily_limit(
    server: DeepLServer, options: DeepLOptions, http: Http
) -> None:
    """All texts of a call count together."""
    allowances = Allowances(daily_chars=5)

    failed = await failure_of(made(options, http, allowances), "고래", "큰 고래")

    assert (Failure.SPENT, 0, 0) == (failed.failure, len(server.calls), allowances.spent("deepl"))


async def test_every_call_is_counted(
    deepl: DeepLTranslator, server: DeepLServer, allowances: Allowances
) -> None:
    """The characters of a retry are spent again."""
    server.script.append(error(503))

    await deepl.translate(["고래", "큰 고래"])

    assert 2 * len("고래큰 고래") == allowances.spent("deepl")


@pytest.mark.parametrize("answer", [error(403), echo, *Fault], ids=["denied", "echo", *Fault])
async def test_neither_keys_nor_texts_get_out(
    server: DeepLServer,
    options: DeepLOptions,
    http: Http,
    allowances: Allowances,
    answer: Scripted,
) -> None:
    """No log, no exception and no repr holds a key or what a person wrote."""
    server.always = answer
    wanted = replace(options, request_s=0.1)

    with capture_logs() as logs:
        failed = await failure_of(made(wanted, http, allowances))

    written = repr((logs, wanted, failed, failed.detail, traceback.format_exception(failed)))
    assert KEY not in written
    assert TEXT not in written
