"""A report that nobody sees is brought again, and one that nobody decides about is told to the operator."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import buttons, texts
from bot.adapters.port import PlaceGone, PlatformDown
from bot.metrics import Metrics
from bot.overdue import LATE_H, Overdue
from tests.bot.stage import Stage, open_stage
from tests.bot.test_review import CHANNEL, JOB, REPORTER, decide, let_report, picture, report
from tests.clock import ManualClock
from tests.doubles import Fault

TOLD = "nobody decides about a report"


@pytest.fixture
def clock() -> ManualClock:
    """The time of the store and of who looks."""
    return ManualClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Stage]:
    """A stage with a picture in a place that has a channel for reports."""
    async with open_stage(tmp_path, clock=clock) as stage:
        await let_report(stage, CHANNEL.id)
        await picture(stage)
        yield stage


def overdue(stage: Stage, clock: ManualClock, metrics: Metrics | None = None) -> Overdue:
    """Who looks."""
    return Overdue(
        store=stage.store, reports=stage.reports, metrics=metrics or Metrics(), clock=clock
    )


def num_reports(stage: Stage) -> int:
    """How many reports were shown."""
    return len([one for one in stage.port.versions if buttons.KEEP in one[0].buttons])


async def test_a_report_that_a_crash_left_unseen_is_brought_once(
    stage: Stage, clock: ManualClock
) -> None:
    """The picture is hidden from the press on; who decides sees it after the next start."""
    await stage.store.open_report(JOB, REPORTER)
    await stage.reopen()
    for _ in range(2):
        await overdue(stage, clock).look()

    assert 1 == num_reports(stage)
    assert texts.REPORTED == await report(stage)
    assert 1 == num_reports(stage)


async def test_a_report_that_is_seen_stays_where_it_is(stage: Stage, clock: ManualClock) -> None:
    """Also once the place has its reports elsewhere."""
    await report(stage)
    await let_report(stage, "106")
    await stage.reopen()
    await overdue(stage, clock).look()

    assert 1 == num_reports(stage)


async def test_a_report_that_failed_is_brought_later(stage: Stage, clock: ManualClock) -> None:
    """Whoever reported need not press again."""
    stage.port.faults = [Fault(error=PlatformDown())]
    said = await report(stage)
    before = num_reports(stage)
    await overdue(stage, clock).look()

    assert (texts.REPORT_AGAIN, 0, 1) == (said, before, num_reports(stage))


async def test_what_can_never_be_shown_is_not_hidden_for_ever(
    stage: Stage, clock: ManualClock
) -> None:
    """Where the channel went meanwhile, nobody would decide."""
    await stage.store.open_report(JOB, REPORTER)
    stage.port.faults = [Fault(error=PlaceGone())]
    await overdue(stage, clock).look()

    assert frozenset() == await stage.store.under_review()


async def test_the_operator_hears_once_of_what_waits_for_half_a_day(
    stage: Stage, clock: ManualClock
) -> None:
    """Not before, not twice, and not of what was decided."""
    await report(stage)
    looker = overdue(stage, clock)
    with capture_logs() as logs:
        clock.pass_(LATE_H * 3600.0 - 1.0)
        await looker.look()
        early = [one for one in logs if one["event"] == TOLD]
        clock.pass_(2.0)
        await looker.look()
        await looker.look()

    assert [] == early
    assert [(JOB, "warning")] == [
        (one["job_id"], one["log_level"]) for one in logs if one["event"] == TOLD
    ]


async def test_what_was_decided_is_not_overdue(stage: Stage, clock: ManualClock) -> None:
    """However long ago."""
    await report(stage)
    await decide(stage, "keep")
    clock.pass_(LATE_H * 7200.0)
    with capture_logs() as logs:
        await overdue(stage, clock).look()

    assert [] == [one for one in logs if one["event"] == TOLD]


async def test_figures_tell_how_much_is_to_be_decided(stage: Stage, clock: ManualClock) -> None:
    """As of the last look."""
    metrics = Metrics()
    looker = overdue(stage, clock, metrics)
    figures = list[float | None]()
    await report(stage)
    await looker.look()
    figures.append(metrics.registry.get_sample_value("geuryeojwo_reports_open"))
    await decide(stage, "keep")
    await looker.look()
    figures.append(metrics.registry.get_sample_value("geuryeojwo_reports_open"))

    assert [1.0, 0.0] == figures
