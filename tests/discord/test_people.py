"""What people cannot do in the local Discord, because their client would not let them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.discord.caller import ADMIN, DRAW, MENU, NOBODY, Caller
from tests.discord.options import NotPossible
from tests.discord.people import Person
from tests.discord.server import DiscordServer
from tests.discord.things import Permission

Act = Callable[[Person, DiscordServer], Any]


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda p, s: p.slash(s.channel, "없는것"), id="no such command"),
        pytest.param(lambda p, s: p.slash(s.channel, "그려줘"), id="required option"),
        pytest.param(lambda p, s: p.slash(s.channel, "그려줘", 설명="가" * 201), id="too long"),
        pytest.param(lambda p, s: p.slash(s.channel, "그려줘", 설명="가", 장수=5), id="range"),
        pytest.param(lambda p, s: p.slash(s.channel, "그려줘", 설명="가", 장수="2"), id="type"),
        pytest.param(lambda p, s: p.slash(s.channel, "그려줘", 설명="가", 화풍="유화"), id="choice"),
        pytest.param(lambda p, s: p.slash(s.channel, "그려줘", 설명="가", 색="빨강"), id="option"),
        pytest.param(lambda p, s: p.slash(s.channel, "설정 채널", 곳=s.channel), id="permission"),
        pytest.param(lambda p, s: p.slash(p.dm, "설정 채널", 곳=s.channel), id="context"),
        pytest.param(lambda p, s: p.autocomplete(s.channel, "그려줘", "설명", "가"), id="no offers"),
    ],
)  # fmt: skip
async def test_a_command_has_its_rules(act: Act, server: DiscordServer, caller: Caller) -> None:
    """What does not fit the command's description is not sent."""
    await caller.register(DRAW, MENU, ADMIN)

    with pytest.raises(NotPossible):
        act(server.person(), server)
    assert {} == server.world.interactions


async def test_a_command_is_sent_with_default_names(server: DiscordServer, caller: Caller) -> None:
    """Choices become values, files become ids, and subcommands nest."""
    await caller.register(DRAW, MENU, ADMIN)
    person = server.person(permissions=Permission.MANAGE_GUILD)

    draw = person.slash(
        server.channel, "그려줘", 설명="고래", 화풍="수채화", 장수=2, 그림=("a.png", b"bytes")
    ).interaction.data
    place = person.slash(server.channel, "설정 채널", 곳=server.channel).interaction.data

    words, style, num, file = draw["options"]
    assert ("고래", "watercolor", 2) == (words["value"], style["value"], num["value"])
    assert "a.png" == draw["resolved"]["attachments"][file["value"]]["filename"]
    assert [{"name": "곳", "type": 7, "value": str(server.channel.id)}] == place["options"][0][
        "options"
    ]


async def test_names_follow_the_language(server: DiscordServer, caller: Caller) -> None:
    """A client shows the name of its language; the default name is what is sent."""
    await caller.register({**DRAW, "name_localizations": {"en-US": "draw"}})

    asked = server.person(locale="en-US").slash(server.channel, "draw", 설명="whale")

    assert "그려줘" == asked.interaction.data["name"]
    with pytest.raises(NotPossible):
        server.person("하준").slash(server.channel, "draw", 설명="고래")


async def test_an_adult_command_is_for_adult_channels(
    server: DiscordServer, caller: Caller
) -> None:
    """An age-restricted command is not there elsewhere; a thread is as its parent is."""
    await caller.register({**DRAW, "nsfw": True})
    adult = server.add_channel("성인", is_nsfw=True)
    thread = server.add_channel("실", parent=adult)
    person = server.person()

    assert [0, 1, 1] == [len(person.commands(one)) for one in (server.channel, adult, thread)]


async def test_a_channel_that_is_hidden_is_closed(server: DiscordServer, caller: Caller) -> None:
    """Whoever does not see a channel does nothing in it."""
    await caller.register()
    person = server.person()
    server.channel.hidden_from.add(person.id)

    with pytest.raises(NotPossible):
        person.say(server.channel, "안녕")
    with pytest.raises(NotPossible):
        person.slash(server.channel, "그려줘", 설명="고래")


async def test_only_what_is_shown_can_be_pressed(server: DiscordServer, caller: Caller) -> None:
    """Nothing is pressed while it loads, by somebody who does not see it, or once it is gone."""
    await caller.register()
    owner, other = server.person(), server.person("하준")
    asked = owner.slash(server.channel, "그려줘", 설명="고래")
    button = {"type": 2, "style": 1, "label": "다시", "custom_id": "1:again"}
    await caller.answer(asked.interaction, 5, {"flags": 64})
    loading = asked.original
    assert loading is not None

    with pytest.raises(NotPossible, match="loading"):
        owner.press(loading, "다시")
    await caller.edit(asked.interaction, {"components": [{"type": 1, "components": [button]}]})
    with pytest.raises(NotPossible, match="not seen"):
        other.press(loading, "다시")
    with pytest.raises(NotPossible, match="no button"):
        owner.press(loading, "크게")
    assert {"custom_id": "1:again", "component_type": 2} == owner.press(
        loading, "다시"
    ).interaction.data
    owner.delete(loading)
    with pytest.raises(NotPossible, match="not seen"):
        owner.press(loading, "다시")


async def test_a_menu_gives_values(server: DiscordServer, caller: Caller) -> None:
    """A choice of a menu is sent by its value."""
    options = [{"label": "수채화", "value": "watercolor"}, {"label": "유화", "value": "oil"}]
    menu = {"type": 3, "custom_id": "style", "options": options}
    sent = await caller.send(server.channel, {"components": [{"type": 1, "components": [menu]}]})
    message = server.world.messages[int(sent.body["id"])]

    chosen = server.person().select(message, "유화").interaction.data

    assert {"custom_id": "style", "component_type": 3, "values": ["oil"]} == chosen
    with pytest.raises(NotPossible):
        server.person("하준").select(message, "수채화", "유화")


@pytest.mark.parametrize(
    ("values", "is_fine"),
    [
        pytest.param({}, True, id="prefilled"),
        pytest.param({"설명": ""}, False, id="required"),
        pytest.param({"설명": "가" * 11}, False, id="too long"),
        pytest.param({"사진": [("a.png", b"1"), ("b.png", b"2")]}, False, id="too many files"),
        pytest.param({"없음": "가"}, False, id="no such field"),
        pytest.param({"words": "고래"}, True, id="by custom id"),
    ],
)
async def test_a_modal_has_its_rules(
    values: dict, is_fine: bool, server: DiscordServer, caller: Caller
) -> None:
    """What does not fit a modal is not submitted."""
    words = {"type": 4, "custom_id": "words", "style": 1, "value": "바다", "max_length": 10}
    photo = {"type": 19, "custom_id": "photo", "required": False}
    parts = [("설명", words), ("사진", photo)]
    modal = {
        "custom_id": "1:edit",
        "title": "고치기",
        "components": [{"type": 18, "label": label, "component": part} for label, part in parts],
    }
    await caller.register()
    person = server.person()
    asked = person.slash(server.channel, "그려줘", 설명="고래")
    await caller.answer(asked.interaction, 9, modal)
    opened = await asked.modal()

    if not is_fine:
        with pytest.raises(NotPossible):
            person.submit(opened, values)
        return
    sent = person.submit(opened, values).interaction.data
    assert values.get("words", "바다") == sent["components"][0]["component"]["value"]


async def test_a_message_is_deleted_by_those_who_may(server: DiscordServer, caller: Caller) -> None:
    """A member deletes what is theirs, a moderator everything."""
    sent = await caller.send(server.channel, {"content": "그림", **NOBODY})
    message = server.world.messages[int(sent.body["id"])]

    with pytest.raises(NotPossible):
        server.person().delete(message)
    server.person("진행자", permissions=Permission.MANAGE_MESSAGES).delete(message)

    assert message.is_deleted


async def test_an_old_event_is_told_late(server: DiscordServer, caller: Caller) -> None:
    """An event may be older than its deadline when it is told."""
    await caller.register()
    server.people.event_age_s = 10.0
    asked = server.person().slash(server.channel, "그려줘", 설명="고래")

    assert (await asked.answer()).has_failed
    assert 10062 == (await caller.answer(asked.interaction, 5)).code
