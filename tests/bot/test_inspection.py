"""What a file says of itself is told as it stands there, and never as if it were true."""

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from bot import error_texts, texts
from bot.inspection import card_of
from pipeline import Credentials, Marks, SourceType
from pipeline.errors import PhotoUnreadable
from tests.bot.stage import open_stage
from tests.bot.test_receipt import RECEIPT

NOTHING = Marks(source_type=None, parameters=None, receipt=None)
OURS = Marks(
    source_type=SourceType.DRAWN,
    parameters="a whale",
    receipt=RECEIPT,
    credentials=Credentials.OURS,
)


@pytest.mark.parametrize(
    ("marks", "answer"),
    [
        pytest.param(OURS, "네, 이 봇에서 AI로 그린", id="ours"),
        pytest.param(
            replace(OURS, credentials=Credentials.OTHERS), "네, AI로 그렸다는 표시", id="another's"
        ),
        pytest.param(
            replace(OURS, credentials=Credentials.CHANGED), "서명한 뒤에 바뀐", id="changed"
        ),
        pytest.param(
            replace(OURS, credentials=Credentials.NONE), "누구나 적거나 고칠 수", id="not signed"
        ),
        pytest.param(
            replace(OURS, credentials=Credentials.INVALID), "누구나 적거나 고칠 수", id="not readable"
        ),
        pytest.param(replace(NOTHING, parameters="a whale"), "그림일 거예요", id="parameters"),
        pytest.param(NOTHING, "찾지 못했어요", id="nothing"),
    ],
)  # fmt: skip
def test_the_answer_says_no_more_than_the_file(marks: Marks, answer: str) -> None:
    """A signature that holds is told apart from words that anybody could write."""
    assert answer in card_of(marks, marks.receipt).text


def test_nothing_found_is_no_proof_of_a_human() -> None:
    """Marks are lost on the way."""
    assert "사람이 그렸다는 뜻은 아니에요" in card_of(NOTHING, None).text


@pytest.mark.parametrize(
    ("source_type", "credentials"), tuple(product((None, SourceType.DRAWN), Credentials))
)
def test_every_mark_is_named(source_type: str | None, credentials: Credentials) -> None:
    """There or not: four rows, and what is signed is never called true."""
    marks = replace(NOTHING, source_type=source_type, credentials=credentials)
    card = card_of(marks, None)

    assert [
        texts.ROW_SAYS_AI,
        texts.ROW_CREDENTIALS,
        texts.ROW_PARAMETERS,
        texts.ROW_RECEIPT,
    ] == [row.label for row in card.details]
    assert "인증" not in f"{card.text}{card.details}"


def test_a_photo_beneath_is_told() -> None:
    """Whoever looks at it learns that not everything in it was drawn."""
    marks = replace(NOTHING, source_type=SourceType.OVER_PHOTO)

    assert "사진이나 그림 위에" in card_of(marks, None).details[0].text


def test_a_receipt_is_told_below_the_marks() -> None:
    """Whoever has the file may know what was asked for, and how it was drawn."""
    told = {row.label: row.text for row in card_of(OURS, RECEIPT).details}

    assert RECEIPT.text == told[texts.ROW_TEXT]
    assert RECEIPT.english == told[texts.ROW_ENGLISH]
    assert f"시드 {RECEIPT.seed}" in told[texts.ROW_SETTINGS]


async def test_what_cannot_be_read_gets_a_sentence(tmp_path: Path) -> None:
    """No file makes the conversation fail: whoever shows it is told to choose another."""
    async with open_stage(tmp_path) as stage:
        card = await stage.conversation.inspect(b"\x89PNG\r\n\x1a\n broken")

    assert error_texts.of_error(PhotoUnreadable(), job_id="") == card.text
