"""Writes that come while another is under way share one commit, and no mistakes."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from bot.store import StoreUnavailable
from bot.store.writer import Writer

LIMIT_S = 60.0


class Book:
    """A database of lines: a commit keeps what was written, or nothing."""

    def __init__(self) -> None:
        self.commits: list[list[str]] = []
        self.error: Exception | None = None

    def commit(self, work: Callable[[list[str]], Any]) -> Any:
        """Do work and keep its lines. Raises what it raises, or what a test says."""
        lines: list[str] = []
        result = work(lines)
        if self.error is not None and len(lines) > 1:
            raise self.error
        self.commits.append(lines)
        return result


@pytest.fixture
def book() -> Book:
    """An empty one."""
    return Book()


@pytest.fixture
def writer(book: Book) -> Iterator[Writer[list[str]]]:
    """A writer into the book."""
    writer = Writer[list[str]](book.commit, thread_name="test writes")
    yield writer
    writer.close()


def write(line: str) -> Callable[[list[str]], int]:
    """Give work that writes a line and gives its place in the commit."""

    def work(lines: list[str]) -> int:
        lines.append(line)
        return len(lines)

    return work


def fail(lines: list[str]) -> int:
    """Write something, and make a mistake."""
    lines.append("wrong")
    raise KeyError("nobody")


def together(writer: Writer[list[str]], *works: Callable[[list[str]], int]) -> list[Future[int]]:
    """Submit work while the writer is busy, so that all of it waits at the same moment."""
    is_busy, go = threading.Event(), threading.Event()

    def keep_busy(lines: list[str]) -> None:
        is_busy.set()
        go.wait(LIMIT_S)

    writer.submit(keep_busy)
    is_busy.wait(LIMIT_S)
    futures = [writer.submit(work) for work in works]
    go.set()
    return futures


def test_what_waits_shares_a_commit(book: Book, writer: Writer[list[str]]) -> None:
    """In the order in which it came, each with its own result."""
    futures = together(writer, write("a"), write("b"), write("c"))

    assert [1, 2, 3] == [future.result(LIMIT_S) for future in futures]
    assert [[], ["a", "b", "c"]] == book.commits


def test_a_mistake_harms_nobody_else(book: Book, writer: Writer[list[str]]) -> None:
    """The others are written without it, and it alone is told."""
    first, wrong, last = together(writer, write("a"), fail, write("b"))

    assert [1, 1] == [first.result(LIMIT_S), last.result(LIMIT_S)]
    assert isinstance(wrong.exception(LIMIT_S), KeyError)
    assert [[], ["a"], ["b"]] == book.commits


def test_trouble_of_the_database_is_everybodys(book: Book, writer: Writer[list[str]]) -> None:
    """A database that was waited for in vain is not waited for by each in turn."""
    book.error = StoreUnavailable(reason="SQLITE_BUSY")
    futures = together(writer, write("a"), write("b"))

    assert [book.error] * 2 == [future.exception(LIMIT_S) for future in futures]
    assert [[]] == book.commits


def test_who_comes_alone_is_written_alone(book: Book, writer: Writer[list[str]]) -> None:
    """Nobody waits for company."""
    assert 1 == writer.submit(write("a")).result(LIMIT_S)
    assert 1 == writer.submit(write("b")).result(LIMIT_S)
    assert [["a"], ["b"]] == book.commits
