"""75 tokens, spent in order of importance."""

import re

from hypothesis import given
from hypothesis import strategies as st

from pipeline.text.budget import Ingredients, fill
from pipeline.text.styles import STYLES
from pipeline.text.weights import clean
from pipeline.types import PreparedPrompt
from tests.pipeline.text.conftest import count_tokens

TEXT = st.text(alphabet=st.sampled_from("abc dé,.()+-<|>고래\"'1🐳 "), max_size=400)


def text_of(ingredients: Ingredients) -> list[str]:
    """Fill and give the three texts."""
    prompt = fill(ingredients, count_tokens).prompt
    return [
        PreparedPrompt.text_of(f) for f in (prompt.prompt, prompt.prompt_2, prompt.negative_prompt)
    ]


def count_runs(text: str, *, encoder: int) -> int:
    """Count as CLIP does where signs meet: a run of them is one token, "hat." and ", " are three, "hat., " are two."""
    return len(re.findall(r"[a-z]+|[0-9]|[^\sa-z0-9]+", text.lower()))


TERMS = st.lists(
    st.tuples(st.one_of(st.sampled_from(["a whale", "b", "abc", "x" * 60]), TEXT), st.floats(0.5, 1.5)),
    max_size=5,
)  # fmt: skip


@given(
    TEXT,
    st.lists(
        st.tuples(st.sampled_from(["whale", "sea lion", "x" * 60]), st.floats(1.05, 1.4)),
        max_size=12,
    ),
    TEXT,
    st.sampled_from([None, *STYLES.values()]),
    TERMS,
    st.sampled_from([count_tokens, count_runs]),
)
def test_nothing_exceeds_the_budget(  # type: ignore[no-untyped-def]
    english: str, keywords: list, negative: str, style, emphases: list, count
) -> None:
    """Whatever goes in, at most 75 tokens come out, piece by piece and joined, without Hangul and special tokens."""
    filled = fill(
        Ingredients(
            english=english, keywords=tuple(keywords), negative=negative, style=style, emphases=tuple(emphases),
        ),
        count,
    )  # fmt: skip

    prompt, used = filled.prompt, filled.tokens
    for fragments, tokens in (
        (prompt.prompt, used.prompt),
        (prompt.prompt_2, used.prompt_2),
        (prompt.negative_prompt, used.negative_prompt),
    ):
        text = PreparedPrompt.text_of(fragments)
        assert tokens <= 75
        assert count(text, encoder=1) <= tokens
        assert sum(count(fragment.text, encoder=1) for fragment in fragments) <= tokens
        assert all(0.5 <= fragment.weight <= 1.5 for fragment in fragments)
        assert "<|" not in text
        assert not any("가" <= c <= "힣" for c in text)


def test_the_parts_stand_in_their_order() -> None:
    """Sentence, keywords with weights, quality words; separators are fragments at 1.0."""
    prompt = fill(Ingredients(english="a whale", keywords=(("whale", 1.3),)), count_tokens).prompt

    assert [("a whale", 1.0), (", ", 1.0), ("whale", 1.3), (", ", 1.0)] == [
        (f.text, f.weight) for f in prompt.prompt_2[:4]
    ]
    assert prompt.prompt_2[4].text.startswith("photorealistic")


@given(st.text(alphabet=st.sampled_from('ab ()+-:.[]{}1\\"'), max_size=60))
def test_the_syntax_of_prompt_parsers_is_plain_text(english: str) -> None:
    """Signs that a parser would read as weights come out as the same characters, at weight 1.0."""
    prompt = fill(Ingredients(english=english), count_tokens).prompt

    assert clean(english).startswith(PreparedPrompt.text_of(prompt.prompt))
    assert {1.0} == {fragment.weight for fragment in prompt.prompt + prompt.prompt_2}


def test_a_long_sentence_is_cut_and_noted() -> None:
    """The sentence leaves room for keywords in the second prompt, is cut at a comma, and the rest is named."""
    english = ", ".join(f"a thing number {'abcdefghij'[i % 10]}" for i in range(30))

    filled = fill(Ingredients(english=english, keywords=(("thing", 1.2),)), count_tokens)

    first = filled.prompt.prompt_2[0].text
    assert count_tokens(first, encoder=1) <= 40
    assert english.startswith(first + ",")
    assert filled.dropped
    assert "thing" in [f.text for f in filled.prompt.prompt_2]


def test_a_weighted_word_has_its_weight_in_both_prompts() -> None:
    """Where it stands in the sentence; a keyword that repeats it is left out."""
    prompt = fill(
        Ingredients(
            english="a red whale", keywords=(("whales", 1.3), ("red", 1.2)), emphases=(("whale", 0.7),),
        ),
        count_tokens,
    ).prompt  # fmt: skip

    assert [("a red ", 1.0), ("whale", 0.7)] == [(f.text, f.weight) for f in prompt.prompt]
    assert [("a red ", 1.0), ("whale", 0.7), (", ", 1.0), ("red", 1.2)] == [
        (f.text, f.weight) for f in prompt.prompt_2[:4]
    ]
    assert "whales" not in PreparedPrompt.text_of(prompt.prompt_2)


def test_a_weighted_word_that_translation_lost_is_not_cut_off() -> None:
    """It stands behind the sentence, even behind one that is too long."""
    prompt = fill(
        Ingredients(english="a b c d " * 40, emphases=(("a whale", 1.3),)), count_tokens
    ).prompt

    for fragments in (prompt.prompt, prompt.prompt_2):
        assert [(", ", 1.0), ("a whale", 1.3)] == [(f.text, f.weight) for f in fragments[1:3]]


def test_the_name_of_a_style_is_never_what_was_weighed() -> None:
    """Of "a photo of a photo" the second is meant."""
    ingredients = Ingredients(english="a photo", style=STYLES["photo"], emphases=(("photo", 1.4),))

    prompt = fill(ingredients, count_tokens).prompt

    assert [("a photo of a ", 1.0), ("photo", 1.4)] == [(f.text, f.weight) for f in prompt.prompt]


def test_a_style_leads_the_sentence_and_changes_the_defaults() -> None:
    """The style's name stands before the sentence, its words replace the photographic ones."""
    prompt, prompt_2, negative = text_of(Ingredients(english="a cat", style=STYLES["3d"]))

    assert prompt == "a 3d render of a cat"
    assert prompt_2 == "a cat, 3d render, soft studio light"
    assert "3d render" not in negative


def test_the_default_negative_words_ask_for_nothing() -> None:
    """No entry of the defaults is a denial: an encoder would read it as a wish."""
    negative = text_of(Ingredients(english="a cat"))[2]

    assert "no " not in negative
    assert "lowres, blurry" in negative
