"""What people read is good Korean in one style, and says what to do next."""

import re
from pathlib import Path

import pytest

from bot import check_texts, error_texts, shell_texts, texts
from pipeline import (
    Failure,
    Preparation,
    ProviderFailure,
    ProviderHealth,
    StageRecord,
    Verdict,
)

MODULES = (texts, check_texts, error_texts, shell_texts)


def all_sentences() -> tuple[str, ...]:
    """Every sentence that stands there as it is."""
    return tuple(
        value
        for module in MODULES
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, str)
    )


@pytest.mark.parametrize("verdict", [v for v in Verdict if v is not Verdict.OK])
def test_every_refusal_says_what_to_do(verdict: Verdict) -> None:
    """A text that gives no prompt is answered with what would."""
    assert "주세요" in texts.refusal(verdict, ("뷁",)) or "그려 드릴게요" in texts.refusal(
        verdict, ()
    )


def test_no_sentence_leaves_the_particle_open() -> None:
    """Nothing reads 을(를): a particle is chosen, or the sentence is built without one."""
    sources = [Path(module.__file__ or "").read_text(encoding="utf-8") for module in MODULES]

    assert [] == re.findall(r"[가-힣]\([가-힣]\)", "".join(sources))


def test_every_sentence_is_in_one_style() -> None:
    """All sentences end in 해요체: no 합니다, no 해라."""
    assert [] == [
        s for s in all_sentences() if re.search(r"(니다|니까|시오|하라|한다)[.?!]?$", s.strip())
    ]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.2, "1초"),
        (59, "59초"),
        (60, "1분"),
        (61, "2분"),
        (420, "7분"),
        (7_200, "120분"),
        (7_201, "3시간"),
        (172_800, "48시간"),
        (172_801, "3일"),
    ],
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
