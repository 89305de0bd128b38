"""The server keeps sessions apart, counts each event once and bounds what it takes."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from aiohttp import ClientError, ClientSession, CookieJar, WSCloseCode, WSMsgType
from structlog.testing import capture_logs

from bot.adapters.port import Action, ChatPort, Message, Place, Press
from bot.adapters.web.inbox import MAX_FRAME_BYTES, MAX_SHOWN_CHARS
from bot.adapters.web.photo import MAX_RECEIVING
from bot.adapters.web.server import PortTaken, WebChat, WebOptions
from bot.adapters.web.session import MAX_TABS, MAX_UNANSWERED
from tests.bot.adapters.web.script import (
    KEY,
    LIMIT_S,
    ScriptedListener,
    data_file,
    done,
    drawing,
    note,
    past,
    png,
    port_of,
    reader_of,
    serving,
    tab_of,
    upload,
    uploading,
)


@pytest.fixture
def listener() -> ScriptedListener:
    """The conversation's double."""
    return ScriptedListener()


@pytest.fixture
async def chat(listener: ScriptedListener) -> AsyncIterator[WebChat]:
    """A web chat on a free port."""
    async with serving(listener) as chat:
        yield chat


@pytest.fixture
async def client() -> AsyncIterator[ClientSession]:
    """One browser's cookies."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        yield client


@pytest.fixture
async def stranger() -> AsyncIterator[ClientSession]:
    """Another browser."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as client:
        yield client


async def test_the_cookie_is_out_of_reach_of_scripts(chat: WebChat, client: ClientSession) -> None:
    """A session's cookie is HttpOnly and SameSite=Strict, and stays the same."""
    async with client.get(chat.url) as first, client.get(chat.url) as second:
        cookie = first.headers["Set-Cookie"]

        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Set-Cookie" not in second.headers


async def test_a_text_reaches_the_conversation_and_every_tab(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """What is written in one tab is seen in the other."""
    async with tab_of(client, chat) as one, tab_of(client, chat) as two:
        await one.say("파란 고양이 그려줘")
        message = await listener.next_message()

        assert message.text == "파란 고양이 그려줘"
        for tab in (one, two):
            assert (await tab.next_of("item"))["text"] == "파란 고양이 그려줘"


async def test_a_press_carries_its_job(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """A button's job comes back with the press."""
    async with tab_of(client, chat) as tab:
        await tab.press("cancel", "job-7")

        assert (await listener.next_press()).job_id == "job-7"


async def test_the_history_comes_back_after_a_reconnect(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """Whoever returns sees the conversation as it stands now, not as it was left."""
    async with tab_of(client, chat) as tab:
        await tab.say("고양이")
        message = await listener.next_message()
        ref = await chat.send(message.place, drawing(1), reply_to=message.event_id)
    await chat.edit(ref, drawing(9))

    async with tab_of(client, chat) as tab:
        hello, said, card = [await tab.next() for _ in range(3)]

    assert ["0123456789abcdef", ref.id] == hello["ids"]
    assert said["text"] == "고양이"
    assert card["progress"] == {"step": 9, "num_steps": 20, "label": "9/20 단계 · 약 3초 남았어요"}


async def test_a_repeat_is_dropped(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """The same event reaches the conversation once, whichever tab repeats it."""
    listener.may_answer.set()
    async with tab_of(client, chat) as tab:
        await tab.say("고양이")
        await tab.next_of("ack")
    async with tab_of(client, chat) as tab:
        hello = await tab.next_of("hello")
        await tab.say("고양이")
        await tab.next_of("ack")

    assert ["0123456789abcdef"] == hello["ids"]
    assert listener.messages.qsize() == 1


async def test_an_event_is_acknowledged_by_its_answer(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """Nothing is acknowledged before the conversation has answered."""
    async with tab_of(client, chat) as tab:
        await tab.say("고양이")
        message = await listener.next_message()
        assert (await tab.next_of("item"))["kind"] == "message"

        await chat.send(message.place, note("네"), reply_to=message.event_id)

        assert {(await tab.next())["type"], (await tab.next())["type"]} == {"item", "ack"}


async def test_the_next_server_gets_what_was_not_answered(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """Stopping in the middle acknowledges nothing, so the page sends the event again."""
    async with serving(listener) as chat, tab_of(client, chat) as tab:
        await tab.say("고양이")
        await listener.next_message()
        closing = asyncio.create_task(chat.close())
        events = [json.loads(frame.data)["type"] async for frame in tab.socket]
        await closing

        assert "ack" not in events
        assert tab.socket.close_code == WSCloseCode.GOING_AWAY
    async with serving(listener) as chat, tab_of(client, chat) as tab:
        await tab.say("고양이")

        assert (await listener.next_message()).text == "고양이"


async def test_a_card_of_the_last_server_is_shown_by_the_next(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """An edit of a forgotten card shows it anew, so work that outlives a restart arrives."""
    async with serving(listener) as chat, tab_of(client, chat) as tab:
        await tab.say("고양이")
        message = await listener.next_message()
        ref = await chat.send(message.place, drawing(1))

    async with serving(listener) as chat, tab_of(client, chat) as tab:
        await chat.edit(ref, note("다 그렸어요"))

        item = await tab.next_of("item")
    assert (ref.id, "다 그렸어요") == (item["id"], item["text"])


async def test_a_tab_of_the_last_server_finds_its_past(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """The first tab that comes is told what the conversation remembers, and its files are served."""
    listener.past = (past("c1", done(), event_id="m1", words="고양이"),)
    async with serving(listener, files={KEY: b"png"}) as chat, tab_of(client, chat) as tab:
        hello, said, card = [await tab.next() for _ in range(3)]
        async with client.get(chat.url + card["pictures"][0]["src"].lstrip("/")) as response:  # type: ignore[index,union-attr,call-overload]
            assert b"png" == await response.read()

    assert ["m1", "c1"] == hello["ids"]
    assert ("고양이", "m1") == (said["text"], card["after"])


async def test_a_nonce_shows_one_card(chat: WebChat) -> None:
    """A repeat gives the card that is there, which has gone on since; another place has its own."""
    place, other = (Place(platform="web", id=name) for name in ("one", "two"))
    assert None is await chat.find(place, "job-1")
    ref = await chat.send(place, drawing(1), nonce="job-1")
    await chat.edit(ref, drawing(9))

    assert ref == await chat.send(place, drawing(1), nonce="job-1")
    assert ref == await chat.find(place, "job-1")
    assert None is await chat.find(other, "job-1")
    assert None is await chat.find(place, "job-2")


async def test_without_a_nonce_every_card_is_another(chat: WebChat) -> None:
    """Two equal answers are two cards."""
    place = Place(platform="web", id="one")

    assert await chat.send(place, note("네")) != await chat.send(place, note("네"))


async def test_a_repeat_says_what_is_shown_and_not_what_was_said(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """An acknowledgement that comes late never covers the end of its job."""
    async with tab_of(client, chat) as tab:
        await tab.say("고양이")
        message = await listener.next_message()
        ref = await chat.send(message.place, drawing(1), nonce="job-1")
        await chat.edit(ref, note("다 그렸어요"))
        await chat.send(message.place, drawing(1), nonce="job-1")
    async with tab_of(client, chat) as tab:
        hello, _said, card = [await tab.next() for _ in range(3)]

    assert ["0123456789abcdef", ref.id] == hello["ids"]
    assert "다 그렸어요" == card["text"]


async def test_a_nonce_gives_the_same_card_on_the_next_server(listener: ScriptedListener) -> None:
    """Nothing is written down for it."""
    place = Place(platform="web", id="one")
    async with serving(listener) as chat:
        ref = await chat.send(place, drawing(1), nonce="job-1")
    async with serving(listener) as chat:
        assert None is await chat.find(place, "job-1")
        assert ref == await chat.send(place, drawing(1), nonce="job-1")


async def test_whoever_is_forgotten_finds_nothing(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """The session is empty in every tab, and its photo is gone; what comes later is shown."""
    async with tab_of(client, chat) as one, tab_of(client, chat) as two:
        photo = await upload(client, chat, png(8))
        await one.say("고양이")
        message = await listener.next_message()
        await chat.send(message.place, note("네"), reply_to=message.event_id)
        await one.next_of("ack")

        await chat.forget(message.person)
        await chat.send(message.place, note("모두 지웠어요"))
        for tab in (one, two):
            await tab.next_of("emptied")
            assert "모두 지웠어요" == (await tab.next_of("item"))["text"]
        await one.say("개", event_id="event-with-photo", photo=photo)
        assert "photo_gone" == (await one.next_of("refused"))["reason"]
        await one.say("고양이")
        assert "0123456789abcdef" == (await one.next_of("ack"))["id"]

    assert listener.messages.empty()


async def test_a_press_may_belong_to_no_job(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """What is asked about a person needs no job."""
    async with tab_of(client, chat) as tab:
        await tab.press("erase", "")

        press = await listener.next_press()
    assert (Action.ERASE, "") == (press.action, press.job_id)


async def test_a_hidden_picture_is_not_served(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """While it is reported its address opens nothing, in the session that shows it either."""
    async with (
        serving(listener, files={KEY: png(8)}) as chat,
        tab_of(client, chat) as tab,
    ):
        await tab.say("고양이")
        message = await listener.next_message()
        await tab.next_of("item")
        await chat.send(message.place, done())
        pictures = (await tab.next_of("item"))["pictures"]
        assert isinstance(pictures, list)
        assert isinstance(pictures[0], dict)
        url = chat.url.rstrip("/") + str(pictures[0]["src"])
        status = list[int]()
        for hidden in ({KEY}, set[str]()):
            listener.hidden = hidden
            async with client.get(url) as answer:
                status.append(answer.status)

    assert [404, 200] == status


async def test_a_picture_is_served_to_its_session_only(
    client: ClientSession, stranger: ClientSession, listener: ScriptedListener
) -> None:
    """The address alone opens nothing; the owner gets the picture with its name."""
    files = {KEY: png(8)}
    async with (
        serving(listener, files=files) as chat,
        tab_of(client, chat) as tab,
        tab_of(stranger, chat),
    ):
        await tab.say("고양이")
        message = await listener.next_message()
        await tab.next_of("item")
        await chat.send(message.place, done())
        pictures = (await tab.next_of("item"))["pictures"]
        assert isinstance(pictures, list)
        (picture,) = pictures
        assert isinstance(picture, dict)

        url = chat.url.rstrip("/") + str(picture["src"])
        async with client.get(url) as own, stranger.get(url) as foreign:
            assert await own.read() == png(8)
            assert own.headers["Content-Type"] == "image/png"
            assert "%EA%B3%A0%EC%96%91%EC%9D%B4.png" in own.headers["Content-Disposition"]
            assert foreign.status == 404
        async with ClientSession() as nobody, nobody.get(url) as refused:
            assert refused.status == 403
        files.clear()
        async with client.get(url) as gone:
            assert gone.status == 404


async def test_a_file_is_saved_by_its_session_only(
    client: ClientSession, stranger: ClientSession, listener: ScriptedListener
) -> None:
    """What is kept of a person is never shown in the browser nor kept by it."""
    async with (
        serving(listener, files={"exports/1.json": b"{}"}) as chat,
        tab_of(client, chat) as tab,
        tab_of(stranger, chat),
    ):
        await tab.say("/내데이터")
        message = await listener.next_message()
        await tab.next_of("item")
        await chat.send(message.place, data_file())
        files = (await tab.next_of("item"))["files"]
        assert isinstance(files, list)
        (file,) = files
        assert isinstance(file, dict)
        assert ("내려받기", "내 데이터.json") == (file["label"], file["file_name"])

        url = chat.url.rstrip("/") + str(file["src"])
        async with client.get(url) as own, stranger.get(url) as foreign:
            assert b"{}" == await own.read()
            assert own.headers["Content-Disposition"].startswith("attachment; ")
            assert "no-store" == own.headers["Cache-Control"]
            assert "nosniff" == own.headers["X-Content-Type-Options"]
            assert 404 == foreign.status


async def test_a_photo_reaches_the_conversation_with_its_message(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """The message that names it has its bytes; every tab is told that there was one."""
    async with tab_of(client, chat) as tab:
        photo = await upload(client, chat, png(8))
        await tab.say("수채화로 고양이", photo=photo)

        assert png(8) == (await listener.next_message()).photo
        assert True is (await tab.next_of("item"))["has_photo"]


async def test_a_photo_that_is_not_there_is_said_and_the_message_may_come_again(
    chat: WebChat, client: ClientSession, stranger: ClientSession, listener: ScriptedListener
) -> None:
    """Another session's photo, and one that another took the place of, are not there."""
    async with tab_of(client, chat) as tab, tab_of(stranger, chat):
        foreign = await upload(stranger, chat, png(8))
        replaced = await upload(client, chat, png(8))
        photo = await upload(client, chat, png(16))
        for wrong in (foreign, replaced, "unknown"):
            await tab.say("고양이", photo=wrong)
            refused = await tab.next_of("refused")
            assert ("photo_gone", "0123456789abcdef") == (refused["reason"], refused["id"])

        await tab.say("고양이", photo=photo)
        assert png(16) == (await listener.next_message()).photo
        assert listener.messages.empty()


@pytest.mark.parametrize(
    ("data", "status", "reason"),
    [
        pytest.param(b"GIF89a" + bytes(100), 415, "photo_kind", id="wrong kind"),
        pytest.param(b"", 415, "photo_kind", id="nothing"),
        pytest.param(png(8) + bytes(1000), 413, "photo_too_large", id="too large"),
    ],
)
async def test_a_photo_that_is_not_taken_gets_the_reason(
    client: ClientSession, listener: ScriptedListener, data: bytes, status: int, reason: str
) -> None:
    """The page has a sentence for each."""
    async with serving(listener, max_photo_bytes=1000) as chat, tab_of(client, chat):
        async with client.get(chat.url + "token") as told:
            assert 1000 == (await told.json())["max_photo_bytes"]
        async with uploading(client, chat, data) as response:
            assert status == response.status
            assert {"reason": reason} == await response.json()


async def test_an_endless_photo_is_cut_off(
    client: ClientSession, listener: ScriptedListener
) -> None:
    """Without a length nothing but the count stops it, long before its end."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield png(8)
        while True:
            sent += 1000
            yield bytes(1000)

    async with serving(listener, max_photo_bytes=1000) as chat, tab_of(client, chat):
        with suppress(ClientError):  # the answer may be lost with the connection
            async with uploading(client, chat, endless()) as response:
                assert 413 == response.status

    assert sent < 20_000_000


async def test_whoever_breaks_off_an_upload_leaves_nothing(
    chat: WebChat,
    client: ClientSession,
    listener: ScriptedListener,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Half a photo is no photo, and not an error of ours either."""
    begun = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield png(8)[:50]
        begun.set()
        await asyncio.Event().wait()

    async with tab_of(client, chat) as tab:
        for _ in range(MAX_RECEIVING + 1):  # each makes room for the next
            begun.clear()
            task = asyncio.create_task(_send(client, chat, half()))
            await asyncio.wait_for(begun.wait(), LIMIT_S)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        photo = await upload(client, chat, png(8))
        await tab.say("고양이", photo=photo)

        assert png(8) == (await listener.next_message()).photo
    assert [] == [entry for entry in caplog.records if entry.levelname == "ERROR"]


async def _send(client: ClientSession, chat: WebChat, data: AsyncIterator[bytes]) -> None:
    async with uploading(client, chat, data):
        pass


async def test_ten_thousand_characters_reach_the_conversation(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """A long text gets its answer from the conversation, which knows the limit."""
    async with tab_of(client, chat) as tab:
        await tab.say("가\ud800" * 5_000)

        assert len((await listener.next_message()).text) == 10_000


@pytest.mark.fault(50)
async def test_a_session_remembers_no_more_than_anybody_may_ask_for(
    chat: WebChat, client: ClientSession
) -> None:
    """Long texts that are refused fill no memory: what the tabs show of them is short."""
    async with tab_of(client, chat) as tab:
        await tab.say("가" * 10_000)

        assert len(str((await tab.next_of("item"))["text"])) == MAX_SHOWN_CHARS


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        pytest.param("가" * MAX_FRAME_BYTES, "too_long", id="too long"),
        pytest.param("고양이", "unreadable", id="no frame"),
    ],
)
async def test_what_cannot_be_taken_is_refused_with_an_answer(
    chat: WebChat, client: ClientSession, listener: ScriptedListener, frame: str, reason: str
) -> None:
    """The socket says why and stays open."""
    async with tab_of(client, chat) as tab:
        await tab.socket.send_str(frame)
        assert (await tab.next_of("refused"))["reason"] == reason

        await tab.say("고양이")
        assert (await listener.next_message()).text == "고양이"


async def test_unanswered_events_are_bounded(
    chat: WebChat, client: ClientSession, listener: ScriptedListener
) -> None:
    """Too many at once are refused; what waits already is not refused when it is repeated."""
    async with tab_of(client, chat) as tab:
        for number in range(MAX_UNANSWERED + 1):
            await tab.say("고양이", event_id=f"event-{number:02}")
        refused = await tab.next_of("refused")
        await tab.say("고양이", event_id="event-00")
        await tab.socket.send_str("끝")

        assert {"type": "refused", "id": f"event-{MAX_UNANSWERED}", "reason": "busy"} == refused
        assert (await tab.next_of("refused"))["reason"] == "unreadable"


async def test_tabs_are_bounded(chat: WebChat, client: ClientSession) -> None:
    """One tab too many is told to try again later."""
    async with asyncio.timeout(LIMIT_S), asyncio.TaskGroup() as group:
        full, leave = asyncio.Event(), asyncio.Event()
        opened = 0

        async def open_tab() -> None:
            nonlocal opened
            async with tab_of(client, chat) as tab:
                await tab.next_of("hello")
                opened += 1
                if opened == MAX_TABS:
                    full.set()
                await leave.wait()

        await (await client.get(chat.url)).release()
        for _ in range(MAX_TABS):
            group.create_task(open_tab())
        await full.wait()
        async with tab_of(client, chat) as tab:
            assert (await tab.socket.receive()).type is WSMsgType.CLOSE
            assert tab.socket.close_code == WSCloseCode.TRY_AGAIN_LATER
        leave.set()


async def test_a_taken_port_is_named(listener: ScriptedListener, chat: WebChat) -> None:
    """The error carries the port, and nothing is left running."""
    port = port_of(chat)
    second = WebChat(WebOptions(port=port), listener, files=reader_of())

    with pytest.raises(PortTaken) as caught:
        await second.start()

    assert port == caught.value.port
    await second.close()


async def test_closing_twice_is_fine(listener: ScriptedListener) -> None:
    """Closing again does nothing, and so does closing what never started."""
    chat = WebChat(WebOptions(port=0), listener, files=reader_of())
    await chat.close()
    await chat.start()
    await chat.close()
    await chat.close()


async def test_what_is_no_http_is_not_written_down(
    chat: WebChat, caplog: pytest.LogCaptureFixture
) -> None:
    """Strangers do not fill the log with tracebacks, nor write their words there."""
    caplog.set_level(logging.DEBUG)
    reader, writer = await asyncio.open_connection("127.0.0.1", port_of(chat))
    writer.write(b"CANARY \x16\x03\r\n\r\n")
    answer = await reader.read()
    writer.close()

    assert answer.startswith(b"HTTP/1.0 400")
    assert [] == [record for record in caplog.records if record.name == "aiohttp.server"]


class Broken(ScriptedListener):
    """A conversation with a mistake of ours in it."""

    async def on_message(self, message: Message, port: ChatPort) -> None:
        """Fail."""
        raise ZeroDivisionError

    async def on_press(self, press: Press, port: ChatPort) -> None:
        """Fail."""
        raise ZeroDivisionError


async def test_a_broken_listener_does_not_close_the_socket(client: ClientSession) -> None:
    """Our mistake is logged; the page can go on and does not repeat what broke."""
    with capture_logs() as logs:
        async with serving(Broken()) as chat, tab_of(client, chat) as tab:
            await tab.say("고양이")
            await tab.next_of("ack")
            await tab.press("again", "job-1")

            assert (await tab.next_of("ack"))["id"] == "fedcba9876543210"

    failures = [entry for entry in logs if entry["event"] == "listener failed"]
    assert [ZeroDivisionError, ZeroDivisionError] == [type(entry["exc_info"]) for entry in failures]
    assert "고양이" not in str(logs)
