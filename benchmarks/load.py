"""The program under load, beside itself at rest: acknowledgements, the event loop's lag, memory.

    python -m benchmarks.load [--requests 500] [--people 100] [--seconds 10]

The whole program in one process, with the real text pipeline and the demonstration model, on a stand-in
platform over HTTP; platform and program share the machine. Three ways of using it, each from a new start:

1. idle: one request at a time, the next when the picture is there;
2. busy: the engine always has something to draw, and a request comes every half a second;
3. burst: `--requests` from `--people` within `--seconds`, while the engine is busy.

The last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.service import (
    Service,
    memory_mb,
    processor_s,
    service,
    summary_ms,
)
from benchmarks.setting import machine
from bot.adapters.port import CardState
from tests.platform.log import Event

_THINGS = "고래 고양이 강아지 토끼 나비 자전거 기차 우산 사과 로봇".split()
_WHERE = "바다 위의 눈 속의 숲속의 사막의 해변의 도시의".split()
_COLOURS = "빨간 노란 파란 하얀 검은 분홍".split()
_NUM_FEW = 30
_IDLE_S = 10.0
_AFTER_S = 20.0  # with everything accepted and nearly all waiting
_NUM_AHEAD = 4  # jobs that keep the engine busy


def text_of(number: int) -> str:
    """Write a request; every number gives another one."""
    chance = random.Random(number)
    words = (chance.choice(_COLOURS), chance.choice(_THINGS))
    return f"{words[0]} {words[1]} {number % 7 + 1}마리 그려줘"


async def idle(on: Service, _: argparse.Namespace) -> list[Event]:
    """Ask for one picture after another."""
    events = []
    for number in range(_NUM_FEW):
        event = on.say(text_of(number), person=f"person-{number}")
        await on.end_of(event)
        events.append(event)
    return events


async def busy(on: Service, _: argparse.Namespace) -> list[Event]:
    """Ask now and then, while others keep the engine busy."""
    ahead = [on.say(text_of(1000 + number), person="busy") for number in range(_NUM_AHEAD)]
    events: list[Event] = []
    for number in range(_NUM_FEW):
        await asyncio.sleep(0.5)
        events.append(on.say(text_of(number), person=f"person-{number}"))
        if sum(on.ended_s(event) is None for event in (*ahead, *events)) < _NUM_AHEAD:
            ahead.append(on.say(text_of(2000 + number), person="busy"))
    return events


async def burst(on: Service, options: argparse.Namespace) -> list[Event]:
    """Have many people ask at once, each for several pictures."""
    chance = random.Random(0)
    at_s = sorted(chance.uniform(0, options.seconds) for _ in range(options.requests))
    people = [number % options.people for number in range(options.requests)]
    chance.shuffle(people)
    began_s, events = monotonic(), []
    for number, (due_s, person) in enumerate(zip(at_s, people, strict=True)):
        await asyncio.sleep(max(0.0, began_s + due_s - monotonic()))
        events.append(
            on.say(text_of(number), person=f"person-{person}", place=f"place-{person % 20}")
        )
    return events


WAYS: dict[str, Callable[[Service, argparse.Namespace], Awaitable[list[Event]]]] = {
    "idle": idle,
    "busy": busy,
    "burst": burst,
}


async def measure(name: str, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Use a new program in one of the ways, and measure it."""
    async with service(folder / name, "run") as on:
        await on.warm_up(text_of(0))
        pid = on.roles[0].pid
        began_s, used_s = monotonic(), processor_s(pid)
        await asyncio.sleep(_IDLE_S)
        at_rest = (processor_s(pid) - used_s) / (monotonic() - began_s)
        began_s, used_s = monotonic(), processor_s(pid)
        events = await WAYS[name](on, options)
        await on.until(lambda: all(on.answer(event) for event in events))
        lags_s = on.lags_s(since_s=began_s)
        figures = {
            "first_cards": Counter(
                "refused" if on.first_state(event) is CardState.NOTE else "accepted"
                for event in events
            ),
            "acknowledged_ms": summary_ms(on.acknowledgements_s(events)),
            "lag_ms": summary_ms(lags_s),
            "memory_mb": round(memory_mb(pid)),
            "processor_at_rest": round(at_rest, 3),
            "processor": round((processor_s(pid) - used_s) / (monotonic() - began_s), 2),
        }
        if name == "burst":
            since_s = monotonic()
            num_ended = sum(on.ended_s(event) is not None for event in events)
            await asyncio.sleep(_AFTER_S)
            figures["lag_after_ms"] = summary_ms(on.lags_s(since_s=since_s))
            now_ended = sum(on.ended_s(event) is not None for event in events)
            figures["num_waiting"] = len(events) - now_ended
            figures["pictures_per_s_after"] = round((now_ended - num_ended) / _AFTER_S, 2)
            figures["memory_mb"] = round(memory_mb(pid))
        return figures


def main() -> None:
    """Measure all ways, and print a line for each and one for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--way", choices=WAYS, action="append")
    options = parser.parse_args()
    figures: dict[str, Any] = {"benchmark": "load"}
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        for name in options.way or WAYS:
            figures[name] = asyncio.run(measure(name, options, Path(folder)))
            print(name, json.dumps(figures[name]), file=sys.stderr, flush=True)
    print(json.dumps({**figures, "machine": machine()}))


if __name__ == "__main__":
    main()
