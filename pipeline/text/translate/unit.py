"""The units between the lexer and the grammar: one word with what it does in a Korean sentence."""

from dataclasses import dataclass
from enum import Enum, auto

from pipeline.text.translate.lexicon import Entry


class Part(Enum):
    """What a unit does for the grammar."""

    NOUN = auto()
    MODIFIER = auto()  # stands before a noun as it is
    PREDICATE = auto()  # has a form
    PARTICLE = auto()  # has a role
    POSITION = auto()
    COUNT = auto()
    ADVERB = auto()
    SCENE_HEAD = auto()
    PLURAL = auto()
    BREAK = auto()
    UNKNOWN = auto()


class Form(Enum):
    """How a predicate goes on."""

    ADNOMINAL = auto()  # before a noun
    PAST_ADNOMINAL = auto()
    CONNECTIVE = auto()  # "and"
    ADVERBIAL = auto()
    FINAL = auto()


class Role(Enum):
    """What a particle makes of its noun."""

    SUBJECT = auto()
    TOPIC = auto()
    OBJECT = auto()
    GENITIVE = auto()
    AND = auto()
    AT = auto()
    TO = auto()
    BY = auto()  # 로: with, of, towards
    LIKE = auto()
    QUOTE = auto()
    NONE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One word; the fields beyond `part` hold what that part needs."""

    part: Part
    entry: Entry | None = None
    korean: str = ""
    form: Form | None = None
    role: Role | None = None
    number: int | str | None = None
    ending: str = ""
    is_negated: bool = False
    is_spaced: bool = True  # from the word before
