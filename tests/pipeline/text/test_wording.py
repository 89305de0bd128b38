"""What was understood becomes English: by one call, or step by step, and at what price."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pipeline.errors import Failure, StageFailed
from pipeline.text.chain import Circuits, Deadline
from pipeline.text.korean import Korean
from pipeline.text.one_call import Worded
from pipeline.text.options import TextOptions
from pipeline.text.paraphrase.offline import OfflineParaphraser
from pipeline.text.providers import Providers
from pipeline.text.reader import Reader, Understood
from pipeline.text.thread import TextThread
from pipeline.text.trace import Trace
from pipeline.text.translate import Translation
from pipeline.text.translate.glossary import Glossary, GlossaryTranslator
from pipeline.text.wording import FixedEnglish, Worder, Wording


class Smith:
    """A service that words everything at once."""

    name = "openai"
    is_local = False
    num_places = None

    def __init__(self, failure: Failure | None = None) -> None:
        self.failure = failure
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    async def word(self, text: str, *, terms: Mapping[str, str], num_variants: int) -> Worded:
        """Answer, or fail as told."""
        self.asked.append((text, dict(terms)))
        if self.failure:
            raise StageFailed(stage="one_call", provider=self.name, failure=self.failure)
        return Worded(
            english="a whale over the sea",
            variants=("a big whale", "one whale"),
            absent=("people",),
        )


class Service:
    """A translator that is paid for: remembers what it was sent."""

    name = "papago"
    is_local = False
    num_places = None
    knows_culture = False

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    async def translate(self, texts: Sequence[str]) -> tuple[Translation, ...]:
        """Number the texts, so that each answer is known again."""
        self.asked.append(tuple(texts))
        return tuple(Translation(english=f"sentence {i} {t}") for i, t in enumerate(texts))


class KoreanVariants:
    """A service of similar sentences."""

    name = "kt"
    is_local = False
    num_places = None

    async def paraphrase(self, text: str, *, num_variants: int) -> tuple[str, ...]:
        """Give three."""
        return tuple(f"{text} {i}" for i in range(3))


@pytest.fixture
def thread() -> Any:
    """A text thread that is ended."""
    thread = TextThread("text")
    yield thread
    thread.close()


class Wordings:
    """Reads and words texts with given providers."""

    def __init__(self, korean: Korean, glossary: Glossary, thread: TextThread) -> None:
        self.korean, self.glossary, self.thread = korean, glossary, thread

    async def __call__(
        self,
        text: str,
        *,
        smiths: Sequence[Any] = (),
        translators: Sequence[Any] = (),
        paraphrasers: Sequence[Any] = (),
        negative: str = "",
        terms: Mapping[str, str] | None = None,
        translates_variants: bool = False,
    ) -> tuple[Wording, Trace]:
        """Word one message."""
        options = TextOptions(translates_variants=translates_variants)
        providers = Providers(
            wordsmiths=tuple(smiths),
            translators=tuple(translators),
            paraphrasers=tuple(paraphrasers),
        )
        worder = Worder(
            options,
            providers,
            circuits=Circuits(),
            thread=self.thread,
            korean=self.korean,
            glossary=self.glossary,
        )
        trace = Trace()
        found = Reader(self.korean, self.glossary, max_chars=500).read(text, Trace())
        assert isinstance(found, Understood)
        wording = await worder.word(
            found,
            negative=negative,
            terms=FixedEnglish(terms or {}),
            trace=trace,
            deadline=Deadline(total_s=60.0, reserve_s=1.0),
        )
        return wording, trace


@pytest.fixture
def word(korean: Korean, glossary: Glossary, thread: TextThread) -> Wordings:
    """Words a message."""
    return Wordings(korean, glossary, thread)


async def test_one_call_is_enough(word: Wordings) -> None:
    """Translation, variants and absent things come together; no translator is asked."""
    smith, service = Smith(), Service()
    wording, trace = await word("바다 위의 고래 그려줘", smiths=[smith], translators=[service])

    assert (1, []) == (len(smith.asked), service.asked)
    assert ("a whale over the sea", "openai") == (wording.english, wording.translator)
    assert (("a big whale", "one whale"), ("people",)) == (wording.variants, wording.absent)
    assert ["one_call"] == [stage.name for stage in trace.records]


async def test_a_service_translates_the_sentence_alone(word: Wordings) -> None:
    """Similar sentences would cost a call each: a service gets the person's own sentence only."""
    service = Service()
    wording, _ = await word(
        "바다 위의 고래 그려줘", translators=[service], paraphrasers=[OfflineParaphraser()]
    )

    assert [("바다 위의 고래",)] == service.asked
    assert () == wording.variants


async def test_what_the_glossary_knows_costs_nothing(word: Wordings) -> None:
    """Absent things, unwanted things and weighted words are looked up before anybody is paid."""
    service = Service()
    wording, _ = await word(
        "사람 없는 (바다)1.3 위의 고래 그려줘", negative="고양이", translators=[service]
    )

    assert 1 == len(service.asked)
    assert 1 == len(service.asked[0])
    assert ("a cat", ("a person",), (("the sea", 1.3),)) == (
        wording.negative,
        wording.absent,
        tuple((text.removeprefix("a ").replace("sea", "sea"), w) for text, w in wording.emphases),
    )


async def test_what_the_glossary_does_not_know_travels_with_the_sentence(word: Wordings) -> None:
    """One call for all of it, each answer in its place."""
    service = Service()
    wording, _ = await word("고래 그려줘", negative="쿠쿠루삥뽕", translators=[service])

    assert [("고래", "쿠쿠루삥뽕")] == service.asked
    assert "sentence 1 쿠쿠루삥뽕" == wording.negative
    assert () == wording.unknown_words


async def test_after_the_one_call_only_the_unknown_is_asked_for(word: Wordings) -> None:
    """Two calls at most for one picture."""
    smith, service = Smith(), Service()
    wording, _ = await word(
        "고래 그려줘", negative="쿠쿠루삥뽕", smiths=[smith], translators=[service]
    )

    assert [("쿠쿠루삥뽕",)] == service.asked
    assert ("a whale over the sea", "sentence 0 쿠쿠루삥뽕") == (wording.english, wording.negative)


@pytest.mark.parametrize("failure", [Failure.TIMED_OUT, Failure.DENIED, Failure.BLOCKED])
async def test_without_the_one_call_it_goes_step_by_step(word: Wordings, failure: Failure) -> None:
    """The trace says why; the sentence is translated by the next who can."""
    wording, trace = await word(
        "고래 그려줘",
        smiths=[Smith(failure)],
        translators=[Service()],
        paraphrasers=[OfflineParaphraser()],
    )

    assert "papago" == wording.translator
    assert ["one_call", "paraphrase", "translate"] == [stage.name for stage in trace.records]
    assert [failure] == [failed.failure for failed in trace.records[0].failures]


async def test_on_this_machine_variants_cost_nothing(
    word: Wordings, glossary: Glossary, thread: TextThread
) -> None:
    """The glossary translates similar sentences, too."""
    wording, _ = await word(
        "노을 지는 바다 위의 고래 그려줘",
        translators=[GlossaryTranslator(glossary, thread)],
        paraphrasers=[OfflineParaphraser()],
    )

    assert wording.variants
    assert wording.english not in wording.variants


async def test_the_origins_way_translates_every_sentence(word: Wordings) -> None:
    """Where the options ask for it, similar sentences of a service go to a service."""
    service = Service()
    wording, _ = await word(
        "고래 그려줘",
        translators=[service],
        paraphrasers=[KoreanVariants()],
        translates_variants=True,
    )

    assert [("고래", "고래 0", "고래 1", "고래 2")] == service.asked
    assert 3 == len(wording.variants)


async def test_the_fast_way_makes_no_variants_by_a_service(word: Wordings) -> None:
    """They would have to be translated by another one."""
    wording, trace = await word(
        "고래 그려줘", translators=[Service()], paraphrasers=[KoreanVariants()]
    )

    assert () == wording.variants
    assert "none" == next(s for s in trace.records if s.name == "paraphrase").provider


async def test_english_needs_nobody(word: Wordings) -> None:
    """What is English already is taken as it is."""
    smith, service = Smith(), Service()
    wording, _ = await word("a whale over the sea", smiths=[smith], translators=[service])

    assert "a whale over the sea" == wording.english
    assert ([], []) == (smith.asked, service.asked)


async def test_fixed_words_reach_the_one_call_as_instructions(word: Wordings) -> None:
    """The model is told what stands for a place's own words; the text is as it was written."""
    smith = Smith()
    await word("뽀로로와 고래 그려줘", smiths=[smith], terms={"뽀로로": "small blue penguin"})

    assert ("뽀로로와 고래", "small blue penguin") == (
        smith.asked[0][0],
        smith.asked[0][1]["뽀로로"],
    )


async def test_fixed_words_are_hidden_from_a_translator(word: Wordings) -> None:
    """It sees a name that it leaves alone, and the fixed English stands in its place afterwards."""
    service = Service()
    wording, _ = await word(
        "뽀로로와 고래 그려줘", translators=[service], terms={"뽀로로": "small blue penguin"}
    )

    assert "뽀로로" not in service.asked[0][0]
    assert "small blue penguin" in wording.english


async def test_nobody_who_can_translate_is_an_error(word: Wordings) -> None:
    """It says what went wrong last, and nothing of the text."""
    with pytest.raises(StageFailed) as caught:
        await word("고래 그려줘", smiths=[Smith(Failure.BUSY)])

    assert "고래" not in str(caught.value)


async def test_korean_things_have_one_english_whoever_translates(
    word: Wordings, glossary: Glossary, thread: TextThread
) -> None:
    """A service is not asked what a 떡볶이 is; the glossary knows it itself."""
    service = Service()
    asked, _ = await word("떡볶이 먹는 곰 그려줘", translators=[service])
    local, _ = await word(
        "떡볶이 먹는 곰 그려줘", translators=[GlossaryTranslator(glossary, thread)]
    )

    assert "떡볶이" not in service.asked[0][0]
    assert "tteokbokki, spicy red rice cakes" in asked.english
    assert "tteokbokki, spicy red rice cakes" in local.english


async def test_a_places_word_wins_over_the_common_one(word: Wordings) -> None:
    """Where people call a cat 도깨비, a cat is drawn."""
    wording, _ = await word(
        "도깨비 그려줘", translators=[Service()], terms={"도깨비": "fat orange cat"}
    )

    assert "fat orange cat" in wording.english
    assert "goblin" not in wording.english
