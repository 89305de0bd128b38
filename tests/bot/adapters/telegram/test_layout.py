"""A card as a text with entities and a keyboard."""

import re

import pytest
from telegram import ForceReply, InlineKeyboardMarkup, MessageEntity

from bot.adapters.port import (
    Action,
    Card,
    CardState,
    DetailRow,
    Form,
    Link,
    PictureFile,
    ProgressBar,
)
from bot.adapters.telegram.layout import (
    MAX_CAPTION,
    MAX_TEXT,
    Written,
    album_of,
    album_value,
    cut,
    markup_of,
    units,
    written,
)
from tests.bot.adapters.telegram.stage import AGAIN, DELETE, JOB, button


def card(text: str = "고래", **facts: object) -> Card:
    """A card that is done."""
    return Card(job_id=JOB, state=CardState.DONE, text=text, **facts)  # type: ignore[arg-type]


def marked(said: Written) -> list[tuple[str, str]]:
    """What stands out, with how; read as Telegram reads offsets."""
    raw = said.text.encode("utf-16-le")
    return [
        (one.type, raw[one.offset * 2 : (one.offset + one.length) * 2].decode("utf-16-le"))
        for one in said.entities
    ]


def test_a_card_says_everything_in_its_order() -> None:
    """What stands out does so behind signs that count twice."""
    said = written(
        card(
            "🐳 고래",
            progress=ProgressBar(step=5, num_steps=10, label="5/10"),
            credits=(Link(text="Papago", url="https://papago.naver.com"),),
            notes=("AI로 만든 그림이에요.",),
            suggestions=("펭귄 🐧 그려줘",),
        )
    )

    assert "🐳 고래\n▰▰▰▰▰▱▱▱▱▱ 5/10\n펭귄 🐧 그려줘\nPapago\nAI로 만든 그림이에요." == said.text
    assert [
        (MessageEntity.CODE, "펭귄 🐧 그려줘"),
        (MessageEntity.TEXT_LINK, "Papago"),
        (MessageEntity.ITALIC, "AI로 만든 그림이에요."),
    ] == marked(said)
    assert "https://papago.naver.com" == said.entities[1].url


@pytest.mark.fault(46)
@pytest.mark.parametrize("text", ["@everyone 고래", "(@seojun)", "a@b.kr @ 고래\n@admin"])
def test_nobody_is_called_where_others_read(text: str) -> None:
    """Telegram would tell whoever is named; a name in somebody's request is shown and calls nobody."""
    picture = PictureFile(
        key="pictures/a-1.png", alt="", file_name="a.png", width_px=1, height_px=1, caption=text
    )
    said = written(card(text, notes=(text,), pictures=(picture,))).text

    assert not re.search(r"(?<!\w)@\w", said)
    assert 3 == " ".join(said.replace("\u200b", "").split()).count(" ".join(text.split()))


@pytest.mark.fault(46)
def test_what_one_person_reads_or_copies_is_as_it_was() -> None:
    """The address of an operator works, and so does a request that is sent again."""
    assert "@operator" == written(card("@operator", is_private=True)).text
    suggested = written(card("고래", suggestions=("@seojun 그려줘",)))
    assert [(MessageEntity.CODE, "@seojun 그려줘")] == marked(suggested)


@pytest.mark.fault(46)
@pytest.mark.parametrize("sign", "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069")
def test_nothing_turns_what_stands_behind_it_around(sign: str) -> None:
    """Our own words are read in their order, whatever somebody put before them."""
    assert "고래\nAI가 그렸어요" == written(card(f"고{sign}래", notes=("AI가 그렸어요",))).text


@pytest.mark.fault(46)
def test_what_a_person_wrote_is_no_markup() -> None:
    """Nothing is parsed, so nothing has to be escaped."""
    assert "*고래* [링크](x) <b> _" == written(card("*고래* [링크](x) <b> _")).text


@pytest.mark.parametrize("most", [MAX_TEXT, MAX_CAPTION])
@pytest.mark.parametrize("letter", ["가", "🐳", "👨‍👩‍👧"])
def test_nothing_is_longer_than_telegram_takes(most: int, letter: str) -> None:
    """The notes below are kept, and no sign is cut in two."""
    details = tuple(DetailRow(label="줄", text=letter * 500) for _ in range(20))
    long = card(letter * 5_000, notes=("AI로 만든 그림이에요.",), details=details, is_private=True)
    said = written(long, max_units=most)

    assert units(said.text) <= most
    assert said.text.endswith("\nAI로 만든 그림이에요.")
    assert all(one.offset + one.length <= units(said.text) for one in said.entities)
    said.text.encode()


def test_details_are_for_whoever_asked_for_them() -> None:
    """On a card for everybody there is a button for them."""
    rows = (DetailRow(label="번역", text="whale"), DetailRow(label="낱말", words=(("sea", 1.2),)))

    assert "고래" == written(card(details=rows)).text
    assert "고래\n번역: whale\n낱말: sea 1.2" == written(card(details=rows, is_private=True)).text


def test_a_draft_can_be_copied_and_is_asked_for_back() -> None:
    """There are no forms: the person answers with the words put right."""
    form = Form(action=Action.EDIT, title="고치기", fields=())
    edit = card("고쳐 주세요.\n\n고래 시드:7", draft="고래 시드:7", form=form)
    said = written(edit)

    assert edit.text == said.text
    assert [(MessageEntity.CODE, "고래 시드:7")] == marked(said)
    assert isinstance(markup_of(edit), ForceReply)


def test_a_draft_without_a_way_to_edit_is_shown() -> None:
    """Where a button brings it, it is not."""
    assert "고래\n고래 시드:7" == written(card(draft="고래 시드:7")).text
    with_button = card(draft="고래 시드:7", buttons=(button(Action.EDIT, "고치기"),))
    assert "고래" == written(with_button).text


def test_an_empty_card_says_something() -> None:
    """Telegram takes no empty text, and no halves of signs."""
    assert "…" == written(card("")).text
    assert "고래" == written(card("고\ud800래\0")).text


def test_choices_stand_in_rows_of_their_own() -> None:
    """The others stand three in a row, in their order."""
    choices = tuple(button(Action.VARY, f"{number}번", str(number)) for number in range(1, 5))
    others = (button(Action.EDIT, "고치기"), button(Action.INFO, "정보"), DELETE)
    keyboard = markup_of(card(buttons=(AGAIN, *choices, *others, button(Action.REPORT, "신고"))))

    assert isinstance(keyboard, InlineKeyboardMarkup)
    assert [
        ["다시"],
        ["1번", "2번", "3번", "4번"],
        ["고치기", "정보", "삭제"],
        ["신고"],
    ] == [[one.text for one in row] for row in keyboard.inline_keyboard]
    assert markup_of(card()) is None


def test_the_button_that_deletes_knows_the_album() -> None:
    """Telegram cannot be asked for it later."""
    keyboard = markup_of(card(buttons=(AGAIN, DELETE)), album=(900, 901, 903))

    assert isinstance(keyboard, InlineKeyboardMarkup)
    assert f"1:delete:{JOB}:900+1+3" == keyboard.inline_keyboard[0][1].callback_data
    assert f"1:again:{JOB}:" == keyboard.inline_keyboard[0][0].callback_data


@pytest.mark.parametrize("album", [(7,), (7, 8), (2**40, 2**40 + 1, 2**40 + 2, 2**40 + 3)])
def test_an_album_is_read_back(album: tuple[int, ...]) -> None:
    """Whatever its size."""
    assert album == album_of(album_value(album))


@pytest.mark.parametrize("value", ["", "x", "7+x", "-7", "7++8"])
def test_what_is_no_album_is_none(value: str) -> None:
    """Buttons can be forged."""
    assert () == album_of(value)


def test_a_text_is_cut_between_signs() -> None:
    """And says that it was."""
    assert "고래" == cut("고래", 2)
    assert "고…" == cut("고래상어", 2)
    assert "…" == cut("🐳🐳", 2)
    assert "" == cut("고래", 0)
