"""Papago of NAVER Cloud as a translator: one call for each text, a few of them at a time.

The one place that knows its contract: headers, fields, both shapes of its errors and what their codes
mean. Its terms want "Translated by Papago" wherever its English is shown; whoever shows it reads the
provider's name in the trace. It was never called with a real key. Event loop only.
Source: api.ncloud-docs.com, "Papago Text Translation" and its common response codes.
"""

import asyncio
import re
from collections.abc import Sequence

import structlog

from pipeline.errors import Failure, StageFailed
from pipeline.text.allowance import Spend
from pipeline.text.http import Http, Reply
from pipeline.text.normalise import has_hangul
from pipeline.text.options import PapagoOptions
from pipeline.text.retry import with_one_retry
from pipeline.text.translate import Translation
from pipeline.text.translate.vetting import vetted

log = structlog.get_logger(__name__)

MAX_CHARS = 5_000  # of one text

# One status stands for several things (429 for three), so the code decides where there is one.
_FAILURES = {
    "200": Failure.DENIED,  # the key is wrong
    "210": Failure.DENIED,  # the key may not do this
    "300": Failure.DENIED,  # the endpoint is wrong
    "400": Failure.QUOTA,
    "410": Failure.BUSY,
    "420": Failure.BUSY,
    "430": Failure.UNFIT,
    "500": Failure.BUSY,
    "510": Failure.BUSY,
    "900": Failure.BUSY,
    "N2MT08": Failure.UNFIT,  # too long
    "N2MT09": Failure.UNFIT,  # in no language that it knows
    "N2MT99": Failure.BUSY,
}
_OUR_MISTAKES = frozenset({"100", *(f"N2MT{n:02}" for n in (1, 2, 3, 4, 6, 7))})
_FAILURES_BY_STATUS = {
    401: Failure.DENIED,
    403: Failure.DENIED,
    404: Failure.DENIED,
    413: Failure.UNFIT,
    429: Failure.BUSY,
}
_QUOTA_HINT = "used up, or the API is not ticked for this application in the console"


class PapagoTranslator:
    """Papago as a provider. Lives as long as the text pipeline."""

    name = "papago"
    is_local = False
    knows_culture = False

    def __init__(self, options: PapagoOptions, http: Http, *, spend: Spend) -> None:
        self._options, self._http, self._spend = options, http, spend
        self.num_places = options.max_concurrent
        self._glossary_key = options.glossary_key
        self._free_calls = asyncio.Semaphore(options.max_concurrent)

    async def translate(self, texts: Sequence[str]) -> tuple[Translation, ...]:
        """Translate all texts; the calls for the others end when the first has failed."""
        places = asyncio.Semaphore(self._options.max_concurrent_per_request)
        others = [asyncio.create_task(self._translate_or_leave(text, places)) for text in texts[1:]]
        try:
            async with places:
                own = [await self._translate(text) for text in texts[:1]]
            return (*own, *await asyncio.gather(*others))
        finally:
            for task in others:
                task.cancel()

    async def _translate_or_leave(self, text: str, places: asyncio.Semaphore) -> Translation:
        try:
            async with places:
                return await self._translate(text)
        except StageFailed as failed:
            log.info("similar sentence left out", provider=self.name, failure=failed.failure)
            return Translation(english="")

    async def _translate(self, text: str) -> Translation:
        """Translate one text. Raises StageFailed."""
        if not text:
            return Translation(english="")
        fields = {"source": "ko", "target": "en", "text": text}
        if self._glossary_key is not None:
            fields["glossaryKey"] = self._glossary_key
        reply = await with_one_retry(lambda: self._ask(fields))
        corrected = self._corrected(fields, _code(reply.body))
        if corrected is not None:
            reply = await self._ask(corrected)
        return vetted(self._english(reply, text), text=text, provider=self.name)

    async def _ask(self, fields: dict[str, str]) -> Reply:
        """Make one call. Raises StageFailed for what another try may cure, and for the wire."""
        async with self._free_calls:
            self._spend(len(fields["text"]))
            reply = await self._http.post(
                self._options.endpoint,
                headers={
                    "x-ncp-apigw-api-key-id": self._options.client_id,
                    "x-ncp-apigw-api-key": self._options.client_secret,
                },
                body=fields,
                limit_s=self._options.request_s,
                connect_s=self._options.connect_s,
                stage="translate",
                provider=self.name,
            )
        if _translated_text(reply) is None and _failure(reply) is Failure.BUSY:
            raise self._failed(reply)
        return reply

    def _corrected(self, fields: dict[str, str], code: str) -> dict[str, str] | None:
        """Give what to send instead of a refused request; None where nothing else helps."""
        if code == "N2MT08":
            text = fields["text"]
            end = MAX_CHARS if len(text) > MAX_CHARS else len(text) // 2
            return {**fields, "text": text[:end]} if end else None
        if code == "N2MT09":
            return {**fields, "source": "ko"}
        if code == "N2MT10" and "glossaryKey" in fields:
            if self._glossary_key is not None:
                log.error("papago does not know the glossary", setting="papago.glossary_key")
            self._glossary_key = None  # not sent again: each time would cost a call
            return {name: value for name, value in fields.items() if name != "glossaryKey"}
        return None

    def _english(self, reply: Reply, text: str) -> str:
        """Read an answer. Raises StageFailed where it is none."""
        english = _translated_text(reply)
        if english is not None:
            return english
        code = _code(reply.body)
        if code == "N2MT05" and not has_hangul(text):
            return text  # it was English already
        if code in _OUR_MISTAKES:
            log.error("papago finds our request wrong", code=code)
        raise self._failed(reply)

    def _failed(self, reply: Reply) -> StageFailed:
        code, failure = _code(reply.body), _failure(reply)
        detail = f"{reply.status}/{code}" if code else f"{reply.status}"
        return StageFailed(
            stage="translate",
            provider=self.name,
            failure=failure,
            detail=f"{detail}: {_QUOTA_HINT}" if failure is Failure.QUOTA else detail,
            retry_after_s=reply.retry_after_s,
        )


def _translated_text(reply: Reply) -> str | None:
    """Read the one field of a success that counts; every other is ignored."""
    match reply.body:
        case {"message": {"result": {"translatedText": str(english)}}} if reply.status == 200:
            return english
    return None


def _code(body: object) -> str:
    """Read the code of an error in either shape; empty where there is none.

    The gateway nests it in `error`, the translator does not always; numbers are as good as strings.
    """
    match body:
        case {"error": {"errorCode": int() | str() as code}} | {"errorCode": int() | str() as code}:
            # Only what looks like one: it is logged.
            return str(code) if re.fullmatch(r"[A-Z0-9]{1,8}", str(code)) else ""
    return ""


def _failure(reply: Reply) -> Failure:
    """Say what an answer without a translation means: by its code, or else by its status."""
    code = _code(reply.body)
    if code in _OUR_MISTAKES:
        return Failure.UNREADABLE
    by_status = Failure.BUSY if reply.status >= 500 else Failure.UNREADABLE
    return _FAILURES.get(code) or _FAILURES_BY_STATUS.get(reply.status, by_status)
