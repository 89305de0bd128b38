"""What can be set about text preparation. Values only; a key is never part of a repr."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PapagoOptions:
    """NAVER Cloud's Papago; used where both halves of the key are there."""

    endpoint: str = "https://papago.apigw.ntruss.com/nmt/v1/translation"
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    glossary_key: str | None = None
    connect_s: float = 2.0
    request_s: float = 4.0
    max_concurrent: int = 16  # calls of everybody together
    max_concurrent_per_request: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class KtOptions:
    """KT Genie Labs' paraphrasing; used where all three parts of the key are there."""

    endpoint: str = "https://aiapi.genielabs.ai/kt/nlp/paraphrasing"
    client_id: str = field(default="", repr=False)
    client_secret: str = field(default="", repr=False)
    client_key: str = field(default="", repr=False)
    request_s: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAiOptions:
    """Any server that speaks OpenAI's Chat Completions; used where a model is named."""

    base_url: str = "https://api.openai.com/v1"
    api_key: str = field(default="", repr=False)  # a local server wants none
    model: str = ""
    temperature: float | None = None  # sent only where set
    max_completion_tokens: int | None = None  # sent only where set
    request_s: float = 6.0
    max_concurrent: int = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepLOptions:
    """DeepL's API; used where the key is there."""

    endpoint: str = "https://api-free.deepl.com/v2/translate"
    auth_key: str = field(default="", repr=False)
    request_s: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MarianOptions:
    """A local translation model in CTranslate2's format; used where its folder is there."""

    folder: Path | None = None
    num_threads: int = 1
    beam_size: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TextOptions:
    """Providers in the order in which they are tried, limits, and time budgets."""

    one_call: tuple[str, ...] = ()  # translation and variants at once, before everything else
    paraphrasers: tuple[str, ...] = ("offline",)
    translators: tuple[str, ...] = ("glossary",)
    keyword_extractors: tuple[str, ...] = ("keybert", "frequency")
    translates_variants: bool = False  # by a service too: a call for each sentence
    weighs_keywords: bool = False  # puts them into `prompt_2`; else they are only named

    papago: PapagoOptions = PapagoOptions()
    kt: KtOptions = KtOptions()
    openai: OpenAiOptions = OpenAiOptions()
    deepl: DeepLOptions = DeepLOptions()
    marian: MarianOptions = MarianOptions()
    keyword_model: str | None = None  # a folder or a hub id; None takes the packaged one

    max_chars: int = 500
    num_variants: int = 8
    num_keywords: int = 8  # 0 looks for none

    total_s: float = 12.0
    reserve_s: float = 2.0  # of the total, for providers on this machine
    one_call_s: float = 8.0
    paraphrase_s: float = 4.0
    translate_s: float = 6.0
    keywords_s: float = 5.0  # 0.2 s when the processor is free

    daily_chars: int | None = None  # for each paid provider; None for no limit
    folder: Path | None = (
        None  # where the cache and the counts of characters are kept; None: nowhere
    )
    cache_bytes: int = 64_000_000
