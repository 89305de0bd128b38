"""The program in service, measured from outside: real processes, on a stand-in platform in this one.

An acknowledgement lasts from the moment when a person has written until the first card arrives at the
platform. The event loop's lag is noted by the program itself, on the clock that all processes share.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.setting import percentile
from bot.adapters.port import CardState
from tests.kill.role import Form, Role
from tests.platform.log import Event, Shown
from tests.platform.server import Platform

_LOOK_S = 0.05
_UP_LIMIT_S = 300.0
_EDIT_INTERVAL_S = 1.0  # as Discord allows it
_ENDINGS = frozenset({CardState.DONE, CardState.FAILED, CardState.CANCELLED, CardState.NOTE})
# The queue is open: what is measured is the program, not whom it sends away.
OPEN = {"QUEUE__MAX_PER_PERSON": "1000", "QUEUE__MAX_WAIT_S": "86400", "LOG_LEVEL": "info"}


@dataclass(slots=True, kw_only=True)
class Service:
    """People at a platform, and the roles that serve them."""

    platform: Platform
    roles: tuple[Role, ...]
    lag_file: Path
    environment: Mapping[str, str]
    said_s: dict[str, float] = field(default_factory=dict)  # event id → when it was written
    _answers: dict[str, Shown] = field(default_factory=dict)
    _num_read: int = 0

    async def start(self) -> None:
        """Start all roles. Raises Died."""
        await asyncio.gather(*(role.start(**self.environment) for role in self.roles))
        await asyncio.gather(*(role.up() for role in self.roles))

    def say(self, text: str, *, person: str, place: str = "lobby") -> Event:
        """Let a person write something now."""
        event = self.platform.say(text, person=person, place=place)
        self.said_s[event.id] = monotonic()
        return event

    def answer(self, event: Event) -> Shown | None:
        """Give the first card that answered; None before it."""
        messages = self.platform.log.messages
        for number in range(self._num_read, len(messages)):
            shown = messages[f"message-{number}"]
            if shown.reply_to is not None:
                self._answers.setdefault(shown.reply_to, shown)
        self._num_read = len(messages)
        return self._answers.get(event.id)

    def first_state(self, event: Event) -> CardState | None:
        """Say what the first card showed; None before it."""
        shown = self.answer(event)
        return shown.versions[0].state if shown else None

    def ended_s(self, event: Event) -> float | None:
        """Say when a request came to its end; None while it has not."""
        shown = self.answer(event)
        is_over = shown is not None and shown.last.state in _ENDINGS
        return shown.last.at_s if shown is not None and is_over else None

    async def until(self, is_so: Callable[[], bool], *, limit_s: float = _UP_LIMIT_S) -> None:
        """Look until something is true. Raises TimeoutError, or Died where a role ended."""
        async with asyncio.timeout(limit_s):
            while not is_so():
                for role in self.roles:
                    role.check()
                await asyncio.sleep(_LOOK_S)

    async def end_of(self, event: Event) -> float:
        """Wait until a request came to its end, and say when. Raises as `until` does."""
        await self.until(lambda: self.ended_s(event) is not None)
        return self.ended_s(event) or 0.0

    async def warm_up(self, text: str) -> None:
        """Have a picture drawn, so that everything is loaded."""
        await self.end_of(self.say(text, person="first"))

    def acknowledgements_s(self, events: Iterable[Event]) -> list[float]:
        """Say how long each waited for its first card. Raises TimeoutError where one has none."""
        answers = [(event, self.answer(event)) for event in events]
        if any(shown is None for _, shown in answers):
            raise TimeoutError
        return [shown.versions[0].at_s - self.said_s[event.id] for event, shown in answers if shown]

    def lags_s(self, *, since_s: float) -> list[float]:
        """Say how late the event loop of the first role was, from a moment on."""
        lines = (line.split() for line in self.lag_file.read_text().splitlines())
        return [float(line[1]) for line in lines if len(line) == 2 and float(line[0]) >= since_s]


@asynccontextmanager
async def service(
    folder: Path,
    *names: str,
    work_s: float | None = None,
    database_url: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[Service]:
    """Serve from enter to exit with these roles; without `work_s` pictures are really drawn."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    lag_file = folder / "lag.txt"
    async with Platform() as platform:
        form = Form(
            folder=folder, platform_url=platform.url, work_s=work_s, database_url=database_url
        )
        first, *others = form.roles(*names)
        more = ("--edit-interval", str(_EDIT_INTERVAL_S), "--lag", str(lag_file))
        served = Service(
            platform=platform,
            roles=(replace(first, arguments=(*first.arguments, *more)), *others),
            lag_file=lag_file,
            environment={
                f"GEURYEOJWO_{key}": value for key, value in {**OPEN, **(environment or {})}.items()
            },
        )
        try:
            await served.start()
            yield served
        finally:
            await asyncio.gather(*(role.stop() for role in served.roles))


def memory_mb(pid: int) -> float:
    """Read how much memory a process has in RAM."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def processor_s(pid: int) -> float:
    """Read how many seconds of processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def summary_ms(values_s: list[float]) -> dict[str, Any]:
    """Summarise durations, in milliseconds."""
    shares = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    return {name: round(1000 * percentile(values_s, share), 1) for name, share in shares.items()}
