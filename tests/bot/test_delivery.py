"""How an answer reaches a person, on a platform of which nothing but the port's errors is known.

These faults are tested here; what a real platform calls them comes with its adapter:
23. reset after the platform did what was asked → tried again with the same nonce, one message.
24. unavailable, disconnected, slow → tried again by our layer, one message.
25. asked to come again later → obeyed, no storm; the bot is refused → sending waits.
26. the place is gone, or may not be written in → kept for later, no storm.
27. the card cannot be edited any more → the answer is a message of its own, or kept.
29. no answer after the platform did what was asked → an edit shows one picture.
30. asked to come again later, blocked → obeyed or stopped, no loop.
32. a heap of answers after a long outage → oldest first, no storm, nothing doubled.
"""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot import delivery, texts
from bot.adapters.port import (
    Action,
    CardState,
    PlatformDown,
    PortClosed,
    Unclear,
)
from bot.delivery import nonce_of
from bot.job import Closing, Ending, picture_key
from bot.rules import Manner
from bot.store import StoreError
from tests.bot.office import NUM_SENDERS, PLACE, Died, Office, open_office
from tests.doubles import Fault

HOUR_S = 3600.0


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """Deliveries over a platform that knows a nonce for three minutes."""
    async with open_office(tmp_path) as office:
        yield office


async def test_the_card_that_is_there_shows_the_picture(office: Office) -> None:
    """Where the person saw a card, it becomes the answer; nothing else is sent."""
    await office.settle()
    await office.bring()

    assert ["edit"] == office.kinds
    assert CardState.DONE is office.port.last.state
    assert Closing.DELIVERED is await office.closing()


async def keep_picture(office: Office, job_id: str = "job") -> None:
    """Have the file of a job's picture kept."""
    await office.files.write(picture_key(job_id, 1), b"a picture")


@pytest.mark.fault(31)
@pytest.mark.parametrize("is_seen", [True, False], ids=["on its card", "as a message"])
async def test_a_picture_for_adults_is_withdrawn_where_everybody_looks(
    office: Office, *, is_seen: bool
) -> None:
    """It is shown nowhere, its file is gone, and its person reads why."""
    await office.settle(is_seen=is_seen, manner=Manner(is_adult=True))
    await keep_picture(office)
    office.port.is_for_adults = False
    await office.bring()

    assert (0, []) == (office.num_endings(), await office.files.keys("pictures/"))
    assert [texts.WITHDRAWN] == [card.text for card in office.port.shown]
    record = await office.record()
    assert record.outcome is not None
    assert (Ending.REMOVED, Closing.DELIVERED) == (record.outcome.ending, record.closing)


@pytest.mark.fault(31)
async def test_a_picture_for_adults_stays_withdrawn(office: Office) -> None:
    """A platform that is down is asked again with the reason, and never shows what was taken away."""
    await office.settle(manner=Manner(is_adult=True))
    await keep_picture(office)
    office.port.is_for_adults = False
    office.port.faults = [None, Fault(error=PlatformDown())]  # of the card, and of the reason
    await office.bring()

    assert (0, []) == (office.num_endings(), await office.files.keys("pictures/"))
    assert [texts.WITHDRAWN] == [card.text for card in office.port.shown]


async def test_a_picture_for_adults_is_brought_where_adults_are(office: Office) -> None:
    """What is checked again does not keep from adults what is theirs."""
    await office.settle(manner=Manner(is_adult=True))
    await keep_picture(office)
    await office.bring()

    assert (1, 1) == (office.num_endings(), len(await office.files.keys("pictures/")))


async def test_a_card_that_is_gone_is_replaced(office: Office) -> None:
    """Fault 27: whoever removed the first card gets the answer as a message of its own."""
    await office.settle()
    office.remove_first((await office.record()).message)
    await office.bring()

    assert ["edit", "send"] == office.kinds
    assert [CardState.DONE] == [card.state for card in office.port.shown]
    assert Closing.DELIVERED is await office.closing()


async def test_whoever_saw_no_card_gets_the_answer(office: Office) -> None:
    """A job that was never acknowledged is answered all the same."""
    await office.settle(is_seen=False)
    await office.bring()

    assert ["send"] == office.kinds
    assert CardState.DONE is office.port.last.state


async def test_an_answer_is_brought_once(office: Office) -> None:
    """Whoever asks for it again, later or at the same time, changes nothing."""
    await office.settle()
    await office.bring("job", "job")
    await office.bring("job", "unknown")

    assert 1 == office.num_endings()
    assert 2 >= office.kinds.count("edit")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(error=PlatformDown()),
        Fault(error=PortClosed()),
        Fault(error=Unclear()),
        Fault(error=Unclear(), is_after=True),
    ],
    ids=["down", "closed", "unclear", "made all the same"],
)
async def test_an_edit_that_failed_is_made_again(office: Office, fault: Fault) -> None:
    """Faults 24 and 29: an edit may be repeated, whether or not it was made: one picture."""
    await office.settle()
    office.port.faults = [fault] * 3
    await office.bring()

    assert ["edit"] * 4 == office.kinds
    assert 1 == office.num_endings()
    assert Closing.DELIVERED is await office.closing()


async def test_what_the_platform_asked_for_is_obeyed(office: Office) -> None:
    """Faults 25 and 30: nothing is sent before the time that the platform named has passed."""
    await office.settle()
    office.port.faults = [Fault(error=PlatformDown(retry_after_s=30.0))] * 2
    await office.bring()

    first_s, second_s, third_s = (call.at_s for call in office.port.calls)
    assert second_s - first_s >= 30.0
    assert third_s - second_s >= 30.0


async def test_a_bot_that_is_refused_waits(office: Office) -> None:
    """Fault 25: while the platform refuses the bot, one answer asks about once in a minute."""
    for number in range(8):
        await office.settle(f"job-{number}")
    office.port.fault_of = lambda: Fault(error=PortClosed()) if office.time() < HOUR_S else None
    await office.bring(*(f"job-{number}" for number in range(8)))

    refused = [call for call in office.port.calls if call.at_s < HOUR_S]
    assert 60 + NUM_SENDERS + 8 > len(refused)
    assert [1] * 8 == [office.num_endings(f"job-{number}") for number in range(8)]


@pytest.mark.parametrize("is_seen", [True, False], ids=["edited", "sent"])
async def test_an_answer_without_a_place_is_kept(office: Office, is_seen: bool) -> None:
    """Fault 26: where nothing can be shown, one try is enough; the answer lies ready."""
    await office.settle(is_seen=is_seen)
    office.port.gone_places.add(PLACE)
    await office.bring()

    assert 1 == len(office.kinds)
    assert Closing.HELD is await office.closing()


async def test_a_platform_that_is_not_there_any_more_keeps_nobody_waiting(office: Office) -> None:
    """An answer to a platform that the operator took away is held at once."""
    await office.settle()
    office.delivery._ports.clear()
    await office.bring()

    assert [] == office.kinds
    assert Closing.HELD is await office.closing()


async def test_an_answer_is_given_up_after_a_day(office: Office) -> None:
    """A platform that stays away for more than a day is not waited for; the answer lies ready."""
    await office.settle()
    office.port.fault_of = lambda: Fault(error=PlatformDown(retry_after_s=HOUR_S / 2))
    await office.bring()

    assert Closing.HELD is await office.closing()
    assert 24 * HOUR_S <= office.time() < 25 * HOUR_S


@pytest.mark.parametrize("is_after", [False, True], ids=["before", "after"])
async def test_a_send_that_is_unclear_is_repeated_with_the_same_nonce(
    office: Office, is_after: bool
) -> None:
    """Faults 23 and 24: while the platform knows the nonce, a repeat shows nothing twice."""
    await office.settle(is_seen=False)
    office.port.faults = [Fault(error=Unclear(), is_after=is_after)] * 2
    await office.bring()

    assert ["send"] * 3 == office.kinds
    assert {nonce_of("job", "ending")} == {call.nonce for call in office.port.calls}
    assert 1 == office.num_endings()
    assert Closing.DELIVERED is await office.closing()


@pytest.mark.parametrize("is_after", [False, True], ids=["was not shown", "was shown"])
async def test_an_unclear_send_is_looked_for_when_its_nonce_is_forgotten(
    office: Office, is_after: bool
) -> None:
    """What is found is not sent again, and what is surely not there is."""
    await office.settle(is_seen=False)
    office.port.faults = [
        Fault(error=Unclear(), is_after=is_after),
        Fault(error=PlatformDown(retry_after_s=HOUR_S)),
    ]
    await office.bring()

    expected = ["send", "send", "find"] if is_after else ["send", "send", "find", "send"]
    assert expected == office.kinds
    assert 1 == office.num_endings()
    assert Closing.DELIVERED is await office.closing()


@pytest.mark.parametrize("is_after", [False, True], ids=["was not shown", "was shown"])
async def test_a_person_is_asked_to_fetch_what_cannot_be_looked_for(
    tmp_path: Path, is_after: bool
) -> None:
    """No nonce and no way to look: never a second picture, but a sentence and a button."""
    async with open_office(tmp_path, repeat_s=0.0) as office:
        office.port.can_look = False
        await office.settle(is_seen=False)
        office.port.faults = [Fault(error=Unclear(), is_after=is_after)]
        await office.bring()
        await office.reopen()
        await office.bring()

        assert ["send", "find", "send"] == office.kinds
        assert int(is_after) == office.num_endings()
        assert Closing.UNCLEAR is await office.closing()
        assert texts.UNCLEAR == office.port.last.text
        assert [Action.FETCH] == [button.action for button in office.port.last.buttons]


async def test_the_sentence_is_brought_like_an_answer(tmp_path: Path) -> None:
    """A note that failed is sent again, with its own nonce; the picture never is."""
    async with open_office(tmp_path, repeat_s=0.0) as office:
        office.port.can_look = False
        await office.settle(is_seen=False)
        office.port.faults = [Fault(error=Unclear()), None, Fault(error=PlatformDown())]
        await office.bring()

        assert ["send", "find", "send", "send"] == office.kinds
        nonces = [call.nonce for call in office.port.calls if call.kind == "send"]
        assert [nonce_of("job", part) for part in ("ending", "note", "note")] == nonces
        assert Closing.UNCLEAR is await office.closing()


async def test_a_clock_that_is_set_back_leads_to_a_look(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the nonce is still known cannot be said then, so it is not relied upon."""
    office.time.pass_(HOUR_S)
    await office.settle(is_seen=False)
    await die_at("after_send_before_sent", office, monkeypatch)
    await office.reopen(after_s=-HOUR_S / 2)
    await office.bring()

    assert ["send", "find"] == office.kinds
    assert 1 == office.num_endings()


async def test_a_certain_failure_does_not_hide_an_unclear_one(office: Office) -> None:
    """A send that surely failed after one that nobody knows of leaves that one unknown."""
    await office.settle(is_seen=False)
    office.port.faults = [
        Fault(error=Unclear(), is_after=True),
        *[Fault(error=PlatformDown(retry_after_s=100.0))] * 2,
    ]
    await office.bring()

    assert "find" == office.kinds[-1]
    assert 1 == office.num_endings()


async def test_an_answer_that_fails_alone_does_not_hold_up_the_others(office: Office) -> None:
    """Fault 24: one that the platform never takes is older than all others, which arrive."""
    names = [f"job-{number}" for number in range(8)]
    for name in names:
        await office.settle(name)
        office.time.pass_(1.0)
    edit = office.port.edit

    async def refuse_the_first(ref: object, card: object) -> None:
        if getattr(card, "job_id", None) == names[0] and office.time() < 2 * HOUR_S:
            raise Unclear
        await edit(ref, card)  # type: ignore[arg-type]

    office.port.edit = refuse_the_first  # type: ignore[method-assign]
    await office.bring(*names)

    assert 60.0 > max(call.at_s for call in office.port.calls[:-1])
    assert [1] * 8 == [office.num_endings(name) for name in names]


async def test_after_an_outage_the_oldest_answers_come_first(office: Office) -> None:
    """Fault 32: a hundred answers wait for two hours without a storm, then come by their age."""
    names = [f"job-{number:03}" for number in range(100)]
    for name in names:
        await office.settle(name)
        office.time.pass_(0.001)
    end_s = office.time() + 2 * HOUR_S
    office.port.fault_of = lambda: Fault(error=PlatformDown()) if office.time() < end_s else None
    await office.bring(*reversed(names))

    in_vain = [call for call in office.port.calls if call.at_s < end_s]
    order = [call.card.job_id for call in office.port.calls if call.at_s >= end_s and call.card]
    probe, *rest = order
    assert 2 * 60 + NUM_SENDERS + 8 > len(in_vain)
    assert len(names) == len(order)
    for place, name in enumerate(sorted(set(names) - {probe})):
        assert abs(place - rest.index(name)) <= NUM_SENDERS  # so many are under way at once


@pytest.mark.parametrize("method", ["find", "begin_send", "mark_sent", "close_job"])
async def test_a_store_that_fails_for_a_moment_is_waited_for(
    office: Office, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """A locked database delays an answer; it neither loses nor doubles it."""
    await office.settle(is_seen=False)
    # The first look is the caller's own; the sender's is the second.
    real, calls = getattr(office.store, method), iter([None] if method == "find" else [])
    failures = [StoreError("locked")]

    async def fail_once(*arguments: object) -> object:
        if failures and next(calls, failures) is failures:
            raise failures.pop()
        return await real(*arguments)

    monkeypatch.setattr(office.store, method, fail_once)
    await office.bring()

    assert [] == failures
    assert 1 == office.num_endings()
    assert Closing.DELIVERED is await office.closing()


async def test_a_bug_in_one_answer_is_told_to_its_caller_alone(office: Office) -> None:
    """What cannot even be laid out ends with its error, and the senders go on."""
    await office.settle("bad")
    await office.settle("good")
    office.port.fault_of = lambda: None
    office.port.faults = [Fault(error=RuntimeError("a bug"))]  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="a bug"):
        await office.bring("bad")
    await office.bring("good")

    assert 1 == office.num_endings("good")
    assert await office.closing("bad") is None


SENT = [
    # the boundary, what the platform knows, s until the next start → messages with the picture
    ("after_sending_before_send", "nonce", 1.0, 1),
    ("after_sending_before_send", "nonce", HOUR_S, 1),
    ("after_sending_before_send", "search", 1.0, 1),
    ("after_sending_before_send", "nothing", 1.0, 0),
    ("after_send_before_sent", "nonce", 1.0, 1),
    ("after_send_before_sent", "nonce", HOUR_S, 1),
    ("after_send_before_sent", "search", 1.0, 1),
    ("after_send_before_sent", "nothing", 1.0, 1),
    ("after_sent_before_close", "nonce", HOUR_S, 1),
    ("after_sent_before_close", "search", HOUR_S, 1),
    ("after_sent_before_close", "nothing", HOUR_S, 1),
    ("after_edit_before_close", "nothing", HOUR_S, 1),
]


@pytest.mark.parametrize(("boundary", "known", "after_s", "num_endings"), SENT)
async def test_no_death_sends_a_picture_twice(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    boundary: str,
    known: str,
    after_s: float,
    num_endings: int,
) -> None:
    """Wherever a process dies around a send, the next one shows the picture once, or offers it."""
    async with open_office(tmp_path, repeat_s=180.0 if known == "nonce" else 0.0) as office:
        office.port.can_look = known != "nothing"
        await office.settle(is_seen=False)
        await die_at(boundary, office, monkeypatch)
        await office.reopen(after_s=after_s)
        await office.bring()

        is_unclear = known == "nothing" and boundary in (
            "after_sending_before_send",
            "after_send_before_sent",
        )
        assert num_endings == office.num_endings()
        assert (Closing.UNCLEAR if is_unclear else Closing.DELIVERED) is await office.closing()


@pytest.mark.parametrize("boundary", ["before_edit", "after_edit_before_close"])
@pytest.mark.parametrize("is_removed", [False, True], ids=["there", "removed meanwhile"])
async def test_no_death_around_an_edit_loses_the_picture(
    office: Office, monkeypatch: pytest.MonkeyPatch, boundary: str, is_removed: bool
) -> None:
    """The card is edited again, or replaced where somebody removed it."""
    await office.settle()
    await die_at(boundary, office, monkeypatch)
    if is_removed:
        office.remove_first((await office.record()).message)
    await office.reopen(after_s=HOUR_S)
    await office.bring()

    assert [CardState.DONE] == [card.state for card in office.port.shown]
    assert Closing.DELIVERED is await office.closing()


async def die_at(boundary: str, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring an answer as far as a boundary."""

    def pass_(name: str) -> None:
        if name == boundary:
            raise Died(name)

    with monkeypatch.context() as patch:
        patch.setattr(delivery, "pass_", pass_)
        with pytest.raises(Died):
            await office.bring()


ERRORS = (
    Fault(error=Unclear()),
    Fault(error=Unclear(), is_after=True),
    Fault(error=PlatformDown()),
    Fault(error=PlatformDown(retry_after_s=20.0)),
    Fault(error=PortClosed()),
)


@pytest.mark.parametrize("known", ["nonce", "search", "nothing"])
@pytest.mark.parametrize("seed", range(12))
async def test_every_job_has_one_ending_whatever_happens(
    tmp_path: Path, seed: int, known: str
) -> None:
    """Random faults, removed cards and restarts: one picture for each job, or an explained doubt."""
    chance = random.Random(seed)
    share = chance.choice((0.2, 0.5, 0.8))
    repeat_s = 180.0 if known == "nonce" else 0.0
    async with open_office(
        tmp_path, repeat_s=repeat_s, jitter=lambda most_s: chance.uniform(0, most_s)
    ) as office:
        office.port.can_look = known != "nothing"
        names = [f"job-{number}" for number in range(6)]
        for name in names:
            await office.settle(name, is_seen=chance.random() < 0.5)
            message = (await office.record(name)).message
            if message is not None and chance.random() < 0.4:
                office.remove_first(message)

        def fault() -> Fault | None:
            office.time.pass_(chance.choice((0.0, 0.5, 15.0)))  # it takes its time
            return chance.choice(ERRORS) if chance.random() < share else None

        office.port.fault_of = fault
        for _ in range(chance.randrange(5)):
            await work_a_while(office, names, chance)
            await office.reopen(after_s=chance.choice((0.0, 5.0, HOUR_S)))
        office.port.fault_of = lambda: None
        await office.bring(*names)

        for name in names:
            closing, num_endings = await office.closing(name), office.num_endings(name)
            is_explained = any(
                card.job_id == name and card.text == texts.UNCLEAR for card in office.port.shown
            )
            assert (1, Closing.DELIVERED, False) == (num_endings, closing, is_explained) or (
                known == "nothing" and num_endings <= 1 and is_explained
            ), f"{seed=} {name} {num_endings=} {closing=}"


async def work_a_while(office: Office, names: list[str], chance: random.Random) -> None:
    """Bring answers until the process dies in the middle of something."""
    brought = [asyncio.ensure_future(office.delivery.deliver(name)) for name in names]
    num_calls = len(office.port.calls) + chance.randrange(12)
    while len(office.port.calls) < num_calls and (
        waiting := [one for one in brought if not one.done()]
    ):
        passing = asyncio.ensure_future(office.time.pass_to_next(num_waiting=NUM_SENDERS))
        await asyncio.wait((passing, *waiting), return_when=asyncio.FIRST_COMPLETED)
        passing.cancel()
        await asyncio.gather(passing, return_exceptions=True)
    for one in brought:
        one.cancel()
    await asyncio.gather(*brought, return_exceptions=True)
