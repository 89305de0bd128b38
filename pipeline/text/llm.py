"""The one home of the `openai` package: questions to any server that speaks Chat Completions.

What a person wrote is sent as JSON in the user message, alone: it is data, and the instructions stand in
the system message. Everything that goes wrong becomes a Failure here. Does not know what is asked.
Importing the library takes a second, so a thread does it before the first question. Event loop only.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog

from pipeline.errors import Failure, StageFailed
from pipeline.text.allowance import Spend
from pipeline.text.answer import Answer, Shape
from pipeline.text.options import OpenAiOptions

if TYPE_CHECKING:
    from httpx2 import Headers, Response
    from openai import APIStatusError, AsyncOpenAI, OpenAIError

log = structlog.get_logger(__name__)

NAME = "openai"  # of every provider that asks here, and so of their one circuit
_CONNECT_S = 2.0
_MAX_PAUSE_S, _LONG_PAUSE_S = 2.0, 60.0  # before the one repetition
_FIRST_TOKENS = 8
_MIN_KEY_CHARS = 8  # of a key that is one: local servers take any word
_QUOTED_WORDS, _MAX_QUOTED_CHARS = 8, 20_000  # so many words in a row are no coincidence
_NO_MONEY = frozenset({"insufficient_quota", "billing_hard_limit_reached"})
_FILTERED = frozenset({"content_filter", "content_policy_violation"})
_BUSY = frozenset({408, 409, 425, 429})
_DENIED = frozenset({401, 403, 404})


class Llm:
    """One client for all stages; lives as long as the text pipeline, and `close` ends it."""

    def __init__(self, options: OpenAiOptions) -> None:
        self._options = options
        self._client: AsyncOpenAI | None = None
        self._opening = asyncio.Lock()
        self.max_concurrent = options.max_concurrent  # questions of all stages together
        self._places = asyncio.Semaphore(options.max_concurrent)
        self._takes_schema = True  # until the server says otherwise

    async def load(self) -> None:
        """Import the library and make the client now; at once when that is done."""
        await self._opened()

    async def close(self) -> None:
        """Close the client; idempotent."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    async def ask(
        self,
        system: str,
        data: object,
        shape: Shape,
        *,
        remarks: str = "",
        stage: str,
        spend: Spend,
    ) -> Answer:
        """Ask once; the client repeats a question once when the server was busy.

        `data` is what a person wrote, in any JSON value; `remarks` are instructions, too, but may be quoted.
        Takes at most `request_s`, the repetition included. Raises StageFailed.
        """
        messages = [
            {"role": "system", "content": f"{system}{remarks}\n\n{shape.in_words()}"},
            {"role": "user", "content": json.dumps(data, ensure_ascii=False)},
        ]
        async with self._asking(stage) as client:
            spend(sum(len(message["content"]) for message in messages))
            body = await self._complete(client, messages, shape)
        content = _content(body, stage=stage)
        if self._gives_away(content, system):
            raise _failed(stage, Failure.UNREADABLE, "quotes the key or the instructions")
        answer = shape.read(content)
        if answer is None:
            raise _failed(stage, Failure.UNREADABLE, "not the fields that were asked for")
        return answer

    async def begin(self, text: str, *, stage: str) -> str:
        """Send a text alone and give the first words of the answer: for a model that needs no instructions.

        Raises StageFailed.
        """
        async with self._asking(stage) as client:
            reply = await client.chat.completions.with_raw_response.create(
                model=self._options.model,
                messages=[{"role": "user", "content": text}],
                temperature=0,
                max_completion_tokens=_FIRST_TOKENS,
                stream=False,
            )
            body = reply.http_response.json()
        return _content(body, stage=stage, may_be_cut=True)

    async def moderate(self, texts: Sequence[str], *, stage: str) -> object:
        """Give the body of what a moderation model says of texts, unchecked. Raises StageFailed."""
        async with self._asking(stage) as client:
            reply = await client.moderations.with_raw_response.create(
                model=self._options.model, input=list(texts)
            )
            return reply.http_response.json()

    @asynccontextmanager
    async def _asking(self, stage: str) -> AsyncIterator["AsyncOpenAI"]:
        """Hold a place while a question is open, for as long as it may take. Raises StageFailed."""
        client = await self._opened()
        from openai import OpenAIError

        async with self._places:
            try:
                async with asyncio.timeout(self._options.request_s):
                    yield client
            except TimeoutError:
                detail = f"over {self._options.request_s:g} s"
                raise _failed(stage, Failure.TIMED_OUT, detail) from None
            except OpenAIError as error:
                # Without its cause: servers quote the key and the person's words in what they say.
                raise _translated(error, stage) from None
            except ValueError as error:
                raise _failed(stage, Failure.UNREADABLE, type(error).__name__) from None

    async def _opened(self) -> "AsyncOpenAI":
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(_open, self._options)
            return self._client

    async def _complete(
        self, client: "AsyncOpenAI", messages: list[dict[str, str]], shape: Shape
    ) -> object:
        """Give the body of the reply, unchecked. Raises OpenAIError or ValueError."""
        from openai import APIStatusError

        request = self._request(messages, shape)
        try:
            # The raw reply: the library's own model of it lets missing and mistyped fields pass.
            reply = await client.chat.completions.with_raw_response.create(**request)
            return reply.http_response.json()
        except APIStatusError as error:
            if not ("response_format" in request and _refuses_schema(error)):
                raise
        log.info("server takes no schema", provider=NAME)
        self._takes_schema = False
        return await self._complete(client, messages, shape)

    def _gives_away(self, content: str, system: str) -> bool:
        """Tell whether an answer quotes what is nobody's business, as somebody may have talked it into."""
        key = self._options.api_key
        has_key = len(key) >= _MIN_KEY_CHARS and key in content
        return has_key or not _runs_of(content[:_MAX_QUOTED_CHARS]).isdisjoint(_runs_of(system))

    def _request(self, messages: list[dict[str, str]], shape: Shape) -> dict[str, Any]:
        """Write the body; what is not set is not sent, since not every server knows it."""
        options = self._options
        request: dict[str, Any] = {"model": options.model, "messages": messages, "stream": False}
        if self._takes_schema:
            schema = {"name": shape.name, "strict": True, "schema": shape.as_schema()}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        if options.temperature is not None:
            request["temperature"] = options.temperature
        if options.max_completion_tokens is not None:
            request["max_completion_tokens"] = options.max_completion_tokens
        return request


def _open(options: OpenAiOptions) -> "AsyncOpenAI":
    """Make the client. Follows no redirect: a person's words must not travel to another host."""
    import openai

    client = openai.AsyncOpenAI(
        base_url=options.base_url,
        api_key=options.api_key or "none",  # the library insists on one, local servers do not care
        timeout=openai.Timeout(options.request_s, connect=_CONNECT_S),
        max_retries=1,
        http_client=openai.DefaultAsyncHttpxClient(
            follow_redirects=False, event_hooks={"response": [_forbid_vain_repetition]}
        ),
    )
    _ = client.chat.completions  # imports what the first question needs
    return client


async def _forbid_vain_repetition(response: "Response") -> None:
    """Keep the client from repeating what cannot help, and from sleeping as long as a server likes."""
    if response.status_code < 400:
        return
    await response.aread()
    pause_s = _retry_after_s(response.headers)
    if _code_of(_body_of(response)) in _NO_MONEY or (pause_s or 0) > _MAX_PAUSE_S:
        response.headers["x-should-retry"] = "false"


def _runs_of(text: str) -> set[tuple[str, ...]]:
    """Give all runs of words that are long enough to be known again."""
    words = re.findall(r"\w+", text.casefold())
    return set(zip(*(words[start:] for start in range(_QUOTED_WORDS)), strict=False))


def _content(body: object, *, stage: str, may_be_cut: bool = False) -> str:
    """Give what the model wrote. Raises StageFailed: BLOCKED or UNREADABLE."""
    match body:
        case {"choices": [{"message": {"refusal": str(refusal)}}, *_]} if refusal:
            raise _failed(stage, Failure.BLOCKED, "refused")
        case {"choices": [{"finish_reason": "content_filter"}, *_]}:
            raise _failed(stage, Failure.BLOCKED, "content_filter")
        case {"choices": [{"finish_reason": "length"}, *_]} if not may_be_cut:
            raise _failed(stage, Failure.UNREADABLE, "cut off")
        case {"choices": [{"message": {"content": str(content)}}, *_]}:
            return content
    raise _failed(stage, Failure.UNREADABLE, "no message in the reply")


def _translated(error: "OpenAIError", stage: str) -> StageFailed:
    """Name an error of the library in our words."""
    from openai import APIConnectionError, APIStatusError, APITimeoutError

    if isinstance(error, APIStatusError):
        code = _code_of(error.body)
        failure = _failure_of(error.status_code, code)
        pause_s = _retry_after_s(error.response.headers) if failure is Failure.BUSY else None
        return _failed(stage, failure, f"{error.status_code} {code}".strip(), retry_after_s=pause_s)
    if isinstance(error, APITimeoutError):
        return _failed(stage, Failure.TIMED_OUT, "no connection in time")
    failure = Failure.UNREACHABLE if isinstance(error, APIConnectionError) else Failure.UNREADABLE
    return _failed(stage, failure, type(error.__cause__ or error).__name__)


def _failure_of(status: int, code: str) -> Failure:
    if code in _NO_MONEY or status == 402:
        return Failure.QUOTA
    if code in _FILTERED:
        return Failure.BLOCKED
    if code == "context_length_exceeded":
        return Failure.UNFIT
    if status in _DENIED or status < 400:  # a redirect: the address is not the one to ask
        return Failure.DENIED
    return Failure.BUSY if status in _BUSY or status >= 500 else Failure.UNREADABLE


def _refuses_schema(error: "APIStatusError") -> bool:
    """Tell whether a server complains of the schema, which some do not know."""
    said = json.dumps(error.body) if error.status_code in {400, 422} else ""
    return re.search(r"response_format|json_schema|grammar", said) is not None


def _body_of(response: "Response") -> object:
    try:
        body = response.json()
    except ValueError:
        return None
    return body.get("error") if isinstance(body, dict) else None


def _code_of(error_body: object) -> str:
    """Read an error's code; empty where it is anything but a short name."""
    code = error_body.get("code") if isinstance(error_body, dict) else None
    return code if isinstance(code, str) and re.fullmatch(r"[\w.-]{1,64}", code, re.ASCII) else ""


def _retry_after_s(headers: "Headers") -> float | None:
    """Read the pause that a server asks for; one that is no number is longer than anybody waits."""
    for name, per_second in (("retry-after-ms", 1000), ("retry-after", 1)):
        if (said := headers.get(name)) is not None:
            return float(said) / per_second if said.isdecimal() else _LONG_PAUSE_S
    return None


def _failed(
    stage: str, failure: Failure, detail: str, *, retry_after_s: float | None = None
) -> StageFailed:
    return StageFailed(
        stage=stage, provider=NAME, failure=failure, detail=detail, retry_after_s=retry_after_s
    )
