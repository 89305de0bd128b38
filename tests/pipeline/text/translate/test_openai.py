"""Translation by a language model, over a real socket."""

import json

import pytest

from pipeline.errors import Failure, StageFailed
from pipeline.text.llm import Llm
from pipeline.text.translate.openai import OpenAiTranslator
from tests.servers.openai import OpenAiServer, completion, error, said


@pytest.fixture
def translator(llm: Llm) -> OpenAiTranslator:
    """The provider under test."""
    return OpenAiTranslator(llm, spend=lambda _: None)


async def english_of(translator: OpenAiTranslator, *texts: str) -> list[str]:
    """Translate."""
    return [one.english for one in await translator.translate(texts)]


async def test_several_texts_take_one_call(
    translator: OpenAiTranslator, openai_server: OpenAiServer
) -> None:
    """They travel as a JSON list, alone in their message, and come back in their order."""
    openai_server.script.append(said(translations=["a whale", "a cat"]))

    assert ["a whale", "a cat"] == await english_of(translator, "고래", "고양이")
    system, user = (message["content"] for message in openai_server.calls[0].body["messages"])
    assert ["고래", "고양이"] == json.loads(user)
    assert "고래" not in system


async def test_an_empty_text_stays_in_its_place(
    translator: OpenAiTranslator, openai_server: OpenAiServer
) -> None:
    """It is not sent, and the others keep their places."""
    openai_server.script.append(said(translations=["a whale", "a cat"]))

    assert ["a whale", "", "a cat"] == await english_of(translator, "고래", "", "고양이")
    assert ["고래", "고양이"] == json.loads(openai_server.calls[0].body["messages"][1]["content"])


async def test_nothing_needs_no_call(
    translator: OpenAiTranslator, openai_server: OpenAiServer
) -> None:
    """Where there is nothing to translate nobody is asked."""
    assert [""] == await english_of(translator, "")
    assert [] == openai_server.calls


@pytest.mark.parametrize("said_texts", [[], ["a whale"], ["a whale", "a cat", "a dog"], [1, 2]])
async def test_another_number_of_texts_fails(
    translator: OpenAiTranslator, openai_server: OpenAiServer, said_texts: list[object]
) -> None:
    """Nobody knows which translation belongs to which text."""
    openai_server.script.append(said(translations=said_texts))

    with pytest.raises(StageFailed) as caught:
        await english_of(translator, "고래", "고양이")

    assert Failure.UNREADABLE is caught.value.failure


async def test_only_the_first_must_be_translated(
    translator: OpenAiTranslator, openai_server: OpenAiServer
) -> None:
    """Another that comes back in Korean is empty; the first makes the provider fail."""
    openai_server.script.append(said(translations=["a whale", "고양이"]))
    assert ["a whale", ""] == await english_of(translator, "고래", "고양이")

    openai_server.script.append(said(translations=["고래", "a cat"]))
    with pytest.raises(StageFailed):
        await english_of(translator, "고래", "고양이")


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (error(401), Failure.DENIED),
        (completion(None, refusal="no"), Failure.BLOCKED),
        (said(english="a whale"), Failure.UNREADABLE),
    ],
    ids=["401", "a refusal", "other fields"],
)
async def test_what_goes_wrong_is_passed_on(
    translator: OpenAiTranslator, openai_server: OpenAiServer, reply: object, failure: Failure
) -> None:
    """The stage is named; the failure is the client's."""
    openai_server.script.append(reply)  # type: ignore[arg-type]

    with pytest.raises(StageFailed) as caught:
        await english_of(translator, "고래")

    assert ("translate", failure) == (caught.value.stage, caught.value.failure)
