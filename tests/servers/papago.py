"""A local stand-in of NAVER Cloud's Papago text translation, from its documentation.

Answers Korean to English and no other pair. Does not show how the real service words its errors, how
fast it is, or how well it translates: it was never called.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.servers.korean_english import Translate, translate
from tests.servers.serving import Answer, Call, LocalServer

PATH = "/nmt/v1/translation"
MAX_CHARS = 5_000
_MAX_BYTES = 10_000_000

SOURCES = frozenset("auto ko en ja zh-CN zh-TW vi th id fr es ru de it".split())
TARGETS = SOURCES - {"auto"}

GATEWAY_MESSAGES = {
    100: "Bad Request Exception", 200: "Authentication Failed", 210: "Permission Denied",
    300: "Not Found Exception", 400: "Quota Exceeded", 410: "Throttle Limited",
    420: "Rate Limited", 430: "Request Entity Too Large", 500: "Endpoint Error",
    510: "Endpoint Timeout", 900: "Unexpected Error",
}  # fmt: skip
TRANSLATOR_MESSAGES = {
    "N2MT01": "source parameter is needed", "N2MT02": "Unsupported source language",
    "N2MT03": "target parameter is needed", "N2MT04": "Unsupported target language",
    "N2MT05": "source and target must be different",
    "N2MT06": "There is no source-to-target translator", "N2MT07": "text parameter is needed",
    "N2MT08": "text parameter exceeds max length", "N2MT09": "Language detection failed",
    "N2MT10": "Invalid glossary key", "N2MT99": "Internal server error",
}  # fmt: skip


def gateway_error(status: int, code: int, *, is_integer: bool = False) -> Answer:
    """Refuse as the gateway in front of the translator does."""
    shown = code if is_integer else str(code)
    return Answer(
        status=status, body={"error": {"errorCode": shown, "message": GATEWAY_MESSAGES[code]}}
    )


def translator_error(code: str, *, status: int = 400, is_nested: bool = False) -> Answer:
    """Refuse as the translator does; `is_nested` puts its code into the gateway's shape."""
    message = TRANSLATOR_MESSAGES[code]
    if is_nested:
        return Answer(status=status, body={"error": {"errorCode": code, "message": message}})
    return Answer(status=status, body={"errorCode": code, "errorMessage": message})


def success(english: str) -> Answer:
    """Answer with a translation."""
    result = {
        "srcLangType": "ko", "tarLangType": "en", "translatedText": english, "engineType": "N2MT",
    }  # fmt: skip
    kind = {"@type": "response", "@service": "naverservice.nmt.proxy", "@version": "1.0.0"}
    return Answer(body={"message": {**kind, "result": result}})


def echo(call: Call) -> Answer:
    """Answer with the Korean that came."""
    return success(_fields(call)["text"])


class PapagoServer(LocalServer):
    """Papago on this machine, for one pair of keys."""

    def __init__(
        self,
        *,
        client_id: str = "demo-id",
        client_secret: str = "demo-secret",
        glossary_keys: frozenset[str] = frozenset(),
        translate: Translate = translate,
        is_nested: bool = False,
        is_integer: bool = False,
        port: int = 0,
        delay_s: float = 0.0,
    ) -> None:
        super().__init__(port=port, delay_s=delay_s)
        self._client_id, self._client_secret = client_id, client_secret
        self._glossary_keys, self._translate = glossary_keys, translate
        self._is_nested, self._is_integer = is_nested, is_integer

    @property
    def endpoint(self) -> str:
        """The address that the settings want."""
        return self.url + PATH

    def refusal(self, call: Call) -> Answer | None:
        """Check a call in the documented order: the gateway first, then the translator."""
        gateway = self._gateway_code(call)
        if gateway is not None:
            status, code = gateway
            return gateway_error(status, code, is_integer=self._is_integer)
        fields = _fields(call)
        code_of_translator = _translator_code(fields)
        key = fields.get("glossaryKey")
        if code_of_translator is None and key is not None and key not in self._glossary_keys:
            code_of_translator = "N2MT10"
        if code_of_translator is not None:
            return translator_error(code_of_translator, is_nested=self._is_nested)
        return None

    async def answer(self, call: Call) -> Answer:
        """Translate."""
        return success(await asyncio.to_thread(self._translate, _fields(call)["text"]))

    def _gateway_code(self, call: Call) -> tuple[int, int] | None:
        """Give the status and the code of what the gateway does not let through."""
        if (call.method, call.path) != ("POST", PATH):
            return 404, 300
        keys = (
            call.headers.get("x-ncp-apigw-api-key-id"),
            call.headers.get("x-ncp-apigw-api-key"),
        )
        if keys != (self._client_id, self._client_secret):
            return 401, 200
        if len(call.raw) > _MAX_BYTES:
            return 413, 430
        return (400, 100) if not isinstance(_parsed(call), dict) else None


def _parsed(call: Call) -> Any:
    """Read a body of either kind; None where it is neither."""
    kind = call.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        return call.body
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(call.raw.decode()))
    return None


def _fields(call: Call) -> Mapping[str, str]:
    fields: Mapping[str, str] = _parsed(call)
    return fields


def _translator_code(fields: Mapping[str, str]) -> str | None:
    """Find the first thing that the translator does not take, in its documented order."""
    source, target, text = (fields.get(name) for name in ("source", "target", "text"))
    checks = (
        ("N2MT01", not source),
        ("N2MT02", source not in SOURCES),
        ("N2MT03", not target),
        ("N2MT04", target not in TARGETS),
        ("N2MT05", source == target),
        ("N2MT06", (source, target) not in {("ko", "en"), ("auto", "en")}),
        ("N2MT07", not isinstance(text, str) or not text),
        ("N2MT08", len(text or "") > MAX_CHARS),
        ("N2MT09", source == "auto" and not any(c.isalpha() for c in text or "")),
    )
    return next((code for code, is_wrong in checks if is_wrong), None)
