"""Those who look after a place decide about reported pictures, and nobody else does."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import buttons, cards, error_texts, texts
from bot.adapters.port import Action, Card, Message, MessageGone, Person, Place
from bot.album import Album
from bot.command import PicturesCommand
from bot.job import Ending, NotYours
from bot.past import past_of
from bot.redraw import RecordGone, UnderReview
from bot.rules import BarredHere, PlaceRules
from bot.store import Deed, ReportState
from tests.bot.stage import Stage, open_stage
from tests.bot.store.samples import DAY, a_job, drawn
from tests.doubles import FakePort, Fault, preparation

HERE = Place(platform="test", id="100", home="1")
CHANNEL = Place(platform="test", id="105", home="1")
ELSEWHERE = Place(platform="test", id="200", home="2")
ASKER = Person(platform="test", id="asker")
REPORTER = Person(platform="test", id="reporter")
OTHER = Person(platform="test", id="other")
MODERATOR = Person(platform="test", id="moderator", may_moderate=True)
OPERATOR = Person(platform="telegram", id="7")
DIRECT = Place(platform="telegram", id="7")
JOB = "0123456789abcdef0123"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage with a picture in a place that has a channel for reports."""
    async with open_stage(tmp_path) as stage:
        await let_report(stage, CHANNEL.id)
        await picture(stage)
        yield stage


async def let_report(stage: Stage, channel: str) -> None:
    """Settle where reports go."""
    rules = PlaceRules(report_channel=channel)
    await stage.store.keep_rules(stage.store.place_name(HERE), rules)


async def picture(stage: Stage, *, num_pictures: int = 1) -> None:
    """Keep a job that was drawn."""
    await stage.store.accept(
        a_job(JOB, person=ASKER, place=HERE), cost=1.0, start=0.0, finish=1.0, units=1, day=DAY
    )
    await stage.store.keep_preparation(JOB, preparation("고래"))
    outcome = drawn(JOB)
    outcome = replace(outcome, pictures=outcome.pictures * num_pictures)
    await stage.store.conclude(JOB, outcome)
    for one in outcome.pictures:
        await stage.files.write(one.key, b"a picture")


async def report(stage: Stage, person: Person = REPORTER, event_id: str = "r") -> str:
    """Report the picture; gives what the person reads."""
    await stage.press(Action.REPORT, JOB, event_id, person=person, place=HERE)
    return stage.port.last.text


async def decide(
    stage: Stage,
    value: str,
    *,
    person: Person = MODERATOR,
    place: Place = CHANNEL,
    event_id: str = "d",
) -> None:
    """Press a button of the report."""
    await stage.press(Action.SETTLE, JOB, event_id, person=person, place=place, value=value)


def reports(stage: Stage) -> list[Card]:
    """What the reports say by now."""
    first = [versions for versions in stage.port.versions if buttons.KEEP in versions[0].buttons]
    return [versions[-1] for versions in first]


async def deeds(stage: Stage) -> list[tuple[Deed, str, bool]]:
    """What was written down of powers."""
    return [(one.deed, one.about, one.is_allowed) for one in await stage.store.audited()]


async def album(stage: Stage, person: Person = ASKER) -> Card:
    """Let somebody see their pictures."""
    shown = Album(
        store=stage.store, files=stage.files, card_of=lambda record: cards.ending(record, ())
    )
    there = Place(platform="test", id="web")
    message = Message(event_id="m", person=person, place=there, text="/내그림")
    await shown.show(PicturesCommand(), message, stage.port)
    return stage.port.last


async def test_a_reported_picture_is_in_no_album_until_it_is_decided(stage: Stage) -> None:
    """Its person reads why; once it is kept it is there again."""
    before = await album(stage)
    await report(stage)
    during, of_another = await album(stage), await album(stage, OTHER)
    await decide(stage, "keep")
    after = await album(stage)

    assert [1, 0, 1] == [len(card.pictures) for card in (before, during, after)]
    assert texts.HIDDEN_FOR_REVIEW in during.notes
    for card in (before, of_another, after):
        assert texts.HIDDEN_FOR_REVIEW not in card.notes


async def test_a_reported_picture_is_read_by_no_page_and_shown_by_none(stage: Stage) -> None:
    """Neither what a browser still knows the address of, nor what a place showed before."""
    record = await stage.store.find(JOB)
    assert record is not None
    ref = await stage.port.send(HERE, cards.removed())
    await stage.store.keep_message(JOB, ref)
    key = f"pictures/{JOB}-1.png"

    async def seen() -> tuple[bool, list[Card]]:
        past = await past_of(HERE, store=stage.store, card_of=lambda one: cards.ending(one, ()))
        return await stage.conversation.is_hidden(key), [one.card for one in past]

    before = await seen()
    await report(stage)
    during = await seen()
    await decide(stage, "keep")

    assert (True, [cards.under_review()]) == during
    assert before == await seen() == (False, [cards.ending(record, ())])


@pytest.mark.parametrize(
    "action",
    [Action.FETCH, Action.ORIGINAL, Action.AGAIN, Action.VARY, Action.ENLARGE, Action.EDIT],
    ids=str,
)
async def test_no_button_brings_a_reported_picture(stage: Stage, action: Action) -> None:
    """Nor draws on from it; not for whoever asked for it either."""
    await report(stage)
    await stage.press(action, JOB, "b", person=ASKER, place=HERE)

    assert error_texts.of_error(UnderReview(), job_id="") == stage.port.last.text
    assert 1 == len(await stage.store.pictures_of(stage.store.person_name(ASKER), limit=9))


async def test_a_number_does_not_draw_a_reported_picture_once_more(stage: Stage) -> None:
    """It would be the same picture."""
    await report(stage)
    await stage.say("/재현", "n", person=ASKER, place=HERE, about=JOB)

    assert error_texts.of_error(UnderReview(), job_id="") == stage.port.last.text


async def test_a_report_without_anybody_to_decide_hides_nothing(stage: Stage) -> None:
    """Neither where no channel is named, nor where it is gone."""
    await let_report(stage, "")
    await stage.reopen()
    nowhere = await report(stage)
    hidden = await stage.store.under_review()
    await let_report(stage, CHANNEL.id)
    await stage.reopen()
    stage.port.gone_places = {CHANNEL}
    gone = await report(stage, event_id="r2")

    assert [texts.REPORT_NOWHERE, texts.REPORT_NO_CHANNEL] == [nowhere, gone]
    assert [frozenset()] * 2 == [hidden, await stage.store.under_review()]


async def test_a_kept_picture_is_said_to_be_on_its_report(stage: Stage) -> None:
    """Without its picture, its buttons and whoever decided, also after a restart."""
    await report(stage)
    await stage.reopen()
    await decide(stage, "keep")
    (card,) = reports(stage)

    assert texts.REPORT_KEPT in card.text
    assert ((), ()) == (card.pictures, card.buttons)
    assert MODERATOR.id not in card.text
    assert [(Deed.KEEP, JOB, True)] == await deeds(stage)


async def test_a_picture_that_is_taken_away_is_said_to_be_on_its_report(stage: Stage) -> None:
    """Whoever took it away, and from where."""
    await report(stage)
    await stage.press(Action.DELETE, JOB, "d", person=MODERATOR, place=CHANNEL)
    (card,) = reports(stage)

    assert texts.REPORT_REMOVED in card.text
    assert ((), ()) == (card.pictures, card.buttons)
    assert [(Deed.REMOVE, JOB, True)] == await deeds(stage)
    found = await stage.store.report_of(JOB)
    assert found is not None
    assert ReportState.REMOVED is found.state
    assert [] == await stage.files.keys("pictures/")


async def test_several_pictures_go_from_the_report_with_their_messages(tmp_path: Path) -> None:
    """No edit reaches those of an album; a new message says what was decided."""
    async with open_stage(tmp_path) as stage:
        await let_report(stage, CHANNEL.id)
        await picture(stage, num_pictures=2)
        await report(stage)
        await stage.press(Action.DELETE, JOB, "d", person=MODERATOR, place=CHANNEL)

        assert texts.REPORT_REMOVED in stage.port.last.text
        assert not [card for card in stage.port.shown if card.pictures]


async def test_a_report_that_is_gone_keeps_nobody_from_deciding(stage: Stage) -> None:
    """What cannot be said there is decided all the same."""
    await report(stage)
    stage.port.faults = [Fault(error=MessageGone())]
    await decide(stage, "keep")

    assert frozenset() == await stage.store.under_review()


async def test_whoever_is_barred_asks_for_nothing_more_in_that_place(stage: Stage) -> None:
    """They read why; elsewhere they draw, and whoever manages the place lifts it."""
    await report(stage)
    await decide(stage, "bar")
    (card,) = reports(stage)
    stage.runner.is_held = True
    await stage.say("고래", "w1", person=ASKER, place=HERE)
    refused = stage.port.last.text
    await stage.say("고래", "w2", person=OTHER, place=HERE)
    await stage.say("고래", "w3", person=ASKER, place=ELSEWHERE)
    manager = replace(MODERATOR, may_manage=True)
    await stage.say("/설정 막기 해제", "s", person=manager, place=HERE)
    await stage.say("고래", "w4", person=ASKER, place=HERE)

    assert error_texts.of_error(BarredHere(), job_id="") == refused
    assert 3 == len(await stage.store.live())
    assert texts.REPORT_BARRED in card.notes
    assert buttons.BAR not in card.buttons
    assert (True, True) == (buttons.KEEP in card.buttons, bool(card.pictures))
    assert (Deed.BAR, JOB, True) == (await deeds(stage))[0]


async def test_a_report_speaks_of_barring_while_that_can_be_done(stage: Stage) -> None:
    """The sentence comes and goes with its button."""
    await report(stage)
    (open_card,) = reports(stage)
    await decide(stage, "bar")
    (barred_card,) = reports(stage)

    assert texts.REPORT_HOW_TO_BAR in open_card.text
    assert texts.REPORT_HOW_TO_BAR not in barred_card.text


async def test_a_place_remembers_whom_it_bars_by_no_number_of_theirs(stage: Stage) -> None:
    """It shows how many there are; all accounts of a person are kept out."""
    twin = Person(platform="test", id="twin")
    await stage.store.keep_code(ASKER, "code")
    await stage.store.join(twin, "code")
    await report(stage)
    await decide(stage, "bar")
    await decide(stage, "bar", event_id="d2")
    await stage.say("고래", "w", person=twin, place=HERE)
    refused = stage.port.last.text
    rules = await stage.places.rules_of(HERE)

    assert error_texts.of_error(BarredHere(), job_id="") == refused
    assert (stage.store.account_name(ASKER),) == rules.barred
    assert ("막기", "1명") in texts.rules(rules)


@pytest.mark.parametrize("value", ["keep", "bar"])
@pytest.mark.parametrize("person", [REPORTER, ASKER], ids=["reporter", "asker"])
async def test_only_those_who_look_after_the_place_decide(
    stage: Stage, value: str, person: Person
) -> None:
    """A forged press is refused, written down, and changes nothing."""
    await report(stage)
    await decide(stage, value, person=person, place=HERE)
    deed = {"keep": Deed.KEEP, "bar": Deed.BAR}[value]

    assert error_texts.of_error(NotYours(), job_id="") == stage.port.last.text
    assert [(deed, JOB, False)] == await deeds(stage)
    assert frozenset({JOB}) == await stage.store.under_review()
    assert () == (await stage.places.rules_of(HERE)).barred


async def test_who_looks_after_another_place_decides_nothing_here(stage: Stage) -> None:
    """Nor learns that there is such a picture."""
    await report(stage)
    await decide(stage, "keep", place=ELSEWHERE)

    assert error_texts.of_error(RecordGone(), job_id="") == stage.port.last.text
    assert frozenset({JOB}) == await stage.store.under_review()


async def test_a_group_may_have_its_reports_decided_in_another(stage: Stage) -> None:
    """By those who look after that one, and nobody else there."""
    await let_report(stage, ELSEWHERE.id)
    await stage.reopen()
    await report(stage)
    await decide(stage, "keep", person=OTHER, place=ELSEWHERE)
    refused = stage.port.last.text
    open_before = await stage.store.under_review()
    await stage.press(Action.INFO, JOB, "i", person=OTHER, place=ELSEWHERE)
    told = stage.port.last.text
    await decide(stage, "keep", place=ELSEWHERE, event_id="d2")

    assert error_texts.of_error(NotYours(), job_id="") == refused
    assert frozenset({JOB}) == open_before
    assert texts.DETAILS_OF_PICTURE == told
    assert frozenset() == await stage.store.under_review()


@pytest.mark.parametrize("value", ["", "keep it", "remove"])
async def test_what_no_button_says_is_not_done(stage: Stage, value: str) -> None:
    """A forged value is no decision."""
    await report(stage)
    await decide(stage, value)

    assert error_texts.of_error(RecordGone(), job_id="") == stage.port.last.text
    assert frozenset({JOB}) == await stage.store.under_review()


async def test_what_was_not_reported_is_not_decided(stage: Stage) -> None:
    """Nobody is barred for a picture that nobody complained of."""
    await decide(stage, "bar")

    assert error_texts.of_error(RecordGone(), job_id="") == stage.port.last.text
    assert () == (await stage.places.rules_of(HERE)).barred


async def test_what_was_kept_is_reported_once_more_by_somebody_else(stage: Stage) -> None:
    """Who did before reads that it was decided; the second report is one of its own."""
    said = [await report(stage, event_id="r1")]
    await decide(stage, "keep")
    said += [await report(stage, event_id="r2"), await report(stage, OTHER, event_id="r3")]
    await decide(stage, "keep", event_id="d2")
    third = Person(platform="test", id="third")
    said.append(await report(stage, third, event_id="r4"))

    assert [texts.REPORTED, texts.REPORT_DECIDED, texts.REPORTED, texts.REPORT_DECIDED] == said
    assert 2 == len(reports(stage))
    assert frozenset() == await stage.store.under_review()


@pytest.fixture
async def operated(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage whose places name no channel, with an operator who can be written to."""
    async with open_stage(tmp_path, operator_ids=("telegram:7",)) as stage:
        stage.delivery.start({"test": stage.port, "telegram": FakePort()})
        await picture(stage)
        yield stage


async def test_without_a_channel_an_operator_decides(operated: Stage) -> None:
    """In their own conversation, and there alone; they are the only ones who do."""
    told = await report(operated)
    port = operated.delivery.port_of("telegram")
    assert isinstance(port, FakePort)
    (card,) = port.shown
    is_hidden = await operated.store.under_review()
    forger = replace(OPERATOR, id="8")
    await decide(operated, "keep", person=forger, place=replace(DIRECT, id="8"))
    await decide(operated, "keep", person=OPERATOR, place=replace(DIRECT, id="-5", home="-5"))
    await decide(operated, "keep", person=OPERATOR, place=replace(DIRECT, id="8"))
    is_still_hidden = await operated.store.under_review()
    await operated.press(Action.DELETE, JOB, "x", person=OPERATOR, place=DIRECT)

    assert texts.REPORTED == told
    assert (buttons.KEEP, True) == (card.buttons[2], card.pictures[0].is_spoiler)
    assert [frozenset({JOB})] * 2 == [is_hidden, is_still_hidden]
    assert texts.REPORT_REMOVED in port.last.text
    record = await operated.store.find(JOB)
    assert record is not None
    assert record.outcome is not None
    assert Ending.REMOVED is record.outcome.ending


async def test_an_operator_who_cannot_be_written_to_hides_nothing(operated: Stage) -> None:
    """Nobody would decide."""
    port = operated.delivery.port_of("telegram")
    assert isinstance(port, FakePort)
    port.gone_places = {DIRECT}

    assert texts.REPORT_NO_CHANNEL == await report(operated)
    assert frozenset() == await operated.store.under_review()


async def test_an_operator_may_see_only_what_is_reported(operated: Stage) -> None:
    """Being one opens no other picture."""
    await operated.press(Action.DELETE, JOB, "x", person=OPERATOR, place=DIRECT)

    assert error_texts.of_error(RecordGone(), job_id="") == operated.port.last.text
    assert [f"pictures/{JOB}-1.png"] == await operated.files.keys("pictures/")
