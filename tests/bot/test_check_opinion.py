"""`check` and the second opinion: what an operator reads, with a local server."""

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from bot import check_texts
from bot.check import _tried
from bot.options import opinion_options
from bot.parts import make_opinion
from bot.settings import SafetySection, Settings
from pipeline import OpinionKind, OpinionOptions
from tests.servers.openai import OpenAiServer, completion, moderation
from tests.servers.serving import Scripted

LIMIT_S = 30.0


@pytest.fixture
async def server() -> AsyncIterator[OpenAiServer]:
    """A server whose models find everything harmless."""
    async with OpenAiServer() as server:
        yield server


async def line(server: OpenAiServer, kind: str, *, key: str = "demo-key") -> str:
    """Give what `check` says about an opinion."""
    safety = SafetySection(
        second_opinion=kind,  # type: ignore[arg-type]
        opinion_base_url=server.base_url,
        opinion_api_key=SecretStr(key),
        opinion_model="demo-model" if kind == "guard" else None,
        opinion_s=LIMIT_S,
    )
    opinion = make_opinion(Settings(safety=safety))
    assert opinion is not None
    return check_texts.trial(await _tried(opinion))


@pytest.mark.parametrize("kind", OpinionKind)
async def test_a_model_that_answers_is_ticked(server: OpenAiServer, kind: str) -> None:
    """With how long it took and what it was sent."""
    said = await line(server, kind)

    assert said.startswith("✓ 글을 한 번 더 보기 · ")
    assert "“그려도 되는 글이에요”" in said
    assert "14자를 보냈어요" in said


@pytest.mark.parametrize(
    ("kind", "answer"),
    [("moderation", moderation(("hate",))), ("guard", completion("<UNSAFE-S4>"))],
)
async def test_a_model_that_is_against_everything_is_seen(
    server: OpenAiServer, kind: str, answer: Scripted
) -> None:
    """An operator reads that it would refuse what harms nobody."""
    server.always = answer

    assert "그리면 안 되는 글이에요: opinion" in await line(server, kind)


@pytest.mark.parametrize("kind", OpinionKind)
async def test_a_wrong_key_is_to_be_mended(server: OpenAiServer, kind: str) -> None:
    """The line says what to look at, and never shows the key."""
    said = await line(server, kind, key="wr0ng")

    assert said.startswith("✗ 글을 한 번 더 보기 · ")
    assert "키와 주소, 모델 이름을 확인해 주세요 (401 invalid_api_key)" in said
    assert "wr0ng" not in said


def test_nobody_is_asked_unless_the_operator_wants_it() -> None:
    """Then nothing that people write goes there."""
    assert opinion_options(Settings()) is None
    assert make_opinion(Settings()) is None


def test_the_settings_reach_whoever_asks() -> None:
    """All of them, the key too."""
    section = SafetySection(
        second_opinion="guard",
        opinion_base_url="http://guard",
        opinion_model="mine",
        opinion_s=1,
        opinion_api_key=SecretStr("k"),
    )

    assert opinion_options(Settings(safety=section)) == OpinionOptions(
        kind=OpinionKind.GUARD, base_url="http://guard", model="mine", limit_s=1.0, api_key="k"
    )
