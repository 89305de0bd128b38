"""The rules that hold in all channels of a server, and how each is changed. Pure.

Whoever manages the server says them with `/설정`; the words that are read there stand here. A rule names
channels and roles by the platform's ids, and people by keyed names alone.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.adapters.port import Place
from bot.command import DrawCommand, SettingsCommand
from bot.commands import NONE, Choice, OptionInvalid, with_option
from pipeline import STYLE_NAMES, RequestRejected

MAX_TERMS = 50
MAX_FORBIDDEN_WORDS = 100
_MAX_IDS = 100  # of channels, and of roles
_MAX_DAILY = 10_000
_MAX_WORD_CHARS = 80
_MIN_LETTERS = 2  # of a forbidden word: a single one would forbid half the language
_KNOWS_AGES = "discord"  # the platform that says of its channels who may enter


class RuleUnknown(RequestRejected):
    """`/설정` has no such rule."""

    def __init__(self, *, name: str) -> None:
        super().__init__("unknown rule")
        self.name = name


class TooManyRules(RequestRejected):
    """A list of words, channels or roles is as long as it may be."""

    def __init__(self, *, name: str, most: int) -> None:
        super().__init__(f"at most {most} of {name}")
        self.name, self.most = name, most


class NotManager(RequestRejected):
    """Only those who manage a place may see and change its rules."""


class DrawingNotHere(RequestRejected):
    """The rules of a place let nobody draw in this channel."""


class BarredHere(RequestRejected):
    """Those who look after a place let somebody ask for nothing there."""


class AdultsElsewhere(RequestRejected):
    """A picture for adults was to be shown where everybody looks."""


class AdultsNotAllowed(RequestRejected):
    """The operator lets nothing be drawn for adults, whatever a place says."""


class Language(StrEnum):
    """Which of the two languages the details of a card are told in."""

    BOTH = "both"
    KOREAN = "korean"
    ENGLISH = "english"


class Adults(StrEnum):
    """Where pictures for adults may be drawn."""

    NOWHERE = "nowhere"
    RESTRICTED = "restricted"  # in channels that are age-restricted


class Spoilers(StrEnum):
    """Which pictures are shown only to whoever wants to see them."""

    NONE = "none"
    RESTRICTED = "restricted"  # those in channels that are age-restricted
    ALL = "all"


LANGUAGES = {"모두": Language.BOTH, "한국어": Language.KOREAN, "영어": Language.ENGLISH}
ADULTS = {"막기": Adults.NOWHERE, "연령제한채널": Adults.RESTRICTED}
SPOILERS = {
    "안함": Spoilers.NONE,
    "연령제한채널": Spoilers.RESTRICTED,
    "모두": Spoilers.ALL,
}
_ALLOWED = {"허용": True, "true": True, "금지": False, "false": False}
_YES = {"true": True, "false": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How the card of a job is shown, as it was settled when the job was accepted."""

    language: Language = Language.BOTH
    is_spoiler: bool = False
    is_adult: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceRules:
    """What holds in all channels of a server."""

    allowed: tuple[str, ...] = ()  # channels; with none, all that are not forbidden
    forbidden: tuple[str, ...] = ()  # channels; none where some are allowed

    defaults: Mapping[str, str] = field(default_factory=dict)  # 화풍, 비율, 품질, as they were said
    glossary: Mapping[str, str] = field(default_factory=dict)  # Korean → English
    forbidden_words: tuple[str, ...] = ()  # nothing is drawn that has one of them

    daily_by_role: Mapping[str, int] = field(default_factory=dict)  # pictures; "discord:1234" → 10

    language: Language = Language.BOTH
    adults: Adults = Adults.NOWHERE
    spoilers: Spoilers = Spoilers.NONE
    report_channel: str = ""  # "" where nobody is told
    barred: tuple[str, ...] = ()  # keyed names of accounts that nothing is drawn for

    def is_open(self, place: Place) -> bool:
        """Whether may be drawn in a channel; a thread is as open as the channel that it belongs to."""
        channels = {place.id, place.parent}
        return (
            bool(channels & {*self.allowed}) if self.allowed else not channels & {*self.forbidden}
        )

    def with_barred(self, account: str) -> "PlaceRules":
        """Let an account ask for nothing any more. Raises TooManyRules."""
        return replace(self, barred=_with_id(self.barred, account, "막은 사람"))

    def daily_of(self, roles: Collection[str]) -> int | None:
        """Give how many pictures a day the best of somebody's roles has; None where no role says."""
        return max(
            (self.daily_by_role[one] for one in roles if one in self.daily_by_role), default=None
        )

    def manner_in(self, place: Place, *, has_photo: bool = False) -> Manner:
        """Say how a job of a place is shown. Whoever is in a photo was not asked: it is never for adults."""
        is_adult = (
            self.adults is Adults.RESTRICTED
            and place.platform == _KNOWS_AGES
            and place.is_age_restricted
            and not has_photo
        )
        is_hidden = self.spoilers is Spoilers.RESTRICTED and place.is_age_restricted
        return Manner(
            language=self.language,
            is_spoiler=is_adult or is_hidden or self.spoilers is Spoilers.ALL,
            is_adult=is_adult,
        )

    def completed(self, command: DrawCommand, *, has_photo: bool) -> DrawCommand:
        """Add the defaults to a command that says nothing else; a photo brings a shape of its own."""
        is_shaped = has_photo or command.ratio is not None or command.width_px is not None
        if "비율" in self.defaults and not is_shaped:
            command = with_option(command, "크기", self.defaults["비율"])
        if "품질" in self.defaults and command.quality is None:
            command = with_option(command, "품질", self.defaults["품질"])
        if self.style and command.text and not _names_a_style(command.text):
            # Before the text: of several styles the last one holds, so one that was said still does.
            command = replace(command, text=f"{self.style}, {command.text}")
        return command

    @property
    def style(self) -> str:
        """Give the style that is added to texts, as it stands in them; empty where there is none."""
        name = self.defaults.get("화풍", "")
        return with_option(DrawCommand(text=""), "화풍", name).text if name else ""

    def said(self, command: DrawCommand) -> DrawCommand:
        """Take the style out again that was added to a command: its person did not say it."""
        return replace(command, text=command.text.removeprefix(f"{self.style}, "))


_OPTIONS = {
    "화풍": "화풍",
    "비율": "크기",
    "품질": "품질",
}  # a default → the option that it stands for
_STYLE_WORDS = re.compile(
    "느낌|화풍|스타일|만화|카툰|스케치|소묘|수묵|동양화|판화|도트|애니|낙서|파스텔|크레용|동화책"
    "|style|painting|drawing|sketch",
    re.IGNORECASE,
)


def _names_a_style(text: str) -> bool:
    """Whether a text may name a style: a default is left out rather than added to another style."""
    return bool(_STYLE_WORDS.search(text)) or any(name in text for name in STYLE_NAMES)


def changed(rules: PlaceRules, command: SettingsCommand, *, place: Place) -> PlaceRules:
    """Change one rule as somebody said it in a place.

    Raises RuleUnknown, TooManyRules or OptionInvalid.
    """
    said = dict(command.values)
    match command.rule:
        case "채널":
            is_allowed = _choice("허용", said, _ALLOWED, shown=("허용", "금지"))
            if is_allowed and said.get("채널") == "모두":
                return replace(rules, allowed=(), forbidden=())
            return _with_channel(rules, _channel(said, place), is_allowed=is_allowed)
        case "기본값" | "화풍" | "비율" | "품질":
            return _with_defaults(rules, said, asked=command.rule)
        case "할당량":
            return _with_quota(rules, said, place.platform)
        case "설명언어":
            return replace(rules, language=_choice("언어", said, LANGUAGES))
        case "성인":
            return replace(rules, adults=_choice("방침", said, ADULTS))
        case "가리기":
            return replace(rules, spoilers=_choice("가리기", said, SPOILERS))
        case "신고채널":
            is_none = said.get("채널") == NONE
            return replace(rules, report_channel="" if is_none else _channel(said, place))
        case "막기":
            _choice("막기", said, {"해제": True})
            return replace(rules, barred=())
        case "용어":
            return _with_term(rules, said)
        case "금지어":
            return _with_forbidden_word(rules, said)
        case _:
            raise RuleUnknown(name=command.rule)


def word_of(value: Choice, words: Mapping[str, Choice]) -> str:
    """Give the word that a choice is said by."""
    return next(word for word, one in words.items() if one == value)


def _with_channel(rules: PlaceRules, channel: str, *, is_allowed: bool) -> PlaceRules:
    """Open or close a channel. The first that is allowed closes the others, unless it was forbidden."""
    if is_allowed and channel in rules.forbidden:
        return replace(rules, forbidden=_without(rules.forbidden, channel))
    if is_allowed:
        return replace(rules, allowed=_with_id(rules.allowed, channel, "채널"), forbidden=())
    allowed = _without(rules.allowed, channel)
    forbidden = () if allowed else _with_id(rules.forbidden, channel, "채널")
    return replace(rules, allowed=allowed, forbidden=forbidden)


def _without(ids: tuple[str, ...], gone: str) -> tuple[str, ...]:
    return tuple(one for one in ids if one != gone)


def _with_defaults(rules: PlaceRules, said: Mapping[str, str], *, asked: str) -> PlaceRules:
    """Set the defaults that are named; one that is `없음` is taken back."""
    defaults = dict(rules.defaults)
    if not said.keys() & _OPTIONS.keys():
        name = asked if asked in _OPTIONS else "기본값"
        raise OptionInvalid(name=name, value="", allowed=_EXAMPLES[name])
    for name in _OPTIONS:
        value = said.get(name)
        if value == NONE:
            defaults.pop(name, None)
        elif value is not None:
            _check_default(name, value)
            defaults[name] = value
    return replace(rules, defaults=defaults)


_EXAMPLES = {
    "기본값": "화풍, 비율, 품질",
    "화풍": "수채화처럼 짧은 낱말",
    "비율": "가로나 16:9 같은 꼴",
    "품질": "빠르게, 보통, 정밀",
}


def _check_default(name: str, value: str) -> None:
    """Refuse what no command could say, or what only some models draw. Raises OptionInvalid."""
    command = with_option(DrawCommand(text=""), _OPTIONS[name], value)
    if name == "비율" and command.ratio is None:
        raise OptionInvalid(name=name, value=value, allowed=_EXAMPLES[name])


def _with_quota(rules: PlaceRules, said: Mapping[str, str], platform: str) -> PlaceRules:
    """Set, or with 0 remove, what a role may have drawn in a day."""
    role = re.sub(r"^<@&(\w+)>$", r"\1", said.get("역할", ""))
    if not re.fullmatch(r"[0-9]{1,20}", role):
        raise OptionInvalid(name="역할", value=role, allowed="역할의 번호")
    daily = said.get("하루", "")
    if not re.fullmatch(r"[0-9]{1,5}", daily) or int(daily) > _MAX_DAILY:
        raise OptionInvalid(name="하루", value=daily, allowed=f"0~{_MAX_DAILY:,}")
    by_role = {**rules.daily_by_role, f"{platform}:{role}": int(daily)}
    by_role = {name: most for name, most in by_role.items() if most}
    if len(by_role) > _MAX_IDS:
        raise TooManyRules(name="역할", most=_MAX_IDS)
    return replace(rules, daily_by_role=by_role)


def _with_term(rules: PlaceRules, said: Mapping[str, str]) -> PlaceRules:
    """Add a word with its English, or without one remove it."""
    korean, english = (" ".join(said.get(name, "").split()) for name in ("한국어", "영어"))
    if not re.search("[가-힣]", korean) or len(korean) > _MAX_WORD_CHARS:
        raise OptionInvalid(name="용어", value=korean, allowed="고래 whale처럼 한국어와 영어")
    is_plain = english.isprintable() and not re.search("[가-힣]", english)
    if len(english) > _MAX_WORD_CHARS or not is_plain:
        raise OptionInvalid(name="영어", value=english, allowed="짧은 영어")
    glossary = {**rules.glossary, korean: english}
    glossary = {word: term for word, term in glossary.items() if term}
    if len(glossary) > MAX_TERMS:
        raise TooManyRules(name="용어", most=MAX_TERMS)
    return replace(rules, glossary=glossary)


def _with_forbidden_word(rules: PlaceRules, said: Mapping[str, str]) -> PlaceRules:
    """Add a word, or take it out; words differ by more than capitals and spaces."""
    word = " ".join(unicodedata.normalize("NFC", said.get("말", "")).split())
    is_gone = _choice("빼기", {"빼기": "false", **said}, _YES, shown=("빼기",))
    num_letters = sum(letter.isalnum() for letter in word)
    if not word.isprintable() or len(word) > _MAX_WORD_CHARS or num_letters < _MIN_LETTERS:
        raise OptionInvalid(name="금지어", value=word, allowed="두 글자 이상인 짧은 말")
    others = tuple(one for one in rules.forbidden_words if one.casefold() != word.casefold())
    words = others if is_gone else (*others, word)
    if len(words) > MAX_FORBIDDEN_WORDS:
        raise TooManyRules(name="금지어", most=MAX_FORBIDDEN_WORDS)
    return replace(rules, forbidden_words=words)


def _channel(said: Mapping[str, str], place: Place) -> str:
    """Read a channel's id, also from a mention; `여기` is the channel where it was said."""
    value = said.get("채널", "")
    channel = place.id if value == "여기" else re.sub(r"^<#(\w+)>$", r"\1", value)
    if value != "여기" and not re.fullmatch(r"-?[0-9]{1,20}", channel):
        raise OptionInvalid(name="채널", value=value, allowed="여기나 채널의 번호")
    return channel


def _with_id(ids: tuple[str, ...], new: str, name: str) -> tuple[str, ...]:
    if len(ids) >= _MAX_IDS and new not in ids:
        raise TooManyRules(name=name, most=_MAX_IDS)
    return ids if new in ids else (*ids, new)


def _choice(
    name: str,
    said: Mapping[str, str],
    choices: Mapping[str, Choice],
    *,
    shown: tuple[str, ...] | None = None,
) -> Choice:
    value = said.get(name, "")
    if value not in choices:
        raise OptionInvalid(name=name, value=value, allowed=", ".join(shown or choices))
    return choices[value]
