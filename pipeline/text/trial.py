"""Asks every provider once, whether it rests or not: what an operator wants to know before others ask it.

Event loop only. Does not know how a trial is shown.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from pipeline.errors import Failure, StageFailed
from pipeline.text.chain import Provider
from pipeline.text.options import TextOptions
from pipeline.text.providers import Providers
from pipeline.types import ProviderFailure

TEXT = "노을 지는 바다 위의 고래"
_LOAD_LIMIT_S = 120.0  # a sentence model may have to be read first
_SENTENCES = ("a whale over the sea at sunset", "a whale above the ocean at dusk", "a sea whale")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What one provider answered to an ordinary sentence."""

    stage: str
    provider: str
    is_local: bool
    ms: float
    num_chars: int  # that it was sent and that count, 0 for a provider on this machine
    answer: str = ""
    failure: ProviderFailure | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """What one provider is asked."""

    stage: str
    provider: str
    is_local: bool
    limit_s: float
    ask: Callable[[], Awaitable[str]]


async def try_all(
    providers: Providers, options: TextOptions, *, spent: Callable[[str], int]
) -> AsyncGenerator[Trial]:
    """Ask one provider after the other; `spent` gives the characters that one was sent today."""
    for question in _questions(providers, options):
        name, before, begin = question.provider, spent(question.provider), time.perf_counter()
        answer, failure = "", None
        try:
            async with asyncio.timeout(question.limit_s):
                answer = await question.ask()
        except StageFailed as failed:
            failure = ProviderFailure(provider=name, failure=failed.failure, detail=failed.detail)
        except TimeoutError:
            failure = ProviderFailure(provider=name, failure=Failure.TIMED_OUT)
        yield Trial(
            stage=question.stage,
            provider=name,
            is_local=question.is_local,
            ms=(time.perf_counter() - begin) * 1000,
            num_chars=spent(name) - before,
            answer=answer,
            failure=failure,
        )


def _questions(providers: Providers, options: TextOptions) -> list[_Question]:
    """List what to ask whom."""

    async def word(index: int) -> str:
        worded = await providers.wordsmiths[index].word(TEXT, terms={}, num_variants=4)
        return " / ".join((worded.english, *worded.variants))

    async def paraphrase(index: int) -> str:
        return " / ".join(await providers.paraphrasers[index].paraphrase(TEXT, num_variants=4))

    async def translate(index: int) -> str:
        return (await providers.translators[index].translate((TEXT,)))[0].english

    async def extract(index: int) -> str:
        extractor = providers.keyword_extractors[index]
        await extractor.load()
        found = await extractor.extract(_SENTENCES, num_keywords=options.num_keywords)
        return ", ".join(f"{word} {weight:.2f}" for word, weight in found)

    stages: tuple[tuple[str, Sequence[Provider], float, Callable[[int], Awaitable[str]]], ...] = (
        ("one_call", providers.wordsmiths, options.one_call_s, word),
        ("paraphrase", providers.paraphrasers, options.paraphrase_s, paraphrase),
        ("translate", providers.translators, options.translate_s, translate),
        ("keywords", providers.keyword_extractors, _LOAD_LIMIT_S, extract),
    )
    return [
        _Question(
            stage=stage,
            provider=one.name,
            is_local=one.is_local,
            limit_s=limit_s,
            ask=partial(ask, index),
        )
        for stage, those, limit_s, ask in stages
        for index, one in enumerate(those)
    ]
