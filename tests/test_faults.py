"""What SECURITY.md claims has a test: every fault one that says so, every risk one that is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]


def rows(heading: str) -> list[list[str]]:
    """Give the cells of the table below a heading of SECURITY.md, without its head."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


def proven() -> Iterator[tuple[int, str]]:
    """Name each fault that a test, a class or a module says it proves, with its file."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
                for number in node.args:
                    yield ast.literal_eval(number), path.name


def test_every_fault_has_a_test_that_says_so() -> None:
    """The table of faults names the numbers that tests prove, no more and no fewer."""
    listed = [int(number) for number, *_ in rows("잘못과 나쁜 입력")]

    assert len(listed) == len(set(listed)) > 0
    assert sorted(listed) == sorted({number for number, _ in proven()})


def test_every_test_that_is_named_is_there() -> None:
    """A risk without a test, or with one that was moved, is found."""
    risks = rows("위험과 한 일")
    named = {number: re.findall(r"`(tests/[^`]+)`", tests) for number, *_, tests in risks}

    assert risks
    assert [] == [number for number, tests in named.items() if not tests]
    assert [] == [path for tests in named.values() for path in tests if not (ROOT / path).exists()]
