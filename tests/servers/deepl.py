"""A local stand-in of DeepL's text translation, from its API description (version 3.5).

Strict about what our client sends: JSON, the key in its header. Does not show how the real service words
its errors, how fast it is, or how well it translates: it was never called.
"""

import asyncio
from typing import Any

from tests.servers.korean_english import Translate, translate
from tests.servers.serving import Answer, Call, LocalServer

PATH = "/v2/translate"
MAX_TEXTS = 50
MAX_BYTES = 128 * 1024
_TARGETS = frozenset({"EN", "EN-US", "EN-GB"})  # EN alone is an old name


def error(status: int, message: str = "") -> Answer:
    """Refuse; some statuses come without a body."""
    return Answer(status=status, body={"message": message} if message else "")


def success(*englishes: str) -> Answer:
    """Answer with translations."""
    return Answer(
        body={"translations": [{"detected_source_language": "KO", "text": e} for e in englishes]}
    )


def echo(call: Call) -> Answer:
    """Answer with the Korean that came."""
    return success(*call.body["text"])


class DeepLServer(LocalServer):
    """DeepL on this machine, for one key."""

    def __init__(
        self,
        *,
        auth_key: str = "demo-key:fx",
        translate: Translate = translate,
        port: int = 0,
        delay_s: float = 0.0,
    ) -> None:
        super().__init__(port=port, delay_s=delay_s)
        self._auth_key, self._translate = auth_key, translate

    @property
    def endpoint(self) -> str:
        """The address that the settings want."""
        return self.url + PATH

    def refusal(self, call: Call) -> Answer | None:
        """Check the address, the key, the size and the parameters."""
        if (call.method, call.path) != ("POST", PATH):
            return error(404)
        if call.headers.get("Authorization") != f"DeepL-Auth-Key {self._auth_key}":
            return error(403, "Authorization failed")
        if len(call.raw) > MAX_BYTES:
            return error(413, "Request size exceeds the limit")
        if call.headers.get("Content-Type", "").partition(";")[0] != "application/json":
            return error(415)
        wrong = _wrong(call.body)
        return error(400, wrong) if wrong else None

    async def answer(self, call: Call) -> Answer:
        """Translate every text, in its place."""
        texts: list[str] = call.body["text"]
        englishes = [await asyncio.to_thread(self._translate, text) for text in texts]
        return success(*englishes)


def _wrong(body: Any) -> str | None:
    """Name the first parameter that is not as it should be."""
    if not isinstance(body, dict):
        return "Bad request. Reason: the body is not JSON"
    texts = body.get("text")
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        return "Parameter 'text' not specified"
    if len(texts) > MAX_TEXTS:
        return "Too many texts"
    if body.get("target_lang") not in _TARGETS:
        return "Value for 'target_lang' not supported."
    if body.get("source_lang", "KO") != "KO":
        return "Value for 'source_lang' not supported."
    return None
