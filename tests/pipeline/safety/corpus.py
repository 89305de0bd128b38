"""The texts on which the text gate is tested and measured; the lists lie among the test data."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parents[2] / "data"


def messages(name: str) -> list[dict[str, Any]]:
    """Read messages and how they are marked."""
    return [json.loads(line) for line in (_DATA / name).read_text("utf-8").splitlines()]


def requests() -> list[str]:
    """Give the requests that people write every day, and the safe ones of the acceptance data."""
    safe = [one for one in messages("messages_ko.jsonl") if one["safe"]]
    return [one["text"] for one in (*safe, *messages("everyday_ko.jsonl"))]


def lines_of(name: str) -> list[str]:
    """Read the lines of a list that are no comments."""
    lines = (_DATA / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def expanded(name: str) -> list[str]:
    """Give every sentence of a list whose lines have choices in braces."""
    found = []
    for line in lines_of(name):
        parts = re.split(r"\{([^}]*)\}", line)
        options = [part.split("|") if i % 2 else [part] for i, part in enumerate(parts)]
        found += ["".join(chosen) for chosen in itertools.product(*options)]
    return found


def unsafe() -> Iterator[tuple[str, str]]:
    """Give rule and text of everything that is refused, brackets around what is disguised."""
    yield from _by_heading("unsafe_ko.txt")


def held_out() -> tuple[list[str], list[str]]:
    """Give what is to be refused and what is harmless of the texts that no list was made for."""
    texts = list(_by_heading("held_out_ko.txt"))
    return (
        [text for heading, text in texts if heading == "refused"],
        [text for heading, text in texts if heading == "harmless"],
    )


def _by_heading(name: str) -> Iterator[tuple[str, str]]:
    heading = ""
    for line in lines_of(name):
        if found := re.fullmatch(r"\[([a-z_]+)\]", line):
            heading = found[1]
        else:
            yield heading, line
