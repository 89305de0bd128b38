"""Nothing is left of whoever wants to be erased, whatever is under way."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot import keeping, texts
from bot.adapters.port import CardState, Person, PlatformDown
from bot.failpoints import FailpointReached
from bot.job import job_id_of, photo_key, picture_key
from bot.jobs import parts_of
from bot.strikes import Penalties
from pipeline import Rule
from tests.bot.archive import Archive, open_archive, photo
from tests.bot.stage import LIMIT_S, PERSON
from tests.doubles import Fault

BEN = Person(platform="test", id="ben")
JOB = job_id_of("test", "e1")
GONE = job_id_of("test", "gone")  # a job that has no row


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    """An archive with nothing in it."""
    async with open_archive(tmp_path) as archive:
        yield archive


async def is_empty(archive: Archive, person: Person = PERSON) -> bool:
    """Whether nothing is kept of a person but that they were erased."""
    store, name = archive.stage.store, archive.name(person)
    rows = (
        *await store.jobs_of(name),
        *await store.charges_of(name),
        *await store.notices_of(name),
    )
    return not rows and not await archive.files() and not archive.queues.ids


async def test_everything_of_a_person_goes(archive: Archive) -> None:
    """Rows, pictures, photos, copies, parts in the queues, and what platforms and texts remember."""
    await archive.stage.draw("고래", photo=photo())
    await archive.ask("/내데이터")
    archive.queues.put(*parts_of(JOB))
    assert not await is_empty(archive)

    await archive.erasure.erase(PERSON)

    assert await is_empty(archive)
    assert ([PERSON], ["고래"]) == (archive.stage.port.forgotten, archive.stage.text.forgotten)
    assert [archive.name()] == list(archive.tombstones.all())


async def test_what_was_queued_too_late_is_forgotten_soon(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request may reach its queue after its row is gone; its name does not stay for an hour."""
    monkeypatch.setattr(keeping, "_SOON_S", 0.01)
    await archive.keeper.start()
    try:
        await archive.stage.draw()
        await archive.erasure.erase(PERSON)
        archive.queues.put(JOB)
        async with asyncio.timeout(LIMIT_S):
            while True:
                if not archive.queues.ids:
                    break
                await asyncio.sleep(0.01)
    finally:
        await archive.keeper.close()


async def test_who_reported_is_forgotten_and_the_report_is_not(archive: Archive) -> None:
    """It is nobody's, and still to be decided; with whoever asked for the picture it goes."""
    store = archive.stage.store
    await archive.stage.draw()
    await store.open_report(JOB, BEN)
    before = await store.reported_by(archive.name(BEN))
    await archive.erasure.erase(BEN)
    after = await store.reported_by(archive.name(BEN))
    is_open = await store.under_review()
    await archive.erasure.erase(PERSON)

    assert [1, 0] == [len(before), len(after)]
    assert [frozenset({JOB}), frozenset()] == [is_open, await store.under_review()]


async def test_who_comes_back_is_told_again(archive: Archive) -> None:
    """That somebody was told goes with everything else."""
    first = await archive.stage.draw("고래", "e1")
    await archive.erasure.erase(PERSON)
    again = await archive.stage.draw("고래", "e2")

    assert first.notes == again.notes
    assert any("생성형 인공지능" in note for note in again.notes)


async def test_strikes_stay_without_a_word(archive: Archive) -> None:
    """Nobody begins anew by being erased; what they said against it goes, also from a backup."""
    store = archive.stage.store
    for number in range(5):
        await store.strike(
            PERSON, Rule.SEXUAL, text="말", event=f"e{number}", penalties=Penalties()
        )
    await store.keep_appeal(archive.name(), "소설 표지였어요")

    await archive.erasure.erase(PERSON)
    (erased,) = await store.suspensions_of(archive.name())
    await store.keep_appeal(archive.name(), "소설 표지였어요")  # as a backup has it
    archive.shift_s = 1.0
    await store.bury(archive.name(), archive.now_s())
    await archive.erasure.finish()
    (risen,) = await store.suspensions_of(archive.name())

    assert 5 == len(await store.strikes_of(archive.name()))
    assert ("", "") == (erased.appeal, risen.appeal)
    assert None is not erased.appealed_s


async def test_nothing_of_anybody_else_goes(archive: Archive) -> None:
    """Ben's erasure does not touch what is kept of another."""
    await archive.stage.draw("고래", photo=photo())
    await archive.ask("/내데이터")
    archive.queues.put(*parts_of(JOB))
    before = await archive.stage.record(), await archive.files(), archive.queues.ids

    await archive.erasure.erase(BEN)

    assert before == (await archive.stage.record(), await archive.files(), archive.queues.ids)


async def test_twice_is_once(archive: Archive) -> None:
    """The same press may be brought again, also after the person asked anew."""
    await archive.stage.draw()
    await archive.erasure.erase(PERSON)
    await archive.erasure.erase(PERSON)

    assert await is_empty(archive)


@pytest.mark.fault(51)
async def test_what_is_being_drawn_is_stopped_and_never_shown(archive: Archive) -> None:
    """The worker notices by itself; the card says that it was erased, and shows no picture."""
    await archive.stage.begin()

    await archive.erasure.erase(PERSON)
    await archive.stage.tell()
    await archive.stage.runner.idle()

    assert await is_empty(archive)
    assert texts.STOPPED_ERASED == archive.stage.port.last.text
    assert not any(card.pictures for card in archive.stage.port.shown)


@pytest.mark.fault(51)
async def test_a_picture_that_is_finished_too_late_is_removed(archive: Archive) -> None:
    """It may be written behind the erasure; who wrote it removes it."""
    await archive.stage.begin()

    await archive.erasure.erase(PERSON)
    await archive.stage.finish()

    assert await is_empty(archive)
    assert texts.STOPPED_ERASED == archive.stage.port.last.text


async def test_a_text_that_is_being_read_is_forgotten_in_the_end(archive: Archive) -> None:
    """What is read meanwhile is remembered behind the erasure; who read it has it forgotten."""
    text = archive.stage.text
    reading, go_on = asyncio.Event(), asyncio.Event()
    prepare = text.prepare

    async def slowly(*words: str, **options: object) -> object:
        reading.set()
        await go_on.wait()
        return await prepare(*words)

    text.prepare = slowly  # type: ignore[method-assign,assignment]
    await archive.stage.say("고래")
    await asyncio.wait_for(reading.wait(), LIMIT_S)
    await archive.erasure.erase(PERSON)
    text.forgotten.clear()
    go_on.set()
    await archive.stage.runner.idle()

    assert ["고래"] == text.forgotten
    assert await is_empty(archive)
    assert [] == archive.stage.engine.requests


@pytest.mark.fault(51)
async def test_an_answer_that_waits_for_its_platform_is_never_shown(archive: Archive) -> None:
    """Not even when the platform comes back."""
    await archive.stage.begin()
    tried = asyncio.Event()

    def down() -> Fault:
        tried.set()
        return Fault(error=PlatformDown())

    archive.stage.port.fault_of = down
    archive.stage.engine.finish()
    await asyncio.wait_for(tried.wait(), LIMIT_S)

    await archive.erasure.erase(PERSON)
    archive.stage.port.fault_of = lambda: None
    await archive.stage.runner.idle()

    assert await is_empty(archive)
    assert CardState.DONE not in {card.state for card in archive.stage.port.shown}


async def test_who_comes_back_is_new(archive: Archive) -> None:
    """A request after an erasure is kept like any other, also over a restart."""
    await archive.erasure.erase(PERSON)
    await archive.stage.draw()

    await archive.erasure.finish()

    assert 1 == len(await archive.stage.store.jobs_of(archive.name()))
    assert 1 == len(await archive.files())


Break = Callable[[Archive, pytest.MonkeyPatch], Awaitable[None]]


async def before_the_rows(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Break off when what is under way is settled."""

    async def delete(job_ids: object) -> None:
        raise FailpointReached("delete")

    with monkeypatch.context() as broken:
        broken.setattr(archive.stage.store, "delete", delete)
        with pytest.raises(FailpointReached):
            await archive.erasure.erase(PERSON)


async def before_the_files(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Break off when only the rows are gone."""

    def pass_(name: str) -> None:
        raise FailpointReached(name)

    with monkeypatch.context() as broken:
        broken.setattr("bot.erasure.pass_", pass_)
        with pytest.raises(FailpointReached, match="after_erase_rows_before_files"):
            await archive.erasure.erase(PERSON)


@pytest.mark.parametrize("break_off", [before_the_rows, before_the_files])
async def test_an_erasure_that_was_broken_off_is_finished(
    break_off: Break, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start goes on, before anybody is answered."""
    await archive.stage.draw("고래", photo=photo())
    await archive.ask("/내데이터")
    archive.queues.put(*parts_of(JOB))
    await break_off(archive, monkeypatch)
    assert await archive.files()

    archive.open()
    await archive.erasure.finish()

    assert await is_empty(archive)


@pytest.mark.fault(52)
async def test_tombstones_are_known_on_both_sides(archive: Archive) -> None:
    """Whichever was lost, the file or the table, learns from the other."""
    store = archive.stage.store
    archive.tombstones.add("in the file", 1.0)
    await store.bury("in the table", 2.0)

    await archive.erasure.finish()

    expected = {"in the file": 1.0, "in the table": 2.0}
    assert expected == await store.tombstones() == archive.tombstones.all()


async def test_a_start_removes_what_belongs_to_nothing(archive: Archive) -> None:
    """While nobody accepts anything, a photo without a row is certainly nobody's."""
    for key in (photo_key(GONE), picture_key(GONE, 1)):
        await archive.stage.files.write(key, b"data")

    await archive.erasure.finish()

    assert [] == await archive.files()


async def test_nobody_can_have_another_erased(archive: Archive) -> None:
    """The button erases whoever presses it."""
    await archive.stage.draw()
    await archive.press_erase(person=BEN)

    assert 1 == len(await archive.stage.store.jobs_of(archive.name()))
