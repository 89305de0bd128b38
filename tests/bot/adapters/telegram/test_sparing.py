"""How much progress is shown, on a clock of the test's."""

from dataclasses import replace

import pytest

from bot.adapters.port import Image
from bot.adapters.telegram.handle import Where
from bot.adapters.telegram.sparing import MAX_EDITS, MAX_WAITING_EDITS, Sparing
from tests.bot.adapters.telegram.stage import drawing, waiting

GROUP, CHAT = Where(chat_id=-100), Where(chat_id=11)
PREVIEW = Image(data=b"x", media_type="image/png", alt="", width_px=1, height_px=1)


class Clock:
    """A clock that goes on by ten seconds whenever it is read."""

    def __init__(self) -> None:
        self.now_s, self.each_s = 0.0, 10.0

    def __call__(self) -> float:
        """Give the time."""
        self.now_s += self.each_s
        return self.now_s


@pytest.mark.parametrize("where", [GROUP, CHAT], ids=["group", "alone"])
def test_three_edits_are_seen_and_one_is_for_the_drawing(where: Where) -> None:
    """However often it waits, and however many steps there are."""
    sparing = Sparing(clock=Clock())
    waits = [sparing.may_edit(where, 1, waiting(str(number))) for number in range(9)]
    steps = [sparing.may_edit(where, 1, drawing(step)) for step in range(9)]

    assert MAX_WAITING_EDITS == sum(waits)
    assert MAX_EDITS - MAX_WAITING_EDITS == sum(steps)
    assert sparing.may_edit(where, 2, drawing(1))  # another card


def test_edits_in_a_group_stand_apart() -> None:
    """Three in a moment would be the same as one."""
    clock = Clock()
    clock.each_s = 1.0
    sparing = Sparing(clock=clock)

    assert [True, False, False] == [sparing.may_edit(GROUP, 1, drawing(one)) for one in range(3)]


def test_edits_alone_stand_farther_and_farther_apart() -> None:
    """The last is not spent when a long drawing has hardly begun."""
    clock = Clock()
    clock.each_s = 1.0
    sparing = Sparing(clock=clock)
    seen = [step for step in range(30) if sparing.may_edit(CHAT, 1, drawing(step))]

    assert [0, 3, 12] == seen


def test_what_is_shown_already_is_no_edit() -> None:
    """A preview is not shown, so it is no change."""
    sparing = Sparing(clock=Clock())
    cards = (drawing(1), replace(drawing(1), preview=PREVIEW), drawing(2), drawing(2))

    assert [True, False, True, False] == [sparing.may_edit(CHAT, 1, card) for card in cards]


def test_an_action_is_shown_no_more_often_than_it_lasts() -> None:
    """In every chat apart."""
    clock = Clock()
    clock.each_s = 0.0
    sparing = Sparing(clock=clock)
    shown = [sparing.may_act(CHAT), sparing.may_act(CHAT), sparing.may_act(GROUP)]
    clock.now_s += 6.0

    assert [True, False, True, True] == [*shown, sparing.may_act(CHAT)]


def test_a_finished_card_is_forgotten() -> None:
    """Its number may be another's in another process."""
    sparing = Sparing(clock=Clock())
    sparing.may_edit(CHAT, 1, drawing(1))
    sparing.forget(CHAT, 1)

    assert sparing.may_edit(CHAT, 1, drawing(1))
