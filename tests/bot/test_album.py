"""A person's own pictures: the newest first, by pages, and those that are searched for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import texts
from bot.adapters.port import Action, Card, Message, Person, Place
from bot.command import PicturesCommand
from bot.job import Closing, Ending, Outcome, job_id_of
from bot.rules import Adults, PlaceRules
from tests.bot.archive import DAY_S, Archive, open_archive
from tests.bot.stage import PERSON

BEN = Person(platform="test", id="ben")


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    """An archive with nothing in it."""
    async with open_archive(tmp_path) as archive:
        yield archive


async def close_as(archive: Archive, event_id: str, closing: Closing) -> None:
    """Let something else have become of an answer."""
    await archive.stage.store.close_job(job_id_of("test", event_id), closing)


def jobs_on(card: Card) -> list[str]:
    """Name the jobs whose pictures a card shows."""
    keys = [picture.key.removeprefix("pictures/").partition("-")[0] for picture in card.pictures]
    return list(dict.fromkeys(keys))


def jobs(*numbers: int) -> list[str]:
    """Name the jobs of events by number."""
    return [job_id_of("test", f"e{number}") for number in numbers]


def pages(card: Card) -> dict[str, str]:
    """Say where the buttons of a card lead."""
    assert all(button.action is Action.PAGE for button in card.buttons)
    return {button.label: button.value for button in card.buttons}


async def test_the_newest_pictures_are_shown_with_what_they_are(archive: Archive) -> None:
    """The latest first, each with its words and its day; and that AI made them."""
    for number in range(3):
        await archive.stage.draw("고래", f"e{number}")

    card = await archive.ask("/내그림")

    assert jobs(2, 1, 0) == jobs_on(card)
    assert all("고래" in picture.caption for picture in card.pictures)
    assert (texts.MADE_BY_AI,) == card.notes
    assert {} == pages(card)


async def test_pages_hold_every_picture_once(archive: Archive) -> None:
    """Five requests a page, and buttons lead on and back; nobody sees another's."""
    for number in range(11):
        await archive.stage.draw("고래", f"e{number}")

    first = await archive.ask("/내그림")
    second = await archive.turn_page(pages(first)[texts.OLDER])
    third = await archive.turn_page(pages(second)[texts.OLDER])
    back = await archive.turn_page(pages(third)[texts.NEWER])

    assert [jobs(10, 9, 8, 7, 6), jobs(5, 4, 3, 2, 1), jobs(0)] == [
        jobs_on(first), jobs_on(second), jobs_on(third),
    ]  # fmt: skip
    assert jobs_on(second) == jobs_on(back)
    assert {texts.NEWER: "2"} == pages(third)
    assert all(card.is_private for card in (first, second, third))
    assert () == (await archive.turn_page("2", person=BEN)).pictures


async def test_a_page_holds_only_so_many_pictures(archive: Archive) -> None:
    """As many as a message of any platform holds; a request stays together."""
    for number in range(3):
        await archive.stage.draw_several(4, event_id=f"e{number}")

    first = await archive.ask("/내그림")
    second = await archive.turn_page(pages(first)[texts.OLDER])

    assert (8, 4) == (len(first.pictures), len(second.pictures))
    assert [jobs(2, 1), jobs(0)] == [jobs_on(first), jobs_on(second)]


async def test_pictures_are_found_by_the_words_that_were_written(archive: Archive) -> None:
    """All words must be there, in any order; the search goes along to the next page."""
    await archive.stage.draw("강아지와 바다", "e0")
    for number in range(1, 8):
        await archive.stage.draw(f"바다 위의 펭귄 {number}", f"e{number}")

    first = await archive.ask("/내그림 펭귄 바다")
    second = await archive.turn_page(pages(first)[texts.OLDER])

    assert jobs(7, 6, 5, 4, 3) == jobs_on(first)
    assert jobs(2, 1) == jobs_on(second)
    assert {texts.NEWER: "1 펭귄 바다"} == pages(second)
    assert "펭귄 바다" in first.text


async def test_a_search_in_vain_says_so(archive: Archive) -> None:
    """With the words that were searched for."""
    await archive.stage.draw()

    assert texts.no_pictures("기린") == (await archive.ask("/내그림 기린")).text


@pytest.mark.parametrize("value", ["", "0", "-1", "둘", "99999999999", "3"])
async def test_a_page_that_nobody_showed_is_answered(archive: Archive, value: str) -> None:
    """What a button says can be forged, and never breaks anything."""
    await archive.stage.draw()

    card = await archive.turn_page(value)

    assert (1 if value != "3" else 0) == len(card.pictures)


async def test_a_button_carries_the_longest_search(archive: Archive) -> None:
    """No value is longer than every platform carries."""
    words = "가" * 40
    for number in range(6):
        await archive.stage.draw(words, f"e{number}")

    (value,) = pages(await archive.ask(f"/내그림 {words}")).values()

    assert len(value) <= 40
    assert 1 == len((await archive.turn_page(value)).pictures)


async def test_without_pictures_there_is_a_word_on_how_to_get_one(archive: Archive) -> None:
    """Also where they were drawn, and their files are gone by now."""
    assert texts.NO_PICTURES == (await archive.ask("/내그림")).text

    await archive.stage.draw()
    archive.shift_s = 8 * DAY_S
    await archive.keeper.tidy()

    assert texts.NO_PICTURES == (await archive.ask("/내그림")).text


async def test_what_could_not_be_brought_is_fetched_here(archive: Archive) -> None:
    """A picture that was held comes first, a reason is told once, and both count as brought then."""
    await archive.stage.draw("고래", "old")
    await archive.stage.draw("고래", "new")
    await archive.stage.begin("고래", "failed")
    failed = job_id_of("test", "failed")
    await archive.stage.store.conclude(failed, Outcome(ending=Ending.CANCELLED))
    await archive.stage.tell()
    await archive.stage.runner.idle()
    for event_id in ("old", "failed"):
        await close_as(archive, event_id, Closing.HELD)

    first = await archive.ask("/내그림")
    second = await archive.turn_page(pages(first)[texts.OLDER])

    assert [job_id_of("test", "old")] == jobs_on(first)
    assert [job_id_of("test", name) for name in ("new", "old")] == jobs_on(second)
    assert [texts.named("고래", texts.CANCELLED), texts.MADE_BY_AI] == list(first.notes)
    assert [texts.MADE_BY_AI] == list(second.notes)


async def test_pictures_for_adults_are_shown_where_those_are(archive: Archive) -> None:
    """Elsewhere they are passed over, though they are the person's own; held ones stay held."""
    store = archive.stage.store
    archive.stage.places._has_adults = True
    archive.stage.delivery.start({"discord": archive.stage.port})  # which alone knows ages
    adults = Place(platform="discord", id="adults", home="1", is_age_restricted=True)
    hall = Place(platform="discord", id="hall", home="1")
    await store.keep_rules(store.place_name(hall), PlaceRules(adults=Adults.RESTRICTED))
    for number, place in enumerate([hall, adults, adults]):
        await archive.stage.draw("고래", f"e{number}", place=place)
    await close_as(archive, "e2", Closing.HELD)

    shown: list[list[str]] = []
    for place in (hall, adults, adults):
        message = Message(event_id="asked", person=PERSON, place=place, text="/내그림")
        await archive.personal.answer(PicturesCommand(), message, archive.stage.port)
        shown.append(jobs_on(archive.stage.port.last))

    assert [jobs(0), jobs(2), jobs(2, 1, 0)] == shown
