"""The order of the stages: gate → read → word → keywords → budget → gate, and the trace of all of them.

Equal requests share the work between reading and the budget, while it is under way and, from the cache,
for some time after. Awaits on the event loop; what takes the processor runs on threads of its own.
Does not know what any stage does inside, nor who asked, nor what is unsafe.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from types import MappingProxyType

from pipeline.errors import PromptTooLong, Rule, StageFailed, WeightOutOfRange
from pipeline.text.budget import Filled, Ingredients, fill
from pipeline.text.cache import Cache, Flights, Seal
from pipeline.text.chain import Chain, Circuits, Deadline
from pipeline.text.emphasis import own_emphases
from pipeline.text.fingerprint import digest, fingerprint
from pipeline.text.judging import Asked, Judge, asked_of
from pipeline.text.keywords import KeywordExtractor, Keywords
from pipeline.text.korean import Korean
from pipeline.text.made import Made, made_from
from pipeline.text.normalise import normalise
from pipeline.text.options import TextOptions
from pipeline.text.providers import Providers, Shared
from pipeline.text.reader import NotUnderstood, Reader, Understood, unread
from pipeline.text.revise import Revised, revise
from pipeline.text.thread import TextThread
from pipeline.text.trace import Trace
from pipeline.text.translate.glossary import Glossary
from pipeline.text.trial import Trial, try_all
from pipeline.text.wording import PERSON, FixedEnglish, Worder
from pipeline.types import (
    Audience,
    Preparation,
    PreparedPrompt,
    ProviderHealth,
    SecondOpinion,
    TextGate,
    TokenCounter,
    Verdict,
)

_NO_TERMS: Mapping[str, str] = MappingProxyType({})
_DEGRADED_FOR_S = 60.0  # so long is a result kept that was made without a provider that was wanted


class Preparer:
    """Turns messages into prompts. Lives as long as the program; `close` ends its threads."""

    def __init__(
        self,
        options: TextOptions,
        count_tokens: TokenCounter,
        *,
        providers: Providers | None = None,
        seal: Seal | None = None,
        gate: TextGate | None = None,
        opinion: SecondOpinion | None = None,
    ) -> None:
        """Without a `seal` nothing that people wrote reaches a file, without a `gate` everything passes.

        The second `opinion` is loaded and closed with it.
        """
        self._options, self._count = options, count_tokens
        self._thread, self._korean = TextThread("text"), Korean()
        self._glossary = Glossary(self._korean)
        self._shared = Shared(options, self._thread, self._glossary)
        self._providers = providers or self._shared.providers()
        self._judge = Judge(gate, opinion)
        self._circuits = Circuits()
        self._reader = Reader(self._korean, self._glossary, max_chars=options.max_chars)
        self._worder = Worder(
            options,
            self._providers,
            circuits=self._circuits,
            thread=self._thread,
            korean=self._korean,
            glossary=self._glossary,
        )
        self._extractors = Chain[KeywordExtractor](
            "keywords", self._providers.keyword_extractors, circuits=self._circuits
        )
        folder = options.folder / "prompts" if options.folder else None
        self._cache = Cache(folder=folder, max_bytes=options.cache_bytes, seal=seal)
        self._flights = Flights[Made]()

    async def load_language(self) -> None:
        """Load Kiwi and the glossary, which other models may be loaded beside."""
        await self._thread.run(self._korean.load)
        await self._thread.run(self._glossary.load)
        await self._thread.run(fingerprint)

    async def warm_up(self) -> None:
        """Load what the first message would wait for: the language and the models that are used."""
        await self.load_language()
        await self._shared.load()
        await self._judge.load()
        await self._load_first_extractor()

    async def close(self) -> None:
        """End the threads and close the connections; idempotent."""
        await self._judge.close()
        await self._shared.close()
        self._thread.close()

    def health(self) -> tuple[ProviderHealth, ...]:
        """Say of every provider whether it is asked now, and what it was sent today."""
        resting = self._circuits.resting()
        providers = (
            ProviderHealth(
                name=name, resting_for=resting.get(name), chars_today=self._shared.spent(name)
            )
            for name in self._providers.names()
        )
        return (*providers, *self._judge.health())

    def try_providers(self) -> AsyncGenerator[Trial]:
        """Ask every provider once."""
        return try_all(self._providers, self._options, spent=self._shared.spent)

    def left_out(self) -> tuple[str, ...]:
        """Name the providers that the options want and whose key or files are missing."""
        options, there = self._options, self._providers.names()
        wanted = (*options.one_call, *options.paraphrasers, *options.translators)
        return tuple(name for name in dict.fromkeys(wanted) if name not in there)

    async def prepare(
        self,
        text: str,
        *,
        negative: str = "",
        terms: Mapping[str, str] = _NO_TERMS,
        english: str = "",
        words: Sequence[tuple[str, float]] = (),
        is_over_photo: bool = False,
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
    ) -> Preparation:
        """Turn a message into prompts, or say in the verdict why there are none.

        `negative` is what the person does not want to see, in Korean or English; `terms` are Korean words
        with the English that stands for them in the place where the message was written. `english` takes
        the place of the translation (where it has Hangul, it is what is translated), and `words` with their
        weights, 0.5 to 1.5, that of the keywords. Over a photo, a style alone is enough.
        Raises StageFailed when every translator failed, WeightOutOfRange for a person's own weight, and
        PromptTooLong for English that is longer than a message may be.
        """
        trace = Trace()
        own = self._own_english(english)
        emphases = own_emphases(words)
        asked = asked_of(
            text, english=english, words=words, terms=terms, negative=negative,
            audience=audience, forbidden=forbidden,
        )  # fmt: skip
        rule = await self._thread.run(self._judge.before, asked, trace)
        found = await self._thread.run(
            lambda: self._reader.read(text, trace, is_over_photo=is_over_photo)
        )
        if rule is not None:
            subject = found.subject if isinstance(found, Understood) else None
            return _unsafe(text, rule, trace, subject=subject)
        if isinstance(found, NotUnderstood):
            if not own:
                return Preparation(
                    text=text,
                    verdict=found.verdict,
                    suggestion=found.suggestion,
                    stages=tuple(trace.records),
                )
            found = unread(self._normalised(text), subject=own)
        unwanted = self._normalised(negative)
        if emphases:
            found = replace(found, emphases=emphases)
        work = self._shared_work(
            found, unwanted, FixedEnglish(terms), english=own, has_words=bool(emphases)
        )
        made, asked, rule = await self._judge.beside(work, asked, trace)
        trace.records += made.stages
        if rule is not None:
            return await self._refuse(found, rule, trace, text=text)
        wording, style = made.wording, found.style.name if found.style else None
        if not wording.english:
            return Preparation(
                text=text, verdict=Verdict.UNTRANSLATABLE, subject=found.subject, style=style,
                unknown_words=wording.unknown_words, stages=tuple(trace.records),
            )  # fmt: skip
        made = await self._thread.run(self._harmless, asked, made)
        ingredients = _ingredients(found, made, weighs_keywords=self._options.weighs_keywords)
        filled = await self._thread.run(self._fill, ingredients, trace)
        rule = await self._thread.run(
            lambda: self._judge.after(asked, filled.prompt, trace, english=wording.english)
        )
        if rule is not None:
            return await self._refuse(found, rule, trace, text=text)
        return Preparation(
            text=text,
            verdict=Verdict.OK,
            subject=found.subject,
            english=wording.english,
            variants=made.wording.variants,
            keywords=wording.emphases if emphases else made.keywords,
            style=style,
            unknown_words=wording.unknown_words,
            translator=wording.translator,
            prompt=filled.prompt,
            tokens=filled.tokens,
            stages=tuple(trace.records),
        )

    async def judged(
        self,
        prepared: Preparation,
        *,
        negative: str = "",
        audience: Audience = Audience.EVERYBODY,
        forbidden: Collection[str] = (),
    ) -> Preparation:
        """Judge all texts of what was prepared elsewhere; gives it back, or that it is unsafe.

        Whoever says how a text was prepared once can say anything.
        """
        trace, prompt = Trace(), prepared.prompt
        drawn = map(PreparedPrompt.text_of, (prompt.prompt, prompt.prompt_2)) if prompt else ()
        asked = Asked(
            text=prepared.text,
            english=prepared.english or "",
            words=(*drawn, prepared.subject or "", *prepared.variants),
            unwanted=negative,
            audience=audience,
            forbidden=tuple(forbidden),
        )
        rule = await self._thread.run(self._judge.before, asked, trace)
        if rule is None:
            _, asked, rule = await self._judge.beside(asyncio.sleep(0), asked, trace)
        if rule is None and prompt is not None:
            rule = await self._thread.run(
                lambda: self._judge.after(asked, prompt, trace, english=asked.english)
            )
        if rule is not None:
            return _unsafe(prepared.text, rule, trace, subject=prepared.subject)
        return prepared

    async def forget(self, text: str) -> None:
        """Drop what is remembered of a message, whatever it was prepared with. Raises OSError.

        What was made of it is known by its words: an equal message of somebody else is prepared anew.
        """
        with suppress(WeightOutOfRange):  # it was never prepared
            found = await self._thread.run(self._reader.read, text, Trace())
            words = found.text if isinstance(found, Understood) else self._normalised(text)
            await self._cache.forget(_name_of(words))

    async def revise(self, text: str, change: str) -> Revised:
        """Change a message as somebody said of its picture: "더 밝게, 바다 빼고"."""
        return await self._thread.run(
            revise, text, change, self._korean, max_chars=self._options.max_chars
        )

    async def forget_unused(self, *, for_s: float) -> None:
        """Drop from the files what no message has needed for so long. Raises OSError."""
        await self._cache.forget_unused(for_s=for_s)

    async def _refuse(
        self, found: Understood, rule: Rule, trace: Trace, *, text: str
    ) -> Preparation:
        """Refuse what only its English gave away, and forget that."""
        with suppress(OSError):  # the file is swept with the others
            await self._cache.forget(_name_of(found.text))
        return _unsafe(text, rule, trace, subject=found.subject)

    def _harmless(self, asked: Asked, made: Made) -> Made:
        """Leave out similar sentences and keywords that break a rule, on the text thread."""
        english = made.wording.english
        variants = self._judge.harmless(asked, english, made.wording.variants)
        words = self._judge.harmless(asked, english, [word for word, _ in made.keywords])
        return replace(
            made,
            wording=replace(made.wording, variants=variants),
            keywords=tuple(one for one in made.keywords if one[0] in words),
        )

    async def _shared_work(
        self,
        found: Understood,
        negative: str,
        terms: FixedEnglish,
        *,
        english: str,
        has_words: bool,
    ) -> Made:
        """Make the wording and its keywords, or take them from who makes or made the same."""
        key = _name_of(found.text) + digest(
            fingerprint(), repr(self._options), found.absent, negative,
            [[one.words, one.weight] for one in found.emphases], terms.own.as_mapping(found.text),
            english, has_words,
        )  # fmt: skip
        if (kept := await self._cache.get(key)) is not None:
            return made_from(kept)
        return await self._flights.share(
            key,
            lambda: self._make(key, found, negative, terms, english=english, has_words=has_words),
        )

    async def _make(
        self,
        key: str,
        found: Understood,
        negative: str,
        terms: FixedEnglish,
        *,
        english: str,
        has_words: bool,
    ) -> Made:
        trace = Trace()
        deadline = Deadline(total_s=self._options.total_s, reserve_s=self._options.reserve_s)
        wording = await self._worder.word(
            found, negative=negative, terms=terms, english=english, trace=trace, deadline=deadline
        )
        keywords: Keywords = ()
        if has_words:
            with trace.stage("keywords") as record:
                record.provider = PERSON
        elif wording.english:
            sentences = (wording.english, *wording.variants)
            keywords = await self._keywords(sentences, trace, deadline)
        made = Made(wording=wording, keywords=keywords, stages=tuple(trace.records))
        await self._cache.put(
            key, asdict(made), only_for_s=_DEGRADED_FOR_S if made.is_degraded else None
        )
        return made

    async def _keywords(
        self, sentences: Sequence[str], trace: Trace, deadline: Deadline
    ) -> Keywords:
        """Get keywords; a picture can be drawn without."""
        with trace.stage("keywords") as record:
            # Loading takes longer than keywords may: without a warm-up it must not count as their time.
            await self._load_first_extractor()
            answer = await self._extractors.ask(
                lambda p: p.extract(sentences, num_keywords=self._options.num_keywords),
                record=record,
                limit_s=self._options.keywords_s,
                deadline=deadline,
            )
        return answer.value if answer else ()

    async def _load_first_extractor(self) -> None:
        """Load what the preferred extractor needs; when that fails, its turn will tell why."""
        for extractor in self._extractors.providers[:1]:
            with suppress(StageFailed):
                await extractor.load()

    def _own_english(self, english: str) -> str:
        """Check English that a person wrote. Raises PromptTooLong."""
        normalised = normalise(english, max_chars=self._options.max_chars)
        if normalised.is_cut:
            raise PromptTooLong(num_chars=normalised.num_chars, max_chars=self._options.max_chars)
        return normalised.text

    def _normalised(self, text: str) -> str:
        return normalise(text, max_chars=self._options.max_chars).text

    def _fill(self, ingredients: Ingredients, trace: Trace) -> Filled:
        """Spend the token budget, on the text thread."""
        with trace.stage("budget") as stage:
            filled = fill(ingredients, self._count)
            if filled.dropped:
                stage.note = "dropped: " + "; ".join(filled.dropped)
            return filled


def _name_of(text: str) -> str:
    """Give what the keys of everything begin with that is remembered of a text, with any options."""
    return digest(text)[:32]


def _unsafe(text: str, rule: Rule, trace: Trace, *, subject: str | None) -> Preparation:
    return Preparation(
        text=text,
        verdict=Verdict.UNSAFE,
        rule=rule,
        subject=subject,
        stages=tuple(trace.records),
    )


def _ingredients(found: Understood, made: Made, *, weighs_keywords: bool) -> Ingredients:
    return Ingredients(
        english=made.wording.english,
        keywords=made.keywords if weighs_keywords else (),
        emphases=made.wording.emphases,
        style=found.style,
        earlier_styles=found.earlier_styles,
        negative=made.wording.negative,
        absent=made.wording.absent,
    )
