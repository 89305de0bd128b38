"""A crowd at slow services: limits hold, nobody waits for ever, and nothing is left behind.

The event loop's lag is measured in `benchmarks/text.py`, where a busy machine fails no test.
"""

import asyncio
import gc
import os
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import product

import pytest
import stamina

from pipeline.text.korean import Korean
from pipeline.text.options import OpenAiOptions, PapagoOptions, TextOptions
from pipeline.text.prepare import Preparer
from pipeline.types import Preparation, Verdict
from tests.pipeline.text.conftest import count_tokens
from tests.servers.openai import OpenAiServer
from tests.servers.openai import error as openai_error
from tests.servers.papago import PapagoServer, gateway_error
from tests.servers.serving import Answer, Fault

COLOURS = {
    "빨간": "red", "노란": "yellow", "초록": "green", "파란": "blue", "보라색": "purple",
    "분홍": "pink", "하얀": "white", "검은": "black", "갈색": "brown", "회색": "gray",
}  # fmt: skip
THINGS = {
    "고양이": "cat", "강아지": "dog", "토끼": "rabbit", "여우": "fox", "사자": "lion",
    "호랑이": "tiger", "돼지": "pig", "코끼리": "elephant", "기린": "giraffe", "원숭이": "monkey",
    "펭귄": "penguin", "오리": "duck", "부엉이": "owl", "독수리": "eagle", "개구리": "frog",
    "거북이": "turtle", "상어": "shark", "나비": "butterfly", "사과": "apple", "바나나": "banana",
}  # fmt: skip
ENGLISH = {
    f"{colour_ko} {thing_ko}": f"{colour} {thing}"
    for (thing_ko, thing), (colour_ko, colour) in product(THINGS.items(), COLOURS.items())
}
MAX_ASKED, MAX_TRANSLATED = 16, 4
NUM_STALLS = 12
MARGIN_S = 20.0  # for what stands outside the limits, and waits for the one text thread
OWN_THREADS = 2  # text and keywords; nothing here asks Marian
POOL_THREADS = min(32, (os.cpu_count() or 1) + 4)  # asyncio's own, at most
DENIED = openai_error(401, "invalid_api_key")
BUSY = openai_error(429, "rate_limit_exceeded", headers={"retry-after-ms": "1"})


def english_of(text: str) -> str:
    """Translate what is asked for here, and similar sentences to nothing in particular."""
    return f"a {ENGLISH.get(text, 'thing')}"


def own_english(prepared: Preparation) -> str:
    """Give the English without its article."""
    return re.sub("^an? ", "", prepared.english or "")


@dataclass(frozen=True, kw_only=True)
class Services:
    """Both services and the pipeline that asks them."""

    preparer: Preparer
    openai: OpenAiServer
    papago: PapagoServer


@asynccontextmanager
async def services(*, delay_s: float, request_s: float = 1.0) -> AsyncIterator[Services]:
    """Start the services and the pipeline, and end them."""
    async with (
        OpenAiServer(translate=english_of, delay_s=delay_s) as openai,
        PapagoServer(translate=english_of, delay_s=delay_s) as papago,
    ):
        options = TextOptions(
            one_call=("openai",),
            translators=("papago", "glossary"),
            keyword_extractors=("frequency",),
            openai=OpenAiOptions(
                base_url=openai.base_url,
                api_key="demo-key",
                model="demo-model",
                request_s=request_s,
                max_concurrent=MAX_ASKED,
            ),
            papago=PapagoOptions(
                endpoint=papago.endpoint,
                client_id="demo-id",
                client_secret="demo-secret",
                request_s=request_s,
                max_concurrent=MAX_TRANSLATED,
            ),
        )
        preparer = Preparer(options, count_tokens)
        try:
            await preparer.warm_up()
            yield Services(preparer=preparer, openai=openai, papago=papago)
        finally:
            await preparer.close()


async def prepare_all(preparer: Preparer, subjects: Sequence[str]) -> list[Preparation]:
    """Prepare all at once. Raises TimeoutError when one takes longer than it may."""

    async def one(subject: str) -> Preparation:
        async with asyncio.timeout(TextOptions().total_s + MARGIN_S):
            return await preparer.prepare(f"{subject} 그려줘")

    return await asyncio.gather(*(one(subject) for subject in subjects))


@pytest.fixture(autouse=True, scope="module")
def _no_pauses() -> Iterator[None]:
    """Retries come at once."""
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture(autouse=True, scope="module")
def _one_kiwi(korean: Korean) -> Iterator[None]:
    """Every pipeline uses the one Kiwi that is loaded."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipeline.text.prepare.Korean", lambda: korean)
        yield


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a crowd of 200 saw, and what was seen of it."""

    prepared: list[Preparation]
    max_asked: int
    max_translated: int
    max_threads: int  # more than before
    threads_left: int
    tasks_left: int


@pytest.fixture(scope="module")
def seen() -> Seen:
    """A crowd at slow services that stall, break off, send pages and want to be left alone."""
    num_threads = threading.active_count()
    prepared, facts = asyncio.run(_watched())
    return Seen(
        prepared=prepared,
        max_threads=facts.pop("max_threads") - num_threads,
        threads_left=threading.active_count() - num_threads,
        **facts,
    )


async def _watched() -> tuple[list[Preparation], dict[str, int]]:
    counts = []

    async def watch() -> None:
        while True:
            counts.append(threading.active_count())
            await asyncio.sleep(0.02)

    async with services(delay_s=0.3) as there:
        plain = [None] * 6
        faults = [Fault.STALL, BUSY, *plain, Fault.HTML_502, BUSY, *plain]
        there.openai.script.extend(faults * NUM_STALLS)
        there.papago.script.extend([gateway_error(429, 410), None, Fault.RESET, None] * 5)
        watching = asyncio.create_task(watch())
        prepared = await prepare_all(there.preparer, list(ENGLISH))
        watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return prepared, {
        "max_asked": there.openai.max_at_once,
        "max_translated": there.papago.max_at_once,
        "max_threads": max(counts),
        "tasks_left": len(asyncio.all_tasks() - {asyncio.current_task()}),
    }


def test_everybody_gets_their_own_prompt(seen: Seen) -> None:
    """Within the limits every request ends with the English of its own words, whoever translated it."""
    assert list(ENGLISH.values()) == [own_english(one) for one in seen.prepared]
    assert {Verdict.OK} == {one.verdict for one in seen.prepared}
    assert {"openai", "papago"} <= {one.translator for one in seen.prepared}


def test_services_in_trouble_are_asked_no_more(seen: Seen) -> None:
    """Failures free no second place; a call that was given up counts until its server notices."""
    assert MAX_ASKED <= seen.max_asked <= MAX_ASKED + NUM_STALLS
    assert seen.max_translated <= MAX_TRANSLATED


@pytest.mark.parametrize(
    ("openai", "most"),
    [(None, (MAX_ASKED, 0)), (DENIED, (1, MAX_TRANSLATED))],
    ids=["one call", "Papago"],
)
async def test_a_service_is_asked_no_more_than_it_may_be(
    openai: Answer | None, most: tuple[int, int]
) -> None:
    """Every place is used, and there are no more."""
    subjects = list(ENGLISH)
    async with services(delay_s=0.0, request_s=30.0) as there:
        there.openai.always = openai
        await prepare_all(there.preparer, subjects[:1])  # a key that is wrong is found out here
        held = there.papago if openai is DENIED else there.openai
        num_before = len(held.calls)
        held.gate.clear()  # nobody is answered before all places are taken
        crowd = asyncio.create_task(prepare_all(there.preparer, subjects[1:50]))
        await held.wait_for_calls(num_before + max(most))
        held.gate.set()
        await crowd

    assert most == (there.openai.max_at_once, there.papago.max_at_once)


def test_threads_do_not_pile_up(seen: Seen) -> None:
    """200 requests need as many threads as one does, and none is left at the end."""
    assert OWN_THREADS <= seen.max_threads <= OWN_THREADS + POOL_THREADS
    assert 0 == seen.threads_left


def test_no_task_is_left(seen: Seen) -> None:
    """What was started has ended."""
    assert 0 == seen.tasks_left


async def test_a_crowd_that_leaves_takes_its_calls_along() -> None:
    """When nobody waits any more, nothing is asked any more."""
    async with services(delay_s=0.0) as there:
        there.openai.gate.clear()
        before = asyncio.all_tasks()
        crowd = [
            asyncio.create_task(there.preparer.prepare(f"{subject} 그려줘"))
            for subject in list(ENGLISH)[:50]
        ]
        await there.openai.wait_for_calls(MAX_ASKED)
        for one in crowd:
            one.cancel()
        results = await asyncio.gather(*crowd, return_exceptions=True)
        there.openai.gate.set()
        # The pipeline answers as before: no place was lost.
        prepared = await prepare_all(there.preparer, list(ENGLISH)[50 : 50 + 2 * MAX_ASKED])
        left = [task for task in asyncio.all_tasks() - before if "Preparer" in repr(task)]

    assert {asyncio.CancelledError} == {type(one) for one in results}
    assert {"openai"} == {one.translator for one in prepared}
    assert MAX_ASKED + 2 * MAX_ASKED == len(there.openai.calls)
    assert [] == left


async def test_when_every_service_stalls_the_glossary_answers() -> None:
    """A crowd gets its prompts all the same, and the next one does not even ask who stalled."""
    async with services(delay_s=0.0, request_s=0.2) as there:
        there.openai.always = there.papago.always = Fault.STALL
        prepared = await prepare_all(there.preparer, list(ENGLISH)[:50])
        num_calls = len(there.openai.calls), len(there.papago.calls)
        prepared += await prepare_all(there.preparer, list(ENGLISH)[50:100])

    assert list(ENGLISH.values())[:100] == [own_english(one) for one in prepared]
    assert {"glossary"} == {one.translator for one in prepared}
    assert num_calls == (len(there.openai.calls), len(there.papago.calls))


async def test_memory_does_not_grow_with_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of what a request needed nothing stays: not even one object of ours for each."""
    monkeypatch.setattr("pipeline.text.cache._MAX_IN_MEMORY", 10)
    rounds, size = [], 8
    async with services(delay_s=0.0) as there:
        for start in range(0, 12 * size, size):
            there.openai.script.extend([None, BUSY, Fault.HTML_502, None] * 2)
            await prepare_all(there.preparer, list(ENGLISH)[start : start + size])
            there.openai.calls.clear()
            there.papago.calls.clear()
            rounds.append(_living())

    # What comes and goes (failures that are remembered for a while, connections) is more or less in every
    # round; what stays of every request is more in each of the last rounds than in any of the first.
    first, last = rounds[2:5], rounds[-3:]
    modules = {module for one in rounds for module in one.own}
    most = {module: max(one.own[module] for one in first) for module in modules}
    grown = [module for module in modules if min(one.own[module] for one in last) > most[module]]
    assert [] == grown
    assert min(one.all_kinds for one in last) - max(one.all_kinds for one in first) < 5 * size


@dataclass(frozen=True, kw_only=True)
class Living:
    """How many objects there are."""

    own: Counter[str]  # of our classes, by module
    all_kinds: int


def _living() -> Living:
    """Count; nothing that was counted is held on to."""
    gc.collect()
    objects = gc.get_objects()
    modules = Counter(str(type(one).__module__) for one in objects)
    own = {module: num for module, num in modules.items() if module.startswith("pipeline.")}
    return Living(own=Counter(own), all_kinds=len(objects))
