"""Korean text as morphemes: the one home of Kiwi.

Loading takes about two seconds, so it waits for the first call. Runs on the text thread only.
Does not know what any stage does with the morphemes.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Protocol

NOUN_TAGS = frozenset({"NNG", "NNP", "NNB", "NR", "NP", "SL", "SN", "XR"})
ENDING_TAGS = frozenset({"EF", "EC", "EP", "ETM", "ETN"})
SIGN_TAGS = frozenset({"SF", "SP", "SS", "SSO", "SSC", "SE", "SO", "SW", "SB", "W_EMOJI", "Z_CODA"})

_LAST = "이|가|을|를|은|는|의|도|나|이나|라도|이라도|든|이든|며|이며|이라는|라는|마저|조차"
_FIRST = "에게|에서|에|한테|께서|께|으로서|로서|으로써|로써|으로|로|와|과|이랑|랑|하고|만|까지|부터|처럼|같이|보다|밖에"
PARTICLES = rf"들?(?:{_LAST}|(?:{_FIRST})(?:은|는|도|만|의)?)?(?![가-힣ㄱ-ㅣ])"
"""A regular expression for the particles that may end a word, none included, up to the end of its Hangul."""

# Verbs that lose their ㄹ and are then taken for a noun and a particle.
_LOST_L = (("우는", "울"), ("부는", "불"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Morpheme:
    """One morpheme with its place in the text; `tag` without Kiwi's mark for irregular verbs."""

    form: str
    tag: str
    start: int
    end: int

    @property
    def is_noun(self) -> bool:
        """Whether it can be counted among nouns: names, numerals and Latin words included."""
        return self.tag in NOUN_TAGS

    @property
    def is_ending(self) -> bool:
        """Whether it is a verb's ending."""
        return self.tag in ENDING_TAGS

    @property
    def is_sign(self) -> bool:
        """Whether it is punctuation, laughter, an emoji or a stray final."""
        return self.tag in SIGN_TAGS


class _Token(Protocol):
    """What is used of Kiwi's tokens."""

    form: str
    tag: str
    start: int
    end: int


class Korean:
    """Splits text into morphemes. Lives as long as the `Preparer` that it was made for."""

    @cached_property
    def _kiwi(self):  # type: ignore[no-untyped-def]
        from kiwipiepy import Kiwi

        # Without the names of several words: it knows titles of films ("자전거를 탄 소년") as one noun.
        kiwi = Kiwi(num_workers=1, load_multi_dict=False)
        for word in _missing_words():
            kiwi.add_user_word(word, "NNG")
        for form, stem in _LOST_L:
            kiwi.add_pre_analyzed_word(form, [(stem, "VV"), ("는", "ETM")], -1.0)
        return kiwi

    def load(self) -> None:
        """Load the model now, so that the first message does not wait for it."""
        self._kiwi.tokenize("고래")  # it builds its tables at the first use

    def morphemes(self, text: str) -> tuple[Morpheme, ...]:
        """Split text into morphemes whose offsets are those of the text."""
        tokens: list[_Token] = self._kiwi.tokenize(text)
        return tuple(
            Morpheme(form=t.form, tag=t.tag.split("-")[0], start=t.start, end=t.end) for t in tokens
        )


@cache
def _missing_words() -> tuple[str, ...]:
    """Read the nouns that Kiwi alone would take apart."""
    lines = (files(__package__) / "korean_words.txt").read_text("utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def joined(morphemes: tuple[Morpheme, ...]) -> tuple[str, tuple[int, ...]]:
    """Write morphemes as `form/TAG form/TAG …` and say where each begins, for regular expressions."""
    pieces = [f"{m.form}/{m.tag} " for m in morphemes]
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    return "".join(pieces), tuple(starts)


def is_spaced(left: Morpheme, right: Morpheme) -> bool:
    """Tell whether a blank stands between two neighbours."""
    return right.start > left.end
