"""Whatever services do, neither keys nor a person's words are told above DEBUG.

Every service fails in every way that the stand-ins know, and quotes back what it was sent wherever an answer
has room for it. KeyBERT is left out: it sees English only, fails before it has any, and takes long to load.
"""

import gc
import logging
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import stamina
from structlog.testing import capture_logs
from structlog.typing import EventDict

from pipeline.errors import StageFailed
from pipeline.text.korean import Korean
from pipeline.text.options import (
    DeepLOptions,
    KtOptions,
    MarianOptions,
    OpenAiOptions,
    PapagoOptions,
    TextOptions,
)
from pipeline.text.prepare import Preparer
from pipeline.text.providers import Providers, Shared
from pipeline.text.thread import TextThread
from pipeline.text.translate.glossary import Glossary
from pipeline.text.translate.marian import FILES
from tests.pipeline.text.conftest import count_tokens
from tests.servers.deepl import DeepLServer
from tests.servers.deepl import echo as deepl_echo
from tests.servers.kt import KtServer
from tests.servers.kt import success as kt_success
from tests.servers.openai import OpenAiServer, said
from tests.servers.papago import PapagoServer
from tests.servers.papago import echo as papago_echo
from tests.servers.serving import Answer, Call, Fault, LocalServer, Scripted

KEYS = {
    name: f"hush-{name}-1f8e" for name in ("openai", "deepl", "id", "secret", "kt-id", "kt-secret", "kt-key")
}  # fmt: skip
TEXT, NEGATIVE = "바다 위의 (보라색)1.2 수달 그려줘", "낙타 얼굴"
TERMS = {"수달": "Mirabelle"}
WORDS = ("수달", "보라색", "낙타", "Mirabelle", "camel", "purple")
"""What only this person says; none of it is part of an instruction."""

SECRET_HEADERS = ("authorization", "x-ncp-apigw-api-key-id", "x-ncp-apigw-api-key", "x-client-key", "x-client-signature")  # fmt: skip
AT_ONCE = {"retry-after-ms": "1", "Retry-After": "0"}
LOUD_STATUSES = (200, 302, 400, 401, 403, 404, 429, 456, 500, 529)


def translate(text: str) -> str:
    """Put this person's words into English."""
    words = {
        "바다": "sea",
        "보라색": "purple",
        "수달": "Mirabelle",
        "낙타": "camel",
        "얼굴": "face",
    }
    return " ".join(english for korean, english in words.items() if korean in text) or "things"


def loud(status: int) -> Callable[[Call], Answer]:
    """Quote everything that was sent, in every field that a client may look into."""

    def answer(call: Call) -> Answer:
        quoted = f"{dict(call.headers)} {call.raw.decode()}"
        error = {"code": quoted, "errorCode": quoted, "message": quoted, "type": quoted, "param": quoted}  # fmt: skip
        body = {"error": error, "errorCode": quoted, "errorMessage": quoted, "message": quoted}
        location = {"Location": f"/elsewhere?key={KEYS['secret']}"} if status == 302 else {}
        return Answer(status=status, body=body, headers=AT_ONCE | location)

    return answer


FAULTS: dict[str, Scripted] = {
    **{fault: fault for fault in Fault},
    **{f"loud {status}": loud(status) for status in LOUD_STATUSES},
    "nothing": Answer(),
    "no UTF-8": Answer(body=b"\xff\xfe{"),
    "no JSON": lambda call: Answer(body=f"{call.headers} {call.raw.decode()}"),
    "endless": lambda call: Answer(body=call.raw * 10_000),
    "a strange pause": lambda call: Answer(
        status=429, body={}, headers={"Retry-After": KEYS["openai"]}
    ),
}


class Everything:
    """Every service, and options that name them all."""

    def __init__(self, servers: dict[str, LocalServer], options: TextOptions) -> None:
        self.servers, self.options = servers, options

    def fail(self, fault: Scripted) -> None:
        """Let every service do this from now on."""
        for server in self.servers.values():
            server.always = fault

    def asked(self) -> list[str]:
        """Name the services that were asked."""
        return [name for name, server in self.servers.items() if server.calls]

    def secrets(self) -> set[str]:
        """Give the keys, and whatever stood in a header that carries one."""
        headers = [call.headers for server in self.servers.values() for call in server.calls]
        sent = {one[name] for one in headers for name in SECRET_HEADERS if name in one}
        return sent | set(KEYS.values())


@asynccontextmanager
async def everything(folder: Path, *, request_s: float = 2.0) -> AsyncIterator[Everything]:
    """Start every service."""
    for name in FILES:
        (folder / name).write_bytes(b"no model")
    async with AsyncExitStack() as stack:
        openai = await stack.enter_async_context(
            OpenAiServer(api_key=KEYS["openai"], translate=translate)
        )
        papago = await stack.enter_async_context(
            PapagoServer(client_id=KEYS["id"], client_secret=KEYS["secret"], translate=translate)
        )
        deepl = await stack.enter_async_context(
            DeepLServer(auth_key=KEYS["deepl"], translate=translate)
        )
        kt = await stack.enter_async_context(
            KtServer(
                client_id=KEYS["kt-id"],
                client_secret=KEYS["kt-secret"],
                client_key=KEYS["kt-key"],
            )
        )
        options = TextOptions(
            one_call=("openai",),
            paraphrasers=("openai", "kt"),
            translators=("papago", "deepl", "openai", "marian"),
            keyword_extractors=("frequency",),
            translates_variants=True,
            openai=OpenAiOptions(
                base_url=openai.base_url,
                api_key=KEYS["openai"],
                model="demo-model",
                request_s=request_s,
            ),
            papago=PapagoOptions(
                endpoint=papago.endpoint,
                client_id=KEYS["id"],
                client_secret=KEYS["secret"],
                request_s=request_s,
            ),
            deepl=DeepLOptions(
                endpoint=deepl.endpoint, auth_key=KEYS["deepl"], request_s=request_s
            ),
            kt=KtOptions(
                endpoint=kt.endpoint,
                client_id=KEYS["kt-id"],
                client_secret=KEYS["kt-secret"],
                client_key=KEYS["kt-key"],
                request_s=request_s,
            ),
            marian=MarianOptions(folder=folder),
        )
        servers = {"openai": openai, "papago": papago, "deepl": deepl, "kt": kt}
        yield Everything(servers, options)


class Heard:
    """What came out while services failed."""

    def __init__(self, events: list[EventDict], log: pytest.LogCaptureFixture) -> None:
        self._events, self._log = events, log
        self.errors: list[str] = []  # with every cause, as a log would have them

    def above_debug(self) -> str:
        """Give what is seen by who asks for no more than INFO."""
        return self._told(logging.INFO)

    def all(self) -> str:
        """Give DEBUG too."""
        return self._told(logging.DEBUG)

    def _told(self, level: int) -> str:
        names = logging.getLevelNamesMapping()
        events = [str(e) for e in self._events if names[e["log_level"].upper()] >= level]
        shown = logging.Formatter("%(name)s %(message)s").format
        records = [shown(record) for record in self._log.records if record.levelno >= level]
        return "\n".join((*events, *records, *self.errors))


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """Listen to structlog and to every logger, at every level; retries come at once."""
    for name in (None, "openai", "httpx2", "httpcore2", "aiohttp", "asyncio", "stamina"):
        caplog.set_level(logging.DEBUG, logger=name)
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.0)
    with capture_logs() as events, stamina.set_testing(True, attempts=2, cap=True):
        yield Heard(events, caplog)


@pytest.fixture(autouse=True)
def _one_kiwi(korean: Korean, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pipeline uses the one Kiwi that is loaded."""
    monkeypatch.setattr("pipeline.text.prepare.Korean", lambda: korean)


async def prepare(there: Everything, heard: Heard) -> None:
    """Prepare the text by the whole pipeline."""
    preparer = Preparer(there.options, count_tokens)
    try:
        prepared = await preparer.prepare(TEXT, negative=NEGATIVE, terms=TERMS)
        heard.errors += [f"{f}" for stage in prepared.stages for f in stage.failures]
    except StageFailed as error:
        heard.errors += traceback.format_exception(error)
    finally:
        await preparer.close()


async def ask_each(there: Everything, heard: Heard, glossary: Glossary) -> None:
    """Ask every provider by itself, so that none is passed over."""
    thread = TextThread("text")
    shared = Shared(there.options, thread, glossary)
    try:
        for question in questions(shared.providers()):
            try:
                await question()
            except StageFailed as error:
                heard.errors += traceback.format_exception(error)
    finally:
        await shared.close()
        thread.close()


def questions(providers: Providers) -> Iterator[Callable[[], Awaitable[Any]]]:
    """List what to ask, one for each provider."""
    for smith in providers.wordsmiths:
        yield partial(smith.word, TEXT, terms=TERMS, num_variants=4)
    for paraphraser in providers.paraphrasers:
        yield partial(paraphraser.paraphrase, TEXT, num_variants=4)
    for translator in providers.translators:
        yield partial(translator.translate, (TEXT, NEGATIVE))


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
async def test_no_failure_tells_a_secret(
    fault: Scripted, heard: Heard, tmp_path: Path, glossary: Glossary
) -> None:
    """No key and no word of a person is in an error, or in a log above DEBUG."""
    async with everything(tmp_path, request_s=0.1 if fault is Fault.STALL else 2.0) as there:
        there.fail(fault)
        await prepare(there, heard)
        await ask_each(there, heard, glossary)
        secrets = there.secrets()
    gc.collect()  # asyncio tells of forgotten errors when their tasks go

    above_debug = heard.above_debug()
    assert re.search("provider failed|provider needs the operator", above_debug)
    assert {"openai", "papago", "deepl", "kt"} <= set(there.asked())
    assert [] == [word for word in WORDS if word in above_debug]
    assert [] == [secret for secret in secrets if secret in above_debug]


async def test_an_answer_that_is_the_text_itself_is_not_told(
    heard: Heard, tmp_path: Path, glossary: Glossary
) -> None:
    """An echo is named as one, and not repeated."""
    async with everything(tmp_path) as there:
        servers = there.servers
        servers["papago"].always, servers["deepl"].always = papago_echo, deepl_echo
        servers["kt"].always = lambda call: kt_success(call.body["data"])
        servers["openai"].always = lambda call: said(
            english=TEXT, variants=[TEXT], translations=[TEXT, NEGATIVE]
        )
        await prepare(there, heard)
        await ask_each(there, heard, glossary)

    assert "the text itself" in heard.above_debug()
    assert [] == [word for word in WORDS if word in heard.above_debug()]


async def test_success_is_as_silent(heard: Heard, tmp_path: Path, glossary: Glossary) -> None:
    """When all goes well, nothing is told either; keys are not even told at DEBUG."""
    async with everything(tmp_path) as there:
        await prepare(there, heard)
        await ask_each(there, heard, glossary)
        secrets = there.secrets()

    assert {"openai", "papago", "deepl", "kt"} <= set(there.asked())
    assert "httpx2 HTTP Request: POST" in heard.above_debug()  # libraries are heard, too
    assert [] == [word for word in WORDS if word in heard.above_debug()]
    assert [] == [secret for secret in secrets if secret in heard.all()]


async def test_options_keep_their_keys(tmp_path: Path) -> None:
    """A dump of the options shows no key."""
    async with everything(tmp_path) as there:
        shown = f"{there.options!r} {there.options}"

    assert there.options.openai.base_url in shown
    assert [] == [key for key in KEYS.values() if key in shown]
