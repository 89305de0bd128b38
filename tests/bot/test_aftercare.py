"""What is done with a finished job: its details are told, and it is taken away."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import cards, error_texts, texts
from bot.adapters.port import Action, MessageGone, Person, Place, Press
from bot.job import Closing, Ending, NotYours, photo_key
from bot.rules import Adults, AdultsElsewhere, PlaceRules
from tests.bot.archive import photo
from tests.bot.stage import PERSON, PLACE, Stage, open_stage
from tests.doubles import FakePort, Fault

STRANGER = Person(platform="test", id="stranger")
MODERATOR = replace(STRANGER, may_moderate=True)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A conversation with everything around it in the test's hands."""
    async with open_stage(tmp_path) as stage:
        yield stage


async def test_the_details_come_to_whoever_asks(stage: Stage) -> None:
    """Anybody who sees a picture may see how it was understood; nobody else is shown that."""
    drawn = await stage.draw()
    await stage.press(Action.INFO, drawn.job_id, person=STRANGER)

    card = stage.port.last
    assert card.is_private
    assert drawn.details == card.details


async def test_the_files_are_offered_where_a_platform_shows_less(stage: Stage) -> None:
    """Elsewhere the picture that is shown is the file."""
    plain = await stage.draw()
    stage.port.recompresses_pictures = True
    drawn = await stage.draw("고래", "e2")

    assert Action.ORIGINAL not in {button.action for button in plain.buttons}
    assert Action.ORIGINAL in {button.action for button in drawn.buttons}


async def test_the_files_come_as_they_are_drawn(stage: Stage) -> None:
    """Every picture of the job, for all who see it, under the name to save it by."""
    stage.port.recompresses_pictures = True
    drawn = await stage.draw_several(2)
    await stage.press(Action.ORIGINAL, drawn.job_id, "e2", person=STRANGER)

    card = stage.port.last
    assert not card.is_private
    assert [(one.key, one.file_name) for one in drawn.pictures] == [
        (one.key, one.file_name) for one in card.files
    ]
    assert texts.MADE_BY_AI in card.notes
    assert () == card.pictures


async def test_the_files_are_shown_to_their_person_alone_elsewhere(stage: Stage) -> None:
    """Whoever asked may have them in another place, where nobody has seen them."""
    drawn = await stage.draw()
    await stage.press(Action.ORIGINAL, drawn.job_id, place=Place(platform="test", id="there"))

    assert stage.port.last.is_private


async def test_files_that_are_kept_no_longer_are_gone(stage: Stage) -> None:
    """A picture may be older than files are kept."""
    drawn = await stage.draw()
    await stage.files.remove([one.key for one in drawn.pictures])
    await stage.press(Action.ORIGINAL, drawn.job_id)

    assert texts.GONE == stage.port.last.text


async def test_what_is_pressed_on_another_platform_is_taken_away_where_it_is(
    stage: Stage,
) -> None:
    """Whoever is one person on both may; the message goes on the platform that shows it."""
    elsewhere = Person(platform="other", id="p")
    drawn = await stage.draw()
    await stage.store.keep_code(PERSON, "code")
    await stage.store.join(elsewhere, "code")
    record = await stage.record()
    press = Press(
        event_id="e2",
        person=elsewhere,
        place=Place(platform="other", id="there"),
        action=Action.DELETE,
        job_id=drawn.job_id or "",
    )
    other = FakePort()
    await stage.conversation.on_press(press, other)

    assert record.message is not None
    assert {record.message.id} == stage.port.removed
    assert [] == other.calls


async def test_a_picture_is_taken_away_for_good(stage: Stage) -> None:
    """Its message, its file, and what its buttons would draw from; the charge stays."""
    drawn = await stage.draw("고래", photo=photo())
    record = await stage.record()
    assert await stage.files.read(photo_key(record.job.id))
    await stage.press(Action.DELETE, drawn.job_id)

    assert [] == stage.port.shown
    assert [] == [*await stage.files.keys("pictures/"), *await stage.files.keys("photos/")]
    after = await stage.record()
    assert after.outcome is not None
    assert (Ending.REMOVED, ()) == (after.outcome.ending, after.outcome.pictures)
    assert Closing.DELIVERED is after.closing
    charges = await stage.store.charges_of(stage.store.person_name(PERSON))
    assert [(1, False)] == [(units, is_refunded) for _, units, is_refunded in charges]


@pytest.mark.parametrize(
    "action",
    [
        Action.AGAIN,
        Action.VARY,
        Action.ENLARGE,
        Action.EDIT,
        Action.INFO,
        Action.FETCH,
        Action.ORIGINAL,
    ],
)
async def test_nothing_is_drawn_from_what_was_taken_away(stage: Stage, action: Action) -> None:
    """A button that was kept somewhere says that there is nothing any more."""
    drawn = await stage.draw()
    await stage.press(Action.DELETE, drawn.job_id)
    await stage.press(action, drawn.job_id, "e3")

    assert texts.GONE == stage.port.last.text
    assert 1 == len(stage.engine.requests)


async def test_a_stranger_takes_nothing_away(stage: Stage) -> None:
    """What others asked for is theirs."""
    drawn = await stage.draw()
    await stage.press(Action.DELETE, drawn.job_id, person=STRANGER)

    assert error_texts.of_error(NotYours(), job_id="") == stage.port.last.text
    assert 1 == len(await stage.files.keys("pictures/"))


async def test_who_looks_after_the_place_takes_away(stage: Stage) -> None:
    """Also what others asked for."""
    drawn = await stage.draw()
    await stage.press(Action.DELETE, drawn.job_id, person=MODERATOR)

    assert [] == stage.port.shown
    assert [] == await stage.files.keys("pictures/")


@pytest.mark.parametrize(("home", "is_taken"), [("server", True), ("other", False)])
async def test_a_moderator_reaches_all_channels_of_one_server(
    stage: Stage, home: str, is_taken: bool
) -> None:
    """And none of another one, however they came by the job."""
    here = replace(PLACE, home="server")
    drawn = await stage.draw(place=here)
    there = Place(platform="test", id="moderators", home=home)
    await stage.press(Action.DELETE, drawn.job_id, person=MODERATOR, place=there)

    assert is_taken == (await stage.files.keys("pictures/") == [])


async def test_taking_away_again_changes_nothing(stage: Stage) -> None:
    """Who presses twice is not told that something went wrong."""
    drawn = await stage.draw()
    await stage.press(Action.DELETE, drawn.job_id, "e2")
    await stage.press(Action.DELETE, drawn.job_id, "e3")

    assert [] == stage.port.shown


async def test_what_cannot_be_taken_away_shows_nothing_any_more(stage: Stage) -> None:
    """An old message stays on its platform, and says that there was a picture."""
    drawn = await stage.draw()
    stage.port.faults = [Fault(error=MessageGone())]
    await stage.press(Action.DELETE, drawn.job_id)

    assert cards.removed() == stage.port.last


async def test_what_is_still_drawn_is_cancelled_and_not_taken_away(stage: Stage) -> None:
    """There is nothing yet that could be."""
    await stage.begin()
    await stage.press(Action.DELETE, stage.port.last.job_id)
    said = stage.port.last.text
    await stage.finish()

    assert texts.GONE == said
    assert 1 == len(await stage.files.keys("pictures/"))


async def test_a_place_does_not_show_again_what_was_taken_away(stage: Stage) -> None:
    """After a restart it is left out of the past."""
    drawn = await stage.draw()
    await stage.press(Action.DELETE, drawn.job_id)

    assert () == await stage.conversation.history(PLACE)


@pytest.mark.fault(31)
@pytest.mark.parametrize("action", [Action.FETCH, Action.ORIGINAL], ids=str)
async def test_a_button_brings_no_picture_for_adults_where_everybody_looks(
    stage: Stage, action: Action
) -> None:
    """Whoever presses reads where it can be had, and the picture stays where it is."""
    stage.places._has_adults = True
    stage.delivery.start({"discord": stage.port})  # which alone knows ages
    club = Place(platform="discord", id="club", home="1", is_age_restricted=True)
    rules = PlaceRules(adults=Adults.RESTRICTED)
    await stage.store.keep_rules(stage.store.place_name(club), rules)
    drawn = await stage.draw("고래", place=club)
    stage.port.is_for_adults = False
    await stage.press(action, drawn.job_id, place=replace(club, is_age_restricted=False))

    assert drawn.is_adult
    assert error_texts.of_error(AdultsElsewhere(), job_id="") == stage.port.last.text
    assert ((), ()) == (stage.port.last.pictures, stage.port.last.files)
    assert 1 == len(await stage.files.keys("pictures/"))
