"""The evaluation of the text pipeline counts what is there."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.types import Preparation, Verdict
from tools.glossary.measure import Tally, can_be_cut_out, main

LINES: tuple[dict[str, Any], ...] = (
    {"id": "1", "text": "파란 고양이 그려줘", "kind": "request", "subject_ko": "파란 고양이", "must_words_en": [["blue"], ["cat"]]},
    {"id": "2", "text": "빨간 쿠쿠루삥뽕 그려줘", "kind": "request", "subject_ko": "빨간 사과", "must_words_en": [["apple"]], "must_not_en": ["red"]},
    {"id": "3", "text": "그려줘", "kind": "empty_request", "subject_ko": None, "must_words_en": []},
    {"id": "4", "text": "고래 두 마리", "must_words_en": [["two"], ["whale"]]},
)  # fmt: skip


def test_the_table_has_a_row_for_each_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Found and missed, leaked and unknown are counted apart; the last line says the same as JSON."""
    path = tmp_path / "everyday_ko.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in LINES), encoding="utf-8")

    main([str(path), "--keywords", "frequency", "--faults"])

    *lines, last = capsys.readouterr().out.strip().splitlines()
    rows = {row["kind"]: row for row in json.loads(last)}
    assert ["request", "empty_request", "everyday"] == list(rows)
    assert all(sum(line.startswith(f"| {kind} |") for line in lines) == 1 for kind in rows)
    assert any(line.startswith("2 apple, ") for line in lines)
    request, empty, everyday = rows.values()
    assert (2, 0.6667, 1) == (request["messages"], request["required_words"], request["leaks"])
    assert request["unknown_words"] >= 1
    assert (
        1.0 == request["subject_exact"]
    )  # 빨간 사과 is no part of its message, so it shows nothing
    assert (1.0, None, 0) == (
        empty["subject_exact"], empty["required_words"], empty["max_tokens"],
    )  # fmt: skip
    assert (None, 1.0) == (everyday["subject_exact"], everyday["required_words"])
    assert 0 < everyday["max_tokens"] <= 75
    assert 0 < everyday["median_ms"] <= everyday["p95_ms"]


@pytest.mark.parametrize(
    ("message", "can"),
    [
        ({"text": "고래를 그려줘. 배경은 바다", "subject_ko": "고래, 배경은 바다"}, True),
        ({"text": "고래", "subject_ko": None}, True),
        ({"text": "a whale", "subject_ko": "고래"}, False),
        ({"text": "고래", "subject_ko": "고래", "note": "[subject-loose]"}, False),
        ({"text": "고래"}, False),
    ],
    ids=["two sentences", "nothing", "another language", "loose", "not known"],
)
def test_a_subject_counts_where_it_can_be_cut_out(message: dict[str, str], *, can: bool) -> None:
    """Another wording of the message is not what stripping gives."""
    assert can is can_be_cut_out(message)


def test_a_wrong_subject_is_counted_and_named() -> None:
    """Even where the prompt is right."""
    tally = Tally()
    message = {"id": "1", "text": "고래 그려줘", "subject_ko": "고래", "must_words_en": []}

    tally.add(
        message, Preparation(text="고래 그려줘", verdict=Verdict.OK, subject="고래 그려"), 1.0
    )

    assert 0.0 == tally.figures("request").subject_exact
    assert ["1 subject 고래 그려: None"] == tally.faults
