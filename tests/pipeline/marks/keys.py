"""Keys that sign pictures in tests, made anew for each run."""

from datetime import UTC, datetime, timedelta
from functools import cache

from bot import certificates
from bot.certificates import Keys


@cache
def _made(whose: str, ago: timedelta) -> Keys:
    assert whose
    return certificates.made(datetime.now(UTC) - ago)


def keys_of(whose: str = "ours", *, ago: timedelta = timedelta()) -> Keys:
    """Give somebody's keys, always the same in one run, made so long ago."""
    return _made(whose, ago)


def root_of(whose: str = "ours") -> bytes:
    """Give somebody's root."""
    return keys_of(whose).roots[0]
