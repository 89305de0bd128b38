"""What equal requests share of their preparation, and how it is read back from where it was kept.

`dataclasses.asdict` writes it down. Knows nobody who makes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import Failure
from pipeline.text.keywords import Keywords
from pipeline.text.wording import Wording
from pipeline.types import ProviderFailure, StageRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What equal requests share."""

    wording: Wording
    keywords: Keywords
    stages: tuple[StageRecord, ...]

    @property
    def is_degraded(self) -> bool:
        """Whether somebody who was wanted did not answer."""
        return any(stage.failures for stage in self.stages)


def made_from(kept: Mapping[str, Any]) -> Made:
    """Read what `asdict` wrote, lists in the place of tuples; the stages took no time."""
    return Made(
        wording=Wording(**_frozen(kept["wording"])),
        keywords=_frozen(kept["keywords"]),
        stages=tuple(
            StageRecord(
                name=stage["name"],
                provider=stage["provider"],
                ms=0.0,
                note="from the cache",
                failures=tuple(
                    ProviderFailure(**(failed | {"failure": Failure(failed["failure"])}))
                    for failed in stage["failures"]
                ),
            )
            for stage in kept["stages"]
        ),
    )


def _frozen(value: Any) -> Any:
    """Turn lists into tuples, however deep."""
    if isinstance(value, list | tuple):
        return tuple(_frozen(one) for one in value)
    if isinstance(value, dict):
        return {name: _frozen(one) for name, one in value.items()}
    return value
