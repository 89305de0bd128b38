"""What holds for every test."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# The same examples every time, however long a busy machine takes for them.
settings.register_profile(
    "patient", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("patient")

_LONGEST = ("kill", "end_to_end", "benchmarks")  # folders

# No platform waits here, and a test must not fail because the machine is busy with others.
_PATIENCE_S = 60.0
_IMPATIENT = (
    "bot.gatekeeper._READ_S", "bot.gatekeeper._WRITE_S", "bot.intake._WRITE_S", "bot.intake._ENQUEUE_S",
    "bot.notices._READ_S", "bot.places._READ_S",
)  # fmt: skip


@pytest.fixture(autouse=True, scope="session")
def _patient() -> Iterator[None]:
    """Nobody is refused because something was not written down or read in time; who tests that asks for less."""
    with pytest.MonkeyPatch.context() as patch:
        for limit in _IMPATIENT:
            patch.setattr(limit, _PATIENCE_S)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no process is left with it when the others are done."""
    root = Path(__file__).parent

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(root).parts[0]
        return _LONGEST.index(folder) if folder in _LONGEST else len(_LONGEST)

    items.sort(key=rank)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write out halves of surrogate pairs, which tests print and no report can carry to another process."""
    report = yield
    report.sections = [(name, _encodable(text)) for name, text in report.sections]
    if report.failed and _encodable(report.longreprtext) != report.longreprtext:
        report.longrepr = _encodable(report.longreprtext)
    return report


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
