"""Places where a test makes the program die, fail or dawdle: one at every boundary that matters.

`FAILPOINT=<name>:<kill|raise|sleep:seconds>[:nth]` in the environment arms one of them, at its nth
pass, which is the first where nothing is said. The variable is read once, at the first pass or by
`armed()`; without it a pass costs one call. No setting, because no operator has a use for it.
"""

import itertools
import os
import re
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

VARIABLE = "FAILPOINT"
NAMES = (
    "after_accept_before_enqueue",
    "after_enqueue_before_ack",
    "after_ack_before_kept",
    "after_prepare_before_record",
    "after_claim_before_draw",
    "after_draw_before_file",
    "after_file_before_conclude",
    "after_conclude_before_deliver",
    "before_edit",
    "after_edit_before_close",
    "after_sending_before_send",
    "after_send_before_sent",
    "after_sent_before_close",
    "after_cancel_before_deliver",
    "after_erase_rows_before_files",
)
_FORM = re.compile(
    r"(?P<name>\w+):(?P<action>kill|raise|sleep:(?P<sleep_s>\d+(\.\d+)?))(:(?P<nth>\d+))?"
)


class FailpointReached(Exception):
    """The failpoint that was to raise was passed."""


class FailpointUnknown(Exception):
    """The variable, or a pass, does not say one of `NAMES` and what is to happen there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failpoint:
    """One armed place."""

    name: str
    action: str  # "kill", "raise" or "sleep"
    sleep_s: float = 0.0
    nth: int = 1  # the pass at which it happens; the others do nothing
    passes: Iterator[int] = field(default_factory=lambda: itertools.count(1), compare=False)

    def pass_(self) -> None:
        """Count a pass, and do at the nth what was asked for."""
        if next(self.passes) != self.nth:
            return
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.action == "raise":
            raise FailpointReached(self.name)
        time.sleep(self.sleep_s)


def read(environ: Mapping[str, str]) -> Failpoint | None:
    """Read what is armed; None where nothing is. Raises FailpointUnknown."""
    said = environ.get(VARIABLE)
    if not said:
        return None
    found = _FORM.fullmatch(said)
    if found is None or found["name"] not in NAMES:
        raise FailpointUnknown(said)
    return Failpoint(
        name=found["name"],
        action=found["action"].partition(":")[0],
        sleep_s=float(found["sleep_s"] or 0),
        nth=int(found["nth"] or 1),
    )


@cache
def armed() -> Failpoint | None:
    """Give what this process has armed. Raises FailpointUnknown."""
    return read(os.environ)


def pass_(name: str) -> None:
    """Pass a boundary. Raises FailpointReached where that is armed here, FailpointUnknown for a new name."""
    if name not in NAMES:
        raise FailpointUnknown(name)
    failpoint = armed()
    if failpoint is not None and failpoint.name == name:
        failpoint.pass_()
