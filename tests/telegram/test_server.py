"""The local Telegram, with the real bot of python-telegram-bot in it."""

import io

import pytest
import telegram
from PIL import Image
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, InputMediaPhoto, ReplyParameters

from tests.telegram.bot import call, library, png
from tests.telegram.server import TelegramServer
from tests.telegram.things import NotPossible

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("다시", callback_data="1:again:7")]])


async def test_a_message_is_answered_by_a_notice_that_becomes_the_picture(
    server: TelegramServer,
) -> None:
    """A person writes, reads a notice, and sees it turn into a photo with buttons, which work."""
    minji = server.person()
    async with library(server) as bot:
        minji.write("고래 그려줘")
        (update,) = await bot.get_updates()
        assert update.message is not None
        notice = await bot.send_message(
            update.message.chat_id,
            "그리고 있어요",
            reply_parameters=ReplyParameters(update.message.message_id),
        )
        await bot.edit_message_text("절반이에요", minji.id, notice.message_id)
        await bot.edit_message_media(
            InputMediaPhoto(png(), caption="다 그렸어요", has_spoiler=True),
            minji.id,
            notice.message_id,
            reply_markup=KEYBOARD,
        )
        question, shown = minji.chat.shown
        query = minji.press(shown, "다시")
        (pressed,) = await bot.get_updates(offset=update.update_id + 1)
        assert pressed.callback_query is not None
        await pressed.callback_query.answer("네")

    assert question is shown.reply_to
    assert ["그리고 있어요", "절반이에요", "다 그렸어요"] == [one.text for _, one in shown.versions]
    assert shown.last.is_spoiler
    assert await minji.answered(query) == {"text": "네"}
    assert server.problems == []


async def test_a_photo_loses_its_metadata_and_a_document_loses_nothing(
    server: TelegramServer,
) -> None:
    """A photo comes back as a JPEG of another size, a document byte for byte."""
    minji, data = server.person(has_started=True), png(1600, 800, note="AI")
    async with library(server) as bot:
        photo = await bot.send_photo(minji.id, data)
        document = await bot.send_document(minji.id, data, filename="a.png")
        assert document.document is not None
        same = await (await document.document.get_file()).download_as_bytearray()
        other = bytes(await (await photo.photo[-1].get_file()).download_as_bytearray())

    assert bytes(same) == data
    assert [90, 320, 800, 1280] == [size.width for size in photo.photo]
    with Image.open(io.BytesIO(other)) as image:
        assert (image.format, image.size, "note" in image.info) == ("JPEG", (1280, 640), False)
    assert server.problems == []


async def test_a_photo_that_a_person_sends_comes_in_several_sizes(server: TelegramServer) -> None:
    """Photo and caption arrive together, and the photo can be fetched."""
    minji = server.person()
    async with library(server) as bot:
        sent = minji.photo(png(500, 500), "이걸 수채화로")
        (update,) = await bot.get_updates()
        assert update.message is not None
        raw = await (await update.message.photo[-1].get_file()).download_as_bytearray()

    assert update.message.caption == "이걸 수채화로"
    assert sent.photo is not None
    assert bytes(raw) == sent.photo.data


async def test_an_album_comes_as_several_messages(server: TelegramServer) -> None:
    """The items share a group, and the caption stands at the first."""
    minji = server.person()
    async with library(server) as bot:
        minji.album([png(), png()], "둘 다")
        first, second = (one.message for one in await bot.get_updates())
        assert first is not None
        assert second is not None
        sent = await bot.send_media_group(
            minji.id, [InputMediaPhoto(png()), InputMediaPhoto(png())]
        )

    assert first.media_group_id == second.media_group_id is not None
    assert (first.caption, second.caption) == ("둘 다", None)
    assert len({one.media_group_id for one in sent}) == 1
    assert server.problems == []


async def test_an_edit_without_a_keyboard_takes_it_away(server: TelegramServer) -> None:
    """A keyboard has to be sent again with every edit."""
    minji = server.person(has_started=True)
    async with library(server) as bot:
        sent = await bot.send_message(minji.id, "하나", reply_markup=KEYBOARD)
        with pytest.raises(telegram.error.BadRequest, match=r"(?i)message is not modified"):
            await bot.edit_message_text("하나", minji.id, sent.message_id, reply_markup=KEYBOARD)
        assert ["다시"] == list(minji.chat.shown[0].labels)
        await bot.edit_message_text("하나", minji.id, sent.message_id)

    assert [] == list(minji.chat.shown[0].labels)
    with pytest.raises(NotPossible):
        minji.press(minji.chat.shown[0], "다시")


async def test_a_message_that_was_deleted_cannot_be_edited(server: TelegramServer) -> None:
    """The bot learns of it by the edit."""
    minji = server.person(has_started=True)
    async with library(server) as bot:
        sent = await bot.send_message(minji.id, "하나")
        minji.delete(minji.chat.shown[0])
        with pytest.raises(telegram.error.BadRequest, match=r"(?i)message to edit not found"):
            await bot.edit_message_text("둘", minji.id, sent.message_id)

    assert minji.chat.shown == ()


async def test_nothing_is_deleted_that_is_older_than_two_days(server: TelegramServer) -> None:
    """Messages age with the clock."""
    minji = server.person(has_started=True)
    async with library(server) as bot:
        old = await bot.send_message(minji.id, "하나")
        server.clock.shift(48 * 3600)
        new = await bot.send_message(minji.id, "둘")
        await new.delete()
        with pytest.raises(telegram.error.BadRequest, match=r"(?i)can't be deleted"):
            await old.delete()

    assert ["하나"] == [one.text for one in minji.chat.shown]


async def test_who_never_wrote_or_blocked_the_bot_hears_nothing(server: TelegramServer) -> None:
    """Both are told apart, and blocking is told to the bot."""
    minji = server.person()
    async with library(server) as bot:
        with pytest.raises(telegram.error.Forbidden, match=r"(?i)can't initiate"):
            await bot.send_message(minji.id, "안녕하세요")
        minji.write("/start")
        minji.block()
        with pytest.raises(telegram.error.Forbidden, match=r"(?i)blocked by the user"):
            await bot.send_message(minji.id, "안녕하세요")
        _, update = await bot.get_updates()

    assert update.my_chat_member is not None
    assert update.my_chat_member.new_chat_member.status == "kicked"


async def test_a_group_that_moved_says_where_it_is(server: TelegramServer) -> None:
    """The old id answers with the new one, and both service messages come."""
    group = server.group()
    server.person("민지", group)
    async with library(server) as bot:
        new = server.migrate(group)
        with pytest.raises(telegram.error.ChatMigrated) as moved:
            await bot.send_message(group.id, "안녕하세요")
        first, second = (one.message for one in await bot.get_updates())

    assert moved.value.new_chat_id == new.id
    assert first is not None
    assert second is not None
    assert (first.migrate_to_chat_id, second.migrate_from_chat_id) == (new.id, group.id)


async def test_a_topic_is_kept_and_a_wrong_one_refused(server: TelegramServer) -> None:
    """A message in a topic says so, and the bot has to name it."""
    group = server.group(topics=("그림",))
    minji, (topic,) = server.person("민지", group), group.topics
    async with library(server) as bot:
        minji.write("/draw@geuryeojwo_bot 고래", group, topic=topic)
        (update,) = await bot.get_updates()
        assert update.message is not None
        sent = await bot.send_message(group.id, "네", message_thread_id=topic)
        with pytest.raises(telegram.error.BadRequest, match=r"(?i)message thread not found"):
            await bot.send_message(group.id, "네", message_thread_id=1_000)

    assert update.message.is_topic_message
    assert update.message.message_thread_id == sent.message_thread_id == topic


@pytest.mark.parametrize("right", ["photos", "documents", "text messages"])
async def test_a_group_may_forbid_a_kind_of_message(server: TelegramServer, right: str) -> None:
    """Other kinds go on."""
    group = server.group()
    group.forbidden.add(right)
    async with library(server) as bot:
        sends = {
            "photos": bot.send_photo(group.id, png()),
            "documents": bot.send_document(group.id, png()),
            "text messages": bot.send_message(group.id, "네"),
        }
        with pytest.raises(telegram.error.BadRequest, match=rf"(?i)rights to send {right}"):
            await sends.pop(right)
        for send in sends.values():
            await send

    assert len(group.shown) == 2


async def test_a_press_is_answered_once_and_in_time(server: TelegramServer) -> None:
    """A second answer, and one that comes too late, are refused."""
    minji = server.person(has_started=True)
    async with library(server) as bot:
        await bot.send_message(minji.id, "하나", reply_markup=KEYBOARD)
        first = minji.press(minji.chat.shown[0], "다시")
        await bot.answer_callback_query(first.id)
        with pytest.raises(telegram.error.BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query(first.id)
        late = minji.press(minji.chat.shown[0], "다시")
        server.clock.shift(61)
        with pytest.raises(telegram.error.BadRequest, match=r"(?i)query is too old"):
            await bot.answer_callback_query(late.id)

    assert server.problems == ["answerCallbackQuery: answers a press twice"]


async def test_an_inline_query_is_answered_and_chosen(server: TelegramServer) -> None:
    """What is chosen appears in the chat, and reaches the bot under privacy mode."""
    group = server.group()
    minji = server.person("민지", group)
    async with library(server) as bot:
        asked = minji.type_inline("고래")
        (update,) = await bot.get_updates()
        assert update.inline_query is not None
        article = telegram.InlineQueryResultArticle(
            "1", "그리기", telegram.InputTextMessageContent("/그려줘 고래")
        )
        await update.inline_query.answer([article])
        assert await minji.offered(asked)
        minji.choose(asked, group)
        written, chosen = await bot.get_updates(offset=update.update_id + 1)

    assert written.message is not None
    assert written.message.via_bot is not None
    assert written.message.text == "/그려줘 고래"
    assert chosen.chosen_inline_result is not None
    assert server.problems == []


async def test_the_profile_is_kept(server: TelegramServer) -> None:
    """Commands have Latin names; who the bot is can be asked."""
    async with library(server) as bot:
        await bot.set_my_commands([("draw", "그려요")])
        with pytest.raises(telegram.error.BadRequest, match=r"(?i)bot_command_invalid"):
            await bot.set_my_commands([("그려줘", "그려요")])
        await bot.set_my_description("그림을 그려요", language_code="ko")
        me, commands = await bot.get_me(), await bot.get_my_commands()

    assert (me.username, me.can_read_all_group_messages) == ("geuryeojwo_bot", False)
    assert ["draw"] == [one.command for one in commands]
    assert server.settings.descriptions == {"description ko": "그림을 그려요"}


async def test_ids_of_messages_are_not_unique_over_chats(server: TelegramServer) -> None:
    """A supergroup counts by itself."""
    group, minji = server.group(), server.person(has_started=True)
    async with library(server) as bot:
        in_group = await bot.send_message(group.id, "하나")
        in_private = await bot.send_message(minji.id, "하나")

    assert in_group.message_id == in_private.message_id


async def test_a_wrong_token_and_a_wrong_method_are_refused(server: TelegramServer) -> None:
    """With the statuses that libraries take for a wrong token."""
    status, body = await call(server, "sendNothing")
    server.token = "1:wrong"

    assert (status, body["description"]) == (404, "Not Found")
    assert (await call(server, "getMe"))[1]["error_code"] == 401


async def test_names_of_methods_are_taken_in_any_case(server: TelegramServer) -> None:
    """As the real server does."""
    assert (200, True) == ((answer := await call(server, "GETME"))[0], answer[1]["ok"])
