"""Fills the three prompts: 75 tokens per encoder are a budget, spent in order of importance.

`prompt` is the style's name and the sentence; `prompt_2` the sentence, then keywords, then style or quality
words. In both, words that a person weighed have their weights. The negative prompt is the person's own words,
then what is absent, then the defaults. Counts with the encoders' own tokenizers, and says what was dropped.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial

from pipeline.text.emphasis import place, shares_word
from pipeline.text.keywords import Keywords
from pipeline.text.styles import PHOTOGRAPHIC, Style
from pipeline.text.weights import SEPARATOR, clean, weighted
from pipeline.types import Fragment, PreparedPrompt, TokenCounter, TokensUsed

MAX_TOKENS = 75
MAX_SENTENCE_TOKENS = 40  # of `prompt_2`; keywords and style need the rest

NEGATIVE_WORDS = (
    "lowres", "blurry", "deformed", "disfigured", "bad anatomy", "extra fingers", "cropped", "watermark",
    "text", "cartoon", "anime", "3d render",
)  # fmt: skip
"""What no picture should have. "No faces" and the like are left out: an encoder does not read "no"."""

Emphases = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingredients:
    """What the prompts are made of, in English."""

    english: str
    emphases: Emphases = ()  # words that the person weighed, 0.5 to 1.5
    keywords: Keywords = ()
    style: Style | None = None
    earlier_styles: tuple[Style, ...] = ()
    negative: str = ""
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The prompts, the tokens they use, and what did not fit."""

    prompt: PreparedPrompt
    tokens: TokensUsed
    dropped: tuple[str, ...]


@dataclass(slots=True)
class _Budget:
    """Fragments that were taken while they fitted, separators among them, for one prompt."""

    count: TokenCounter
    fragments: list[Fragment] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    def add(self, text: str, weight: float = 1.0) -> None:
        """Take words or a keyword if they fit."""
        if text := clean(text):
            self._take(weighted(text, weight))

    def add_sentence(
        self, text: str, *, max_tokens: int = MAX_TOKENS, emphases: Emphases = (), lead: str = ""
    ) -> None:
        """Take as much of a sentence as fits: to the last comma, else to the last word.

        Weighted words that it lacks come before the end of a sentence that is too long for both.
        """
        text = clean(lead + text)
        place_in = partial(place, emphases_en=emphases, begin=len(lead))
        alone = [part for term in place_in(text).missing for part in (SEPARATOR, term)]
        room = max(MAX_TOKENS // 2, MAX_TOKENS - self.tokens(alone))
        kept = self._longest(text, lambda t: place_in(t).fragments, min(max_tokens, room))
        placed = place_in(kept)
        self.fragments += placed.fragments
        self.dropped += [text[len(kept) :].strip(" ,")] if len(kept) < len(text) else []
        for term in placed.missing:
            self._take(term)

    def _take(self, fragment: Fragment) -> None:
        """Take a fragment if it fits."""
        more = [SEPARATOR, fragment] if self.fragments else [fragment]
        if self.tokens([*self.fragments, *more]) <= MAX_TOKENS:
            self.fragments += more
        else:
            self.dropped.append(fragment.text)

    def _longest(self, text: str, cut: Callable[[str], Sequence[Fragment]], max_tokens: int) -> str:
        """Find the longest beginning that fits, by halves: counting is what costs time."""
        if self.tokens(cut(text)) <= max_tokens:
            return text
        ends = [match.start() for match in re.finditer(r"\s", text)]
        low, high = 0, len(ends)
        while low < high:
            middle = (low + high) // 2
            fits = self.tokens(cut(text[: ends[middle]])) <= max_tokens
            low, high = (middle + 1, high) if fits else (low, middle)
        kept = text[: ends[low - 1]] if low else ""
        comma = kept.rfind(",")
        return (kept[:comma] if comma > len(kept) // 2 else kept).rstrip(" ,")

    def tokens(self, fragments: Sequence[Fragment]) -> int:
        """Count by the encoder that needs most: each fragment is encoded alone, and all of them as one text."""
        joined = PreparedPrompt.text_of(tuple(fragments))
        return max(
            max(
                self.count(joined, encoder=e), sum(self.count(f.text, encoder=e) for f in fragments)
            )
            for e in (1, 2)
        )

    def done(self) -> tuple[Fragment, ...]:
        """Give all fragments; an empty prompt is one empty fragment."""
        return tuple(self.fragments) or (Fragment(text=""),)

    def used(self) -> int:
        """Count what is in it."""
        return self.tokens(self.fragments)


def fill(ingredients: Ingredients, count: TokenCounter) -> Filled:
    """Spend the tokens of each prompt."""
    remembered = lru_cache(maxsize=None)(count)  # the same pieces are counted many times
    emphases = tuple((clean(term), weight) for term, weight in ingredients.emphases)
    first = _first(ingredients, emphases, remembered)
    second = _second(ingredients, emphases, remembered)
    negative = _negative(ingredients, remembered)
    tokens = TokensUsed(
        prompt=first.used(), prompt_2=second.used(), negative_prompt=negative.used()
    )
    assert max(tokens.prompt, tokens.prompt_2, tokens.negative_prompt) <= MAX_TOKENS
    prompt = PreparedPrompt(
        prompt=first.done(), prompt_2=second.done(), negative_prompt=negative.done()
    )
    dropped = dict.fromkeys([*first.dropped, *second.dropped, *negative.dropped])
    return Filled(prompt=prompt, tokens=tokens, dropped=tuple(dropped))


def _first(ingredients: Ingredients, emphases: Emphases, count: TokenCounter) -> _Budget:
    """Encoder 1: "an oil painting of" and the sentence."""
    budget = _Budget(count)
    lead = ingredients.style.lead + " " if ingredients.style else ""
    budget.add_sentence(ingredients.english, emphases=emphases, lead=lead)
    return budget


def _second(ingredients: Ingredients, emphases: Emphases, count: TokenCounter) -> _Budget:
    """Encoder 2: the sentence, keywords that nobody weighed with their weights, style or quality words."""
    budget = _Budget(count)
    budget.add_sentence(ingredients.english, max_tokens=MAX_SENTENCE_TOKENS, emphases=emphases)
    own = [term for term, _ in emphases]
    for word, weight in ingredients.keywords:
        if not shares_word(word, own):
            budget.add(word, weight)
    style = ingredients.style
    budget.add(style.words if style else PHOTOGRAPHIC)
    for earlier in ingredients.earlier_styles:
        budget.add(earlier.words.partition(",")[0])
    return budget


def _negative(ingredients: Ingredients, count: TokenCounter) -> _Budget:
    """Both encoders: the person's own, what is absent, the defaults less what the style wants."""
    budget = _Budget(count)
    budget.add_sentence(ingredients.negative)
    for thing in ingredients.absent:
        budget.add(thing)
    wanted = ingredients.style.not_negative if ingredients.style else frozenset[str]()
    for word in NEGATIVE_WORDS:
        if word not in wanted:
            budget.add(word)
    return budget
