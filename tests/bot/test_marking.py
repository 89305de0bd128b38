"""What the operator wishes of the marks, and what happens where they cannot be put on."""

import random
from dataclasses import replace
from pathlib import Path

import pytest
import structlog.testing

from bot import check_texts, shell_texts
from bot.marking import KeyTrouble, Marking, marking_of, trouble_with_key
from bot.settings import MarksSection, Settings
from bot.signing import FILE
from pipeline import (
    DRAWN_STYLES,
    Credentials,
    Marks,
    ModelFacts,
    NotMarked,
    Pixels,
    Preparation,
    SigningKey,
    SourceType,
    Verdict,
    mark,
)
from pipeline.text.styles import STYLES
from tests.bot.test_receipt import RECEIPT
from tests.doubles import FACTS

REAL = replace(FACTS, can_look_real=True)
DRAWN = replace(FACTS, can_look_real=False)


def prepared(*, style: str | None = None, english: str = "a whale") -> Preparation:
    """What became of a text."""
    return Preparation(text="고래", verdict=Verdict.OK, english=english, style=style)


def settings_of(folder: Path, **marks: object) -> Settings:
    """The settings of a program in a folder."""
    return Settings(
        data_dir=folder / "var",
        key_file=folder / "keys" / "data.key",
        marks=MarksSection.model_validate(marks),
    )


def picture(marking: Marking, source_type: SourceType = SourceType.DRAWN) -> bytes:
    """A picture that was marked as it is there."""
    rgb = random.Random(7).randbytes(64 * 64 * 3)
    pixels = Pixels(width_px=64, height_px=64, rgb=rgb)
    return mark(pixels, RECEIPT, display_px=128, source_type=source_type, sign=marking.sign).png


def test_the_key_lies_beside_the_one_of_the_data(tmp_path: Path) -> None:
    """Where nothing else is said; and elsewhere where something is."""
    settings = settings_of(tmp_path)
    marking_of(settings)

    assert (tmp_path / "keys" / "marks" / FILE).exists()
    assert tmp_path / "a" == settings_of(tmp_path, key_dir=tmp_path / "a").signing_dir


def test_a_picture_is_signed_at_the_first_start(tmp_path: Path) -> None:
    """Without a word from the operator."""
    marking = marking_of(settings_of(tmp_path))

    assert Credentials.OURS is marking.marks_in(picture(marking)).credentials
    assert trouble_with_key(settings_of(tmp_path)) is None


def test_signing_can_be_switched_off(tmp_path: Path) -> None:
    """Then no key is made, the other marks are there, and nobody is warned."""
    settings = settings_of(tmp_path, credentials=False)
    with structlog.testing.capture_logs() as logs:
        marks = marking_of(settings).marks_in(picture(marking_of(settings)))

    assert Credentials.NONE is marks.credentials
    assert marks.says_ai
    assert not settings.signing_dir.exists()
    assert trouble_with_key(settings) is None
    assert [] == logs


def break_key(settings: Settings, how: KeyTrouble) -> None:
    """Take the key away, or damage it."""
    marking_of(settings)
    file = settings.signing_dir / FILE
    if how is KeyTrouble.MISSING:
        file.unlink()
    else:
        file.write_bytes(b"no key")


@pytest.mark.fault(54)
@pytest.mark.parametrize("trouble", [KeyTrouble.MISSING, KeyTrouble.UNREADABLE])
def test_without_its_key_a_picture_goes_with_its_other_marks_and_the_operator_is_warned(
    tmp_path: Path, trouble: KeyTrouble
) -> None:
    """Once, however many pictures there are; and whoever looks is told."""
    settings = settings_of(tmp_path)
    break_key(settings, trouble)
    with structlog.testing.capture_logs() as logs:
        marking = marking_of(settings)
        marks = [marking.marks_in(picture(marking)) for _ in range(3)]

    assert {Credentials.NONE} == {one.credentials for one in marks}
    assert all(one.says_ai and one.receipt == RECEIPT for one in marks)
    warnings = [one for one in logs if one["event"] == "pictures are not signed"]
    assert [trouble] == [one["trouble"] for one in warnings]
    assert trouble is trouble_with_key(settings)


@pytest.mark.fault(54)
@pytest.mark.parametrize("trouble", [KeyTrouble.MISSING, KeyTrouble.UNREADABLE])
def test_where_the_signature_is_required_nothing_goes_without_it(
    tmp_path: Path, trouble: KeyTrouble
) -> None:
    """The picture is refused, by the name of what is missing."""
    break_key(settings_of(tmp_path), trouble)
    marking = marking_of(settings_of(tmp_path, require_credentials=True))

    with pytest.raises(NotMarked) as caught:
        picture(marking)

    assert "credentials" == caught.value.mark


@pytest.mark.fault(54)
@pytest.mark.parametrize("is_required", [False, True])
def test_an_expired_certificate_signs_nothing(tmp_path: Path, *, is_required: bool) -> None:
    """A program that runs beyond its end warns, and refuses where that is wished."""
    marking_of(settings_of(tmp_path))
    section = MarksSection(require_credentials=is_required)
    expired = SigningKey(key_pem=b"", chain_pem=b"", expires_s=100.0)
    marking = Marking(section, key=expired, clock=lambda: 100.0)

    if is_required:
        with pytest.raises(NotMarked):
            picture(marking)
    else:
        assert Credentials.NONE is marking.marks_in(picture(marking)).credentials
    assert KeyTrouble.EXPIRED is marking.trouble


def test_a_picture_made_smaller_is_signed_again(tmp_path: Path) -> None:
    """What was signed before does not outlive the new file."""
    marking = marking_of(settings_of(tmp_path))
    first = picture(marking, SourceType.OVER_PHOTO)
    second = marking.smaller(first, max_bytes=len(first) - 1)

    assert second is not None
    assert marking.marks_in(first) == marking.marks_in(second)
    assert Credentials.OURS is marking.marks_in(second).credentials


ALWAYS, REALISTIC = MarksSection(label="always"), MarksSection()


@pytest.mark.parametrize(
    ("section", "facts", "style", "expected"),
    [
        (REALISTIC, REAL, None, True),
        (REALISTIC, REAL, "photo", True),
        (REALISTIC, REAL, "clay", True),
        (REALISTIC, REAL, "watercolor", False),
        (REALISTIC, DRAWN, None, False),
        (REALISTIC, DRAWN, "photo", False),
        (ALWAYS, REAL, "watercolor", True),
        (ALWAYS, DRAWN, None, True),
    ],
)
def test_what_may_be_taken_for_a_photo_has_the_label(
    section: MarksSection, facts: ModelFacts, style: str | None, *, expected: bool
) -> None:
    """Of a model that can look real everything but what is clearly drawn; or all pictures."""
    due = Marking(section).due(prepared(style=style), facts, photo=None)

    assert expected is due.has_label


@pytest.mark.parametrize("english", ["a photo of a whale", "a photorealistic whale", "Realism"])
def test_a_drawn_style_is_not_believed_beside_the_words_of_a_photo(english: str) -> None:
    """Who asks for both gets the label."""
    told = prepared(style="watercolor", english=english)

    assert Marking(REALISTIC).due(told, REAL, photo=None).has_label


def test_the_styles_without_a_label_are_styles() -> None:
    """And photographs are none of them."""
    assert set(STYLES) > DRAWN_STYLES
    assert DRAWN_STYLES.isdisjoint({"photo", "monochrome", "3d"})


@pytest.mark.parametrize("photo", [b"no picture", b""])
def test_what_is_drawn_over_a_photo_says_so_and_has_the_label(photo: bytes) -> None:
    """Also with a model that cannot look real, and in every style."""
    due = Marking(REALISTIC).due(prepared(style="watercolor"), DRAWN, photo=photo)

    assert due.has_label
    assert SourceType.OVER_PHOTO is due.source_type


def test_what_was_drawn_here_from_nothing_stays_that(tmp_path: Path) -> None:
    """Our own picture, drawn larger, is no photo; one over a photo stays one."""
    marking = marking_of(settings_of(tmp_path))
    sources = [
        marking.due(prepared(), DRAWN, photo=picture(marking, source)).source_type
        for source in SourceType
    ]

    assert list(SourceType) == sources


def test_a_mark_without_our_signature_is_not_believed(tmp_path: Path) -> None:
    """Whoever writes that a photo was drawn here has the label on it all the same."""
    ours, others = marking_of(settings_of(tmp_path / "a")), marking_of(settings_of(tmp_path / "b"))
    unsigned = Marking(MarksSection(credentials=False))

    for forged in (picture(others), picture(unsigned), picture(ours) + b"?"):
        assert SourceType.OVER_PHOTO is ours.due(prepared(), DRAWN, photo=forged).source_type


def test_every_state_of_a_signature_is_said_in_its_own_words() -> None:
    """Nobody is told that something was verified, and a terminal is not steered by a file."""
    said = {
        shell_texts.marks(
            Marks(
                source_type=str(SourceType.DRAWN),
                parameters=None,
                receipt=replace(RECEIPT, text="고래\x1b[2J\n가짜 줄"),
                credentials=one,
            )
        )
        for one in Credentials
    }

    assert len(Credentials) == len(said)
    assert not any("인증" in one or "\x1b" in one or "\n가짜" in one for one in said)


@pytest.mark.fault(54)
@pytest.mark.parametrize("trouble", list(KeyTrouble))
def test_the_operator_reads_what_is_wrong_and_what_to_do(trouble: KeyTrouble) -> None:
    """Every trouble with the key has a sentence that names a next step."""
    said = check_texts.signing(trouble, "keys/marks")

    assert "rotate-marks" in said or "다시 켜 주세요" in said
    assert "{" not in said
