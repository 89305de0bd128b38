"""The way of the project's origin, written anew from its description, to be measured beside ours.

Similar sentences by a language model or by KT, then a Papago call for each of them, one after the other and
blocking; keywords of every sentence for itself; each keyword with `+++` behind it as mere text, then quality
words, however long it gets. Two things are kinder than they were: the small sentence model is used in the
place of a large one, and it is loaded once for a picture at most.
"""

import json
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from pipeline.text.options import KtOptions, OpenAiOptions, PapagoOptions
from pipeline.text.paraphrase.kt import signature, timestamp

NUM_SIMILAR_LLM, NUM_SIMILAR_KT = 10, 50
QUALITY_WORDS = (
    "best quality", "super-detailed", "realistic", "true-to-life", "balanced", "well-defined", "clear",
    "realistic photography", "realism", "detailed faces",
)  # fmt: skip
_NUM_KEYWORDS = 5  # of each sentence

Extract = Callable[[str], Sequence[tuple[str, float]]]
"""(English sentence) → its best single words with their scores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What the two encoders are handed, however much of it they read."""

    prompt: str
    prompt_2: str


def prompts_of(sentences: Sequence[str], extract: Extract) -> Prompts:
    """Make the prompts from the translations, the person's own sentence last."""
    votes = Counter(word for sentence in sentences for word, _ in extract(sentence))
    keywords = [f"{word}+++" for word, _ in votes.most_common()]
    quality = [f"{words}++" for words in QUALITY_WORDS]
    return Prompts(prompt=sentences[-1], prompt_2=", ".join([*keywords, *quality]))


def load_extract(model_path: str) -> Extract:
    """Load KeyBERT; asks for the best words of one sentence at a time."""
    from keybert import KeyBERT
    from sentence_transformers import SentenceTransformer

    model = KeyBERT(model=SentenceTransformer(model_path, device="cpu"))

    def extract(sentence: str) -> Sequence[tuple[str, float]]:
        found: Sequence[tuple[str, float]] = model.extract_keywords(sentence, top_n=_NUM_KEYWORDS)
        return found

    return extract


class Services:
    """The services that were asked, each call on a connection of its own. Blocking."""

    def __init__(self, *, openai: OpenAiOptions, kt: KtOptions, papago: PapagoOptions) -> None:
        self._openai, self._kt, self._papago = openai, kt, papago

    def similar_by_llm(self, text: str) -> list[str]:
        """Ask for numbered sentences, and drop what stands before the first full stop of each line."""
        asked = f"다음 문장과 비슷한 문장을 {NUM_SIMILAR_LLM}개 써 줘: {text}"
        body = {
            "model": self._openai.model,
            "temperature": 0,
            "messages": [{"role": "user", "content": asked}],
        }
        key = {"Authorization": f"Bearer {self._openai.api_key}"}
        answer = _post(f"{self._openai.base_url}/chat/completions", key, body)
        lines = answer["choices"][0]["message"]["content"].splitlines()
        return [line.partition(".")[2].strip() for line in lines]

    def similar_by_kt(self, text: str) -> list[str]:
        """Ask for as many sentences as KT gives."""
        kt, stamp = self._kt, timestamp(datetime.now(UTC))
        signed = signature(client_id=kt.client_id, client_secret=kt.client_secret, stamp=stamp)
        headers = {
            "x-client-key": kt.client_key,
            "x-auth-timestamp": stamp,
            "x-client-signature": signed,
            "charset": "utf-8",
        }
        body = {
            "user_id": "origin", "ret_sentences": NUM_SIMILAR_KT, "diversity": "2", "domain": "3",
            "data": [text],
        }  # fmt: skip
        sentences: list[str] = _post(kt.endpoint, headers, body)["result"][0]
        return sentences

    def translate(self, text: str) -> str:
        """Ask Papago, with a form."""
        papago = self._papago
        headers = {
            "x-ncp-apigw-api-key-id": papago.client_id,
            "x-ncp-apigw-api-key": papago.client_secret,
        }
        answer = _post(
            papago.endpoint, headers, urlencode({"source": "ko", "target": "en", "text": text})
        )
        english: str = answer["message"]["result"]["translatedText"]
        return english


def _post(url: str, headers: dict[str, str], body: object) -> Any:
    """Send a form, or anything else as JSON, and read the JSON that comes."""
    is_form = isinstance(body, str)
    raw = body if isinstance(body, str) else json.dumps(body)
    kind = "application/x-www-form-urlencoded" if is_form else "application/json"
    request = urllib.request.Request(
        url, data=raw.encode(), headers={**headers, "Content-Type": kind}
    )
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)
