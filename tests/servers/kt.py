"""A local stand-in of KT Genie Labs' paraphrasing, from KT's sample of the signature.

Its limits are those that the origin's readme names; its errors' bodies and the clock difference of five
minutes are guesses. Whether the real service still runs is not known.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from pipeline.text.paraphrase.offline import OfflineParaphraser
from tests.servers.serving import Answer, Call, LocalServer

PATH = "/kt/nlp/paraphrasing"
_KOREA = timezone(timedelta(hours=9))
_MAX_DIFFERENCE = timedelta(minutes=5)
_MAX_TEXTS, _MAX_CHARS, _MAX_SENTENCES = 10, 256, 50
_FIELDS = {"user_id", "ret_sentences", "diversity", "domain", "data"}


def _now() -> datetime:
    return datetime.now(UTC)


def success(*results: object) -> Answer:
    """Answer with one list of sentences for each text."""
    return Answer(body={"code": 200, "message": "Success", "result": list(results)})


def error(status: int, message: str) -> Answer:
    """Refuse, in a shape that nobody knows."""
    return Answer(status=status, body={"code": status, "message": message})


class KtServer(LocalServer):
    """KT on this machine, for one key of three parts."""

    def __init__(
        self,
        *,
        client_id: str = "demo-id",
        client_secret: str = "demo-secret",
        client_key: str = "demo-key",
        now: Callable[[], datetime] = _now,
        port: int = 0,
        delay_s: float = 0.0,
    ) -> None:
        super().__init__(port=port, delay_s=delay_s)
        self._client_id, self._client_secret = client_id, client_secret
        self._client_key, self._now = client_key, now

    @property
    def endpoint(self) -> str:
        """The address that the settings want."""
        return self.url + PATH

    def refusal(self, call: Call) -> Answer | None:
        """Check the address, the signature, and every field."""
        if (call.method, call.path) != ("POST", PATH):
            return error(404, "no such address")
        if not self._is_signed(call):
            return error(401, "wrong key, signature or clock")
        kind = call.headers.get("Content-Type", "").partition(";")[0]
        if kind != "application/json" or call.headers.get("charset") != "utf-8":
            return error(400, "not JSON in UTF-8")
        return None if _is_well_formed(call.body) else error(400, "wrong field")

    async def answer(self, call: Call) -> Answer:
        """Paraphrase by rules; as models do, say some things twice and some as they came."""
        results = []
        for text in call.body["data"]:
            variants = OfflineParaphraser().variants(text)
            results.append([text, *variants, *variants[:1]][: call.body["ret_sentences"]])
        return success(*results)

    def _is_signed(self, call: Call) -> bool:
        """Compute the signature again, from the header's own timestamp."""
        stamp = call.headers.get("x-auth-timestamp", "")
        if not (len(stamp) == 17 and stamp.isdecimal()):
            return False
        try:
            written = datetime.strptime(stamp[:14], "%Y%m%d%H%M%S").replace(tzinfo=_KOREA)
        except ValueError:
            return False
        wanted = hmac.new(
            self._client_secret.encode(), f"{self._client_id}:{stamp}".encode(), hashlib.sha256
        ).hexdigest()
        return (
            call.headers.get("x-client-key") == self._client_key
            and call.headers.get("x-client-signature") == wanted
            and abs(self._now() - written) <= _MAX_DIFFERENCE
        )


def _is_well_formed(body: Any) -> bool:
    if not isinstance(body, dict) or body.keys() != _FIELDS:
        return False
    number, data = body["ret_sentences"], body["data"]
    return (
        isinstance(body["user_id"], str)
        and type(number) is int
        and 1 <= number <= _MAX_SENTENCES
        and body["diversity"] in {"1", "2", "3"}
        and body["domain"] in {"1", "2", "3"}
        and isinstance(data, list)
        and 1 <= len(data) <= _MAX_TEXTS
        and all(isinstance(text, str) and 1 <= len(text) <= _MAX_CHARS for text in data)
    )
