"""The services' stand-ins in a process of their own, so that their work is not counted as the client's.

    python -m benchmarks.stand_ins DELAY_MS

The first line of standard output is one JSON object with the addresses; then every line of standard input
is answered by one with what was asked so far, until standard input ends. Every service gives as many
similar sentences as it is asked for: a language model and KT do, the rules of the project do not.
"""

import asyncio
import json
import subprocess
import sys
from contextlib import AsyncExitStack
from itertools import islice, product
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs

from pipeline.text.options import KtOptions, OpenAiOptions, PapagoOptions
from tests.servers.korean_english import translate
from tests.servers.kt import KtServer
from tests.servers.kt import success as kt_success
from tests.servers.openai import OpenAiServer, completion, said
from tests.servers.papago import PapagoServer
from tests.servers.serving import Answer, Call, LocalServer

_NUM_VARIANTS = 8
_NUM_NUMBERED = 10
_MOODS = "아름다운 조용한 화려한 따뜻한 작은 커다란 신비로운 밝은 어두운 멋진".split()
_ENDS = "", " 풍경", " 모습", "의 하루", "의 꿈"


def similar(text: str, num: int) -> list[str]:
    """Say a text in other words, as badly as it goes: what counts is the number."""
    return [f"{mood} {text}{end}" for end, mood in islice(product(_ENDS, _MOODS), num)]


class _Llm(OpenAiServer):
    """Writes variants of its own, and numbered lines where no schema is asked for."""

    async def answer(self, call: Call) -> Answer:
        """Answer one question."""
        return await asyncio.to_thread(self._answer, call.body)

    def _answer(self, body: Any) -> Answer:
        asked = body["messages"][-1]["content"]
        if "response_format" not in body:
            text = asked.partition(": ")[2]
            lines = enumerate(similar(text, _NUM_NUMBERED), 1)
            return completion("\n".join(f"{number}. {line}" for number, line in lines))
        text = json.loads(asked)
        variants = similar(text, _NUM_VARIANTS)
        if "english" not in body["response_format"]["json_schema"]["schema"]["properties"]:
            return said(variants=variants)
        variants = [translate(variant) for variant in variants]
        return said(english=translate(text), variants=variants, kept_terms=[], absent=[])


class _Kt(KtServer):
    """Gives as many sentences as it is asked for."""

    async def answer(self, call: Call) -> Answer:
        """Answer one call."""
        body = call.body
        return kt_success(*(similar(text, body["ret_sentences"]) for text in body["data"]))


def _asked(server: LocalServer) -> dict[str, int]:
    return {
        "calls": len(server.calls),
        "chars": sum(_num_chars(call.body, call.raw) for call in server.calls),
        "max_at_once": server.max_at_once,
    }


def _num_chars(body: Any, raw: bytes) -> int:
    """Count the characters of a call that its service bills or reads."""
    match body:
        case {"messages": list(messages)}:
            return sum(len(message["content"]) for message in messages)
        case {"data": list(texts)}:
            return sum(map(len, texts))
        case {"text": str(text)}:
            return len(text)
    return len(parse_qs(raw.decode())["text"][0])


async def _serve(delay_s: float) -> None:
    translate("고래")  # the glossary loads at its first sentence
    async with AsyncExitStack() as stack:
        openai = await stack.enter_async_context(_Llm(delay_s=delay_s))
        papago = await stack.enter_async_context(PapagoServer(delay_s=delay_s))
        kt = await stack.enter_async_context(_Kt(delay_s=delay_s))
        _print({"openai": openai.base_url, "papago": papago.endpoint, "kt": kt.endpoint})
        servers = {"openai": openai, "papago": papago, "kt": kt}
        while await asyncio.to_thread(sys.stdin.readline):
            _print({name: _asked(server) for name, server in servers.items()})


def _print(value: object) -> None:
    print(json.dumps(value), flush=True)


class StandIns:
    """The process, from the client's side: a context manager."""

    def __init__(self, *, delay_s: float) -> None:
        self._delay_s = delay_s

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.stand_ins", str(1000 * self._delay_s)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        urls = self._read()
        self.openai = OpenAiOptions(base_url=urls["openai"], api_key="demo-key", model="demo-model")
        self.papago = PapagoOptions(
            endpoint=urls["papago"], client_id="demo-id", client_secret="demo-secret"
        )
        self.kt = KtOptions(
            endpoint=urls["kt"],
            client_id="demo-id",
            client_secret="demo-secret",
            client_key="demo-key",
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()  # ends its input

    def asked(self) -> dict[str, dict[str, int]]:
        """Tell what each service was asked since the start: calls, characters, the most calls at once."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        answer: dict[str, dict[str, int]] = self._read()
        return answer

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]) / 1000))
