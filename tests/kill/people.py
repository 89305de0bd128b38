"""People who ask for pictures all the while, change their minds and ask again, as a seed has it."""

import asyncio
import random

from bot.adapters.port import Action, CardState
from tests.kill.work import NOTHING_KNOWN
from tests.platform.server import Platform

_NAMES = ("ann", "ben", "cho", "dae", "eun", "fay")
_UNDER_WAY = (CardState.WAITING, CardState.DRAWING)


class People:
    """A few people at a platform; each has a place of their own, and all are in the lobby too."""

    def __init__(self, platform: Platform, *, seed: int, rate_per_s: float) -> None:
        self._platform, self._rate_per_s = platform, rate_per_s
        self._chance = random.Random(f"{seed} people")

    async def live(self) -> None:
        """Do something now and then, until cancelled."""
        while True:
            await asyncio.sleep(self._chance.expovariate(self._rate_per_s))
            self.act()

    def act(self) -> None:
        """Do one thing: mostly ask, sometimes cancel what is under way or ask for the same again."""
        person = self._chance.choice(_NAMES)
        deed = self._chance.choices(("ask", "cancel", "again"), weights=(6, 2, 2))[0]
        if deed == "cancel" and self._press(Action.CANCEL, person, *_UNDER_WAY):
            return
        if deed == "again" and self._press(Action.AGAIN, person, CardState.DONE):
            return
        word = NOTHING_KNOWN if self._chance.random() < 0.1 else "고래"
        place = self._chance.choice(("lobby", person))
        self._platform.say(f"{word} 그려줘", person=person, place=place)

    def _press(self, action: Action, person: str, *states: CardState) -> bool:
        """Press a button of the newest card of a person that has it; False where there is none."""
        for state in states:
            for shown in self._platform.log.newest(state, person=person):
                job_id = shown.last.job_id
                if job_id is not None and shown.last.has_button(action):
                    self._platform.press(action, job_id, person=person, place=shown.place)
                    return True
        return False
