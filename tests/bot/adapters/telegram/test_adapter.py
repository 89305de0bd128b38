"""The adapter on a local Telegram: messages and buttons in, cards out."""

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.port import (
    Action,
    ChatPort,
    Message,
    MessageGone,
    PlaceGone,
    Press,
    Unclear,
)
from tests.bot.adapters.telegram.stage import (
    JOB,
    WORDS,
    Listener,
    done,
    drawing,
    note,
    picture,
    place_of,
    running,
)
from tests.bot.house import eventually
from tests.telegram.server import TelegramServer


async def test_a_request_is_answered_by_one_card_that_becomes_the_picture(
    server: TelegramServer,
) -> None:
    """Notice, progress and picture are one message, which answers what was asked."""
    listener, minji = Listener(), server.person()
    async with running(server, listener) as chat:
        asked = minji.write("고래 그려줘")
        await listener.done()
        (ref,) = listener.refs
        await chat.edit(ref, drawing(3))
        await chat.edit(ref, done())

    (event,) = listener.events
    assert isinstance(event, Message)
    assert ("고래 그려줘", str(minji.id), "") == (event.text, event.person.id, event.place.home)
    _, shown = minji.chat.shown
    assert shown.reply_to is asked
    assert [
        "순서를 기다려요",
        "그리고 있어요\n▰▰▰▱▱▱▱▱▱▱ 3/10단계",
        "고래를 그렸어요\nAI로 만든 그림이에요.",
    ] == [content.text for _, content in shown.versions]
    assert shown.last.photo
    assert ("다시", "삭제") == shown.labels
    assert ["upload_photo"] == [action for _, action in minji.chat.actions]
    assert [] == server.problems


async def test_an_update_is_confirmed_only_when_the_conversation_began_to_answer(
    server: TelegramServer,
) -> None:
    """Until then Telegram keeps it, and whoever asks next gets it again."""
    listener, minji = Listener(), server.person()
    never = asyncio.Event()

    async def hang(event: Message | Press, port: ChatPort) -> None:
        await never.wait()

    listener.reaction = hang
    async with running(server, listener):
        minji.write("고래")
        await eventually(lambda: bool(listener.events))
        await server.wait_for(lambda: len(server.log.of("getUpdates")) >= 3)
        assert 1 == len(listener.events)
    again = Listener()
    async with running(server, again):
        await again.done()
        assert ["고래"] == again.texts
        await server.wait_for(lambda: not server.updates.pending)
    assert [] == server.problems


async def test_a_hundred_and_fifty_messages_at_once_all_come(server: TelegramServer) -> None:
    """Each is handed over once, in their order."""
    listener, minji = Listener(), server.person()

    async def hear(event: Message | Press, port: ChatPort) -> None:
        return None

    listener.reaction = hear
    for number in range(150):
        minji.write(f"고래 {number}")
    async with running(server, listener):
        await listener.done(150)
        await server.wait_for(lambda: not server.updates.pending)

    assert [f"고래 {number}" for number in range(150)] == listener.texts
    assert [] == server.problems


async def test_a_press_is_answered_at_once_and_carries_the_job(server: TelegramServer) -> None:
    """The waiting sign goes before the work is done."""
    listener, minji = Listener(), server.person()
    async with running(server, listener) as chat:
        minji.write("고래")
        await listener.done()
        await chat.edit(listener.refs[0], done())
        hold = asyncio.Event()

        async def wait(event: Message | Press, port: ChatPort) -> None:
            await hold.wait()

        listener.reaction = wait
        query = minji.press(minji.chat.shown[1], "다시")
        await minji.answered(query)
        hold.set()
        await listener.done(2)

    press = listener.events[1]
    assert isinstance(press, Press)
    assert (Action.AGAIN, JOB, "") == (press.action, press.job_id, press.value)
    assert [] == server.problems


async def test_several_pictures_are_an_album_below_the_card_and_never_come_twice(
    server: TelegramServer,
) -> None:
    """A second edit changes nothing, also in a process that knows nothing of the first."""
    listener, minji = Listener(), server.person()
    card = done(pictures=(picture(), picture("other")))
    async with running(server, listener) as chat:
        minji.write("고래 장수:2")
        await listener.done()
        (ref,) = listener.refs
        await chat.edit(ref, drawing(1))
        await chat.edit(ref, card)
        await chat.edit(ref, card)
    async with running(server, Listener()) as chat:
        await chat.edit(ref, card)

    _, keyboard, *album = minji.chat.shown
    assert 2 == len(album)
    assert all(one.last.photo and one.reply_to is keyboard for one in album)
    assert ("다시", "삭제") == keyboard.labels
    assert [] == server.problems


async def test_deleting_takes_the_album_away_too(server: TelegramServer) -> None:
    """The button knows its pictures, also after a restart."""
    listener, minji = Listener(), server.person()
    async with running(server, listener) as chat:
        minji.write("고래 장수:2")
        await listener.done()
        (ref,) = listener.refs
        await chat.edit(ref, done(pictures=(picture(), picture("other"))))
    later = Listener()

    async def remove(event: Message | Press, port: ChatPort) -> None:
        await port.remove(ref)

    later.reaction = remove
    async with running(server, later):
        minji.press(minji.chat.shown[1], "삭제")
        await later.done()

    assert 1 == len(minji.chat.shown)  # what was asked
    assert [] == server.problems


async def test_what_is_too_old_to_delete_is_covered(server: TelegramServer) -> None:
    """The port says that the message is still there, and an edit takes the picture away."""
    listener, minji = Listener(), server.person()
    async with running(server, listener) as chat:
        minji.write("고래")
        await listener.done()
        (ref,) = listener.refs
        await chat.edit(ref, done())
        before = minji.chat.shown[1].last.photo
        server.clock.shift(49 * 3600)
        with pytest.raises(MessageGone):
            await chat.remove(ref)
        await chat.edit(ref, note("지운 그림이에요"))

    shown = minji.chat.shown[1].last
    assert "지운 그림이에요" == shown.text
    assert before != shown.photo
    assert [] == server.problems


async def test_a_group_sees_three_edits_of_progress_at_most(server: TelegramServer) -> None:
    """The rest is left out without a word, and the picture comes."""
    listener = Listener()
    server.world.reads_all = True
    group = server.group()
    minji = server.person("민지", group)
    async with running(server, listener) as chat:
        minji.write("/그려줘 고래", group)
        await listener.done()
        (ref,) = listener.refs
        for step in range(10):
            await chat.edit(ref, drawing(step))
        await chat.edit(ref, done())

    shown = group.shown[-1]
    assert 2 <= len(shown.versions) <= 1 + 3 + 1
    assert shown.last.photo
    assert [] == server.problems


async def test_what_is_for_one_person_does_not_stand_in_a_group(server: TelegramServer) -> None:
    """It goes to the person's own chat; where that is closed, a line without it leads there."""
    listener = Listener()
    server.world.reads_all = True
    group = server.group()
    minji = server.person("민지", group, has_started=True)
    jisu = server.person("지수", group)

    async def answer(event: Message | Press, port: ChatPort) -> None:
        await port.send(event.place, note("비밀이에요", is_private=True), reply_to=event.event_id)

    listener.reaction = answer
    async with running(server, listener):
        minji.write("/내그림", group)
        await listener.done()
        jisu.write("/내그림", group)
        await listener.done(2)

    assert ["비밀이에요"] == [one.text for one in minji.chat.shown]
    assert [WORDS.in_private] == [
        one.text.splitlines()[0] for one in group.shown if one.author.is_bot
    ]
    assert () == jisu.chat.shown
    assert [] == server.problems


async def test_nothing_can_be_looked_for(server: TelegramServer) -> None:
    """Nobody is told that something is not there."""
    minji = server.person(has_started=True)
    async with running(server, Listener()) as chat:
        ref = await chat.send(place_of(minji.id), note())
        with pytest.raises(Unclear):
            await chat.find(ref.place, "nonce")


async def test_adults_only_has_no_place(server: TelegramServer) -> None:
    """Telegram knows no chat that is for adults alone."""
    minji = server.person(has_started=True)
    async with running(server, Listener()) as chat:
        with pytest.raises(PlaceGone):
            await chat.send(place_of(minji.id), replace(done(), is_adult=True))


async def test_a_blocked_bot_has_no_place(server: TelegramServer) -> None:
    """Whoever delivers holds the answer."""
    listener, minji = Listener(), server.person()
    async with running(server, listener) as chat:
        minji.write("고래")
        await listener.done()
        minji.block()
        with pytest.raises(PlaceGone):
            await chat.edit(listener.refs[0], done())


async def test_a_notice_that_was_deleted_is_gone(server: TelegramServer) -> None:
    """So a new one can be sent."""
    listener, minji = Listener(), server.person()
    async with running(server, listener) as chat:
        minji.write("고래")
        await listener.done()
        minji.delete(minji.chat.shown[1])
        with pytest.raises(MessageGone):
            await chat.edit(listener.refs[0], done())
        await chat.remove(listener.refs[0])
