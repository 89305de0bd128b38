"""What people are told about themselves: no more than is theirs, and all of that."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.adapters.port import Action, Card, CardState, Person
from bot.notices import VERSION
from bot.sealing import KEY_BYTES, Sealer
from bot.settings import OperatorSection
from bot.strikes import Penalties
from pipeline import Rule
from tests.bot.archive import Archive, open_archive
from tests.bot.stage import PERSON, PLACE

BEN = Person(platform="test", id="ben")


@pytest.fixture
async def archive(tmp_path: Path) -> AsyncIterator[Archive]:
    """An archive with nothing in it."""
    async with open_archive(tmp_path) as archive:
        yield archive


async def copy_of(archive: Archive, card: Card) -> dict[str, Any]:
    """Read the file that a card gives."""
    (file,) = card.files
    data = await archive.stage.files.read(file.key)
    assert data is not None
    copy: dict[str, Any] = json.loads(data)
    return copy


@pytest.mark.parametrize(
    "command", ["/내그림", "/대기열", "/내데이터", "/내데이터삭제", "/개인정보"]
)
async def test_every_answer_is_for_one_pair_of_eyes(command: str, archive: Archive) -> None:
    """An adapter can see that a card is nobody else's business."""
    card = await archive.ask(command)

    assert card.is_private
    assert (CardState.NOTE, None) == (card.state, card.job_id)


async def test_a_place_in_the_queue_is_told_for_each_of_ones_own(archive: Archive) -> None:
    """How many there are in all, what is being drawn, and what waits."""
    assert texts.queue(0, ()) == (await archive.ask("/대기열")).text
    await archive.stage.begin("고래", "drawing")
    archive.stage.runner.is_held = True
    await archive.stage.say("바다", "waiting")

    card = await archive.ask("/대기열")

    everybody, drawing, waiting = card.text.splitlines()
    assert "2건" in everybody
    assert texts.in_queue("고래", None, None) == drawing
    assert waiting.startswith(texts.in_queue("바다", 1, None))
    await archive.stage.finish()


async def test_nobody_reads_what_another_waits_for(archive: Archive) -> None:
    """Of other people there is a number, and no word."""
    await archive.stage.begin("아주 은밀한 고래")

    text = (await archive.ask("/대기열", person=BEN)).text

    assert texts.queue(1, ()) == text
    await archive.stage.finish()


async def test_a_copy_has_everything(archive: Archive) -> None:
    """Words, what became of them, receipts, times, pictures by name, and what was charged."""
    await archive.stage.draw("고래 시드:7 장수:1")
    copy = await copy_of(archive, await archive.ask("/내데이터"))

    assert ("test", "p") == (copy["person"]["platform"], copy["person"]["id"])
    (request,) = copy["requests"]
    assert "고래" == request["job"]["command"]["text"]
    assert "a whale" == request["preparation"]["english"]
    assert 7 == request["outcome"]["pictures"][0]["receipt"]["seed"]
    assert 1 == len(request["pictures"])
    assert PLACE.id == request["message"]["place"]["id"]
    assert request["accepted_at"].startswith("20")
    assert [(1, False)] == [(one["pictures"], one["is_refunded"]) for one in copy["charges"]]


async def test_a_copy_says_what_was_refused_and_what_came_of_it(archive: Archive) -> None:
    """Rules and times of strikes, and the suspension with the words that were said against it."""
    store = archive.stage.store
    for number in range(5):
        await store.strike(
            PERSON, Rule.SEXUAL, text="말", event=f"e{number}", penalties=Penalties()
        )
    await store.keep_appeal(archive.name(), "소설 표지였어요")

    copy = await copy_of(archive, await archive.ask("/내데이터"))

    assert 5 * ["sexual"] == [one["rule"] for one in copy["strikes"]]
    (suspension,) = copy["suspensions"]
    assert ("소설 표지였어요", None) == (suspension["appeal"], suspension["until"])
    assert suspension["appealed_at"].startswith("20")


async def test_a_copy_has_nothing_of_anybody_else(archive: Archive) -> None:
    """Whoever asked for nothing has an empty one."""
    await archive.stage.draw()
    copy = await copy_of(archive, await archive.ask("/내데이터", person=BEN))

    of_a_person = ("requests", "charges", "notices", "strikes", "suspensions", "linked")
    assert [] == [one for name in of_a_person for one in copy[name]]


@pytest.mark.parametrize("text", ["고래 \ud83d", "고래 \udc33\ud83d", "🐳 “고래”\n\x00"])
async def test_a_copy_survives_what_people_type(text: str, archive: Archive) -> None:
    """It is JSON in UTF-8 whatever was written."""
    await archive.stage.draw(text)

    copy = await copy_of(archive, await archive.ask("/내데이터"))

    assert text.strip() == copy["requests"][0]["job"]["command"]["text"]


async def test_a_copy_is_sealed_in_the_files(archive: Archive, tmp_path: Path) -> None:
    """Whoever reads the disk reads nothing."""
    await archive.stage.draw("아주 은밀한 고래")
    (file,) = (await archive.ask("/내데이터")).files
    raw = (tmp_path / file.key).read_bytes()

    assert "은밀한".encode() not in raw
    assert "은밀한".encode() in Sealer(b"k" * KEY_BYTES).open(raw)


async def test_people_are_told_what_is_kept_and_who_reads_it(archive: Archive) -> None:
    """The days of the settings, and of the providers only those that others run."""
    told = (await archive.ask("/개인정보")).text
    archive.providers = ("glossary", "offline")
    untold = (await archive.ask("/개인정보")).text

    for words in ("30일", "7일", "파파고", "/내데이터삭제"):
        assert words in told
    assert "사전" not in told
    assert "파파고" not in untold
    expected = texts.privacy(
        operator=None,
        contact=None,
        prompts_days=30,
        pictures_days=7,
        strikes_days=365,
        providers=(),
    )
    assert expected == untold


async def test_people_are_told_who_runs_the_bot_and_how_to_reach_them(archive: Archive) -> None:
    """Name and contact of the settings; where there is none, whom to ask instead."""
    nobody = (await archive.ask("/개인정보")).text
    archive.operator = OperatorSection(name="별빛", contact="help@example.com")
    archive.open()
    somebody = (await archive.ask("/privacy")).text

    assert "관리하는 분에게" in nobody
    for words in ("별빛이에요", "help@example.com", "봇을 쓰지 않는 분도", "하루 안에"):
        assert words in somebody


@pytest.mark.parametrize(
    ("providers", "is_abroad"),
    [(("papago",), False), (("deepl",), True), (("moderation",), True), (("glossary",), False)],
)
async def test_people_are_told_that_words_may_go_abroad(
    providers: tuple[str, ...], is_abroad: bool, archive: Archive
) -> None:
    """Where a provider may lie outside of Korea, and only there."""
    archive.providers = providers

    assert is_abroad == ("나라 밖" in (await archive.ask("/개인정보")).text)


async def test_a_copy_says_when_its_person_was_told(archive: Archive) -> None:
    """The notice of the first request, with its version."""
    await archive.stage.draw()
    copy = await copy_of(archive, await archive.ask("/내데이터"))

    (notice,) = copy["notices"]
    assert VERSION == notice["version"]
    assert notice["told_at"].startswith("20")


async def test_an_erasure_is_asked_once_more(archive: Archive) -> None:
    """The command erases nothing; its button does, and says so on a new card."""
    await archive.stage.draw()
    card = await archive.ask("/내데이터삭제")
    assert [Action.ERASE] == [button.action for button in card.buttons]
    assert 1 == len(await archive.files())

    answer = await archive.press_erase()

    assert [] == await archive.files()
    assert texts.ERASED == answer.text


@pytest.mark.parametrize("is_struck", [False, True])
async def test_an_erasure_says_what_it_leaves(is_struck: bool, archive: Archive) -> None:
    """Whoever asked for what is not drawn here reads that this is kept, and nobody else does."""
    if is_struck:
        await archive.stage.store.strike(
            PERSON, Rule.SEXUAL, text="말", event="e1", penalties=Penalties()
        )

    answer = await archive.press_erase()

    assert is_struck == (texts.ERASED_BUT_STRIKES.format(days=365) in answer.text)
