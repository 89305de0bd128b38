"""What one sentence of a message is: something to draw, small talk, a question, a refusal.

Judges Korean by its morphemes, written as `form/TAG form/TAG …` for regular expressions.
Does not know how a request is worded (request_words.py).
"""

import re
from enum import Enum, auto

from pipeline.text.korean import Morpheme, joined


class Sentence(Enum):
    """The kinds of a sentence that asks for no picture in so many words."""

    CONTENT = auto()  # can be drawn: a noun with what belongs to it, or a scene
    TALK = auto()  # greeting, thanks, feelings, reasons
    QUESTION = auto()
    REFUSAL = auto()  # "do not draw"
    BLANK = auto()  # signs only


_LAUGHTER = re.compile(r"[ㄱ-ㅎㅏ-ㅣ~^!.]+")
_REFUSAL = re.compile(r"(?:그리|만들)/VV 지/EC (?:말|않|마)/V|안/MAG (?:그리|만들)/VV ")
_ASKED = re.compile(
    r"(?:^| )(?:뭐|무엇|누구|언제|어디|왜|얼마|몇|무슨|어느|어떻|어떡하|어찌)/(?:NP|MM|MAG|VA|NR|IC|VV) "
)
_TALK = re.compile(
    r"(?:^| )(?:감사|고맙|안녕|미안|죄송|반갑|사랑|심심|배고프|졸리|힘들|축하|수고|모르|부탁)/|"
    r"(?:^| )(?:나|너|저|제|내|네|니|당신|저희|그쪽)/NP |"
    r"(?:거든|거든요|네|네요|더라|더라고|더라고요|잖아|잖아요|군|군요|구나|는구나|ᆯ게|ᆯ게요|을게요|지요?|죠)/EF |"
    r"(?:이|)/VCP (?:라|라서|니까|거든|야)/E[CF] $"
)
_SMALL_TALK = re.compile(
    r"^(?:(?:안녕|하이|헬로|감사|땡큐|고마움|굿|대박|헐|네|응|예|아니|오케이|ㅇㅇ|ㄱㅅ|봇|그림봇|thanks|thx|hi|hello|ok"
    r"|잠깐|잠시|저기|저기요|야|와|우와|오|아|음)/\S+ )+$",
    re.IGNORECASE,
)
_PREDICATE_END = re.compile(r"/(?:EF|EC)$")
# "고래, 더 밝게": what is drawn, and how. The sign tells it from a remark ("밥 맛있게").
_MANNER = re.compile(
    r"/(?:NNG|NNP|SL) ,/SP (?:\S+/(?!E[FC] )\S+ )*?(?:\S+/(?:VA|VV|VX|XR) |\S+/(?:NNG|XR) \S+/XSA )게/EC $"
)
_HAS_SUBJECT = re.compile(r"/JKS ")
_HAS_ARGUMENT = re.compile(r"/(?:JKS|JKO|JKB|NNG|NNP|SL) ")
_LAST_STEM = re.compile(r"/(VV|VA|VCP|VCN|XSV|XSA|VX) (?:\S+/(?:EP|EF|EC|ETM|ETN|VX|JX) )*$")


def split(morphemes: tuple[Morpheme, ...]) -> list[tuple[Morpheme, ...]]:
    """Cut a message into sentences: at full stops, after final endings, at laughter after an ending."""
    sentences: list[list[Morpheme]] = [[]]
    for here, after in zip(morphemes, [*morphemes[1:], None], strict=True):
        sentences[-1].append(here)
        if after is not None and _ends(here, after):
            sentences.append([])
    return [tuple(sentence) for sentence in sentences if sentence]


def _ends(here: Morpheme, after: Morpheme) -> bool:
    """Tell whether a sentence ends between two neighbours."""
    if here.tag == "SF":
        return after.tag != "SF"
    if here.tag == "EF":
        return after.start > here.end and not after.is_sign
    return here.tag == "SW" and _LAUGHTER.fullmatch(here.form) is not None and not after.is_sign


def classify(sentence: tuple[Morpheme, ...]) -> Sentence:
    """Judge a sentence in which no request was found."""
    words = tuple(m for m in sentence if not m.is_sign)
    if not words:
        return Sentence.BLANK
    text, _ = joined(words)
    if _REFUSAL.search(text):
        return Sentence.REFUSAL
    if _SMALL_TALK.match(text):
        return Sentence.TALK
    if _MANNER.search(joined(sentence)[0]):
        return Sentence.CONTENT
    if not _PREDICATE_END.search(text.rstrip()) and words[-1].tag != "JX":
        return Sentence.CONTENT
    if any("?" in m.form for m in sentence if m.is_sign) or _ASKED.search(text):
        return Sentence.QUESTION
    if _TALK.search(text) or not _is_scene(text):
        return Sentence.TALK
    return Sentence.CONTENT


def _is_scene(text: str) -> bool:
    """Tell a scene ("a robot draws") from a remark ("how cute"): a remark has no subject of its own."""
    stem = _LAST_STEM.search(text)
    if stem is None:
        return True
    if stem[1] in {"VA", "VCP", "VCN", "XSA"}:
        return _HAS_SUBJECT.search(text) is not None
    return _HAS_ARGUMENT.search(text) is not None
