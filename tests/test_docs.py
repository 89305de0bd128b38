"""What both READMEs claim is compared with what is there."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bot.__main__ import _parser
from bot.settings import Settings
from tools.demo_model.evaluate import Task, table
from tools.demo_model.korean_sheet import SENTENCES

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", ROOT / "README.en.md"]

pytestmark = pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)


def block(readme: Path, name: str) -> str:
    """Give what stands between two markers of a README."""
    text = readme.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name}:begin -->\n(.*?)<!-- {name}:end -->", text, re.DOTALL)
    assert found, f"{readme.name} has no block {name}"
    return found[1].strip()


def defaults(model: BaseModel, prefix: str = "") -> dict[str, str]:
    """Give every setting's default, as the table writes it."""
    table: dict[str, str] = {}
    for name, info in type(model).model_fields.items():
        if info.exclude:  # a secret: it has no default, and stands in .env.example
            continue
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            table |= defaults(value, f"{prefix}{name}.")
        else:
            table[prefix + name] = written(value)
    return table


def written(value: Any) -> str:
    """Write a default as YAML users know it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def test_the_table_of_settings_is_complete_and_right(readme: Path) -> None:
    """Every key stands in the table with the default that really holds."""
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]*)` \|", block(readme, "settings"), re.MULTILINE)

    assert defaults(Settings()) == dict(rows)


def test_every_file_has_its_line(readme: Path) -> None:
    """The list of files names each source file once, and none that is not there."""
    listed = re.findall(r"^(\S+\.py)\s+\S", block(readme, "files"), re.MULTILINE)
    there = [
        path.relative_to(ROOT).as_posix()
        for package in ("bot", "pipeline", "tools", "benchmarks")
        for path in (ROOT / package).rglob("*.py")
        if path.stat().st_size
    ]

    assert sorted(there) == sorted(listed)


def test_the_evaluation_is_the_one_that_was_measured(readme: Path) -> None:
    """The model's figures are those that the evaluation wrote beside the weights."""
    facts = json.loads((ROOT / "models" / "demo" / "evaluation.json").read_text(encoding="utf-8"))
    del facts["settings"]
    tasks = [
        Task(name=name, pictures=task.pop("pictures"), seeds=task.pop("seeds"), figures=task)
        for name, task in facts.items()
    ]

    assert table(tasks) == block(readme, "evaluation")


def test_the_sentences_below_the_sheet_are_those_that_drew_it(readme: Path) -> None:
    """Row by row the table names what the pictures above were asked for with."""
    cells = [cell.strip() for cell in block(readme, "sentences").replace("\n", "").split("|")]

    assert list(SENTENCES) == [cell for cell in cells if cell.strip("-")]


def test_every_command_of_the_shell_is_one_that_exists(readme: Path) -> None:
    """What can be copied from the README is understood by the program."""
    commands = re.findall(r"^python -m bot (.+)$", readme.read_text(encoding="utf-8"), re.MULTILINE)
    assert commands

    for command in commands:
        _parser().parse_args(shlex.split(command, comments=True))


def test_links_lead_to_files(readme: Path) -> None:
    """Every relative link of a README leads somewhere."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", readme.read_text(encoding="utf-8"))

    assert [] == [link for link in links if not (ROOT / link).exists()]
