"""Cards become JSON; frames of the page become messages and presses, or are refused."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.port import Action, DetailRow, Message, Place, Press
from bot.adapters.web.wire import UnreadableFrame, card_to_json, encode, page_id, parse_frame
from tests.bot.adapters.web.script import ALT, DETAILS, DRAFT, done, drawing, note, preview

PLACE = Place(platform="web", id="abc")
SAY = {"type": "say", "id": "0123456789", "text": "고양이"}
PRESS = {"type": "press", "id": "0123456789", "action": "again", "job_id": "job-1"}


def test_a_text_becomes_a_message_of_its_session() -> None:
    """The event id holds the place, so that two sessions never share one."""
    message = parse_frame(json.dumps(SAY), place=PLACE).event

    assert isinstance(message, Message)
    assert message.text == "고양이"
    assert message.event_id == "abc.0123456789"
    assert page_id(message.event_id) == "0123456789"
    assert message.person.id == PLACE.id


def test_a_button_becomes_a_press_with_its_job() -> None:
    """A press names the action and the job."""
    press = parse_frame(json.dumps(PRESS), place=PLACE).event

    assert isinstance(press, Press)
    assert (Action.AGAIN, "job-1", "") == (press.action, press.job_id, press.value)


def test_a_button_may_have_a_value() -> None:
    """It comes back as it was sent."""
    press = parse_frame(json.dumps(PRESS | {"value": "2 고래"}), place=PLACE).event

    assert isinstance(press, Press)
    assert "2 고래" == press.value


def test_a_message_names_its_photo() -> None:
    """The photo itself does not come over the socket."""
    frame = parse_frame(json.dumps(SAY | {"photo": "photo-1"}), place=PLACE)

    assert "photo-1" == frame.photo_id
    assert isinstance(frame.event, Message)
    assert None is frame.event.photo


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="nothing"),
        pytest.param("고양이", id="no JSON"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("[]", id="no object"),
        pytest.param("{}", id="no type"),
        pytest.param(json.dumps(SAY | {"type": "shout"}), id="unknown type"),
        pytest.param(json.dumps(SAY | {"text": 3}), id="text that is a number"),
        pytest.param(json.dumps(SAY | {"photo": 3}), id="photo that is a number"),
        pytest.param(json.dumps(SAY | {"id": "short"}), id="short id"),
        pytest.param(json.dumps(SAY | {"id": "a.b.c.d.e.f"}), id="id with dots"),
        pytest.param(json.dumps(PRESS | {"action": "sing"}), id="unknown action"),
        pytest.param(json.dumps(PRESS | {"job_id": "j" * 201}), id="long job id"),
        pytest.param(json.dumps(PRESS | {"job_id": None}), id="no job"),
        pytest.param(json.dumps(PRESS | {"value": "1" * 201}), id="long value"),
        pytest.param(json.dumps(PRESS | {"value": 1}), id="value that is a number"),
    ],
)
def test_what_is_not_a_frame_is_refused(data: str) -> None:
    """Anything else than our two frames is unreadable."""
    with pytest.raises(UnreadableFrame):
        parse_frame(data, place=PLACE)


@given(st.text())
def test_any_text_arrives_as_it_was_typed(text: str) -> None:
    """No character is lost on the way there and back, lone surrogates included."""
    message = parse_frame(encode(SAY | {"text": text}), place=PLACE).event

    assert isinstance(message, Message)
    assert message.text == text


def test_an_event_is_plain_ascii() -> None:
    """A lone surrogate cannot be sent as UTF-8, so everything beyond ASCII is escaped."""
    assert encode({"text": "\ud800 고양이"}).isascii()


def test_a_finished_card_says_everything_but_the_key() -> None:
    """The page gets the picture's address; how the file is found stays here."""
    card = card_to_json(done("secret/a.png"), picture_urls=["/pictures/x.png"])

    assert "secret" not in encode(card)
    assert card["state"] == "done"
    assert card["pictures"] == [
        {
            "src": "/pictures/x.png",
            "alt": ALT,
            "file_name": "파란 고양이.png",
            "width_px": 512,
            "height_px": 512,
            "caption": "",
            "is_hidden": False,
        }
    ]
    assert {"action": "again", "label": "다시 그리기", "value": ""} in json.loads(encode(card))[
        "buttons"
    ]
    assert DRAFT == card["draft"]
    assert json.loads(encode(card))["details"] == [
        {
            "label": row.label,
            "text": row.text,
            "words": [[word, weight] for word, weight in row.words],
        }
        for row in DETAILS
    ]


def test_a_card_turns_nothing_around() -> None:
    """A picture's file can name a model that would turn our own words around; a line may still end."""
    hostile = "\u202e\x00\x1b[31m모델\u2066\n둘째 줄"
    card = replace(
        note(f"‘{hostile}’ LoRA는 없어요."),
        notes=(hostile,),
        details=(DetailRow(label="설정", text=hostile, words=((hostile, 1.2),)),),
        draft=hostile,
    )

    fields = json.loads(encode(card_to_json(card)))

    shown = "[31m모델\n둘째 줄"
    assert f"‘{shown}’ LoRA는 없어요." == fields["text"]
    assert [shown] == fields["notes"]
    assert [{"label": "설정", "text": shown, "words": [[shown, 1.2]]}] == fields["details"]
    assert hostile == fields["draft"]


def test_a_preview_travels_inside_the_event() -> None:
    """A preview needs no request of its own."""
    image = preview(8)

    card = json.loads(encode(card_to_json(drawing(3, preview=image))))

    data = base64.b64encode(image.data).decode()
    assert card["preview"]["src"] == f"data:image/png;base64,{data}"
    assert card["progress"]["step"] == 3


def test_a_note_has_no_parts_that_it_was_not_given() -> None:
    """What a card does not have is null or empty."""
    card = card_to_json(note("네"))

    assert [card[key] for key in ("job_id", "progress", "preview")] == [None] * 3
    lists = ("notes", "pictures", "files", "details", "buttons", "suggestions")
    assert [card[key] for key in lists] == [[]] * 6
    assert ("", "") == (card["draft"], card["choice_label"])
