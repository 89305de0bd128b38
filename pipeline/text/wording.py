"""Puts what was understood into English: one call where there is one, else similar sentences and translation.

A person's sentence may cost one call; absent things, unwanted things and weighted words are looked up in
the glossary first, and only what it does not know travels with the sentence. Similar sentences are
translated on this machine, or by a service where the options ask for the origin's way.
Awaits on the event loop; Kiwi and the glossary run on the text thread. Does not know keywords or budgets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.errors import Failure, StageFailed
from pipeline.text.chain import Chain, Circuits, Deadline
from pipeline.text.korean import Korean
from pipeline.text.normalise import has_hangul
from pipeline.text.one_call import Worded, Wordsmith
from pipeline.text.options import TextOptions
from pipeline.text.paraphrase import Paraphraser
from pipeline.text.providers import Providers
from pipeline.text.reader import Understood
from pipeline.text.terms import Hidden, Terms
from pipeline.text.thread import TextThread
from pipeline.text.trace import Trace
from pipeline.text.translate import Translation, Translator
from pipeline.text.translate.glossary import Glossary
from pipeline.text.translate.lexicon import culture_words

PERSON = "person"  # the provider of what somebody wrote or chose


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A message in English. `english` is empty where no word was known."""

    english: str
    variants: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    negative: str = ""
    emphases: tuple[tuple[str, float], ...] = ()
    unknown_words: tuple[str, ...] = ()
    translator: str = ""


class FixedEnglish:
    """What has a fixed English: a place's own words, and Korean things; the place's word goes first."""

    def __init__(self, terms: Mapping[str, str]) -> None:
        self.own = Terms(terms)
        self.all = Terms({**culture_words(), **terms}) if terms else _culture()


@cache
def _culture() -> Terms:
    return Terms(culture_words())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sides:
    """The short texts beside the sentence, each as the glossary has it."""

    texts: tuple[str, ...]  # absent things, unwanted things, weighted words
    known: tuple[Translation, ...]

    @property
    def open(self) -> tuple[str, ...]:
        """The texts that the glossary does not know all of."""
        return tuple(t for t, k in zip(self.texts, self.known, strict=True) if k.unknown_words)

    def with_answers(self, answers: Sequence[Translation]) -> tuple[Translation, ...]:
        """Put answers to the open ones in their places; one that is empty changes nothing."""
        left = iter(answers)
        filled = []
        for known in self.known:
            answer = next(left, None) if known.unknown_words else None
            filled.append(answer if answer is not None and answer.english else known)
        return tuple(filled)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    """The sentence in English with what came along, and who translated it."""

    translation: Translation
    variants: tuple[str, ...] = ()
    translator: str = ""


class Worder:
    """Words what was understood. Lives as long as the text pipeline."""

    def __init__(
        self,
        options: TextOptions,
        providers: Providers,
        *,
        circuits: Circuits,
        thread: TextThread,
        korean: Korean,
        glossary: Glossary,
    ) -> None:
        self._options, self._thread = options, thread
        self._korean, self._glossary = korean, glossary
        self._wordsmiths = Chain[Wordsmith]("one_call", providers.wordsmiths, circuits=circuits)
        self._translators = Chain[Translator]("translate", providers.translators, circuits=circuits)
        # Similar sentences of a service would each need a translation by a service.
        paraphrasers = [
            p for p in providers.paraphrasers if p.is_local or options.translates_variants
        ]
        self._paraphrasers = Chain[Paraphraser]("paraphrase", paraphrasers, circuits=circuits)

    async def word(
        self,
        found: Understood,
        *,
        negative: str,
        terms: FixedEnglish,
        trace: Trace,
        deadline: Deadline,
        english: str = "",
    ) -> Wording:
        """Put a message into English; `english` is the person's own. Raises StageFailed.

        That is when every translator failed.
        """
        texts = (*found.absent, negative, *(one.words for one in found.emphases))
        sides = await self._thread.run(self._look_up, texts)
        text = english or found.text
        if english and not has_hangul(english):
            sentence: _Sentence | None = _own(english, trace)
        else:
            sentence = await self._at_once(text, terms, trace, deadline)
        if sentence is None:
            sentence, answers = await self._step_by_step(
                text, sides.open, terms=terms, trace=trace, deadline=deadline
            )
        else:
            answers = await self._beside(sides.open, trace, deadline)
        beside = sides.with_answers(answers)
        absent, (unwanted, *weighted) = beside[: len(found.absent)], beside[len(found.absent) :]
        unknown = [w for one in (sentence.translation, *beside) for w in one.unknown_words]
        return Wording(
            english=sentence.translation.english,
            variants=sentence.variants,
            absent=_distinct((*(one.english for one in absent), *sentence.translation.absent)),
            negative=unwanted.english,
            emphases=tuple(
                (english.english, one.weight)
                for english, one in zip(weighted, found.emphases, strict=True)
                if english.english
            ),
            unknown_words=_distinct(unknown),
            translator=sentence.translator,
        )

    # On the text thread

    def _look_up(self, texts: tuple[str, ...]) -> _Sides:
        return _Sides(texts=texts, known=tuple(self._glossary.translate(text) for text in texts))

    def _hide(self, texts: Sequence[str], terms: Terms) -> list[Hidden]:
        return [terms.hide(text, self._korean.morphemes(text)) for text in texts]

    def _fixed_in(self, text: str, terms: Terms) -> dict[str, str]:
        return terms.as_mapping(text, self._korean.morphemes(text))

    # Providers

    async def _at_once(
        self, text: str, terms: FixedEnglish, trace: Trace, deadline: Deadline
    ) -> _Sentence | None:
        """Word a text without a translator: as it was written, or by one call."""
        if not has_hangul(text):
            with trace.stage("translate") as record:
                record.provider = "none needed"
                return _Sentence(translation=await self._thread.run(self._glossary.translate, text))
        if not self._wordsmiths.providers:
            return None
        known = await self._thread.run(self._fixed_in, text, terms.all)
        with trace.stage("one_call") as record:
            answer = await self._wordsmiths.ask(
                lambda p: p.word(text, terms=known, num_variants=self._options.num_variants),
                record=record,
                limit_s=self._options.one_call_s,
                deadline=deadline,
            )
        if answer is None:
            return None
        worded: Worded = answer.value
        return _Sentence(
            translation=Translation(english=worded.english, absent=worded.absent),
            variants=worded.variants,
            translator=answer.provider.name,
        )

    async def _step_by_step(
        self,
        text: str,
        open_sides: tuple[str, ...],
        *,
        terms: FixedEnglish,
        trace: Trace,
        deadline: Deadline,
    ) -> tuple[_Sentence, tuple[Translation, ...]]:
        """Make similar sentences, then translate everything; gives the sentence and the open sides."""
        similar = await self._paraphrase(text, trace, deadline)
        few = (text, *open_sides)

        async def ask(translator: Translator) -> tuple[Translation, ...]:
            takes_all = translator.is_local or self._options.translates_variants
            texts = (*few, *similar) if takes_all else few
            fixed = terms.own if translator.knows_culture else terms.all
            hidden = await self._thread.run(self._hide, texts, fixed)
            answers = await translator.translate([one.text for one in hidden])
            return tuple(_shown(*pair) for pair in zip(answers, hidden, strict=True))

        with trace.stage("translate") as record:
            answer = await self._translators.ask(
                ask, record=record, limit_s=self._options.translate_s, deadline=deadline
            )
        if answer is None:
            last = record.failures[-1].failure if record.failures else Failure.DENIED
            raise StageFailed(stage="translate", provider="none", failure=last)
        sentence, *rest = answer.value
        return (
            _Sentence(
                translation=sentence,
                variants=_variants(sentence.english, rest[len(open_sides) :]),
                translator=answer.provider.name,
            ),
            tuple(rest[: len(open_sides)]),
        )

    async def _paraphrase(self, text: str, trace: Trace, deadline: Deadline) -> tuple[str, ...]:
        """Get similar Korean sentences; none is no failure."""
        with trace.stage("paraphrase") as record:
            answer = await self._paraphrasers.ask(
                lambda p: p.paraphrase(text, num_variants=self._options.num_variants),
                record=record,
                limit_s=self._options.paraphrase_s,
                deadline=deadline,
            )
        return answer.value if answer else ()

    async def _beside(
        self, texts: tuple[str, ...], trace: Trace, deadline: Deadline
    ) -> tuple[Translation, ...]:
        """Translate what the glossary does not know beside a sentence that is done; none is no failure."""
        if not texts:
            return ()
        with trace.stage("translate") as record:
            answer = await self._translators.ask(
                lambda p: p.translate(texts),
                record=record,
                limit_s=self._options.translate_s,
                deadline=deadline,
            )
        return answer.value if answer else ()


def _own(english: str, trace: Trace) -> _Sentence:
    with trace.stage("translate") as record:
        record.provider = PERSON
        return _Sentence(translation=Translation(english=english))


def _shown(translation: Translation, hidden: Hidden) -> Translation:
    """Put the fixed English of hidden words back; those that got lost are appended."""
    if not translation.english:
        return translation
    return replace(translation, english=Terms.show(translation.english, hidden.slots).english)


def _variants(english: str, translations: Sequence[Translation]) -> tuple[str, ...]:
    """Give the variants that differ from the sentence and from each other, and lost no word."""
    complete = [v.english for v in translations if v.english and not v.unknown_words]
    found = {text.casefold(): text for text in reversed(complete)}
    found.pop(english.casefold(), None)
    return tuple(reversed(found.values()))


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    """Leave out what is empty or there twice."""
    return tuple(dict.fromkeys(text for text in texts if text))
