"""Who may ask and what may be asked for, before anything is written down, charged or read."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot import error_texts, texts
from bot.adapters.port import Action, CardState, Place
from bot.fairness import korean_day
from bot.gatekeeper import drawn_of, unwanted_of
from bot.job import Ending, FailureRecord, NotAccepted, Outcome
from bot.receipt import command_of
from bot.rules import Adults, PlaceRules
from bot.store import StoreUnavailable
from bot.strikes import WINDOW_S, LastWarning, MustPause, Suspended
from pipeline import Audience, PictureVerdict, Rule, Unsafe, Verdict
from tests.bot.stage import PERSON, PLACE, Stage, open_stage
from tests.bot.store.samples import drawn
from tests.clock import ManualClock

UNSAFE = error_texts.of_error(Unsafe(rule=Rule.SEXUAL), job_id="")
WARNING = error_texts.of_error(LastWarning(), job_id="")
SUSPENDED = error_texts.of_error(Suspended(), job_id="")
HALL = Place(platform="test", id="hall", home="server")
CELLAR = Place(platform="discord", id="1", home="2", is_age_restricted=True)


def paused(wait_s: float) -> str:
    """What somebody reads who has to pause."""
    return error_texts.of_error(MustPause(wait_s=wait_s), job_id="")


@pytest.fixture
def clock() -> ManualClock:
    """A clock that a test moves."""
    return ManualClock()


@pytest.fixture
async def stage(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Stage]:
    """A conversation whose gate refuses texts with a rule's name in them."""
    async with open_stage(tmp_path, clock=clock) as stage:
        yield stage


async def ask(stage: Stage, *texts_: str, first: int = 0) -> list[str]:
    """Ask for one thing after the other; gives what was answered."""
    said = []
    for number, text in enumerate(texts_, first):
        await stage.say(text, f"e{number}")
        await stage.runner.idle()
        said.append(stage.port.last.text)
    return said


async def rules_struck(stage: Stage) -> list[Rule]:
    """Name the rules of all strikes of the person here."""
    strikes = await stage.store.strikes_of(stage.store.person_name(PERSON))
    return [one.rule for one in strikes]


async def used(stage: Stage, day_s: float = 0.0) -> tuple[int, int]:
    """Count what the person here, and the place, used on a day."""
    person, place = stage.store.person_name(PERSON), stage.store.place_name(PLACE)
    return await stage.store.used(person, place, korean_day(day_s))


async def test_what_is_refused_leaves_nothing(stage: Stage) -> None:
    """No job, no charge, no photo, nothing queued, and the text pipeline never sees it."""
    await stage.say("sexual 그려줘", photo=b"a photo")

    assert [UNSAFE] == [card.text for card in stage.port.shown]
    assert CardState.NOTE is stage.port.last.state
    assert () == await stage.store.live()
    assert [] == stage.runner.queued
    assert [] == stage.text.negatives
    assert (0, 0) == await used(stage)
    assert [] == await stage.files.keys("photos/")
    assert [Rule.SEXUAL] == await rules_struck(stage)


@pytest.mark.parametrize("rule", [one for one in Rule if one is not Rule.MINOR])
async def test_a_refusal_names_no_rule_and_no_word(stage: Stage, rule: Rule) -> None:
    """Whatever was wrong, the sentence is the same: nobody learns how to get around it."""
    (said,) = await ask(stage, f"{rule} 그려줘")

    assert UNSAFE == said


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("sexual 고래", ()),
        ("고래 제외:clothes", ()),
        ("고래", (("제외", "clothes"),)),
        ("고래 화풍:sexual", ()),
    ],
)
async def test_everything_that_is_typed_is_judged(
    stage: Stage, text: str, options: tuple[tuple[str, str], ...]
) -> None:
    """The text, what is kept out, and the style."""
    await stage.say(text, options=options)

    assert UNSAFE == stage.port.last.text
    assert () == await stage.store.live()


@pytest.mark.parametrize("field", ["영어", "낱말", ""])
async def test_a_filled_form_is_judged(stage: Stage, field: str) -> None:
    """The person's own English and words too."""
    await stage.draw("고래")
    job_id = (await stage.record("e1")).job.id
    filled = {"": "고래", "영어": "a whale", "낱말": "whale 1.2", "제외": "", field: "sexual"}
    text = filled.pop("")
    await stage.say(text, "e2", about=job_id, form=Action.EDIT, options=tuple(filled.items()))

    assert UNSAFE == stage.port.last.text
    assert [Rule.SEXUAL] == await rules_struck(stage)


async def test_a_reply_is_judged_with_what_it_changes(stage: Stage) -> None:
    """What a picture becomes is judged, not only the words that change it."""
    await stage.draw("고래")
    job_id = (await stage.record("e1")).job.id
    await stage.say("sexual", "e2", about=job_id)

    assert UNSAFE == stage.port.last.text
    assert "고래, sexual" in stage.gate.asked[-1][0]


async def test_a_photo_is_judged_like_one_that_is_spoken_of(stage: Stage) -> None:
    """Over it nothing suggestive is drawn; what was drawn here may be enlarged, which shows nobody else."""
    await stage.say("suggest", photo=b"a photo")
    assert UNSAFE == stage.port.last.text
    assert [Rule.REAL_PERSON] == await rules_struck(stage)

    await stage.draw("suggest", "e2")
    job_id = (await stage.record("e2")).job.id
    stage.runner.is_held = True
    await stage.press(Action.ENLARGE, job_id, "e3")

    assert (await stage.record("e3")).job.has_photo


async def test_a_button_is_judged_anew(stage: Stage) -> None:
    """What was drawn before a rule was made is not drawn again after it."""
    await stage.draw("고래", place=HALL)
    job_id = (await stage.record("e1")).job.id
    stage.places._known.clear()
    rules = PlaceRules(forbidden_words=("고래",))
    await stage.store.keep_rules(stage.store.place_name(HALL), rules)
    for number, action in enumerate((Action.AGAIN, Action.VARY, Action.ENLARGE)):
        await stage.press(action, job_id, f"p{number}", place=HALL)

        assert UNSAFE == stage.port.last.text
    assert 1 == len(stage.engine.requests)


def test_the_texts_of_a_receipt_are_judged() -> None:
    """A receipt comes out of a file that anybody can have written: all of its words are judged."""
    receipt = replace(
        drawn("a").pictures[0].receipt,
        subject="subject",
        english="english",
        prompt="prompt one",
        prompt_2="prompt two",
        negative="negative",
        negative_prompt="negative prompt",
    )
    command = command_of(receipt)

    expected = {receipt.text, "subject", "english", "prompt one", "prompt two"}
    assert expected == set(drawn_of(command))
    assert {"negative", "negative prompt"} == set(unwanted_of(command))


async def test_what_is_not_to_be_shown_is_no_wish_for_it(stage: Stage) -> None:
    """Whoever leaves something out asks for its opposite, and the gate is told which is which."""
    card = await stage.draw("고래 제외:sexual")

    assert CardState.DONE is card.state
    assert [] == await rules_struck(stage)


async def test_adults_are_judged_as_adults_where_everybody_is_one(stage: Stage) -> None:
    """In an age-restricted channel of a server that wants it, and never over a photo."""
    stage.places._has_adults = True
    rules = PlaceRules(adults=Adults.RESTRICTED)
    await stage.store.keep_rules(stage.store.place_name(CELLAR), rules)
    stage.runner.is_held = True
    await stage.say("고래", "e1", place=CELLAR)
    await stage.say("고래", "e2", place=CELLAR, photo=b"a photo")
    await stage.say("고래", "e3", place=replace(CELLAR, is_age_restricted=False))

    assert [Audience.ADULTS, Audience.EVERYBODY, Audience.EVERYBODY] == [
        audience for _, audience, _ in stage.gate.asked
    ]


async def test_words_that_a_place_forbids_strike_nobody(stage: Stage) -> None:
    """They are refused, however often; nobody can know them all."""
    rules = PlaceRules(forbidden_words=("수박",))
    await stage.store.keep_rules(stage.store.place_name(HALL), rules)
    for number in range(6):
        await stage.say("수박 그려줘", f"e{number}", place=HALL)
        assert UNSAFE == stage.port.last.text

    assert [] == await rules_struck(stage)


async def test_words_that_a_place_adds_strike_nobody(stage: Stage) -> None:
    """Not the style that is put before a text, and not the English that was fixed for a word of it."""
    rules = PlaceRules(defaults={"화풍": "sexual"}, glossary={"흰 고래": "a white whale"})
    await stage.store.keep_rules(stage.store.place_name(HALL), rules)
    stage.text.verdict, stage.text.rule = Verdict.UNSAFE, Rule.SEXUAL
    for number, text in enumerate(("고래", "수채화 느낌의 흰고래")):
        message = replace(stage.message(text, f"e{number}"), place=HALL)
        await stage.conversation.on_message(message, stage.port)
        await stage.runner.idle()
        assert UNSAFE == stage.port.last.text

    assert [] == await rules_struck(stage)
    own = replace(stage.message("sexual 고래", "e2"), place=HALL)
    await stage.conversation.on_message(own, stage.port)
    assert [Rule.SEXUAL] == await rules_struck(stage)


async def test_the_second_strike_warns_the_third_pauses_the_fifth_suspends(
    stage: Stage, clock: ManualClock
) -> None:
    """At first an answer is neutral, and every later one says what comes of it."""
    assert [UNSAFE, WARNING, paused(3_600.0)] == await ask(stage, *["sexual"] * 3)
    clock.pass_(3_599.0)
    assert [paused(1.0)] == await ask(stage, "고래", first=3)
    clock.pass_(1.0)
    assert [paused(3_600.0)] == await ask(stage, "sexual", first=4)
    clock.pass_(3_600.0)
    assert [SUSPENDED] * 2 == await ask(stage, "sexual", "고래", first=5)
    clock.pass_(365 * WINDOW_S)

    assert [SUSPENDED] == await ask(stage, "고래", first=7)
    assert 5 == len(await rules_struck(stage))
    assert [] == stage.engine.requests


async def test_minors_weigh_double(stage: Stage, clock: ManualClock) -> None:
    """The first attempt is warned of, the second pauses, and the third suspends."""
    assert [WARNING, paused(3_600.0)] == await ask(stage, "minor", "minor")
    clock.pass_(3_600.0)

    assert [SUSPENDED] == await ask(stage, "minor", first=2)


async def test_whoever_waited_draws_again(stage: Stage, clock: ManualClock) -> None:
    """A pause ends by itself."""
    await ask(stage, *["sexual"] * 3)
    clock.pass_(3_600.0)
    card = await stage.draw("고래", "later")

    assert CardState.DONE is card.state


async def test_whoever_pauses_may_do_everything_else(stage: Stage) -> None:
    """Help, their pictures and buttons that draw nothing go on."""
    await stage.draw("고래", "e1")
    await ask(stage, *["sexual"] * 3, first=2)
    await stage.say("/도움말", "help")
    assert texts.HELP == stage.port.last.text
    await stage.press(Action.INFO, (await stage.record("e1")).job.id, "info")
    assert texts.DETAILS_OF_PICTURE == stage.port.last.text
    await stage.press(Action.AGAIN, (await stage.record("e1")).job.id, "again")

    assert paused(3_600.0) == stage.port.last.text


async def test_the_same_event_strikes_once(stage: Stage) -> None:
    """A platform that brings an event again pauses nobody."""
    for _ in range(5):
        await stage.say("sexual", "e1")

    assert [Rule.SEXUAL] == await rules_struck(stage)
    assert UNSAFE == stage.port.last.text


async def test_what_is_found_out_of_a_job_strikes_once(stage: Stage) -> None:
    """A text whose translation breaks a rule is refused on its card, gives its charge back, and strikes."""
    stage.text.verdict, stage.text.rule = Verdict.UNSAFE, Rule.SEXUAL
    await stage.say("고래", "e1")
    await stage.runner.idle()
    record = await stage.record("e1")
    await stage.chat.prepare(record.job.id)

    assert texts.UNSAFE == stage.port.last.text
    assert record.outcome == Outcome(ending=Ending.QUESTION)
    assert (0, 0) == await used(stage, record.accepted_s)
    assert [Rule.SEXUAL] == await rules_struck(stage)
    assert [] == stage.engine.requests


async def test_a_death_before_the_end_is_settled_strikes_once(stage: Stage) -> None:
    """A text that was read is not read again, and its person is not struck again."""
    stage.text.verdict, stage.text.rule = Verdict.UNSAFE, Rule.SEXUAL
    stage.runner.is_held = True
    await stage.say("고래", "e1")
    record = await stage.record("e1")
    await stage.gatekeeper.strike(record.job, Rule.SEXUAL)  # and then the process died
    await stage.chat.prepare(record.job.id)

    assert [Rule.SEXUAL] == await rules_struck(stage)


@pytest.mark.parametrize(("rule", "expected"), [(Rule.MINOR, [Rule.MINOR]), (Rule.SEXUAL, [])])
async def test_a_picture_strikes_only_for_minors(
    stage: Stage, rule: Rule, expected: list[Rule]
) -> None:
    """A model draws much that nobody asked for; and however often it is told, it is one strike."""
    stage.runner.is_held = True
    await stage.say("고래", "e1")
    job_id = (await stage.record("e1")).job.id
    failure = FailureRecord(kind="PictureUnsafe", facts={"rule": str(rule)})
    await stage.store.conclude(job_id, Outcome(ending=Ending.FAILED, failure=failure))
    for _ in range(2):
        await stage.chat.deliver(job_id)

    assert expected == await rules_struck(stage)


@pytest.mark.parametrize(("text", "expected"), [("해변의 아이", [Rule.MINOR]), ("해변의 고래", [])])
async def test_a_blocked_picture_strikes_for_minors_beside_one_that_came(
    stage: Stage, text: str, expected: list[Rule]
) -> None:
    """The other one is shown, and the card says what comes of asking again."""
    verdicts = iter((PictureVerdict.PASS, PictureVerdict.BLOCK))
    stage.picture_gate.verdict_of = lambda _: next(verdicts)
    card = await stage.draw_several(2, text)

    assert (CardState.DONE, 1) == (card.state, len(card.pictures))
    assert expected == await rules_struck(stage)
    said = texts.blocked_pictures(1) if expected else texts.missing_pictures(1)
    assert said in card.notes


async def test_nobody_passes_while_it_is_not_known_who_may(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that does not answer lets no suspended person in."""

    async def fail(name: str) -> None:
        raise StoreUnavailable(reason="SQLITE_BUSY")

    monkeypatch.setattr(stage.store, "suspension_of", fail)
    await stage.say("고래")

    assert error_texts.of_error(NotAccepted(), job_id="") == stage.port.last.text
    assert () == await stage.store.live()


async def test_what_is_unsafe_is_refused_though_no_strike_can_be_written(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting is not what keeps it from being drawn."""

    async def fail(*arguments: object, **options: object) -> None:
        raise StoreUnavailable(reason="SQLITE_FULL")

    monkeypatch.setattr(stage.store, "strike", fail)
    await stage.say("sexual")

    assert UNSAFE == stage.port.last.text
    assert () == await stage.store.live()


async def test_what_is_refused_is_counted_by_its_rule(stage: Stage) -> None:
    """An operator sees how much of what is refused, and nobody's name."""
    await ask(stage, "sexual", "minor")
    registry = stage.gatekeeper._metrics.registry

    for rule in (Rule.SEXUAL, Rule.MINOR):
        assert 1.0 == registry.get_sample_value("geuryeojwo_unsafe_total", {"rule": rule})
    assert 1.0 == registry.get_sample_value("geuryeojwo_refused_total", {"reason": "Unsafe"})


async def test_a_refused_text_is_in_no_log_line(stage: Stage) -> None:
    """Of what was refused there are a job's id and a rule."""
    with capture_logs() as lines:
        await ask(stage, *["카나리아 sexual"] * 5)

    assert "request breaks a rule" in {line["event"] for line in lines}
    assert "카나리아" not in str(lines)
