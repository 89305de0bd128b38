"""Typed text → what the person asks of the bot, and back. Pure: no state, no platform, no pipeline.

Options are written behind the text as `이름:값` (`고래 시드:7 품질:정밀`). A name that is not an
option stays a part of the text; a value that cannot be read is refused, never guessed. A platform
may bring options apart from the text: they have the same names, and their values may have spaces.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

from bot.command import (
    AppealCommand,
    Command,
    DataCommand,
    DrawCommand,
    EraseCommand,
    HelpCommand,
    InfoCommand,
    LinkCommand,
    PicturesCommand,
    PrivacyCommand,
    QueueCommand,
    RecallCommand,
    SanctionsCommand,
    SettingsCommand,
    StatusCommand,
)
from pipeline import Quality, Ratio, RequestRejected, SamplerName, Variation

Choice = TypeVar("Choice")

MAX_TEXT_CHARS = 2_000
NONE = "없음"  # takes a rule of a place back
MAX_SEARCH_CHARS = 30  # a button carries it
MAX_SEED = 2**32 - 1
_COMMAND = re.compile(r"^\s*/(\S+)\s*(.*)$", re.DOTALL)
_PICTURES_NAMES = ("내그림", "mypictures")
_DRAW_NAMES = frozenset({"그려줘", "그려", "draw"})
_RECALL_NAMES = frozenset({"재현", "recall"})
_SETTINGS_NAMES = frozenset({"설정", "settings"})
_LINK_NAMES = frozenset({"연결", "link"})
_APPEAL_NAMES = frozenset({"이의", "appeal"})
_SANCTIONS_NAMES = frozenset({"제재", "sanctions"})
_PARTING = frozenset({"끊기", "해제", "off"})
_RULES = {  # of `/설정`: what each takes, in the order in which it is typed
    "채널": ("채널", "허용"),
    "화풍": ("화풍",),
    "비율": ("비율",),
    "품질": ("품질",),
    "할당량": ("역할", "하루"),
    "설명언어": ("언어",),
    "성인": ("방침",),
    "가리기": ("가리기",),
    "신고채널": ("채널",),
    "막기": ("막기",),
    "용어": ("한국어", "영어"),
    "금지어": ("말",),
}
_TAKING_OUT = frozenset({"빼기", "삭제"})
MAX_PICTURES = 4
_MAX_STYLE_CHARS = 60
_HANGUL = re.compile("[가-힣]")
_DEFAULT_VARIATION = 0.2  # near enough to be known again
_DEFAULT_LORA_SCALE = 1.0
_OPTION = re.compile(
    r"(?:^|\s)(시드|품질|크기|화풍|장수|스텝|가이던스|구간|샘플러|로라|변형|강도|제외):(\S*)"
)
_QUALITY = {"빠르게": Quality.FAST, "보통": Quality.NORMAL, "정밀": Quality.FINE}
_RATIOS = {
    "정사각": Ratio.SQUARE,
    "가로": Ratio.LANDSCAPE,
    "세로": Ratio.PORTRAIT,
    "넓게": Ratio.WIDE,
    "길게": Ratio.TALL,
    "파노라마": Ratio.PANORAMA,
    "족자": Ratio.SCROLL,
}


class OptionInvalid(RequestRejected):
    """The value of an option cannot be read."""

    def __init__(self, *, name: str, value: str, allowed: str) -> None:
        super().__init__(f"option {name}, allowed: {allowed}")
        self.name, self.value, self.allowed = name, value, allowed


class UnknownCommand(RequestRejected):
    """A slash command that the bot does not have."""

    def __init__(self, *, name: str) -> None:
        super().__init__("unknown command")
        self.name = name


class MessageTooLong(RequestRejected):
    """More characters than a request may have."""

    def __init__(self, *, num_chars: int, max_chars: int) -> None:
        super().__init__(f"{num_chars} characters, at most {max_chars}")
        self.num_chars, self.max_chars = num_chars, max_chars


_OTHERS: dict[str, Command] = {
    **dict.fromkeys(("도움말", "도움", "help", "start"), HelpCommand()),
    **dict.fromkeys(("상태", "status"), StatusCommand()),
    **dict.fromkeys(("대기열", "queue"), QueueCommand()),
    **dict.fromkeys(("내데이터", "mydata"), DataCommand()),
    **dict.fromkeys(("내데이터삭제", "erase"), EraseCommand()),
    **dict.fromkeys(("개인정보", "privacy"), PrivacyCommand()),
    **dict.fromkeys(("그림정보", "pictureinfo"), InfoCommand()),
    **dict.fromkeys(("연결끊기", "연결해제", "unlink"), LinkCommand(is_parting=True)),
}


def parse(text: str, options: tuple[tuple[str, str], ...] = ()) -> Command:
    """Read a message, and what it brings beside its text.

    Raises OptionInvalid, UnknownCommand or MessageTooLong.
    """
    _check_length(text)
    found = _COMMAND.match(text)
    if found is None:
        return reworded(DrawCommand(text=""), text, options)
    name, rest = found.groups()
    spaced = name + "".join(rest.split())  # "/내 데이터 삭제" means what "/내데이터삭제" means
    if other := _OTHERS.get(spaced) or _OTHERS.get(name):
        return other
    first, _, later = rest.partition(" ")
    if name in _RECALL_NAMES:
        return RecallCommand(key=rest.strip())
    if name in _LINK_NAMES:
        return LinkCommand(is_parting=True) if first in _PARTING else LinkCommand(code=rest.strip())
    if name in _APPEAL_NAMES:
        return AppealCommand(words=rest.strip())
    if name in _SANCTIONS_NAMES:
        return SanctionsCommand(deed=first, about=later.strip())
    if name in _SETTINGS_NAMES:
        return _settings(rest, options)
    if name in _PICTURES_NAMES:
        return _pictures(rest)
    if f"{name}{first}" in _PICTURES_NAMES:
        return _pictures(later)
    if name in _DRAW_NAMES:
        return reworded(DrawCommand(text=""), rest, options)
    if name.startswith("그려"):  # /그려주세요, /그려줘고래
        return reworded(DrawCommand(text=""), f"{name} {rest}", options)
    raise UnknownCommand(name=name)


def reworded(
    command: DrawCommand, text: str, options: Iterable[tuple[str, str]] = ()
) -> DrawCommand:
    """Give a command another text, with the options that stand in it and those beside it.

    Raises OptionInvalid or MessageTooLong.
    """
    words, written_in = apart(text)
    command = replace(command, text=words)
    for name, value in (*written_in, *options):
        command = with_option(command, name, value)
    return command


def apart(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Part a text into its words and the options that stand in it. Raises MessageTooLong."""
    _check_length(text)
    return _OPTION.sub(" ", text).strip(), tuple(_OPTION.findall(text))


def _check_length(text: str) -> None:
    if len(text) > MAX_TEXT_CHARS:
        raise MessageTooLong(num_chars=len(text), max_chars=MAX_TEXT_CHARS)


def _settings(text: str, options: tuple[tuple[str, str], ...]) -> SettingsCommand:
    """Read a rule that was typed in order (`채널 여기 허용`), or chosen by names."""
    rule, _, rest = text.strip().partition(" ")
    values = options or (("", rule), *_typed(rule, rest.strip()))
    rule = dict(values).get("", "")
    named = tuple((name, value.strip()) for name, value in values if name)
    if rule == "신고채널" and options and not named:  # nothing was chosen in a form
        named = (("채널", NONE),)
    return SettingsCommand(rule="" if rule == "보기" else rule, values=named)


def _typed(rule: str, text: str) -> tuple[tuple[str, str], ...]:
    """Give the values of a rule their names; the last one is all that is left."""
    names = _RULES.get(rule, ())
    first, _, later = text.partition(" ")
    if rule == "금지어" and first in _TAKING_OUT and later.strip():
        return (("빼기", "true"), *_typed(rule, later.strip()))
    if rule == "용어" and (found := re.fullmatch(r"(.*[가-힣]\S*)\s+(.*)", text)):
        words = list(found.groups())  # the Korean may have spaces, too
    else:
        words = text.split(maxsplit=max(0, len(names) - 1))
    return tuple(zip(names, words, strict=False))


def _pictures(search: str) -> PicturesCommand:
    return PicturesCommand(search=" ".join(search.split())[:MAX_SEARCH_CHARS].strip())


def with_option(command: DrawCommand, name: str, value: str) -> DrawCommand:
    """Add one option, by the name that it has in a message. Raises OptionInvalid."""
    match name:
        case "시드":
            return replace(command, seed=_whole(name, value, 0, MAX_SEED))
        case "스텝":
            return replace(command, num_steps=_whole(name, value, 1, 150))
        case "장수":
            return replace(command, num_pictures=_whole(name, value, 1, MAX_PICTURES))
        case "제외":
            return replace(command, negative=_negative(command.negative, value))
        case "화풍":
            return replace(command, text=_styled(name, value, command.text))
        case "품질":
            return replace(command, quality=_choice(name, value, _QUALITY))
        case "샘플러":
            return replace(command, sampler=_sampler(name, value))
        case "가이던스":
            return replace(command, guidance_scale=_number(name, value, 0, 30))
        case "구간":
            return replace(command, guidance_interval=_interval(name, value))
        case "로라":
            return replace(command, loras=(*command.loras, _lora(name, value)))
        case "변형":
            return replace(command, variation=_variation(name, value))
        case "강도":
            return replace(command, strength=_number(name, value, 0, 1))
        case _:
            return _with_size(command, name, value)


def written(command: DrawCommand) -> str:
    """Write a command as a message says it, so that it can be changed and sent: `parse` reads it back."""
    text = f"/그려줘 {command.text}" if command.text.startswith("/") else command.text
    return " ".join(filter(None, (text, *(f"{name}:{value}" for name, value in _said(command)))))


def _said(command: DrawCommand) -> Iterator[tuple[str, str]]:
    """Name every option of a command that is not left to the settings."""
    sides = (command.width_px, command.height_px)
    variation = command.variation
    if command.seed is not None:
        yield "시드", str(command.seed)
    if command.quality is not None:
        yield "품질", next(word for word, one in _QUALITY.items() if one is command.quality)
    if command.ratio is not None:
        yield "크기", str(command.ratio)
    elif None not in sides:
        yield "크기", f"{sides[0]}x{sides[1]}"
    if command.num_pictures != 1:
        yield "장수", str(command.num_pictures)
    if command.num_steps is not None:
        yield "스텝", str(command.num_steps)
    if command.guidance_scale is not None:
        yield "가이던스", _short(command.guidance_scale)
    if command.guidance_interval != (0.0, 1.0):
        yield "구간", "~".join(map(_short, command.guidance_interval))
    if command.sampler is not None:
        yield "샘플러", str(command.sampler)
    yield from (("로라", f"{name}:{_short(scale)}") for name, scale in command.loras)
    if variation is not None:
        yield "변형", f"{variation.seed}:{_short(variation.amount)}"
    if command.strength is not None:
        yield "강도", _short(command.strength)
    yield from (("제외", word.replace(" ", "_")) for word in command.negative.split(", ") if word)


def _short(number: float) -> str:
    return f"{round(number, 3):g}"


def _whole(name: str, value: str, low: int, high: int) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", value) or not low <= int(value) <= high:
        raise OptionInvalid(name=name, value=value, allowed=f"{low}~{high}")
    return int(value)


def _number(name: str, value: str, low: float, high: float) -> float:
    if not re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,3})?", value) or not low <= float(value) <= high:
        raise OptionInvalid(name=name, value=value, allowed=f"{low:g}~{high:g}")
    return float(value)


def _choice(name: str, value: str, choices: dict[str, Choice]) -> Choice:
    if value not in choices:
        raise OptionInvalid(name=name, value=value, allowed=", ".join(choices))
    return choices[value]


def _negative(before: str, value: str) -> str:
    """Add what is not wanted, several things between commas; `_` stands for a space in a text."""
    words = (" ".join(one.replace("_", " ").split()) for one in value.split(","))
    return ", ".join(filter(None, (before, *words)))


def _styled(name: str, value: str, text: str) -> str:
    """Say a style as people say it, so that it is read where styles in a text are read."""
    style = " ".join(value.replace("_", " ").split()).strip(",")
    if not style or len(style) > _MAX_STYLE_CHARS:
        raise OptionInvalid(name=name, value=value, allowed="수채화, 연필 스케치처럼 짧은 말")
    manner = f"{style} 느낌으로" if _HANGUL.search(style) else f"{style} style"
    return f"{text}, {manner}" if text else manner


def _sampler(name: str, value: str) -> SamplerName:
    """Read a sampler as people write it: `DPM++2M` is `dpmpp_2m`."""
    written = re.sub(r"[-_]", "", value.lower().replace("++", "pp"))
    known = {str(sampler).replace("_", ""): sampler for sampler in SamplerName}
    if written not in known:
        raise OptionInvalid(name=name, value=value, allowed=", ".join(SamplerName))
    return known[written]


def _interval(name: str, value: str) -> tuple[float, float]:
    found = re.fullmatch(r"([01](?:\.[0-9]{1,3})?)[~-]([01](?:\.[0-9]{1,3})?)", value)
    if found is None or not 0 <= float(found[1]) <= float(found[2]) <= 1:
        raise OptionInvalid(name=name, value=value, allowed="0.2~0.8처럼 0과 1 사이")
    return float(found[1]), float(found[2])


def _lora(name: str, value: str) -> tuple[str, float]:
    lora, _, scale = value.partition(":")
    if not lora:
        raise OptionInvalid(name=name, value=value, allowed="수채화:0.8처럼 이름:세기")
    return lora, _number(name, scale, -2, 2) if scale else _DEFAULT_LORA_SCALE


def _variation(name: str, value: str) -> Variation:
    seed, _, amount = value.partition(":")
    return Variation(
        seed=_whole(name, seed, 0, MAX_SEED),
        amount=_number(name, amount, 0, 1) if amount else _DEFAULT_VARIATION,
    )


def _with_size(command: DrawCommand, name: str, value: str) -> DrawCommand:
    """Read a shape by its word or ratio, or both sides; the later of two sizes holds."""
    if ratio := _RATIOS.get(value) or next((one for one in Ratio if one == value), None):
        return replace(command, ratio=ratio, width_px=None, height_px=None)
    found = re.fullmatch(r"([0-9]{1,5})[xX×*]([0-9]{1,5})", value)
    if found is None:
        raise OptionInvalid(
            name=name, value=value, allowed=f"{', '.join(_RATIOS)}, 16:9, 1024x1024 같은 꼴"
        )
    return replace(command, ratio=None, width_px=int(found[1]), height_px=int(found[2]))
