"""A job that kills whoever draws it takes nobody along, and its person is told."""

import asyncio
from pathlib import Path

import pytest

from tests.kill.judge import judge
from tests.kill.loop import drain
from tests.kill.role import Form, Role
from tests.kill.work import POISON_SEED
from tests.platform.server import Platform

pytestmark = pytest.mark.slow


class Supervisor:
    """Starts a role again whenever it has died, as systemd does."""

    def __init__(self, role: Role) -> None:
        self._role = role
        self.num_deaths = 0

    async def watch(self) -> None:
        """Start it, and again, until cancelled."""
        while True:
            await self._role.start()
            await self._role.end()
            self.num_deaths += 1


async def test_poison_is_put_aside_and_its_neighbours_are_drawn(tmp_path: Path) -> None:
    """Two deaths are enough: everybody else gets a picture, and the one who asked gets a reason."""
    async with Platform() as platform:
        (role,) = Form(folder=tmp_path, platform_url=platform.url, max_deaths=2).roles("run")
        supervisor = Supervisor(role)
        watching = asyncio.create_task(supervisor.watch())
        try:
            platform.say(f"고래 시드:{POISON_SEED} 그려줘")
            for person in ("ben", "cho", "dae"):
                platform.say("고래 그려줘", person=person)
            await drain(platform, limit_s=90.0)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await role.stop()
    verdict = judge(platform.log)

    assert verdict.is_good, verdict.table()
    assert (1, 3) == (verdict.counts["failed"], verdict.counts["drawn"]), verdict.table()
    assert 2 == supervisor.num_deaths
