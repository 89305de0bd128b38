"""Papago's contract, and every way in which it or the network can fail, over a real socket."""

import asyncio
import logging
import threading
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from multidict import CIMultiDict
from structlog.testing import capture_logs

from pipeline.errors import Failure, StageFailed
from pipeline.text.allowance import Allowances
from pipeline.text.http import Http
from pipeline.text.options import PapagoOptions
from pipeline.text.translate.glossary import Glossary
from pipeline.text.translate.papago import PapagoTranslator
from tests.servers.korean_english import translated
from tests.servers.papago import (
    PATH,
    PapagoServer,
    echo,
    gateway_error,
    success,
    translator_error,
)
from tests.servers.serving import Answer, Call, Fault, Scripted

pytestmark = pytest.mark.usefixtures("no_pauses")

LIMIT_S = 10.0
CLIENT_ID, CLIENT_SECRET = "id-7f3a91", "secret-c0ffee"
TEXT = "노을 지는 바다 위의 고래"
ENGLISH = {TEXT: "A whale above the sea at sunset", "고래": "a whale", "큰 고래": "a big whale"}


@pytest.fixture
async def server() -> AsyncIterator[PapagoServer]:
    """Papago on this machine."""
    async with PapagoServer(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        glossary_keys=frozenset({"glossary-1"}),
        translate=lambda text: ENGLISH.get(text, f"picture of {len(text)} characters"),
    ) as server:
        yield server


@pytest.fixture
def options(server: PapagoServer) -> PapagoOptions:
    """The right keys and a short limit for each request."""
    return PapagoOptions(
        endpoint=server.endpoint, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, request_s=2.0
    )


@pytest.fixture
def papago(options: PapagoOptions, http: Http, allowances: Allowances) -> PapagoTranslator:
    """The adapter."""
    return made(options, http, allowances)


def made(options: PapagoOptions, http: Http, allowances: Allowances) -> PapagoTranslator:
    """Make an adapter of other options."""
    return PapagoTranslator(options, http, spend=allowances.spender("papago"))


async def failure_of(papago: PapagoTranslator, *texts: str) -> StageFailed:
    """Translate what cannot be translated."""
    with pytest.raises(StageFailed) as caught:
        await papago.translate(texts or (TEXT,))
    assert "papago" == caught.value.provider
    return caught.value


# What is sent and read


async def test_a_request_is_what_the_contract_wants(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """One JSON call with both headers, three fields and nothing else."""
    (translation,) = await papago.translate([TEXT])

    assert "A whale above the sea at sunset" == translation.english
    (call,) = server.calls
    assert ("POST", "/nmt/v1/translation") == (call.method, call.path)
    assert {"source": "ko", "target": "en", "text": TEXT} == call.body
    assert (CLIENT_ID, CLIENT_SECRET) == (
        call.headers["X-NCP-APIGW-API-KEY-ID"],
        call.headers["X-NCP-APIGW-API-KEY"],
    )


async def test_the_glossary_goes_along(
    options: PapagoOptions, http: Http, allowances: Allowances, server: PapagoServer
) -> None:
    """A glossary that is set is named in every request."""
    papago = made(replace(options, glossary_key="glossary-1"), http, allowances)

    await papago.translate([TEXT, "고래"])

    assert ["glossary-1"] * 2 == [call.body["glossaryKey"] for call in server.calls]


async def test_unknown_fields_of_a_success_are_ignored(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """Only the translation counts: neither the kind of engine nor its decoration."""
    server.script.append(Answer(body={"message": {"result": {"translatedText": "a whale"}}}))

    (translation,) = await papago.translate(["고래"])

    assert "a whale" == translation.english


async def test_empty_texts_make_no_call(server: PapagoServer, papago: PapagoTranslator) -> None:
    """Nothing to translate costs nothing, and keeps its place."""
    translations = await papago.translate(["", "고래", ""])

    assert ["", "a whale", ""] == [one.english for one in translations]
    assert 1 == len(server.calls)
    assert () == await papago.translate([])


# Every row of the table of errors, in every shape


ROWS = {  # by status and code: an answer, what it means, how many calls are made
    "400/100": (gateway_error(400, 100), Failure.UNREADABLE, 1),
    "401/200": (gateway_error(401, 200), Failure.DENIED, 1),
    "401/210": (gateway_error(401, 210), Failure.DENIED, 1),
    "404/300": (gateway_error(404, 300), Failure.DENIED, 1),
    "413/430": (gateway_error(413, 430), Failure.UNFIT, 1),
    "429/400": (gateway_error(429, 400), Failure.QUOTA, 1),
    "429/410": (gateway_error(429, 410), Failure.BUSY, 2),
    "429/420": (gateway_error(429, 420), Failure.BUSY, 2),
    "500/900": (gateway_error(500, 900), Failure.BUSY, 2),
    "503/500": (gateway_error(503, 500), Failure.BUSY, 2),
    "504/510": (gateway_error(504, 510), Failure.BUSY, 2),
    "400/N2MT01": (translator_error("N2MT01"), Failure.UNREADABLE, 1),
    "400/N2MT02": (translator_error("N2MT02"), Failure.UNREADABLE, 1),
    "400/N2MT03": (translator_error("N2MT03"), Failure.UNREADABLE, 1),
    "400/N2MT04": (translator_error("N2MT04"), Failure.UNREADABLE, 1),
    "400/N2MT05": (translator_error("N2MT05"), Failure.UNREADABLE, 1),  # the text is Korean
    "400/N2MT06": (translator_error("N2MT06"), Failure.UNREADABLE, 1),
    "400/N2MT07": (translator_error("N2MT07"), Failure.UNREADABLE, 1),
    "400/N2MT08": (translator_error("N2MT08"), Failure.UNFIT, 2),
    "400/N2MT09": (translator_error("N2MT09"), Failure.UNFIT, 2),
    "400/N2MT10": (translator_error("N2MT10"), Failure.UNREADABLE, 1),  # no glossary was sent
    "500/N2MT99": (translator_error("N2MT99", status=500), Failure.BUSY, 2),
}


@pytest.mark.parametrize(("answer", "failure", "num_calls"), ROWS.values(), ids=list(ROWS))
async def test_every_documented_error(
    request: pytest.FixtureRequest,
    server: PapagoServer,
    papago: PapagoTranslator,
    answer: Answer,
    failure: Failure,
    num_calls: int,
) -> None:
    """A code has one meaning, is retried only where that helps, and stands in the operator's log."""
    server.always = answer

    failed = await failure_of(papago)

    assert (failure, num_calls) == (failed.failure, len(server.calls))
    assert request.node.callspec.id == failed.detail.partition(":")[0]


SHAPES = {
    "a number": (gateway_error(429, 410, is_integer=True), Failure.BUSY),
    "a quota as a number": (gateway_error(429, 400, is_integer=True), Failure.QUOTA),
    "a translator's code in the gateway's shape": (
        translator_error("N2MT99", status=500, is_nested=True),
        Failure.BUSY,
    ),
    "details": (
        Answer(status=401, body={"error": {"errorCode": "200", "message": "", "details": "x"}}),
        Failure.DENIED,
    ),
    "an error that came as a success": (
        Answer(body={"errorCode": "N2MT99", "errorMessage": ""}),
        Failure.BUSY,
    ),
    "a success that came as an error": (replace(success("a whale"), status=503), Failure.BUSY),
    "429 without a code": (Answer(status=429), Failure.BUSY),
    "an unknown code": (Answer(status=429, body={"errorCode": "777"}), Failure.BUSY),
    "an unknown refusal": (Answer(status=400, body={"errorCode": "N2MT77"}), Failure.UNREADABLE),
    "a strange code": (
        Answer(status=403, body={"errorCode": TEXT, "errorMessage": ""}),
        Failure.DENIED,
    ),
    "an unknown status": (Answer(status=418, body=[]), Failure.UNREADABLE),
    "a redirection": (
        Answer(status=302, headers={"Location": "http://127.0.0.1:9/"}),
        Failure.UNREADABLE,
    ),
    "501 in plain text": (Answer(status=501, body="no", content_type="text/plain"), Failure.BUSY),
}


@pytest.mark.parametrize(("answer", "failure"), SHAPES.values(), ids=list(SHAPES))
async def test_every_shape_of_an_error(
    server: PapagoServer, papago: PapagoTranslator, answer: Answer, failure: Failure
) -> None:
    """Both shapes, numbers and strings are read; without a code the status decides."""
    server.always = answer

    failed = await failure_of(papago)

    assert failure is failed.failure
    assert TEXT not in failed.detail


async def test_the_operator_reads_both_causes_of_a_quota(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """429/400 is a spent quota or an API that was never switched on."""
    server.always = gateway_error(429, 400)

    failed = await failure_of(papago)

    assert "used up" in failed.detail
    assert "console" in failed.detail


async def test_wrong_keys_are_denied_at_once(
    server: PapagoServer, options: PapagoOptions, http: Http, allowances: Allowances
) -> None:
    """A wrong key is asked for once."""
    papago = made(replace(options, client_secret="wrong"), http, allowances)

    failed = await failure_of(papago)

    assert (Failure.DENIED, 1) == (failed.failure, len(server.calls))


async def test_our_own_mistakes_are_logged_as_errors(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """A request that Papago finds malformed is a bug of ours, not its bad day."""
    server.always = translator_error("N2MT02")

    with capture_logs() as logs:
        await failure_of(papago)

    assert [("error", "N2MT02")] == [(line["log_level"], line["code"]) for line in logs]


# What helps


@pytest.mark.parametrize(
    "first",
    [
        gateway_error(429, 410),
        gateway_error(429, 420),
        gateway_error(500, 900),
        translator_error("N2MT99", status=500),
        Fault.HTML_502,
        Fault.RESET,
    ],
    ids=["410", "420", "900", "N2MT99", "502", "reset"],
)
async def test_a_second_try_can_succeed(
    server: PapagoServer, papago: PapagoTranslator, first: Scripted
) -> None:
    """What passes by itself is tried once more."""
    server.script.append(first)

    (translation,) = await papago.translate(["고래"])

    assert ("a whale", 2) == (translation.english, len(server.calls))


async def test_an_unknown_glossary_is_left_out_from_then_on(
    server: PapagoServer, options: PapagoOptions, http: Http, allowances: Allowances
) -> None:
    """N2MT10 costs one more call, once; the operator hears of it once."""
    papago = made(replace(options, glossary_key="gone"), http, allowances)

    with capture_logs() as logs:
        first = await papago.translate(["고래"])
        second = await papago.translate(["고래"])

    assert ["a whale"] * 2 == [one.english for one in (*first, *second)]
    assert ["gone", None, None] == [call.body.get("glossaryKey") for call in server.calls]
    assert ["papago.glossary_key"] == [line["setting"] for line in logs]


async def test_english_stays_as_it_is(server: PapagoServer, papago: PapagoTranslator) -> None:
    """N2MT05 says that there is nothing to translate."""
    server.script.append(translator_error("N2MT05"))

    (translation,) = await papago.translate(["cyberpunk city"])

    assert ("cyberpunk city", 1) == (translation.english, len(server.calls))


async def test_a_text_that_is_too_long_is_cut_once(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """N2MT08 is answered with as much as Papago takes."""
    (translation,) = await papago.translate(["고" * 5_001])

    assert "picture of 5000 characters" == translation.english
    assert [5_001, 5_000] == [len(call.body["text"]) for call in server.calls]


async def test_an_undetected_language_is_named(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """N2MT09 is answered with the source language, once."""
    server.script.append(translator_error("N2MT09"))

    (translation,) = await papago.translate(["고래"])

    assert ("a whale", "ko") == (translation.english, server.calls[1].body["source"])


# Faults


NONSENSE = {
    "truncated": Fault.TRUNCATED,
    "empty": success(""),
    "blank": success(" \n"),
    "echo": echo,
    "not a string": Answer(body={"message": {"result": {"translatedText": ["a whale"]}}}),
    "no result": Answer(body={"message": {"result": None}}),
    "a stammer": success("whale whale whale whale"),
    "too long": success("a tale of whales " * 20),
    "a list": Answer(body=[1]),
    "null": Answer(body=None),
}


@pytest.mark.parametrize("answer", NONSENSE.values(), ids=list(NONSENSE))
async def test_nonsense_is_no_translation(
    server: PapagoServer, papago: PapagoTranslator, answer: Scripted
) -> None:
    """What comes as a success and is none fails without another call."""
    server.always = answer

    failed = await failure_of(papago)

    assert (Failure.UNREADABLE, 1) == (failed.failure, len(server.calls))


NETWORK = {
    "a gateway's page": (Fault.HTML_502, Failure.BUSY),
    "reset": (Fault.RESET, Failure.UNREACHABLE),
}


@pytest.mark.parametrize(("fault", "failure"), NETWORK.values(), ids=list(NETWORK))
async def test_a_network_that_stays_broken(
    server: PapagoServer, papago: PapagoTranslator, fault: Fault, failure: Failure
) -> None:
    """One retry, then the failure is named."""
    server.always = fault

    failed = await failure_of(papago)

    assert (failure, 2) == (failed.failure, len(server.calls))


async def test_a_stall_ends_at_the_limit(
    server: PapagoServer, options: PapagoOptions, http: Http, allowances: Allowances
) -> None:
    """A request takes no longer than it may, and a stalled one is not repeated."""
    server.always = Fault.STALL

    failed = await failure_of(made(replace(options, request_s=0.1), http, allowances))

    assert (Failure.TIMED_OUT, 1) == (failed.failure, len(server.calls))


async def test_nobody_listens(
    server: PapagoServer, options: PapagoOptions, http: Http, allowances: Allowances
) -> None:
    """A port without a server is unreachable."""
    async with PapagoServer() as gone:
        endpoint = gone.endpoint

    failed = await failure_of(made(replace(options, endpoint=endpoint), http, allowances))

    assert Failure.UNREACHABLE is failed.failure


async def test_a_long_pause_is_left_to_the_caller(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """A pause that no stage has time for is reported and not waited for."""
    server.always = replace(gateway_error(429, 410), headers={"Retry-After": "120"})

    failed = await failure_of(papago)

    assert (120.0, 1) == (failed.retry_after_s, len(server.calls))


# Several texts


async def test_the_order_is_that_of_the_texts(
    options: PapagoOptions, http: Http, allowances: Allowances
) -> None:
    """An answer that comes last still takes its place."""
    last_came = threading.Event()

    def translate(text: str) -> str:
        if text == "셋":
            last_came.set()
        else:
            assert last_came.wait(LIMIT_S)
        return {"하나": "one", "둘": "two", "셋": "three"}[text]

    async with PapagoServer(
        client_id=CLIENT_ID, client_secret=CLIENT_SECRET, translate=translate
    ) as server:
        papago = made(replace(options, endpoint=server.endpoint), http, allowances)
        translations = await papago.translate(["하나", "둘", "셋"])

    assert ["one", "two", "three"] == [one.english for one in translations]


async def test_one_request_has_four_calls_at_once(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """However many sentences a request has, four of them are under way; another request does not wait."""
    server.gate.clear()

    first = asyncio.create_task(papago.translate(["고래"] * 6))
    second = asyncio.create_task(papago.translate(["큰 고래"] * 5))
    await server.wait_for_calls(8)
    server.gate.set()
    translations = (*await first, *await second)

    assert ["a whale"] * 6 + ["a big whale"] * 5 == [one.english for one in translations]
    assert (8, 11) == (server.max_at_once, len(server.calls))


async def test_all_requests_together_have_a_limit(
    options: PapagoOptions, http: Http, allowances: Allowances, server: PapagoServer
) -> None:
    """However many people come at once, so many calls are under way and no more."""
    papago = made(replace(options, max_concurrent=5), http, allowances)
    server.gate.clear()

    asked = [asyncio.create_task(papago.translate(["고래"])) for _ in range(20)]
    await server.wait_for_calls(5)
    server.gate.set()
    await asyncio.gather(*asked)

    assert (5, 20) == (server.max_at_once, len(server.calls))


async def test_one_similar_sentence_may_fail(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """A sentence beside the person's own that fails is empty, the others keep their places."""
    server.always = lambda call: (
        gateway_error(401, 200) if call.body["text"] == "없음" else success("a whale")
    )

    translations = await papago.translate(["고래", "없음", "고래"])

    assert ["a whale", "", "a whale"] == [one.english for one in translations]


async def test_the_persons_own_sentence_may_not_fail(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """Without the first there is no answer, and what waits for the others is given up."""
    server.always = lambda call: (
        gateway_error(429, 400) if call.body["text"] == TEXT else success("a whale")
    )

    failed = await failure_of(papago, TEXT, *["고래"] * 20)

    assert Failure.QUOTA is failed.failure
    assert len(server.calls) < 21


async def test_a_cancelled_translation_ends_its_calls(
    server: PapagoServer, papago: PapagoTranslator
) -> None:
    """Whoever no longer waits leaves no call behind, and later ones find a free place."""
    server.always = Fault.STALL
    stalled = asyncio.create_task(papago.translate(["고래"] * 8))
    await server.wait_for_calls(4)
    stalled.cancel()

    with pytest.raises(asyncio.CancelledError):
        await stalled
    server.always = None
    assert "a whale" == (await papago.translate(["고래"]))[0].english


# Cost and secrets


async def test_every_call_is_counted(
    server: PapagoServer, papago: PapagoTranslator, allowances: Allowances
) -> None:
    """The characters of a retry are spent again; an empty text spends nothing."""
    server.script.append(gateway_error(429, 410))

    await papago.translate(["고래", "", "큰 고래"])

    assert 3 == len(server.calls)
    assert sum(len(call.body["text"]) for call in server.calls) == allowances.spent("papago")


async def test_nothing_is_sent_beyond_the_daily_limit(
    server: PapagoServer, options: PapagoOptions, http: Http
) -> None:
    """A text that would cross the operator's limit is not sent."""
    failed = await failure_of(made(options, http, Allowances(daily_chars=len(TEXT) - 1)))

    assert (Failure.SPENT, 0) == (failed.failure, len(server.calls))


@pytest.mark.parametrize(
    "answer",
    [gateway_error(401, 200), translator_error("N2MT10"), translator_error("N2MT02"), echo, *Fault],
    ids=["denied", "glossary", "mistake", "echo", *Fault],
)
async def test_neither_keys_nor_texts_get_out(
    server: PapagoServer,
    options: PapagoOptions,
    http: Http,
    allowances: Allowances,
    caplog: pytest.LogCaptureFixture,
    answer: Scripted,
) -> None:
    """No log, no exception and no repr holds a key or what a person wrote."""
    caplog.set_level(logging.DEBUG)
    server.always = answer
    wanted = replace(options, request_s=0.1, glossary_key="glossary-1")

    with capture_logs() as logs:
        failed = await failure_of(made(wanted, http, allowances))

    written = "".join(
        (
            repr(logs),
            caplog.text,
            repr(failed),
            failed.detail,
            *traceback.format_exception(failed),
            repr(wanted),
        )
    )
    for secret in (CLIENT_ID, CLIENT_SECRET, TEXT):
        assert secret not in written


# The stand-in


async def test_the_stand_in_can_answer_any_sentence(
    options: PapagoOptions, http: Http, allowances: Allowances, glossary: Glossary
) -> None:
    """A demonstration needs no table: the project's own glossary stands behind the stand-in."""
    async with PapagoServer(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        translate=lambda text: translated(text, glossary),
    ) as server:
        papago = made(replace(options, endpoint=server.endpoint), http, allowances)
        translations = await papago.translate([TEXT, "뷁"])

    assert ["a whale above the sea at sunset", "a picture"] == [one.english for one in translations]


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
KEYS = {"X-NCP-APIGW-API-KEY-ID": CLIENT_ID, "X-NCP-APIGW-API-KEY": CLIENT_SECRET}
REFUSED = {
    "no key": ("source=ko", FORM, "200"),
    "neither JSON nor a form": ("고래", KEYS | {"Content-Type": "text/plain"}, "100"),
    "no source": ("target=en&text=a", KEYS | FORM, "N2MT01"),
    "an unknown source": ("source=xx", KEYS | FORM, "N2MT02"),
    "no target": ("source=ko", KEYS | FORM, "N2MT03"),
    "an unknown target": ("source=ko&target=auto", KEYS | FORM, "N2MT04"),
    "the same": ("source=ko&target=ko", KEYS | FORM, "N2MT05"),
    "another pair": ("source=ja&target=fr", KEYS | FORM, "N2MT06"),
    "no text": ("source=ko&target=en&text=", KEYS | FORM, "N2MT07"),
    "too long": ("source=ko&target=en&text=" + "a" * 5_001, KEYS | FORM, "N2MT08"),
    "no language": ("source=auto&target=en&text=123", KEYS | FORM, "N2MT09"),
    "no such glossary": ("source=ko&target=en&text=a&glossaryKey=x", KEYS | FORM, "N2MT10"),
}


@pytest.mark.parametrize(("form", "headers", "code"), REFUSED.values(), ids=list(REFUSED))
def test_the_stand_in_is_strict(form: str, headers: dict[str, str], code: str) -> None:
    """What Papago refuses, the stand-in refuses, in the documented order."""
    stand_in = PapagoServer(client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    call = Call(method="POST", path=PATH, headers=CIMultiDict(headers), raw=form.encode())

    refusal = stand_in.refusal(call)

    assert refusal is not None
    assert f'"errorCode": "{code}"' in refusal.raw.decode()
