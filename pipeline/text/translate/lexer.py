"""From morphemes to words of the glossary: what `grammar.py` puts together.

Takes the longest word at every place, compounds and verbs with their noun first ("비 오다"), so that
spacing makes no difference. Words that the glossary lacks become `UNKNOWN`; nothing is guessed.
"""

import re
from collections.abc import Iterator, Sequence

from pipeline.text.korean import Morpheme
from pipeline.text.translate.lexicon import Entry, Kind, Lexicon
from pipeline.text.translate.unit import Form, Part, Role, Unit

_ROLES = {
    "JKS": Role.SUBJECT, "JKO": Role.OBJECT, "JKG": Role.GENITIVE, "JC": Role.AND, "JKQ": Role.QUOTE,
    "에": Role.AT, "에서": Role.AT, "에다": Role.AT, "에게": Role.TO, "한테": Role.TO, "께": Role.TO,
    "으로": Role.BY, "로": Role.BY, "으로써": Role.BY, "처럼": Role.LIKE, "같이": Role.LIKE,
    "은": Role.TOPIC, "는": Role.TOPIC, "ᆫ": Role.TOPIC,
    "와": Role.AND, "과": Role.AND, "랑": Role.AND, "이랑": Role.AND, "하고": Role.AND,
}  # fmt: skip
_STEMS = frozenset({"VV", "VA", "XSV", "XSA", "VCP", "VX"})
_INSIDE = frozenset({"JKS", "JKO", "JKB", "JX"})  # may stand inside a predicate of several words
_ENDINGS = frozenset({"EP", "EC", "ETM", "ETN", "EF"})
_FINALS = frozenset({"고", "며", "면서", "으며", "으면서", "어서", "어", "다가", "으면", "면", "지만", "는데", "자", "어다"})  # fmt: skip
_SILENT = frozenset({"하다", "되다", "이다", "싶다", "같다", "위하다", "대하다", "관하다", "통하다", "이루어지다", "않다", "말다", "그렇다", "이렇다", "지다"})  # fmt: skip
_FOREIGN = re.compile(r"[0-9]*[A-Za-z][\w'&.-]*(?: [A-Za-z0-9][\w'&.-]*)*(?<![.-])", re.ASCII)
_HAS_CONTENT = frozenset({"NNG", "NNP", "VV", "VA", "XR", "UN"})
_LETTERS = Entry(kind=Kind.NOUN, english="Korean letters", marks=frozenset({"plural"}))
_SHAPES = {"모양": "shaped", "무늬": "patterned", "풍": "style"}
_NEVER_ALONE = _STEMS | _ENDINGS | {"XSN", "XPN", "SO", "SP", "SF"}
_NEIGHBOURS = 6
_MAX_MORPHEMES = 7


class Lexer:
    """Splits one analysed text into units."""

    def __init__(self, text: str, morphemes: Sequence[Morpheme], lexicon: Lexicon) -> None:
        self._text, self._morphemes, self._lexicon = text, morphemes, lexicon
        self._at = 0

    def units(self) -> Iterator[Unit]:
        """Give the words in their order."""
        while self._at < len(self._morphemes):
            begin = self._at
            yield from self._next()
            assert self._at > begin

    def _next(self) -> Iterator[Unit]:
        """Read one word, the longest that fits."""
        here = self._morphemes[self._at]
        if here.tag == "SSO" and (end := self._closing()) is not None:
            yield from self._quoted(end)
        elif here.tag in {"SL", "SN"} and (match := _FOREIGN.match(self._text, here.start)):
            yield self._foreign(match[0])
        elif here.tag == "SN":
            yield self._count(here.form, 1)
        elif (found := self._longest()) is not None:
            yield found
        else:
            yield from self._other(here)

    # Words of the glossary

    def _longest(self) -> Unit | None:
        """Read a predicate or a noun here, whichever takes more: "비 오는 날" is one word, "비 오는" another."""
        begin = self._at
        predicate, end = self._predicate(), self._at
        self._at = begin
        noun = self._nominal()
        if predicate is not None and (noun is None or self._at <= end):
            self._at = end
            return predicate
        return noun

    def _predicate(self) -> Unit | None:
        """Match a stem, or a noun with its verb, and read the endings after it."""
        first = self._morphemes[self._at]
        if first.tag in {"XSA", "VCP", "VX"} or (first.tag == "XSV" and first.form != "하"):
            return None
        for end in range(min(len(self._morphemes), self._at + _MAX_MORPHEMES), self._at, -1):
            if self._morphemes[end - 1].tag not in _STEMS:
                continue
            korean = self._stem(end)
            if korean in self._lexicon and (end > self._at + 1 or not self._nominal_end(end)):
                entry = self._choose(korean, end)
                return self._conjugated(entry, korean, end)
        return None

    def _stem(self, end: int) -> str:
        """Spell the morphemes up to `end` as a dictionary form, inner particles left out."""
        inside = self._morphemes[self._at + 1 : end]
        forms = [self._morphemes[self._at].form, *(m.form for m in inside if m.tag not in _INSIDE)]
        return "".join(forms) + "다"

    def _conjugated(self, entry: Entry | None, korean: str, end: int) -> Unit:
        """Read endings and helping verbs; say how the predicate goes on."""
        spaced = self._is_spaced()
        form, negated, at, ending = Form.FINAL, self._is_negated_before(), end, ""
        while at < len(self._morphemes):
            here = self._morphemes[at]
            if here.tag in _ENDINGS:
                form, ending = _form(here), here.form
            elif here.tag == "VX" or (here.tag == "VV" and here.form == "있"):
                negated |= here.form in {"않", "말", "못하"}
            elif not (here.tag == "JX" and self._is_ending(at + 1)):
                break
            at += 1
        self._at = at
        return Unit(part=Part.PREDICATE, entry=entry, korean=korean, form=form, ending=ending, is_negated=negated, is_spaced=spaced)  # fmt: skip

    def _nominal(self) -> Unit | None:
        """Match the longest noun, colour, position … written here."""
        for end in range(min(len(self._morphemes), self._at + _MAX_MORPHEMES), self._at, -1):
            if self._nominal_end(end):
                return self._named(self._surface(end), end)
        return None

    def _nominal_end(self, end: int) -> bool:
        """Tell whether the text up to `end` is a word of the glossary that is no predicate."""
        last = self._morphemes[end - 1]
        single = end == self._at + 1
        if last.tag.startswith("J"):
            return False
        if single and (last.tag in _NEVER_ALONE or self._is_torn()):
            return False
        if (
            not single
            and self._morphemes[self._at].tag in (_ENDINGS | _STEMS)
            and not self._is_spaced()
        ):
            return False
        surface = self._surface(end)
        return (surface in self._lexicon and not surface.endswith("다")) or surface in {
            "판다",
            "바다",
        }

    def _named(self, korean: str, end: int) -> Unit:
        """Make the unit of a word that is no predicate."""
        entry, spaced = self._choose(korean, end), self._is_spaced()
        if entry.kind is Kind.NUMBER:
            return self._count(entry.english, end - self._at)
        self._at = end
        if self._is_adnominal_copula():
            self._at += 2
            return Unit(part=Part.MODIFIER, entry=entry, korean=korean, is_spaced=spaced)
        if (shape := self._shape(entry)) is not None:
            return Unit(part=Part.MODIFIER, entry=shape, korean=korean, is_spaced=spaced)
        part = _PARTS.get(entry.kind, Part.MODIFIER)
        return Unit(part=part, entry=entry, korean=korean, is_spaced=spaced)

    def _choose(self, korean: str, end: int) -> Entry:
        """Choose the meaning that the neighbours call for."""
        before = [
            m.form for m in reversed(self._morphemes[max(0, self._at - _NEIGHBOURS) : self._at])
        ]
        after = [m.form for m in self._morphemes[end : end + _NEIGHBOURS]]
        inside = [m.form for m in self._morphemes[self._at : end - 1]]
        entry = self._lexicon.choose(korean, before=inside + before, after=after)
        assert entry is not None
        return entry

    def _is_torn(self) -> bool:
        """Tell whether this is one syllable out of a longer word that nobody knows: 성 of 성인물."""
        here = self._morphemes[self._at]
        if len(here.form) > 1 or here.tag != "NNG":
            return False
        around = (
            self._morphemes[max(0, self._at - 1) : self._at],
            self._morphemes[self._at + 1 : self._at + 2],
        )
        return any(
            other.tag in {"NNG", "NNP", "XSN"}
            and (other.start == here.end or other.end == here.start)
            and other.form not in self._lexicon
            for side in around
            for other in side
        )

    # What follows a word

    def _shape(self, entry: Entry) -> Entry | None:
        """Read 모양 or 무늬 after a noun: "heart-shaped"."""
        here = self._peek()
        if not entry.is_nominal or here is None or here.form not in _SHAPES:
            return None
        self._at += 1
        if (after := self._peek()) is not None and after.tag == "JKG":
            self._at += 1
        return Entry(kind=Kind.ADJECTIVE, english=f"{entry.english}-{_SHAPES[here.form]}")

    def _is_adnominal_copula(self) -> bool:
        """Tell whether "인" follows, as in "a cat that is a painter"."""
        two = self._morphemes[self._at : self._at + 2]
        return [m.tag for m in two] == ["VCP", "ETM"]

    def _is_negated_before(self) -> bool:
        """Tell whether 안 or 못 stands in front."""
        before = self._morphemes[self._at - 1] if self._at else None
        return before is not None and before.tag == "MAG" and before.form in {"안", "못"}

    def _is_ending(self, at: int) -> bool:
        """Tell whether an ending or helping verb stands there."""
        return at < len(self._morphemes) and self._morphemes[at].tag in (_ENDINGS | {"VX"})

    def _is_spaced(self) -> bool:
        """Tell whether a blank stands before the word that begins here."""
        if self._at == 0:
            return True
        return self._morphemes[self._at].start > self._morphemes[self._at - 1].end

    def _peek(self) -> Morpheme | None:
        """Give the next morpheme, if any."""
        return self._morphemes[self._at] if self._at < len(self._morphemes) else None

    def _surface(self, end: int) -> str:
        """Give the text up to `end` without blanks."""
        start, stop = self._morphemes[self._at].start, self._morphemes[end - 1].end
        return self._text[start:stop].replace(" ", "").replace("\ufe0f", "")

    # Everything else

    def _count(self, number: str, length: int) -> Unit:
        """Read a number with its counter: "세 마리", "18세기", "5살"."""
        spaced = self._is_spaced()
        self._at += length
        here, entry = self._peek(), None
        if here is not None and here.form in {"세기", "살", "세"}:
            self._at += 1
            word = _ordinal(number) + " century" if here.form == "세기" else f"{number}-year-old"
            return Unit(part=Part.MODIFIER, entry=Entry(kind=Kind.ADJECTIVE, english=word))
        if here is not None and here.is_noun:
            entry = self._lexicon.counters.get(here.form)
            if entry is not None or here.tag == "NNB":
                self._at += 1
        value = int(number) if number.isdigit() and len(number) < 6 else number
        return Unit(part=Part.COUNT, entry=entry, number=value, is_spaced=spaced)

    def _foreign(self, run: str) -> Unit:
        """Keep Latin words as they were typed."""
        end = self._morphemes[self._at].start + len(run)
        while (here := self._peek()) is not None and here.start < end:
            self._at += 1
        entry = Entry(kind=Kind.NOUN, english=run, marks=frozenset({"proper", "in"}))
        return Unit(part=Part.NOUN, entry=entry, korean=run)

    def _closing(self) -> int | None:
        """Find the sign that closes the quotation which opens here."""
        rest = range(self._at + 1, len(self._morphemes))
        return next((i for i in rest if self._morphemes[i].tag == "SSC"), None)

    def _quoted(self, end: int) -> Iterator[Unit]:
        """A quotation in Hangul cannot be drawn as letters; a Latin one stays; brackets are opened."""
        inside = self._text[self._morphemes[self._at].end : self._morphemes[end].start]
        if self._morphemes[self._at].form not in {'"', "'"}:
            self._at += 1
            return
        self._at = end + 1
        if re.search("[가-힣ㄱ-ㅣ]", inside):
            yield Unit(part=Part.NOUN, entry=_LETTERS, korean=inside)
        elif inside.strip():
            entry = Entry(
                kind=Kind.NOUN, english=f'"{inside.strip()}"', marks=frozenset({"proper"})
            )
            yield Unit(part=Part.NOUN, entry=entry, korean=inside)

    def _other(self, here: Morpheme) -> Iterator[Unit]:
        """Particles, signs, and what the glossary does not know."""
        if here.tag in _STEMS:
            korean = here.form + "다"
            if here.tag in {"VV", "VA"} and korean not in _SILENT:
                yield Unit(part=Part.UNKNOWN, korean=korean)
            if here.form == "같" or here.tag == "VCP":
                yield Unit(part=Part.PARTICLE, role=Role.LIKE if here.form == "같" else Role.NONE)
                self._conjugated(None, korean, self._at + 1)
            else:
                yield self._conjugated(None, korean, self._at + 1)
            return
        if here.tag == "XR" and (unit := self._unknown_root()) is not None:
            yield unit
            return
        self._at += 1
        if here.tag.startswith("J"):
            yield Unit(
                part=Part.PARTICLE, role=_ROLES.get(here.tag) or _ROLES.get(here.form, Role.NONE)
            )
        elif here.tag in {"SP", "SF", "EF"} or here.form in {"그리고", "및"}:
            yield Unit(part=Part.BREAK if here.tag != "MAJ" else Part.PARTICLE, role=Role.AND)
        elif here.form in {"들", "떼", "무리"}:
            yield Unit(part=Part.PLURAL)
        elif here.tag in _HAS_CONTENT:
            yield Unit(part=Part.UNKNOWN, korean=here.form + self._rest_of_word(here.end))

    def _rest_of_word(self, end: int) -> str:
        """Take what is written together with an unknown word: suffixes, 하다, pieces of a torn name."""
        rest = ""
        while (here := self._peek()) is not None and here.start == end:
            if here.tag in {"XSV", "XSA"}:
                self._conjugated(None, "", self._at + 1)
                return rest + here.form + "다"
            if here.tag not in {"XSN", "NNG", "NNP"} or (
                len(here.form) > 1 and here.form in self._lexicon
            ):
                break
            rest, end = rest + here.form, here.end
            self._at += 1
        return rest

    def _unknown_root(self) -> Unit | None:
        """Name an unknown 하다 adjective by its whole form."""
        korean = self._morphemes[self._at].form
        self._at += 1
        return Unit(part=Part.UNKNOWN, korean=korean)


_PARTS = {
    Kind.NOUN: Part.NOUN, Kind.PLACE: Part.NOUN, Kind.TIME: Part.NOUN, Kind.POSITION: Part.POSITION,
    Kind.ADVERB: Part.ADVERB, Kind.SCENE_HEAD: Part.SCENE_HEAD,
}  # fmt: skip


def _form(ending: Morpheme) -> Form:
    """Read the form off an ending."""
    if ending.tag == "ETM":
        return Form.PAST_ADNOMINAL if ending.form in {"ᆫ", "은"} else Form.ADNOMINAL
    if ending.tag == "EC" and ending.form == "게":
        return Form.ADVERBIAL
    if ending.tag in {"EC", "ETN"}:
        return Form.CONNECTIVE
    return Form.FINAL


def _ordinal(number: str) -> str:
    """Write 18 as 18th."""
    suffix = "th" if number[-2:] in {"11", "12", "13"} else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")  # fmt: skip
    return number + suffix
