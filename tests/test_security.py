"""What SECURITY.md claims is compared with the tests that show it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
RISKS = range(1, 26)
FAULTS = range(40, 61)


def rows(heading: str) -> dict[int, str]:
    """Give the rows of the table below a heading, by their numbers."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return {
        int(number): row
        for number, row in re.findall(r"^\| (\d+) \|(.*)\|$", section, re.MULTILINE)
    }


def marked() -> set[int]:
    """Say which faults tests are marked with."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.fault":
                found |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    return {number for number in found if isinstance(number, int)}


def test_every_risk_has_a_row_and_a_test() -> None:
    """Each row names tests, and all of them exist."""
    found = rows("위험과 한 일")

    assert list(RISKS) == sorted(found)
    for number, row in found.items():
        named = re.findall(r"`(tests/[\w/.]+)`", row)
        assert named, number
        assert [] == [path for path in named if not (ROOT / path).is_file()], number


def test_every_fault_has_a_row_and_a_test() -> None:
    """Each row of the faults has a test that is marked with its number, and each mark has a row."""
    found = set(rows("잘못과 나쁜 입력"))

    assert set(FAULTS) <= found
    assert found == marked()
