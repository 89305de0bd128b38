"""What the shell shows people: the trace of a text, as a table.

Sentences and headings come from `texts.py`. Knows Rich, which counts Hangul as two columns wide.
"""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import shell_texts, texts
from pipeline import Preparation, PreparedPrompt


def print_preparation(preparation: Preparation) -> None:
    """Show what a text became, and what every stage did."""
    console = Console(highlight=False)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="bold", no_wrap=True)
    for label, value in _facts(preparation):
        if value:
            facts.add_row(label, Text(value))
    stages = Table(title=texts.STAGES, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in texts.STAGE_HEADINGS:
        stages.add_column(heading, justify="right" if heading.endswith("ms") else "left")
    for stage in preparation.stages:
        tried = [f"{failed.provider}: {failed.failure}" for failed in stage.failures]
        note = "; ".join(filter(None, (stage.note, *tried)))
        stages.add_row(stage.name, stage.provider, f"{stage.ms:.1f}", Text(note))
    console.print(facts)
    console.print()
    console.print(stages)


def _facts(preparation: Preparation) -> list[tuple[str, str]]:
    prompt, tokens = preparation.prompt, preparation.tokens
    facts = [
        (texts.ROW_TEXT, preparation.text),
        (texts.ROW_VERDICT, str(preparation.verdict)),
        (texts.ROW_SUBJECT, preparation.subject or ""),
        (
            texts.ROW_ENGLISH,
            shell_texts.translated(preparation.english or "", preparation.translator),
        ),
        (texts.ROW_VARIANTS, "\n".join(preparation.variants)),
        (texts.ROW_KEYWORDS, ", ".join(f"{word} {w:.2f}" for word, w in preparation.keywords)),
        (texts.ROW_STYLE, preparation.style or ""),
        (texts.ROW_UNKNOWN, ", ".join(preparation.unknown_words)),
        (texts.ROW_SUGGESTION, preparation.suggestion or ""),
    ]
    if prompt is None or tokens is None:
        return facts
    return [
        *facts,
        (texts.ROW_PROMPT, f"{PreparedPrompt.text_of(prompt.prompt)} [{tokens.prompt}/75]"),
        (texts.ROW_PROMPT_2, f"{PreparedPrompt.text_of(prompt.prompt_2)} [{tokens.prompt_2}/75]"),
        (
            texts.ROW_NEGATIVE,
            f"{PreparedPrompt.text_of(prompt.negative_prompt)} [{tokens.negative_prompt}/75]",
        ),
    ]
