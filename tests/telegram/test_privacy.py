"""Which messages of a group reach the bot."""

import pytest

from tests.telegram.bot import call, png
from tests.telegram.server import TelegramServer
from tests.telegram.things import Status
from tests.telegram.world import Reading

BOTH, BOTFATHER, NEITHER = (True, True), (False, True), (False, False)


@pytest.mark.parametrize("reading", list(Reading))
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/draw@geuryeojwo_bot 개", BOTH),
        ("/draw 곰", BOTFATHER),
        ("/draw@other_bot 곰", NEITHER),
        ("/그려줘 고양이", BOTFATHER),
        ("@geuryeojwo_bot 용 그려줘", BOTFATHER),
        ("곰 그려줘", NEITHER),
    ],
)
async def test_privacy_mode_lets_through_what_is_meant_for_the_bot(
    server: TelegramServer, reading: Reading, text: str, expected: tuple[bool, bool]
) -> None:
    """Its two descriptions differ."""
    server.world.reading = reading
    group = server.group()

    message = server.person("민지", group).write(text, group)

    assert message.is_delivered is expected[reading is Reading.BOTFATHER]
    assert bool(server.updates.pending) is message.is_delivered


async def test_a_bare_command_goes_to_the_bot_that_wrote_last(server: TelegramServer) -> None:
    """Another bot that writes takes it away."""
    group = server.group()
    minji, other = server.person("민지", group), server.other_bot("다른 봇", group)
    await call(server, "sendMessage", chat_id=group.id, text="안녕하세요")

    assert minji.write("/draw 새", group).is_delivered
    assert not server.let_say(other, group, "나도").is_delivered
    assert not minji.write("/draw 새", group).is_delivered


async def test_replies_to_the_bot_and_to_what_is_meant_for_it_are_delivered(
    server: TelegramServer,
) -> None:
    """A reply to anything else is not, nor is a photo with a caption."""
    group = server.group()
    minji = server.person("민지", group)
    await call(server, "sendMessage", chat_id=group.id, text="안녕하세요")
    asked = minji.write("/draw@geuryeojwo_bot 새", group)
    chat = minji.write("날씨 좋다", group)

    assert minji.write("더 밝게", group, reply_to=group.shown[0]).is_delivered
    assert minji.write("바다도", group, reply_to=asked).is_delivered
    assert not minji.write("그러게", group, reply_to=chat).is_delivered
    assert not minji.photo(png(), "곰 그려줘", group).is_delivered


async def test_privacy_mode_is_taken_when_the_bot_joins(server: TelegramServer) -> None:
    """A change counts after it was removed and added again."""
    group = server.group()
    minji = server.person("민지", group)
    server.world.reads_all = True

    assert not minji.write("곰 그려줘", group).is_delivered
    minji.remove_bot(group)
    minji.add_bot(group)
    assert minji.write("곰 그려줘", group).is_delivered


async def test_an_administrator_reads_everything(server: TelegramServer) -> None:
    """Except what other bots write."""
    group = server.group(bot=Status.ADMINISTRATOR)
    minji, other = server.person("민지", group), server.other_bot("다른 봇", group)

    assert minji.write("곰 그려줘", group).is_delivered
    assert not server.let_say(other, group, "곰 그려줘").is_delivered


async def test_nothing_comes_from_a_group_that_put_the_bot_out(server: TelegramServer) -> None:
    """The bot is told that it was put out, and may not write there."""
    group = server.group()
    minji = server.person("민지", group)
    minji.remove_bot(group)

    status, body = await call(server, "sendMessage", chat_id=group.id, text="네")

    assert not minji.write("/draw@geuryeojwo_bot 개", group).is_delivered
    assert ["my_chat_member"] == [one.kind for one in server.updates.pending]
    assert (status, body["description"]) == (
        403,
        "Forbidden: bot was kicked from the supergroup chat",
    )


async def test_who_hides_seems_to_be_a_bot_or_a_channel(server: TelegramServer) -> None:
    """Anonymous administrators and posts that are passed on name a chat as their sender."""
    server.world.reads_all = True
    group = server.group()
    minji = server.person("민지", group)
    group.members[minji.id] = Status.ADMINISTRATOR
    minji.write("곰 그려줘", group, is_anonymous=True)
    server.pass_on(group, "새 그림")

    anonymous, passed = (one.body for one in server.updates.pending)

    assert anonymous["from"]["is_bot"]
    assert anonymous["sender_chat"]["id"] == group.id
    assert passed["is_automatic_forward"]
    assert passed["sender_chat"]["type"] == "channel"
