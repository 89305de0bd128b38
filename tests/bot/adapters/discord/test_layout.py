"""A card as Discord takes it: within every limit, with nothing that acts, and all of it each time."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.discord import custom_id
from bot.adapters.discord.components import DANGER, PRIMARY, SECONDARY, STRING_SELECT
from bot.adapters.discord.layout import (
    MAX_CONTENT_CHARS,
    NOBODY,
    SUPPRESS_EMBEDS,
    Payload,
    content_of,
    payload_of,
)
from bot.adapters.port import (
    Action,
    Button,
    Card,
    CardState,
    DataFile,
    DetailRow,
    Field,
    Form,
    Image,
    Link,
    PictureFile,
    ProgressBar,
)
from tests.discord import refusal
from tests.discord.forms import Upload, read_message

JOB = "0123456789abcdef0123"
NONCE = "abcdefghijklmnopqrstuvwxy"
PNG, WEBP, JPEG = b"\x89PNG-1", b"RIFF-2", b"\xff\xd8\xff-3"


def card(**fields: Any) -> Card:
    """A drawn card with what a test is about."""
    return Card(**{"job_id": JOB, "state": CardState.DONE, "text": "그림이에요.", **fields})


def picture(key: str, **fields: Any) -> PictureFile:
    """A picture with an ordinary name."""
    known = {"alt": "고래", "file_name": f"geuryeojwo-{key}.png", "width_px": 64, "height_px": 64}
    return PictureFile(key=key, **{**known, **fields})


def accepted(payload: Payload) -> None:
    """Let the local Discord check a payload, as it checks what the bot sends."""
    form = refusal.Form()
    uploads = {
        number: Upload(filename=image.file_name, data=image.data)
        for number, image in enumerate(payload.images)
    }
    read_message(payload.fields, uploads, before=None, form=form)
    assert [] == form.remarks


def components(shown: Card) -> list[list[dict[str, Any]]]:
    """The rows of a card's buttons."""
    rows = payload_of(shown, nonce=NONCE).fields["components"]
    return [row["components"] for row in rows]


def test_an_answer_shows_only_itself() -> None:
    """An edit leaves no file and no button over, calls nobody and unfolds no link."""
    shown = payload_of(card())

    accepted(shown)
    assert shown.fields == {
        "content": "그림이에요.",
        "allowed_mentions": NOBODY,
        "flags": SUPPRESS_EMBEDS,
        "attachments": [],
        "components": [],
    }


def test_the_text_comes_first_and_the_notes_last() -> None:
    """A person reads what happened, then what belongs to it, then the small print."""
    shown = card(
        progress=ProgressBar(step=7, num_steps=20, label="20단계 중 7단계"),
        credits=(Link(text="번역: 파파고", url="https://papago.naver.com/"),),
        notes=("AI로 만든 그림이에요.",),
        suggestions=("고래 그려줘",),
    )

    assert content_of(shown).splitlines() == [
        "그림이에요.",
        "▰▰▰▱▱▱▱▱▱▱ 20단계 중 7단계",
        "`고래 그려줘`",
        "[번역: 파파고](<https://papago.naver.com/>)",
        "-# AI로 만든 그림이에요.",
    ]


@pytest.mark.parametrize(
    ("step", "num_steps", "cells"),
    [
        (0, 30, "▱" * 10),
        (30, 30, "▰" * 10),
        (29, 30, "▰" * 9 + "▱"),
        (0, 0, "▱" * 10),
        (9, 3, "▰" * 10),
    ],
)
def test_the_bar_has_ten_cells(step: int, num_steps: int, cells: str) -> None:
    """Full is only what is done."""
    progress = ProgressBar(step=step, num_steps=num_steps, label="")

    assert cells == content_of(card(progress=progress)).splitlines()[1]


def test_details_are_for_whoever_asked() -> None:
    """In public they are folded away; the private answer shows them, with the weights."""
    details = (
        DetailRow(label="번역", text="a *whale*"),
        DetailRow(label="강조", words=(("고래", 1.3), ("바다", 1.0))),
    )

    assert "번역" not in content_of(card(details=details))
    assert content_of(card(details=details, is_private=True)).splitlines()[1:] == [
        r"**번역** a \*whale\*",
        "**강조** 고래 1.3, 바다 1",
    ]


def test_a_draft_is_shown_where_no_form_brings_it() -> None:
    """It can be copied where it stands alone, and is not told twice."""
    edit = (Button(action=Action.EDIT, label="고치기"),)
    form = Form(action=Action.EDIT, title="고치기", fields=(Field(name="", label="글"),))

    assert "```\n고래 시드:7\n```" in content_of(card(draft="고래 시드:7"))
    assert "시드" not in content_of(card(draft="고래 시드:7", buttons=edit))
    assert "시드" not in content_of(card(draft="고래 시드:7", form=form))


def test_captions_are_numbered() -> None:
    """Pictures of several requests are told apart."""
    pictures = (picture("a", caption="고래"), picture("b", caption="# 바다\n둘"))

    assert content_of(card(pictures=pictures)).splitlines()[1:] == ["1. 고래", r"2. \# 바다 둘"]


def test_pictures_are_named_for_what_they_are() -> None:
    """A picture that was made smaller keeps no wrong ending; all names are plain and different."""
    pictures = (
        picture("a", file_name="Geuryeojwo_고래 1.png", is_spoiler=True),
        picture("b", file_name="Geuryeojwo_고래 1.png"),
        picture("c", file_name="고래.png", alt="x" * 2_000),
        picture("gone"),
    )
    shown = payload_of(card(pictures=pictures), files={"a": PNG, "b": WEBP, "c": JPEG})

    accepted(shown)
    assert [image.data for image in shown.images] == [PNG, WEBP, JPEG]
    assert shown.fields["attachments"][:2] == [
        {"id": 0, "filename": "geuryeojwo-1.png", "description": "고래", "is_spoiler": True},
        {"id": 1, "filename": "geuryeojwo-1.webp", "description": "고래"},
    ]
    assert "geuryeojwo.jpg" == shown.fields["attachments"][2]["filename"]
    assert 1_024 == len(shown.fields["attachments"][2]["description"])


def test_equal_names_are_told_apart() -> None:
    """Two files of one message never have one name."""
    pictures = tuple(picture(key, file_name="a.png") for key in "abc")
    shown = payload_of(card(pictures=pictures), files=dict.fromkeys("abc", PNG))

    assert [image.file_name for image in shown.images] == ["a.png", "a-2.png", "a-3.png"]


def test_a_preview_gives_way_to_the_picture() -> None:
    """There is one picture of a job at a time."""
    preview = Image(data=PNG, media_type="image/png", alt="", width_px=64, height_px=64)
    drawing = card(state=CardState.DRAWING, preview=preview)

    assert [{"id": 0, "filename": "preview.png"}] == payload_of(drawing).fields["attachments"]
    done = payload_of(replace(drawing, pictures=(picture("a"),)), files={"a": PNG})
    assert ["geuryeojwo-a.png"] == [image.file_name for image in done.images]


def test_files_keep_their_kind() -> None:
    """A copy of one's data is attached under a name that Discord keeps."""
    file = DataFile(key="d", file_name="내 데이터.ZIP", label="받기")
    shown = payload_of(card(files=(file,)), files={"d": b"PK"})

    accepted(shown)
    assert ["geuryeojwo.zip"] == [upload.file_name for upload in shown.images]


def test_buttons_carry_the_job() -> None:
    """Every button says which job it is for, and marks its message."""
    (row,) = components(
        card(
            buttons=(
                Button(action=Action.AGAIN, label="다시"),
                Button(action=Action.VARY, label="변형", value="1"),
                Button(action=Action.DELETE, label="삭제"),
            )
        )
    )

    assert [PRIMARY, SECONDARY, DANGER] == [button["style"] for button in row]
    assert ["다시", "변형", "삭제"] == [button["label"] for button in row]
    pressed = [custom_id.read(button["custom_id"]) for button in row]
    assert custom_id.Pressed(Action.VARY, JOB, "1") == pressed[1]
    assert {NONCE} == {custom_id.nonce_in(button["custom_id"]) for button in row}


def test_a_choice_is_one_menu() -> None:
    """Which of several pictures is chosen in one place, and every option is a button's press."""
    choices = tuple(
        Button(action=action, label=f"{number}번 {word}", value=str(number))
        for action, word in ((Action.VARY, "변형"), (Action.ENLARGE, "크게"))
        for number in (1, 2, 3, 4)
    )
    buttons = (Button(action=Action.AGAIN, label="다시"), *choices)
    shown = card(buttons=buttons, choice_label="어느 그림을 다듬을까요?")
    row, (menu,) = components(shown)

    accepted(payload_of(shown, nonce=NONCE))
    assert ["다시"] == [button["label"] for button in row]
    assert STRING_SELECT == menu["type"]
    assert "어느 그림을 다듬을까요?" == menu["placeholder"]
    assert [one.label for one in choices] == [option["label"] for option in menu["options"]]
    assert [custom_id.Pressed(one.action, JOB, one.value) for one in choices] == [
        custom_id.read(option["value"]) for option in menu["options"]
    ]
    assert NONCE == custom_id.nonce_in(menu["custom_id"])


def test_pages_are_turned_with_buttons() -> None:
    """Back and on are two buttons, even where something else is chosen."""
    buttons = (
        Button(action=Action.PAGE, label="이전", value="1 밤: 바다"),
        Button(action=Action.PAGE, label="다음", value="3 밤: 바다"),
    )
    (row,) = components(card(job_id=None, buttons=buttons, choice_label="어느 것인가요?"))

    assert ["이전", "다음"] == [button["label"] for button in row]


def test_what_finds_no_room_is_left_out() -> None:
    """Five rows, one of them the menu, and every custom id once."""
    pages = [Button(action=Action.PAGE, label="쪽", value=str(number % 40)) for number in range(60)]
    choices = [Button(action=Action.VARY, label="변형", value=str(number)) for number in range(30)]
    shown = card(buttons=(*pages, *choices), choice_label="어느 그림인가요?")
    *rows, (menu,) = components(shown)

    accepted(payload_of(shown, nonce=NONCE))
    assert [5, 5, 5, 5] == [len(row) for row in rows]
    assert 25 == len(menu["options"])
    again, edit = (
        Button(action=Action.AGAIN, label="다시"),
        Button(action=Action.EDIT, label="고치기"),
    )
    (row,) = components(card(buttons=(again, edit, replace(again, label="또"))))
    assert ["다시", "고치기"] == [button["label"] for button in row]


ANY = st.text(
    st.sampled_from("가나 a1\n\\`*_~|#>-+.:/@<>[]()\u202e\u0000\ud800😀") | st.characters(),
    max_size=2_500,
)
SHORT = st.text(st.sampled_from("가a\n`*@<:\ud800😀"), max_size=200)
BUTTONS = st.builds(
    Button,
    action=st.sampled_from(Action),
    label=SHORT,
    value=st.text(st.sampled_from("가1: %😀"), max_size=40),
)
PICTURES = st.builds(
    PictureFile,
    key=st.sampled_from(["a", "b", "c", "gone"]),
    alt=ANY,
    file_name=SHORT,
    width_px=st.just(64),
    height_px=st.just(64),
    caption=SHORT,
    is_spoiler=st.booleans(),
)
CARDS = st.builds(
    Card,
    job_id=st.sampled_from([None, JOB]),
    state=st.sampled_from(CardState),
    text=ANY,
    notes=st.lists(ANY, max_size=4).map(tuple),
    credits=st.lists(st.builds(Link, text=SHORT, url=SHORT), max_size=3).map(tuple),
    progress=st.none()
    | st.builds(ProgressBar, step=st.integers(0, 150), num_steps=st.integers(0, 150), label=SHORT),
    pictures=st.lists(PICTURES, max_size=12).map(tuple),
    files=st.lists(
        st.builds(DataFile, key=st.just("a"), file_name=SHORT, label=SHORT), max_size=2
    ).map(tuple),
    details=st.lists(
        st.builds(
            DetailRow,
            label=SHORT,
            text=ANY,
            words=st.lists(st.tuples(SHORT, st.floats(0, 2)), max_size=5).map(tuple),
        ),
        max_size=9,
    ).map(tuple),
    buttons=st.lists(BUTTONS, max_size=40).map(tuple),
    choice_label=SHORT,
    suggestions=st.lists(ANY, max_size=4).map(tuple),
    draft=ANY,
    is_private=st.booleans(),
)


@settings(deadline=None)
@given(shown=CARDS, nonce=st.sampled_from(["", NONCE]))
def test_discord_takes_any_card(shown: Card, nonce: str) -> None:
    """Whatever people write and however much there is, the form is valid and calls nobody."""
    payload = payload_of(shown, nonce=nonce, files={"a": PNG, "b": WEBP, "c": JPEG})

    accepted(payload)
    content = payload.fields["content"]
    json.dumps(payload.fields, ensure_ascii=False).encode()
    assert len(content) <= MAX_CONTENT_CHARS
    outside = re.sub(r"```.*?```|`[^`\n]*`|\(<[^>]*>\)", "", content, flags=re.DOTALL)
    assert "@everyone" not in outside
    assert not re.search(r"(?<!\\)<[@#]", outside)


def test_a_card_says_what_is_under_way() -> None:
    """Discord hides what was typed behind a command."""
    preview = Image(data=PNG, media_type="image/png", alt="", width_px=8, height_px=8)
    shown = card(text="그리고 있어요.", request="바다 위의\n**고래**", preview=preview)

    assert "그리고 있어요.\n-# 바다 위의 \\*\\*고래\\*\\*" == content_of(shown)
    (attached,) = payload_of(shown).fields["attachments"]
    assert "바다 위의 **고래**" == attached["description"]


def test_a_long_text_leaves_room_for_the_notes() -> None:
    """The small print, which says that it was made by AI, is never cut away."""
    shown = card(text="가" * 5_000, notes=("AI로 만든 그림이에요.",), suggestions=("고래",))

    assert content_of(shown).endswith("`고래`\n-# AI로 만든 그림이에요.")
    assert MAX_CONTENT_CHARS >= len(content_of(shown)) > 1_500
