"""What a test sets up of the log is undone after it; whoever wants that imports the fixture."""

import logging
import sys
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """Undo what `logs.set_up` changes: it holds for the whole process."""
    hook = sys.excepthook
    loggers = [logging.getLogger(), logging.getLogger("dbos")]
    kept = [(one, list(one.handlers), one.level, one.propagate) for one in loggers]
    yield
    structlog.reset_defaults()
    sys.excepthook = hook
    for logger, handlers, level, propagate in kept:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate
