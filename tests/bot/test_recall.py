"""A picture is found by its number or its file, told about, and asked for once more."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot import error_texts, texts
from bot.adapters.port import Card, CardState, Person, Place
from bot.receipt import DrawnOverPhoto, NoReceipt, PictureMissing, PictureUnknown
from pipeline import Audience, Pixels, Rule, Verdict, mark, smaller
from pipeline.errors import PhotoUnreadable
from tests.bot.stage import PLACE, Stage, open_stage
from tests.bot.test_receipt import RECEIPT
from tests.doubles import FACTS

STRANGER = Person(platform="test", id="stranger")
MODERATOR = Person(platform="test", id="moderator", may_moderate=True)
SERVER = Place(platform="test", id="channel", home="server")
NEXT_CHANNEL = Place(platform="test", id="next", home="server")
ELSEWHERE = Place(platform="test", id="elsewhere")


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A conversation with everything around it in the test's hands."""
    async with open_stage(tmp_path) as stage:
        yield stage


def sentence(error: Exception) -> str:
    """What is said of an error."""
    return error_texts.of_error(error, job_id="j")


async def drawn(
    stage: Stage, text: str = "고래 시드:7 스텝:5 제외:배 변형:9:0.25"
) -> tuple[str, bytes]:
    """Draw a picture: its job, and its file."""
    card = await stage.draw(text)
    data = await stage.files.read(card.pictures[0].key)
    assert card.job_id is not None
    assert data is not None
    return card.job_id, data


def assert_same_request(stage: Stage) -> None:
    """The engine's last request is its first, whoever asked for it."""
    first, last = stage.engine.requests[0], stage.engine.requests[-1]
    assert first.num_steps == last.num_steps
    left_open: dict[str, Any] = {
        "width_px": 4,
        "height_px": 4,
        "guidance_scale": 4.0,
        "sampler": FACTS.sampler,
    }
    anybodys: dict[str, Any] = {"job_id": None, "person": None}
    assert replace(first, **left_open, **anybodys) == replace(last, **anybodys)


@pytest.mark.parametrize(
    "key",
    ["{id}", "{short}", "geuryeojwo-{short}.png", "GEURYEOJWO-{short}.PNG", "`{short}`", " {id} "],
)
async def test_a_picture_is_drawn_again_by_its_number(stage: Stage, key: str) -> None:
    """The whole number, its beginning and the name of the file are the same picture."""
    job_id, _ = await drawn(stage)
    prepared = len(stage.text.negatives)

    card = await stage.draw(f"/재현 {key.format(id=job_id, short=job_id[:8])}", "e2")

    assert CardState.DONE is card.state
    assert job_id != card.job_id
    assert_same_request(stage)
    assert prepared == len(stage.text.negatives)  # nothing is understood anew


async def test_one_of_several_pictures_is_drawn_by_the_number_of_its_file(stage: Stage) -> None:
    """The second file of a job is its second picture."""
    card = await stage.draw_several(2, "고래 시드:7")
    name = card.pictures[1].file_name

    await stage.draw(f"/재현 {name}", "e2")

    assert 8 == stage.engine.requests[-1].seed
    assert 3 == len(stage.engine.requests)


async def test_a_picture_that_is_answered_is_drawn_again(stage: Stage) -> None:
    """The card that is replied to says which."""
    job_id, _ = await drawn(stage)

    await stage.draw("/재현", "e2", about=job_id)

    assert_same_request(stage)


@pytest.mark.parametrize("max_bytes", [None, 4_000])
async def test_whoever_has_the_file_has_the_picture(stage: Stage, max_bytes: int | None) -> None:
    """PNG and WebP say all that it takes, in any place and to anybody."""
    _, data = await drawn(stage)
    if max_bytes is not None:
        made = smaller(data, max_bytes=max_bytes)
        assert made is not None
        data = made

    card = await stage.draw("/재현", "e2", photo=data, person=STRANGER, place=ELSEWHERE)

    assert CardState.DONE is card.state
    assert_same_request(stage)
    assert stage.engine.requests[-1].start is None  # it is not drawn over


async def test_the_same_file_comes_out(stage: Stage) -> None:
    """With the same pixels, picture and marks are the same bytes."""
    _, data = await drawn(stage)
    card = await stage.draw("/재현", "e2", photo=data)

    assert data == await stage.files.read(card.pictures[0].key)
    assert texts.OTHER_MODEL not in card.notes


async def test_a_picture_of_another_model_is_drawn_with_a_warning(stage: Stage) -> None:
    """It is near what was asked for, and the card says why it may not be the same."""
    receipt = replace(
        RECEIPT, loras=(), width_px=4, height_px=4, variation_seed=None, variation_amount=None
    )
    pixels = Pixels(width_px=4, height_px=4, rgb=bytes(48))

    card = await stage.draw("/재현", photo=mark(pixels, receipt, display_px=8).png)

    assert CardState.DONE is card.state
    assert texts.OTHER_MODEL in card.notes


@pytest.mark.parametrize(
    ("person", "place", "is_known"),
    [
        (STRANGER, SERVER, True),
        (STRANGER, NEXT_CHANNEL, False),
        (MODERATOR, NEXT_CHANNEL, True),
        (STRANGER, ELSEWHERE, False),
        (MODERATOR, ELSEWHERE, False),
    ],
)
async def test_a_number_is_known_where_the_picture_is(
    stage: Stage, person: Person, place: Place, is_known: bool
) -> None:
    """Guessing numbers gives nobody the pictures of another channel, nor what was said there."""
    card = await stage.draw("고래 시드:7", place=SERVER)
    key = (card.job_id or "")[:8]
    stage.runner.is_held = True

    await stage.say(f"/재현 {key}", "e2", person=person, place=place)
    await stage.say("/그림정보", "e3", person=person, place=place, about=card.job_id)

    unknown = [sentence(PictureUnknown(key=one)) for one in (key, card.job_id or "")]
    refused = [one.text for one in stage.port.shown if one.text in unknown]
    assert refused == ([] if is_known else unknown)


async def test_a_persons_own_number_works_everywhere(stage: Stage) -> None:
    """Whoever asked for a picture may ask for it again in another place."""
    job_id, _ = await drawn(stage)

    await stage.draw(f"/재현 {job_id}", "e2", place=ELSEWHERE)

    assert_same_request(stage)


def plain_png() -> bytes:
    """A picture without marks."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    return file.getvalue()


PIXELS = Pixels(width_px=4, height_px=4, rgb=bytes(48))


@pytest.mark.parametrize(
    ("text", "photo", "error"),
    [
        ("/재현", None, PictureMissing()),
        ("/재현 고래", None, PictureUnknown(key="고래")),
        ("/재현 0123abcd", None, PictureUnknown(key="0123abcd")),
        ("/재현 %", None, PictureUnknown(key="%")),
        ("/재현", plain_png(), NoReceipt()),
        ("/재현", b"no picture", PhotoUnreadable()),
        (
            "/재현",
            mark(PIXELS, replace(RECEIPT, strength=0.5), display_px=8).png,
            DrawnOverPhoto(),
        ),
        ("/재현", mark(PIXELS, replace(RECEIPT, seed=-1), display_px=8).png, NoReceipt()),
        ("/그림정보", None, PictureMissing()),
        ("/그림 정보", b"<svg></svg>", PhotoUnreadable()),
    ],
)
async def test_what_cannot_be_found_is_said(
    stage: Stage, text: str, photo: bytes | None, error: Exception
) -> None:
    """Each has a sentence that says what to do, and nothing is drawn."""
    await stage.say(text, photo=photo)

    assert sentence(error) == stage.port.last.text
    assert [] == stage.engine.requests


async def test_a_picture_that_was_taken_away_is_not_known(stage: Stage) -> None:
    """Its number leads nowhere."""
    job_id, _ = await drawn(stage)
    await stage.store.remove_pictures(job_id)

    await stage.say(f"/재현 {job_id}", "e2")

    assert sentence(PictureUnknown(key=job_id)) == stage.port.last.text


def rows(card: Card) -> dict[str, str]:
    """What a card tells, by its labels."""
    return {row.label: row.text or str(row.words) for row in card.details}


async def test_a_picture_of_ours_is_told_about(stage: Stage) -> None:
    """Its words, what they became, the settings, the marks and its number, for one person's eyes."""
    job_id, _ = await drawn(stage)

    await stage.say("/그림정보", "e2", about=job_id)

    card = stage.port.last
    told = rows(card)
    assert card.is_private
    assert job_id == told[texts.ROW_NUMBER]
    assert ("고래", "a whale") == (told[texts.ROW_SUBJECT], told[texts.ROW_ENGLISH])
    assert "시드 7" in told[texts.ROW_SETTINGS]
    assert texts.marks(says_ai=True, has_parameters=True, has_receipt=True) == told[texts.ROW_MARKS]


async def test_a_file_tells_what_it_carries(stage: Stage) -> None:
    """A file that was sent says the same, weights included, without a number."""
    picture = mark(PIXELS, RECEIPT, display_px=8).png

    await stage.say("/그림정보", photo=picture, person=STRANGER)

    told = rows(stage.port.last)
    assert texts.ROW_NUMBER not in told
    assert "('whale', 1.2)" in told[texts.ROW_KEYWORDS]
    assert "변형 9:0.25" in told[texts.ROW_SETTINGS]


async def test_a_foreign_picture_is_said_not_to_be_ours(stage: Stage) -> None:
    """Without a record that we left nothing is told of it but its marks."""
    await stage.say("/그림정보", photo=plain_png())
    assert texts.not_ours("") == stage.port.last.text
    assert stage.port.last.is_private

    forged = mark(PIXELS, replace(RECEIPT, sampler="magic"), display_px=8).png
    await stage.say("/그림정보", "e2", photo=forged)
    assert () == stage.port.last.details
    assert "AI로 만들었다는 표시" in stage.port.last.text


async def test_a_picture_whose_file_is_gone_is_still_told_about(stage: Stage) -> None:
    """What is kept of the job says how it was drawn."""
    job_id, _ = await drawn(stage)
    record = await stage.record()
    assert record.outcome is not None
    await stage.files.remove([record.outcome.pictures[0].key])

    await stage.say("/그림정보", "e2", about=job_id, place=PLACE)

    told = rows(stage.port.last)
    assert "a whale" == told[texts.ROW_ENGLISH]
    assert texts.ROW_MARKS not in told


async def test_what_a_file_says_of_its_prompt_is_judged(stage: Stage) -> None:
    """A receipt that asks for what is not drawn here is refused as a message is."""
    _, data = await drawn(stage)
    stage.text.verdict, stage.text.rule = Verdict.UNSAFE, Rule.MINOR

    await stage.say("/재현", "e2", photo=data)
    await stage.runner.idle()

    assert texts.UNSAFE in str(stage.port.last)
    assert 1 == len(stage.engine.requests)
    assert (Audience.EVERYBODY, ()) == stage.text.judged_for[-1]
