"""What an operator reads: counted, set, asked for, and served to this machine only."""

import asyncio
import re
import socket
import threading
import urllib.request

import pytest

from bot.job import Closing, Ending, FailureRecord, Outcome, Phase, Picture
from bot.metrics import Metrics, MetricsPortUnusable
from pipeline import (
    EngineStats,
    Failure,
    Preparation,
    ProviderFailure,
    ProviderHealth,
    QueueFull,
    Receipt,
    SamplerName,
    StageRecord,
    Verdict,
)

LIMIT_S = 30
CANARY = "고래"
RECEIPT = Receipt(
    text=CANARY,
    english=CANARY,
    prompt=CANARY,
    prompt_2="",
    negative_prompt="",
    weights=(),
    seed=1,
    width_px=64,
    height_px=64,
    num_steps=10,
    guidance_scale=5.0,
    sampler=SamplerName.EULER,
    model="demo",
    version="0",
)


def scrape(port: int) -> str:
    """Read the page as Prometheus does."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=LIMIT_S) as answer:
        return str(answer.read().decode())


async def figures_of(metrics: Metrics) -> dict[str, float]:
    """Serve the figures, read them, and give those that are ours without the prefix."""
    async with metrics.serving(0) as port:
        assert port is not None
        page = await asyncio.to_thread(scrape, port)
    lines = re.findall(r"^geuryeojwo_(\S+) (\S+)$", page, re.MULTILINE)
    return {name: float(value) for name, value in lines if "_created" not in name}


def outcome(
    ending: Ending, *, kind: str | None = None, timings_ms: tuple[float, ...] = ()
) -> Outcome:
    """How a job ended, with a picture for each time of drawing."""
    return Outcome(
        ending=ending,
        failure=FailureRecord(kind=kind, facts={"place": CANARY}) if kind else None,
        pictures=tuple(
            Picture(
                key=f"pictures/{number}",
                sha256="",
                receipt=RECEIPT,
                width_px=64,
                height_px=64,
                timings_ms={"prepare": 1.0, "wait": 250.0, "render": render_ms, "mark": 2.0},
            )
            for number, render_ms in enumerate(timings_ms)
        ),
    )


def buckets_of(figures: dict[str, float], name: str) -> tuple[float, float]:
    """Give how often something was measured, and the sum."""
    return figures[f"{name}_count"], figures[f"{name}_sum"]


async def test_nothing_has_happened_at_first() -> None:
    """What can happen to a job stands there from the start, so that its rate is known."""
    figures = await figures_of(Metrics())

    assert {0.0} == set(figures.values())
    assert {f'concluded_total{{ending="{ending}"}}' for ending in Ending} <= figures.keys()
    assert {f'deliveries_total{{closing="{closing}"}}' for closing in Closing} <= figures.keys()


async def test_the_way_of_requests_is_counted() -> None:
    """Acceptance, refusal, endings and deliveries have their counts, times their sums."""
    metrics = Metrics()
    for _ in range(3):
        metrics.accepted()
        metrics.acknowledged(seconds=0.25)
    metrics.refused(QueueFull(num_waiting=3))
    metrics.concluded(outcome(Ending.DRAWN, timings_ms=(1000.0, 3000.0)))
    metrics.concluded(outcome(Ending.FAILED, kind="OutOfGpuMemory"))
    metrics.delivered(Closing.DELIVERED, seconds=8.0)
    metrics.delivered(Closing.HELD, seconds=2.0)

    figures = await figures_of(metrics)

    assert 3 == figures["accepted_total"]
    assert 1 == figures['refused_total{reason="QueueFull"}']
    assert 1 == figures['concluded_total{ending="drawn"}']
    assert 1 == figures['failures_total{kind="OutOfGpuMemory"}']
    assert 1 == figures['deliveries_total{closing="held"}']
    assert (3, 0.75) == buckets_of(figures, "ack_seconds")
    assert (2, 0.5) == buckets_of(figures, "wait_seconds")
    assert (2, 4.0) == buckets_of(figures, "render_seconds")
    assert (2, 10.0) == buckets_of(figures, "whole_seconds")


async def test_providers_that_fail_are_counted_by_why() -> None:
    """Every provider that was asked in vain counts, and one that rests is seen to."""
    metrics = Metrics()
    busy = ProviderFailure(provider="papago", failure=Failure.BUSY, detail=CANARY)
    stage = StageRecord(name="translate", provider="deepl", ms=1.0, failures=(busy,))
    for _ in range(2):
        metrics.prepared(Preparation(text=CANARY, verdict=Verdict.OK, stages=(stage,)))
    metrics.providers(
        (
            ProviderHealth(name="papago", resting_for=Failure.BUSY),
            ProviderHealth(name="deepl"),
        )
    )

    figures = await figures_of(metrics)

    assert 2 == figures['provider_failures_total{failure="busy",provider="papago"}']
    assert 1 == figures['provider_resting{provider="papago"}']
    assert 0 == figures['provider_resting{provider="deepl"}']


async def test_how_it_stands_replaces_how_it_stood() -> None:
    """A phase that nobody is in any more goes back to none."""
    metrics = Metrics()
    metrics.jobs({Phase.QUEUED: 4, Phase.CLOSED: 1000})
    metrics.jobs({Phase.DRAWING: 2})
    metrics.workers(3)

    figures = await figures_of(metrics)

    assert {"accepted": 0, "queued": 0, "drawing": 2, "concluded": 0} == {
        phase: figures[f'jobs{{phase="{phase}"}}'] for phase in Phase if phase != Phase.CLOSED
    }
    assert 3 == figures["workers_ready"]


async def test_the_engine_and_the_loop_are_asked_when_somebody_reads() -> None:
    """What changes all the time is as fresh as the reading, and costs nothing otherwise."""
    metrics = Metrics()
    num_ticks = 0

    def stats() -> EngineStats:
        nonlocal num_ticks
        num_ticks += 1
        return EngineStats(
            num_waiting=5,
            num_running=2,
            num_ticks=num_ticks,
            ticks_s=0.5,
            tick_s={64 * 64: 0.01, 72 * 72: 0.02, 1024 * 1024: 0.3},
        )

    metrics.watch_engine(stats)
    metrics.watch_lag(lambda: 0.004)
    assert 0 == num_ticks

    figures = await figures_of(metrics)

    assert (1, 0.5) == buckets_of(figures, "tick_seconds")
    assert (5, 2) == (figures["engine_waiting"], figures["engine_running"])
    assert 0.3 == figures['recent_tick_seconds{megapixels="1.0"}']
    assert 2 == sum("recent_tick" in name for name in figures)
    assert 0.004 == figures["loop_lag_p99_seconds"]


async def test_no_figure_holds_anything_of_a_persons() -> None:
    """Texts, places and details never become a label."""
    metrics = Metrics()
    busy = ProviderFailure(provider="papago", failure=Failure.BUSY, detail=CANARY)
    stage = StageRecord(name="translate", provider="deepl", ms=1.0, note=CANARY, failures=(busy,))
    metrics.prepared(Preparation(text=CANARY, verdict=Verdict.OK, subject=CANARY, stages=(stage,)))
    metrics.concluded(outcome(Ending.DRAWN, timings_ms=(1.0,)))
    metrics.concluded(outcome(Ending.FAILED, kind="Untranslatable"))
    metrics.refused(ValueError(CANARY))

    async with metrics.serving(0) as port:
        assert port is not None
        page = await asyncio.to_thread(scrape, port)

    assert CANARY not in page


async def test_only_this_machine_can_read() -> None:
    """The figures are served at the loopback address, and nowhere when that is over."""
    async with Metrics().serving(0) as port:
        assert port is not None
        with socket.create_server(("127.0.0.2", port)):
            pass  # nobody listens at all addresses
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))

    assert not [one for one in threading.enumerate() if "serve_forever" in one.name]


async def test_a_port_that_is_taken_is_named() -> None:
    """The operator hears which port it is."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MetricsPortUnusable) as caught:
            async with Metrics().serving(port):
                pass

    assert ("127.0.0.1", port) == (caught.value.host, caught.value.port)


async def test_nothing_is_served_unless_it_is_wanted() -> None:
    """Without a port everything is counted for nobody."""
    before = threading.active_count()
    async with Metrics().serving(None) as port:
        assert (None, before) == (port, threading.active_count())
