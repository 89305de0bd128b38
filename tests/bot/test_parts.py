"""The pipeline's parts are built as the settings say."""

import pytest

from bot import shell_texts
from bot.parts import make_text_gate
from bot.settings import SafetySection, Settings
from bot.shell import why_not_started
from pipeline import Rule, RulesMissing


def test_the_text_gate_knows_the_operator_s_words() -> None:
    """What the operator forbids is refused, and what is allowed passes."""
    safety = SafetySection(forbidden_words=("홍길동",), allowed_words=("누드",))
    gate = make_text_gate(Settings(safety=safety))

    assert Rule.FORBIDDEN is gate.judge("홍길동 그려줘").rule
    assert gate.judge("누드 크로키").rule is None
    assert Rule.MINOR is gate.judge("초등학생 누드").rule


def test_without_the_lists_the_operator_reads_why_nothing_starts() -> None:
    """A start without the gate's lists ends with a sentence that names them."""
    said = why_not_started(RulesMissing("no lists"))

    assert shell_texts.RULES_MISSING == said
    assert "words_ko.txt" in said


@pytest.mark.parametrize("word", ["홍길동", "ㅎㅗㅇㄱㅣㄹㄷㅗㅇ"])
def test_the_default_settings_forbid_no_word(word: str) -> None:
    """Only what an operator wrote is forbidden."""
    assert make_text_gate(Settings()).judge(word).rule is None
