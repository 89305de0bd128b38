"""The commands that are registered: valid, Korean, and registered again only when they changed."""

import copy
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from bot.adapters.discord import app_commands
from bot.adapters.discord.app_commands import COMMANDS, digest, is_same
from bot.adapters.discord.command_form import MANAGE_GUILD, QUALITIES, RATIOS
from bot.command import DrawCommand
from bot.commands import parse
from tests.discord.command_forms import check_commands
from tests.discord.refusal import Form

BY_NAME = {command["name"]: command for command in COMMANDS}


def parts(part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Walk through a command, its subcommands and their options."""
    yield part
    for inside in part.get("options", ()):
        yield from parts(inside)


EVERY = [part for command in COMMANDS for part in parts(command)]


def as_registered() -> list[dict[str, Any]]:
    """The commands as Discord gives them back: in its own order, with its own fields and defaults."""
    given = copy.deepcopy(list(COMMANDS))
    for number, command in enumerate(given):
        command |= {"id": str(number), "application_id": "1", "version": "7", "nsfw": False}
        command["contexts"] = list(reversed(command["contexts"]))
        command.setdefault("description", "")
        command.setdefault("default_member_permissions", None)
        command.setdefault("description_localizations", None)
        if not command.get("options"):
            command.pop("options", None)
        for part in parts(command):
            part.setdefault("name_localizations", None)
            if "min_value" in part:
                part["min_value"] = float(part["min_value"])
            for choice in part.get("choices", ()):
                choice["name_localizations"] = None
    return given[::-1]


def test_discord_takes_them() -> None:
    """Every rule for names, lengths, orders and sizes is kept."""
    form = Form()

    check_commands(list(COMMANDS), form)
    assert [] == form.remarks


def test_all_commands_are_there() -> None:
    """What the bot can do is offered, under its Korean name."""
    assert set(BY_NAME) == {
        "그려줘", "내그림", "대기열", "도움말", "상태", "내데이터", "내데이터삭제", "개인정보", "재현", "연결",
        "이의", "제재", "설정", "이 그림으로 그리기", "그림 정보",
    }  # fmt: skip
    assert [option["name"] for option in BY_NAME["그려줘"]["options"]] == [
        "설명", "화풍", "비율", "품질", "장수", "제외", "참고그림", "변형정도", "시드", "로라",
    ]  # fmt: skip
    assert [option["name"] for option in BY_NAME["설정"]["options"]] == [
        "보기", "채널", "기본값", "할당량", "설명언어", "성인", "가리기", "신고채널", "막기",
        "용어", "금지어",
    ]  # fmt: skip


def test_names_are_composed_hangul() -> None:
    """Decomposed Hangul would be another command."""
    assert [] == [
        part["name"] for part in EVERY if unicodedata.normalize("NFC", part["name"]) != part["name"]
    ]
    assert [] == [part["name"] for part in EVERY if not re.search("[가-힣]", part["name"])]


def test_other_clients_read_english() -> None:
    """Commands have an English name; everything that has a description has an English one."""
    assert all("en-US" in command["name_localizations"] for command in COMMANDS)
    assert all(
        part["description_localizations"]["en-US"].isascii()
        for part in EVERY
        if "description" in part
    )


def test_every_description_is_in_one_style() -> None:
    """All descriptions are whole sentences in 해요체."""
    descriptions = [part["description"] for part in EVERY if "description" in part]

    assert [] == [text for text in descriptions if not re.fullmatch(r"(.+요\. ?)+", text)]
    assert [] == [text for text in descriptions if re.search(r"[가-힣]\([가-힣]\)", text)]


def test_settings_are_for_those_who_manage_a_server() -> None:
    """Nobody else is offered them, and nowhere else."""
    settings = BY_NAME["설정"]

    assert str(MANAGE_GUILD) == settings["default_member_permissions"]
    assert [0] == settings["contexts"] == settings["integration_types"]


def test_what_operators_do_is_offered_to_administrators_alone() -> None:
    """Whoever else sends it is refused by the bot itself; operators without a server write it."""
    sanctions = BY_NAME["제재"]

    assert "0" == sanctions["default_member_permissions"]
    assert [0] == sanctions["contexts"] == sanctions["integration_types"]


@pytest.mark.parametrize(
    "command",
    [one for one in COMMANDS if "default_member_permissions" not in one],
    ids=lambda c: c["name"],
)
def test_everything_else_works_everywhere(command: dict[str, Any]) -> None:
    """In servers, in the bot's own chat and in other chats, installed by a server or by a person."""
    assert [0, 1] == command["integration_types"]
    assert [0, 1, 2] == command["contexts"]


@pytest.mark.parametrize(
    "option",
    [*(f"크기:{value}" for _, value in RATIOS), *(f"품질:{value}" for _, value in QUALITIES)],
)
def test_every_choice_is_understood(option: str) -> None:
    """What Discord offers is what the bot takes."""
    assert isinstance(parse(f"/그려줘 고래 {option}"), DrawCommand)


def test_what_discord_adds_is_no_change() -> None:
    """Fields, orders and defaults of Discord's own do not register the commands again."""
    assert is_same(as_registered(), COMMANDS)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("description",), "다른 말이에요."),
        (("name_localizations", "en-US"), "paint"),
        (("contexts",), [0]),
        (("options", 0, "required"), False),
        (("options", 0, "max_length"), 1_000),
        (("options", 1, "autocomplete"), False),
        (("options", 2, "choices", 0, "value"), "2:1"),
        (("options", 4, "min_value"), 0),
        (("options", 0, "description_localizations", "en-US"), "Words."),
    ],
)
def test_every_change_is_seen(path: tuple[Any, ...], value: object) -> None:
    """Whatever people would see or could enter differently is registered again."""
    registered = as_registered()
    place: Any = next(command for command in registered if command["name"] == "그려줘")
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    assert not is_same(registered, COMMANDS)


def test_a_command_too_few_or_too_many_is_seen() -> None:
    """Commands that went or came are registered."""
    assert not is_same(as_registered()[1:], COMMANDS)
    assert not is_same(
        [*as_registered(), {"type": 1, "name": "옛말", "description": "옛말이에요."}], COMMANDS
    )
    assert not is_same([], COMMANDS)


def test_the_digest_never_changes_by_itself() -> None:
    """The same commands have the same name in every run."""
    assert digest(COMMANDS) == digest(tuple(copy.deepcopy(COMMANDS)))
    assert app_commands.MAX_SEED == 2**32 - 1
