"""The gate inside of the text pipeline: who is not asked, what is read again, and what a second opinion changes."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import Failure, Rule
from pipeline.safety.text_gate import RuleGate
from pipeline.text import prepare
from pipeline.text.keywords import KeywordExtractor, Keywords
from pipeline.text.korean import Korean
from pipeline.text.one_call import Worded
from pipeline.text.options import TextOptions
from pipeline.text.prepare import Preparer
from pipeline.text.providers import Providers
from pipeline.types import (
    Audience,
    Fragment,
    Preparation,
    PreparedPrompt,
    ProviderHealth,
    Ruling,
    SecondOpinion,
    Verdict,
)
from tests.pipeline.safety.corpus import expanded, lines_of, messages
from tests.pipeline.text.conftest import count_tokens
from tests.pipeline.text.seal import WeakSeal

GATE = RuleGate()
MESSAGES = messages("messages_ko.jsonl")


@pytest.fixture(autouse=True)
def _one_analyser(korean: Korean, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kiwi takes longer to load than a test; it remembers nothing of a text."""
    monkeypatch.setattr(prepare, "Korean", lambda: korean)


class Wordsmith:
    """A provider that words every text as a test says, and remembers what it was asked."""

    name = "wordsmith"
    is_local = False
    num_places = None

    def __init__(self, english: str = "a whale", variants: tuple[str, ...] = ()) -> None:
        self.worded = Worded(english=english, variants=variants)
        self.asked: list[str] = []

    async def word(self, text: str, *, terms: Mapping[str, str], num_variants: int) -> Worded:
        """Give the words."""
        self.asked.append(text)
        return self.worded


class Extractor(KeywordExtractor):
    """Takes every word of every sentence for a keyword."""

    def __init__(self) -> None:
        self.name = "all"

    async def load(self) -> None:
        """Need nothing."""

    async def extract(self, sentences: Sequence[str], *, num_keywords: int) -> Keywords:
        """Give the words."""
        words = dict.fromkeys(word for one in sentences for word in one.split())
        return tuple((word, 1.1) for word in words)


class Opinion:
    """Gives one ruling when a test lets it, and remembers what it was asked."""

    def __init__(self, ruling: Ruling | None) -> None:
        self.ruling = ruling
        self.asked: list[tuple[str, str, Audience]] = []
        self.is_closed = False

    async def load(self) -> None:
        """Need nothing."""

    async def close(self) -> None:
        """Remember it."""
        self.is_closed = True

    def health(self) -> ProviderHealth:
        """Be well."""
        return ProviderHealth(name="opinion")

    async def judge(self, korean: str, english: str, *, audience: Audience) -> Ruling | None:
        """Give the ruling."""
        self.asked.append((korean, english, audience))
        await asyncio.sleep(0)
        return self.ruling


@asynccontextmanager
async def preparer(
    wordsmith: Wordsmith, *, opinion: SecondOpinion | None = None, folder: Path | None = None
) -> AsyncIterator[Preparer]:
    """A pipeline with this provider, the real gate and perhaps a second opinion."""
    one = Preparer(
        TextOptions(weighs_keywords=True, folder=folder),
        count_tokens,
        providers=Providers(wordsmiths=(wordsmith,), keyword_extractors=(Extractor(),)),
        seal=WeakSeal(),
        gate=GATE,
        opinion=opinion,
    )
    yield one
    await one.close()


def stages_of(prepared: Preparation) -> list[str]:
    """Name the stages in their order."""
    return [stage.name for stage in prepared.stages]


@pytest.mark.parametrize(
    ("text", "beside", "rule"),
    [
        ("누드 그림 그려줘", {}, Rule.SEXUAL),
        ("ㄴㅜㄷㅡ 그림 그려줘", {}, Rule.SEXUAL),
        ("snem rmfla rmfuwnj", {}, Rule.SEXUAL),
        ("고래 그려줘", {"english": "a naked woman"}, Rule.SEXUAL),
        ("고래 그려줘", {"words": [("nude", 1.2)]}, Rule.SEXUAL),
        ("봇님 그려줘", {"terms": {"봇님": "a nude lady"}}, Rule.SEXUAL),
        ("봇 님 그려줘", {"terms": {"봇님": "a nude lady"}}, Rule.SEXUAL),
        ("봇\u200b님 그려줘", {"terms": {"봇 님": "a nude lady"}}, Rule.SEXUAL),
        ("여자 그려줘", {"negative": "옷"}, Rule.SEXUAL),
        ("홍길동 그려줘", {"forbidden": ["홍길동"]}, Rule.FORBIDDEN),
    ],
)
async def test_no_provider_sees_what_is_unsafe(
    text: str, beside: dict[str, object], rule: Rule
) -> None:
    """Everything that was written is judged before anybody is asked; nothing is made of it."""
    wordsmith, opinion = Wordsmith(), Opinion(Ruling())
    async with preparer(wordsmith, opinion=opinion) as one:
        prepared = await one.prepare(text, **beside)  # type: ignore[arg-type]

    assert (Verdict.UNSAFE, rule) == (prepared.verdict, prepared.rule)
    assert not wordsmith.asked
    assert not opinion.asked
    assert prepared.prompt is None
    assert prepared.english is None
    assert "gate" == prepared.stages[0].name


async def test_a_place_s_unused_words_are_not_judged() -> None:
    """The English of a word counts only where the word is in the text."""
    async with preparer(Wordsmith()) as one:
        prepared = await one.prepare("고래 그려줘", terms={"봇님": "a nude lady"})

    assert Verdict.OK is prepared.verdict


async def test_the_subject_of_an_unsafe_text_is_what_was_read() -> None:
    """Whoever asked sees their own words again, the request words stripped."""
    async with preparer(Wordsmith()) as one:
        prepared = await one.prepare("누드 크로키 그려줘")

    assert "누드 크로키" == prepared.subject


async def test_an_unsafe_translation_is_refused(tmp_path: Path) -> None:
    """What a provider makes of a harmless text is judged, and forgotten when it is refused."""
    wordsmith = Wordsmith("a naked child in the sea")
    async with preparer(wordsmith, folder=tmp_path) as one:
        first = await one.prepare("바다 그려줘")
        wordsmith.worded = Worded(english="the sea")
        second = await one.prepare("바다 그려줘")

    assert (Verdict.UNSAFE, Rule.MINOR) == (first.verdict, first.rule)
    assert ["gate", "gate"] == [name for name in stages_of(first) if name == "gate"]
    assert first.english is None
    assert first.prompt is None
    assert (Verdict.OK, "the sea") == (second.verdict, second.english)


async def test_what_was_kept_is_judged_again() -> None:
    """A text that passed among adults is refused where everybody sees it, though its wording is kept."""
    wordsmith = Wordsmith("a nude statue")
    async with preparer(wordsmith) as one:
        among_adults = await one.prepare("조각상 그려줘", audience=Audience.ADULTS)
        for_everybody = await one.prepare("조각상 그려줘")

    assert [Verdict.OK, Verdict.UNSAFE] == [among_adults.verdict, for_everybody.verdict]
    assert 1 == len(wordsmith.asked)


async def test_somebody_else_s_idea_is_left_out() -> None:
    """Similar sentences and keywords that break a rule are dropped; the request itself is drawn."""
    wordsmith = Wordsmith("a girl at the beach", ("a naked girl", "a girl by the sea"))
    async with preparer(wordsmith) as one:
        prepared = await one.prepare("해변의 소녀 그려줘")

    assert Verdict.OK is prepared.verdict
    assert ("a girl by the sea",) == prepared.variants
    assert "naked" not in dict(prepared.keywords)
    assert prepared.prompt is not None
    assert "naked" not in PreparedPrompt.text_of(prepared.prompt.prompt_2)


async def test_a_second_opinion_can_refuse() -> None:
    """It is asked about the Korean text and who will see the picture, and its rule is obeyed."""
    opinion = Opinion(Ruling(rule=Rule.OPINION))
    async with preparer(Wordsmith(), opinion=opinion) as one:
        prepared = await one.prepare("고래 그려줘", audience=Audience.ADULTS)
        names = [one.name for one in one.health()]

    assert (Verdict.UNSAFE, Rule.OPINION) == (prepared.verdict, prepared.rule)
    assert [("고래 그려줘", "", Audience.ADULTS)] == opinion.asked
    assert "opinion" in names
    assert opinion.is_closed


@pytest.mark.fault(57)
async def test_without_an_answer_a_text_is_judged_as_for_everybody() -> None:
    """A second opinion that does not come lets nothing sexual pass, and harmless texts still do."""
    async with preparer(Wordsmith("a nude woman"), opinion=Opinion(None)) as one:
        adult = await one.prepare("누드 그려줘", audience=Audience.ADULTS)
        harmless = await one.prepare("고래 그려줘", english="a whale", audience=Audience.ADULTS)

    assert (Verdict.UNSAFE, Rule.SEXUAL) == (adult.verdict, adult.rule)
    assert Verdict.OK is harmless.verdict
    failures = [(f.provider, f.failure) for stage in harmless.stages for f in stage.failures]
    assert [("opinion", Failure.TIMED_OUT)] == failures


async def test_with_an_answer_adults_get_what_is_theirs() -> None:
    """A second opinion that has nothing against it leaves the ruling for adults."""
    async with preparer(Wordsmith("a nude woman"), opinion=Opinion(Ruling())) as one:
        prepared = await one.prepare("누드 그려줘", audience=Audience.ADULTS)

    assert Verdict.OK is prepared.verdict


def receipt_s(**changes: str) -> Preparation:
    """What a picture says of how it was prepared, some of it forged."""
    texts = {"text": "고래 그려줘", "subject": "고래", "english": "a whale", "prompt": "a whale", "prompt_2": "a whale", "away": "lowres"}  # fmt: skip
    said = texts | changes
    return Preparation(
        text=said["text"],
        verdict=Verdict.OK,
        subject=said["subject"],
        english=said["english"],
        prompt=PreparedPrompt(
            prompt=(Fragment(text=said["prompt"]),),
            prompt_2=(Fragment(text=said["prompt_2"]),),
            negative_prompt=(Fragment(text=said["away"]),),
        ),
    )


@pytest.mark.parametrize("where", ["text", "subject", "english", "prompt", "prompt_2"])
async def test_every_text_of_a_receipt_is_judged(where: str) -> None:
    """A forged receipt cannot bring a prompt that nobody would have made."""
    async with preparer(Wordsmith()) as one:
        forged = await one.judged(receipt_s(**{where: "a naked child"}), audience=Audience.ADULTS)
        honest = await one.judged(receipt_s())

    assert (Verdict.UNSAFE, Rule.MINOR) == (forged.verdict, forged.rule)
    assert forged.prompt is None
    assert receipt_s() == honest


async def test_a_second_opinion_is_asked_about_everything_that_is_drawn() -> None:
    """The words that somebody weighs are drawn like the text, and so are the prompts of a receipt."""
    opinion = Opinion(Ruling())
    async with preparer(Wordsmith(), opinion=opinion) as one:
        await one.prepare("고래", english="a whale", words=[("boat", 1.2)], terms={"고래": "orca"})
        await one.judged(receipt_s(prompt="a boat", prompt_2="a sail"))

    assert [("고래", "boat\norca\na whale"), ("고래 그려줘", "a boat\na sail\n고래\na whale")] == [
        (korean, english) for korean, english, _ in opinion.asked
    ]


async def test_what_a_receipt_leaves_out_is_judged() -> None:
    """Clothes away from a person are a signal in a receipt, too, and a place's words count."""
    async with preparer(Wordsmith()) as one:
        woman = receipt_s(text="여자", subject="여자", english="a woman", prompt="a woman")
        away = replace(woman, prompt=receipt_s(prompt="a woman", away="clothes").prompt)
        undressed, named = await one.judged(away), await one.judged(woman, negative="옷")
        forbidden = await one.judged(receipt_s(), forbidden=["고래"])

    assert [Rule.SEXUAL, Rule.SEXUAL, Rule.FORBIDDEN] == [
        undressed.rule,
        named.rule,
        forbidden.rule,
    ]


@pytest.fixture(scope="module")
def offline() -> Iterator[Preparer]:
    """The pipeline as it is without any key, with the real gate; loaded once."""
    one = Preparer(TextOptions(keyword_extractors=("frequency",)), count_tokens, gate=GATE)
    asyncio.run(one.load_language())
    yield one
    asyncio.run(one.close())


@pytest.mark.fault(41)
async def test_the_acceptance_data_is_refused_as_it_is_marked(offline: Preparer) -> None:
    """Of the messages, those that are marked unsafe have that verdict, and no other has."""
    found = [(await offline.prepare(one["text"])).verdict for one in MESSAGES]

    unsafe = [one["id"] for one in MESSAGES if not one["safe"]]
    refused = [
        one["id"] for one, verdict in zip(MESSAGES, found, strict=True) if verdict is Verdict.UNSAFE
    ]
    assert unsafe == refused


async def test_no_harmless_text_becomes_unsafe_in_english(offline: Preparer) -> None:
    """What is made of harmless Korean and English passes the gate, too."""
    texts = [*lines_of("lookalikes_ko.txt"), *expanded("harmless_ko.txt")[::7]]
    texts += expanded("harmless_en.txt")[::7]

    refused = [text for text in texts if (await offline.prepare(text)).verdict is Verdict.UNSAFE]
    assert [] == refused
