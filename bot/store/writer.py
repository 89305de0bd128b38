"""The one thread that writes: what waits for it meanwhile shares a commit, and so a visit to the disk.

Where something of a shared commit fails, all of it is undone and each part is tried on its own, so that
nobody is harmed by another's mistake: work must bear to be called twice. Does not know a database.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog

from bot.store.errors import StoreError

Connection = TypeVar("Connection")
Result = TypeVar("Result")

log = structlog.get_logger()

_MAX_SHARED = 64  # so that nobody waits for all who come later


@dataclass(slots=True, eq=False)
class _Write(Generic[Connection]):
    """One piece of work, and what came of it in a shared commit."""

    work: Callable[[Connection], Any]
    is_taken: bool = False
    outcome: Future[Any] | None = None


class Writer(Generic[Connection]):
    """Does work in order, on a thread of its own; lives until `close`.

    commit: calls work with a connection and makes what it did durable, or undoes it and raises.
    """

    def __init__(
        self, commit: Callable[[Callable[[Connection], Any]], Any], *, thread_name: str
    ) -> None:
        self._commit = commit
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=thread_name)
        self._waiting: deque[_Write[Connection]] = deque()

    def submit(self, work: Callable[[Connection], Result]) -> Future[Result]:
        """Have work done; its result is durable when the future has it."""
        write = _Write(work)
        self._waiting.append(write)
        return self._thread.submit(self._do, write)

    def close(self) -> None:
        """Finish what was begun; may be called again."""
        self._thread.shutdown()

    def _do(self, write: _Write[Connection]) -> Any:
        if not write.is_taken:
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MAX_SHARED))]
            for one in taken:
                one.is_taken = True
            if len(taken) > 1:
                self._share(taken)
        return write.outcome.result() if write.outcome else self._commit(write.work)

    def _share(self, writes: list[_Write[Connection]]) -> None:
        try:
            results = self._commit(lambda connection: [one.work(connection) for one in writes])
        except StoreError as error:  # the database's own trouble is everybody's
            for one in writes:
                one.outcome = Future()
                one.outcome.set_exception(error)
        except Exception:
            log.info("a shared commit is repeated in parts", num=len(writes), exc_info=True)
        else:
            for one, result in zip(writes, results, strict=True):
                one.outcome = Future()
                one.outcome.set_result(result)
