"""What comes in, beside plain requests: pictures, albums, queries, groups, bad updates and a second bot."""

import asyncio
import socket

import aiohttp
import pytest

from bot.adapters.port import ChatPort, Message, Press
from bot.adapters.telegram.menu import COMMANDS
from bot.adapters.telegram.webhook import WebhookOptions
from tests.bot.adapters.telegram.stage import WORDS, Listener, note, place_of, running
from tests.bot.house import eventually
from tests.telegram.bot import call, png
from tests.telegram.faults import CUT_BEFORE, DOWNLOAD, HALF, error, html
from tests.telegram.server import TelegramServer
from tests.telegram.things import Status


async def heard(event: Message | Press, port: ChatPort) -> None:
    """Answer nothing."""


def photo_of(listener: Listener) -> bytes | None:
    """Give the picture that came last."""
    event = listener.events[-1]
    assert isinstance(event, Message)
    return event.photo


async def test_a_photo_and_a_picture_file_come_with_their_bytes(server: TelegramServer) -> None:
    """A photo as Telegram makes it, a file as it was sent."""
    listener, minji, data = Listener(), server.person(), png(note="memory")
    async with running(server, listener):
        minji.photo(data, "이걸 수채화로")
        await listener.done()
        photo = photo_of(listener)
        minji.document(data, "고래.png", "이걸 유화로", media_type="image/png")
        await listener.done(2)

    assert photo is not None
    assert photo.startswith(b"\xff\xd8\xff")
    assert data == photo_of(listener)
    assert ["이걸 수채화로", "이걸 유화로"] == listener.texts
    assert [] == server.problems


@pytest.mark.parametrize(
    "fault", [error(400, "Bad Request: wrong file_id"), html(), CUT_BEFORE], ids=repr
)
async def test_a_picture_that_cannot_be_had_is_no_bytes(
    server: TelegramServer, fault: object
) -> None:
    """The conversation goes on, and says that it cannot be read."""
    listener, minji = Listener(), server.person()
    server.faults.add(fault, method="getFile")  # type: ignore[arg-type]
    async with running(server, listener):
        minji.photo(png(), "수채화로")
        await listener.done()

    assert b"" == photo_of(listener)


async def test_a_download_that_breaks_is_no_bytes(server: TelegramServer) -> None:
    """Half a picture is none."""
    listener, minji = Listener(), server.person()
    server.faults.add(HALF, method=DOWNLOAD)
    async with running(server, listener):
        minji.photo(png(), "수채화로")
        await listener.done()

    assert b"" == photo_of(listener)


async def test_a_picture_that_telegram_does_not_give_is_refused(server: TelegramServer) -> None:
    """The person hears how large it may be."""
    listener, minji = Listener(), server.person()
    server.faults.add(error(400, "Bad Request: file is too big"), method="getFile")
    async with running(server, listener):
        minji.document(png(), "고래.png", "수채화로", media_type="image/png")
        await server.wait_for(lambda: len(minji.chat.shown) == 2)

    assert WORDS.photo_too_large == minji.chat.shown[1].text
    assert [] == listener.events


async def test_an_album_is_refused_once(server: TelegramServer) -> None:
    """However many pictures it has; the next message is heard."""
    listener, minji = Listener(), server.person()
    async with running(server, listener):
        minji.album([png(), png(), png()], "수채화로")
        minji.write("고래")
        await listener.done()
        await server.wait_for(lambda: not server.updates.pending)

    assert ["고래"] == listener.texts
    assert 1 == sum(one.text == WORDS.one_photo for one in minji.chat.shown)
    assert [] == server.problems


async def test_a_request_can_be_offered_in_any_chat(server: TelegramServer) -> None:
    """Who chooses it sends it themselves, and the group hears of it in either privacy mode."""
    server.world.allows_inline = True
    group = server.group()
    listener, minji = Listener(), server.person("민지", group)
    async with running(server, listener):
        asked = minji.type_inline("고래  한 마리")
        (offered,) = await minji.offered(asked)
        minji.choose(asked, group)
        await listener.done()

    assert "‘고래 한 마리’ 그리기" == offered["title"]
    assert ["/그려줘 고래 한 마리"] == listener.texts
    assert [] == server.problems


@pytest.mark.parametrize("hears_all", [True, False])
async def test_a_new_group_is_told_how_to_call(server: TelegramServer, hears_all: bool) -> None:
    """Where the bot hears little, that is said with what always works."""
    server.world.reads_all = hears_all
    listener = Listener()
    group = server.group(bot=Status.LEFT)
    minji = server.person("민지", group)
    async with running(server, listener) as chat:
        minji.add_bot(group)
        await server.wait_for(lambda: any(one.author.is_bot for one in group.shown))
        assert hears_all is chat.hears_all

    said = next(one.text for one in group.shown if one.author.is_bot)
    name = server.world.bot.username
    expected = WORDS.greeting if hears_all else WORDS.greeting_deaf.format(bot=name)
    assert expected == said
    assert [] == server.problems


async def test_who_manages_a_group_is_asked_of_telegram_once(server: TelegramServer) -> None:
    """And remembered for the next time."""
    listener, group = Listener(), server.group()
    listener.reaction = heard
    name = server.world.bot.username
    minji, jisu = server.person("민지", group), server.person("지수", group)
    group.members[minji.id] = Status.ADMINISTRATOR
    async with running(server, listener):
        for number, person in enumerate((minji, jisu, minji), start=1):
            person.write(f"/settings@{name}", group)
            await listener.done(number)

    assert [True, False, True] == [one.person.may_manage for one in listener.events]
    assert 2 == len(server.log.of("getChatMember"))
    assert [] == server.problems


async def test_updates_that_cannot_be_read_lose_no_other(server: TelegramServer) -> None:
    """They are passed over, and not brought for ever."""
    listener, minji = Listener(), server.person()
    async with running(server, listener):
        server.updates.add_any("message", {"message_id": "x", "chat": None})
        server.updates.add_any("something_new", {"a": 1})
        minji.write("고래")
        await listener.done()
        await server.wait_for(lambda: not server.updates.pending)

    assert ["고래"] == listener.texts


async def test_an_error_of_the_conversation_loses_no_other(server: TelegramServer) -> None:
    """It is logged, and that update is confirmed."""
    listener, minji = Listener(), server.person()

    async def break_off(event: Message | Press, port: ChatPort) -> None:
        raise RuntimeError

    listener.reaction = break_off
    async with running(server, listener):
        minji.write("고래")
        minji.write("펭귄")
        await listener.done(2)
        await server.wait_for(lambda: not server.updates.pending)


async def test_a_second_program_with_the_token_ends_this_one_loudly(
    server: TelegramServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing else is asked, and what is sent still goes out."""
    minji = server.person(has_started=True)
    conflict = error(409, "Conflict: terminated by other getUpdates request")
    async with running(server, Listener()) as chat:
        await eventually(lambda: chat.is_connected)
        server.faults.add(conflict, method="getUpdates", count=2)
        minji.write("고래")  # ends the question that is being asked
        await eventually(lambda: not chat.is_connected)
        num_asked = len(server.log.of("getUpdates"))
        await chat.send(place_of(minji.id), note())
        assert num_asked == len(server.log.of("getUpdates"))

    assert 1 == capsys.readouterr().out.count("this one stops")


@pytest.mark.parametrize(
    "fault", [html(), error(500, "Internal Server Error"), CUT_BEFORE], ids=repr
)
async def test_a_telegram_that_fails_is_asked_again(server: TelegramServer, fault: object) -> None:
    """What was written meanwhile comes when it is back."""
    listener, minji = Listener(), server.person()
    server.faults.add(fault, method="getUpdates", count=2)  # type: ignore[arg-type]
    async with running(server, listener):
        minji.write("고래")
        await listener.done()

    assert ["고래"] == listener.texts


async def test_the_menu_is_sent_when_it_changed_and_not_again(server: TelegramServer) -> None:
    """Nor are the descriptions."""
    for _ in range(2):
        async with running(server, Listener()) as chat:
            await eventually(lambda chat=chat: chat.is_connected)  # type: ignore[misc]

    assert [1, 1, 1] == [
        len(server.log.of(method))
        for method in ("setMyCommands", "setMyDescription", "setMyShortDescription")
    ]
    (sent,) = server.log.of("setMyCommands")
    assert [one.command for one in COMMANDS] == [one["command"] for one in sent.params["commands"]]
    assert [] == server.problems


def free_port() -> int:
    """Give a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_telegram_brings_updates_to_a_webhook(server: TelegramServer) -> None:
    """Each is taken once it is handled; nobody asks for any."""
    listener, minji, port = Listener(), server.person(), free_port()
    hook = WebhookOptions(url="https://bot.example/telegram", port=port)
    here = server.updates.proxies["https://bot.example"] = f"http://127.0.0.1:{port}"
    hold = asyncio.Event()

    async def wait(event: Message | Press, port: ChatPort) -> None:
        await hold.wait()

    listener.reaction = wait
    async with running(server, listener, webhook=hook) as chat:
        await eventually(lambda: chat.is_connected)
        minji.write("고래")
        await eventually(lambda: bool(listener.events))
        assert server.updates.pending
        hold.set()
        await server.wait_for(lambda: not server.updates.pending)
        async with aiohttp.ClientSession() as session:
            update = {"update_id": 1, "message": {}}
            for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "guess"}):
                async with session.post(f"{here}/telegram", json=update, headers=headers) as answer:
                    assert 403 == answer.status

    assert ["고래"] == listener.texts
    assert [] == server.log.of("getUpdates")
    assert [] == server.problems


async def test_polling_takes_a_webhook_away_and_drops_nothing(server: TelegramServer) -> None:
    """So a program that was told to ask need not be told twice."""
    listener, minji = Listener(), server.person()
    await call(server, "setWebhook", url="https://127.0.0.1/gone")
    minji.write("고래")
    async with running(server, listener):
        await listener.done()

    assert ["고래"] == listener.texts
