"""Measure the text pipeline on messages with known answers, kind by kind; the last line is one JSON object.

python -m tools.glossary.measure tests/data/messages_ko.jsonl tests/data/everyday_ko.jsonl
"""

import argparse
import asyncio
import json
import re
import statistics
import time
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.engine.tokens import load_token_counter
from pipeline.text.normalise import has_hangul
from pipeline.text.options import TextOptions
from pipeline.text.prepare import Preparer
from pipeline.types import Preparation, PreparedPrompt

MODEL = Path(__file__).parents[2] / "models" / "demo"
ENDINGS = ((r"ies$", "y"), (r"es$", ""), (r"s$", ""), (r"ing$", ""), (r"ing$", "e"))
ASKING = frozenset({"draw", "please", "plz", "pls"})
COLUMNS = ("kind", "messages", "subject exact", "required words", "leaks", "Hangul", "tokens at most", "unknown words", "ms median", "ms p95")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was counted over the messages of one kind; a share is None where no message can show it."""

    kind: str
    messages: int
    subject_exact: float | None  # of subjects that can be cut out of their message
    required_words: float | None
    leaks: int  # words that must not be in a prompt
    hangul: int  # messages with Hangul in a prompt
    max_tokens: int
    unknown_words: int
    median_ms: float
    p95_ms: float

    def row(self) -> str:
        """Write a line of the table."""
        shares = [_percent(self.subject_exact), _percent(self.required_words)]
        counts = [self.leaks, self.hangul, self.max_tokens, self.unknown_words]
        times = [f"{self.median_ms:.1f}", f"{self.p95_ms:.1f}"]
        cells = [self.kind, self.messages, *shares, *counts, *times]
        return "| " + " | ".join(map(str, cells)) + " |"


@dataclass(slots=True)
class Tally:
    """What is counted while messages of one kind are prepared."""

    subjects: list[bool] = field(default_factory=list)
    required: list[bool] = field(default_factory=list)
    num_leaks: int = 0
    num_hangul: int = 0
    tokens: list[int] = field(default_factory=list)
    num_unknown: int = 0
    ms: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)  # for whoever wants to see them

    def add(self, message: dict[str, Any], prepared: Preparation, ms: float) -> None:
        """Count one message."""
        texts = prompts_of(prepared)
        found, plain = words_of(texts[:2]), words_of(texts[:2], stems=False)
        missed = [group for group in message["must_words_en"] if not found & set(group)]
        leaked = plain & (ASKING | set(message.get("must_not_en", ())))
        self.required += [group not in missed for group in message["must_words_en"]]
        self.num_leaks += len(leaked)
        self.num_hangul += any(has_hangul(text) for text in texts)
        self.num_unknown += len(prepared.unknown_words)
        self.tokens += list(asdict(prepared.tokens).values()) if prepared.tokens else []
        self.ms.append(ms)
        if can_be_cut_out(message):
            self.subjects.append(squeezed(message["subject_ko"]) == squeezed(prepared.subject))
            missed += [] if self.subjects[-1] else [[f"subject {prepared.subject}"]]
        faults = [*(group[0] for group in missed), *sorted(leaked)]
        if faults:
            self.faults.append(f"{message['id']} {', '.join(faults)}: {prepared.english}")

    def figures(self, kind: str) -> Figures:
        """Sum up."""
        ms = sorted(self.ms)
        return Figures(
            kind=kind,
            messages=len(ms),
            subject_exact=_share(self.subjects),
            required_words=_share(self.required),
            leaks=self.num_leaks,
            hangul=self.num_hangul,
            max_tokens=max(self.tokens, default=0),
            unknown_words=self.num_unknown,
            median_ms=round(statistics.median(ms), 2),
            p95_ms=round(ms[min(len(ms) - 1, round(0.95 * len(ms)))], 2),
        )


def _share(hits: Sequence[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def squeezed(text: str | None) -> str:
    """Compose a text and leave blanks and punctuation out."""
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", text or ""))


def can_be_cut_out(message: dict[str, Any]) -> bool:
    """Tell whether the expected subject is what is left of the message, and not another wording of it."""
    if "subject_ko" not in message or "[subject-loose]" in message.get("note", ""):
        return False
    letters = iter(squeezed(message["text"]))
    return all(c in letters for c in squeezed(message["subject_ko"]))


def prompts_of(prepared: Preparation) -> list[str]:
    """Give the three prompts as text; none where there is no prompt."""
    prompt = prepared.prompt
    if prompt is None:
        return []
    parts = (prompt.prompt, prompt.prompt_2, prompt.negative_prompt)
    return [PreparedPrompt.text_of(part) for part in parts]


def words_of(texts: Sequence[str], *, stems: bool = True) -> set[str]:
    """Give the words of texts, with simple stems."""
    words = set(re.findall(r"[a-z0-9]+", " ".join(texts).lower()))
    return words | {re.sub(end, stem, w) for w in words for end, stem in ENDINGS if stems}


def read(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Read messages; those without a kind are of the kind that their file is called by."""
    return [
        {"kind": path.stem.removesuffix("_ko"), **json.loads(line)}
        for path in paths
        for line in path.read_text("utf-8").splitlines()
    ]


async def measure(messages: Sequence[dict[str, Any]], options: TextOptions) -> dict[str, Tally]:
    """Prepare all messages one after the other, by the tokenizers of the demonstration model."""
    preparer = Preparer(options, load_token_counter(MODEL))
    await preparer.warm_up()
    await preparer.prepare("고래 그려줘")  # what is loaded at the first use is nobody's time
    tallies: dict[str, Tally] = {}
    for message in messages:
        begin = time.perf_counter()
        prepared = await preparer.prepare(message["text"])
        ms = (time.perf_counter() - begin) * 1000
        tallies.setdefault(message["kind"], Tally()).add(message, prepared, ms)
    await preparer.close()
    return tallies


def table(figures: Sequence[Figures]) -> str:
    """Write the figures as a table in Markdown."""
    head = "| " + " | ".join(COLUMNS) + " |"
    line = "|---|" + "---:|" * (len(COLUMNS) - 1)
    return "\n".join([head, line, *(one.row() for one in figures)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--kind", action="append", help="only these kinds")
    parser.add_argument("--keywords", default="keybert", choices=("keybert", "frequency"))
    parser.add_argument("--faults", action="store_true", help="name what was missed or leaked")
    args = parser.parse_args(arguments)
    messages = [m for m in read(args.files) if not args.kind or m["kind"] in args.kind]
    options = TextOptions(keyword_extractors=(args.keywords,))
    tallies = asyncio.run(measure(messages, options))
    figures = [tally.figures(kind) for kind, tally in tallies.items()]
    if args.faults:
        print(*(fault for tally in tallies.values() for fault in tally.faults), sep="\n")
    print(table(figures), json.dumps([asdict(one) for one in figures]), sep="\n\n")


if __name__ == "__main__":
    main()
