"""Similar sentences by a language model, over a real socket."""

import pytest

from pipeline.errors import Failure, StageFailed
from pipeline.text.llm import Llm
from pipeline.text.paraphrase.openai import OpenAiParaphraser
from tests.servers.openai import OpenAiServer, error, said

TEXT = "노을 지는 바다 위의 고래"


@pytest.fixture
def paraphraser(llm: Llm) -> OpenAiParaphraser:
    """The provider under test."""
    return OpenAiParaphraser(llm, spend=lambda _: None)


async def test_variants_are_korean_sentences_unlike_the_text(
    paraphraser: OpenAiParaphraser, openai_server: OpenAiServer
) -> None:
    """Repetitions, the text itself and English are dropped."""
    openai_server.script.append(
        said(
            variants=[
                "석양의 바다 위의 고래",
                TEXT,
                "a whale",
                "석양의 바다 위의 고래",
                "고래와 노을",
            ]
        )
    )

    variants = await paraphraser.paraphrase(TEXT, num_variants=8)

    assert ("석양의 바다 위의 고래", "고래와 노을") == variants


async def test_the_text_is_alone_in_its_message(
    paraphraser: OpenAiParaphraser, openai_server: OpenAiServer
) -> None:
    """The instructions say how many sentences are wanted, and nothing of the text."""
    variants = await paraphraser.paraphrase(TEXT, num_variants=2)

    system, user = (message["content"] for message in openai_server.calls[0].body["messages"])
    assert f'"{TEXT}"' == user
    assert "Give 2 Korean sentences" in system
    assert "고래" not in system
    assert 2 == len(variants)


@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        (said(variants=[]), Failure.UNREADABLE),
        (said(variants="고래"), Failure.UNREADABLE),
        (error(404, "model_not_found"), Failure.DENIED),
    ],
    ids=["no variant", "no list", "404"],
)
async def test_without_a_variant_it_fails(
    paraphraser: OpenAiParaphraser, openai_server: OpenAiServer, reply: object, failure: Failure
) -> None:
    """Then the next provider is asked."""
    openai_server.script.append(reply)  # type: ignore[arg-type]

    with pytest.raises(StageFailed) as caught:
        await paraphraser.paraphrase(TEXT, num_variants=8)

    assert ("paraphrase", failure) == (caught.value.stage, caught.value.failure)
