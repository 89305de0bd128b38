"""A local stand-in of a server that speaks OpenAI's Chat Completions, held to a JSON schema or not, and Moderations.

Written from what the `openai` package sends and reads. Its "model" is the glossary, which obeys the
instructions by nature: how a real model words things, and what it falls for, is not shown here.
"""

import asyncio
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from pipeline.text.paraphrase.offline import OfflineParaphraser
from tests.servers.korean_english import Translate, translate
from tests.servers.serving import Answer, Call, LocalServer

PATH, MODERATIONS_PATH = "/v1/chat/completions", "/v1/moderations"
MODERATION_MODEL = "omni-moderation-latest"
CATEGORIES = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
    "self-harm", "self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors", "violence",
    "violence/graphic",
)  # fmt: skip
_VERDICTS = {"sexual/minors": "UNSAFE-S5", "sexual": "UNSAFE-S3", "hate": "UNSAFE-S1"}
_FIELDS = frozenset(
    "model messages stream temperature max_completion_tokens response_format".split()
)
_ROLES = frozenset({"system", "developer", "user", "assistant"})
_SCHEMA_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_FIELD_IN_WORDS = re.compile(r'"(\w+)": \[?string')
_MAX_VARIANTS = 8

Flag = Callable[[str], Collection[str]]
"""(text) → the categories of Moderations that it has."""


def nothing(_: str) -> Collection[str]:
    """Find every text harmless."""
    return ()


def completion(
    content: str | None, *, finish_reason: str = "stop", refusal: str | None = None
) -> Answer:
    """Answer with what a model wrote."""
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "finish_reason": finish_reason, "logprobs": None, "message": message}
    return Answer(
        body={
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "demo-model",
            "choices": [choice],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
    )  # fmt: skip


def said(**fields: object) -> Answer:
    """Answer with a JSON object, as a model that is held to a schema does."""
    return completion(json.dumps(fields, ensure_ascii=False))


def moderation(*flagged: Collection[str], scores: Mapping[str, float] | None = None) -> Answer:
    """Answer with a result for each text: the categories that it has, and scores where others are wanted."""
    return Answer(
        body={
            "id": "modr-1",
            "model": MODERATION_MODEL,
            "results": [_result(one, scores or {}) for one in flagged],
        }
    )


def _result(flagged: Collection[str], scores: Mapping[str, float]) -> dict[str, Any]:
    said = {name: name in flagged for name in CATEGORIES}
    return {
        "flagged": any(said.values()),
        "categories": said,
        "category_scores": {name: 0.9 if has else 0.001 for name, has in said.items()} | {**scores},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }


def error(
    status: int,
    code: str | None = None,
    *,
    message: str = "It went wrong.",
    param: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Refuse as the service does."""
    kind = "requests" if status == 429 else "invalid_request_error"
    return Answer(
        status=status,
        body={"error": {"message": message, "type": kind, "param": param, "code": code}},
        headers=headers or {},
    )


class OpenAiServer(LocalServer):
    """One model behind one key; `takes_schema` is false for servers that know no `response_format`."""

    def __init__(
        self,
        *,
        api_key: str = "demo-key",
        model: str = "demo-model",
        takes_schema: bool = True,
        translate: Translate = translate,
        flag: Flag = nothing,
        port: int = 0,
        delay_s: float = 0.0,
    ) -> None:
        super().__init__(port=port, delay_s=delay_s)
        self._api_key, self._model = api_key, model
        self._takes_schema, self._translate, self._flag = takes_schema, translate, flag

    @property
    def base_url(self) -> str:
        """The address that the settings want."""
        return f"{self.url}/v1"

    def refusal(self, call: Call) -> Answer | None:
        """Check the address, the key, and every field."""
        if call.method != "POST" or call.path not in {PATH, MODERATIONS_PATH}:
            return error(404, "unknown_url")
        if call.headers.get("Authorization") != f"Bearer {self._api_key}":
            said_key = call.headers.get("Authorization", "")
            return error(401, "invalid_api_key", message=f"Incorrect API key: {said_key}")
        body = call.body
        kind = call.headers.get("Content-Type", "").partition(";")[0]
        if kind != "application/json" or not isinstance(body, dict):
            return error(400, message="We could not parse the JSON body of your request.")
        is_moderation = call.path == MODERATIONS_PATH
        if body.get("model") != (MODERATION_MODEL if is_moderation else self._model):
            return error(404, "model_not_found", param="model")
        flaws = _flaws_of_moderation(body) if is_moderation else self._flaws(body)
        return next((error(400, c, param=p) for p, c in flaws), None)

    async def answer(self, call: Call) -> Answer:
        """Moderate, give a guard's verdict where there are no instructions, or fill the fields that are asked for."""
        body = call.body
        if call.path == MODERATIONS_PATH:
            return moderation(*map(self._flag, body["input"]))
        if len(body["messages"]) == 1:
            flagged = self._flag(body["messages"][0]["content"])
            codes = (code for name, code in _VERDICTS.items() if name in flagged)
            return completion(f"<{next(codes, 'SAFE')}>")
        return await asyncio.to_thread(self._filled, body)

    def _flaws(self, body: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """Name the fields that are wrong, with the code of the refusal."""
        yield from ((name, "unknown_parameter") for name in body.keys() - _FIELDS)
        if not _are_messages(body.get("messages")):
            yield "messages", "invalid_value"
        if body.get("stream", False) is not False:
            yield "stream", "unsupported_value"
        temperature = body.get("temperature", 1)
        if type(temperature) not in {int, float} or not 0 <= temperature <= 2:
            yield "temperature", "invalid_value"
        tokens = body.get("max_completion_tokens", 1)
        if type(tokens) is not int or tokens < 1:
            yield "max_completion_tokens", "invalid_value"
        if "response_format" in body and not self._takes_schema:
            yield "response_format", "unsupported_parameter"
        if "response_format" in body and not _is_strict_schema(body["response_format"]):
            yield "response_format", "invalid_value"

    def _filled(self, body: Mapping[str, Any]) -> Answer:
        system, user = (message["content"] for message in body["messages"])
        names, data = _names(body, system), json.loads(user)
        fields: dict[str, object] = {name: [] for name in names}
        if "translations" in names:
            fields["translations"] = [self._translate(text) for text in data]
        if "variants" in names:
            fields["variants"] = OfflineParaphraser().variants(data)[:_MAX_VARIANTS]
        if "english" in names:
            fields["english"] = self._translate(data)
            variants = OfflineParaphraser().variants(data)[:_MAX_VARIANTS]
            fields["variants"] = [self._translate(variant) for variant in variants]
        return said(**fields)


def _flaws_of_moderation(body: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Name the fields that are wrong, with the code of the refusal."""
    yield from ((name, "unknown_parameter") for name in body.keys() - {"model", "input"})
    texts = body.get("input")
    if not (isinstance(texts, list) and texts and all(isinstance(t, str) and t for t in texts)):
        yield "input", "invalid_value"


def _names(body: Mapping[str, Any], system: str) -> list[str]:
    """List the fields of the answer: as the schema has them, or as the instructions say in words."""
    if "response_format" in body:
        return list(body["response_format"]["json_schema"]["schema"]["properties"])
    return _FIELD_IN_WORDS.findall(system)


def _are_messages(messages: object) -> bool:
    return (
        isinstance(messages, list)
        and bool(messages)
        and all(
            isinstance(message, dict)
            and message.keys() == {"role", "content"}
            and message["role"] in _ROLES
            and isinstance(message["content"], str)
            and message["content"]
            for message in messages
        )
    )


def _is_strict_schema(response_format: object) -> bool:
    """Tell whether a format is what strict mode takes: every property required, nothing optional or bounded."""
    match response_format:
        case {
            "type": "json_schema",
            "json_schema": {
                "name": str(name),
                "strict": True,
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": list(required),
                    "properties": dict(properties),
                },
            },
        }:
            text = {"type": "string"}
            kinds = (text, {"type": "array", "items": text})
            return (
                _SCHEMA_NAME.fullmatch(name) is not None
                and set(required) == properties.keys()
                and all(kind in kinds for kind in properties.values())
            )
    return False
