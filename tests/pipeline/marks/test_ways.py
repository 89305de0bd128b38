"""Nothing but what marks pictures makes files of them, so that no way out can forget a mark.

Besides pictures only looks at what is being drawn are written, which say as well that AI makes them.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGES = ("bot", "pipeline")

# A file that writes pictures → why.
WRITERS = {
    "pipeline/marks/writing.py": "marks them",
}
PREVIEWS = {"bot/telling.py"}  # who may write a look, which has no receipt and no signature
READERS = {"bot/marking.py"}  # who may write a marked picture again
FINISHERS = {"bot/pictures.py"}  # who may mark one


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Name every call in a file by its last word."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute):
                yield function.attr, node
            elif isinstance(function, ast.Name):
                yield function.id, node


def files_that_import(name: str) -> set[str]:
    """Name the files of the bot that import something of the pipeline."""
    found = set()
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(
                "pipeline"
            ):
                continue
            if name in {alias.name for alias in node.names}:
                found.add(path.relative_to(ROOT).as_posix())
    return found


@pytest.mark.fault(53)
def test_only_what_marks_pictures_writes_them() -> None:
    """Nobody else has an image library save one."""
    saving = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if any(name == "save" for name, _ in calls(path))
    }

    assert set(WRITERS) == saving


@pytest.mark.fault(53)
def test_a_look_without_all_marks_is_given_to_nobody_but_whoever_waits() -> None:
    """What writes one is used where progress is told, and nowhere else."""
    assert PREVIEWS == files_that_import("preview_png")


@pytest.mark.fault(53)
@pytest.mark.parametrize(("name", "where"), [("mark", FINISHERS), ("smaller", READERS)])
def test_a_picture_is_marked_in_one_place(name: str, where: set[str]) -> None:
    """Whoever finishes one, and whoever writes one again."""
    assert where == files_that_import(name)


@pytest.mark.fault(53)
def test_adapters_read_pictures_in_one_way() -> None:
    """What they get is what the reader gives, which marks again what it makes smaller."""
    adapters = (ROOT / "bot" / "adapters").rglob("*.py")
    opened = [path.name for path in adapters if "bot.files" in path.read_text("utf-8")]

    assert [] == opened
