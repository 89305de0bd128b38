"""Every error has a sentence in good Korean, and says what to do next."""

import re
from pathlib import Path

import pytest

from bot import commands, disk, fairness, job, redraw, texts, wish
from pipeline import (
    Failure,
    PipelineError,
    Preparation,
    ProviderFailure,
    ProviderHealth,
    StageRecord,
    Verdict,
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
    redraw.RecordGone(),
    redraw.PhotoForgotten(),
    wish.PhotoMissing(),
)


def leaves(kind: type[Exception]) -> set[type[Exception]]:
    """Give the classes at the ends of an exception tree."""
    children = kind.__subclasses__()
    return {leaf for child in children for leaf in leaves(child)} if children else {kind}


def all_sentences() -> tuple[str, ...]:
    """Every sentence of the module that stands there as it is."""
    return tuple(
        value for name, value in vars(texts).items() if name.isupper() and isinstance(value, str)
    )


def test_every_error_has_an_example_here() -> None:
    """An error that somebody adds cannot be forgotten in this table."""
    ours = {
        leaf for leaf in leaves(PipelineError) if leaf.__module__.startswith(("bot", "pipeline"))
    }

    assert set() == ours - {type(error) for error in EXAMPLES}


@pytest.mark.parametrize("problem", errors.ModelProblem)
def test_every_problem_of_a_model_says_what_to_do(problem: errors.ModelProblem) -> None:
    """An operator reads a Korean sentence with the next thing to do, and then the detail."""
    sentence = texts.model_not_loaded("sdxl", "unet/config.json", problem)

    assert "sdxl" in sentence
    assert re.search(r"(주세요|받아요)\. \[unet/config\.json\]$", sentence)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_has_a_sentence_of_its_own(error: PipelineError) -> None:
    """No known error is answered with the general apology."""
    sentence = texts.of_error(error, job_id="j")

    assert texts.apology("j") != sentence
    assert re.search(r"요[.?!]$|요\.\s", sentence), "해요체"


def test_an_unknown_error_shows_the_job_and_nothing_of_itself() -> None:
    """What an unexpected exception says is for the log alone."""
    sentence = texts.of_error(RuntimeError("secret path /etc"), job_id="abc123")

    assert "abc123" in sentence
    assert "secret" not in sentence


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.OK])
def test_every_refusal_says_what_to_do(verdict: Verdict) -> None:
    """A text that gives no prompt is answered with what would."""
    assert "주세요" in texts.refusal(verdict, ("뷁",)) or "그려 드릴게요" in texts.refusal(
        verdict, ()
    )


def test_no_sentence_leaves_the_particle_open() -> None:
    """Nothing reads 을(를): a particle is chosen, or the sentence is built without one."""
    source = Path(texts.__file__).read_text(encoding="utf-8")

    assert [] == re.findall(r"[가-힣]\([가-힣]\)", source)


def test_every_sentence_is_in_one_style() -> None:
    """All sentences end in 해요체: no 합니다, no 해라."""
    assert [] == [
        s for s in all_sentences() if re.search(r"(니다|니까|시오|하라|한다)[.?!]?$", s.strip())
    ]


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.2, "1초"), (59, "59초"), (60, "1분"), (61, "2분"), (420, "7분")]
)
def test_a_length_of_time_is_rounded_up(seconds: float, expected: str) -> None:
    """Nobody waits longer than was said because of rounding."""
    assert expected == texts.duration(seconds)


def stage(name: str, used: str, *failed: tuple[str, Failure]) -> StageRecord:
    """A stage that one provider did after others had failed."""
    failures = tuple(ProviderFailure(provider=who, failure=why) for who, why in failed)
    return StageRecord(name=name, provider=used, ms=1, failures=failures)


@pytest.mark.parametrize(
    ("stages", "lines"),
    [
        pytest.param((stage("translate", "papago"),), (), id="nobody failed"),
        pytest.param(
            (stage("translate", "glossary", ("papago", Failure.TIMED_OUT)),),
            ("파파고가 제때 답하지 않아 사전으로 옮겼어요.",),
            id="translation",
        ),
        pytest.param(
            (
                stage("one_call", "none", ("openai", Failure.BUSY)),
                stage("paraphrase", "offline"),
                stage("translate", "papago"),
            ),
            ("언어 모델이 바빠서 파파고로 옮겼어요.",),
            id="the one call is a way of translating",
        ),
        pytest.param(
            (
                stage("one_call", "none", ("openai", Failure.QUOTA)),
                stage("translate", "marian", ("papago", Failure.RESTING)),
            ),
            ("언어 모델이 쓸 수 있는 양이 다 되어 번역 모델로 옮겼어요.",),
            id="one line for a stage, whoever failed",
        ),
        pytest.param(
            (stage("paraphrase", "none", ("kt", Failure.UNREACHABLE)),),
            ("KT 지니랩스가 연결되지 않아 비슷한 문장 없이 그렸어요.",),
            id="without similar sentences",
        ),
        pytest.param(
            (
                stage("translate", "glossary", ("deepl", Failure.SPENT)),
                stage("keywords", "frequency", ("keybert", Failure.TIMED_OUT)),
            ),
            (
                "DeepL이 오늘 몫을 다 써서 사전으로 옮겼어요.",
                "문장 모델이 제때 답하지 않아 빈도로 중요한 낱말을 골랐어요.",
            ),
            id="a line for each stage",
        ),
    ],
)
def test_a_stage_that_fell_back_is_said(
    stages: tuple[StageRecord, ...], lines: tuple[str, ...]
) -> None:
    """A result that is simpler than it could be says who did not answer and what was done instead."""
    preparation = Preparation(text="고래", verdict=Verdict.OK, stages=stages)

    assert lines == texts.notes(preparation, ())


@pytest.mark.parametrize("failure", Failure)
@pytest.mark.parametrize("name", ["translate", "paraphrase", "keywords"])
def test_every_failure_has_its_words(name: str, failure: Failure) -> None:
    """Nobody reads the name of an enum."""
    failed = ProviderFailure(provider="papago", failure=failure)

    assert failure not in texts.degraded(name, failed, used="glossary")
    health = (ProviderHealth(name="papago", resting_for=failure),)
    status = texts.status(model="demo", num_running=0, is_ready=True, health=health)
    assert "파파고는 쉬고 있어요: " in status
    assert failure not in status


def test_the_status_counts_what_was_sent() -> None:
    """An operator sees what a paid provider was sent today; nobody reads of one that was sent nothing."""
    health = (ProviderHealth(name="papago", chars_today=12_345), ProviderHealth(name="glossary"))
    status = texts.status(model="demo", num_running=0, is_ready=True, health=health)

    assert "파파고에 오늘 12,345자를 보냈어요." in status
    assert "사전" not in status


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
    assert sentence == texts.of_error(error, job_id="j")
