"""What Discord delivers is read as what somebody asks for, by the library's own objects."""

from typing import Any

import discord
import pytest

from bot.adapters.discord import custom_id
from bot.adapters.discord.reading import Reading, read_interaction, read_message
from bot.adapters.port import Action, Message, Person, Place, Press

JOB = "0123456789abcdef0123"
APP, BOT, ASKER, GUILD, CHANNEL, ADULTS, THREAD, ROLE = 10, 10, 20, 30, 40, 41, 42, 50
VIEW_CHANNEL, MANAGE_MESSAGES, MANAGE_GUILD, ADMINISTRATOR = 1 << 10, 1 << 13, 1 << 5, 1 << 3
EVENT = "the event"
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL = 2, 3, 4, 5
HOME = Place(platform="discord", id=str(CHANNEL), home=str(GUILD))


def user(identity: int, *, is_bot: bool = False) -> dict[str, Any]:
    """An account."""
    return {
        "id": str(identity),
        "username": "사람",
        "discriminator": "0",
        "avatar": None,
        "bot": is_bot,
    }


def attachment(identity: int, **fields: Any) -> dict[str, Any]:
    """A file in a message or an option."""
    url = f"https://cdn.discordapp.com/attachments/1/{identity}/a.png"
    known = {"id": str(identity), "size": 3, "filename": "a.png", "url": url, "proxy_url": url}
    return known | fields


def button_of(job_id: str) -> list[dict[str, Any]]:
    """The buttons of a message of ours."""
    button = {
        "type": 2,
        "style": 2,
        "label": "다시",
        "custom_id": custom_id.write(Action.AGAIN, job_id),
    }
    return [{"type": 1, "components": [{**button}]}]


def message(identity: int, text: str, **fields: Any) -> dict[str, Any]:
    """A message in the guild's channel."""
    known: dict[str, Any] = {
        "id": str(identity), "type": 0, "content": text, "channel_id": str(CHANNEL), "author": user(ASKER),
        "guild_id": str(GUILD), "member": {"roles": [str(ROLE)], "flags": 0}, "attachments": [], "embeds": [],
        "mentions": [], "mention_roles": [], "mention_everyone": False, "pinned": False, "tts": False,
        "timestamp": "2026-11-28T00:00:00+00:00", "edited_timestamp": None,
    }  # fmt: skip
    return known | fields


class Library:
    """discord.py as it is when it knows one server."""

    def __init__(self) -> None:
        self.client = discord.Client(intents=discord.Intents(guilds=True))
        self.state = self.client._connection
        self.state.user = discord.ClientUser(state=self.state, data=user(BOT, is_bot=True))  # type: ignore[arg-type]
        channels = [
            {"id": str(CHANNEL), "type": 0, "name": "그림", "position": 0, "nsfw": False},
            {"id": str(ADULTS), "type": 0, "name": "어른", "position": 1, "nsfw": True},
        ]
        thread = {
            "id": str(THREAD), "type": 11, "name": "스레드", "parent_id": str(ADULTS), "owner_id": str(ASKER),
            "guild_id": str(GUILD), "message_count": 0, "member_count": 1,
            "thread_metadata": {
                "archived": False, "auto_archive_duration": 60, "archive_timestamp": "2026-11-28T00:00:00+00:00",
            },
        }  # fmt: skip
        roles = [
            {"id": str(identity), "name": "역할", "permissions": str(bits), "position": 0, "color": 0,
             "colors": {"primary_color": 0}, "hoist": False, "managed": False, "mentionable": False}
            for identity, bits in ((GUILD, 0), (ROLE, MANAGE_MESSAGES | VIEW_CHANNEL))
        ]  # fmt: skip
        guild: Any = {
            "id": str(GUILD), "name": "서버", "owner_id": "99", "roles": roles, "channels": channels,
            "threads": [thread], "members": [], "member_count": 1,
        }  # fmt: skip
        self.state._add_guild_from_data(guild)

    def interaction(
        self,
        kind: int,
        data: dict[str, Any],
        *,
        channel: int = CHANNEL,
        permissions: int = 0,
        is_dm: bool = False,
        guild: int = GUILD,
    ) -> Reading:
        """Read something that a person did."""
        place: dict[str, Any] = {
            "id": str(channel),
            "type": 1 if is_dm else 0,
            "name": "그림",
            "position": 0,
        }
        if is_dm:
            who: dict[str, Any] = {
                "user": user(ASKER),
                "channel": place | {"recipients": [user(BOT)]},
            }
        else:
            member = {
                "user": user(ASKER),
                "roles": [str(ROLE)],
                "flags": 0,
                "permissions": str(permissions),
            }
            who = {"member": member, "guild_id": str(guild), "channel": place}
        payload: Any = {
            "id": "1", "type": kind, "token": "t", "version": 1, "application_id": str(APP),
            "attachment_size_limit": 10_485_760, "data": data, **who,
        }  # fmt: skip
        interaction = discord.Interaction(data=payload, state=self.state)
        return read_interaction(interaction, event_id=EVENT)

    def message(self, payload: dict[str, Any], *, is_dm: bool = False) -> Reading:
        """Read a message that came over the gateway."""
        if is_dm:
            dm: Any = {"id": "60", "type": 1, "recipients": [user(ASKER)]}
            channel: Any = discord.DMChannel(me=self.client.user, state=self.state, data=dm)  # type: ignore[arg-type]
            payload = {
                key: one for key, one in payload.items() if key not in ("guild_id", "member")
            }
        else:
            channel = self.client.get_channel(int(payload["channel_id"]))
        said = discord.Message(state=self.state, channel=channel, data=payload)  # type: ignore[arg-type]
        return read_message(said, bot_id=BOT, event_id=EVENT)


@pytest.fixture
async def library() -> Library:
    """The library, without a connection."""
    return Library()


def option(kind: int, name: str, value: object) -> dict[str, Any]:
    """What was entered for an option."""
    return {"type": kind, "name": name, "value": value}


def slash(name: str, *options: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The data of a command."""
    return {"id": "1", "type": 1, "name": name, "options": list(options), **fields}


def asked(reading: Reading) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What a message says."""
    assert isinstance(reading.event, Message)
    return reading.event.text, reading.event.options


async def test_drawing_has_every_option(library: Library) -> None:
    """The text is what was described; the options have the names that they have in a text."""
    reading = library.interaction(
        COMMAND,
        slash(
            "그려줘",
            option(3, "설명", "노을 지는 바다"), option(3, "화풍", "수채화"), option(3, "비율", "16:9"),
            option(3, "품질", "정밀"), option(4, "장수", 2), option(3, "제외", "사람, 배"),
            option(11, "참고그림", "77"), option(10, "변형정도", 0.4), option(4, "시드", 4294967295),
            option(3, "로라", "이름"),
            resolved={"attachments": {"77": attachment(77)}},
        ),
    )  # fmt: skip

    assert reading.event == Message(
        event_id=EVENT,
        person=Person(platform="discord", id=str(ASKER), roles=(f"discord:{ROLE}",)),
        place=HOME,
        text="/그려줘 노을 지는 바다",
        options=(
            ("화풍", "수채화"), ("크기", "16:9"), ("품질", "정밀"), ("장수", "2"), ("제외", "사람, 배"),
            ("강도", "0.4"), ("시드", "4294967295"), ("로라", "이름"),
        ),
    )  # fmt: skip
    assert reading.photo is not None
    assert 77 == reading.photo.id
    assert not reading.is_private


@pytest.mark.parametrize(
    ("value", "written"),
    [(1, "1"), (1.0, "1"), (0.0, "0"), (0.30000000000000004, "0.3"), (1e-9, "0")],
)
async def test_a_number_is_written_as_people_do(
    library: Library, value: float, written: str
) -> None:
    """Whatever a client makes of a number, it is one that can be read."""
    reading = library.interaction(
        COMMAND, slash("그려줘", option(3, "설명", "고래"), option(10, "변형정도", value))
    )

    assert ("/그려줘 고래", (("강도", written),)) == asked(reading)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (slash("내그림"), "/내그림"),
        (slash("내그림", option(3, "검색", "고래 밤")), "/내그림 고래 밤"),
        (slash("대기열"), "/대기열"),
        (slash("내데이터삭제"), "/내데이터삭제"),
        (slash("개인정보"), "/개인정보"),
        (slash("연결"), "/연결"),
        (slash("연결", option(3, "코드", "ABCD-2345")), "/연결 ABCD-2345"),
        (slash("이의", option(3, "까닭", "소설 표지예요")), "/이의 소설 표지예요"),
        (slash("제재"), "/제재"),
        (slash("제재", option(3, "대상", "a1b2"), option(3, "할일", "해제")), "/제재 해제 a1b2"),
    ],
)
async def test_other_commands_are_answered_in_private(
    library: Library, data: dict[str, Any], text: str
) -> None:
    """They are about the person alone."""
    reading = library.interaction(COMMAND, data)

    assert (text, ()) == asked(reading)
    assert reading.is_private


async def test_recalling_takes_a_number_or_a_picture(library: Library) -> None:
    """Its answer is a picture for everybody."""
    by_number = library.interaction(COMMAND, slash("재현", option(3, "번호", JOB)))
    files = {"attachments": {"77": attachment(77)}}
    by_picture = library.interaction(
        COMMAND, slash("재현", option(11, "그림", "77"), resolved=files)
    )

    assert (f"/재현 {JOB}", ()) == asked(by_number)
    assert ("/재현", ()) == asked(by_picture)
    assert by_picture.photo is not None
    assert not by_number.is_private


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), (("", "보기"),)),
        (
            (option(7, "채널", "40"), option(5, "허용", False)),
            (("", "보기"), ("채널", "40"), ("허용", "false")),
        ),
        (
            (option(8, "역할", "50"), option(4, "하루", 0)),
            (("", "보기"), ("역할", "50"), ("하루", "0")),
        ),
    ],
)
async def test_a_setting_names_its_subcommand(
    library: Library, options: tuple[dict[str, Any], ...], expected: tuple[tuple[str, str], ...]
) -> None:
    """Channels and roles are named by their ids."""
    data = slash("설정", {"type": 1, "name": "보기", "options": list(options)})
    reading = library.interaction(COMMAND, data, permissions=MANAGE_GUILD)

    assert ("/설정", expected) == asked(reading)
    assert reading.event is not None
    assert reading.event.person.may_manage
    assert not reading.event.person.may_moderate
    assert reading.is_private


@pytest.mark.parametrize(
    ("permissions", "may_moderate", "may_manage"),
    [
        (0, False, False),
        (MANAGE_MESSAGES, True, False),
        (MANAGE_GUILD, False, True),
        (ADMINISTRATOR, True, True),
    ],
)
async def test_permissions_are_those_of_the_place(
    library: Library, permissions: int, may_moderate: bool, may_manage: bool
) -> None:
    """What somebody may do comes with what they did."""
    reading = library.interaction(COMMAND, slash("도움말"), permissions=permissions)

    assert reading.event is not None
    assert (may_moderate, may_manage) == (
        reading.event.person.may_moderate,
        reading.event.person.may_manage,
    )


async def test_alone_with_the_bot_nobody_moderates(library: Library) -> None:
    """A private chat has no home and no rights."""
    reading = library.interaction(COMMAND, slash("도움말"), channel=60, is_dm=True)

    assert reading.event is not None
    assert Person(platform="discord", id=str(ASKER)) == reading.event.person
    assert ("60", "") == (reading.event.place.id, reading.event.place.home)


async def test_a_server_without_the_bot_is_a_place_too(library: Library) -> None:
    """Whoever installed it for themselves uses it where the bot knows nobody and no role."""
    reading = library.interaction(COMMAND, slash("도움말"), guild=31, channel=61)

    assert reading.event is not None
    assert ("61", "31") == (reading.event.place.id, reading.event.place.home)
    assert (f"discord:{ROLE}",) == reading.event.person.roles


@pytest.mark.parametrize(
    ("channel", "expected"), [(CHANNEL, False), (ADULTS, True), (THREAD, True)]
)
async def test_the_age_of_a_place_is_known(library: Library, channel: int, expected: bool) -> None:
    """A thread is for adults when its channel is."""
    reading = library.interaction(COMMAND, slash("도움말"), channel=channel)

    assert reading.event is not None
    assert expected == reading.event.place.is_age_restricted


@pytest.mark.parametrize(("channel", "parent"), [(CHANNEL, ""), (THREAD, str(ADULTS))])
async def test_a_thread_knows_its_channel(library: Library, channel: int, parent: str) -> None:
    """What was settled for a channel holds in its threads."""
    reading = library.interaction(COMMAND, slash("도움말"), channel=channel)

    assert reading.event is not None
    assert parent == reading.event.place.parent


def chosen(name: str, target: dict[str, Any]) -> dict[str, Any]:
    """The data of a command from a message's menu."""
    target_id = target["id"]
    return {
        "id": "1",
        "type": 3,
        "name": name,
        "target_id": target_id,
        "resolved": {"messages": {target_id: target}},
    }


async def test_any_picture_can_be_drawn_over(library: Library) -> None:
    """The press names the message, and comes with its first picture."""
    files = [
        attachment(70, filename="a.txt", content_type="text/plain"),
        attachment(71, content_type="image/png"),
    ]
    target = message(5, "내 사진", attachments=files)
    reading = library.interaction(COMMAND, chosen("이 그림으로 그리기", target))

    assert isinstance(reading.event, Press)
    assert (Action.OVER, "", f"{CHANNEL}-5") == (
        reading.event.action,
        reading.event.job_id,
        reading.event.value,
    )
    assert reading.photo is not None
    assert 71 == reading.photo.id


async def test_a_picture_of_ours_is_known_by_its_buttons(library: Library) -> None:
    """Its job tells more than its file; a foreign picture is read for its marks."""
    ours = message(
        5, "", author=user(BOT, is_bot=True), application_id=str(APP), components=button_of(JOB),
        attachments=[attachment(71)],
    )  # fmt: skip
    forged = message(
        6, "", author=user(98, is_bot=True), components=button_of(JOB), attachments=[attachment(72)]
    )
    about_ours = library.interaction(COMMAND, chosen("그림 정보", ours))
    about_forged = library.interaction(COMMAND, chosen("그림 정보", forged))

    assert ("/그림정보", ()) == asked(about_ours)
    assert isinstance(about_ours.event, Message)
    assert JOB == about_ours.event.about
    assert about_ours.photo is None
    assert about_ours.is_private
    assert isinstance(about_forged.event, Message)
    assert "" == about_forged.event.about
    assert about_forged.photo is not None


@pytest.mark.parametrize(
    ("data", "action", "value", "is_private"),
    [
        (
            {"component_type": 2, "custom_id": custom_id.write(Action.AGAIN, JOB)},
            Action.AGAIN,
            "",
            False,
        ),
        (
            {"component_type": 2, "custom_id": custom_id.write(Action.INFO, JOB)},
            Action.INFO,
            "",
            True,
        ),
        (
            {
                "component_type": 3,
                "custom_id": custom_id.write(Action.VARY, JOB, "menu"),
                "values": [custom_id.write(Action.ENLARGE, JOB, "3")],
            },
            Action.ENLARGE,
            "3",
            False,
        ),
    ],
)
async def test_a_press_says_what_the_button_carries(
    library: Library, data: dict[str, Any], action: Action, value: str, is_private: bool
) -> None:
    """What was chosen in a menu counts in the place of the menu."""
    reading = library.interaction(COMPONENT, data)

    assert isinstance(reading.event, Press)
    assert (action, JOB, value) == (reading.event.action, reading.event.job_id, reading.event.value)
    assert is_private == reading.is_private


async def test_a_foreign_button_is_nobodys(library: Library) -> None:
    """A press that cannot be read asks for nothing."""
    reading = library.interaction(COMPONENT, {"component_type": 2, "custom_id": "9:new:thing"})

    assert reading.event is None


async def test_a_form_comes_back_with_its_fields(library: Library) -> None:
    """The text, the other boxes, and what opened it."""
    boxes = (("text", "밤바다"), ("강도", "0.6"), ("제외", ""))
    data = {
        "custom_id": custom_id.write(Action.OVER, "", "40-5"),
        "components": [
            {
                "type": 18,
                "id": 1,
                "component": {"type": 4, "id": 2, "custom_id": name, "value": value},
            }
            for name, value in boxes
        ],
    }
    reading = library.interaction(MODAL, data)

    assert ("밤바다", (("강도", "0.6"),)) == asked(reading)
    assert isinstance(reading.event, Message)
    assert reading.event.form is Action.OVER
    assert "40-5" == reading.form_value


async def test_a_form_of_a_job_names_it(library: Library) -> None:
    """Mending a request is about its picture."""
    reading = library.interaction(
        MODAL, {"custom_id": custom_id.write(Action.EDIT, JOB), "components": []}
    )

    assert isinstance(reading.event, Message)
    assert (JOB, Action.EDIT) == (reading.event.about, reading.event.form)


@pytest.mark.parametrize(
    "data",
    [
        slash("그려줘", option(3, "설명", "고래"), {**option(3, "화풍", "수"), "focused": True}),
        slash(
            "설정",
            {
                "type": 1,
                "name": "기본값",
                "options": [{**option(3, "화풍", "수"), "focused": True}],
            },
        ),
    ],
    ids=["option", "option of a subcommand"],
)
async def test_what_is_being_typed_is_found(library: Library, data: dict[str, Any]) -> None:
    """The option at the cursor is to be completed, wherever it stands."""
    reading = library.interaction(AUTOCOMPLETE, data)

    assert ("화풍", "수") == reading.suggest
    assert reading.event is None


def reply_to(author: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """What a reply to a message says of it."""
    answered = message(5, "", author=author, **fields)
    del answered["member"]
    reference = {"message_id": "5", "channel_id": str(CHANNEL), "guild_id": str(GUILD)}
    return {"type": 19, "message_reference": reference, "referenced_message": answered}


async def test_a_mention_is_a_request(library: Library) -> None:
    """The words around the mention are what is asked for."""
    said = message(6, f"<@{BOT}> 고래   그려줘 <@!{BOT}>", mentions=[user(BOT, is_bot=True)])
    reading = library.message(said)

    assert ("고래   그려줘", ()) == asked(reading)
    assert reading.event is not None
    assert HOME == reading.event.place
    assert str(GUILD) == reading.event.place.home
    assert (f"discord:{ROLE}",) == reading.event.person.roles
    assert reading.event.person.may_moderate


async def test_a_reply_is_about_the_picture(library: Library) -> None:
    """Words below one of our pictures change it, with a mention or without."""
    said = message(6, "더 밝게", **reply_to(user(BOT, is_bot=True), components=button_of(JOB)))
    reading = library.message(said)

    assert ("더 밝게", ()) == asked(reading)
    assert isinstance(reading.event, Message)
    assert JOB == reading.event.about


async def test_a_reply_to_others_is_about_nothing(library: Library) -> None:
    """A mention in it still asks the bot; without one it is none of ours."""
    other = reply_to(user(97), components=button_of(JOB))
    mentioned = library.message(message(6, f"<@{BOT}> 고래", mentions=[user(BOT)], **other))

    assert isinstance(mentioned.event, Message)
    assert "" == mentioned.event.about
    assert library.message(message(6, "고래", **other)).event is None


async def test_alone_with_the_bot_no_mention_is_needed(library: Library) -> None:
    """In the private chat everything is meant for it."""
    reading = library.message(message(6, "고래 그려줘"), is_dm=True)

    assert ("고래 그려줘", ()) == asked(reading)
    assert reading.event is not None
    assert ("60", "") == (reading.event.place.id, reading.event.place.home)


async def test_a_photo_comes_with_a_mention(library: Library) -> None:
    """A picture without words is asked about; another file is judged like one."""
    mentioned = {"mentions": [user(BOT)]}
    text = attachment(70, filename="a.txt", content_type="text/plain")
    both = library.message(message(6, f"<@{BOT}>", attachments=[text, attachment(71)], **mentioned))
    one = library.message(message(6, f"<@{BOT}>", attachments=[text], **mentioned))

    assert both.photo is not None
    assert 71 == both.photo.id
    assert ("", ()) == asked(both)
    assert one.photo is not None
    assert 70 == one.photo.id


@pytest.mark.parametrize(
    "said",
    [
        message(6, "고래"),
        message(6, f"<@{BOT}>", mentions=[user(BOT)]),
        message(6, f"<@{BOT}> 고래", mentions=[user(BOT)], author=user(98, is_bot=True)),
        message(6, "@everyone 고래", mention_everyone=True),
    ],
    ids=["not meant", "no words", "a bot", "everyone"],
)
async def test_what_is_not_for_the_bot_is_left_alone(
    library: Library, said: dict[str, Any]
) -> None:
    """Nobody is answered who did not ask."""
    assert library.message(said).event is None
