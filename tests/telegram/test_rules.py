"""Flood control and faults of the local Telegram."""

import asyncio
from typing import Any

import aiohttp
import pytest
import telegram

from tests.telegram import faults
from tests.telegram.bot import call, library, png
from tests.telegram.limits import Limits
from tests.telegram.server import TelegramServer
from tests.telegram.things import Clock, NotPossible


class Still(Clock):
    """A clock that only goes on when it is put forward."""

    def now_s(self) -> float:
        """Give seconds."""
        return self._shift_s


_CUT = (aiohttp.ClientError, asyncio.IncompleteReadError)


def taken(limits: Limits, chat_id: int, num: int) -> int:
    """Send messages at once; gives how many were taken."""
    return sum(limits.take(chat_id, 1).retry_after_s is None for _ in range(num))


def test_a_chat_takes_a_burst_and_then_one_a_second() -> None:
    """A person's chat as a group's."""
    limits = Limits(clock := Still())

    assert taken(limits, 1, 20) == limits.chat_burst
    clock.shift(2)
    assert taken(limits, 1, 2) >= 1


def test_a_group_takes_twenty_a_minute() -> None:
    """However they are spread."""
    limits, num = Limits(clock := Still()), 0
    for _ in range(30):
        clock.shift(1.5)
        num += taken(limits, -1, 1)

    assert num == limits.per_group
    clock.shift(60)
    assert taken(limits, -1, 1) == 1


def test_all_chats_together_take_thirty_a_second() -> None:
    """The next second takes as many."""
    limits = Limits(clock := Still())

    assert sum(taken(limits, chat_id, 1) for chat_id in range(1, 60)) == limits.per_second
    clock.shift(2)
    assert sum(taken(limits, chat_id, 1) for chat_id in range(101, 160)) == limits.per_second


async def test_who_does_not_wait_is_noted(server: TelegramServer) -> None:
    """A send before a retry_after is over is a problem; another chat is not concerned."""
    minji, jisu = server.person(has_started=True), server.person("지수", has_started=True)
    server.faults.add(faults.limited(60), method="sendMessage")
    status, body = await call(server, "sendMessage", chat_id=minji.id, text="하나")
    server.clock.shift(1)
    await call(server, "sendMessage", chat_id=jisu.id, text="하나")
    await call(server, "sendMessage", chat_id=minji.id, text="둘")
    server.clock.shift(60)
    await call(server, "sendMessage", chat_id=minji.id, text="셋")

    assert (status, body["parameters"]) == (429, {"retry_after": 60})
    assert ["둘"] == [one.params["text"] for one in server.log.early]
    assert ["셋"] == [one.text for one in minji.chat.shown]
    assert server.problems == ["sendMessage: sent before a retry_after was over"]


async def test_a_full_group_says_how_long_to_wait(
    server: TelegramServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library understands it."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # it warns of the other way to tell it
    server.limits.per_group = 2
    group = server.group()
    async with library(server) as bot:
        await bot.send_message(group.id, "하나")
        await bot.send_message(group.id, "둘")
        with pytest.raises(telegram.error.RetryAfter):
            await bot.send_message(group.id, "셋")

    assert server.log.most_in(60, group.id) == 2
    assert server.log.most_in(60) == 2


async def test_an_album_counts_as_its_pictures(server: TelegramServer) -> None:
    """Not as one message."""
    group = server.group()
    async with library(server) as bot:
        await bot.send_media_group(group.id, [telegram.InputMediaPhoto(png())] * 3)
        await bot.send_chat_action(group.id, "upload_photo")

    assert server.log.most_in(60, group.id) == 3
    assert ["upload_photo"] == [action for _, action in group.actions]


async def test_a_fault_hits_the_calls_it_is_meant_for(server: TelegramServer) -> None:
    """By method, text, offset and number."""
    minji = server.person(has_started=True)
    rule = server.faults.add(
        faults.error(400, "Bad Request: chat not found"),
        method="send.*",
        text="고래",
        skip=1,
        count=1,
    )
    texts = ["새", "고래", "고래", "고래"]

    statuses = [
        (await call(server, "sendMessage", chat_id=minji.id, text=text))[0] for text in texts
    ]

    assert statuses == [200, 200, 400, 200]
    assert (rule.num_seen, rule.num_hit) == (3, 1)
    assert server.problems == []


@pytest.mark.parametrize(
    ("fault", "num_shown"),
    [(faults.CUT_BEFORE, 1), (faults.CUT_AFTER, 2), (faults.HALF, 2), (faults.html(), 1)],
    ids=["cut before", "cut after", "half an answer", "a page"],
)
async def test_who_repeats_blindly_shows_two_pictures(
    server: TelegramServer, fault: faults.Fault, num_shown: int
) -> None:
    """Where the connection broke after the photo was there, and only there."""
    minji = server.person(has_started=True)
    server.faults.add(fault, method="sendPhoto")
    async with library(server) as bot:
        with pytest.raises(telegram.error.NetworkError):
            await bot.send_photo(minji.id, png())
        await bot.send_photo(minji.id, png())

    assert len(minji.chat.shown) == num_shown


async def test_a_call_whose_caller_went_away_is_carried_out(server: TelegramServer) -> None:
    """A time-out says nothing of what happened."""
    minji = server.person(has_started=True)
    rule = server.faults.add(faults.held_before(), method="sendMessage")
    calling = asyncio.create_task(call(server, "sendMessage", chat_id=minji.id, text="하나"))
    await server.wait_for(lambda: rule.num_hit)
    calling.cancel()
    rule.release()

    await server.wait_for(lambda: minji.chat.shown)


async def test_an_answer_can_be_late(server: TelegramServer) -> None:
    """The message is there before."""
    minji = server.person(has_started=True)
    rule = server.faults.add(faults.held_after(), method="sendMessage")
    calling = asyncio.create_task(call(server, "sendMessage", chat_id=minji.id, text="하나"))

    await server.wait_for(lambda: minji.chat.shown)
    assert not calling.done()
    rule.release()
    assert (await calling)[0] == 200


async def get(server: TelegramServer, path: str, *, token: str | None = None) -> tuple[int, bytes]:
    """Fetch a file."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{server.base_file_url}{token or server.token}/{path}") as answer,
    ):
        return answer.status, await answer.read()


async def link(server: TelegramServer, file_id: str) -> Any:
    """Ask where a file is."""
    return (await call(server, "getFile", file_id=file_id))[1]["result"]["file_path"]


async def test_a_file_lies_under_its_path_for_an_hour(server: TelegramServer) -> None:
    """Then it has to be asked for again; another token never gets it."""
    sent = server.person().document(data := png())
    assert sent.document is not None
    path = await link(server, sent.document.id)

    assert await get(server, path) == (200, data)
    assert (await get(server, path, token="1:a"))[0] == 401
    server.clock.shift(3601)
    assert (await get(server, path))[0] == 404
    assert (await get(server, await link(server, sent.document.id)))[0] == 200


async def test_a_download_can_break(server: TelegramServer) -> None:
    """In the middle of the file."""
    sent = server.person().document(png())
    assert sent.document is not None
    path = await link(server, sent.document.id)
    server.faults.add(faults.HALF, method=faults.DOWNLOAD, text="documents/")

    with pytest.raises(_CUT):
        await get(server, path)
    assert (await get(server, path))[0] == 200


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"text": "가" * 4097}, "message is too long"),
        ({"text": "🎨" * 2049}, "message is too long"),
        ({"text": " "}, "message text is empty"),
        ({"text": "(", "parse_mode": "MarkdownV2"}, "can't parse entities"),
        (
            {
                "text": "네",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "가" * 22}]]},
            },
            "BUTTON_DATA_INVALID",
        ),
        (
            {
                "text": "네",
                "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": "1"}] * 9]},
            },
            "REPLY_MARKUP_TOO_LONG",
        ),
    ],
)
async def test_what_a_good_bot_never_sends_is_a_problem(
    server: TelegramServer, params: dict[str, Any], text: str
) -> None:
    """It is refused, and noted."""
    minji = server.person(has_started=True)

    status, body = await call(server, "sendMessage", chat_id=minji.id, **params)

    assert status == 400
    assert text in body["description"]
    assert len(server.problems) == 1


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"no picture", "image_process_failed"),
        (png(2100, 100), "photo_invalid_dimensions"),
        (png(9990, 600), "photo_invalid_dimensions"),
    ],
    ids=["no picture", "too narrow", "too large"],
)
async def test_a_photo_has_limits_that_a_document_has_not(
    server: TelegramServer, data: bytes, text: str
) -> None:
    """Both refusals are ones to send a document for, and no problems."""
    minji = server.person(has_started=True)
    async with library(server) as bot:
        with pytest.raises(telegram.error.BadRequest, match=f"(?i){text}"):
            await bot.send_photo(minji.id, data)
        await bot.send_document(minji.id, data)

    assert server.problems == []


async def test_an_inline_message_takes_no_new_file(server: TelegramServer) -> None:
    """Its text can be edited, and a press on it names it."""
    group = server.group()
    minji = server.person("민지", group)
    keyboard = {"inline_keyboard": [[{"text": "네", "callback_data": "1"}]]}
    content = {"message_text": "고래"}
    article = {"type": "article", "id": "1", "title": "a", "input_message_content": content}
    asked = minji.type_inline("고래")
    results = [{**article, "reply_markup": keyboard}]
    await call(server, "answerInlineQuery", inline_query_id=asked.id, results=results)
    shown = minji.choose(asked, group)
    query = minji.press(shown, "네")

    _, body = await call(
        server, "editMessageText", inline_message_id=query.inline_message_id, text="새"
    )

    assert body["result"] is True
    assert shown.text == "새"


async def test_people_do_only_what_their_app_lets_them(server: TelegramServer) -> None:
    """Somebody outside of a group sees nothing of it."""
    group = server.group()
    minji, jisu = server.person("민지", group), server.person("지수")
    message = minji.write("안녕", group)
    for impossible in (
        lambda: jisu.write("안녕", group),
        lambda: jisu.edit(message, "아니"),
        lambda: jisu.delete(message),
        lambda: minji.press(message, "네"),
        lambda: minji.write("안녕", group, topic=3),
        lambda: minji.write("안녕", group, is_anonymous=True),
    ):
        with pytest.raises(NotPossible):
            impossible()
    minji.edit(message, "안녕히")

    assert ["안녕", "안녕히"] == [one.text for _, one in message.versions]


async def test_reactions_come_from_a_list(server: TelegramServer) -> None:
    """One at a message."""
    message = server.person().write("하나")
    place = {"chat_id": message.chat.id, "message_id": message.id}

    seen = await call(
        server, "setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "👀"}]
    )
    art = await call(
        server, "setMessageReaction", **place, reaction=[{"type": "emoji", "emoji": "🎨"}]
    )

    assert (seen[0], art[0]) == (200, 400)
    assert message.reactions == {server.world.bot.id: "👀"}
