"""`python -m tests.kill.loop`: kill the program again and again while people use it, then judge.

The processes are the real ones, the kills are SIGKILL, and the platform has its faults. When the
kills are over nothing new is asked, what is under way may end, all processes die once more and come
back, so that whatever would be done twice is done. Then the platform's log alone is judged.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.kill import telegram
from tests.kill.judge import Verdict, judge
from tests.kill.people import People
from tests.kill.role import Form, Role
from tests.platform.faults import QUIET, Plan
from tests.platform.server import Platform
from tests.postgres import postgres

ROLES = {
    "embedded": ("run",),
    "apart": ("chat", "worker-0"),
    "postgres": ("chat", "worker-0", "worker-1"),
}
TELEGRAM = "telegram"  # one process, on the local Telegram rather than on the stand-in platform
_MESSAGES_PER_KILL = 10
_SHARE_IN_START = 0.2  # of the kills that come before the process is up
_LIFE_S = (0.05, 1.5)
_DRAIN_LIMIT_S = 180.0
_SHARE = 0.05  # of the platform's calls that go wrong
_WORK_S = 0.3
_AFTERMATH_S = 3.0  # for what a last start does that it should not


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """How the program is treated."""

    form: str  # one of ROLES
    seed: int
    num_cycles: int
    share: float = _SHARE
    rate_per_s: float = 2.0  # of what people do
    work_s: float | None = _WORK_S  # None draws with the demonstration model


async def play(plot: Plot, folder: Path, *, database_url: str | None = None) -> Verdict:
    """Kill as often as the plot says, let everything end, and judge. Raises role.Died."""
    async with Platform(Plan(seed=plot.seed, share=plot.share)) as platform:
        form = Form(
            folder=folder,
            platform_url=platform.url,
            work_s=plot.work_s,
            database_url=database_url,
        )
        roles = form.roles(*ROLES[plot.form])
        try:
            await asyncio.gather(*(role.start() for role in roles))
            await asyncio.gather(*(role.up() for role in roles))
            people = People(platform, seed=plot.seed, rate_per_s=plot.rate_per_s)
            living = asyncio.create_task(people.live())
            try:
                await _kill_again_and_again(roles, plot)
            finally:
                living.cancel()
            platform.plan = QUIET
            await drain(platform)
            await asyncio.gather(*(role.kill() for role in roles))
            await asyncio.gather(*(role.start() for role in roles))
            await asyncio.gather(*(role.up() for role in roles))
            await asyncio.sleep(_AFTERMATH_S)
        finally:
            await asyncio.gather(*(role.stop() for role in roles))
        return judge(platform.log)


async def _kill_again_and_again(roles: tuple[Role, ...], plot: Plot) -> None:
    chance = random.Random(f"{plot.seed} kills")
    for _ in range(plot.num_cycles):
        role = chance.choice(roles)
        if chance.random() >= _SHARE_IN_START:
            await role.up()
        await asyncio.sleep(chance.uniform(*_LIFE_S))
        await role.kill()
        await role.start()
    await asyncio.gather(*(role.up() for role in roles))


async def drain(platform: Platform, *, limit_s: float = _DRAIN_LIMIT_S) -> None:
    """Wait until everybody has an answer, or for as long as it may take at most."""
    end_s = time.monotonic() + limit_s
    while platform.num_unconfirmed or not judge(platform.log).is_good:
        if time.monotonic() > end_s:
            return
        await asyncio.sleep(0.2)


def _play_on_telegram(*, num_kills: int, seed: int) -> bool:
    """Say whether all promises were kept there, too."""
    num_messages = num_kills * _MESSAGES_PER_KILL
    print(f"── {TELEGRAM}: {num_kills} kills, {num_messages} messages, seed {seed}", flush=True)
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kill-") as folder:
        verdict = asyncio.run(
            telegram.play(Path(folder), num_messages=num_messages, num_kills=num_kills, seed=seed)
        )
    print(verdict.table())
    print(f"in {time.monotonic() - started_s:.0f} s")
    return verdict.is_good


def main() -> int:
    """Play one plot per form; 0 where all promises were kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill.loop")
    parser.add_argument("--cycles", type=int, default=200, metavar="N")
    parser.add_argument(
        "--form", choices=[*ROLES, TELEGRAM], action="append", help="default: every one"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--faults", type=float, default=_SHARE, metavar="SHARE")
    parser.add_argument("--real", action="store_true", help="draw with the demonstration model")
    options = parser.parse_args()
    is_good = True
    for form in options.form or [*ROLES, TELEGRAM]:
        if form == TELEGRAM:
            is_good &= _play_on_telegram(num_kills=options.cycles, seed=options.seed)
            continue
        plot = Plot(
            form=form,
            seed=options.seed,
            num_cycles=options.cycles,
            share=options.faults,
            work_s=None if options.real else _WORK_S,
        )
        print(f"── {plot}", flush=True)
        started_s = time.monotonic()
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kill-")))
            url = stack.enter_context(postgres()) if form == "postgres" else None
            verdict = asyncio.run(play(plot, folder, database_url=url))
        print(verdict.table())
        print(f"{'cycles':<12}{plot.num_cycles:>6}  in {time.monotonic() - started_s:.0f} s")
        is_good &= verdict.is_good
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
