"""How much progress is shown: nothing that is shown already, and three edits before the picture.

One of the three is kept for the drawing. Alone with somebody they stand farther and farther apart, so that
a drawing that takes long is seen to go on.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from cachetools import LRUCache, TTLCache

from bot.adapters.port import Card, CardState
from bot.adapters.telegram.handle import Where

MAX_EDITS, MAX_WAITING_EDITS = 3, 2
_LEAST_S_IN_GROUP = 6.0
_LEAST_S_ALONE, _GROWTH_ALONE = 3.0, 3.0
_ACTION_S = 5.0  # as long as Telegram shows one
_MAX_REMEMBERED = 10_000


class Sparing:
    """Counts the edits of every card; lives as long as the adapter."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._shown: LRUCache[tuple[int, int], Card] = LRUCache(_MAX_REMEMBERED)
        self._edits: LRUCache[tuple[int, int], tuple[int, float]] = LRUCache(_MAX_REMEMBERED)
        self._acted: TTLCache[Where, bool] = TTLCache(_MAX_REMEMBERED, _ACTION_S, timer=clock)

    def may_edit(self, where: Where, message_id: int, card: Card) -> bool:
        """Whether a card's progress is shown once more; if so, it counts."""
        key, shown = (where.chat_id, message_id), replace(card, preview=None)
        if shown == self._shown.get(key) or not self._has_edits(where, key, card):
            return False
        self._shown[key] = shown
        return True

    def _has_edits(self, where: Where, key: tuple[int, int], card: Card) -> bool:
        now_s = self._clock()
        num, last_s = self._edits.get(key, (0, float("-inf")))
        most = MAX_EDITS if card.state is CardState.DRAWING else MAX_WAITING_EDITS
        if num >= most or now_s - last_s < _least_s(where, num):
            return False
        self._edits[key] = num + 1, now_s
        return True

    def may_act(self, where: Where) -> bool:
        """Whether an action may be shown in a chat; if so, it counts."""
        if where in self._acted:
            return False
        self._acted[where] = True
        return True

    def forget(self, where: Where, message_id: int) -> None:
        """Drop a card that is finished."""
        for known in (self._shown, self._edits):
            known.pop((where.chat_id, message_id), None)


def _least_s(where: Where, num_edits: int) -> float:
    """Say how long after its last edit a card may be edited, when it was so often."""
    if where.is_group:
        return _LEAST_S_IN_GROUP
    return float(_LEAST_S_ALONE * _GROWTH_ALONE ** max(0, num_edits - 1))
