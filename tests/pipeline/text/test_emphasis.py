"""A person's own weights: the small syntax, and where a weight acts."""

import re
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import pipeline
from pipeline.errors import WeightOutOfRange
from pipeline.text.emphasis import Emphasised, place, shares_word, take_emphases
from pipeline.text.weights import SEPARATOR
from pipeline.types import Fragment, PreparedPrompt

SIGNS = [
    ("(고래)1.3", "고래", [("고래", 1.3)]),
    ("(고래)1.3가 있는 바다", "고래가 있는 바다", [("고래", 1.3)]),
    ("(바다)1.25에서도 (고래)0.5, 그려줘", "바다에서도 고래, 그려줘", [("바다", 1.25), ("고래", 0.5)]),
    ("(빨간 모자)1.2를 쓴 고양이", "빨간 모자를 쓴 고양이", [("빨간 모자", 1.2)]),
    ("(a red hat)1.2 on a cat", "a red hat on a cat", [("a red hat", 1.2)]),
    ("노을 지는(바다)1.5!", "노을 지는 바다!", [("바다", 1.5)]),
    ("(고래)1", "고래", [("고래", 1.0)]),
]  # fmt: skip
PLAIN = [
    "(2024년) 3", "f(x)", "f(x)1.2", "(((a)))", "(고래)", "((고래)1.3)", "(고래)3마리", "(고래)1.3마리", "(고래)1.305",
    "(고래)1.3.5", "(고래) 1.3", "(고래)1.3kg", "(고래)2024", "(고래)1:2", "(고래)1/2", "(고래)+1.3", "(고래)-1", "(고래).5", "()1.2",
    "( )1.2", "( 고래)1.2", "(12)1.3", "(가(나)다)1.3", "고래++", "(고래)++", "고래.swap(상어)", "(a, b).and(1, 0.5)", "(고래:1.3)",
    "\\(고래)1.3", "(" + "고" * 41 + ")1.2",
]  # fmt: skip
MESSAGE = st.text(alphabet=st.sampled_from("고래 a가를1.305()[]+-:,😀\n\\"), max_size=120)
WORDS = st.lists(st.sampled_from("a the red Red hats hat whale's whales sea, sky. wide-brimmed 3 ( + ' \" - é".split()), max_size=12)  # fmt: skip
TERM = st.lists(st.sampled_from("a the red hat hats whale sea sky wide brimmed é +".split()), max_size=3)  # fmt: skip


def applied(sentence: str, emphases: Sequence[tuple[str, float]]) -> tuple[Fragment, ...]:
    """Give weighted words their weights, and append what the sentence lacks."""
    placed = place(sentence, emphases)
    fragments = list(placed.fragments)
    for term in placed.missing:
        fragments += [SEPARATOR, term] if fragments else [term]
    return tuple(fragments)


def taken(text: str) -> list[tuple[str, float]]:
    """Give the weighted words of a text."""
    return [(one.words, one.weight) for one in take_emphases(text).emphases]


def pairs(fragments: tuple[Fragment, ...]) -> list[tuple[str, float]]:
    """Write fragments shortly."""
    return [(fragment.text, fragment.weight) for fragment in fragments]


@pytest.mark.parametrize(("text", "rest", "weights"), SIGNS, ids=[row[0] for row in SIGNS])
def test_a_sign_gives_its_words_a_weight(
    text: str, rest: str, weights: list[tuple[str, float]]
) -> None:
    """Brackets and number go, the words stay where they were, with their particle."""
    found = take_emphases(text)

    assert (rest, weights) == (found.text, taken(text))


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_not_exactly_a_sign_stays_as_it_is(text: str) -> None:
    """Other brackets, other numbers and the syntax of prompt parsers are plain text."""
    assert Emphasised(text=text) == take_emphases(text)


@pytest.mark.parametrize("weight", ["0", "0.49", "1.51", "3", "999"])
def test_a_weight_that_distorts_is_an_error_that_names_the_range(weight: str) -> None:
    """The person learns what may be written."""
    with pytest.raises(WeightOutOfRange) as caught:
        take_emphases(f"(고래){weight}가 있는 바다")

    assert (float(weight), 0.5, 1.5) == (
        caught.value.weight, caught.value.min_weight, caught.value.max_weight,
    )  # fmt: skip


def test_five_weights_are_taken() -> None:
    """Further ones lose their weight, not their words, and are counted."""
    found = take_emphases(" ".join(f"(고래{c})1.2" for c in "가나다라마바사"))

    assert (5, 2) == (len(found.emphases), found.num_ignored)
    assert "고래가 고래나 고래다 고래라 고래마 고래바 고래사" == found.text


@given(MESSAGE)
@example("(" * 5_000)
@example("()" * 50)
def test_any_message_is_read_or_refused(text: str) -> None:
    """Only brackets and numbers are ever taken away, weights stay in their bounds, words in their length."""
    try:
        found = take_emphases(text)
    except WeightOutOfRange:
        return

    assert re.sub(r"[\s()0-9.]", "", text) == re.sub(r"[\s()0-9.]", "", found.text)
    assert len(found.emphases) <= 5
    for one in found.emphases:
        assert 0.5 <= one.weight <= 1.5
        assert 1 <= len(one.words) <= 40
        assert one.words in found.text


PLACED = [
    ("a whale in the sea", [("a whale", 1.3)], [("a ", 1.0), ("whale", 1.3), (" in the sea", 1.0)]),
    ("Whales swim", [("whale", 0.5)], [("Whales", 0.5), (" swim", 1.0)]),
    ("the whale's tail", [("whales", 1.2)], [("the ", 1.0), ("whale's", 1.2), (" tail", 1.0)]),
    ("a red hat", [("red", 1.1), ("hat", 1.2)], [("a ", 1.0), ("red ", 1.1), ("hat", 1.2)]),
    ("a hat, a red hat", [("hat", 1.1), ("red hat", 1.3)], [("a ", 1.0), ("hat", 1.1), (", a ", 1.0), ("red hat", 1.3)]),
    ("a chat", [("hat", 1.2)], [("a chat", 1.0), (", ", 1.0), ("hat", 1.2)]),
    ("a wide-brimmed hat", [("wide", 1.2)], [("a wide-brimmed hat", 1.0), (", ", 1.0), ("wide", 1.2)]),
    ("three children", [("a child", 1.2)], [("three ", 1.0), ("children", 1.2)]),
    ("a gat, traditional hat", [("gat, traditional hat", 1.2)], [("a ", 1.0), ("gat, traditional hat", 1.2)]),
    ("", [("sea", 1.2)], [("sea", 1.2)]),
    ("a cat", [("", 1.2), ("+", 1.2)], [("a cat", 1.0)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "terms", "fragments"), PLACED, ids=[f"{row[0]} {row[1]}" for row in PLACED]
)
def test_a_weight_acts_on_the_words_of_the_sentence(
    sentence: str, terms: list[tuple[str, float]], fragments: list[tuple[str, float]]
) -> None:
    """Whole words, without regard to case, article and plural; a term that is not there is appended."""
    assert fragments == pairs(applied(sentence, terms))


@given(WORDS, st.lists(st.tuples(TERM, st.floats(0.5, 1.5)), max_size=5))
def test_fragments_are_the_sentence_and_end_between_words(
    words: list[str], terms: list[tuple[list[str], float]]
) -> None:
    """Joined they give the sentence, then the terms it lacks; no fragment is blank or ends inside a word."""
    sentence = " ".join(words)
    fragments = applied(sentence, [(" ".join(term), weight) for term, weight in terms])

    joined = PreparedPrompt.text_of(fragments)
    assert joined.startswith(sentence)
    ends = [len(PreparedPrompt.text_of(fragments[:i])) for i in range(1, len(fragments))]
    assert not [end for end in ends if re.fullmatch(r"\w\w", joined[end - 1 : end + 1])]
    assert all(fragment.text.strip() for fragment in fragments)
    assert all(0.5 <= fragment.weight <= 1.5 for fragment in fragments)


def test_nobody_asks_a_prompt_parser() -> None:
    """No file of the pipeline names what parses prompts in Compel; only its fragments are used."""
    sources = [path.read_text("utf-8") for path in Path(pipeline.__path__[0]).rglob("*.py")]
    parsers = re.compile(
        r"parse_prompt_string|build_conditioning_tensor|PromptParser|\bcompel\(|parse_conjunction"
    )

    assert len(sources) > 40
    assert [] == [found for text in sources if (found := parsers.search(text))]


def test_a_keyword_that_repeats_a_weighted_word_is_recognised() -> None:
    """Plural or not."""
    assert shares_word("whales", ["a blue whale"])
    assert not shares_word("a sea", ["a blue whale"])


@pytest.mark.parametrize(
    "piece", ["(", "()", "(a", "(고래)1.3 ", "(고래)1.3가", "(고래)1.30", "((고래)1.3)", "😀", "(고"],
)  # fmt: skip
def test_reading_takes_time_in_proportion_to_length(piece: str) -> None:
    """Eight times the text takes about eight times as long: no input makes the reading explode."""

    def seconds(num: int) -> float:
        text = piece * num
        times = []
        for _ in range(5):
            begin = time.process_time()
            take_emphases(text)
            times.append(time.process_time() - begin)
        return min(times)

    assert seconds(16_000) < 24 * seconds(2_000) + 0.001
