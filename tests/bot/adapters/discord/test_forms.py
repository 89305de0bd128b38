"""A form opens as a modal that Discord takes, and comes back as it was filled in."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.adapters.discord import custom_id
from bot.adapters.discord.forms import LABEL, PARAGRAPH, SHORT, fields_of, modal_of
from bot.adapters.port import Action, Field, Form
from tests.discord import refusal
from tests.discord.component_forms import check_modal

JOB = "0123456789abcdef0123"
FORM = Form(
    action=Action.EDIT,
    title="그림 고치기",
    fields=(
        Field(name="", label="한국어", value="고래\n바다", is_long=True, is_required=True),
        Field(name="영어", label="영어", value="a whale"),
        Field(name="제외", label="없어야 할 것"),
    ),
)


def accepted(modal: dict[str, Any]) -> None:
    """Let the local Discord check a modal."""
    form = refusal.Form()
    check_modal(form, modal)
    form.refuse()
    assert [] == form.remarks


def submitted(modal: dict[str, Any], **changed: str) -> dict[str, Any]:
    """What a client sends back when somebody changed some fields, by their custom ids."""
    return {
        "custom_id": modal["custom_id"],
        "components": [
            {
                "type": LABEL,
                "id": number,
                "component": {
                    "type": part["component"]["type"],
                    "custom_id": part["component"]["custom_id"],
                    "value": changed.get(
                        part["component"]["custom_id"], part["component"].get("value", "")
                    ),
                },
            }
            for number, part in enumerate(modal["components"])
        ],
    }


def test_a_form_is_a_modal() -> None:
    """Every field is a box with its label and what stands in it already."""
    modal = modal_of(FORM, JOB)

    accepted(modal)
    assert "그림 고치기" == modal["title"]
    assert custom_id.Pressed(Action.EDIT, JOB, "") == custom_id.read(modal["custom_id"])
    inputs = [part["component"] for part in modal["components"]]
    assert ["한국어", "영어", "없어야 할 것"] == [part["label"] for part in modal["components"]]
    assert [PARAGRAPH, SHORT, SHORT] == [one["style"] for one in inputs]
    assert [True, False, False] == [one["required"] for one in inputs]
    assert ["고래\n바다", "a whale", None] == [one.get("value") for one in inputs]


def test_what_was_filled_in_comes_back() -> None:
    """The text is apart from the options, and empty boxes say nothing."""
    modal = modal_of(FORM, JOB)

    assert ("고래\n바다", (("영어", "a whale"),)) == fields_of(submitted(modal))
    assert ("밤바다", (("제외", "배"),)) == fields_of(
        submitted(modal, text=" 밤바다 ", 영어="  ", 제외="배")
    )


def test_rows_are_read_like_labels() -> None:
    """A client that still puts inputs into rows is understood."""
    rows = {
        "components": [
            {"type": 1, "components": [{"type": 4, "custom_id": "text", "value": "고래"}]}
        ]
    }

    assert ("고래", ()) == fields_of(rows)


def test_a_form_remembers_what_opened_it() -> None:
    """The picture that is to be drawn over is named by the modal itself."""
    form = Form(
        action=Action.OVER,
        title="이 그림으로 그리기",
        fields=(Field(name="", label="무엇을 그릴까요?"),),
        value="12345678901234567890-12345678901234567890",
    )

    pressed = custom_id.read(modal_of(form, "")["custom_id"])
    assert custom_id.Pressed(Action.OVER, "", form.value) == pressed


NASTY = st.text(
    st.sampled_from("가a\n\r `*@\u202e\u0000\ud800😀") | st.characters(), max_size=5_000
)


@settings(deadline=None)
@given(
    form=st.builds(
        Form,
        action=st.sampled_from(Action),
        title=NASTY,
        fields=st.lists(
            st.builds(
                Field,
                name=st.sampled_from(["", "영어", "낱말", "제외", "강도", "품질", "크기"]),
                label=NASTY,
                value=NASTY,
                is_long=st.booleans(),
                is_required=st.booleans(),
                max_chars=st.integers(0, 10_000),
            ),
            min_size=1,
            max_size=7,
            unique_by=lambda field: field.name,
        ).map(tuple),
        value=st.just(""),
    )
)
def test_discord_takes_any_form(form: Form) -> None:
    """Whatever stands in it is cut to what Discord takes."""
    modal = modal_of(form, JOB)

    accepted(modal)
    json.dumps(modal, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "data", [{}, {"components": []}, {"components": [{"type": 10, "content": "글"}]}]
)
def test_an_empty_form_says_nothing(data: dict[str, Any]) -> None:
    """A modal without boxes is read as no words."""
    assert ("", ()) == fields_of(data)
