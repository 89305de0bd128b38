"""What a second opinion does to a preparation, and what its absence does; the models are asked over a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from pipeline.errors import Failure, Rule
from pipeline.safety.opinion import ModelOpinion
from pipeline.safety.options import OpinionKind, OpinionOptions
from pipeline.safety.text_gate import RuleGate
from pipeline.text.judging import Judge
from pipeline.text.options import TextOptions
from pipeline.text.prepare import Preparer
from pipeline.types import Audience, Preparation, StageRecord, Verdict
from tests.pipeline.text.conftest import count_tokens
from tests.servers.openai import OpenAiServer, error, moderation
from tests.servers.serving import Answer, Fault, Scripted

HARMLESS, FOR_ADULTS, FOR_NOBODY = "바다 위의 고래", "누드 여인", "잘린 머리, 잔인하게"
EVERYBODY, ADULTS = Audience.EVERYBODY, Audience.ADULTS


@pytest.fixture(scope="module")
def shared() -> Iterator[Preparer]:
    """The whole pipeline on this machine; Korean is loaded once, at the first text."""
    preparer = Preparer(TextOptions(keyword_extractors=("frequency",)), count_tokens)
    yield preparer
    asyncio.run(preparer.close())


@pytest.fixture
async def server() -> AsyncIterator[OpenAiServer]:
    """A server whose model finds everything harmless."""
    async with OpenAiServer() as server:
        yield server


Make = Callable[[float], Preparer]


@pytest.fixture
async def with_opinion(
    server: OpenAiServer, shared: Preparer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Make]:
    """Give the pipeline a gate and an opinion that may take so long."""
    opinions: list[ModelOpinion] = []

    def make(limit_s: float) -> Preparer:
        options = OpinionOptions(
            kind=OpinionKind.MODERATION,
            base_url=server.base_url,
            api_key="demo-key",
            limit_s=limit_s,
        )
        opinions.append(ModelOpinion(options))
        monkeypatch.setattr(shared, "_judge", Judge(RuleGate(), opinions[-1]))
        return shared

    yield make
    for opinion in opinions:
        await opinion.close()


def opinion_of(prepared: Preparation) -> StageRecord:
    """The entry of the trace about the opinion."""
    (record,) = (stage for stage in prepared.stages if stage.name == "opinion")
    return record


async def test_what_the_opinion_is_against_is_not_drawn(
    with_opinion: Make, server: OpenAiServer
) -> None:
    """Also where no rule of the gate is broken."""
    server.always = moderation(("self-harm",))
    prepared = await with_opinion(30.0).prepare(HARMLESS, audience=ADULTS)

    assert (Verdict.UNSAFE, Rule.OPINION) == (prepared.verdict, prepared.rule)
    assert (prepared.prompt, prepared.english) == (None, None)


async def test_what_adults_may_see_passes_with_an_opinion(with_opinion: Make) -> None:
    """Among them, and among nobody else."""
    preparer = with_opinion(30.0)

    assert Verdict.OK is (await preparer.prepare(FOR_ADULTS, audience=ADULTS)).verdict
    assert Verdict.UNSAFE is (await preparer.prepare(FOR_ADULTS, audience=EVERYBODY)).verdict


@pytest.mark.parametrize("audience", Audience)
async def test_no_opinion_is_asked_about_what_the_gate_refuses(
    with_opinion: Make, server: OpenAiServer, audience: Audience
) -> None:
    """Nothing of it leaves this machine."""
    prepared = await with_opinion(30.0).prepare(FOR_NOBODY, audience=audience)

    assert Verdict.UNSAFE is prepared.verdict
    assert [] == server.calls


TROUBLE: dict[str, tuple[Scripted, float]] = {
    "slow": (Fault.STALL, 0.3),
    "429": (error(429, headers={"retry-after": "60"}), 30.0),
    "without money": (error(429, "insufficient_quota"), 30.0),
    "down": (Fault.RESET, 30.0),
    "503": (error(503, headers={"retry-after": "60"}), 30.0),
    "garbage": (Answer(body="<html></html>", content_type="text/html"), 30.0),
    "another answer": (Answer(body={"results": [{"flagged": False}]}), 30.0),
}


@pytest.mark.fault(57)
@pytest.mark.parametrize("case", TROUBLE)
async def test_without_an_opinion_adults_are_judged_as_everybody(
    with_opinion: Make, server: OpenAiServer, case: str
) -> None:
    """Nothing passes that only an opinion may let pass, and everybody else is drawn for as before."""
    server.always, limit_s = TROUBLE[case]
    preparer = with_opinion(limit_s)
    bare = await preparer.prepare(FOR_ADULTS, audience=ADULTS)
    plain = await preparer.prepare(HARMLESS, audience=ADULTS)

    assert (Verdict.UNSAFE, Rule.SEXUAL) == (bare.verdict, bare.rule)
    assert Verdict.OK is plain.verdict
    assert ["moderation"] * 2 == [opinion_of(one).failures[0].provider for one in (bare, plain)]


@pytest.mark.fault(57)
async def test_a_service_that_is_down_stalls_nobody(
    with_opinion: Make, server: OpenAiServer
) -> None:
    """After a few failures it is not asked any more, and the trace says that it rests."""
    server.always = error(503, headers={"retry-after": "60"})
    preparer = with_opinion(30.0)
    prepared = [await preparer.prepare(HARMLESS) for _ in range(8)]

    assert [Verdict.OK] * 8 == [one.verdict for one in prepared]
    assert 5 == len(server.calls)
    assert Failure.BUSY is opinion_of(prepared[-1]).failures[0].failure
    assert ("moderation", Failure.BUSY) == (
        preparer.health()[-1].name,
        preparer.health()[-1].resting_for,
    )
