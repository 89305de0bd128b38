"""Every error has a sentence in good Korean, and says what to do next."""

import re

import pytest

from bot import (
    commands,
    disk,
    error_texts,
    fairness,
    job,
    link_code,
    receipt,
    redraw,
    rules,
    strikes,
    texts,
    wish,
)
from pipeline import (
    Failure,
    PipelineError,
    errors,
)

# One example of every error that can reach a person.
EXAMPLES: tuple[PipelineError, ...] = (
    errors.EmptyPrompt(),
    errors.PromptTooLong(num_chars=900, max_chars=500),
    errors.WeightOutOfRange(weight=3, min_weight=0.5, max_weight=1.5),
    errors.UnsupportedSize(
        width_px=63, height_px=64, min_px=64, max_px=128, max_area_px=16384, multiple_px=8
    ),
    errors.UnsupportedSteps(num_steps=0, max_steps=150),
    errors.UnsupportedGuidance(guidance_scale=99, max_scale=30),
    errors.UnsupportedInterval(interval=(0.8, 0.2)),
    errors.UnsupportedStrength(strength=0.01, num_steps=20),
    errors.UnsupportedVariation(amount=2.0),
    errors.CannotEnlarge(width_px=64, height_px=64),
    errors.UnknownLora(name="수채화", known=("유화", "연필")),
    errors.UnsupportedLoraScale(name="유화", scale=9.0, max_scale=2.0),
    errors.PhotoTooLarge(max_bytes=20 * 2**20, max_px=50_000_000),
    errors.PhotoUnreadable(),
    errors.Untranslatable(unknown_words=("뷁",)),
    errors.Unsafe(rule=errors.Rule.SEXUAL),
    rules.BarredHere(),
    redraw.UnderReview(),
    strikes.MustPause(wait_s=3_600.0, has_appealed=False),
    strikes.MustPause(wait_s=90.0, has_appealed=True),
    strikes.Suspended(has_appealed=False),
    strikes.Suspended(has_appealed=True),
    strikes.LastWarning(),
    strikes.NotOperator(),
    strikes.NotInPrivate(),
    strikes.PersonUnknown(),
    errors.PictureUnsafe(rule=errors.Rule.SEXUAL),
    errors.NotJudged(),
    errors.NotMarked(mark="credentials"),
    errors.ClassifierNotLoaded(model="a/classifier", reason="broken file model.safetensors"),
    errors.QueueFull(num_waiting=20),
    errors.TimedOut(what="render", limit_s=90),
    errors.ShuttingDown(),
    errors.Cancelled(),
    errors.StageFailed(stage="translate", provider="none", failure=Failure.BUSY),
    errors.OutOfGpuMemory(),
    errors.ModelNotLoaded(model="demo", reason="unet is missing"),
    errors.DeviceLost(),
    errors.LoraNotLoaded(name="수채화", reason="no keys"),
    errors.PictureNotFinite(),
    commands.OptionInvalid(name="시드", value="일곱", allowed="0~9"),
    commands.UnknownCommand(name="음악"),
    commands.MessageTooLong(num_chars=10_000, max_chars=2_000),
    disk.DiskFull(free_bytes=2**20, least_free_bytes=2**30),
    job.NotAccepted(),
    job.NotYours(),
    job.PutAside(),
    job.NoRoomForPicture(),
    fairness.TooManyInFlight(max_per_person=3),
    fairness.PlaceBusy(max_per_place=20),
    fairness.QuotaSpent(limit=10, num_left=0, is_place=False),
    fairness.CoolingDown(wait_s=4.2),
    fairness.WaitTooLong(wait_s=420),
    link_code.CodeUnknown(),
    link_code.TooManyTries(wait_s=1_800),
    link_code.TooManyAccounts(max_accounts=5),
    receipt.PictureMissing(),
    receipt.PictureUnknown(key="0123abcd"),
    receipt.NoReceipt(),
    receipt.DrawnOverPhoto(),
    redraw.RecordGone(),
    redraw.PhotoForgotten(),
    rules.RuleUnknown(name="음악"),
    rules.TooManyRules(name="용어", most=50),
    rules.NotManager(),
    rules.AdultsNotAllowed(),
    rules.AdultsElsewhere(),
    rules.DrawingNotHere(),
    wish.PhotoMissing(),
)


def leaves(kind: type[Exception]) -> set[type[Exception]]:
    """Give the classes at the ends of an exception tree."""
    children = kind.__subclasses__()
    return {leaf for child in children for leaf in leaves(child)} if children else {kind}


def test_every_error_has_an_example_here() -> None:
    """An error that somebody adds cannot be forgotten in this table."""
    ours = {
        leaf for leaf in leaves(PipelineError) if leaf.__module__.startswith(("bot", "pipeline"))
    }

    assert set() == ours - {type(error) for error in EXAMPLES}


@pytest.mark.parametrize("problem", errors.ModelProblem)
def test_every_problem_of_a_model_says_what_to_do(problem: errors.ModelProblem) -> None:
    """An operator reads a Korean sentence with the next thing to do, and then the detail."""
    sentence = error_texts.model_not_loaded("sdxl", "unet/config.json", problem)

    assert "sdxl" in sentence
    assert re.search(r"(주세요|받아요)\. \[unet/config\.json\]$", sentence)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_has_a_sentence_of_its_own(error: PipelineError) -> None:
    """No known error is answered with the general apology."""
    sentence = error_texts.of_error(error, job_id="j")

    assert texts.apology("j") != sentence
    assert re.search(r"요[.?!]$|요\.\s", sentence), "해요체"


def test_an_unknown_error_shows_the_job_and_nothing_of_itself() -> None:
    """What an unexpected exception says is for the log alone."""
    sentence = error_texts.of_error(RuntimeError("secret path /etc"), job_id="abc123")

    assert "abc123" in sentence
    assert "secret" not in sentence


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            fairness.QuotaSpent(limit=10, num_left=0, is_place=False),
            "오늘 그릴 수 있는 10장을 다 그렸어요. 자정이 지나면 다시 부탁해 주세요.",
        ),
        (
            fairness.QuotaSpent(limit=100, num_left=0, is_place=True),
            "이곳에서 오늘 그릴 수 있는 100장을 다 그렸어요. 자정이 지나면 다시 부탁해 주세요.",
        ),
        (
            fairness.QuotaSpent(limit=10, num_left=2, is_place=False),
            "오늘은 2장만 더 그릴 수 있어요. 장수를 줄여서 다시 적어 주세요.",
        ),
        (
            fairness.QuotaSpent(limit=100, num_left=1, is_place=True),
            "이곳에서 오늘은 1장만 더 그릴 수 있어요. 장수를 줄여서 다시 적어 주세요.",
        ),
        (
            fairness.CoolingDown(wait_s=4.2),
            "방금 부탁하셨어요. 5초 뒤에 다시 적어 주세요.",
        ),
        (
            fairness.WaitTooLong(wait_s=420),
            "지금은 약 7분을 기다려야 해요. 조금 뒤에 다시 부탁해 주세요.",
        ),
    ],
)
def test_whoever_cannot_ask_now_reads_when(error: PipelineError, sentence: str) -> None:
    """Every limit says what is used up and when, or how, to ask again."""
    assert sentence == error_texts.of_error(error, job_id="j")
