"""The application commands as Discord registers them: plain payloads, and whether they changed.

Names are Korean for everybody, in NFC; other clients see English beside them. The sentences here are
read in Discord's own boxes and go nowhere else, which is why they stand here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot.adapters.discord.command_form import (
    ATTACHMENT,
    INTEGER,
    NOBODY,
    NUMBER,
    QUALITIES,
    QUALITY,
    RATIO,
    RATIOS,
    STRING,
    STYLE,
    Payload,
    command,
    message_command,
    option,
    same,
)
from bot.adapters.discord.setting_command import SETTINGS_COMMAND

MAX_TEXT_CHARS = 1_500
MAX_SEED = 2**32 - 1

DRAW, PICTURES, QUEUE, HELP, STATUS = "그려줘", "내그림", "대기열", "도움말", "상태"
DATA, ERASE, PRIVACY, RECALL, LINK = "내데이터", "내데이터삭제", "개인정보", "재현", "연결"
APPEAL, SANCTIONS = "이의", "제재"
DRAW_OVER, PICTURE_INFO = "이 그림으로 그리기", "그림 정보"

TEXT, COUNT, EXCEPT = "설명", "장수", "제외"
PHOTO, STRENGTH, SEED, LORA = "참고그림", "변형정도", "시드", "로라"
SEARCH, KEY, PICTURE, CODE = "검색", "번호", "그림", "코드"
REASON, DEED, WHOM = "까닭", "할일", "대상"

_DRAW = command(
    DRAW,
    "draw",
    "쓴 대로 그림을 그려요.",
    "Draws what you describe in Korean.",
    option(
        STRING,
        TEXT,
        "무엇을 그릴지 한국어로 써 주세요.",
        "What to draw, in Korean.",
        required=True,
        min_length=1,
        max_length=MAX_TEXT_CHARS,
    ),
    option(
        STRING,
        STYLE,
        "어떤 화풍으로 그릴지 골라 주세요.",
        "The style.",
        autocomplete=True,
        max_length=100,
    ),
    option(STRING, RATIO, "그림의 비율을 골라 주세요.", "The shape.", choices=RATIOS),
    option(STRING, QUALITY, "정밀할수록 오래 걸려요.", "Finer takes longer.", choices=QUALITIES),
    option(
        INTEGER,
        COUNT,
        "한 번에 몇 장을 그릴지 정해 주세요.",
        "How many pictures.",
        min_value=1,
        max_value=4,
    ),
    option(
        STRING,
        EXCEPT,
        "그림에 없어야 할 것을 써 주세요.",
        "What must not be there.",
        max_length=300,
    ),
    option(ATTACHMENT, PHOTO, "이 그림을 바탕으로 그려요.", "A picture to draw over."),
    option(
        NUMBER,
        STRENGTH,
        "참고 그림을 얼마나 바꿀지 정해 주세요. 1에 가까울수록 많이 달라져요.",
        "How much the picture changes, 0 to 1.",
        min_value=0,
        max_value=1,
    ),
    option(
        INTEGER,
        SEED,
        "같은 시드는 같은 그림을 그려요.",
        "The same seed draws the same picture.",
        min_value=0,
        max_value=MAX_SEED,
    ),
    option(
        STRING,
        LORA,
        "함께 쓸 로라를 골라 주세요.",
        "A LoRA to use.",
        autocomplete=True,
        max_length=100,
    ),
)

COMMANDS: Final[tuple[Payload, ...]] = (
    _DRAW,
    command(
        PICTURES,
        "mypictures",
        "내가 그린 그림을 보여 드려요.",
        "Shows your own pictures.",
        option(STRING, SEARCH, "찾을 말을 써 주세요.", "Words to look for.", max_length=30),
    ),
    command(QUEUE, "queue", "얼마나 기다려야 하는지 알려 드려요.", "How long the wait is."),
    command(HELP, "help", "무엇을 할 수 있는지 알려 드려요.", "What the bot can do."),
    command(STATUS, "status", "지금 어떤 상태인지 알려 드려요.", "How the bot is."),
    command(
        DATA,
        "mydata",
        "나에 대해 보관한 것을 모두 보내 드려요.",
        "A copy of all that is kept of you.",
    ),
    command(
        ERASE, "erase", "나에 대해 보관한 것을 모두 지워요.", "Erases all that is kept of you."
    ),
    command(
        PRIVACY, "privacy", "무엇을 얼마나 보관하는지 알려 드려요.", "What is kept, and how long."
    ),
    command(
        RECALL,
        "recall",
        "그렸던 그림을 똑같이 다시 그려요.",
        "Draws a picture again, exactly.",
        option(STRING, KEY, "그림의 번호를 써 주세요.", "The picture's number.", max_length=100),
        option(ATTACHMENT, PICTURE, "저장해 둔 그림을 올려 주세요.", "The saved picture."),
    ),
    command(
        LINK,
        "link",
        "다른 곳의 내 계정과 이어서 그림과 기록을 함께 써요.",
        "Joins your account elsewhere with this one.",
        option(
            STRING,
            CODE,
            "다른 계정에서 받은 코드를 써 주세요. 비우면 코드를 드리고, 끊기라고 쓰면 연결을 끊어요.",
            "The code that you got there; empty gives one, and off parts them.",
            max_length=20,
        ),
    ),
    command(
        APPEAL,
        "appeal",
        "잘못 막힌 것 같을 때 운영자에게 알려요.",
        "Tells the operator that you were kept from drawing by mistake.",
        option(STRING, REASON, "까닭을 써 주세요.", "Why.", max_length=500),
    ),
    command(
        SANCTIONS,
        "sanctions",
        "봇을 운영하는 분이 쉬거나 정지된 분을 보고 풀거나 정지해요.",
        "Who may not draw; for the bot's operator.",
        option(
            STRING,
            DEED,
            "무엇을 할지 골라 주세요.",
            "What to do.",
            choices=same("목록", "기록", "해제", "정지"),
        ),
        option(STRING, WHOM, "목록에 나오는 이름을 써 주세요.", "Whom.", max_length=100),
        permissions=NOBODY,
    ),
    SETTINGS_COMMAND,
    message_command(DRAW_OVER, "Draw over this"),
    message_command(PICTURE_INFO, "Picture info"),
)

_COMPARED = frozenset(
    "type name name_localizations description description_localizations options required choices value"
    " autocomplete min_value max_value min_length max_length channel_types default_member_permissions"
    " integration_types contexts".split()
)
_UNORDERED = frozenset({"channel_types", "integration_types", "contexts"})


def is_same(registered: Iterable[Mapping[str, Any]], wanted: Iterable[Mapping[str, Any]]) -> bool:
    """Whether what Discord has is what we want; `registered` comes with its localizations."""
    return digest(registered) == digest(wanted)


def digest(commands: Iterable[Mapping[str, Any]]) -> str:
    """Name a set of commands by what people see of it, whatever Discord adds or leaves out."""
    compared = [_compared(command) for command in commands]
    compared.sort(key=lambda command: (command.get("type", 0), command["name"]))
    written = json.dumps(compared, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode("utf-8", "replace")).hexdigest()


def _compared(part: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the fields that we send, without those that say nothing."""
    fields = {key: _plain(key, value) for key, value in part.items() if key in _COMPARED}
    return {
        key: value
        for key, value in fields.items()
        if value not in (None, "", [], {}) and value is not False
    }


def _plain(key: str, value: Any) -> Any:
    if key in _UNORDERED and value is not None:
        return sorted(value)
    if key in ("options", "choices"):
        return [_compared(one) for one in value or ()]
    return int(value) if isinstance(value, float) and value.is_integer() else value
