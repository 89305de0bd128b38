"""Figures for Prometheus: what happened is counted, how it stands is set or asked for when it is read.

A label holds a word of ours (a phase, an ending, the name of an error's class or of a provider)
and never anything of a person's. Counting costs a microsecond, whether or not anybody reads.
Any thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from bot.job import Closing, Ending, Outcome, Phase
from pipeline import EngineStats, Preparation, ProviderHealth, Rule

_HOST = "127.0.0.1"
_PREFIX = "geuryeojwo"
_QUICK_S = (0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 3.0, 10.0)
_LONG_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 60.0, 120.0, 300.0, 900.0, 3600.0)


class MetricsPortUnusable(Exception):  # the operator's mistake: outside the pipeline's tree
    """Nothing can be served on the port, which another program may have."""

    def __init__(self, *, host: str, port: int) -> None:
        super().__init__(f"{host}:{port}")
        self.host, self.port = host, port


class Metrics:
    """All figures of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._accepted = self._counter("accepted", "Requests that were accepted")
        self._refused = self._counter("refused", "Requests that were not accepted", "reason")
        self._unsafe = self._counter("unsafe", "Requests for what is not drawn here", "rule")
        self._concluded = self._counter("concluded", "Jobs that ended", "ending")
        self._failed = self._counter("failures", "Jobs that failed", "kind")
        self._closed = self._counter("deliveries", "Answers that were brought", "closing")
        self._provider_failed = self._counter(
            "provider_failures", "Providers that were asked in vain", "provider", "failure"
        )
        self._ack = self._histogram("ack_seconds", "From a message to its answer", _QUICK_S)
        self._wait = self._histogram("wait_seconds", "From its prompt to its first step", _LONG_S)
        self._render = self._histogram("render_seconds", "From its first step to pixels", _LONG_S)
        self._whole = self._histogram("whole_seconds", "From a message to its end", _LONG_S)
        self._jobs = self._gauge("jobs", "Jobs under way", "phase")
        self._workers = self._gauge("workers_ready", "Workers that can draw")
        self._resting = self._gauge("provider_resting", "1 while it is left alone", "provider")
        self._reports = self._gauge("reports_open", "Reported pictures that nobody decided about")
        self._lag = self._gauge("loop_lag_p99_seconds", "How late the event loop is")
        for ending in Ending:
            self._concluded.labels(ending)
        for closing in Closing:
            self._closed.labels(closing)

    # ---- what happened

    def accepted(self) -> None:
        """Count a request that was accepted."""
        self._accepted.inc()

    def acknowledged(self, *, seconds: float) -> None:
        """Note how long a message waited for its answer, whatever that was."""
        self._ack.observe(seconds)

    def refused(self, error: Exception) -> None:
        """Count a request that was not accepted, by the kind of its reason."""
        self._refused.labels(type(error).__name__).inc()

    def unsafe(self, rule: Rule) -> None:
        """Count a request that a rule is against, whenever that was found out."""
        self._unsafe.labels(rule).inc()

    def prepared(self, preparation: Preparation) -> None:
        """Count the providers that failed while a text was prepared."""
        for stage in preparation.stages:
            for failed in stage.failures:
                self._provider_failed.labels(failed.provider, failed.failure).inc()

    def concluded(self, outcome: Outcome) -> None:
        """Count a job whose end is settled, with what its pictures took."""
        self._concluded.labels(outcome.ending).inc()
        if outcome.failure is not None:
            self._failed.labels(outcome.failure.kind).inc()
        for picture in outcome.pictures:
            self._wait.observe(picture.timings_ms["wait"] / 1000)
            self._render.observe(picture.timings_ms["render"] / 1000)

    def delivered(self, closing: Closing, *, seconds: float) -> None:
        """Count an answer by what became of it, so many seconds after its job was accepted."""
        self._closed.labels(closing).inc()
        self._whole.observe(seconds)

    # ---- how it stands

    def jobs(self, num_by_phase: Mapping[Phase, int]) -> None:
        """Set how many jobs are in each phase; none in those that are not named."""
        for phase in Phase:
            if phase is not Phase.CLOSED:
                self._jobs.labels(phase).set(num_by_phase.get(phase, 0))

    def reports(self, num_open: int) -> None:
        """Set how many reported pictures nobody has decided about yet."""
        self._reports.set(num_open)

    def workers(self, num_ready: int) -> None:
        """Set how many workers can draw."""
        self._workers.set(num_ready)

    def providers(self, health: Iterable[ProviderHealth]) -> None:
        """Set which providers are left alone for a while."""
        for one in health:
            self._resting.labels(one.name).set(one.resting_for is not None)

    def watch_lag(self, p99_s: Callable[[], float]) -> None:
        """Ask for the event loop's lag whenever the figures are read."""
        self._lag.set_function(p99_s)

    def watch_engine(self, stats: Callable[[], EngineStats]) -> None:
        """Ask an engine whenever the figures are read."""
        self.registry.register(_EngineFigures(stats))

    # ---- who reads

    @asynccontextmanager
    async def serving(self, port: int | None) -> AsyncIterator[int | None]:
        """Serve the figures on this machine only, and give the port; 0 picks a free one, None none.

        Raises MetricsPortUnusable.
        """
        if port is None:
            yield None
            return
        try:
            server, thread = start_http_server(port, addr=_HOST, registry=self.registry)
        except OSError as error:
            raise MetricsPortUnusable(host=_HOST, port=port) from error
        try:
            yield server.server_port
        finally:
            await asyncio.to_thread(server.shutdown)
            server.server_close()
            thread.join()

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"{_PREFIX}_{name}", about, labels, registry=self.registry)

    def _gauge(self, name: str, about: str, *labels: str) -> Gauge:
        return Gauge(f"{_PREFIX}_{name}", about, labels, registry=self.registry)

    def _histogram(self, name: str, about: str, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(f"{_PREFIX}_{name}", about, buckets=buckets, registry=self.registry)


class _EngineFigures(Collector):
    """An engine's own figures, as of the moment when they are read."""

    def __init__(self, stats: Callable[[], EngineStats]) -> None:
        self._stats = stats

    def collect(self) -> Iterator[Metric]:
        """Give them in the library's form."""
        stats = self._stats()
        for name, about, value in (
            ("waiting", "Requests in the engine without a step", stats.num_waiting),
            ("running", "Requests in the engine with one", stats.num_running),
        ):
            yield GaugeMetricFamily(f"{_PREFIX}_engine_{name}", about, value=value)
        yield SummaryMetricFamily(
            f"{_PREFIX}_tick_seconds",
            "One step of the requests that share it",
            count_value=stats.num_ticks,
            sum_value=stats.ticks_s,
        )
        recent = GaugeMetricFamily(
            f"{_PREFIX}_recent_tick_seconds", "The latest ticks' mean", labels=["megapixels"]
        )
        # Sizes are people's choice: by tenths of a megapixel there are few, the largest for each.
        for megapixels, seconds in {
            f"{area_px / 1e6:.1f}": seconds for area_px, seconds in sorted(stats.tick_s.items())
        }.items():
            recent.add_metric([megapixels], seconds)
        yield recent
