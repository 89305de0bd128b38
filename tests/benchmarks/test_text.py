"""The benchmark of the text pipeline runs, and counts what each way asks for."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import origin, text
from benchmarks.stand_ins import similar
from pipeline.engine.options import DEMO


@pytest.fixture(scope="module")
def figures() -> Any:
    """Every way on one text, without waiting for services; KT is asked for three sentences."""
    texts = text.read_texts()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(origin, "NUM_SIMILAR_KT", 3)
        measured = text.measure(texts[:1], texts[:3], tokenizers=Path(DEMO.path), delay_s=0.0)
        return asyncio.run(measured)


def test_calls_are_counted_where_they_arrive(figures: Any) -> None:
    """The origin asks a service once for every sentence, and once for the sentences; we ask once."""
    calls = {name: way["calls_by_service"] for name, way in figures["ways"].items()}

    assert {"openai": 1, "papago": 11} == calls["the origin's, language model"]
    assert {"kt": 1, "papago": 4} == calls["the origin's, KT"]
    assert {"openai": 1} == calls["ours, fast, language model"]
    assert {"papago": 1} == calls["ours, fast, Papago alone"]
    assert {"openai": 1, "papago": 9} == calls["ours, origin mode"]


def test_every_way_has_its_figures(figures: Any) -> None:
    """What is read fits, what is cut is told, and time to load is part of the time; all of it is JSON."""
    assert figures == json.loads(json.dumps(figures))
    for way in figures["ways"].values():
        assert 0 < way["tokens"] <= 75
        assert 0 <= way["tokens_cut"]
        assert 0 <= way["load_s"] < way["p50_s"] <= way["p95_s"]
    assert 3 == figures["crowd"]["num_pictures"]
    assert figures["crowd"]["loop_lag_ms"]["p99"] >= 0
    assert figures["hostile_cpu_ms"].keys() == text.HOSTILE.keys()


def test_the_origins_prompt_is_a_list_of_words_and_plus_signs() -> None:
    """What most sentences agree on comes first; the first encoder reads the person's own sentence alone."""
    found = {"a blue cat": [("blue", 0.5), ("cat", 0.7)], "a cat": [("cat", 0.9)]}
    prompts = origin.prompts_of(["a blue cat", "a cat"], found.__getitem__)

    assert "a cat" == prompts.prompt
    assert prompts.prompt_2.startswith("cat+++, blue+++, best quality++, ")


def test_stand_ins_never_run_out_of_sentences() -> None:
    """As many different sentences come as are asked for."""
    assert 50 == len(set(similar("고래", 50)))
