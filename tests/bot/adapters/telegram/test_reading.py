"""What people write and press, in groups and alone, with and without our name."""

from typing import Any

import pytest
from telegram import Update

from bot.adapters.port import Action, Message, Press
from bot.adapters.telegram.handle import Where
from bot.adapters.telegram.reading import HELP, Photo, Reading, Us, read

US = Us(id=7, username="our_bot")
BOT = {"id": 7, "is_bot": True, "first_name": "그려줘", "username": "our_bot"}
MINJI = {"id": 11, "is_bot": False, "first_name": "민지"}
GROUP = {"id": -100, "type": "supergroup", "title": "그림방"}
CHAT = {"id": 11, "type": "private", "first_name": "민지"}
SIZES = [
    {"file_id": size, "file_unique_id": size, "width": 1, "height": 1, "file_size": number}
    for number, size in enumerate(("small", "large"))
]
BUTTON = {"inline_keyboard": [[{"text": "다시", "callback_data": "1:again:job7:"}]]}


def message(text: str | None = "", chat: dict[str, Any] = CHAT, **facts: Any) -> Reading:
    """Read a message."""
    sent = {"message_id": 3, "date": 1, "chat": chat, "from": MINJI, "text": text, **facts}
    return read(update(message={key: one for key, one in sent.items() if one is not None}), US)


def update(**kinds: Any) -> Update:
    """Make an update, as Telegram writes it."""
    found = Update.de_json({"update_id": 5, **kinds}, None)
    assert found is not None
    return found


def text_of(reading: Reading) -> str | None:
    """Give what was asked; None where nothing was."""
    return reading.event.text if isinstance(reading.event, Message) else None


@pytest.mark.parametrize(
    ("written", "private", "group"),
    [
        ("고래", "고래", None),
        ("고래 그려줘", "고래 그려줘", "고래 그려줘"),
        ("고래 그려 주세요!", "고래 그려 주세요!", "고래 그려 주세요!"),
        ("고래 좀 그려줄래?", "고래 좀 그려줄래?", "고래 좀 그려줄래?"),
        ("고래 그려줘 시드:7 장수:2", "고래 그려줘 시드:7 장수:2", "고래 그려줘 시드:7 장수:2"),
        ("그려줘 고래", "그려줘 고래", "그려줘 고래"),
        ("그가 그려준 그림이 좋더라", "그가 그려준 그림이 좋더라", None),
        ("어제 그림 그려 봤어?", "어제 그림 그려 봤어?", None),
        ("나도 그려봐야겠다", "나도 그려봐야겠다", None),
        ("고래그려봐", "고래그려봐", "고래그려봐"),
        ("고래 그려줄 수 있어?", "고래 그려줄 수 있어?", "고래 그려줄 수 있어?"),
        ("그려줘라는 말이 좋다", "그려줘라는 말이 좋다", "그려줘라는 말이 좋다"),
        ("‘그려줘’라는 봇이 있대", "‘그려줘’라는 봇이 있대", None),
        ("/그려줘 고래", "/그려줘 고래", "/그려줘 고래"),
        ("/그려줘@our_bot 고래", "/그려줘 고래", "/그려줘 고래"),
        ("/draw 고래", "/draw 고래", "/draw 고래"),
        ("/draw@Our_Bot 고래", "/draw 고래", "/draw 고래"),
        ("/draw@other_bot 고래", None, None),
        ("/그려줘@other_bot 고래", None, None),
        ("/draw고래", "/draw 고래", "/draw 고래"),
        ("/draw_고래", "/draw 고래", "/draw 고래"),
        ("/weather 서울", "/weather 서울", None),
        ("/weather@our_bot", "/weather", "/weather"),
        ("/그려줘 고래 시드:없음", "/그려줘 고래 시드:없음", "/그려줘 고래 시드:없음"),
        ("@our_bot 고래", "고래", "고래"),
        ("고래 @our_bot", "고래", "고래"),
        ("@our_bot", HELP, HELP),
        ("@our_bots 고래", "@our_bots 고래", None),
        ("🎨 /draw 고래", "🎨 /draw 고래", None),
    ],
)
def test_what_is_written_is_read_where_it_is_meant_for_us(
    written: str, private: str | None, group: str | None
) -> None:
    """Alone with the bot everything is; in a group, what names it or asks for a drawing."""
    assert private == text_of(message(written))
    assert group == text_of(message(written, GROUP))


@pytest.mark.parametrize(
    "long",
    ["그려줘" + " a:a:a" * 600 + " 끝", "고래 " + " " * 4_000 + "끝", "그려줘 " * 1_000 + "끝"],
)
def test_a_text_that_was_made_to_be_slow_is_not(long: str) -> None:
    """Whatever is written in a group is looked at, so nothing in it may cost more than its length."""
    message(long, GROUP)


def test_a_caption_is_read_like_a_text() -> None:
    """The largest size of the photo comes along."""
    reading = message(chat=GROUP, caption="@our_bot 수채화로", photo=SIZES)

    assert "수채화로" == text_of(reading)
    assert Photo(file_id="large", size_bytes=1) == reading.photo


def test_a_file_that_is_a_picture_is_one_and_another_is_none() -> None:
    """What is sent as a file is taken by its type; anything else gets the help."""
    image = {"file_id": "f", "file_unique_id": "f", "mime_type": "image/png"}
    song = {"file_id": "s", "file_unique_id": "s", "mime_type": "audio/mpeg"}

    assert Photo(file_id="f") == message(text=None, caption="수채화로", document=image).photo
    assert (HELP, None) == (
        text_of(message(text=None, document=song)),
        message(text=None, document=song).photo,
    )


def test_an_answer_to_a_card_is_about_its_job() -> None:
    """Also in a group, where no name is needed then."""
    card = {"message_id": 2, "date": 1, "chat": GROUP, "from": BOT, "text": "…"}
    reading = message("더 밝게", GROUP, reply_to_message={**card, "reply_markup": BUTTON})

    assert isinstance(reading.event, Message)
    assert ("더 밝게", "job7") == (reading.event.text, reading.event.about)


def test_a_topic_is_a_place_of_its_own_and_its_beginning_is_no_card() -> None:
    """Everything in a topic answers the message that opened it."""
    opened = {
        "message_id": 9,
        "date": 1,
        "chat": GROUP,
        "from": BOT,
        "forum_topic_created": {"name": "그림", "icon_color": 1},
    }
    facts = {"message_thread_id": 9, "is_topic_message": True, "reply_to_message": opened}
    asked = message("고래 그려줘", GROUP, **facts)

    assert None is text_of(message("안녕", GROUP, **facts))
    assert isinstance(asked.event, Message)
    assert ("-100/9", "-100") == (asked.event.place.id, asked.event.place.home)


def test_a_thread_that_is_no_topic_changes_nothing() -> None:
    """An ordinary answer has a thread, too, and cannot be sent into one."""
    asked = message("고래 그려줘", GROUP, message_thread_id=9)

    assert isinstance(asked.event, Message)
    assert "-100" == asked.event.place.id


@pytest.mark.parametrize(
    "facts",
    [
        {"from": BOT},
        {"from": {"id": 8, "is_bot": True, "first_name": "남"}},
        {"from": None},
        {"is_automatic_forward": True, "sender_chat": {"id": -5, "type": "channel", "title": "글"}},
        {"via_bot": BOT},
        {"text": None, "new_chat_members": [MINJI]},
    ],
)
def test_what_is_nobodys_request_is_left_alone(facts: dict[str, Any]) -> None:
    """Bots, channels that pass on, and what Telegram tells of a chat."""
    assert Reading() == message(**({"text": "고래 그려줘", "chat": GROUP} | facts))


def test_what_we_offered_in_any_chat_is_a_request_of_who_sent_it() -> None:
    """It says that it came by way of us."""
    assert "/그려줘 고래" == text_of(message("/그려줘 고래", GROUP, via_bot=BOT))


def test_an_anonymous_manager_is_the_group_itself() -> None:
    """Telegram tells no more of them, and that they manage it."""
    anonymous = {"id": 1_087_968_824, "is_bot": True, "first_name": "Group"}
    reading = message("/설정", GROUP, **{"from": anonymous}, sender_chat=GROUP)

    assert isinstance(reading.event, Message)
    assert ("-100", True) == (reading.event.person.id, reading.event.person.may_manage)
    assert reading.member is None


def test_who_manages_is_looked_up_where_it_matters_only() -> None:
    """For the settings of a group; drawing needs nobody to be asked."""
    assert (-100, 11) == message("/설정 화풍 수채화", GROUP).member
    assert message("/settings").member is None
    assert message("/그려줘 고래", GROUP).member is None


def press(data: str, chat: dict[str, Any] = GROUP, **facts: Any) -> Reading:
    """Read a button that was pressed."""
    below = {"message_id": 4, "date": 1, "chat": chat, "from": BOT, "text": "…"}
    query = {"id": "q", "from": MINJI, "chat_instance": "c", "data": data, "message": below}
    return read(update(callback_query=query | facts), US)


def test_a_press_carries_its_job_and_its_value() -> None:
    """It is answered, and its answer goes below the card."""
    reading = press("1:vary:job7:2")

    assert isinstance(reading.event, Press)
    assert (Action.VARY, "job7", "2", "7.5.4.11") == (
        reading.event.action,
        reading.event.job_id,
        reading.event.value,
        reading.event.event_id,
    )
    assert ("q", None) == (reading.callback_id, reading.member)


def test_a_deletion_knows_the_album_and_whether_one_may() -> None:
    """The value is the adapter's own, and nobody else's business."""
    reading = press("1:delete:job7:20+1+2")

    assert isinstance(reading.event, Press)
    assert "" == reading.event.value
    assert ((20, 21, 22), (-100, 4), (-100, 11)) == (
        reading.card_album,
        reading.card,
        reading.member,
    )


def test_a_decision_about_a_report_asks_whether_one_may() -> None:
    """Who manages the group is not in the press."""
    reading = press("1:settle:job7:keep")

    assert isinstance(reading.event, Press)
    assert (Action.SETTLE, "keep") == (reading.event.action, reading.event.value)
    assert (-100, 11) == reading.member


@pytest.mark.parametrize("data", ["2:again:job7:", "hello", "1:nothing:job7:", ""])
def test_a_button_that_is_not_ours_is_answered_and_does_nothing(data: str) -> None:
    """So nobody waits for it."""
    assert Reading(callback_id="q") == press(data)


def test_a_button_of_a_message_that_is_too_old_to_see_works() -> None:
    """Telegram tells only where it is."""
    below = {"message_id": 4, "date": 0, "chat": GROUP}
    reading = press("1:again:job7:", message=below)

    assert isinstance(reading.event, Press)
    assert "-100" == reading.event.place.id


def test_the_rest_is_read_for_what_it_is() -> None:
    """Edited messages are nobody's request; a group that moved, a new group and a query are told."""
    edited = {"message_id": 3, "date": 1, "chat": CHAT, "from": MINJI, "text": "고래"}
    query = {"id": "i", "from": MINJI, "query": " 고래  한 마리", "offset": ""}
    member = {
        "chat": GROUP,
        "from": MINJI,
        "date": 1,
        "old_chat_member": {"user": BOT, "status": "left"},
        "new_chat_member": {"user": BOT, "status": "member"},
    }

    assert Reading() == read(update(edited_message=edited), US)
    assert Reading() == read(update(), US)
    assert ("i", "고래 한 마리") == read(update(inline_query=query), US).inline
    assert Where(chat_id=-100) == read(update(my_chat_member=member), US).joined
    assert (-100, -200) == message(text=None, chat=GROUP, migrate_to_chat_id=-200).moved
