"""Who does the stages that have a choice: built from the options, in the order that they name.

A provider whose key or files are missing is left out: the order says what is wanted, the keys what is
there. Owns what providers share: the session, the counts of characters, the threads.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from pipeline.errors import StageFailed
from pipeline.text.allowance import Allowances, Spend
from pipeline.text.chain import Provider
from pipeline.text.http import Http
from pipeline.text.keywords import KeywordExtractor, SentenceModel
from pipeline.text.llm import Llm
from pipeline.text.one_call import Wordsmith
from pipeline.text.one_call.openai import OpenAiWordsmith
from pipeline.text.options import TextOptions
from pipeline.text.paraphrase import Paraphraser
from pipeline.text.paraphrase.kt import KtParaphraser
from pipeline.text.paraphrase.offline import OfflineParaphraser
from pipeline.text.paraphrase.openai import OpenAiParaphraser
from pipeline.text.thread import TextThread
from pipeline.text.translate import Translator
from pipeline.text.translate.deepl import DeepLTranslator
from pipeline.text.translate.glossary import Glossary, GlossaryTranslator
from pipeline.text.translate.marian import MarianTranslator, is_marian
from pipeline.text.translate.openai import OpenAiTranslator
from pipeline.text.translate.papago import PapagoTranslator

P = TypeVar("P", bound=Provider)
Choices = Mapping[str, tuple[object, Callable[[], P]]]
"""Name → what must be there (a key, a folder), and how the provider is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """The providers of every stage, in the order in which they are tried."""

    wordsmiths: tuple[Wordsmith, ...] = ()
    paraphrasers: tuple[Paraphraser, ...] = ()
    translators: tuple[Translator, ...] = ()
    keyword_extractors: tuple[KeywordExtractor, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Give every provider's name once, in the order of the stages."""
        stages = (self.wordsmiths, self.paraphrasers, self.translators, self.keyword_extractors)
        return tuple(dict.fromkeys(provider.name for stage in stages for provider in stage))


class Shared:
    """What providers share, and the providers themselves. Lives as long as the text pipeline."""

    def __init__(self, options: TextOptions, thread: TextThread, glossary: Glossary) -> None:
        self._options, self._thread, self._glossary = options, thread, glossary
        self._http, self._llm = Http(), Llm(options.openai)
        self._keywords, self._translation = TextThread("keywords"), TextThread("marian")
        self._marian = MarianTranslator(options.marian, self._translation)
        counts = options.folder / "characters.json" if options.folder else None
        self._allowances = Allowances(daily_chars=options.daily_chars, path=counts)

    def spent(self, provider: str) -> int:
        """Return the characters that a provider was sent today."""
        return self._allowances.spent(provider)

    def providers(self) -> Providers:
        """Make the providers that the options name. Raises ValueError for a name that nobody has."""
        options = self._options
        return Providers(
            wordsmiths=_pick(self._wordsmiths(), options.one_call),
            paraphrasers=_pick(self._paraphrasers(), options.paraphrasers),
            translators=_pick(self._translators(), options.translators),
            keyword_extractors=_pick(self._extractors(), options.keyword_extractors),
        )

    async def load(self) -> None:
        """Import what is slow to import, where it is used."""
        if self._options.openai.model:
            await self._llm.load()
        if self._has_marian and "marian" in self._options.translators:
            with suppress(StageFailed):  # its turn will tell why
                await self._marian.load()

    async def close(self) -> None:
        """Close the connections and end the threads; idempotent."""
        await self._http.close()
        await self._llm.close()
        for thread in (self._keywords, self._translation):
            thread.close()

    @property
    def _has_marian(self) -> bool:
        folder = self._options.marian.folder
        return folder is not None and is_marian(folder)

    def _wordsmiths(self) -> Choices[Wordsmith]:
        return {
            "openai": (
                self._options.openai.model,
                lambda: OpenAiWordsmith(
                    self._llm, spend=self._spend("openai"), known_words=self._known_words
                ),
            )
        }

    def _paraphrasers(self) -> Choices[Paraphraser]:
        kt = self._options.kt
        return {
            "openai": (
                self._options.openai.model,
                lambda: OpenAiParaphraser(self._llm, spend=self._spend("openai")),
            ),
            "kt": (
                kt.client_id and kt.client_secret and kt.client_key,
                lambda: KtParaphraser(kt, self._http, spend=self._spend("kt")),
            ),
            "offline": (True, OfflineParaphraser),
        }

    def _translators(self) -> Choices[Translator]:
        papago, deepl = self._options.papago, self._options.deepl
        return {
            "papago": (
                papago.client_id and papago.client_secret,
                lambda: PapagoTranslator(papago, self._http, spend=self._spend("papago")),
            ),
            "deepl": (
                deepl.auth_key,
                lambda: DeepLTranslator(deepl, self._http, spend=self._spend("deepl")),
            ),
            "openai": (
                self._options.openai.model,
                lambda: OpenAiTranslator(self._llm, spend=self._spend("openai")),
            ),
            "marian": (self._has_marian, lambda: self._marian),
            "glossary": (True, lambda: GlossaryTranslator(self._glossary, self._thread)),
        }

    def _extractors(self) -> Choices[KeywordExtractor]:
        model = SentenceModel(self._options.keyword_model)
        return {
            "keybert": (True, lambda: KeywordExtractor(self._keywords, model=model)),
            "frequency": (True, lambda: KeywordExtractor(self._keywords, model=None)),
        }

    def _spend(self, provider: str) -> Spend:
        return self._allowances.spender(provider)

    async def _known_words(self, text: str) -> frozenset[str]:
        """Give the English words that the glossary knows for a Korean text."""
        known = await self._thread.run(self._glossary.translate, text)
        return frozenset(re.findall(r"[a-z]+", known.english.lower()))


def _pick(choices: Choices[P], names: Sequence[str]) -> tuple[P, ...]:
    """Make the named providers that have what they need."""
    unknown = [name for name in names if name not in choices]
    if unknown:
        raise ValueError(f"unknown providers {unknown}; there are {sorted(choices)}")
    return tuple(make() for is_there, make in (choices[name] for name in names) if is_there)
