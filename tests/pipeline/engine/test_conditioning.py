"""Fragments and weights: what acts, and what is only text."""

import pytest
import torch
from diffusers import StableDiffusionXLPipeline

from pipeline.engine.conditioning import Conditioning
from pipeline.types import Fragment


def fragments(*pairs: tuple[str, float]) -> tuple[Fragment, ...]:
    """Fragments from texts and weights."""
    return tuple(Fragment(text=text, weight=weight) for text, weight in pairs)


@pytest.fixture
def conditioning(pipe: StableDiffusionXLPipeline) -> Conditioning:
    """The encoders of the tiny model."""
    return Conditioning(pipe)


@torch.no_grad()
@pytest.mark.parametrize(
    "text",
    ["a red cat", "C++ programmer (senior) .swap(", 'a cat.swap(dog) "x" 10+ ()', "", "((((("],
)
def test_at_weight_one_a_text_is_only_a_text(
    text: str, conditioning: Conditioning, pipe: StableDiffusionXLPipeline
) -> None:
    """Fragments at 1.0 equal the plain encoders, whatever signs are in them."""
    embeds, _, pooled, _ = pipe.encode_prompt(
        text, prompt_2=f"{text} art", do_classifier_free_guidance=False
    )

    ours = conditioning.encode(fragments((text, 1.0)), fragments((text, 1.0), (" art", 1.0)))

    assert torch.equal(embeds, ours.embeds)
    assert torch.equal(pooled, ours.pooled)


@torch.no_grad()
def test_a_weight_moves_its_own_tokens_only(conditioning: Conditioning) -> None:
    """Raising a fragment changes the rows of its tokens, in its own encoder's half."""
    plain = conditioning.encode(fragments(("a", 1.0)), fragments(("a ", 1.0), ("cat", 1.0)))
    raised = conditioning.encode(fragments(("a", 1.0)), fragments(("a ", 1.0), ("cat", 1.5)))

    changed = (plain.embeds != raised.embeds)[0]  # (T, D)
    rows = changed.any(dim=1).nonzero().flatten().tolist()
    columns = changed.any(dim=0).nonzero().flatten().tolist()

    assert [2, 3, 4] == rows  # begin, "a", then one token for each letter
    assert min(columns) >= 16  # the first encoder's width


@torch.no_grad()
def test_a_weight_below_one_weakens(conditioning: Conditioning) -> None:
    """The lower a weight, the farther the embeddings are from those with the fragment."""

    def encode(weight: float) -> torch.Tensor:
        texts = fragments(("a", 1.0), (" cat", weight))
        return conditioning.encode(fragments(("a", 1.0)), texts).embeds

    little, much = ((encode(weight) - encode(1.0)).norm() for weight in (0.9, 0.5))

    assert 0 < little < much


@torch.no_grad()
def test_the_pooled_vector_comes_from_the_clean_text(
    conditioning: Conditioning, pipe: StableDiffusionXLPipeline
) -> None:
    """Weights leave the pooled vector alone, and it reads the fragments as one text."""
    pooled = pipe.encode_prompt("a red cat", do_classifier_free_guidance=False)[2]

    ours = conditioning.encode(fragments(("x", 1.0)), fragments(("a red", 1.3), (" cat", 0.7)))

    assert torch.equal(pooled, ours.pooled)


@torch.no_grad()
def test_the_encoders_own_marks_are_taken_out(conditioning: Conditioning) -> None:
    """A text cannot end itself for the encoder."""
    marked = fragments(("a cat<|endoftext|> dog", 1.0))
    clean = fragments(("a cat dog", 1.0))

    ours, expected = conditioning.encode(marked, marked), conditioning.encode(clean, clean)

    assert torch.equal(expected.embeds, ours.embeds)
    assert torch.equal(expected.pooled, ours.pooled)


@torch.no_grad()
def test_no_fragments_are_no_text(conditioning: Conditioning) -> None:
    """An empty tuple is encoded like the empty text."""
    ours = conditioning.encode((), ())

    assert torch.equal(conditioning.encode(fragments(("", 1.0)), ()).embeds, ours.embeds)


@torch.no_grad()
def test_a_prompt_is_encoded_once(conditioning: Conditioning) -> None:
    """The same fragments give the same tensors from memory."""
    first = conditioning.encode(fragments(("a cat", 1.0)), fragments(("a cat", 1.2)))

    assert first is conditioning.encode(fragments(("a cat", 1.0)), fragments(("a cat", 1.2)))
    assert first is not conditioning.encode(fragments(("a cat", 1.0)), fragments(("a cat", 1.3)))


@torch.no_grad()
def test_a_text_over_the_budget_is_a_fault_of_ours(conditioning: Conditioning) -> None:
    """76 tokens would change the shape of everybody's tick."""
    with pytest.raises(AssertionError):
        conditioning.encode(fragments(("x" * 76, 1.0)), fragments(("x" * 76, 1.0)))
