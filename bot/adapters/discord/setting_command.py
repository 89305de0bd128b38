"""`/설정` as Discord registers it: a subcommand for each rule of a server.

Only those who manage the server see it, until the server decides otherwise in its own settings.
"""

from typing import Final

from bot.adapters.discord.command_form import (
    ANNOUNCEMENTS,
    BOOLEAN,
    CHANNEL,
    FORUM,
    INTEGER,
    MANAGE_GUILD,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    QUALITIES,
    QUALITY,
    RATIO,
    RATIOS,
    ROLE,
    STRING,
    STYLE,
    SUB_COMMAND,
    TEXT_CHANNEL,
    command,
    option,
    same,
)

SETTINGS = "설정"
NOTHING = "없음"  # takes a default back
MAX_DAILY = 10_000

SETTINGS_COMMAND: Final = command(
    SETTINGS,
    "settings",
    "이 서버에서 어떻게 그릴지 정해요.",
    "How the bot behaves in this server.",
    option(SUB_COMMAND, "보기", "지금 설정을 보여 드려요.", "Shows all settings."),
    option(
        SUB_COMMAND,
        "채널",
        "그림을 그려도 되는 채널을 정해요.",
        "Where the bot may draw.",
        options=[
            option(
                CHANNEL,
                "채널",
                "어느 채널인지 골라 주세요.",
                "The channel.",
                required=True,
                channel_types=[TEXT_CHANNEL, ANNOUNCEMENTS, PUBLIC_THREAD, PRIVATE_THREAD, FORUM],
            ),
            option(
                BOOLEAN,
                "허용",
                "그려도 되면 참을 골라 주세요.",
                "Whether to draw there.",
                required=True,
            ),
        ],
    ),
    option(
        SUB_COMMAND,
        "기본값",
        "따로 말하지 않을 때 어떻게 그릴지 정해요.",
        "How to draw when nothing else is said.",
        options=[
            option(
                STRING,
                STYLE,
                "기본 화풍을 써 주세요. 없음이라고 쓰면 기본 화풍을 없애요.",
                "The style.",
                autocomplete=True,
                max_length=60,
            ),
            option(
                STRING,
                RATIO,
                "기본 비율을 골라 주세요.",
                "The shape.",
                choices=(*RATIOS, *same(NOTHING)),
            ),
            option(
                STRING,
                QUALITY,
                "기본 품질을 골라 주세요.",
                "The quality.",
                choices=(*QUALITIES, *same(NOTHING)),
            ),
        ],
    ),
    option(
        SUB_COMMAND,
        "할당량",
        "역할마다 하루에 그릴 수 있는 장수를 정해요.",
        "Pictures a day for a role.",
        options=[
            option(ROLE, "역할", "어느 역할인지 골라 주세요.", "The role.", required=True),
            option(
                INTEGER,
                "하루",
                "하루에 몇 장인지 써 주세요. 0이면 이 역할의 할당량을 없애요.",
                "Pictures a day; 0 removes it.",
                required=True,
                min_value=0,
                max_value=MAX_DAILY,
            ),
        ],
    ),
    option(
        SUB_COMMAND,
        "설명언어",
        "그림 정보를 어느 말로 보여 줄지 정해요.",
        "The language of details.",
        options=[
            option(
                STRING,
                "언어",
                "어느 말인지 골라 주세요.",
                "The language.",
                required=True,
                choices=same("모두", "한국어", "영어"),
            )
        ],
    ),
    option(
        SUB_COMMAND,
        "성인",
        "성인용 그림을 막을지 정해요.",
        "Pictures for adults.",
        options=[
            option(
                STRING,
                "방침",
                "어떻게 할지 골라 주세요.",
                "The policy.",
                required=True,
                choices=same("막기", "연령제한채널"),
            )
        ],
    ),
    option(
        SUB_COMMAND,
        "가리기",
        "그림을 눌러야 보이게 할 곳을 정해요.",
        "Where pictures are spoilers.",
        options=[
            option(
                STRING,
                "가리기",
                "어디에서 가릴지 골라 주세요.",
                "Where.",
                required=True,
                choices=same("안함", "연령제한채널", "모두"),
            )
        ],
    ),
    option(
        SUB_COMMAND,
        "신고채널",
        "신고를 받을 채널을 정해요.",
        "Where reports go.",
        options=[
            option(
                CHANNEL,
                "채널",
                "어느 채널인지 골라 주세요. 비우면 신고를 받지 않아요.",
                "The channel; none takes no reports.",
                channel_types=[TEXT_CHANNEL, PUBLIC_THREAD, PRIVATE_THREAD],
            )
        ],
    ),
    option(
        SUB_COMMAND,
        "막기",
        "신고를 살펴보다 막은 사람들을 모두 풀어 줘요.",
        "Lets all barred people draw again.",
        options=[
            option(
                STRING,
                "막기",
                "풀려면 해제를 골라 주세요.",
                "Lift it.",
                required=True,
                choices=same("해제"),
            )
        ],
    ),
    option(
        SUB_COMMAND,
        "용어",
        "이 서버에서 쓰는 말을 어떻게 옮길지 정해요.",
        "How a word is translated here.",
        options=[
            option(
                STRING,
                "한국어",
                "옮길 말을 써 주세요.",
                "The Korean word.",
                required=True,
                max_length=40,
            ),
            option(
                STRING,
                "영어",
                "영어로 써 주세요. 비우면 그 말을 지워요.",
                "Empty removes it.",
                max_length=80,
            ),
        ],
    ),
    option(
        SUB_COMMAND,
        "금지어",
        "이 서버에서 그리지 않을 말을 정해요.",
        "Words that are not drawn here.",
        options=[
            option(
                STRING,
                "말",
                "그리지 않을 말을 두 글자 이상으로 써 주세요.",
                "The word.",
                required=True,
                max_length=40,
            ),
            option(
                BOOLEAN,
                "빼기",
                "참을 고르면 그 말을 다시 그려요.",
                "Whether to take it out again.",
            ),
        ],
    ),
    permissions=MANAGE_GUILD,
)
