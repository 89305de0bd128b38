"""A picture that is reported reaches those who look after the place, once, and names nobody who reports."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from bot import buttons, error_texts, texts
from bot.adapters.port import (
    Action,
    Card,
    MessageRef,
    Person,
    Place,
    PlaceGone,
    PlatformDown,
    PortError,
    Unclear,
)
from bot.job import Ending, Outcome
from bot.redraw import RecordGone
from bot.rules import Manner, PlaceRules
from tests.bot.stage import Stage, open_stage
from tests.bot.store.samples import CANCELLED, DAY, a_job, drawn
from tests.doubles import FakePort, Fault, preparation

HERE = Place(platform="test", id="100", home="1")
CHANNEL = Place(platform="test", id="105", home="1")
ASKER = Person(platform="test", id="asker")
REPORTER = Person(platform="test", id="reporter")
OTHER = Person(platform="test", id="other")
MODERATOR = Person(platform="test", id="moderator", may_moderate=True)


class Rooms(FakePort):
    """A platform that knows what stands where."""

    def __init__(self) -> None:
        super().__init__()
        self.in_place: list[tuple[str, Card]] = []
        self.is_open = True  # for everybody

    async def send(
        self, place: Place, card: Card, *, reply_to: str | None = None, nonce: str | None = None
    ) -> MessageRef:
        """Remember a card with its place; one for adults only where it is for them."""
        if card.is_adult and self.is_open:
            raise PlaceGone
        num = len(self.versions)
        ref = await super().send(place, card, reply_to=reply_to, nonce=nonce)
        if len(self.versions) > num:
            self.in_place.append((place.id, card))
        return ref

    def reports(self) -> list[Card]:
        """What stands in the channel for reports."""
        return [card for place, card in self.in_place if place == CHANNEL.id]


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage with a place that has a channel for reports."""
    async with open_stage(tmp_path) as stage:
        stage.port = Rooms()
        stage.delivery.start({"test": stage.port})
        await let_report(stage, CHANNEL.id)
        yield stage


async def let_report(stage: Stage, channel: str) -> None:
    """Settle where reports go."""
    name = stage.store.place_name(HERE)
    await stage.store.keep_rules(name, PlaceRules(report_channel=channel))


async def picture(
    stage: Stage, job_id: str = "one", *, outcome: Outcome | None = None, is_adult: bool = False
) -> str:
    """Keep a job that ended."""
    job = replace(a_job(job_id, person=ASKER, place=HERE), manner=Manner(is_adult=is_adult))
    await stage.store.accept(job, cost=1.0, start=0.0, finish=1.0, units=1, day=DAY)
    await stage.store.keep_preparation(job_id, preparation("고래"))
    await stage.store.conclude(job_id, outcome or drawn(job_id))
    return job_id


async def report(stage: Stage, job_id: str, person: Person = REPORTER, event_id: str = "r") -> str:
    """Report a picture; gives what the person reads."""
    await stage.press(Action.REPORT, job_id, event_id, person=person, place=HERE)
    assert isinstance(stage.port, Rooms)
    place, card = stage.port.in_place[-1]
    assert (HERE.id, ()) == (place, card.pictures)
    return card.text


def rooms(stage: Stage) -> Rooms:
    """The platform here."""
    assert isinstance(stage.port, Rooms)
    return stage.port


async def test_a_report_shows_what_is_reported(stage: Stage) -> None:
    """The pictures, hidden, with who asked for what; and what can be done about it."""
    job_id = await picture(stage)

    assert texts.REPORTED == await report(stage, job_id)
    (card,) = rooms(stage).reports()
    assert [(f"pictures/{job_id}-1.png", True)] == [(p.key, p.is_spoiler) for p in card.pictures]
    assert [buttons.INFO, buttons.DELETE, buttons.KEEP, buttons.BAR] == list(card.buttons)
    assert job_id == card.job_id
    for fact in (ASKER.id, HERE.id, a_job("one").command.text):
        assert fact in card.text


async def test_whoever_reports_is_named_to_nobody(stage: Stage) -> None:
    """Nothing in the report says who it was, and only they read that it was passed on."""
    await report(stage, await picture(stage))

    (card,) = rooms(stage).reports()
    assert REPORTER.id not in json.dumps(asdict(card), ensure_ascii=False)
    assert rooms(stage).last.is_private


async def test_the_same_person_reports_a_picture_once(stage: Stage) -> None:
    """Also after a restart and long after the platform forgot; each time they hear that it is done."""
    job_id = await picture(stage)
    said = [await report(stage, job_id, event_id="r1")]
    port = rooms(stage)
    await stage.reopen()
    port._sent.clear()
    said.append(await report(stage, job_id, event_id="r2"))

    assert [texts.REPORTED] * 2 == said
    assert 1 == len(port.reports())


async def test_what_waits_for_a_decision_is_shown_once(stage: Stage) -> None:
    """However many people report it; another picture is a report of its own."""
    one, two = await picture(stage, "one"), await picture(stage, "two")
    for number, (job_id, person) in enumerate([(one, REPORTER), (one, OTHER), (two, REPORTER)]):
        await report(stage, job_id, person, f"r{number}")

    assert [one, two] == [card.job_id for card in rooms(stage).reports()]


async def test_without_a_channel_the_person_reads_whom_to_ask(stage: Stage) -> None:
    """And may report it once there is one."""
    job_id = await picture(stage)
    await let_report(stage, "")
    assert texts.REPORT_NOWHERE == await report(stage, job_id)
    assert rooms(stage).last.is_private


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PlatformDown(), texts.REPORT_AGAIN),
        (Unclear(), texts.REPORT_AGAIN),
        (PlaceGone(), texts.REPORT_NO_CHANNEL),
    ],
    ids=["down", "unclear", "gone"],
)
async def test_a_report_that_fails_can_be_made_again(
    stage: Stage, error: PortError, text: str
) -> None:
    """Nobody believes that a report arrived which did not."""
    job_id = await picture(stage)
    stage.port.faults = [Fault(error=error)]

    assert text == await report(stage, job_id, event_id="r1")
    assert [] == rooms(stage).reports()
    assert texts.REPORTED == await report(stage, job_id, event_id="r2")
    assert 1 == len(rooms(stage).reports())


async def test_a_report_that_arrived_in_silence_is_found(stage: Stage) -> None:
    """It is shown once, though nobody knew."""
    job_id = await picture(stage)
    stage.port.faults = [Fault(error=Unclear(), is_after=True)]

    assert texts.REPORT_AGAIN == await report(stage, job_id, event_id="r1")
    assert texts.REPORTED == await report(stage, job_id, event_id="r2")
    sends = [call for call in stage.port.calls if call.kind == "send" and call.card]
    assert 1 == len([call for call in sends if call.card and call.card.pictures])


async def test_where_nobody_can_look_a_report_is_made_again(stage: Stage) -> None:
    """Better twice than never."""
    job_id = await picture(stage)
    stage.port.can_look = False
    stage.port.faults = [Fault(error=Unclear())]

    assert texts.REPORT_AGAIN == await report(stage, job_id, event_id="r1")
    assert texts.REPORTED == await report(stage, job_id, event_id="r2")
    assert 1 == len(rooms(stage).reports())


@pytest.mark.parametrize("is_open", [True, False])
async def test_what_is_for_adults_is_not_shown_to_others(stage: Stage, *, is_open: bool) -> None:
    """The report arrives all the same, in a channel for everybody without the pictures."""
    job_id = await picture(stage, is_adult=True)
    rooms(stage).is_open = is_open

    assert texts.REPORTED == await report(stage, job_id)
    (card,) = rooms(stage).reports()
    assert is_open == (not card.pictures) == (not card.is_adult)
    assert is_open == (texts.REPORT_HIDDEN in card.notes)


@pytest.mark.parametrize("outcome", [CANCELLED, Outcome(ending=Ending.QUESTION)])
async def test_only_pictures_are_reported(stage: Stage, outcome: Outcome) -> None:
    """A forged button reports nothing."""
    job_id = await picture(stage, outcome=outcome)

    assert error_texts.of_error(RecordGone(), job_id="") == await report(stage, job_id)
    assert [] == rooms(stage).reports()


async def test_whoever_looks_after_the_place_takes_it_away_from_there(stage: Stage) -> None:
    """The buttons of a report act on the reported picture, from another channel of the place."""
    job_id = await picture(stage)
    await report(stage, job_id)
    await stage.press(Action.DELETE, job_id, "d", person=MODERATOR, place=CHANNEL)

    record = await stage.store.find(job_id)
    assert record is not None
    assert record.outcome is not None
    assert Ending.REMOVED is record.outcome.ending
