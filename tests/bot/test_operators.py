"""`/제재`, `/이의` and other powers: who has them is checked here, and every use is written down."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import error_texts, texts
from bot.adapters.port import Action, CardState, Person, Place
from bot.job import Ending, NotYours
from bot.rules import NotManager
from bot.store import Deed
from bot.strikes import NotInPrivate, NotOperator, PersonUnknown
from tests.bot.stage import PERSON, Stage, open_stage
from tests.clock import ManualClock

OPERATOR = Person(platform="discord", id="1234")
SAME_NUMBER = Person(platform="telegram", id="1234")
TELEGRAM_OPERATOR = Person(platform="telegram", id="77")
MODERATOR = Person(platform="test", id="moderator", may_moderate=True, may_manage=True)
STRANGER = Person(platform="test", id="stranger")
SERVER = Place(platform="test", id="hall", home="server")
GROUP = Place(platform="telegram", id="-100", home="-100")
ALONE = Place(platform="telegram", id="77")


def refused(error: Exception) -> str:
    """What somebody reads whom an error keeps from something."""
    return error_texts.of_error(error, job_id="")


@pytest.fixture
def clock() -> ManualClock:
    """A clock that a test moves."""
    return ManualClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Stage]:
    """A bot with two operators."""
    async with open_stage(
        tmp_path, clock=clock, operator_ids=("discord:1234", "telegram:77")
    ) as stage:
        yield stage


class Talk:
    """Commands, each an event of its own."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._number = stage, 0

    async def say(self, text: str, person: Person = PERSON, **parts: object) -> str:
        """Say something; gives the answer."""
        self._number += 1
        await self._stage.say(text, f"t{self._number}", person=person, **parts)
        await self._stage.runner.idle()
        return self._stage.port.last.text

    async def offend(self, num_times: int, person: Person = PERSON) -> str:
        """Ask so often for what is not drawn; gives the last answer."""
        for _ in range(num_times):
            said = await self.say("sexual", person)
        return said


@pytest.fixture
def talk(stage: Stage) -> Talk:
    """Somebody who says one thing after the other."""
    return Talk(stage)


async def deeds(stage: Stage) -> list[tuple[Deed, bool]]:
    """Name what was written down, and whether it was allowed."""
    return [(one.deed, one.is_allowed) for one in await stage.store.audited()]


def handle(stage: Stage, person: Person = PERSON) -> str:
    """Give the name that an operator knows somebody by."""
    return stage.store.account_name(person)[:8]


async def suspend(talk: Talk, clock: ManualClock) -> None:
    """Have the person here suspended."""
    await talk.offend(3)
    clock.pass_(3_600.0)
    await talk.offend(1)
    clock.pass_(3_600.0)
    await talk.offend(1)


async def test_a_suspension_is_appealed_and_lifted(
    stage: Stage, talk: Talk, clock: ManualClock
) -> None:
    """The whole way: refused, suspended, appealed, listed, lifted, drawn."""
    await suspend(talk, clock)
    assert texts.suspended(has_appealed=False) == await talk.say("고래")
    assert texts.APPEAL_KEPT == await talk.say("/이의 소설 표지였어요")
    assert texts.suspended(has_appealed=True) == await talk.say("고래")
    listed = await talk.say("/제재", OPERATOR)
    assert handle(stage) in listed
    assert "소설 표지였어요" in listed
    assert "성적인 내용 5번" in listed
    assert stage.port.last.is_private
    assert texts.LIFTED == await talk.say(f"/제재 해제 {handle(stage)}", OPERATOR)
    clock.pass_(1.0)
    card = await stage.draw("고래", "drawn")

    assert CardState.DONE is card.state
    assert texts.NOBODY_SANCTIONED == await talk.say("/제재", OPERATOR)
    assert [(Deed.LIST, True), (Deed.LIFT, True), (Deed.LIST, True)] == await deeds(stage)


async def test_whoever_was_lifted_is_not_suspended_by_the_next_strike(
    talk: Talk, stage: Stage, clock: ManualClock
) -> None:
    """What was lifted counts no more."""
    await suspend(talk, clock)
    await talk.say(f"/제재 해제 {handle(stage)}", OPERATOR)
    clock.pass_(1.0)

    assert texts.UNSAFE == await talk.offend(1)


async def test_an_appeal_is_taken_once(talk: Talk, clock: ManualClock) -> None:
    """Without words it is asked for, and a second one is not kept; each suspension has its own."""
    await talk.offend(3)
    assert texts.APPEAL_HOW == await talk.say("/이의")
    assert texts.APPEAL_KEPT == await talk.say("/appeal 처음")
    assert texts.APPEAL_AGAIN == await talk.say("/이의 둘째")
    assert "처음" in await talk.say("/제재", OPERATOR)
    clock.pass_(3_600.0)
    assert texts.APPEAL_NEEDLESS == await talk.say("/이의 셋째")
    await talk.offend(2)

    assert texts.APPEAL_KEPT == await talk.say("/이의 넷째")


async def test_an_operator_is_told_of_an_appeal(stage: Stage, talk: Talk) -> None:
    """Where they can be written to, in their own conversation, without its words."""
    stage.ports["telegram"] = stage.port
    await talk.offend(3)
    await talk.say("/이의 카나리아")

    (told,) = [call for call in stage.port.calls if call.card and call.card.text == texts.APPEALED]
    assert "send" == told.kind
    assert texts.APPEALED == stage.port.last.text


@pytest.mark.fault(49)
@pytest.mark.parametrize(
    "command", ["/제재", "/제재 기록", "/제재 해제 {}", "/제재 정지 {}", "/sanctions"]
)
@pytest.mark.parametrize(
    "person",
    [
        PERSON,
        SAME_NUMBER,
        replace(STRANGER, id="1234"),
        Person(platform="web", id="1234"),
        replace(MODERATOR, platform="discord"),
        Person(platform="discord", id="01234"),
        Person(platform="discord", id="1234 "),
    ],
)
async def test_nobody_else_is_an_operator(
    stage: Stage, talk: Talk, command: str, person: Person
) -> None:
    """Not the same number elsewhere, nor who manages a server: refused, written down, and nothing done."""
    await talk.offend(3)
    before = await stage.store.sanctioned()

    said = await talk.say(command.format(handle(stage)), person)

    assert refused(NotOperator()) == said
    ((_, is_allowed),) = await deeds(stage)
    assert not is_allowed
    assert before == await stage.store.sanctioned()
    assert stage.store.account_name(person) == (await stage.store.audited())[0].actor


@pytest.mark.fault(49)
async def test_a_group_does_not_read_what_an_operator_does(stage: Stage, talk: Talk) -> None:
    """On Telegram an answer in a group would be everybody's: it is given in private only."""
    assert refused(NotInPrivate()) == await talk.say("/제재", TELEGRAM_OPERATOR, place=GROUP)
    assert texts.NOBODY_SANCTIONED == await talk.say("/제재", TELEGRAM_OPERATOR, place=ALONE)

    assert [(Deed.LIST, False), (Deed.LIST, True)] == await deeds(stage)


@pytest.mark.parametrize(
    ("about", "person"),
    [
        ("discord:55", Person(platform="discord", id="55")),
        ("<@55>", Person(platform="discord", id="55")),
        ("<@!55>", Person(platform="discord", id="55")),
        ("telegram:55", Person(platform="telegram", id="55")),
        ("web:a1b2", Person(platform="web", id="a1b2")),
    ],
)
async def test_an_operator_suspends_somebody(
    stage: Stage, talk: Talk, about: str, person: Person
) -> None:
    """By account, or by how Discord writes one, also who was never struck."""
    assert texts.SUSPENDED_BY_OPERATOR == await talk.say(f"/제재 정지 {about}", OPERATOR)
    assert texts.suspended(has_appealed=False) == await talk.say("고래", person)
    assert [(Deed.SUSPEND, True)] == await deeds(stage)


@pytest.mark.parametrize("about", ["", "abcdef12", "p", "%", "minji", "1234", "test:p"])
async def test_who_is_not_known_is_not_guessed(stage: Stage, talk: Talk, about: str) -> None:
    """Nothing is done, and nobody is named by too little."""
    assert refused(PersonUnknown()) == await talk.say(f"/제재 해제 {about}", OPERATOR)
    assert refused(PersonUnknown()) == await talk.say(f"/제재 정지 {about}", OPERATOR)
    assert () == await stage.store.sanctioned()


@pytest.mark.fault(49)
async def test_an_operator_reads_who_did_what(stage: Stage, talk: Talk, clock: ManualClock) -> None:
    """The newest first, this look among them: when it is in Korea, who, what, about whom, and whether."""
    await talk.say("/제재 해제 abcdef12", STRANGER)
    clock.pass_(3_600.0)
    await talk.say("/제재 정지 telegram:55", OPERATOR)
    somebody = Person(platform="telegram", id="55")

    said = (await talk.say("/제재 기록", OPERATOR)).splitlines()[1:]

    assert [
        f"1970-01-01 10:00 {handle(stage, OPERATOR)}: 기록 보기, 허락함",
        f"1970-01-01 10:00 {handle(stage, OPERATOR)}: 정지하기 {handle(stage, somebody)}, 허락함",
        f"1970-01-01 09:00 {handle(stage, STRANGER)}: 제재 풀기, 거절함",
    ] == said
    assert stage.port.last.is_private


async def test_an_operator_reads_no_more_than_fits(stage: Stage, talk: Talk) -> None:
    """Twenty lines, the newest."""
    for _ in range(25):
        await stage.store.note_deed(
            STRANGER, Deed.KEEP, about="0123456789abcdef0123", is_allowed=True
        )
    said = await talk.say("/제재 기록", OPERATOR)

    assert 20 == said.count("허락함")
    assert "기록 보기" in said.splitlines()[1]
    assert "0123456789abcdef0123" in said  # a job's number is told whole


@pytest.mark.parametrize("deed", Deed)
async def test_every_deed_is_told_in_korean(stage: Stage, talk: Talk, deed: Deed) -> None:
    """Nobody reads the name of an enum."""
    await stage.store.note_deed(STRANGER, deed, is_allowed=False)

    said = await talk.say("/제재 기록", OPERATOR)
    assert said.endswith("거절함")
    assert deed not in said


async def test_a_deed_that_does_not_exist_is_said(talk: Talk, stage: Stage) -> None:
    """To an operator, with those that do."""
    assert "기록, 해제 또는 정지" in await talk.say("/제재 삭제 abcdef12", OPERATOR)


@pytest.mark.fault(49)
@pytest.mark.parametrize("action", [Action.CANCEL, Action.DELETE])
async def test_ending_what_others_asked_for_is_written_down(stage: Stage, action: Action) -> None:
    """Whoever looks after the place may, a stranger may not, and whose it is needs no power."""
    deed = {Action.CANCEL: Deed.CANCEL, Action.DELETE: Deed.REMOVE}[action]
    await stage.draw("고래", "e1")
    job_id = (await stage.record("e1")).job.id
    await stage.press(action, job_id, "p1", person=STRANGER)
    assert refused(NotYours()) == stage.port.last.text
    assert Ending.DRAWN is (await stage.record("e1")).outcome.ending  # type: ignore[union-attr]
    await stage.press(action, job_id, "p2", person=MODERATOR)
    await stage.press(action, job_id, "p3")

    assert [(deed, False), (deed, True)] == await deeds(stage)
    assert {job_id} == {one.about for one in await stage.store.audited()}


@pytest.mark.fault(49)
async def test_changing_a_place_is_written_down(
    stage: Stage, talk: Talk, clock: ManualClock
) -> None:
    """A change, and whoever may not even look; who may looks without a trace."""
    assert refused(NotManager()) == await talk.say("/설정", STRANGER, place=SERVER)
    clock.pass_(60.0)
    assert refused(NotManager()) == await talk.say(
        "/설정 화풍 수채화", replace(STRANGER, may_moderate=True), place=SERVER
    )
    await talk.say("/설정", MODERATOR, place=SERVER)
    await talk.say("/설정 화풍 수채화", MODERATOR, place=SERVER)

    expected = [(Deed.SETTINGS, False), (Deed.SETTINGS, False), (Deed.SETTINGS, True)]
    assert expected == await deeds(stage)
    assert {stage.store.place_name(SERVER)} == {one.about for one in await stage.store.audited()}
