"""The judge sees what a kill could do wrong: a judge that sees nothing would let everything pass."""

from dataclasses import asdict

import pytest

from bot.adapters.port import Action, Button, Card, CardState
from bot.job import job_id_of
from pipeline import Pixels, Receipt, mark
from tests.kill.judge import COUNTED, WRONG, Verdict, judge
from tests.platform.log import PLATFORM, Attempt, Event, Log, Shown, Version

ASK = Event(id="event-0", person="ann", place="lobby", text="고래")
CANCEL = Event(
    id="event-1",
    person="ann",
    place="lobby",
    action=Action.CANCEL,
    job_id=job_id_of(PLATFORM, ASK.id),
)


def marked() -> bytes:
    """A picture as it may leave."""
    receipt = Receipt(
        text="고래", english="a whale", prompt="a whale", prompt_2="a whale", negative_prompt="",
        weights=(), seed=1, width_px=1, height_px=1, num_steps=1, guidance_scale=1.0,
        sampler="euler", model="double", version="0",
    )  # fmt: skip
    return mark(Pixels(width_px=1, height_px=1, rgb=bytes(3)), receipt, display_px=1).png


def shown(
    *states: CardState,
    answers: Event = ASK,
    pictures: tuple[bytes, ...] = (),
    button: Action | None = None,
    is_removed: bool = False,
) -> Shown:
    """A message that showed these states one after the other, a second each."""
    versions = [
        Version(
            at_s=float(second),
            card=asdict(
                Card(
                    job_id=None if state is CardState.NOTE else job_id_of(PLATFORM, answers.id),
                    state=state,
                    text="",
                    buttons=(Button(action=button, label=""),) if button else (),
                )
            ),
            pictures=pictures if state is CardState.DONE else (),
        )
        for second, state in enumerate(states)
    ]
    return Shown(
        id="", place="lobby", reply_to=answers.id, nonce=None, versions=versions,
        is_removed=is_removed,
    )  # fmt: skip


def judged(*messages: Shown, events: tuple[Event, ...] = (ASK,), gone: bool = False) -> Verdict:
    """Judge a log with these messages in it."""
    log = Log(events=list(events), gone_places={"lobby"} if gone else set())
    for number, message in enumerate(messages):
        message.id = str(number)
        log.show(message)
    return judge(log)


WAITING, DONE, NOTE = CardState.WAITING, CardState.DONE, CardState.NOTE
DRAWN = (WAITING, DONE)


@pytest.mark.parametrize(
    ("messages", "counted"),
    [
        pytest.param([shown(*DRAWN, pictures=(marked(),))], "drawn", id="drawn"),
        pytest.param([shown(WAITING, CardState.CANCELLED)], "cancelled", id="cancelled"),
        pytest.param([shown(WAITING, CardState.FAILED)], "failed", id="failed"),
        pytest.param([shown(WAITING, NOTE)], "asked_back", id="asked back"),
        pytest.param([shown(NOTE)], "refused", id="refused"),
        pytest.param(
            [shown(WAITING), shown(NOTE, button=Action.FETCH)], "unclear", id="unclear"
        ),
        pytest.param(
            [shown(WAITING), shown(DONE, pictures=(marked(),))], "orphans", id="orphan"
        ),
        pytest.param(
            [shown(*DRAWN, pictures=(marked(),), is_removed=True), shown(DONE, pictures=(marked(),))],
            "drawn",
            id="removed and sent again",
        ),
    ],
)  # fmt: skip
def test_what_may_happen_is_counted(messages: list[Shown], counted: str) -> None:
    """A request may end in any of these ways, once."""
    verdict = judged(*messages)

    assert verdict.is_good, verdict.table()
    assert 1 == verdict.counts[counted]


@pytest.mark.parametrize(
    ("messages", "wrong"),
    [
        pytest.param([], "swallowed", id="no answer"),
        pytest.param([shown(WAITING)], "lost", id="no ending"),
        pytest.param([shown(WAITING, is_removed=True)], "lost", id="removed, nothing sent"),
        pytest.param([shown(*DRAWN, pictures=(marked(),))] * 2, "doubled", id="two pictures"),
        pytest.param(
            [shown(*DRAWN, pictures=(marked(),)), shown(CardState.FAILED)], "doubled", id="both"
        ),
        pytest.param([shown(*DRAWN)], "unmarked", id="no picture"),
        pytest.param([shown(*DRAWN, pictures=(b"GIF",))], "unmarked", id="no marks"),
    ],
)
def test_what_must_not_happen_is_seen(messages: list[Shown], wrong: str) -> None:
    """Each broken promise has its name, and the event that it was broken to."""
    verdict = judged(*messages)

    assert not verdict.is_good
    assert {wrong: (ASK.id,)} == {name: ids for name, ids in verdict.wrong.items() if ids}


def test_a_card_that_met_a_fault_is_a_promise_and_a_note_is_none() -> None:
    """Once the bot meant to acknowledge, it owes an ending although nobody saw the card."""
    promised, noted = Log(events=[ASK]), Log(events=[ASK])
    promised.attempts.append(Attempt(reply_to=ASK.id, state=WAITING))
    noted.attempts.append(Attempt(reply_to=ASK.id, state=NOTE))

    assert (ASK.id,) == judge(promised).wrong["lost"]
    assert judge(noted).is_good
    assert 1 == judge(noted).counts["unheard"]


def test_a_cancel_stops_the_job_or_is_answered() -> None:
    """A cancel that was too late says so; one that nobody heard is a broken promise."""
    events = (ASK, CANCEL)
    drawn = shown(*DRAWN, pictures=(marked(),))

    assert ("event-1",) == judged(drawn, events=events).wrong["ignored"]
    assert judged(drawn, shown(NOTE, answers=CANCEL), events=events).is_good
    assert judged(shown(WAITING, CardState.CANCELLED), events=events).is_good


def test_where_nothing_can_be_shown_nothing_is_owed() -> None:
    """A job of a place that is gone is held, not lost."""
    verdict = judged(shown(WAITING), gone=True)

    assert verdict.is_good
    assert 1 == verdict.counts["held"]


def test_the_slowest_answer_is_measured_from_its_first_card() -> None:
    """What a person waited is read from the platform's clock."""
    assert 2.0 == judged(shown(WAITING, CardState.DRAWING, CardState.FAILED)).slowest_s


def test_the_table_has_every_figure() -> None:
    """A failing run prints all there is to know."""
    table = judged().table()

    assert all(name in table for name in (*COUNTED, *WRONG))
    assert ASK.id in table
