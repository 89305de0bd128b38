"""Takes the request ("~ 그려줘", "~ 부탁드려요", "draw me …") off a message and keeps what is to be drawn.

A request is a drawing verb in a form that asks; each form is one line of a regular expression over
morphemes (`form/TAG `), and the text is cut at the morphemes' offsets, so that what remains stands as typed.
Only the form decides: "그림 그려주는 로봇" has the verb too and is content.
Does not translate, and does not know styles.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from pipeline.text import sentence
from pipeline.text.korean import Korean, Morpheme, joined
from pipeline.text.normalise import has_hangul
from pipeline.text.sentence import Sentence


class Intent(Enum):
    """What the person wants."""

    REQUEST = auto()  # asks for a picture
    PLAIN = auto()  # says what could be drawn, without asking
    CHANGE = auto()  # asks to change the last picture
    TALK = auto()  # wants no picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Stripped:
    """What is left of a message; `subject` is None where nothing is to be drawn."""

    intent: Intent
    subject: str | None


# What people type around a request that no analysis needs: mentions, links, the command, brackets.
_MENTION = r"<[@#][!&]?\d+>|(?<!\S)@\S+|https?://\S+"
_COMMAND = r"^\s*[/!](?:그려줘|그려|그림|draw|imagine)(?=\s|$|:)"
_MASKED = re.compile(rf"{_MENTION}|{_COMMAND}")
_BRACKETS = str.maketrans("()[]{}<>+*_|`", " " * 13)

_STEMS = (
    r"(?:(?P<verb>그리|만들|보이|뽑|찍|찾|보내|내|하|바꾸|고치)/VV "
    r"|(?:생성|제작|표현|출력|디자인|스케치|묘사|완성|작업|부탁|변경|수정)/NNG (?:하|드리)/(?:XSV|VV) "
    r"|그려/\S+ (?=주/VV ))"
)
_HELP = r"(?:[아어]/EC (?:주|보|달|드리|내|놓)/VX |(?<=그려/JX )주/VV )+"
_HONOUR = r"(?:(?:시|으시|었|겠)/EP )*"
_TAIL = r"(?:요/JX )?(?:잉/MAG )?(?:\S+/Z_CODA )?"
_ANY_END = r"(?:\S+/EP )*\S+/E[CF] " + _TAIL
_ASKING = (
    r"(?:어|아|어요|아요|어라|아라|라|세요|세여|세|셔요|쇼|오|소|이소|ᆸ시오|십시오|시오|ᆯ래|ᆯ래요|ᆯ까|ᆯ까요|을까요"
    r"|나|나요|니|지|지요|죠|렴|려무나|습니까|ᆸ니까|는가|ᆫ가요|자|구려)/E[CF] (?!\S+/VX )" + _TAIL
)
_WILLING = r"(?:안/MAG 되|좋|감사/NNG 하|고맙|하|되|싶|어떻|어떠|감사드리)/\S+ "
_FORMS = {
    "wish": rf"{_STEMS}{_HELP}{_HONOUR}으?면/EC (?:은/JX )?{_WILLING}{_ANY_END}",
    "could": rf"{_STEMS}{_HELP}{_HONOUR}[ᆯ을]+/ETM (?:수/NNB (?:\S+/JX )?있/V\S |사람/NNG ){_ANY_END}",
    "anyone": rf"{_STEMS}{_HELP}ᆯ/ETM (?:사람|분)/NN\S ",
    "reported": rf"{_STEMS}{_HELP}(?:라고|라는데|라네|라네요|래|래요|라던데|란다|랍니다|라며|라는데요)/E[CF] {_TAIL}(?:하/V\S {_ANY_END})?",
    "hope": rf"{_STEMS}{_HELP}{_HONOUR}(?:기/ETN \S+/JKO 바라/VV |어야/EC 하/VX ){_ANY_END}",
    "help": rf"{_STEMS}{_HELP}{_HONOUR}{_ASKING}",
    "favour": rf"부탁/NNG (?:(?:하|드리)/(?:XSV|VV) |이/VCP )(?:고/EC 싶/VX )?{_ANY_END}",
    "bare_favour": r"부탁/NNG (?=$|\S+/S[FWO] )",
    "imperative": r"(?:그리|만들|뽑|찍)/VV (?:어라|아라|라|세요|ᆸ시오|십시오|시오)/E[CF] ",
    "bare": r"그리/VV (?:어|아|어요|ᆯ래|ᆯ까|ᆯ까요|자|어도|지)/E[CF] (?:요/JX )?(?=$|\S+/(?:S\w+|W_\w+|Z_CODA) )",
    "longing": r"(?:(?:보|그리)/VV 고/EC |그리고/MAJ )싶/VX (?:\S+/EP )*\S+/E[CF] ",
    "glued": r"(?:그려|만들어|보여|뽑아|찍어)(?:줘|조|죠|줭|도)\S*/(?:NN[GP]|IC|MAG|UN) ",
}
_REQUEST = re.compile(r"(?:^|(?<= ))(?:" + "|".join(f"(?P<{k}>{v.replace('?P<verb>', '?:')})" for k, v in _FORMS.items()) + ")")  # fmt: skip
_NEEDS_NO_SUBJECT = frozenset({"bare", "longing"})
_CHANGING = re.compile(r"^(?:하|바꾸|고치)/VV |^(?:변경|수정)/NNG ")

_FILLER = re.compile(
    r"(?<!\S)(?:\S+/JKO |(?:만|도|이나|나|이라도|라도)/JX |(?:좀|한번|빨리|얼른|어서|잘|제발|더|다시|또|새로|꼭|그냥)/MAG "
    r"|(?:예쁘|이쁘|멋있|멋지|귀엽|아름답|자세하|이쁘장하|크)/VA 게/EC |(?:,|:)/S\w )$"
)
_SHEETS = re.compile(r"(?<!\S)(?:\S+/(?:NR|MM|SN) )(?:장|컷|번|점|편)/NN\S $")
_COUNT = re.compile(r"(?<!\S)(?:(?:\S+/(?:NR|MM|SN) )(?:개|가지)/NN\S |하나/NR |하/VV 나/EC )$")
_GENERIC = re.compile(r"(?<!\S)(?:그림|이미지|짤|짤방|작품)/NN\S (?:(?:으로|로|의)/JK\S )?$")
_AFTER_CLAUSE = re.compile(r"(?P<form>\S+)/ETM $")
_REASON = re.compile(r".*/VCP (?:라|라서|니까|어서)/EC |.*(?:으니까|니까|거든|길래)/EC ")
_WISH = re.compile(r"(?<!\S)으?면/EC (?P<wish>(?:좋|하)/\S+ (?:\S+/EP )*\S+/E[CF] )")
_OPENING = re.compile(
    r"^(?:(?:제발|혹시|그럼|자|이번엔|일단|우선)/\S+ |\S+/(?:IC|MAJ) (?:요/MM )?|(?:,|:)/S\w |그/NP 다음/NNG )+"
)
_TELLER = re.compile(
    r"^(?:\S+/(?:NP|NNG|NNP|XSN|JKG|MM) ){1,4}?(?:(?:이|가|은|는|께서)/(?:JKS|JX|MM) )"
)
_COURTESY = re.compile(
    r"(?:제발|플리즈|plz|pls|please|thx|thanks|ㄱㅅ|ㄳ|감사|고마워|미리|정말|진짜|너무|잉|요|하|드리|고맙|"
    r"ㅂㅌ|부탁|빨리|얼른|좀|당장|지금|바로|\d*)/\S+ ",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"(?:(?:이거|그거|저거|이것|그것|저것|아무거|아무것|아무|거|것|뭐|무엇|아무렇|그림|이미지|짤|작품|봇|그림봇)/\S+ "
    r"|\S+/(?:NR|MM|NNB|MAG|MAJ|IC|J\w+|E\w+|S[^LN]\w*|W_\w+|Z_CODA|VCP|NP|XSN|VX) )*"
)

_ENGLISH_REQUEST = re.compile(
    r"^\W*(?:(?:please|pls|plz|hey|hi|hello|can you|could you|would you|will you|i want(?: you)? to|i'd like(?: you)? to|let's)\W+)*"
    r"(?:(?:draw|paint|sketch|make|create|generate|produce|render|show|give)\s+(?:(?:me|us)\s+)?"
    r"(?:(?:an?|the|one|some)\s+(?:(?:picture|image|drawing|pic)s?)(?:\s+of)?(?:\s+|$))?"
    r"|(?:i want|i'd like|show me|give me)\s+)",
    re.IGNORECASE,
)
_ENGLISH_COURTESY = re.compile(r"[\s,.!?]*(?:\b(?:please|plz|pls|thanks|thank you|for me)\b[\s,.!?]*)+$", re.IGNORECASE)  # fmt: skip


def strip_request(text: str, korean: Korean) -> Stripped:
    """Take the request words off a normalised message, and judge what it wants."""
    masked = _MASKED.sub(lambda match: " " * len(match[0]), text)
    commanded = re.search(_COMMAND, text) is not None
    if not has_hangul(masked):
        return _strip_english(masked, commanded=commanded)
    morphemes = korean.morphemes(unbracketed(masked))
    found = [_strip_sentence(part) for part in sentence.split(morphemes)]
    if any(part.is_change for part in found):
        return Stripped(intent=Intent.CHANGE, subject=None)
    asked = commanded or any(part.is_request for part in found)
    kept = [_cut(masked, piece) for part in found for piece in part.pieces]
    subject = ", ".join(piece for piece in kept if piece)
    if not asked and not subject and any(part.is_talk for part in found):
        return Stripped(intent=Intent.TALK, subject=None)
    if not asked and any(part.is_refusal for part in found):
        return Stripped(intent=Intent.TALK, subject=None)
    return Stripped(
        intent=Intent.REQUEST if asked else Intent.PLAIN, subject=subject or _emoji(masked)
    )


def unbracketed(text: str) -> str:
    """Blank brackets and weight signs in Korean text, which nobody means and analysis stumbles over."""
    return text.translate(_BRACKETS) if has_hangul(text) else text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One sentence after stripping: its drawable pieces and what it was."""

    pieces: tuple[tuple[Morpheme, ...], ...] = ()
    is_request: bool = False
    is_change: bool = False
    is_talk: bool = False
    is_refusal: bool = False


def _strip_sentence(words: tuple[Morpheme, ...]) -> _Part:
    """Find the request in one sentence and keep what stands before and after it."""
    if sentence.classify(words) is Sentence.REFUSAL:
        return _Part(is_talk=True, is_refusal=True)
    found = _find_request(words)
    if found is None:
        kind = sentence.classify(words)
        if kind is Sentence.CONTENT:
            return _Part(pieces=tuple(_content([_drop_courtesy(_drop_wish(words))])))
        return _Part(is_talk=kind is not Sentence.BLANK)
    before, after, form = found
    if form == "change":
        return _Part(is_change=True)
    if form == "reported":
        before = _drop(before, _TELLER)
    after = _drop_courtesy(after)
    if sentence.classify(after) is not Sentence.CONTENT:
        after = ()
    pieces = [_drop(_drop(before, _REASON), _OPENING), after]
    return _Part(pieces=tuple(_content(pieces)), is_request=True)


def _find_request(
    words: tuple[Morpheme, ...],
) -> tuple[tuple[Morpheme, ...], tuple[Morpheme, ...], str] | None:
    """Give what stands before the last request of a sentence, what stands after it, and its form."""
    text, starts = joined(words)
    for match in reversed(list(_REQUEST.finditer(text))):
        form = match.lastgroup or ""
        verb, end = starts.index(match.start()), starts.index(match.end())
        before = _drop_objects(words[:verb])
        if form in _NEEDS_NO_SUBJECT and any(m.tag == "JKS" for m in words[:verb]):
            continue
        if match[0].startswith("보이/") and any(m.form in {"에게", "한테"} for m in before):
            continue  # somebody in the scene is shown something
        if _CHANGING.search(match[0]) and (not before or before[-1].tag in {"JKB", "JKO"}):
            return before, (), "change"
        if form != "reported" and before and before[-1].tag == "JKS":
            continue  # "a dog draws": somebody in the scene does it
        return before, words[end:], form
    return None


def _drop_objects(words: tuple[Morpheme, ...]) -> tuple[Morpheme, ...]:
    """Drop what belongs to the request from the end: 을, 좀, 예쁘게, "a picture", "two sheets"."""
    text, starts = joined(words)
    after_only = False  # "하나만": the count belongs to the request
    while True:
        text = text[: starts[len(words)]]
        match = _FILLER.search(text) or _SHEETS.search(text)
        if match is None and (count := _COUNT.search(text)):
            before = text[: count.start()].removesuffix("을/JKO ").removesuffix("를/JKO ")
            if (after_only and "하나" in count[0]) or not before or _GENERIC.search(before):
                match = count
        if match is None and (generic := _GENERIC.search(text)):
            clause = _AFTER_CLAUSE.search(text[: generic.start()])
            if clause is None:
                match = generic
            elif clause["form"] in {"ᆯ", "을"}:
                return ()  # "a picture to hang in the room": what it is for, not what it shows
        if match is None:
            return words
        after_only = "만/JX" in match[0]
        words = words[: starts.index(match.start())]


def _drop_wish(words: tuple[Morpheme, ...]) -> tuple[Morpheme, ...]:
    """Drop the wish from "… 반짝이면 좋겠어요"; the ending 면 stays with its verb."""
    text, starts = joined(words)
    match = _WISH.search(text)
    return words[: starts.index(match.start("wish"))] if match else words


def _drop(words: tuple[Morpheme, ...], opening: re.Pattern[str]) -> tuple[Morpheme, ...]:
    """Drop what a pattern finds at the beginning."""
    text, starts = joined(words)
    match = opening.match(text)
    return words[starts.index(match.end()) :] if match else words


def _drop_courtesy(words: tuple[Morpheme, ...]) -> tuple[Morpheme, ...]:
    """Drop thanks and other politeness from both ends of what is no request."""
    bare = tuple(m for m in words if not m.is_sign)
    if bare and all(_COURTESY.match(f"{m.form}/{m.tag} ") or m.is_ending for m in bare):
        return ()
    if bare and bare[-1].tag in {"SL", "MAG", "IC"} and _COURTESY.match(f"{bare[-1].form}/x "):
        words = words[: words.index(bare[-1])]
    return _drop(words, _OPENING)


def _content(pieces: list[tuple[Morpheme, ...]]) -> Iterator[tuple[Morpheme, ...]]:
    """Keep the pieces that name anything."""
    for piece in pieces:
        text, _ = joined(piece)
        if not _NOTHING.fullmatch(text):
            yield piece


def _cut(text: str, piece: tuple[Morpheme, ...]) -> str:
    """Give a piece as typed, without the signs at its ends; brackets and quotes stay."""
    words = [m for m in piece if not m.is_sign or m.tag in {"SSO", "SSC"}]
    return text[words[0].start : words[-1].end].strip(" ,.:;~!?") if words else ""


def _emoji(text: str) -> str | None:
    """Give the emoji of a message that has no words left."""
    signs = re.sub(r"[\w\s!-/:-@\[-`{-~ㄱ-ㅣ가-힣…·]+", "", text)
    return signs or None


def _strip_english(text: str, *, commanded: bool) -> Stripped:
    """Strip a message that has no Korean in it."""
    core = strip_english_request(text)
    asked = commanded or core != text.strip()
    return Stripped(
        intent=Intent.REQUEST if asked else Intent.PLAIN,
        subject=core if any(c.isalnum() for c in core) else _emoji(text),
    )


def strip_english_request(text: str) -> str:
    """Take "draw me", "please" and the like off English text."""
    return _ENGLISH_COURTESY.sub("", _ENGLISH_REQUEST.sub("", text.strip())).strip()
