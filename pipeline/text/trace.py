"""The trace of one preparation: a record for every stage, with its time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pipeline.types import ProviderFailure, StageRecord


@dataclass(slots=True)
class Stage:
    """A stage that is running; it says what it did by setting `provider` and `note`."""

    name: str
    provider: str = "local"
    note: str = ""
    failures: list[ProviderFailure] = field(default_factory=list)


@dataclass(slots=True)
class Trace:
    """Collects records in the order in which stages end."""

    records: list[StageRecord] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[Stage]:
        """Time a stage; it is recorded even when it fails."""
        stage, begin = Stage(name=name), time.perf_counter()
        try:
            yield stage
        finally:
            ms = (time.perf_counter() - begin) * 1000
            self.records.append(
                StageRecord(
                    name=stage.name,
                    provider=stage.provider,
                    ms=ms,
                    note=stage.note,
                    failures=tuple(stage.failures),
                )
            )
