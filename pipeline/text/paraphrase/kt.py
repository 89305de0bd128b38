"""Similar Korean sentences by KT Genie Labs.

Written from KT's own sample of the signature and from accounts of others: nothing public has mentioned the
service since early 2024, the reply's envelope is inferred, and error bodies are unknown. So anything but a
list of sentences is a failure, and the service is asked once.
"""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime

from pipeline.errors import Failure, StageFailed
from pipeline.text.allowance import KOREA, Spend
from pipeline.text.http import Http, Reply
from pipeline.text.options import KtOptions
from pipeline.text.paraphrase.vetting import vetted

_STAGE = "paraphrase"
_MAX_CHARS = 256
_NUM_SENTENCES = 10  # some come back twice
_USER_ID = "geuryeojwo"  # the whole program: who asked is nobody's business
_DIVERSITY_MEDIUM, _DOMAIN_OTHER = "2", "3"


def _now() -> datetime:
    return datetime.now(UTC)


class KtParaphraser:
    """One request for one text, signed with the time at which it is sent."""

    name = "kt"
    is_local = False
    num_places = None

    def __init__(
        self, options: KtOptions, http: Http, *, spend: Spend, now: Callable[[], datetime] = _now
    ) -> None:
        self._options, self._http, self._spend, self._now = options, http, spend, now

    async def paraphrase(self, text: str, *, num_variants: int) -> tuple[str, ...]:
        """Give variants of a Korean text. Raises StageFailed."""
        if not 1 <= len(text) <= _MAX_CHARS:
            raise self._failed(Failure.UNFIT, f"{len(text)} characters")
        self._spend(len(text))
        reply = await self._http.post(
            self._options.endpoint,
            headers=self._headers(),
            body={
                "user_id": _USER_ID,
                "ret_sentences": _NUM_SENTENCES,
                "diversity": _DIVERSITY_MEDIUM,
                "domain": _DOMAIN_OTHER,
                "data": [text],
            },
            limit_s=self._options.request_s,
            stage=_STAGE,
            provider=self.name,
        )
        sentences = self._sentences(reply)
        return vetted(sentences, text=text, num_variants=num_variants, provider=self.name)

    def _headers(self) -> dict[str, str]:
        options, stamp = self._options, timestamp(self._now())
        return {
            "x-client-key": options.client_key,
            "x-auth-timestamp": stamp,
            "x-client-signature": signature(
                client_id=options.client_id, client_secret=options.client_secret, stamp=stamp
            ),
            "charset": "utf-8",
        }

    def _sentences(self, reply: Reply) -> list[str]:
        """Read the sentences for the one text. Raises StageFailed."""
        match reply.status, reply.body:
            case 200, {"result": [[*sentences]]} if all(isinstance(s, str) for s in sentences):
                return sentences
            case (401 | 403 | 404) as status, _:
                raise self._failed(Failure.DENIED, str(status))
            case status, _ if status == 429 or status >= 500:
                raise self._failed(Failure.BUSY, str(status), retry_after_s=reply.retry_after_s)
        raise self._failed(Failure.UNREADABLE, f"status {reply.status}")

    def _failed(
        self, failure: Failure, detail: str, *, retry_after_s: float | None = None
    ) -> StageFailed:
        return StageFailed(
            stage=_STAGE,
            provider=self.name,
            failure=failure,
            detail=detail,
            retry_after_s=retry_after_s,
        )


def timestamp(now: datetime) -> str:
    """Write a time as KT reads it: Korea's, down to milliseconds, 17 digits."""
    korean = now.astimezone(KOREA)
    return f"{korean:%Y%m%d%H%M%S}{korean.microsecond // 1000:03}"


def signature(*, client_id: str, client_secret: str, stamp: str) -> str:
    """Sign a timestamp: HMAC-SHA256 in lowercase hex."""
    message = f"{client_id}:{stamp}".encode()
    return hmac.new(client_secret.encode(), message, hashlib.sha256).hexdigest()
