"""Counts the characters that paid providers are sent in a day, and stops before the operator's limit.

The day is Korea's. The counts outlive the program, so that a restart spends nothing twice.
Event loop only. Does not know prices.
"""

import json
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from pipeline.errors import Failure, StageFailed

log = structlog.get_logger(__name__)

KOREA = ZoneInfo("Asia/Seoul")
_WARN_AT = 0.8  # of the limit

Spend = Callable[[int], None]
"""(characters about to be sent) → None. Raises StageFailed (SPENT) instead of letting them go."""


def _now() -> datetime:
    return datetime.now(KOREA)


class Allowances:
    """The counts of one day, for every paid provider. Lives as long as the text pipeline."""

    def __init__(
        self,
        *,
        daily_chars: int | None,
        path: Path | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._daily_chars, self._path, self._now = daily_chars, path, now
        self._day, self._chars = _read(path)

    def spender(self, provider: str) -> Spend:
        """Give what a provider calls before every request."""

        def spend(num_chars: int) -> None:
            self._turn_over()
            if (
                self._daily_chars is not None
                and self.spent(provider) + num_chars > self._daily_chars
            ):
                raise StageFailed(stage="allowance", provider=provider, failure=Failure.SPENT)
            self._add(provider, num_chars)

        return spend

    def spent(self, provider: str) -> int:
        """Return the characters that a provider was sent today."""
        return self._chars.get(provider, 0) if self._day == self._today() else 0

    def _today(self) -> str:
        return self._now().date().isoformat()

    def _turn_over(self) -> None:
        if self._day != self._today():
            self._day, self._chars = self._today(), {}

    def _add(self, provider: str, num_chars: int) -> None:
        before, after = self.spent(provider), self.spent(provider) + num_chars
        self._chars[provider] = after
        _write(self._path, {"day": self._day, "chars": self._chars})
        limit = self._daily_chars
        if limit is not None and before < _WARN_AT * limit <= after:
            log.warning(
                "daily characters nearly spent", provider=provider, chars=after, limit=limit
            )


def _read(path: Path | None) -> tuple[str, dict[str, int]]:
    """Read the counts; a file that is missing or broken counts nothing."""
    try:
        kept = json.loads(path.read_text("utf-8")) if path else {}
        return str(kept["day"]), {str(name): int(num) for name, num in kept["chars"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "", {}


def _write(path: Path | None, kept: dict[str, object]) -> None:
    """Replace the counts in one move."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")
    partial.write_text(json.dumps(kept), "utf-8")
    partial.replace(path)
