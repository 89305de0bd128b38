"""A thread on which text is worked on: one for Kiwi and the glossary, one for each model.

The event loop never waits for the processor. A cancelled await does not stop work that runs, so every
input is bounded before it gets here.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from pipeline.errors import ShuttingDown

P = ParamSpec("P")
T = TypeVar("T")


class TextThread:
    """One named thread; lives from its creation to `close`."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._is_closed = False

    async def run(self, work: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Do work on the thread; raise `ShuttingDown` after `close`."""
        if self._is_closed:
            raise ShuttingDown
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, lambda: work(*args, **kwargs))

    def close(self) -> None:
        """Finish what runs, drop what waits, end the thread; idempotent."""
        self._is_closed = True
        self._executor.shutdown(wait=True, cancel_futures=True)
