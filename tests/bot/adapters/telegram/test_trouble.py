"""What goes wrong while something is shown: it comes once, late, in another form, or whoever delivers hears why."""

import asyncio
from dataclasses import replace

import pytest

from bot.adapters.port import (
    DataFile,
    MessageGone,
    MessageRef,
    PlaceGone,
    PlatformDown,
    PortClosed,
    PortError,
    Unclear,
)
from bot.adapters.telegram.adapter import TelegramChat
from bot.adapters.telegram.limits import GROUP_MOST
from tests.bot.adapters.telegram.stage import (
    WORDS,
    Listener,
    done,
    drawing,
    note,
    picture,
    place_of,
    running,
    waiting,
)
from tests.telegram.faults import (
    CUT_AFTER,
    CUT_BEFORE,
    HALF,
    Fault,
    error,
    held_after,
    html,
    limited,
)
from tests.telegram.people import Person
from tests.telegram.server import TelegramServer

BROKEN = [
    pytest.param(html(), id="proxy"),
    pytest.param(error(500, "Internal Server Error"), id="broken"),
    pytest.param(CUT_BEFORE, id="cut before"),
    pytest.param(CUT_AFTER, id="cut after"),
    pytest.param(HALF, id="half"),
]


async def asked(chat: TelegramChat, person: Person) -> MessageRef:
    """Show the first card of a job."""
    return await chat.send(place_of(person.id), waiting())


@pytest.mark.parametrize("fault", BROKEN)
async def test_an_edit_without_an_answer_is_repeated_and_shows_one_picture(
    server: TelegramServer, fault: Fault
) -> None:
    """Whoever delivers may ask again, for an edit changes nothing the second time."""
    minji = server.person(has_started=True)
    async with running(server, Listener()) as chat:
        ref = await asked(chat, minji)
        server.faults.add(fault, method="editMessageMedia")
        with pytest.raises(PlatformDown):
            await chat.edit(ref, done())
        await chat.edit(ref, done())

    (shown,) = minji.chat.shown
    assert shown.last.photo
    assert [] == server.problems


async def test_progress_that_hangs_holds_nobody_up(server: TelegramServer) -> None:
    """The picture goes out while Telegram still thinks about what was before."""
    minji = server.person(has_started=True)
    async with running(server, Listener()) as chat:
        ref = await asked(chat, minji)
        server.faults.add(held_after(), method="editMessageText")
        with pytest.raises(PlatformDown):
            await chat.edit(ref, drawing(3))
        await chat.edit(ref, done())

    assert minji.chat.shown[0].last.photo


@pytest.mark.parametrize("fault", BROKEN)
async def test_a_send_without_an_answer_is_unclear(server: TelegramServer, fault: Fault) -> None:
    """Nobody repeats it by themselves."""
    minji = server.person(has_started=True)
    async with running(server, Listener()) as chat:
        server.faults.add(fault, method="sendPhoto")
        with pytest.raises(Unclear):
            await chat.send(place_of(minji.id), done())

    assert 1 == len(server.log.of("sendPhoto"))


async def test_what_shows_that_already_is_shown(server: TelegramServer) -> None:
    """Telegram calls it a mistake, and it is none."""
    minji = server.person(has_started=True)
    async with running(server, Listener()) as chat:
        ref = await asked(chat, minji)
        await chat.edit(ref, note("안녕"))
        await chat.edit(ref, note("안녕"))

    assert "안녕" == minji.chat.shown[0].text
    assert [] == server.problems


async def test_what_telegram_asks_to_wait_is_waited_for(server: TelegramServer) -> None:
    """In that chat; another one hears at once."""
    minji, jisu = server.person(has_started=True), server.person("지수", has_started=True)
    async with running(server, Listener()) as chat:
        ref = await asked(chat, minji)
        server.faults.add(limited(2), method="editMessageMedia")
        edit = asyncio.create_task(chat.edit(ref, done()))
        await server.wait_for(lambda: server.log.of("editMessageMedia"))
        await chat.send(place_of(jisu.id), note())
        assert not edit.done()
        await chat.edit(ref, drawing(3))  # left out without a word
        await edit

    assert minji.chat.shown[0].last.photo
    assert [] == server.log.early
    assert [] == server.problems


async def test_a_long_wait_is_whoever_delivers_to_have(server: TelegramServer) -> None:
    """Nobody is held up for an hour by one chat."""
    minji = server.person(has_started=True)
    async with running(server, Listener()) as chat:
        server.faults.add(limited(3_600), method="sendMessage")
        with pytest.raises(PlatformDown):
            await chat.send(place_of(minji.id), note())


async def test_a_group_that_moved_is_followed(server: TelegramServer) -> None:
    """A card of before is gone, and what is sent arrives at the new number."""
    group = server.group()
    server.person("민지", group)
    async with running(server, Listener()) as chat:
        ref = await chat.send(place_of(group.id), waiting())
        new = server.migrate(group)
        with pytest.raises(MessageGone):
            await chat.edit(ref, done())
        ref = await chat.send(place_of(group.id), done())

    assert str(new.id) == ref.place.id
    assert any(one.last.photo for one in new.shown)


async def test_a_topic_that_is_gone_keeps_nothing_from_being_shown(server: TelegramServer) -> None:
    """It stands outside of it, and what was answered may be gone as well."""
    group = server.group(topics=("그림",))
    server.person("민지", group)
    (topic,) = group.topics
    async with running(server, Listener()) as chat:
        inside = replace(place_of(group.id), id=f"{group.id}/{topic}")
        await chat.send(inside, note("안에"))
        group.topics.clear()
        await chat.send(inside, note("밖에"), reply_to="7.1.999.11")

    assert [(topic, "안에"), (None, "밖에")] == [
        (one.thread_id, one.text) for one in group.shown if one.author.is_bot
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Bad Request: PHOTO_INVALID_DIMENSIONS",
        "Bad Request: IMAGE_PROCESS_FAILED",
        "Bad Request: file is too big for a photo",
    ],
)
@pytest.mark.parametrize("is_edit", [True, False])
async def test_what_is_no_photo_goes_as_a_document(
    server: TelegramServer, text: str, is_edit: bool
) -> None:
    """With the same words and buttons."""
    minji = server.person(has_started=True)
    server.faults.add(error(400, text), method="editMessageMedia|sendPhoto")
    async with running(server, Listener()) as chat:
        if is_edit:
            await chat.edit(await asked(chat, minji), done())
        else:
            await chat.send(place_of(minji.id), done())

    (shown,) = minji.chat.shown
    assert shown.last.document is not None
    assert ("다시", "삭제") == shown.labels
    assert [] == server.problems


async def test_a_picture_of_odd_sides_goes_as_a_document(server: TelegramServer) -> None:
    """Telegram is not even asked for a photo."""
    minji = server.person(has_started=True)
    long = replace(picture(), width_px=2_100, height_px=100)
    async with running(server, Listener()) as chat:
        await chat.send(place_of(minji.id), done(pictures=(long,)))

    assert minji.chat.shown[0].last.document is not None
    assert [] == server.log.of("sendPhoto")


@pytest.mark.parametrize("num_pictures", [1, 2])
async def test_where_no_photos_may_be_sent_words_say_so(
    server: TelegramServer, num_pictures: int
) -> None:
    """The card is complete otherwise."""
    group = server.group()
    group.forbidden = {"photos"}
    server.person("민지", group)
    card = done(pictures=(picture(), picture("other"))[:num_pictures])
    async with running(server, Listener()) as chat:
        ref = await chat.send(place_of(group.id), waiting())
        await chat.edit(ref, card)

    (shown,) = group.shown
    assert WORDS.no_photos in shown.text
    assert ("다시", "삭제") == shown.labels


async def test_spoilers_are_hidden(server: TelegramServer) -> None:
    """Alone and in an album."""
    minji = server.person(has_started=True)
    hidden = replace(picture(), is_spoiler=True)
    async with running(server, Listener()) as chat:
        await chat.edit(await asked(chat, minji), done(pictures=(hidden,)))
        await chat.send(place_of(minji.id), done(pictures=(hidden, hidden)))

    assert [True, True, True, False] == [one.last.is_spoiler for one in minji.chat.shown]


@pytest.mark.parametrize("num_files", [1, 2])
async def test_files_are_documents_byte_for_byte(server: TelegramServer, num_files: int) -> None:
    """The words stand at the last."""
    minji = server.person(has_started=True)
    files = tuple(
        DataFile(key="data", file_name=f"{i}.json", label="저장") for i in range(num_files)
    )
    async with running(server, Listener()) as chat:
        await chat.send(place_of(minji.id), replace(note("내 것"), files=files))

    shown = minji.chat.shown
    assert [b"{}"] * num_files == [one.last.document.data for one in shown if one.last.document]
    assert "내 것" == shown[-1].text
    assert [] == server.problems


async def test_an_album_whose_answer_is_lost_comes_once(server: TelegramServer) -> None:
    """It may have arrived, so it counts as sent; the buttons lead to the pictures."""
    minji = server.person(has_started=True)
    card = done(pictures=(picture(), picture("other")))
    server.faults.add(CUT_AFTER, method="sendMediaGroup")
    async with running(server, Listener()) as chat:
        ref = await asked(chat, minji)
        await chat.edit(ref, card)
        await chat.edit(ref, card)

    assert 1 == len(server.log.of("sendMediaGroup"))
    assert ("다시", "삭제") == minji.chat.shown[0].labels


async def test_an_album_that_was_surely_not_taken_comes_later(server: TelegramServer) -> None:
    """The next try sends it, once."""
    minji = server.person(has_started=True)
    card = done(pictures=(picture(), picture("other")))
    server.faults.add(error(401, "Unauthorized"), method="sendMediaGroup")
    async with running(server, Listener()) as chat:
        ref = await asked(chat, minji)
        with pytest.raises(PortClosed):
            await chat.edit(ref, card)
        await chat.edit(ref, card)

    keyboard, *album = minji.chat.shown
    assert ("다시", "삭제") == keyboard.labels
    assert [True, True] == [bool(one.last.photo) for one in album]


async def test_the_words_below_an_album_never_bring_it_twice(server: TelegramServer) -> None:
    """They are tried again alone."""
    minji = server.person(has_started=True)
    server.faults.add(html(), method="sendMessage")
    async with running(server, Listener()) as chat:
        await chat.send(place_of(minji.id), done(pictures=(picture(), picture("other"))))

    assert 1 == len(server.log.of("sendMediaGroup"))
    assert ("다시", "삭제") == minji.chat.shown[-1].labels


@pytest.mark.parametrize(
    ("text", "status", "expected"),
    [
        ("Forbidden: bot was kicked from the supergroup chat", 403, PlaceGone),
        ("Forbidden: bot is not a member of the channel chat", 403, PlaceGone),
        ("Bad Request: chat not found", 400, PlaceGone),
        ("Unauthorized", 401, PortClosed),
        ("Bad Request: message can't be edited", 400, MessageGone),
    ],
)
async def test_whoever_delivers_hears_why(
    server: TelegramServer, text: str, status: int, expected: type[PortError]
) -> None:
    """In the words of the port."""
    minji = server.person(has_started=True)
    async with running(server, Listener()) as chat:
        ref = await asked(chat, minji)
        server.faults.add(error(status, text), method="editMessageMedia")
        with pytest.raises(expected):
            await chat.edit(ref, done())


async def test_nobody_is_shown_more_than_telegram_takes(server: TelegramServer) -> None:
    """A crowd in one group is served as fast as may be, with nothing refused."""
    group = server.group()
    server.person("민지", group)
    async with running(server, Listener()) as chat:
        sends = [
            asyncio.create_task(chat.send(place_of(group.id), note(str(number))))
            for number in range(GROUP_MOST)
        ]
        await asyncio.gather(*sends)
        late = asyncio.create_task(chat.send(place_of(group.id), note("늦게")))
        await asyncio.wait([late], timeout=0.5)
        assert not late.done()
        late.cancel()

    assert GROUP_MOST == server.log.most_in(60.0, group.id)
    assert [] == server.log.early
    assert all(call.is_ok for call in server.log.of("sendMessage"))


async def test_the_token_stands_in_no_line(
    server: TelegramServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever goes wrong."""
    minji = server.person(has_started=True)
    async with running(server, Listener()) as chat:
        for fault in (html(), CUT_BEFORE, error(400, "Bad Request: something new")):
            server.faults.add(fault, method="sendMessage")
            with pytest.raises(Exception, match=r".*"):
                await chat.send(place_of(minji.id), note())

    said = capsys.readouterr()
    assert server.token.partition(":")[2] not in said.out + said.err
