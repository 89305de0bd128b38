"""A failpoint does what the variable says, where and when it says so, and else nothing."""

import ast
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import failpoints
from bot.failpoints import NAMES, Failpoint, FailpointReached, FailpointUnknown, read

ROOT = Path(__file__).parents[2]
NAME = NAMES[0]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is armed before or after a test."""
    monkeypatch.delenv(failpoints.VARIABLE, raising=False)
    failpoints.armed.cache_clear()
    yield
    failpoints.armed.cache_clear()


@pytest.mark.parametrize(
    ("said", "failpoint"),
    [
        (f"{NAME}:kill", Failpoint(name=NAME, action="kill")),
        (f"{NAME}:raise:3", Failpoint(name=NAME, action="raise", nth=3)),
        (f"{NAME}:sleep:0.5", Failpoint(name=NAME, action="sleep", sleep_s=0.5)),
        (f"{NAME}:sleep:2:4", Failpoint(name=NAME, action="sleep", sleep_s=2, nth=4)),
    ],
)
def test_the_variable_names_a_place_and_what_happens(said: str, failpoint: Failpoint) -> None:
    """Every documented form is read."""
    assert failpoint == read({failpoints.VARIABLE: said})


@pytest.mark.parametrize("said", ["nowhere:kill", NAME, f"{NAME}:burn", f"{NAME}:kill:first"])
def test_what_cannot_be_read_is_refused(said: str) -> None:
    """A misspelt failpoint would let a test pass that tested nothing."""
    with pytest.raises(FailpointUnknown):
        read({failpoints.VARIABLE: said})


def test_nothing_happens_without_the_variable() -> None:
    """A pass does nothing in an ordinary process."""
    for name in NAMES:
        failpoints.pass_(name)


def test_a_place_must_be_declared() -> None:
    """A boundary that is not in the registry would never be tested."""
    with pytest.raises(FailpointUnknown):
        failpoints.pass_("somewhere")


def test_only_the_nth_pass_of_the_named_place_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other places and other passes do nothing."""
    monkeypatch.setenv(failpoints.VARIABLE, f"{NAME}:raise:2")
    failpoints.pass_(NAME)
    failpoints.pass_(NAMES[1])

    with pytest.raises(FailpointReached):
        failpoints.pass_(NAME)
    failpoints.pass_(NAME)


def test_a_kill_is_a_kill() -> None:
    """The process ends there and then: no handler, no `finally`, nothing flushed."""
    code = f"from bot.failpoints import pass_\ntry:\n    pass_({NAME!r})\nfinally:\n    print('!')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={failpoints.VARIABLE: f"{NAME}:kill"},
        cwd=ROOT,
        capture_output=True,
        check=False,
    )

    assert (-signal.SIGKILL, b"") == (done.returncode, done.stdout)


def test_every_declared_place_is_passed_in_the_code() -> None:
    """The registry and the code name the same places."""
    passed = {
        ast.literal_eval(node.args[0])
        for path in (ROOT / "bot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in ("pass_", "failpoints.pass_")
        and path.name != "failpoints.py"
    }

    assert set(NAMES) == passed
