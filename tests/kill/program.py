"""`python -m tests.kill.program ROLE`: the real program, with an adapter for the stand-in platform if any.

ROLE is `run`, `chat` or `worker`. Settings come from the environment, as ever. What the program
announces goes to standard output, a line each.
"""

import argparse
import asyncio
import signal
import time
from functools import partial
from pathlib import Path

from bot import failpoints
from bot.settings import load_settings
from tests.kill.work import stand_in

_NAP_S = 0.01


def main() -> None:
    """Run one role until it is stopped or killed."""
    parser = argparse.ArgumentParser(prog="python -m tests.kill.program")
    parser.add_argument("role", choices=["run", "chat", "worker"])
    parser.add_argument("--platform", metavar="URL", help="default: only those of the settings")
    parser.add_argument("--repeat", type=float, default=180.0, metavar="SECONDS")
    parser.add_argument("--edit-interval", type=float, default=0.2, metavar="SECONDS")
    parser.add_argument("--work", type=float, metavar="SECONDS", help="wait rather than draw")
    parser.add_argument("--lag", type=Path, metavar="FILE", help="note how late the event loop is")
    options = parser.parse_args()
    failpoints.armed()  # a misspelt one ends it here
    if options.work is not None:
        stand_in(work_s=options.work)
    asyncio.run(_serve(options))


async def _serve(options: argparse.Namespace) -> None:
    # Imported late: by now the pipeline's parts may be others.
    from bot.__main__ import set_up_process
    from bot.app import App
    from bot.platforms import MakeAdapter
    from tests.platform.adapter import LineOptions, LinePort

    settings = load_settings()
    set_up_process(settings)
    adapters: list[MakeAdapter] = []
    if options.platform is not None:
        line = LineOptions(
            url=options.platform, repeat_s=options.repeat, edit_interval_s=options.edit_interval
        )
        adapters.append(partial(LinePort, line))
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = App(settings, role=options.role, adapters=adapters)
    watching = asyncio.create_task(_watch(options.lag)) if options.lag else None
    await app.run(stop, partial(print, flush=True))
    if watching is not None:
        watching.cancel()


async def _watch(path: Path) -> None:
    """Write down a moment of the monotonic clock, and how many seconds late it came, a line each."""
    with path.open("w", buffering=1) as file:
        while True:
            due_s = time.monotonic() + _NAP_S
            await asyncio.sleep(_NAP_S)
            now_s = time.monotonic()
            file.write(f"{now_s:.4f} {now_s - due_s:.4f}\n")


if __name__ == "__main__":
    main()
