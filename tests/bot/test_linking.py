"""`/연결`: one person on several platforms, for as long as they want."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import texts
from bot.adapters.port import Action, Person
from bot.failpoints import FailpointReached
from bot.fairness import Limits
from bot.job import Ending, job_id_of
from bot.link_code import CodeUnknown, TooManyAccounts, TooManyTries
from bot.store.links import CODE_S, MAX_ACCOUNTS
from tests.bot.archive import Archive, open_archive
from tests.bot.stage import PERSON

SORA = Person(platform="telegram", id="sora")
BEN = Person(platform="discord", id="ben")
HOUR_S = 3600.0


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    """An archive with nothing in it."""
    async with open_archive(tmp_path) as archive:
        yield archive


async def code_for(archive: Archive, person: Person = PERSON) -> str:
    """Ask for a code."""
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", (await archive.ask("/연결", person=person)).text)
    assert found is not None
    return found[0]


async def link(archive: Archive, one: Person = PERSON, other: Person = SORA) -> str:
    """Join two accounts; gives what the second one is told."""
    code = await code_for(archive, one)
    return (await archive.ask(f"/연결 {code}", person=other)).text


async def is_one(archive: Archive, one: Person, other: Person) -> bool:
    """Whether two accounts are one person's."""
    return archive.stage.store.is_same(one, other)


async def test_a_code_joins_whoever_enters_it(archive: Archive) -> None:
    """Both sides are told, each about the other."""
    said = await link(archive)

    assert texts.linked(("test",)) == said
    assert texts.linked_with(("telegram",)) in (await archive.ask("/연결")).text
    assert await is_one(archive, PERSON, SORA)


async def test_everything_about_it_is_for_one_pair_of_eyes(archive: Archive) -> None:
    """Also in a place that others read."""
    code = await code_for(archive)
    for text in ("/연결", f"/연결 {code}", "/연결 끊기"):
        await archive.ask(text, person=SORA)

    assert 4 == len(archive.stage.port.shown)
    assert all(card.is_private for card in archive.stage.port.shown)


async def test_both_see_the_pictures_of_both(archive: Archive) -> None:
    """Those from before, too; and each again its own when they part."""
    await archive.stage.draw("고래")
    await link(archive)
    assert ["고래"] == [alt_of(one) for one in (await pictures_of(archive, SORA))]
    await archive.stage.draw("바다", "e2", person=SORA)

    seen = len(await pictures_of(archive, PERSON)), len(await pictures_of(archive, SORA))
    said = (await archive.ask("/연결 끊기", person=SORA)).text
    apart = len(await pictures_of(archive, PERSON)), len(await pictures_of(archive, SORA))

    assert ((2, 2), (1, 1)) == (seen, apart)
    assert texts.parted(("test",)) == said


async def pictures_of(archive: Archive, person: Person) -> tuple[str, ...]:
    """Give the captions of somebody's pictures."""
    return tuple(one.caption for one in (await archive.ask("/내그림", person=person)).pictures)


def alt_of(caption: str) -> str:
    """Give what a caption says of a picture without the day."""
    return caption.partition(" (")[0]


async def test_caps_and_quota_are_one_persons(archive: Archive) -> None:
    """Another platform gives nobody more."""
    archive.stage.limits = Limits(max_per_person=1, daily_per_person=2)
    await archive.stage.reopen()
    archive.open()
    await link(archive)
    await archive.stage.begin("고래")
    await archive.stage.say("바다", "e2", person=SORA)
    in_flight = archive.stage.port.last.text
    await archive.stage.finish()
    await archive.stage.say("바다 장수:2", "e3", person=SORA)

    assert "1건까지" in in_flight
    assert "1장만 더" in archive.stage.port.last.text


async def test_a_linked_account_ends_what_the_other_began(archive: Archive) -> None:
    """A button takes every account of whoever asked; a stranger's it does not."""
    await link(archive)
    await archive.stage.begin()
    job_id = job_id_of("test", "e1")
    await archive.stage.press(Action.CANCEL, job_id, person=BEN)
    refused = archive.stage.port.last.text
    await archive.stage.press(Action.CANCEL, job_id, "e3", person=SORA)
    await archive.stage.tell()
    await archive.stage.runner.idle()

    record = await archive.stage.record()
    assert texts.NOT_YOURS == refused
    assert record.outcome is not None
    assert Ending.CANCELLED is record.outcome.ending


async def test_a_code_is_used_up_by_whoever_comes_first(archive: Archive) -> None:
    """Who reads it in public comes too late."""
    code = await code_for(archive)
    await archive.ask(f"/연결 {code}", person=SORA)

    with pytest.raises(CodeUnknown):
        await archive.ask(f"/연결 {code}", person=BEN)
    assert not await is_one(archive, PERSON, BEN)


async def test_ones_own_code_joins_nothing_and_is_void(archive: Archive) -> None:
    """It may have been read where it was typed."""
    code = await code_for(archive)

    assert texts.LINK_OWN == (await archive.ask(f"/연결 {code}")).text
    with pytest.raises(CodeUnknown):
        await archive.ask(f"/연결 {code}", person=SORA)


async def test_joining_again_says_so(archive: Archive) -> None:
    """A code of one's own other account changes nothing."""
    await link(archive)

    assert texts.linked_with(("telegram",)) == await link(archive, SORA, PERSON)


async def test_parting_without_a_link_says_what_to_do(archive: Archive) -> None:
    """Nothing is parted."""
    assert texts.NOT_LINKED == (await archive.ask("/연결 끊기")).text


async def test_so_many_accounts_and_no_more(archive: Archive) -> None:
    """One more is refused."""
    for number in range(MAX_ACCOUNTS - 1):
        await link(archive, PERSON, Person(platform="web", id=str(number)))

    with pytest.raises(TooManyAccounts):
        await link(archive)


async def test_nobody_tries_codes_for_long(archive: Archive) -> None:
    """Five wrong ones an hour, whichever account tries, and then not even the right one."""
    await link(archive)
    code = await code_for(archive, BEN)
    for number in range(5):
        with pytest.raises(CodeUnknown):
            await archive.ask("/연결 2222-2222", person=(PERSON, SORA)[number % 2])

    with pytest.raises(TooManyTries) as refusal:
        await archive.ask(f"/연결 {code}")
    assert 0 < refusal.value.wait_s <= HOUR_S
    archive.shift_s = HOUR_S + 1
    await archive.ask(f"/연결 {await code_for(archive, BEN)}")
    assert await is_one(archive, PERSON, BEN)


async def test_what_cannot_be_a_code_is_no_try(archive: Archive) -> None:
    """Words that were meant otherwise lock nobody out."""
    for _ in range(6):
        with pytest.raises(CodeUnknown):
            await archive.ask("/연결 해 주세요")

    assert texts.linked(("telegram",)) == await link(archive, SORA, PERSON)


async def test_a_copy_names_the_other_accounts(archive: Archive) -> None:
    """And has what was asked for with them."""
    await archive.stage.draw()
    await link(archive)
    (file,) = (await archive.ask("/내데이터", person=SORA)).files
    copy = json.loads(await archive.stage.files.read(file.key) or b"")

    assert [{"platform": "test", "id": "p"}] == copy["linked"]
    assert 1 == len(copy["requests"]) == len(copy["charges"])


async def test_an_erasure_erases_all_accounts_and_the_link(archive: Archive) -> None:
    """It says so before, and after; copies that either asked for go too."""
    await archive.stage.draw("고래")
    await archive.stage.draw("바다", "e2", person=SORA)
    await archive.ask("/내데이터")
    await link(archive)
    await archive.ask("/내데이터", person=SORA)

    sure = await archive.ask("/내데이터삭제")
    erased = await archive.press_erase()

    assert texts.ERASE_LINKED in sure.text
    assert texts.ERASED_LINKED in erased.text
    store = archive.stage.store
    accounts = [store.account_name(one) for one in (PERSON, SORA)]
    assert [(), ()] == [await store.jobs_of(one) for one in accounts]
    assert [] == await archive.files()
    assert set(accounts) == set(archive.tombstones.all()) == set(await store.tombstones())
    assert not await is_one(archive, PERSON, SORA)
    assert [PERSON, SORA] == archive.stage.port.forgotten


async def test_who_is_alone_is_told_of_no_other_account(archive: Archive) -> None:
    """An erasure speaks of links only where there are some."""
    assert texts.ERASE_SURE == (await archive.ask("/내데이터삭제")).text
    assert texts.ERASED == (await archive.press_erase()).text


async def test_an_erasure_that_was_broken_off_is_finished_for_all_accounts(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start erases what is left of every account, and the link."""
    await archive.stage.draw("고래")
    await archive.stage.draw("바다", "e2", person=SORA)
    await link(archive)

    async def forget(text: str) -> None:
        raise FailpointReached(text)

    with monkeypatch.context() as broken:
        broken.setattr(archive.erasure, "_forget_text", forget)
        with pytest.raises(FailpointReached):
            await archive.erasure.erase(SORA)
    assert 2 == len(await archive.files())

    archive.open()
    await archive.erasure.finish()

    assert [] == await archive.files()
    assert not await is_one(archive, PERSON, SORA)


async def test_who_joins_after_an_erasure_loses_nothing_at_the_next_start(
    archive: Archive,
) -> None:
    """What the other account has from before it was never to be erased."""
    await archive.stage.draw("고래")
    await archive.erasure.erase(SORA)
    await link(archive, SORA, PERSON)

    await archive.erasure.finish()

    assert 1 == len(await archive.files())
    assert ["고래"] == [alt_of(one) for one in await pictures_of(archive, SORA)]


async def test_roles_do_not_matter_to_who_somebody_is(archive: Archive) -> None:
    """A person is known by platform and id alone, whatever else is known of them."""
    await link(archive, replace(PERSON, roles=("r",), may_moderate=True), SORA)

    assert (SORA, PERSON) == await archive.stage.store.accounts_of(SORA)


async def test_a_code_lives_for_ten_minutes(archive: Archive) -> None:
    """As it says."""
    assert 600 == CODE_S
    assert "10분" in (await archive.ask("/연결")).text
