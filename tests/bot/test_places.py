"""The rules of a place hold for every request there, and only those who manage it see and change them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import error_texts, places, texts
from bot.adapters.port import Action, Card, CardState, Person, Place
from bot.fairness import QuotaSpent
from bot.job import NotAccepted
from bot.places import Places
from bot.rules import (
    Adults,
    AdultsNotAllowed,
    DrawingNotHere,
    Language,
    Manner,
    NotManager,
    PlaceRules,
)
from bot.store import StoreUnavailable
from pipeline import Quality, Ratio, Rule, Unsafe
from tests.bot.stage import LIMIT_S, PLACE, Stage, open_stage

HERE = Place(platform="test", id="100", home="1")
THERE = Place(platform="test", id="101", home="1")
ELSEWHERE = Place(platform="test", id="200", home="2")
RESTRICTED = Place(platform="discord", id="102", home="1", is_age_restricted=True)
MEMBER = Person(platform="test", id="member", roles=("test:9",))
MANAGER = Person(platform="test", id="manager", may_manage=True)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A stage on which nothing that is queued begins."""
    async with open_stage(tmp_path) as stage:
        stage.runner.is_held = True
        yield stage


async def say(
    stage: Stage,
    text: str,
    event_id: str = "e1",
    *,
    person: Person = MEMBER,
    place: Place = HERE,
    photo: bytes | None = None,
    options: tuple[tuple[str, str], ...] = (),
) -> Card:
    """Say something somewhere; gives what was shown last."""
    message = replace(
        stage.message(text, event_id), person=person, place=place, photo=photo, options=options
    )
    await asyncio.wait_for(stage.conversation.on_message(message, stage.port), LIMIT_S)
    return stage.port.last


async def settle(stage: Stage, *said: str, place: Place = HERE) -> Card:
    """Have the manager change rules."""
    for number, text in enumerate(said):
        await say(stage, f"/설정 {text}", f"rule {number}", person=MANAGER, place=place)
    return stage.port.last


def rows(card: Card) -> dict[str, str]:
    """The rules that a card lists."""
    return {row.label: row.text for row in card.details}


async def test_whoever_manages_a_place_sees_its_rules(stage: Stage) -> None:
    """All of them, for their own eyes."""
    card = await say(stage, "/설정", person=MANAGER)

    assert card.is_private
    assert texts.RULES == card.text
    assert dict(texts.rules(PlaceRules())) == rows(card)


async def test_a_changed_rule_is_said_and_shown(stage: Stage) -> None:
    """Whoever changed it reads what holds now, in the other channels of the place too."""
    card = await settle(stage, "화풍 수채화", "채널 101 금지")

    assert card.is_private
    assert texts.rules_changed("채널") == card.text
    assert "수채화" == rows(card)["화풍"]
    there = await say(stage, "/설정", "e2", person=MANAGER, place=THERE)
    assert rows(card) == rows(there)
    other = await say(stage, "/설정", "e3", person=MANAGER, place=ELSEWHERE)
    assert dict(texts.rules(PlaceRules())) == rows(other)


async def test_a_rule_may_be_chosen_by_names(stage: Stage) -> None:
    """As a platform with commands of its own brings it."""
    options = (("", "할당량"), ("역할", "9"), ("하루", "2"))
    card = await say(stage, "/설정", person=MANAGER, options=options)

    assert "@&9 하루 2장" == rows(card)["할당량"]


@pytest.mark.parametrize("text", ["/설정", "/설정 화풍 수채화", "/설정 음악"])
async def test_a_member_sees_and_changes_no_rule(stage: Stage, text: str) -> None:
    """They read whom to ask."""
    card = await say(stage, text)

    assert error_texts.of_error(NotManager(), job_id="") == card.text
    assert PlaceRules() == await stage.places.rules_of(HERE)


async def test_a_place_of_ones_own_has_no_rules(stage: Stage) -> None:
    """A direct message says where there are some, whoever asks."""
    card = await say(stage, "/설정 화풍 수채화", person=MANAGER, place=PLACE)

    assert texts.RULES_ELSEWHERE == card.text
    assert card.is_private
    assert await stage.store.rules_of(stage.store.place_name(PLACE)) is None


async def test_a_rule_that_cannot_be_read_changes_nothing(stage: Stage) -> None:
    """Whoever mistyped it reads what is allowed."""
    await settle(stage, "비율 가로")
    card = await settle(stage, "비율 세모")

    assert "‘세모’" in card.text
    assert {"비율": "가로"} == (await stage.places.rules_of(HERE)).defaults


async def test_rules_outlive_the_process(stage: Stage) -> None:
    """They are the place's, not the program's."""
    await settle(stage, "화풍 수채화")
    await stage.reopen()

    assert {"화풍": "수채화"} == (await stage.places.rules_of(HERE)).defaults


async def test_only_so_many_places_are_remembered(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is forgotten is read again, as they are."""
    monkeypatch.setattr(places, "_MAX_KNOWN", 1)
    await settle(stage, "화풍 수채화")
    await settle(stage, "화풍 유화", place=ELSEWHERE)

    assert 1 == len(stage.places._known)
    assert {"화풍": "수채화"} == (await stage.places.rules_of(HERE)).defaults
    assert {"화풍": "유화"} == (await stage.places.rules_of(ELSEWHERE)).defaults
    assert 1 == len(stage.places._known)


async def test_two_changes_at_once_are_both_kept(stage: Stage) -> None:
    """Nobody writes over what another changed meanwhile."""
    terms = [f"/설정 용어 말{number} word" for number in range(8)]
    await asyncio.gather(
        *(say(stage, text, text, person=MANAGER) for text in terms),
    )

    assert 8 == len((await stage.places.rules_of(HERE)).glossary)
    assert 8 == len((await Places(stage.store, gate=stage.gate).rules_of(HERE)).glossary)


@pytest.mark.parametrize("rule", ["화풍 sexual", "용어 사과 sexual"])
async def test_nothing_is_settled_that_nobody_may_ask_for(stage: Stage, rule: str) -> None:
    """It would be drawn for people who never said it; what was settled before stays."""
    await settle(stage, "화풍 수채화", "용어 고래 whale")
    before = await stage.places.rules_of(HERE)

    card = await settle(stage, rule)

    assert error_texts.of_error(Unsafe(rule=Rule.SEXUAL), job_id="") == card.text
    assert before == await stage.places.rules_of(HERE)


async def test_where_drawing_is_not_allowed_nothing_is_drawn(stage: Stage) -> None:
    """A request is refused there, and accepted in the channel that is open."""
    await settle(stage, "채널 101 허용")
    refused = await say(stage, "고래")

    assert error_texts.of_error(DrawingNotHere(), job_id="") == refused.text
    assert () == await stage.store.live()
    assert CardState.WAITING is (await say(stage, "고래", "e2", place=THERE)).state
    assert CardState.WAITING is (await say(stage, "고래", "e3", place=ELSEWHERE)).state


async def test_a_button_draws_no_more_than_words(stage: Stage) -> None:
    """A channel that was closed is closed for the buttons in it, and the job there stays as it is."""
    await say(stage, "고래")
    before = await stage.record()
    await settle(stage, "채널 여기 금지")

    await stage.press(Action.AGAIN, before.job.id, person=MEMBER, place=HERE)

    assert error_texts.of_error(DrawingNotHere(), job_id="") == stage.port.last.text
    assert 1 == len(await stage.store.live())


async def test_defaults_are_the_commands_own(stage: Stage) -> None:
    """What a place had settled when a job was accepted is in its command, whatever is settled later."""
    await settle(stage, "화풍 수채화", "비율 가로", "품질 정밀", "용어 모모 a white cat")
    await settle(stage, "설명언어 한국어", "가리기 모두")
    await say(stage, "모모")
    await settle(stage, "화풍 유화", "비율 세로", "가리기 안함", "용어 모모")

    job = (await stage.record()).job
    assert "수채화 느낌으로, 모모" == job.command.text
    assert (Ratio.LANDSCAPE, Quality.FINE) == (job.command.ratio, job.command.quality)
    assert "a white cat" == job.terms["모모"]
    assert Manner(language=Language.KOREAN, is_spoiler=True) == job.manner


async def test_what_is_said_wins_over_the_defaults(stage: Stage) -> None:
    """A default is for those who do not care."""
    await settle(stage, "화풍 수채화", "비율 가로")
    await say(stage, "유화로 그린 고래 크기:세로")

    command = (await stage.record()).job.command
    assert ("유화로 그린 고래", Ratio.PORTRAIT) == (command.text, command.ratio)


async def test_a_photo_is_drawn_over_in_its_own_shape(stage: Stage) -> None:
    """The default style is for it, the default shape is not."""
    await settle(stage, "화풍 수채화", "비율 가로")
    await say(stage, "고래", photo=b"a photo")

    command = (await stage.record()).job.command
    assert ("수채화 느낌으로, 고래", None) == (command.text, command.ratio)


async def test_what_is_drawn_again_is_drawn_as_it_was(stage: Stage) -> None:
    """Defaults that came later change no picture that somebody liked."""
    await say(stage, "고래")
    await settle(stage, "화풍 수채화", "비율 가로")
    await stage.press(
        Action.AGAIN, (await stage.record()).job.id, "again", person=MEMBER, place=HERE
    )

    command = (await stage.record("again")).job.command
    assert ("고래", None) == (command.text, command.ratio)


async def test_a_role_has_a_quota_of_its_own(stage: Stage) -> None:
    """It holds in its place, and in place of what everybody else has."""
    await settle(stage, "할당량 9 1")
    await say(stage, "고래")
    card = await say(stage, "고래", "e2")

    spent = QuotaSpent(limit=1, num_left=0, is_place=False)
    assert error_texts.of_error(spent, job_id="") == card.text
    assert CardState.WAITING is (await say(stage, "고래", "e3", person=MANAGER)).state
    assert CardState.WAITING is (await say(stage, "고래", "e4", place=ELSEWHERE)).state


async def test_a_role_may_have_more_than_everybody(stage: Stage) -> None:
    """The place decides for its people."""
    stage.intake._limits = replace(stage.limits, daily_per_person=0)
    await settle(stage, "할당량 9 1")

    assert CardState.WAITING is (await say(stage, "고래")).state
    assert CardState.NOTE is (await say(stage, "고래", "e2", person=MANAGER)).state


async def test_a_quota_that_changes_takes_nothing_back(stage: Stage) -> None:
    """Whoever waits was accepted, and is drawn."""
    await say(stage, "고래")
    await settle(stage, "할당량 9 1")
    await say(stage, "고래", "e2")

    assert 1 == len(await stage.store.live())
    assert (await stage.record()).outcome is None


async def test_what_is_for_adults_stays_where_they_are(stage: Stage) -> None:
    """Only a channel that is age-restricted has such cards, where the operator and the place let it."""
    stage.places._has_adults = True
    await say(stage, "고래", "before", place=RESTRICTED)
    await settle(stage, "성인 연령제한채널", place=RESTRICTED)
    await say(stage, "고래", "restricted", place=RESTRICTED)
    await say(stage, "고래", "photo", person=MANAGER, place=RESTRICTED, photo=b"a photo")
    await say(stage, "고래", "open", person=MANAGER, place=replace(HERE, platform="discord"))

    events = ("before", "restricted", "photo", "open")
    manners = [(await stage.record(event)).job.manner for event in events]
    assert [Manner(), Manner(is_spoiler=True, is_adult=True), Manner(), Manner()] == manners


async def test_a_place_has_nothing_for_adults_unless_the_operator_lets_it(stage: Stage) -> None:
    """Whoever manages it reads why, and nothing is kept."""
    card = await settle(stage, "성인 연령제한채널", place=RESTRICTED)

    assert error_texts.of_error(AdultsNotAllowed(), job_id="") == card.text
    assert Adults.NOWHERE is (await stage.places.rules_of(RESTRICTED)).adults
    assert PlaceRules() == (
        await Places(stage.store, gate=stage.gate, has_adults=True).rules_of(RESTRICTED)
    )


async def test_what_was_settled_before_is_void_once_the_operator_is_against_it(
    stage: Stage,
) -> None:
    """A place that had such pictures has none from then on; its other rules stay."""
    stage.places._has_adults = True
    await settle(stage, "성인 연령제한채널", "화풍 수채화", place=RESTRICTED)
    stage.places._has_adults = False
    await say(stage, "고래", place=RESTRICTED)
    shown = await say(stage, "/설정", "e2", person=MANAGER, place=RESTRICTED)
    settled = await settle(stage, "성인 막기", "비율 가로", place=RESTRICTED)

    assert Manner() == (await stage.record()).job.manner
    assert {"성인": "막기", "화풍": "수채화"}.items() <= rows(shown).items()
    assert texts.rules_changed("비율") == settled.text


async def test_forbidden_words_go_along_with_a_job(stage: Stage) -> None:
    """As they were when it was accepted, and only with those of their place."""
    card = await settle(stage, "금지어 좀비", "금지어 홍길동 의원")
    await say(stage, "고래")
    await settle(stage, "금지어 빼기 좀비")
    await say(stage, "고래", "e2", person=MANAGER)
    await say(stage, "고래", "e3", place=ELSEWHERE)

    jobs = [(await stage.record(event)).job for event in ("e1", "e2", "e3")]
    assert [("좀비", "홍길동 의원"), ("홍길동 의원",), ()] == [job.forbidden for job in jobs]
    assert "좀비, 홍길동 의원" == rows(card)["금지어"]


async def test_without_its_rules_nothing_is_accepted(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than drawn where it must not be."""

    async def fail(name: str) -> PlaceRules | None:
        raise StoreUnavailable(reason="SQLITE_BUSY")

    with monkeypatch.context() as patch:
        patch.setattr(stage.store, "rules_of", fail)
        card = await say(stage, "/그려줘 고래")

    assert error_texts.of_error(NotAccepted(), job_id="") == card.text
    assert () == await stage.store.live()
    assert CardState.WAITING is (await say(stage, "고래", "e2")).state


async def test_a_request_does_not_wait_for_its_rules(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform waits for three seconds: whoever cannot be judged by then is told so."""

    async def hang(name: str) -> PlaceRules | None:
        await asyncio.Event().wait()
        return None

    with monkeypatch.context() as patch:
        patch.setattr(places, "_READ_S", 0.01)
        patch.setattr(stage.store, "rules_of", hang)
        card = await say(stage, "/그려줘 고래")

    assert error_texts.of_error(NotAccepted(), job_id="") == card.text
    assert CardState.WAITING is (await say(stage, "고래", "e2")).state
