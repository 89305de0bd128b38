"""DeepL as a translator: one call for all texts.

The one place that knows its contract. It was never called with a real key. Event loop only.
Source: developers.deepl.com, and the API description at github.com/DeepLcom/openapi, version 3.5.
"""

from collections.abc import Sequence

from pipeline.errors import Failure, StageFailed
from pipeline.text.allowance import Spend
from pipeline.text.http import Http, Reply
from pipeline.text.options import DeepLOptions
from pipeline.text.retry import with_one_retry
from pipeline.text.translate import Translation
from pipeline.text.translate.vetting import all_vetted

MAX_TEXTS = 50  # in one call

_FAILURES = {
    401: Failure.DENIED,
    403: Failure.DENIED,  # the key is wrong, or one of the other plan's: each plan has its own host
    404: Failure.DENIED,  # the endpoint is wrong
    413: Failure.UNFIT,
    414: Failure.UNFIT,
    429: Failure.BUSY,
    456: Failure.QUOTA,
}  # from 500 on: BUSY, 529 among them; whatever else: UNREADABLE


class DeepLTranslator:
    """DeepL as a provider. Lives as long as the text pipeline."""

    name = "deepl"
    is_local = False
    num_places = None
    knows_culture = False

    def __init__(self, options: DeepLOptions, http: Http, *, spend: Spend) -> None:
        self._options, self._http, self._spend = options, http, spend

    async def translate(self, texts: Sequence[str]) -> tuple[Translation, ...]:
        """Translate all texts by one call; what is beyond the largest call stays empty."""
        wanted = [text for text in texts if text][:MAX_TEXTS]
        answered = iter(await with_one_retry(lambda: self._ask(wanted)) if wanted else ())
        englishes = [next(answered, "") if text else "" for text in texts]
        return all_vetted(englishes, texts=texts, provider=self.name)

    async def _ask(self, texts: list[str]) -> list[str]:
        """Make one call. Raises StageFailed."""
        self._spend(sum(map(len, texts)))
        reply = await self._http.post(
            self._options.endpoint,
            headers={"Authorization": f"DeepL-Auth-Key {self._options.auth_key}"},
            body={"text": texts, "source_lang": "KO", "target_lang": "EN-US"},
            limit_s=self._options.request_s,
            stage="translate",
            provider=self.name,
        )
        if reply.status != 200:
            by_status = Failure.BUSY if reply.status >= 500 else Failure.UNREADABLE
            raise self._failed(reply, _FAILURES.get(reply.status, by_status), f"{reply.status}")
        englishes = _englishes(reply.body)
        if len(englishes) != len(texts):
            raise self._failed(
                reply,
                Failure.UNREADABLE,
                f"{len(englishes)} translations for {len(texts)} texts",
            )
        return englishes

    def _failed(self, reply: Reply, failure: Failure, detail: str) -> StageFailed:
        return StageFailed(
            stage="translate",
            provider=self.name,
            failure=failure,
            detail=detail,
            retry_after_s=reply.retry_after_s,
        )


def _englishes(body: object) -> list[str]:
    """Read the translations of an answer; none where it is no such answer."""
    match body:
        case {"translations": list(translations)}:
            return [
                one["text"]
                for one in translations
                if isinstance(one, dict) and isinstance(one.get("text"), str)
            ]
    return []
