"""Acknowledgements in Discord: 50 people ask within a second, with the engine busy and with it at rest.

    python -m benchmarks.discord [--people 50] [--bursts 2] [--alone 12] [--ahead 4] [--way alone|rest|busy]

The whole program in one process, with the real text pipeline and the demonstration model; the local
Discord and the people in this one; both share the machine. An acknowledgement lasts from the moment when
somebody used `/그려줘` until Discord has the first answer: after 3 seconds Discord would say that the
application did not respond. Each way of using it has a new start:

1. alone: one person at a time, the next when the picture is there;
2. rest: `--people` within a second, while nothing is drawn;
3. busy: the same, while the engine draws long jobs of others.

The last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.load import text_of
from benchmarks.service import OPEN, memory_mb, processor_s, summary_ms
from benchmarks.setting import machine
from tests.discord.asked import Asked
from tests.discord.program import program
from tests.discord.server import DiscordServer
from tests.discord.things import Message

_BURST_S = 1.0
_DONE_LIMIT_S = 300.0


def ask(server: DiscordServer, name: str, number: int, **options: Any) -> Asked:
    """Let somebody new use `/그려줘`; every number asks for something else."""
    return server.person(name).slash(server.channel, "그려줘", 설명=text_of(number), **options)


async def alone(server: DiscordServer, options: argparse.Namespace) -> list[Asked]:
    """Ask for one picture after another."""
    asked = []
    for number in range(options.alone):
        asked.append(ask(server, f"person-{number}", number))
        await _drawn(server, asked[-1])
    return asked


async def rest(server: DiscordServer, options: argparse.Namespace) -> list[Asked]:
    """Have many people ask within a second, as often as is wanted; only the first time is at rest."""
    asked: list[Asked] = []
    for burst in range(options.bursts):
        asked += await _burst(server, options.people, burst)
    return asked


async def busy(server: DiscordServer, options: argparse.Namespace) -> list[Asked]:
    """Have many people ask within a second, while long jobs of others are drawn."""
    ahead = [
        ask(server, f"ahead-{number}", 1000 + number, 품질="정밀", 장수=4)
        for number in range(options.ahead)
    ]
    cards = [await one.message() for one in ahead]
    await server.wait_for(lambda: any(card.files for card in cards), _DONE_LIMIT_S)
    asked = await rest(server, options)
    if not any(_has_preview(card) for card in cards):
        raise RuntimeError("the engine was not busy any more")
    return asked


WAYS: dict[str, Callable[[DiscordServer, argparse.Namespace], Awaitable[list[Asked]]]] = {
    "alone": alone,
    "rest": rest,
    "busy": busy,
}


async def measure(name: str, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Use a new program in one of the ways, and measure it."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with DiscordServer() as server, program(server, folder, **OPEN) as process:
        await _drawn(server, ask(server, "first", 0))  # everything is loaded now
        began_s, used_s = monotonic(), processor_s(process.pid)
        asked = await WAYS[name](server, options)
        lasted_s, used_s = monotonic() - began_s, processor_s(process.pid) - used_s
        return {
            **figures_of(asked),
            "processor": round(used_s / lasted_s, 2),
            "memory_mb": round(memory_mb(process.pid)),
            "problems": server.problems,
        }


def figures_of(asked: Sequence[Asked]) -> dict[str, Any]:
    """Summarise how people were answered; whoever was not is counted apart."""
    waits_ms = [one.ack_ms for one in asked if one.ack_ms is not None]
    kinds = Counter(one.callback_type.name.lower() for one in asked if one.callback_type)
    return {
        "num_asked": len(asked),
        "num_failed": len(asked) - len(waits_ms),
        "answers": dict(kinds),
        "acknowledged_ms": summary_ms([wait_ms / 1000 for wait_ms in waits_ms]),
    }


async def _burst(server: DiscordServer, num_people: int, burst: int) -> list[Asked]:
    """Let everybody ask once, at moments of a second that are the same in every run."""
    chance, began_s, asked = random.Random(burst), monotonic(), list[Asked]()
    for number, due_s in enumerate(sorted(chance.uniform(0, _BURST_S) for _ in range(num_people))):
        await asyncio.sleep(max(0.0, began_s + due_s - monotonic()))
        asked.append(ask(server, f"person-{burst}-{number}", number))
    await server.wait_for(lambda: all(_is_settled(one) for one in asked))
    return asked


def _is_settled(asked: Asked) -> bool:
    return asked.ack_ms is not None or asked.interaction.has_failed


async def _drawn(server: DiscordServer, asked: Asked) -> None:
    message = await asked.message()
    await server.wait_for(lambda: message.files and not _has_preview(message), _DONE_LIMIT_S)


def _has_preview(message: Message) -> bool:
    return any(file.filename.startswith("preview.") for file in message.files)


def main() -> None:
    """Measure all ways, and print a line for each and one for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--bursts", type=int, default=2)
    parser.add_argument("--alone", type=int, default=12)
    parser.add_argument("--ahead", type=int, default=4, help="long jobs of four pictures each")
    parser.add_argument("--way", choices=WAYS, action="append")
    options = parser.parse_args()
    figures: dict[str, Any] = {"benchmark": "discord"}
    print(f"{'':8}{'asked':>7}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="discord-") as folder:
        for name in options.way or WAYS:
            figures[name] = asyncio.run(measure(name, options, Path(folder) / name))
            _print_row(name, figures[name])
    print(json.dumps({**figures, "machine": machine()}))


def _print_row(name: str, figures: dict[str, Any]) -> None:
    waits = figures["acknowledged_ms"]
    cells = "".join(f"{waits[key]:9.1f}" for key in ("p50", "p99", "max"))
    print(f"{name:8}{figures['num_asked']:7}{cells}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
