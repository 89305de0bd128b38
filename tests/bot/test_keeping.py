"""What is kept for how long, and that nothing is left that belongs to nothing."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from bot.adapters.port import Action
from bot.job import Phase, job_id_of, photo_key, picture_key
from bot.settings import KeepSection
from bot.strikes import Penalties
from pipeline import Rule
from tests.bot.archive import DAY_S, Archive, open_archive, photo
from tests.bot.stage import PERSON

GONE = job_id_of("test", "gone")  # a job that has no row


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    """An archive that keeps words for thirty days and pictures for seven."""
    async with open_archive(tmp_path) as archive:
        yield archive


async def test_what_is_young_stays(archive: Archive) -> None:
    """Neither words nor pictures nor photos go before their time."""
    await archive.stage.draw("고래", photo=photo())
    before = await archive.files()
    archive.shift_s = 6 * DAY_S

    await archive.keeper.tidy()

    assert before == await archive.files()
    assert 2 == len(before)
    assert Phase.CLOSED is (await archive.stage.record()).phase


async def test_pictures_go_before_words(archive: Archive) -> None:
    """A picture that is old enough is removed; what needs only the words can still be pressed."""
    card = await archive.stage.draw()
    archive.shift_s = 8 * DAY_S

    await archive.keeper.tidy()

    assert [] == await archive.files()
    again = await archive.stage.redraw(Action.AGAIN, card.job_id)
    assert 1 == len(again.pictures)


async def test_words_go_with_everything_about_them(archive: Archive) -> None:
    """Nothing is left of a job that is old enough: no row, no file, no part in a queue."""
    await archive.stage.draw("고래", photo=photo())
    job_id = job_id_of("test", "e1")
    archive.queues.put(job_id, f"{job_id}:r1", ended_s=archive.now_s())
    archive.shift_s = 31 * DAY_S

    await archive.keeper.tidy()

    assert None is await archive.stage.store.find(job_id)
    assert [] == await archive.files() + archive.queues.ids


async def test_that_somebody_was_told_goes_with_the_words(archive: Archive) -> None:
    """It is kept as long as words are, and then they are told again."""
    await archive.stage.draw()
    archive.shift_s = 29 * DAY_S
    await archive.keeper.tidy()
    young = await archive.stage.store.notices_of(archive.name())
    archive.shift_s = 31 * DAY_S
    await archive.keeper.tidy()

    assert 1 == len(young)
    assert () == await archive.stage.store.notices_of(archive.name())


async def test_strikes_are_kept_for_their_days(archive: Archive) -> None:
    """Not longer than the operator says, and not shorter."""
    store = archive.stage.store
    await store.strike(PERSON, Rule.SEXUAL, text="말", event="e1", penalties=Penalties())
    archive.shift_s = 364 * DAY_S
    await archive.keeper.tidy()
    young = await store.strikes_of(archive.name())
    archive.shift_s = 366 * DAY_S
    await archive.keeper.tidy()

    assert 1 == len(young)
    assert () == await store.strikes_of(archive.name())


async def test_what_is_owed_does_not_grow_old(archive: Archive) -> None:
    """A job that is not closed is kept, with everything, however long it takes."""
    await archive.stage.begin("고래", photo=photo())
    job_id = job_id_of("test", "e1")
    archive.queues.put(job_id, ended_s=archive.now_s())
    archive.shift_s = 1_000 * DAY_S

    await archive.keeper.tidy()

    assert [photo_key(job_id)] == await archive.files()
    assert [job_id] == archive.queues.ids
    await archive.stage.finish()


@pytest.mark.parametrize("days", [None, 1])
async def test_null_keeps_for_ever(days: int | None, archive: Archive) -> None:
    """Where the operator says so, nothing grows old."""
    archive.keep = KeepSection(prompts_days=days, pictures_days=days)
    archive.open()
    await archive.stage.draw()
    archive.shift_s = 10_000 * DAY_S

    await archive.keeper.tidy()

    assert (1 if days is None else 0) == len(await archive.files())


async def test_a_copy_is_there_for_a_day(archive: Archive) -> None:
    """What was written down for a person to save goes by itself."""
    await archive.ask("/내데이터")
    (young,) = await archive.files()
    await archive.keeper.tidy()
    assert [young] == await archive.files()

    archive.shift_s = DAY_S + 2.0
    await archive.keeper.tidy()

    assert [] == await archive.files()


async def test_a_picture_without_a_job_goes_at_once(archive: Archive) -> None:
    """Its row came before it, so it is gone; whatever has a row stays."""
    await archive.stage.draw()
    await archive.stage.files.write(picture_key(GONE, 1), b"picture")

    await archive.keeper.tidy()

    assert [picture_key(job_id_of("test", "e1"), 1)] == await archive.files()


async def test_a_photo_without_a_job_is_seen_twice_before_it_goes(archive: Archive) -> None:
    """Its row may be on its way: it is written first."""
    await archive.stage.files.write(photo_key(GONE), b"photo")
    await archive.stage.files.write(photo_key(job_id_of("test", "e1")), b"photo")

    await archive.keeper.tidy()
    assert 2 == len(await archive.files())
    await archive.stage.draw("고래", photo=photo())
    await archive.keeper.tidy()

    assert photo_key(GONE) not in await archive.files()
    assert 2 == len(await archive.files())


async def test_parts_of_closed_jobs_are_forgotten_after_a_day(archive: Archive) -> None:
    """What runs or ended just now stays, and so does every part of a job that is not closed."""
    await archive.stage.draw()
    closed = job_id_of("test", "e1")
    await archive.stage.begin("고래", "e2")
    owed = job_id_of("test", "e2")
    long_ago_s = archive.now_s() - DAY_S - 1.0
    archive.queues.put(closed, owed, ended_s=long_ago_s)
    archive.queues.put(f"{closed}:d1", ended_s=archive.now_s())
    archive.queues.put(f"{owed}:r1", is_running=True)

    await archive.keeper.tidy()

    assert {owed, f"{closed}:d1", f"{owed}:r1"} == set(archive.queues.ids)
    await archive.stage.finish()


async def test_parts_without_a_job_are_forgotten_unless_they_run(archive: Archive) -> None:
    """One that runs would write something down behind its removal: it is forgotten when it ended."""
    archive.queues.put("gone")
    archive.queues.put("gone:r1", is_running=True)
    await archive.keeper.tidy()
    assert ["gone:r1"] == archive.queues.ids

    archive.queues.parts.clear()
    archive.queues.put("gone:r1", ended_s=archive.now_s())
    await archive.keeper.tidy()

    assert [] == archive.queues.ids


@pytest.mark.parametrize(
    "key",
    [
        "exports/strange",
        "exports/a-1-c",
        "photos/holiday",
        f"photos/{GONE}0",
        "pictures/holiday-1.png",
        f"pictures/{GONE}-1.png.bak",
    ],
)
async def test_a_file_of_another_kind_of_name_is_left_alone(key: str, archive: Archive) -> None:
    """It was put there by somebody else, however old it is; the operator is told once."""
    await archive.stage.files.write(key, b"somebody's")

    with structlog.testing.capture_logs() as lines:
        for _ in range(3):
            await archive.keeper.tidy()

    assert [key] == await archive.files()
    assert ["strange files left alone"] == [
        one["event"] for one in lines if "warning" == one["log_level"]
    ]
